/* Reports are bounded, what is left out is counted, and their texts are harmless. */
#include "gateway/reports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
what_is_too_much_is_counted(void **state)
{
	struct reports reports;
	uint32_t missed = 99;

	(void)state;
	reports_init(&reports, 1000);
	for (unsigned i = 0; i < REPORTS_BURST; i++) {
		assert_true(reports_take(&reports, 1000, &missed));
		assert_int_equal(missed, 0);
	}
	for (unsigned i = 0; i < 5; i++)
		assert_false(reports_take(&reports, 1000, &missed));
	reports_miss(&reports);
	assert_true(reports_take(&reports, 1000 + 1000 / REPORTS_PER_SECOND, &missed));
	assert_int_equal(missed, 6);
	assert_true(reports_take(&reports, 5000, &missed));
	assert_int_equal(missed, 0);
	reports.missed = UINT32_MAX;
	reports_miss(&reports);
	assert_int_equal(reports.missed, UINT32_MAX);
}

static void
texts_are_made_harmless(void **state)
{
	char out[REPORTS_TEXT_MAX];
	char longer[REPORTS_TEXT_MAX + 50];
	struct text cut;

	(void)state;
	assert_true(
	    text_equal(reports_clean(TEXT("/ws/\xe5\xb0\x8f"), out), TEXT("/ws/\xe5\xb0\x8f")));
	assert_true(text_equal(
	    reports_clean(TEXT("a\x1b[2J\xff\x7f\xc2\x9b b\n"), out), TEXT("a?[2J??? b?")));
	assert_int_equal(reports_clean(TEXT(""), out).length, 0);
	memset(longer, 'x', sizeof(longer));
	/* A character that would pass the end is left out whole. */
	longer[REPORTS_TEXT_MAX - 1] = '\xe5';
	longer[REPORTS_TEXT_MAX] = '\xb0';
	longer[REPORTS_TEXT_MAX + 1] = '\x8f';
	cut = reports_clean((struct text){ longer, sizeof(longer) }, out);
	assert_int_equal(cut.length, REPORTS_TEXT_MAX - 1);
	assert_true(text_is_utf8(cut));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_too_much_is_counted),
		cmocka_unit_test(texts_are_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
