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

/* Why a text is not taken. */
enum json_fault { JSON_FINE, JSON_TOO_DEEP, JSON_INVALID, JSON_NO_OBJECT };

/*
 * Parses one JSON object (RFC 8259; NaN, Infinity, lone surrogates, trailing bytes and
 * more than JSON_DEPTH_MAX levels are refused, checked before parsing; the last
 * of duplicate keys wins). NULL if it is not: *why_out is then a literal for people.
 */
struct json *json_parse_object(struct text bytes, const char **why_out);
struct json *json_parse(struct text bytes, enum json_fault *fault_out);

/* The same, but duplicate keys are refused: for what somebody has signed. */
struct json *json_parse_signed(struct text bytes, enum json_fault *fault_out);
void json_destroy(struct json **json);

enum json_lookup {
	JSON_ABSENT,
	JSON_WRONG_TYPE,
	JSON_OUT_OF_RANGE, /* a number, but none that is asked for */
	JSON_FOUND,
};

/* A string member; *value_out borrows from `json`. A null value is JSON_WRONG_TYPE. */
enum json_lookup json_get_string(const struct json *json, const char *key, struct text *value_out);

/* Any value within a parsed object; lives as long as that. NULL is no value, and may be asked. */
struct json_node;

const struct json_node *json_root(const struct json *json);
const struct json_node *json_member(const struct json *json, const char *key);
const struct json_node *json_node_member(const struct json_node *object, const char *key);
bool json_node_is_object(const struct json_node *node);
bool json_node_is_array(const struct json_node *node);
bool json_node_is_null(const struct json_node *node);
enum json_lookup json_node_string(const struct json_node *node, struct text *value_out);
enum json_lookup json_node_bool(const struct json_node *node, bool *value_out);

/*
 * Walks an object in the order of its text; `cursor` begins as NULL. False at the end. A key that
 * was there twice comes once, with its last value.
 */
bool json_node_next(const struct json_node *object, void **cursor, struct text *key_out,
    const struct json_node **value_out);

/* The elements of an array, 0 of anything else; NULL past its end. */
size_t json_node_length(const struct json_node *array);
const struct json_node *json_node_element(const struct json_node *array, size_t index);

/* A number of any size, with a fraction or without. */
enum json_lookup json_node_number(const struct json_node *node, double *value_out);

/* Up to here every reader has whole numbers exactly. */
#define JSON_INTEGER_MAX 9007199254740991u

/* A whole number from 0 to JSON_INTEGER_MAX, however it is written. */
enum json_lookup json_node_integer(const struct json_node *node, uint64_t *value_out);
enum json_lookup json_get_integer(const struct json *json, const char *key, uint64_t *value_out);

/*
 * A member's value as it was written, without the blanks around it; borrows from `bytes`, which
 * json_parse_object has taken before. Of duplicate keys the last. False if absent.
 */
bool json_find_raw(struct text bytes, const char *key, struct text *raw_out);

/*
 * Appends such a value in pure ASCII with ", " and ": " as its only blanks: strings as below,
 * numbers digit for digit as they were written.
 */
void json_append_raw_ascii(struct buffer *out, struct text raw);

/*
 * Appends a quoted string in pure ASCII: the rest as lower-case \uXXXX, astral as surrogate pairs;
 * / < > as they are. Malformed UTF-8 becomes U+FFFD.
 */
void json_append_ascii(struct buffer *out, struct text utf8);

/* Appends a quoted string in UTF-8, escaping only what RFC 8259 demands; U+FFFD as above. */
void json_append_utf8(struct buffer *out, struct text utf8);

#endif
