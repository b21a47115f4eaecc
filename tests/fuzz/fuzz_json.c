/*
 * The JSON reader and the string writers. What a writer makes of any bytes must be a string that
 * the reader takes, and what the reader found must survive both writers.
 */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

/* Writes {"k":...}, reads it back, and compares with `expected` unless that is NULL. */
static void
check_writer(
    void (*append)(struct buffer *, struct text), struct text value, const struct text *expected)
{
	struct text found;
	struct buffer out;
	struct json *json;
	const char *why;

	buffer_init(&out, 0);
	buffer_append_string(&out, "{\"k\":");
	append(&out, value);
	buffer_append_byte(&out, '}');
	demand(!out.failed);
	json = json_parse_object(buffer_text(&out), &why);
	demand(json != NULL && json_get_string(json, "k", &found) == JSON_FOUND);
	demand(expected == NULL || text_equal(found, *expected));
	json_destroy(&json);
	buffer_free(&out);
}

static void
check_member(const struct json *json, const char *key)
{
	struct text value = { NULL, 0 };
	enum json_lookup lookup = json_get_string(json, key, &value);

	if (lookup != JSON_FOUND)
		return;
	demand(text_is_utf8(value));
	check_writer(json_append_ascii, value, &value);
	check_writer(json_append_utf8, value, &value);
}

static void
check_number(const struct json *json, const char *key)
{
	uint64_t value;

	if (json_get_integer(json, key, &value) == JSON_FOUND)
		demand(value <= JSON_INTEGER_MAX);
}

/* A value taken over as it was written must be a value again, and of the one form. */
static void
check_raw(struct text object, const char *key)
{
	struct text raw;
	struct text again;
	struct buffer once;
	struct buffer twice;
	struct json *json;
	const char *why;

	if (!json_find_raw(object, key, &raw))
		return;
	demand(raw.length > 0 && raw.data >= object.data &&
	       raw.data + raw.length < object.data + object.length);
	buffer_init(&once, 0);
	buffer_init(&twice, 0);
	buffer_append_string(&once, "{\"k\":");
	json_append_raw_ascii(&once, raw);
	buffer_append_byte(&once, '}');
	demand(!once.failed);
	json = json_parse_object(buffer_text(&once), &why);
	demand(json != NULL && json_find_raw(buffer_text(&once), "k", &again));
	json_append_raw_ascii(&twice, again);
	demand(text_equal(buffer_text(&twice), again));
	json_destroy(&json);
	buffer_free(&once);
	buffer_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct text input = { (const char *)bytes, length };
	const char *why = NULL;
	struct json *json = json_parse_object(input, &why);

	demand(json != NULL || why != NULL);
	if (json != NULL) {
		check_member(json, "username");
		check_member(json, "content");
		check_member(json, "to");
		check_number(json, "seq");
		check_raw(input, "content");
		check_raw(input, "timestamp");
	}
	json_destroy(&json);
	check_writer(json_append_ascii, input, text_is_utf8(input) ? &input : NULL);
	check_writer(json_append_utf8, input, NULL);
	return 0;
}
