/* Borrowed bytes: equality, UTF-8, numbers, client ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static void
test_equality_and_order(void **state)
{
	struct text nothing = { NULL, 0 };

	(void)state;
	assert_true(text_equal(TEXT("a"), text_of("a")));
	assert_false(text_equal(TEXT("a"), TEXT("ab")));
	assert_true(text_equal(nothing, TEXT("")));
	assert_true(text_equal(text_of(NULL), nothing));
	assert_true(text_is_empty(nothing));
	assert_int_equal(text_compare(TEXT("a"), TEXT("b")), -1);
	assert_int_equal(text_compare(TEXT("b"), TEXT("a")), 1);
	assert_int_equal(text_compare(TEXT("a"), TEXT("ab")), -1);
	assert_int_equal(text_compare(TEXT("ab"), TEXT("a")), 1);
	assert_int_equal(text_compare(TEXT("a"), TEXT("a")), 0);
	assert_int_equal(text_compare(TEXT("\xff"), TEXT("a")), 1);
}

static void
test_duplicate_keeps_inner_nul(void **state)
{
	char *copy = text_duplicate(TEXT("a\0b"));

	(void)state;
	assert_non_null(copy);
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
}

static void
test_well_formed_utf8(void **state)
{
	static const struct text good[] = {
		{ "", 0 },
		TEXT("plain"),
		TEXT("\0"),
		TEXT("\xc2\x80"),
		TEXT("\xdf\xbf"),
		TEXT("\xe0\xa0\x80"),
		TEXT("\xed\x9f\xbf"),
		TEXT("\xee\x80\x80"),
		TEXT("\xef\xbf\xbf"),
		TEXT("\xf0\x90\x80\x80"),
		TEXT("\xf4\x8f\xbf\xbf"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_utf8(good[i]));
}

static void
test_malformed_utf8(void **state)
{
	static const struct text bad[] = {
		TEXT("\x80"),
		TEXT("\xc0\xaf"),
		TEXT("\xc1\xbf"),
		TEXT("\xc2"),
		TEXT("\xc2\x41"),
		TEXT("\xe0\x9f\xbf"),
		TEXT("\xed\xa0\x80"),
		TEXT("\xe4\xbd"),
		TEXT("\xf0\x8f\xbf\xbf"),
		TEXT("\xf4\x90\x80\x80"),
		TEXT("\xf5\x80\x80\x80"),
		TEXT("\xff"),
		TEXT("ok\xfe"),
		TEXT("\xf0\x90\x80"),
		TEXT("\xe4\xbd\xc0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(bad[i]));
}

static void
test_code_points(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_int_equal(text_first_code_point(TEXT("\xf0\x9f\x98\x80z"), &value), 4);
	assert_int_equal(value, 0x1f600);
	assert_int_equal(text_first_code_point(TEXT(""), &value), 0);
	assert_int_equal(text_first_code_point(TEXT("\xed\xb0\x80"), &value), 0);
	assert_int_equal(value, 0x1f600);
}

static void
test_numbers(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_true(text_to_u64(TEXT("0"), &value));
	assert_int_equal(value, 0);
	assert_true(text_to_u64(TEXT("18446744073709551615"), &value));
	assert_true(value == UINT64_MAX);
	value = 7;
	assert_false(text_to_u64(TEXT("18446744073709551616"), &value));
	assert_false(text_to_u64(TEXT(""), &value));
	assert_false(text_to_u64(TEXT("-1"), &value));
	assert_false(text_to_u64(TEXT("+1"), &value));
	assert_false(text_to_u64(TEXT(" 1"), &value));
	assert_false(text_to_u64(TEXT("1a"), &value));
	assert_int_equal(value, 7);
}

static void
test_client_ids(void **state)
{
	char out[CLIENT_ID_TEXT_SIZE];
	uint32_t id = 0;

	(void)state;
	text_client_id(0xbf0c711b, out);
	assert_string_equal(out, "bf0c711b");
	text_client_id(0, out);
	assert_string_equal(out, "00000000");
	assert_true(text_to_client_id(TEXT("bf0c711b"), &id));
	assert_int_equal(id, 0xbf0c711b);
	assert_false(text_to_client_id(TEXT("BF0C711B"), &id));
	assert_false(text_to_client_id(TEXT("bf0c711"), &id));
	assert_false(text_to_client_id(TEXT("bf0c711bb"), &id));
	assert_false(text_to_client_id(TEXT("bf0c711g"), &id));
}

static void
trimming_takes_blanks_and_tabs_at_both_ends(void **state)
{
	(void)state;
	assert_true(text_equal(text_trimmed(TEXT(" \t a b\t ")), TEXT("a b")));
	assert_true(text_is_empty(text_trimmed(TEXT(" \t "))));
	assert_true(text_is_empty(text_trimmed(text_of(NULL))));
	assert_true(text_equal(text_trimmed(TEXT("\na")), TEXT("\na")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trimming_takes_blanks_and_tabs_at_both_ends),
		cmocka_unit_test(test_equality_and_order),
		cmocka_unit_test(test_duplicate_keeps_inner_nul),
		cmocka_unit_test(test_well_formed_utf8),
		cmocka_unit_test(test_malformed_utf8),
		cmocka_unit_test(test_code_points),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_client_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
