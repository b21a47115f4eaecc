/*
 * JSON as chat needs it: a bounded reader for foreign text and two writers.
 * The only user of jansson. Nothing here knows a protocol.
 */
#ifndef HUBBUB_COMMON_JSON_H
#define HUBBUB_COMMON_JSON_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

#define JSON_DEPTH_MAX 16

struct json; /* a parsed object */

/*
 * Parses one JSON object (RFC 8259; NaN, Infinity, lone surrogates, trailing bytes and
 * more than JSON_DEPTH_MAX levels are refused, checked before parsing; the last
 * of duplicate keys wins). NULL if it is not: *why_out is then a literal for people.
 */
struct json *json_parse_object(struct text bytes, const char **why_out);
void json_destroy(struct json **json);

enum json_lookup { JSON_ABSENT, JSON_WRONG_TYPE, JSON_FOUND };

/* A string member; *value_out borrows from `json`. A null value is JSON_WRONG_TYPE. */
enum json_lookup json_get_string(const struct json *json, const char *key, struct text *value_out);

/*
 * Appends a quoted string in pure ASCII: the rest as lower-case \uXXXX, astral as surrogate pairs;
 * / < > as they are. Malformed UTF-8 becomes U+FFFD.
 */
void json_append_ascii(struct buffer *out, struct text utf8);

/* Appends a quoted string in UTF-8, escaping only what RFC 8259 demands; U+FFFD as above. */
void json_append_utf8(struct buffer *out, struct text utf8);

#endif
