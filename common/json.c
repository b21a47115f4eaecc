/*
 * The bounded JSON reader; texts are written by json_write.c. Owns jansson: no other
 * file includes it. Knows no protocol. The reader is given foreign bytes, so
 * depth is checked before the parser may recurse, and whoever calls has
 * bounded the length.
 */
#include "common/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct json {
	json_t *object;
};

/* True if brackets outside strings nest at most JSON_DEPTH_MAX deep; the rest is the parser's. */
static bool
is_shallow(struct text bytes)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < bytes.length; i++) {
		char c = bytes.data[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return false;
	}
	return true;
}

/*
 * Numbers are read as reals: an integer of a hundred digits is valid JSON, which the integer reader
 * would refuse. So is NUL in strings. What is valid but no object is let through to be told so.
 */
#define PARSE_FLAGS (JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY)

static struct json *
parse(struct text bytes, size_t flags, enum json_fault *fault_out)
{
	json_error_t error;
	struct json *json;
	json_t *object;

	*fault_out = JSON_TOO_DEEP;
	if (!is_shallow(bytes))
		return NULL;
	*fault_out = JSON_INVALID;
	object = json_loadb(bytes.length > 0 ? bytes.data : "", bytes.length, flags, &error);
	if (object == NULL)
		return NULL;
	*fault_out = JSON_NO_OBJECT;
	json = json_typeof(object) == JSON_OBJECT ? malloc(sizeof(*json)) : NULL;
	if (json == NULL) {
		json_decref(object);
		return NULL;
	}
	*fault_out = JSON_FINE;
	json->object = object;
	return json;
}

struct json *
json_parse(struct text bytes, enum json_fault *fault_out)
{
	return parse(bytes, PARSE_FLAGS, fault_out);
}

struct json *
json_parse_signed(struct text bytes, enum json_fault *fault_out)
{
	return parse(bytes, PARSE_FLAGS | JSON_REJECT_DUPLICATES, fault_out);
}

struct json *
json_parse_object(struct text bytes, const char **why_out)
{
	static const char *const reasons[] = {
		[JSON_TOO_DEEP] = "nested too deeply",
		[JSON_INVALID] = "not valid JSON",
		[JSON_NO_OBJECT] = "not a JSON object",
	};
	enum json_fault fault;
	struct json *json = json_parse(bytes, &fault);

	if (json == NULL)
		*why_out = reasons[fault];
	return json;
}

void
json_destroy(struct json **json)
{
	struct json *doomed = *json;

	if (doomed == NULL)
		return;
	*json = NULL;
	json_decref(doomed->object);
	free(doomed);
}

/* A node is what jansson calls a value: only the name differs, to keep its header here. */
static const struct json_node *
as_node(const json_t *value)
{
	return (const struct json_node *)value;
}

static const json_t *
as_value(const struct json_node *node)
{
	return (const json_t *)node;
}

const struct json_node *
json_root(const struct json *json)
{
	return as_node(json->object);
}

const struct json_node *
json_member(const struct json *json, const char *key)
{
	return as_node(json_object_get(json->object, key));
}

const struct json_node *
json_node_member(const struct json_node *object, const char *key)
{
	return as_node(json_object_get(as_value(object), key));
}

bool
json_node_is_object(const struct json_node *node)
{
	return json_is_object(as_value(node));
}

bool
json_node_is_array(const struct json_node *node)
{
	return json_is_array(as_value(node));
}

bool
json_node_is_null(const struct json_node *node)
{
	return json_is_null(as_value(node));
}

enum json_lookup
json_node_string(const struct json_node *node, struct text *value_out)
{
	const json_t *value = as_value(node);

	if (value == NULL)
		return JSON_ABSENT;
	if (!json_is_string(value))
		return JSON_WRONG_TYPE;
	*value_out = (struct text){ json_string_value(value), json_string_length(value) };
	return JSON_FOUND;
}

enum json_lookup
json_node_bool(const struct json_node *node, bool *value_out)
{
	if (node == NULL)
		return JSON_ABSENT;
	if (!json_is_boolean(as_value(node)))
		return JSON_WRONG_TYPE;
	*value_out = json_is_true(as_value(node));
	return JSON_FOUND;
}

enum json_lookup
json_get_string(const struct json *json, const char *key, struct text *value_out)
{
	return json_node_string(json_member(json, key), value_out);
}

bool
json_node_next(const struct json_node *object, void **cursor, struct text *key_out,
    const struct json_node **value_out)
{
	/* Iterating changes nothing, although jansson does not promise it in its types. */
	json_t *walked = (json_t *)(uintptr_t)as_value(object);

	*cursor =
	    *cursor == NULL ? json_object_iter(walked) : json_object_iter_next(walked, *cursor);
	if (*cursor == NULL)
		return false;
	*key_out =
	    (struct text){ json_object_iter_key(*cursor), json_object_iter_key_len(*cursor) };
	*value_out = as_node(json_object_iter_value(*cursor));
	return true;
}

