/*
 * Mount tables: built once from the configuration, asked once per upgrade.
 * Paths come decoded and normalised from the HTTP library; nothing here knows it.
 */
#include "gateway/mounts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Every dialect that reaches the hub enters this room of this realm for now. */
#define MOUNT_ROOM "lobby"
#define MOUNT_REALM "open"

struct profile {
	const char *name;
	const char *mounts;
	bool page;
};

static const struct profile profiles[] = {
	{ "chat", "/ws room", true },
	{ "demo", "/ws echo, /items/{item_id}/ws items", false },
};

static bool __attribute__((format(printf, 3, 4)))
fail(char *error, size_t error_size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, error_size, format, arguments);
	va_end(arguments);
	return false;
}

static const struct profile *
profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	}
	return NULL;
}

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
is_variable(struct text segment)
{
	return segment.length > 2 && segment.data[0] == '{' &&
	       segment.data[segment.length - 1] == '}';
}

/* Literal segments without braces, at most one variable, nothing empty. */
static bool
pattern_is_good(struct text pattern)
{
	struct text segment;
	unsigned variables = 0;
	unsigned segments = 0;

	while (next_segment(&pattern, &segment)) {
		segments++;
		if (segment.length == 0)
			return false;
		if (is_variable(segment))
			variables++;
		else if (memchr(segment.data, '{', segment.length) != NULL ||
			 memchr(segment.data, '}', segment.length) != NULL)
			return false;
	}
	return pattern.length == 0 && segments > 0 && variables <= 1;
}

/* True if both patterns match exactly the same paths: one of them could never be reached. */
static bool
patterns_conflict(struct text a, struct text b)
{
	struct text in_a;
	struct text in_b;
	bool more_a = next_segment(&a, &in_a);
	bool more_b = next_segment(&b, &in_b);

	while (more_a && more_b) {
		if (is_variable(in_a) != is_variable(in_b))
			return false;
		if (!is_variable(in_a) && !text_equal(in_a, in_b))
			return false;
		more_a = next_segment(&a, &in_a);
		more_b = next_segment(&b, &in_b);
	}
	return more_a == more_b;
}

/* One "PATTERN DIALECT". */
static bool
add_row(const struct config_listener *listener, struct text row, struct mount_table *table,
    char *error, size_t error_size)
{
	const char *blank = row.length == 0 ? NULL : memchr(row.data, ' ', row.length);
	size_t cut = blank == NULL ? row.length : (size_t)(blank - row.data);
	struct text pattern = { row.data, cut };
	struct text dialect = text_trimmed((struct text){ row.data + cut, row.length - cut });
	struct mount *mount = &table->rows[table->count];

	if (table->count == MOUNTS_MAX)
		return fail(error, error_size, "listener.%s.mounts: more than %d mounts",
		    listener->name, MOUNTS_MAX);
	if (pattern.length >= MOUNT_PATTERN_MAX || !pattern_is_good(pattern))
		return fail(error, error_size,
		    "listener.%s.mounts: '%.*s' is not a path of at most %d bytes like "
		    "/ws or /items/{item_id}/ws",
		    listener->name, (int)pattern.length, pattern.data, MOUNT_PATTERN_MAX - 1);
	mount->dialect = dialect_find(dialect);
	if (mount->dialect == NULL)
		return fail(error, error_size,
		    "listener.%s.mounts: no dialect is called '%.*s' (after '%.*s')",
		    listener->name, (int)dialect.length, dialect.data, (int)pattern.length,
		    pattern.data);
	for (size_t i = 0; i < table->count; i++) {
		if (patterns_conflict(text_of(table->rows[i].pattern), pattern))
			return fail(error, error_size,
			    "listener.%s.mounts: '%.*s' takes the same paths as '%s'; "
			    "remove one of them",
			    listener->name, (int)pattern.length, pattern.data,
			    table->rows[i].pattern);
	}
	memcpy(mount->pattern, pattern.data, pattern.length);
	mount->pattern[pattern.length] = '\0';
	mount->room = MOUNT_ROOM;
	mount->realm = MOUNT_REALM;
	table->count++;
	return true;
}

bool
mounts_build(const struct config_listener *listener, struct mount_table *table_out, char *error,
    size_t error_size)
{
	const struct profile *profile = profile_find(listener->profile);
	struct text rest;

	memset(table_out, 0, sizeof(*table_out));
	if (profile == NULL)
		return fail(error, error_size,
		    "listener.%s.profile: no profile is called '%s'; use chat or demo",
		    listener->name, listener->profile);
	table_out->page = profile->page;
	rest = text_of(listener->mounts[0] != '\0' ? listener->mounts : profile->mounts);
	while (rest.length > 0) {
		const char *comma = memchr(rest.data, ',', rest.length);
		size_t cut = comma == NULL ? rest.length : (size_t)(comma - rest.data);

		if (!add_row(listener, text_trimmed((struct text){ rest.data, cut }), table_out,
			error, error_size))
			return false;
		cut += comma != NULL;
		rest.data += cut;
		rest.length -= cut;
	}
	return true;
}

/*
 * False if the path is not of the pattern's shape. `*literals_out` counts what matched to
 * the letter.
 */
static bool
pattern_matches(
    struct text pattern, struct text path, struct text *segment_out, unsigned *literals_out)
{
	struct text expected;
	struct text actual;

	*segment_out = text_of("");
	*literals_out = 0;
	while (next_segment(&pattern, &expected)) {
		if (!next_segment(&path, &actual) || actual.length == 0)
			return false;
		if (is_variable(expected))
			*segment_out = actual;
		else if (text_equal(expected, actual))
			(*literals_out)++;
		else
			return false;
	}
	return path.length == 0;
}

unsigned
mounts_resolve(const struct mount_table *table, struct text path, struct client_request *request)
{
	unsigned best = 0;

	request->mount = NULL;
	for (size_t i = 0; i < table->count; i++) {
		struct text segment;
		unsigned literals;

		if (!pattern_matches(text_of(table->rows[i].pattern), path, &segment, &literals))
			continue;
		if (request->mount != NULL && literals <= best)
			continue;
		request->mount = &table->rows[i];
		request->segment = segment;
		best = literals;
	}
	if (request->mount == NULL)
		return 404;
	if (!text_is_utf8(request->segment))
		return 400;
	return request->mount->dialect->admit == NULL ? 0 : request->mount->dialect->admit(request);
}
