/* The bounded JSON reader and the two string writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"

static void
assert_refused(struct text bytes, const char *why)
{
	const char *said = NULL;
	struct json *json = json_parse_object(bytes, &said);

	assert_null(json);
	assert_string_equal(said, why);
}

static struct json *
parsed(struct text bytes)
{
	const char *why = NULL;
	struct json *json = json_parse_object(bytes, &why);

	assert_non_null(json);
	return json;
}

static void
test_members(void **state)
{
	struct json *json = parsed(TEXT("{\"a\":\"x\\u0000y\",\"n\":1,\"z\":null,\"o\":{}}"));
	struct text value = TEXT("before");

	(void)state;
	assert_int_equal(json_get_string(json, "a", &value), JSON_FOUND);
	assert_true(text_equal(value, TEXT("x\0y")));
	assert_int_equal(json_get_string(json, "n", &value), JSON_WRONG_TYPE);
	assert_int_equal(json_get_string(json, "z", &value), JSON_WRONG_TYPE);
	assert_int_equal(json_get_string(json, "q", &value), JSON_ABSENT);
	json_destroy(&json);
	assert_null(json);
	json_destroy(&json);
}

static void
test_last_duplicate_wins(void **state)
{
	struct json *json = parsed(TEXT("{\"a\":\"1\",\"a\":\"2\"}"));
	struct text value;

	(void)state;
	assert_int_equal(json_get_string(json, "a", &value), JSON_FOUND);
	assert_true(text_equal(value, TEXT("2")));
	json_destroy(&json);
}

static void
test_any_valid_json_is_taken(void **state)
{
	static const struct text good[] = {
		TEXT("{}"),
		TEXT(" \t\r\n{ } "),
		TEXT("{\"n\":123456789012345678901234567890}"),
		TEXT("{\"n\":-0.5e-10,\"t\":true,\"f\":false}"),
		TEXT("{\"s\":\"\\ud83d\\ude00\\/\\b\"}"),
		TEXT("{\"\":\"\xe4\xbd\xa0\"}"),
		TEXT("{\"s\":\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{{{{\"}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct json *json = parsed(good[i]);

		json_destroy(&json);
	}
}

static void
test_invalid_json_is_refused(void **state)
{
	static const struct text bad[] = {
		{ NULL, 0 },
		TEXT("{"),
		TEXT("{\"a\":NaN}"),
		TEXT("{\"a\":Infinity}"),
		TEXT("{\"a\":1}x"),
		TEXT("{\"a\":1}{}"),
		TEXT("{\"a\":1}\0"),
		TEXT("{'a':1}"),
		TEXT("{\"a\":1,}"),
		TEXT("{\"a\":01}"),
		TEXT("{\"a\":\"\\ud800\"}"),
		TEXT("{\"a\":\"\\udc00x\"}"),
		TEXT("{\"a\":\"\xff\"}"),
		TEXT("{\"a\":\"\xed\xa0\x80\"}"),
		TEXT("{\"a\":\"\n\"}"),
		TEXT("{\"a\":\"\\"),
		TEXT("{\"a\":\"\\x41\"}"),
		TEXT("\xef\xbb\xbf{}"),
		TEXT("// c\n{}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], "not valid JSON");
}

static void
test_only_objects(void **state)
{
	(void)state;
	assert_refused(TEXT("[]"), "not a JSON object");
	assert_refused(TEXT("[{}]"), "not a JSON object");
	/* A bare value is valid JSON to RFC 8259, yet no use to anybody here. */
	assert_refused(TEXT("\"text\""), "not a JSON object");
	assert_refused(TEXT("17"), "not a JSON object");
	assert_refused(TEXT("null"), "not a JSON object");
}

