/*
 * Escapes and widths for terminals. Knows nothing of commands, answers or
 * where the text came from.
 */
#include "common/terminal_text.h"

#include <wchar.h>

/* Code points of a quoted word; what is longer is not recognised any better. */
#define QUOTE_MAX 60

struct range {
	uint32_t first;
	uint32_t last;
};

/* In rising order. */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f },   /* control characters */
	{ 0x007f, 0x009f },   /* delete, and the second set, which terminals obey as well */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero-width characters, direction marks */
	{ 0x2028, 0x202e },   /* separators, embeddings and overrides */
	{ 0x2060, 0x206f },   /* joiners, isolates, deprecated format characters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe007f }, /* tags */
};

/* True for what could move the cursor, hide or reorder text. */
static bool
is_unsafe(uint32_t code_point)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if (code_point <= unsafe[i].last)
			return code_point >= unsafe[i].first;
	}
	return false;
}

static struct text
after(struct text text, size_t length)
{
	return (struct text){ text.data + length, text.length - length };
}

bool
terminal_text_is_plain(struct text text)
{
	uint32_t code_point;

	while (text.length > 0) {
		size_t length = text_first_code_point(text, &code_point);

		if (length == 0 || is_unsafe(code_point))
			return false;
		text = after(text, length);
	}
	return true;
}

static void
append_unsafe(struct buffer *out, uint32_t code_point)
{
	static const char letters[] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r' };

	if (code_point < sizeof(letters) && letters[code_point] != 0)
		buffer_printf(out, "\\%c", letters[code_point]);
	else if (code_point < 0x80)
		buffer_printf(out, "\\x%02x", (unsigned)code_point);
	else
		buffer_printf(out, "\\u%04x", (unsigned)code_point);
}

/* Appends the first character of `foreign`, which is not empty; the bytes that it was. */
static size_t
append_first(struct buffer *out, struct text foreign, bool reversible)
{
	uint32_t code_point;
	size_t length = text_first_code_point(foreign, &code_point);

	if (length == 0) {
		buffer_printf(out, "\\x%02x", (unsigned char)foreign.data[0]);
		return 1;
	}
	if (is_unsafe(code_point)) {
		append_unsafe(out, code_point);
		return length;
	}
	if (reversible && code_point == '\\')
		buffer_append_byte(out, '\\');
	buffer_append(out, foreign.data, length);
	return length;
}

void
terminal_text_show(struct buffer *out, struct text foreign)
{
	while (foreign.length > 0)
		foreign = after(foreign, append_first(out, foreign, false));
}

void
terminal_text_escape(struct buffer *out, struct text foreign)
{
	while (foreign.length > 0)
		foreign = after(foreign, append_first(out, foreign, true));
}

void
terminal_text_quote(struct buffer *out, struct text foreign)
{
	buffer_append_byte(out, '"');
	for (unsigned i = 0; i < QUOTE_MAX && foreign.length > 0; i++)
		foreign = after(foreign, append_first(out, foreign, false));
	buffer_append_string(out, foreign.length > 0 ? "...\"" : "\"");
}

size_t
terminal_text_columns(struct text shown)
{
	uint32_t code_point;
	size_t columns = 0;

	while (shown.length > 0) {
		size_t length = text_first_code_point(shown, &code_point);
		int width = length > 0 ? wcwidth((wchar_t)code_point) : 1;

		columns += width >= 0 ? (size_t)width : 1;
		shown = after(shown, length > 0 ? length : 1);
	}
	return columns;
}
