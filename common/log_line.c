/*
 * Turns fields into one line that no value can break out of. Knows nothing of
 * levels, limits or where the line goes. Never allocates.
 */
#include "common/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CUT_MARK " [cut]"
#define ROOM (LOG_LINE_SIZE - (sizeof(CUT_MARK) - 1))

void
log_line_begin(struct log_line *line)
{
	line->length = 0;
	line->full = false;
}

/* All of the bytes or none: half an escape or half a character must not be seen. */
static void
take(struct log_line *line, const char *bytes, size_t length)
{
	if (line->full || length > ROOM - line->length) {
		line->full = true;
		return;
	}
	memcpy(line->bytes + line->length, bytes, length);
	line->length += length;
}

void
log_line_literal(struct log_line *line, const char *literal)
{
	take(line, literal, strlen(literal));
}

void
log_line_rendered(struct log_line *line, struct text rendered)
{
	take(line, rendered.data, rendered.length);
}

/*
 * Code points that could move the cursor, end the line for some reader or turn
 * the direction of what follows: controls, line and paragraph separators, bidi
 * marks, the byte order mark.
 */
static bool
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The bytes of at most one code point as \xNN each. */
static void
take_hex(struct log_line *line, const char *bytes, size_t count)
{
	char escaped[4 * 4 + 1];

	for (size_t i = 0; i < count; i++)
		snprintf(escaped + 4 * i, 5, "\\x%02x", (uint8_t)bytes[i]);
	take(line, escaped, 4 * count);
}

static void
take_escaped(struct log_line *line, struct text value)
{
	while (value.length > 0 && !line->full) {
		uint32_t code_point = 0;
		size_t step = text_first_code_point(value, &code_point);
		bool malformed = step == 0;

		if (malformed)
			step = 1;
		if (malformed || is_unsafe(code_point))
			take_hex(line, value.data, step);
		else if (code_point == '"' || code_point == '\\')
			take(line, code_point == '"' ? "\\\"" : "\\\\", 2);
		else
			take(line, value.data, step);
		value.data += step;
		value.length -= step;
	}
}

/* A bare value is one word of bytes that mean nothing to whoever takes the line apart. */
static bool
needs_quotes(struct text value)
{
	if (value.length == 0)
		return true;
	while (value.length > 0) {
		uint32_t code_point = 0;
		size_t step = text_first_code_point(value, &code_point);

		if (step == 0 || is_unsafe(code_point))
			return true;
		if (step == 1 && strchr(" \"'=\\", value.data[0]) != NULL)
			return true;
		value.data += step;
		value.length -= step;
	}
	return false;
}

static void
take_text(struct log_line *line, struct text value)
{
	if (!needs_quotes(value)) {
		take_escaped(line, value);
		return;
	}
	take(line, "\"", 1);
	take_escaped(line, value);
	take(line, "\"", 1);
}

void
log_line_field(struct log_line *line, const struct log_field *field)
{
	char number[24];

	take(line, " ", 1);
	log_line_literal(line, field->key);
	take(line, "=", 1);
	switch (field->type) {
	case LOG_FIELD_TEXT:
		take_text(line, field->text);
		return;
	case LOG_FIELD_U64:
		snprintf(number, sizeof(number), "%" PRIu64, field->number);
		break;
	case LOG_FIELD_I64:
		snprintf(number, sizeof(number), "%" PRId64, (int64_t)field->number);
		break;
	case LOG_FIELD_HEX:
		text_client_id((uint32_t)field->number, number);
		break;
	}
	log_line_literal(line, number);
}

struct text
log_line_end(struct log_line *line)
{
	if (line->full) {
		memcpy(line->bytes + line->length, CUT_MARK, sizeof(CUT_MARK) - 1);
		line->length += sizeof(CUT_MARK) - 1;
	}
	return (struct text){ line->bytes, line->length };
}
