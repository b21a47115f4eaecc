/* Foreign text on a terminal: what is escaped and how wide the rest is. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/terminal_text.h"

/* Right-to-left override, not as a string: compilers and readers of this file are misled by it. */
static const char override[] = { '\xe2', '\x80', '\xae' };

typedef void append_fn(struct buffer *out, struct text foreign);

static void
assert_appends(append_fn *append, struct text foreign, const char *expected)
{
	struct buffer out;

	buffer_init(&out, 0);
	append(&out, foreign);
	assert_int_equal(out.length, strlen(expected));
	assert_memory_equal(out.data, expected, out.length);
	buffer_free(&out);
}

static void
test_show(void **state)
{
	(void)state;
	assert_appends(terminal_text_show, TEXT("小鹏 \\ é 😀"), "小鹏 \\ é 😀");
	assert_appends(terminal_text_show, TEXT("a\tb\nc\rd"), "a\\tb\\nc\\rd");
	assert_appends(terminal_text_show, TEXT("\x1b[2J\x7f\0z"), "\\x1b[2J\\x7f\\x00z");
	assert_appends(terminal_text_show, TEXT("\xc2\x9b"), "\\u009b");
	assert_appends(terminal_text_show, TEXT("\xe2\x80\x8b|"), "\\u200b|");
	assert_appends(terminal_text_show, (struct text){ override, sizeof(override) }, "\\u202e");
	assert_appends(terminal_text_show, TEXT("\xf3\xa0\x80\x81"), "\\ue0001");
	assert_appends(terminal_text_show, TEXT("\xff\xc3("), "\\xff\\xc3(");
}

static void
test_escape_is_reversible(void **state)
{
	(void)state;
	assert_appends(terminal_text_escape, TEXT("a\\x1b"), "a\\\\x1b");
	assert_appends(terminal_text_escape, TEXT("a\x1b"), "a\\x1b");
}

static void
test_quote_is_short(void **state)
{
	char longer[100];

	(void)state;
	assert_appends(terminal_text_quote, TEXT("ana"), "\"ana\"");
	memset(longer, 'x', sizeof(longer));
	assert_appends(terminal_text_quote, (struct text){ longer, 60 },
	    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"");
	assert_appends(terminal_text_quote, (struct text){ longer, 61 },
	    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
}

static void
test_plain(void **state)
{
	(void)state;
	assert_true(terminal_text_is_plain(TEXT("")));
	assert_true(terminal_text_is_plain(TEXT("小鹏 says \"hi\"")));
	assert_false(terminal_text_is_plain(TEXT("a\n")));
	assert_false(terminal_text_is_plain(TEXT("\xff")));
	assert_false(terminal_text_is_plain((struct text){ override, sizeof(override) }));
}

static void
test_columns(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(terminal_text_columns(TEXT("")), 0);
	assert_int_equal(terminal_text_columns(TEXT("ana")), 3);
	assert_int_equal(terminal_text_columns(TEXT("小鹏")), 4);
	assert_int_equal(terminal_text_columns(TEXT("é")), 1);
	assert_int_equal(terminal_text_columns(TEXT("e\xcc\x81")), 1);
	assert_int_equal(terminal_text_columns(TEXT("ｗ")), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_escape_is_reversible),
		cmocka_unit_test(test_quote_is_short),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
