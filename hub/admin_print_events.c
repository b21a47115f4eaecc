/*
 * Events as lines for people: they come one by one, so there is no table whose columns could be
 * aligned. Nothing of what strangers wrote acts on the terminal.
 */
#include "hub/admin_print.h"

#include <string.h>

#include "common/clock.h"
#include "common/terminal_text.h"

/* Of the event's word. */
#define WORD_COLUMNS 16

/* The first two have places of their own. */
#define FIRST_NAMED 2u

/* A blank in a value would be read as its end. */
static void
append_value(struct buffer *out, struct text value)
{
	if (value.length > 0 && memchr(value.data, ' ', value.length) == NULL &&
	    memchr(value.data, '"', value.length) == NULL) {
		terminal_text_show(out, value);
		return;
	}
	buffer_append_byte(out, '"');
	terminal_text_show(out, value);
	buffer_append_byte(out, '"');
}

static void
append_line(struct buffer *out, const struct admin_answer *answer, size_t row)
{
	struct text word = admin_answer_value(answer, row, 1);
	struct text words = { NULL, 0 };
	char local[CLOCK_LOCAL_SIZE];
	uint64_t wall_ms = 0;
	size_t start;

	(void)text_to_u64(admin_answer_value(answer, row, 0), &wall_ms);
	clock_local((int64_t)wall_ms, local);
	buffer_printf(out, "%s  ", local);
	start = out->length;
	terminal_text_show(out, word);
	while (!out->failed && out->length - start < WORD_COLUMNS)
		buffer_append_byte(out, ' ');
	for (unsigned i = FIRST_NAMED; i < answer->column_count; i++) {
		struct text name = admin_answer_name(answer, i);
		struct text value = admin_answer_value(answer, row, i);

		if (text_equal(name, TEXT("words")))
			words = value;
		/* The reason is part of the words. */
		if (value.data == NULL || text_equal(name, TEXT("words")) ||
		    text_equal(name, TEXT("reason")))
			continue;
		buffer_append_byte(out, ' ');
		buffer_append_text(out, name);
		buffer_append_byte(out, '=');
		append_value(out, value);
	}
	if (words.length > 0) {
		buffer_append_string(out, "  ");
		terminal_text_show(out, words);
	}
	buffer_append_byte(out, '\n');
}

void
admin_print_events(struct buffer *out, const struct admin_answer *answer)
{
	if (answer->column_count < FIRST_NAMED || answer->types[0] != ADMIN_TYPE_TIME ||
	    answer->types[1] != ADMIN_TYPE_TEXT) {
		admin_print(out, ADMIN_FORMAT_TABLE, answer);
		return;
	}
	for (size_t row = 0; row < answer->row_count; row++)
		append_line(out, answer, row);
}
