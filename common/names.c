/*
 * Makes names of strangers fit to be shown. Owns utf8proc: no other file
 * includes it. What a name means, and whether two are alike, is not asked
 * here.
 */
#include "common/names.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define ROOM_BYTES_MAX 64

/*
 * A code point in NFC comes from at most this many. Marks are sorted in quadratic time, so what
 * cannot be needed must not be composed.
 */
#define NFC_SOURCES_MAX 4
#define UTF8_BYTES_MAX 4

/*
 * Code points that are seen as nothing although their category does not say
 * so: fillers of Hangul, the empty Braille cell, the grapheme joiner, variation
 * selectors.
 */
static bool
is_invisible(uint32_t c)
{
	return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x2800 || c == 0x3164 ||
	       c == 0xffa0 || (c >= 0x180b && c <= 0x180f) || (c >= 0xfe00 && c <= 0xfe0f) ||
	       (c >= 0xe0100 && c <= 0xe01ef);
}

/*
 * Controls, format characters (bidi and zero-width ones among them),
 * surrogates, private use, unassigned, line and paragraph separators.
 */
static bool
is_shown(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return !is_invisible(c);
	}
}

static bool
is_blank(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ZS;
}

/* Bytes from the start of `t` up to and with its last code point that is no blank. */
static size_t
length_without_end(struct text t)
{
	size_t kept = 0;
	size_t at = 0;

	while (at < t.length) {
		struct text rest = { t.data + at, t.length - at };
		uint32_t c = 0;

		at += text_first_code_point(rest, &c);
		if (!is_blank(c))
			kept = at;
	}
	return kept;
}

/*
 * Appends the code points of well-formed `raw` that are shown, without blanks
 * at the start; stops after `max` of them.
 */
static void
append_shown(struct text raw, size_t max, struct buffer *out)
{
	size_t start = out->length;
	size_t count = 0;

	while (raw.length > 0 && count < max) {
		uint32_t c = 0;
		size_t step = text_first_code_point(raw, &c);
		bool leading = out->length == start && is_blank(c);

		if (is_shown(c) && !leading) {
			buffer_append(out, raw.data, step);
			count++;
		}
		raw.data += step;
		raw.length -= step;
	}
}

/* NFC of well-formed text, to be freed; -1 without memory. */
static utf8proc_ssize_t
compose(struct text utf8, utf8proc_uint8_t **composed_out)
{
	return utf8proc_map((const utf8proc_uint8_t *)utf8.data, (utf8proc_ssize_t)utf8.length,
	    composed_out, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

bool
names_clean(struct text raw, size_t code_points_max, struct buffer *out)
{
	size_t start = out->length;
	struct buffer shown;
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t length;
	struct text name;

	if (!text_is_utf8(raw))
		return false;
	/* Before composing: what is taken out may stand between a letter and its accent. */
	buffer_init(&shown, 0);
	append_shown(raw, code_points_max * NFC_SOURCES_MAX, &shown);
	length = -1;
	if (!shown.failed)
		length = compose(buffer_text(&shown), &composed);
	buffer_free(&shown);
	if (length < 0)
		return false;
	append_shown((struct text){ (const char *)composed, (size_t)length }, code_points_max, out);
	free(composed);
	if (out->failed)
		return false;
	name = (struct text){ buffer_text(out).data + start, out->length - start };
	buffer_truncate(out, start + length_without_end(name));
	return true;
}

bool
names_key(struct text raw, size_t code_points_max, struct buffer *out)
{
	struct buffer cleaned;
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t length = -1;
	bool same = false;

	buffer_init(&cleaned, 0);
	if (raw.length > 0 && raw.length <= code_points_max * NFC_SOURCES_MAX * UTF8_BYTES_MAX &&
	    names_clean(raw, code_points_max, &cleaned))
		length = compose(raw, &composed);
	if (length > 0)
		same = text_equal(
		    buffer_text(&cleaned), (struct text){ (const char *)composed, (size_t)length });
	if (same)
		buffer_append_text(out, buffer_text(&cleaned));
	free(composed);
	buffer_free(&cleaned);
	return same && !out->failed;
}

bool
names_is_room(struct text name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	if (name.length == 0 || name.length > ROOM_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '\0' || strchr(allowed, name.data[i]) == NULL)
			return false;
	}
	return strchr("._-", name.data[0]) == NULL;
}
