/* Base64url: what it writes (RFC 4648, section 10), and that it takes nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"

static const struct {
	const char *bytes;
	const char *encoded;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "-_-_" },
};

static void
both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct buffer out;

		buffer_init(&out, 0);
		base64url_append(&out, text_of(vectors[i].bytes));
		assert_true(text_equal(buffer_text(&out), text_of(vectors[i].encoded)));
		buffer_clear(&out);
		assert_true(base64url_decode(text_of(vectors[i].encoded), &out));
		assert_true(text_equal(buffer_text(&out), text_of(vectors[i].bytes)));
		buffer_free(&out);
	}
}

static void
nothing_else_is_taken(void **state)
{
	static const char *const bad[] = { "A", "Zg==", "Zh", "Zm9", "Zm9v!", "Zm 9v", "Zm9v\n",
		"+/+/", "Zm9vA", "Z.g" };
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(base64url_decode(text_of(bad[i]), &out));
	assert_false(base64url_decode((struct text){ "Zg\0A", 4 }, &out));
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(nothing_else_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
