/*
 * Writes texts as JSON has them. Which characters are escaped is chosen so that the line can be
 * read by every client; the library for reading is json.c's.
 */
#include "common/json.h"

/* In place of what is no UTF-8. */
#define REPLACEMENT 0xfffd

/* The escapes of RFC 8259 that both writers use; NULL if the code point has none of its own. */
static const char *
short_escape(uint32_t code_point)
{
	static const char *const escapes[0x80] = {
		['"'] = "\\\"",
		['\\'] = "\\\\",
		['\b'] = "\\b",
		['\f'] = "\\f",
		['\n'] = "\\n",
		['\r'] = "\\r",
		['\t'] = "\\t",
	};

	return code_point < 0x80 ? escapes[code_point] : NULL;
}

static void
append_u_escape(struct buffer *out, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";
	char escape[6] = { '\\', 'u', digits[unit >> 12 & 0xf], digits[unit >> 8 & 0xf],
		digits[unit >> 4 & 0xf], digits[unit & 0xf] };

	buffer_append(out, escape, sizeof(escape));
}

static void
append_escaped(struct buffer *out, uint32_t code_point)
{
	const char *brief = short_escape(code_point);

	if (brief != NULL) {
		buffer_append(out, brief, 2);
	} else if (code_point > 0xffff) {
		append_u_escape(out, 0xd800 + ((code_point - 0x10000) >> 10));
		append_u_escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
	} else {
		append_u_escape(out, code_point);
	}
}

/* Bytes at the beginning that every writer takes as they are: most texts are nothing else. */
static size_t
plain_length(struct text utf8)
{
	const char *end = utf8.data + utf8.length;
	const char *at = utf8.data;

	/* From ' ' to '~', in one comparison. */
	while (at < end && (uint8_t)(*at - ' ') <= '~' - ' ' && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - utf8.data);
}

/* Appends what is escaped code point by code point and what is not in runs. */
static void
append_quoted(struct buffer *out, struct text utf8, uint32_t plain_max)
{
	size_t run = 0; /* bytes that are taken as they are */

	buffer_append_byte(out, '"');
	while (run < utf8.length) {
		struct text rest = { utf8.data + run, utf8.length - run };
		uint32_t code_point = REPLACEMENT;
		size_t step = plain_length(rest);

		if (step > 0) {
			run += step;
			continue;
		}
		step = text_first_code_point(rest, &code_point);
		if (step > 0 && code_point >= 0x20 && code_point <= plain_max &&
		    short_escape(code_point) == NULL) {
			run += step;
			continue;
		}
		buffer_append(out, utf8.data, run);
		append_escaped(out, code_point);
		run += step > 0 ? step : 1;
		utf8.data += run;
		utf8.length -= run;
		run = 0;
	}
	buffer_append(out, utf8.data, run);
	buffer_append_byte(out, '"');
}

void
json_append_ascii(struct buffer *out, struct text utf8)
{
	append_quoted(out, utf8, 0x7e);
}

void
json_append_utf8(struct buffer *out, struct text utf8)
{
	append_quoted(out, utf8, 0x10ffff);
}
