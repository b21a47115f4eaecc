/* Collects sentences for whoever made mistakes in a configuration. Knows no setting. */
#include "common/config_mistakes.h"

#include <stdarg.h>
#include <string.h>

#include "common/terminal_text.h"

/* As much of it as fits; what a file or a variable said is foreign, and a sentence one line. */
static void
put_shown(char *out, size_t size, const char *foreign)
{
	struct buffer shown;
	struct text text;

	buffer_init(&shown, 0);
	terminal_text_show(&shown, text_of(foreign));
	text = buffer_text(&shown);
	snprintf(out, size, "%.*s", (int)text.length, text.data);
	buffer_free(&shown);
}

void
config_mistakes_at(struct config_mistakes *mistakes, const char *format, ...)
{
	char where[sizeof(mistakes->where)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(where, sizeof(where), format, arguments);
	va_end(arguments);
	put_shown(mistakes->where, sizeof(mistakes->where), where);
}

bool
config_mistake(struct config_mistakes *mistakes, const char *format, ...)
{
	const char *where = mistakes->where;
	/* A blank and brackets stand around the place. */
	size_t behind = where[0] != '\0' ? strlen(where) + 3 : 0;
	char sentence[CONFIG_MISTAKE_SIZE];
	va_list arguments;
	size_t used;
	char *out;

	if (mistakes->count++ >= CONFIG_MISTAKES_MAX)
		return false;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	out = mistakes->sentences[mistakes->count - 1];
	put_shown(out, CONFIG_MISTAKE_SIZE - behind, sentence);
	used = strlen(out);
	if (behind > 0)
		snprintf(out + used, CONFIG_MISTAKE_SIZE - used, " (%s)", where);
	return false;
}

void
config_doubt(struct config_mistakes *mistakes, const char *format, ...)
{
	va_list arguments;

	if (mistakes->doubt_count == CONFIG_DOUBTS_MAX) {
		mistakes->doubts[0][0] = '\0';
		return;
	}
	va_start(arguments, format);
	vsnprintf(mistakes->doubts[mistakes->doubt_count++], CONFIG_NAME_SIZE, format, arguments);
	va_end(arguments);
}

bool
config_is_doubted(const struct config_mistakes *mistakes, const char *format, ...)
{
	char name[CONFIG_NAME_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	for (unsigned i = 0; i < mistakes->doubt_count; i++) {
		const char *doubt = mistakes->doubts[i];
		size_t length = strlen(doubt);

		if (length == 0 || (strncmp(name, doubt, length) == 0 &&
				       (name[length] == '\0' || name[length] == '.')))
			return true;
	}
	return false;
}

unsigned
config_mistakes_told(const struct config_mistakes *mistakes)
{
	return mistakes->count < CONFIG_MISTAKES_MAX ? mistakes->count : CONFIG_MISTAKES_MAX;
}

void
config_mistakes_first(const struct config_mistakes *mistakes, char *error, size_t error_size)
{
	if (mistakes->count > 0)
		snprintf(error, error_size, "%s", mistakes->sentences[0]);
}

void
config_mistakes_print(const struct config_mistakes *mistakes, const char *program, FILE *output)
{
	unsigned told = config_mistakes_told(mistakes);

	for (unsigned i = 0; i < told; i++)
		fprintf(output, "%s: %s\n", program, mistakes->sentences[i]);
	if (mistakes->count > told)
		fprintf(output, "%s: and %u more\n", program, mistakes->count - told);
}
