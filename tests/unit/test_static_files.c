/* The page's files: exact paths, headers, entity tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/static_files.h"
#include "gateway/web_files.h"

static const unsigned char page[] = "<!doctype html>";
static const unsigned char script[] = "\0a\r\n\r\nb";

const struct web_file web_files[] = {
	{ "/app.js", "text/javascript; charset=utf-8", script, sizeof(script) - 1, "\"a1\"" },
	{ "/empty.css", "text/css; charset=utf-8", page, 0, "\"e1\"" },
	{ "/index.html", "text/html; charset=utf-8", page, sizeof(page) - 1, "\"i1\"" },
	{ "/js/chat.js", "text/javascript; charset=utf-8", script, 1, "\"c1\"" },
	{ NULL, NULL, NULL, 0, NULL },
};
const size_t web_files_count = 4;

struct answer {
	unsigned status;
	char head[2048];
	struct text body;
	struct buffer bytes;
};

static struct answer
ask(struct text path, const char *if_none_match, bool head)
{
	const struct static_request request = { path, text_of(if_none_match), head };
	struct answer answer = { .status = 0 };
	const char *end;

	buffer_init(&answer.bytes, 0);
	answer.status = static_files_answer(&request, &answer.bytes);
	if (answer.bytes.length == 0)
		return answer;
	end = memmem(answer.bytes.data, answer.bytes.length, "\r\n\r\n", 4);
	assert_non_null(end);
	memcpy(answer.head, answer.bytes.data, (size_t)(end + 2 - answer.bytes.data));
	answer.body.data = end + 4;
	answer.body.length = answer.bytes.length - (size_t)(end + 4 - answer.bytes.data);
	return answer;
}

static void
forget(struct answer *answer)
{
	buffer_free(&answer->bytes);
}

static void
test_files_are_found_by_their_whole_path(void **state)
{
	struct answer answer = ask(TEXT("/app.js"), "", false);

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.head, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(answer.head, "Content-Type: text/javascript; charset=utf-8\r\n"));
	assert_non_null(strstr(answer.head, "Content-Length: 7\r\n"));
	assert_non_null(strstr(answer.head, "ETag: \"a1\"\r\n"));
	assert_int_equal(answer.body.length, 7);
	assert_memory_equal(answer.body.data, script, 7);
	forget(&answer);
	answer = ask(TEXT("/"), "", false);
	assert_memory_equal(answer.body.data, page, sizeof(page) - 1);
	forget(&answer);
	answer = ask(TEXT("/empty.css"), "", false);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body.length, 0);
	forget(&answer);
}

static void
test_nothing_else_is_found(void **state)
{
	static const struct text paths[] = { { "", 0 }, { "/app.js\0", 8 }, { "/app.j", 6 },
		{ "/app.jsx", 8 }, { "app.js", 6 }, { "//app.js", 8 }, { "/APP.JS", 7 },
		{ "/js", 3 }, { "/js/", 4 }, { "/js/../app.js", 13 }, { "/\\app.js", 8 },
		{ "/../../etc/passwd", 17 }, { "/%2e%2e", 7 }, { "/zzz", 4 }, { "\xff", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct answer answer = ask(paths[i], "", false);

		assert_int_equal(answer.status, 404);
		assert_int_equal(answer.bytes.length, 0);
		forget(&answer);
	}
}

static void
test_every_answer_is_armoured(void **state)
{
	static const char *const headers[] = { "\r\nContent-Security-Policy: default-src 'none'; ",
		"\r\nX-Content-Type-Options: nosniff\r\n", "\r\nReferrer-Policy: no-referrer\r\n",
		"\r\nCross-Origin-Opener-Policy: same-origin\r\n",
		"\r\nCache-Control: no-cache\r\n" };

	(void)state;
	for (int known = 0; known < 2; known++) {
		struct answer answer = ask(TEXT("/"), known ? "\"i1\"" : "", false);

		for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
			assert_non_null(strstr(answer.head, headers[i]));
		assert_null(strstr(answer.head, "unsafe"));
		forget(&answer);
	}
}

static void
test_a_known_file_is_not_sent_again(void **state)
{
	static const char *const known[] = { "\"i1\"", "W/\"i1\"", "\"x\", \"i1\"", "*" };
	static const char *const unknown[] = { "", "\"i2\"", "i1", "\"x\"", "W/\"x\"" };
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		answer = ask(TEXT("/index.html"), known[i], false);
		assert_int_equal(answer.status, 304);
		assert_int_equal(answer.body.length, 0);
		assert_null(strstr(answer.head, "Content-Length"));
		forget(&answer);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		answer = ask(TEXT("/index.html"), unknown[i], false);
		assert_int_equal(answer.status, 200);
		forget(&answer);
	}
}

static void
test_head_has_no_body(void **state)
{
	struct answer answer = ask(TEXT("/app.js"), "", true);

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.head, "Content-Length: 7\r\n"));
	assert_int_equal(answer.body.length, 0);
	forget(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_are_found_by_their_whole_path),
		cmocka_unit_test(test_nothing_else_is_found),
		cmocka_unit_test(test_every_answer_is_armoured),
		cmocka_unit_test(test_a_known_file_is_not_sent_again),
		cmocka_unit_test(test_head_has_no_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