size_t
json_node_length(const struct json_node *array)
{
	return json_array_size(as_value(array));
}

const struct json_node *
json_node_element(const struct json_node *array, size_t index)
{
	return as_node(json_array_get(as_value(array), index));
}

enum json_lookup
json_node_number(const struct json_node *node, double *value_out)
{
	if (node == NULL)
		return JSON_ABSENT;
	if (!json_is_number(as_value(node)))
		return JSON_WRONG_TYPE;
	*value_out = json_number_value(as_value(node));
	return JSON_FOUND;
}

enum json_lookup
json_node_integer(const struct json_node *node, uint64_t *value_out)
{
	double number;
	enum json_lookup found = json_node_number(node, &number);

	if (found != JSON_FOUND)
		return found;
	/* What is larger than the limit was rounded to something that is larger, too. */
	if (!(number >= 0 && number <= (double)JSON_INTEGER_MAX) ||
	    number != (double)(uint64_t)number)
		return JSON_OUT_OF_RANGE;
	*value_out = (uint64_t)number;
	return JSON_FOUND;
}

enum json_lookup
json_get_integer(const struct json *json, const char *key, uint64_t *value_out)
{
	return json_node_integer(json_member(json, key), value_out);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip(struct text *rest, size_t length)
{
	rest->data += length;
	rest->length -= length;
}

static void
skip_spaces(struct text *rest)
{
	while (rest->length > 0 && is_space(rest->data[0]))
		skip(rest, 1);
}

/* Bytes of the string that `rest` begins with, its quotes included. */
static size_t
string_length(struct text rest)
{
	size_t at = 1;

	while (at < rest.length && rest.data[at] != '"')
		at += rest.data[at] == '\\' ? 2 : 1;
	return at < rest.length ? at + 1 : rest.length;
}

/* Bytes of the value that `rest` begins with. */
static size_t
value_length(struct text rest)
{
	unsigned depth = 0;
	size_t at = 0;

	while (at < rest.length) {
		char c = rest.data[at];

		if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c)))
			break;
		if (c == '"') {
			at += string_length((struct text){ rest.data + at, rest.length - at });
		} else {
			at++;
			depth += c == '{' || c == '[';
			depth -= c == '}' || c == ']';
		}
		if (depth == 0 && (c == '"' || c == '}' || c == ']'))
			break;
	}
	return at;
}

/* The value of a string with its quotes; NULL without memory. */
static json_t *
parse_string(struct text quoted)
{
	json_error_t error;

	return json_loadb(quoted.data, quoted.length, PARSE_FLAGS, &error);
}

static bool
key_is(struct text quoted, const char *key)
{
	json_t *parsed;
	bool equal;

	if (memchr(quoted.data, '\\', quoted.length) == NULL)
		return text_equal(
		    (struct text){ quoted.data + 1, quoted.length - 2 }, text_of(key));
	parsed = parse_string(quoted);
	equal = parsed != NULL &&
		text_equal((struct text){ json_string_value(parsed), json_string_length(parsed) },
		    text_of(key));
	json_decref(parsed);
	return equal;
}

/* Takes "key": value and what follows it off `rest`; false at the end of the object. */
static bool
next_member(struct text *rest, struct text *key_out, struct text *value_out)
{
	skip_spaces(rest);
	if (rest->length == 0 || rest->data[0] != '"')
		return false;
	*key_out = (struct text){ rest->data, string_length(*rest) };
	skip(rest, key_out->length);
	skip_spaces(rest);
	if (rest->length == 0)
		return false;
	skip(rest, 1);
	skip_spaces(rest);
	*value_out = (struct text){ rest->data, value_length(*rest) };
	skip(rest, value_out->length);
	skip_spaces(rest);
	if (rest->length > 0)
		skip(rest, 1);
	return true;
}

bool
json_find_raw(struct text bytes, const char *key, struct text *raw_out)
{
	struct text name;
	struct text value;
	bool found = false;

	skip_spaces(&bytes);
	if (bytes.length == 0)
		return false;
	skip(&bytes, 1);
	while (next_member(&bytes, &name, &value)) {
		if (!key_is(name, key))
			continue;
		*raw_out = value;
		found = true;
	}
	return found;
}

static void
append_raw_string(struct buffer *out, struct text quoted)
{
	json_t *parsed = parse_string(quoted);

	if (parsed == NULL)
		out->failed = true;
	else
		json_append_ascii(
		    out, (struct text){ json_string_value(parsed), json_string_length(parsed) });
	json_decref(parsed);
}

void
json_append_raw_ascii(struct buffer *out, struct text raw)
{
	while (raw.length > 0) {
		size_t step = 1;
		char c = raw.data[0];

		if (c == '"') {
			step = string_length(raw);
			append_raw_string(out, (struct text){ raw.data, step });
		} else if (!is_space(c)) {
			buffer_append_byte(out, (uint8_t)c);
			if (c == ',' || c == ':')
				buffer_append_byte(out, ' ');
		}
		skip(&raw, step);
	}
}
