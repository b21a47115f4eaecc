/*
 * Both ends of the admin socket. The first byte says who hears the rest: the hub a request, whose
 * words go through the grammar, or hubctl an answer, which is then printed. A request that is
 * understood must be the same after it was written again.
 */
#include <stdlib.h>
#include <string.h>

#include "common/terminal_text.h"
#include "hub/admin.h"
#include "hub/admin_answer.h"
#include "hub/admin_print.h"
#include "hub/admin_protocol.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static void
demand_same(const struct admin_request *a, const struct admin_request *b)
{
	demand(a->command == b->command);
	demand(text_equal(a->room, b->room));
	demand(text_equal(a->user, b->user));
	demand(text_equal(a->reason, b->reason));
	demand(text_equal(a->text, b->text));
	demand(text_equal(a->renamed, b->renamed));
	demand(text_equal(a->class_name, b->class_name));
	demand(text_equal(a->read, b->read));
	demand(text_equal(a->write, b->write));
	demand(text_equal(a->list, b->list));
	demand(text_equal(a->number, b->number));
	demand(text_equal(a->after, b->after));
	demand(text_equal(a->file, b->file));
	demand(text_equal(a->yes, b->yes));
	demand(text_equal(a->id, b->id));
	demand(text_equal(a->realm, b->realm));
	demand(text_equal(a->span, b->span));
	demand(text_equal(a->client, b->client));
	demand(text_equal(a->address, b->address));
	demand(text_equal(a->gateway, b->gateway));
	demand(text_equal(a->over, b->over));
	demand(text_equal(a->contents, b->contents));
	demand(text_equal(a->every, b->every));
	demand(text_equal(a->once, b->once));
	demand(text_equal(a->level, b->level));
	demand(text_equal(a->all, b->all));
}

/* What was said to the operator has no control bytes but line ends. */
static void
demand_plain(struct text sentence)
{
	for (size_t i = 0; i < sentence.length; i++)
		demand(sentence.data[i] == '\n' || (unsigned char)sentence.data[i] >= 0x20);
}

static void
write_and_hear(const struct admin_request *request)
{
	struct text words[ADMIN_WORDS_MAX];
	unsigned count = admin_words(request, words);
	struct admin_request again;
	struct admin_fields fields;
	struct buffer scratch;
	struct buffer line;

	buffer_init(&line, 0);
	buffer_init(&scratch, 0);
	admin_fields_init(&fields);
	admin_write_request(&line, TEXT("0"), words, count);
	demand(admin_read_request(&fields, (struct text){ line.data, line.length - 1 }) ==
	       ADMIN_HEARD_REQUEST);
	demand(admin_parse(fields.fields + ADMIN_REQUEST_WORDS, fields.count - ADMIN_REQUEST_WORDS,
	    &again, &scratch));
	demand_same(request, &again);
	admin_fields_free(&fields);
	buffer_free(&scratch);
	buffer_free(&line);
}

static void
hear_request(struct text line)
{
	struct admin_request request;
	struct admin_fields fields;
	struct buffer scratch;

	buffer_init(&scratch, 0);
	admin_fields_init(&fields);
	if (admin_read_request(&fields, line) == ADMIN_HEARD_REQUEST) {
		if (admin_parse(fields.fields + ADMIN_REQUEST_WORDS,
			fields.count - ADMIN_REQUEST_WORDS, &request, &scratch))
			write_and_hear(&request);
		else
			demand_plain(buffer_text(&scratch));
	}
	admin_fields_free(&fields);
	buffer_free(&scratch);
}

/* The same, as it would come piece by piece. */
static void
hear_events(struct text said)
{
	struct admin_answer answer;
	struct buffer out;
	size_t used;

	admin_answer_init(&answer);
	buffer_init(&out, 0);
	while (admin_answer_add(&answer, said, &used) && used > 0) {
		if (answer.column_count > 0)
			admin_print_events(&out, &answer);
		admin_answer_drop_rows(&answer);
		said = (struct text){ said.data + used, said.length - used };
	}
	demand_plain(buffer_text(&out));
	buffer_free(&out);
	admin_answer_free(&answer);
}

static void
hear_answer(struct text said)
{
	struct admin_answer answer;
	struct buffer out;

	admin_answer_init(&answer);
	if (admin_answer_read(&answer, said) && answer.end == ADMIN_END_DONE) {
		for (unsigned format = ADMIN_FORMAT_TABLE; format <= ADMIN_FORMAT_TSV; format++) {
			buffer_init(&out, 0);
			admin_print(&out, (enum admin_format)format, &answer);
			demand(!out.failed);
			/* Tabs stand between the columns of TSV and nowhere else. */
			for (size_t i = 0; i < out.length; i++) {
				if (out.data[i] == '\t' && format == ADMIN_FORMAT_TSV)
					out.data[i] = ' ';
			}
			demand_plain(buffer_text(&out));
			buffer_free(&out);
		}
	}
	admin_answer_free(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct text rest;

	if (length == 0)
		return 0;
	rest = (struct text){ (const char *)bytes + 1, length - 1 };
	if (bytes[0] % 2 == 0)
		hear_request(rest);
	else
		hear_answer(rest);
	if (bytes[0] % 2 != 0)
		hear_events(rest);
	return 0;
}
