/* Display names made fit to be shown, and room names judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/names.h"

static void
assert_cleaned(struct text raw, size_t max, const char *expected)
{
	struct buffer out;

	buffer_init(&out, 0);
	buffer_append_string(&out, "<");
	assert_true(names_clean(raw, max, &out));
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data + 1, expected);
	buffer_free(&out);
}

static void
test_plain_names_stay(void **state)
{
	(void)state;
	assert_cleaned(TEXT("ana"), 64, "ana");
	assert_cleaned(TEXT("Ana  Maria"), 64, "Ana  Maria");
	assert_cleaned(TEXT("\xe7\x94\xa8\xe6\x88\xb7"), 64, "\xe7\x94\xa8\xe6\x88\xb7");
	assert_cleaned(TEXT("\xf0\x9f\x98\x80"), 64, "\xf0\x9f\x98\x80");
	assert_cleaned(TEXT("<b>&\"'"), 64, "<b>&\"'");
}

static void
test_blanks_at_the_ends_go(void **state)
{
	(void)state;
	assert_cleaned(TEXT("  ana \t\n"), 64, "ana");
	assert_cleaned(TEXT("\xe3\x80\x80 ana\xc2\xa0"), 64, "ana");
	assert_cleaned(TEXT(" \xe2\x80\x8b "), 64, "");
	assert_cleaned(TEXT(""), 64, "");
}

static void
test_what_is_not_seen_goes(void **state)
{
	(void)state;
	assert_cleaned(TEXT("a\0b\x1b[31m\x7f"), 64, "ab[31m");
	assert_cleaned(TEXT("a\xc2\x9b"
			    "b"),
	    64, "ab");
	/* Right-to-left override and its end, zero-width space and joiner, BOM, soft hyphen. */
	assert_cleaned(TEXT("a\xe2\x80\xae\xe2\x80\xac\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad"
			    "b"),
	    64, "ab");
	/* Line separator, private use, unassigned, a tag character, Hangul filler. */
	assert_cleaned(TEXT("a\xe2\x80\xa8\xee\x80\x80\xcd\xb8\xf3\xa0\x81\x81\xe3\x85\xa4"
			    "b"),
	    64, "ab");
}

static void
test_names_are_composed(void **state)
{
	(void)state;
	assert_cleaned(TEXT("e\xcc\x81"), 64, "\xc3\xa9");
	/* A zero-width joiner between letter and accent does not keep them apart. */
	assert_cleaned(TEXT("e\xe2\x80\x8d\xcc\x81"), 1, "\xc3\xa9");
}

static void
test_long_names_are_cut(void **state)
{
	(void)state;
	assert_cleaned(TEXT("abcdef"), 3, "abc");
	assert_cleaned(TEXT("ab cdef"), 3, "ab");
	assert_cleaned(TEXT("\xe7\x94\xa8\xe7\x94\xa8\xe7\x94\xa8"), 2, "\xe7\x94\xa8\xe7\x94\xa8");
	assert_cleaned(TEXT("e\xcc\x81"
			    "e\xcc\x81"),
	    2, "\xc3\xa9\xc3\xa9");
}

static void
test_failures(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 3);
	assert_false(names_clean(TEXT("a\xff"), 64, &out));
	assert_false(names_clean(TEXT("abcd"), 64, &out));
	buffer_free(&out);
}

static void
test_keys_are_taken_whole_or_not_at_all(void **state)
{
	static const char *const refused[] = { "", " a", "a ", "a\nb", "a\xe2\x80\x8b",
		"\xe2\x80\xaetxt\xe2\x80\xac", "a\xef\xb8\x8f", "\xff", "abcd", "\xc2\x85",
		"\xe2\x80\xa8x", "e\xe2\x80\x8d\xcc\x81" };
	static const struct {
		const char *raw;
		const char *key;
	} rows[] = {
		{ "a", "a" },
		{ "abc", "abc" },
		{ "a b", "a b" },
		{ "\xe5\xb0\x8f\xf0\x9f\x98\x80", "\xe5\xb0\x8f\xf0\x9f\x98\x80" },
		{ "e\xcc\x81", "\xc3\xa9" },
		{ "e\xcc\x81\xc3\xa9z", "\xc3\xa9\xc3\xa9z" },
		{ "<&>", "<&>" },
	};
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_false(names_key(text_of(refused[i]), 3, &out));
		assert_int_equal(out.length, 0);
	}
	assert_false(names_key(TEXT("a\0"), 3, &out));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(names_key(text_of(rows[i].raw), 3, &out));
		assert_true(text_equal(buffer_text(&out), text_of(rows[i].key)));
		buffer_clear(&out);
	}
	buffer_free(&out);
}

/* An accent above and, 12 of them later, one below, which would be sorted to the front. */
static void
test_long_runs_of_marks_are_cut_before_they_are_sorted(void **state)
{
	struct buffer raw;
	struct buffer out;

	(void)state;
	buffer_init(&raw, 0);
	buffer_init(&out, 0);
	buffer_append_string(&raw, "a");
	for (unsigned i = 0; i < 12; i++)
		buffer_append_string(&raw, "\xcc\x81");
	buffer_append_string(&raw, "\xcc\x96");
	assert_true(names_clean(buffer_text(&raw), 3, &out));
	assert_true(text_equal(buffer_text(&out), TEXT("\xc3\xa1\xcc\x81\xcc\x81")));
	buffer_clear(&out);
	/* Below the bound all of them count. */
	assert_true(names_clean(buffer_text(&raw), 4, &out));
	assert_true(text_equal(buffer_text(&out), TEXT("\xc3\xa1\xcc\x96\xcc\x81\xcc\x81")));
	buffer_clear(&out);
	assert_false(names_key(buffer_text(&raw), 1, &out));
	buffer_free(&raw);
	buffer_free(&out);
}

static void
test_room_names(void **state)
{
	static const char longest[] =
	    "0123456789012345678901234567890123456789012345678901234567890123";

	(void)state;
	assert_true(names_is_room(TEXT("lobby")));
	assert_true(names_is_room(TEXT("7.a_b-c")));
	assert_true(names_is_room((struct text){ longest, 64 }));
	assert_false(names_is_room((struct text){ "a1234567890123456789012345678901234567890123456"
						  "7890123456789012345",
	    65 }));
	assert_false(names_is_room(TEXT("")));
	assert_false(names_is_room(TEXT("Lobby")));
	assert_false(names_is_room(TEXT(".hidden")));
	assert_false(names_is_room(TEXT("_a")));
	assert_false(names_is_room(TEXT("-a")));
	assert_false(names_is_room(TEXT("a b")));
	assert_false(names_is_room(TEXT("a\0")));
	assert_false(names_is_room(TEXT("\0")));
	assert_false(names_is_room(TEXT("caf\xc3\xa9")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_names_stay),
		cmocka_unit_test(test_blanks_at_the_ends_go),
		cmocka_unit_test(test_what_is_not_seen_goes),
		cmocka_unit_test(test_names_are_composed),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_keys_are_taken_whole_or_not_at_all),
		cmocka_unit_test(test_long_runs_of_marks_are_cut_before_they_are_sorted),
		cmocka_unit_test(test_room_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
