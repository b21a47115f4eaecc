/*
 * Reads patterns and holds paths against them. Owns their grammar; must not know
 * what is mounted where.
 */
#include "gateway/mount_pattern.h"

#include <string.h>

enum variable {
	VARIABLE_NONE,
	VARIABLE_ANY,
	VARIABLE_INT,
};

/* Cuts the next segment off a path that begins with '/'; false at its end. */
static bool
next_segment(struct text *path, struct text *segment_out)
{
	const char *slash;

	if (path->length == 0 || path->data[0] != '/')
		return false;
	path->data++;
	path->length--;
	slash = path->length == 0 ? NULL : memchr(path->data, '/', path->length);
	segment_out->data = path->data;
	segment_out->length = slash == NULL ? path->length : (size_t)(slash - path->data);
	path->data += segment_out->length;
	path->length -= segment_out->length;
	return true;
}

static bool
ends_with(struct text text, struct text end)
{
	return text.length > end.length &&
	       memcmp(text.data + text.length - end.length, end.data, end.length) == 0;
}

static enum variable
variable_of(struct text segment)
{
	if (segment.length < 2 || segment.data[0] != '{')
		return VARIABLE_NONE;
	return ends_with(segment, TEXT(":int}")) ? VARIABLE_INT : VARIABLE_ANY;
}

/* "{name}" or "{name:int}" whose name is letters, digits and '_'. */
static bool
variable_is_good(struct text segment)
{
	struct text end = variable_of(segment) == VARIABLE_INT ? TEXT(":int}") : TEXT("}");
	size_t length;

	if (!ends_with(segment, end) || segment.length < 2 + end.length)
		return false;
	length = segment.length - 1 - end.length;
	for (const char *at = segment.data + 1; at < segment.data + 1 + length; at++) {
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');

		if (!letter && !(*at >= '0' && *at <= '9') && *at != '_')
			return false;
	}
	return true;
}

bool
mount_pattern_is_good(struct text pattern)
{
	struct text segment;
	unsigned variables = 0;
	unsigned segments = 0;

	while (next_segment(&pattern, &segment)) {
		segments++;
		if (segment.length == 0)
			return false;
		if (variable_of(segment) != VARIABLE_NONE) {
			variables++;
			if (!variable_is_good(segment))
				return false;
		} else if (memchr(segment.data, '{', segment.length) != NULL ||
			   memchr(segment.data, '}', segment.length) != NULL) {
			return false;
		}
	}
	return pattern.length == 0 && segments > 0 && variables <= 1;
}

bool
mount_pattern_same(struct text a, struct text b)
{
	struct text in_a;
	struct text in_b;
	bool more_a = next_segment(&a, &in_a);
	bool more_b = next_segment(&b, &in_b);

	while (more_a && more_b) {
		if (variable_of(in_a) != variable_of(in_b))
			return false;
		if (variable_of(in_a) == VARIABLE_NONE && !text_equal(in_a, in_b))
			return false;
		more_a = next_segment(&a, &in_a);
		more_b = next_segment(&b, &in_b);
	}
	return more_a == more_b;
}

static bool
is_integer(struct text segment)
{
	if (segment.length == 0 || segment.length > MOUNT_PATTERN_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < segment.length; i++) {
		if (segment.data[i] < '0' || segment.data[i] > '9')
			return false;
	}
	return true;
}

static bool
segment_fits(struct text expected, struct text actual, struct mount_fit *fit)
{
	switch (variable_of(expected)) {
	case VARIABLE_INT:
		fit->typed = true;
		fit->segment = actual;
		return is_integer(actual);
	case VARIABLE_ANY:
		fit->segment = actual;
		return actual.length > 0;
	case VARIABLE_NONE:
		break;
	}
	fit->literals++;
	return text_equal(expected, actual);
}

bool
mount_pattern_fits(struct text pattern, struct text path, struct mount_fit *fit_out)
{
	struct text expected;
	struct text actual;

	*fit_out = (struct mount_fit){ .segment = TEXT("") };
	while (next_segment(&pattern, &expected)) {
		if (!next_segment(&path, &actual) || !segment_fits(expected, actual, fit_out))
			return false;
	}
	return path.length == 0;
}

bool
mount_fit_is_closer(const struct mount_fit *a, const struct mount_fit *b)
{
	if (a->literals != b->literals)
		return a->literals > b->literals;
	return a->typed && !b->typed;
}
