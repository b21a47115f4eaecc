/* Expectations of a script. Knows messages by their content only. */
#include "client/script.h"

#include <regex.h>
#include <stdlib.h>

#include "common/terminal_text.h"

struct script {
	const char *const *expressions;
	size_t count;
	size_t heard;    /* of them, from the first */
	size_t compiled; /* of them, likewise */
	regex_t *patterns;
};

static bool
compile(struct script *script, const char *expression, struct buffer *sentence)
{
	regex_t *pattern = &script->patterns[script->compiled];
	int fault = regcomp(pattern, expression, REG_EXTENDED | REG_NOSUB);
	char why[128];

	if (fault == 0) {
		script->compiled++;
		return true;
	}
	regerror(fault, pattern, why, sizeof(why));
	buffer_append_string(sentence, "--expect does not take ");
	terminal_text_quote(sentence, text_of(expression));
	buffer_printf(sentence, ": %s", why);
	return false;
}

struct script *
script_create(const char *const *expressions, size_t count, struct buffer *sentence)
{
	struct script *script = calloc(1, sizeof(*script));

	if (script == NULL) {
		buffer_append_string(sentence, "out of memory");
		return NULL;
	}
	script->expressions = expressions;
	script->count = count;
	script->patterns = calloc(count + 1, sizeof(*script->patterns));
	if (script->patterns == NULL) {
		buffer_append_string(sentence, "out of memory");
		script_destroy(&script);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (!compile(script, expressions[i], sentence)) {
			script_destroy(&script);
			return NULL;
		}
	}
	return script;
}

void
script_destroy(struct script **script)
{
	struct script *doomed = *script;

	if (doomed == NULL)
		return;
	*script = NULL;
	for (size_t i = 0; i < doomed->compiled; i++)
		regfree(&doomed->patterns[i]);
	free(doomed->patterns);
	free(doomed);
}

static bool
counts(const struct frame *frame)
{
	if (frame->kind == FRAME_PUBLIC)
		return true;
	return frame->kind == FRAME_PRIVATE && (!frame->own || text_equal(frame->to, frame->user));
}

void
script_heard(struct script *script, const struct frame *frame)
{
	regmatch_t part = { .rm_so = 0, .rm_eo = (regoff_t)frame->content.length };

	if (script->heard == script->count || !counts(frame))
		return;
	if (regexec(&script->patterns[script->heard],
		frame->content.data != NULL ? frame->content.data : "", 1, &part,
		REG_STARTEND) == 0)
		script->heard++;
}

const char *
script_wants(const struct script *script)
{
	return script->heard < script->count ? script->expressions[script->heard] : NULL;
}