static void
test_depth(void **state)
{
	char nested[2 * 100 + 16];
	struct json *json;
	int length;

	(void)state;
	length = snprintf(nested, sizeof(nested), "{\"a\":%.*s%.*s}", JSON_DEPTH_MAX - 1,
	    "[[[[[[[[[[[[[[[[[[[[", JSON_DEPTH_MAX - 1, "]]]]]]]]]]]]]]]]]]]]");
	json = parsed((struct text){ nested, (size_t)length });
	json_destroy(&json);
	length = snprintf(nested, sizeof(nested), "{\"a\":%.*s%.*s}", JSON_DEPTH_MAX,
	    "[[[[[[[[[[[[[[[[[[[[", JSON_DEPTH_MAX, "]]]]]]]]]]]]]]]]]]]]");
	assert_refused((struct text){ nested, (size_t)length }, "nested too deeply");
}

static void
test_faults_have_names(void **state)
{
	static const struct {
		const char *text;
		enum json_fault fault;
	} rows[] = {
		{ "{", JSON_INVALID },
		{ "[]", JSON_NO_OBJECT },
		{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", JSON_TOO_DEEP },
		{ "{}", JSON_FINE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum json_fault fault = JSON_INVALID;
		struct json *json = json_parse(text_of(rows[i].text), &fault);

		assert_int_equal(fault, rows[i].fault);
		assert_true((json != NULL) == (fault == JSON_FINE));
		json_destroy(&json);
	}
}

static void
test_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		enum json_lookup lookup;
		uint64_t value;
	} rows[] = {
		{ "{}", JSON_ABSENT, 1 },
		{ "{\"n\":null}", JSON_WRONG_TYPE, 1 },
		{ "{\"n\":\"7\"}", JSON_WRONG_TYPE, 1 },
		{ "{\"n\":true}", JSON_WRONG_TYPE, 1 },
		{ "{\"n\":0}", JSON_FOUND, 0 },
		{ "{\"n\":-0}", JSON_FOUND, 0 },
		{ "{\"n\":7.0}", JSON_FOUND, 7 },
		{ "{\"n\":12e2}", JSON_FOUND, 1200 },
		{ "{\"n\":9007199254740991}", JSON_FOUND, JSON_INTEGER_MAX },
		{ "{\"n\":9007199254740992}", JSON_OUT_OF_RANGE, 1 },
		{ "{\"n\":9007199254740993}", JSON_OUT_OF_RANGE, 1 },
		{ "{\"n\":18446744073709551616}", JSON_OUT_OF_RANGE, 1 },
		{ "{\"n\":1e300}", JSON_OUT_OF_RANGE, 1 },
		{ "{\"n\":-1}", JSON_OUT_OF_RANGE, 1 },
		{ "{\"n\":0.5}", JSON_OUT_OF_RANGE, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *json = parsed(text_of(rows[i].text));
		uint64_t value = 1;

		assert_int_equal(json_get_integer(json, "n", &value), rows[i].lookup);
		assert_true(value == rows[i].value);
		json_destroy(&json);
	}
}

static void
test_objects_are_walked_in_their_order(void **state)
{
	struct json *json = parsed(TEXT("{\"o\":{\"z\":[1,2],\"a\":null,\"z\":[3,4,5],\"m\":{}}}"));
	const struct json_node *object = json_member(json, "o");
	const struct json_node *value;
	void *cursor = NULL;
	uint64_t number;
	struct text key;

	(void)state;
	assert_true(json_node_is_object(object));
	assert_true(json_node_next(object, &cursor, &key, &value));
	assert_true(text_equal(key, TEXT("z")));
	assert_int_equal(json_node_length(value), 3);
	assert_int_equal(json_node_integer(json_node_element(value, 2), &number), JSON_FOUND);
	assert_int_equal(number, 5);
	assert_null(json_node_element(value, 3));
	assert_true(json_node_next(object, &cursor, &key, &value));
	assert_true(text_equal(key, TEXT("a")));
	assert_true(json_node_is_null(value));
	assert_true(json_node_next(object, &cursor, &key, &value));
	assert_true(json_node_is_object(value));
	assert_int_equal(json_node_length(value), 0);
	assert_false(json_node_next(object, &cursor, &key, &value));
	json_destroy(&json);
}

static void
test_what_is_not_there_may_be_asked(void **state)
{
	const struct json_node *value;
	void *cursor = NULL;
	struct text key;

	(void)state;
	assert_false(json_node_is_object(NULL));
	assert_false(json_node_is_null(NULL));
	assert_int_equal(json_node_length(NULL), 0);
	assert_null(json_node_element(NULL, 0));
	assert_false(json_node_next(NULL, &cursor, &key, &value));
}

static void
assert_written(void (*append)(struct buffer *, struct text), struct text utf8, const char *expected)
{
	struct buffer out;

	buffer_init(&out, 0);
	append(&out, utf8);
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void
test_ascii_writer(void **state)
{
	(void)state;
	assert_written(json_append_ascii, TEXT(""), "\"\"");
	assert_written(json_append_ascii, TEXT("a/<b>&'"), "\"a/<b>&'\"");
	assert_written(json_append_ascii, TEXT("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
	assert_written(json_append_ascii, TEXT("\0\x1f\x7f"), "\"\\u0000\\u001f\\u007f\"");
	assert_written(json_append_ascii, TEXT("\xe7\x94\xa8 \xc3\xa9"), "\"\\u7528 \\u00e9\"");
	assert_written(json_append_ascii, TEXT("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"");
	assert_written(json_append_ascii, TEXT("\xf4\x8f\xbf\xbf"), "\"\\udbff\\udfff\"");
	assert_written(json_append_ascii, TEXT("a\xff\xe4z"), "\"a\\ufffd\\ufffdz\"");
}

static void
test_utf8_writer(void **state)
{
	(void)state;
	assert_written(json_append_utf8, TEXT("\xe7\x94\xa8\"\n\x01\x7f"),
	    "\"\xe7\x94\xa8\\\"\\n\\u0001\x7f\"");
	assert_written(
	    json_append_utf8, TEXT("\xf0\x9f\x98\x80\xff"), "\"\xf0\x9f\x98\x80\\ufffd\"");
}

static void
test_values_as_they_were_written(void **state)
{
	static const struct {
		const char *object;
		const char *raw; /* NULL: absent */
		const char *rewritten;
	} rows[] = {
		{ "{}", NULL, NULL },
		{ "{\"a\": {\"t\": 1}, \"b\": [\"t\", 2], \"c\": \"\\\"t\\\": 3\"}", NULL, NULL },
		{ " { \"t\" : 17.50e+03 } ", "17.50e+03", "17.50e+03" },
		{ "{\"t\":123456789012345678901234567890}", "123456789012345678901234567890",
		    "123456789012345678901234567890" },
		{ "{\"t\":null,\"u\":1}", "null", "null" },
		{ "{\"a\":[{}],\"t\":true\n}", "true", "true" },
		{ "{\"t\":\"a\\/\\u00e9,: 用\\ud83d\\ude00\\\"\"}",
		    "\"a\\/\\u00e9,: 用\\ud83d\\ude00\\\"\"",
		    "\"a/\\u00e9,: \\u7528\\ud83d\\ude00\\\"\"" },
		{ "{\"t\":\t{ \"x\" :[1 ,2,\"]}\"] ,\"y\":{}}}",
		    "{ \"x\" :[1 ,2,\"]}\"] ,\"y\":{}}", "{\"x\": [1, 2, \"]}\"], \"y\": {}}" },
		{ "{\"t\":1,\"\\u0074\":[],\"x\":0}", "[]", "[]" },
		{ "{\"t\":\"\"}", "\"\"", "\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *json = parsed(text_of(rows[i].object));
		struct text raw;

		assert_int_equal(
		    json_find_raw(text_of(rows[i].object), "t", &raw), rows[i].raw != NULL);
		if (rows[i].raw != NULL) {
			assert_true(text_equal(raw, text_of(rows[i].raw)));
			assert_written(json_append_raw_ascii, raw, rows[i].rewritten);
		}
		json_destroy(&json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_last_duplicate_wins),
		cmocka_unit_test(test_any_valid_json_is_taken),
		cmocka_unit_test(test_invalid_json_is_refused),
		cmocka_unit_test(test_only_objects),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_faults_have_names),
		cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_objects_are_walked_in_their_order),
		cmocka_unit_test(test_what_is_not_there_may_be_asked),
		cmocka_unit_test(test_ascii_writer),
		cmocka_unit_test(test_utf8_writer),
		cmocka_unit_test(test_values_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
