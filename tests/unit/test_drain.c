/* The pace of a drain: even, never early, over in time, and what newcomers do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/drain.h"

#define BEGAN 5000u

static struct drain
begun(uint64_t over_ms, unsigned clients)
{
	struct drain drain = { .active = false };

	drain_begin(&drain, BEGAN, over_ms, clients);
	return drain;
}

static void
the_share_gone_is_the_share_of_the_window(void **state)
{
	const struct drain drain = begun(2000, 60);

	(void)state;
	for (uint64_t passed = 0; passed < 2000; passed++)
		assert_int_equal(
		    60 - drain_may_stay(&drain, BEGAN + passed, 0), 60 * passed / 2000);
	assert_int_equal(drain_may_stay(&drain, BEGAN + 2000, 0), 0);
	assert_int_equal(drain_may_stay(&drain, BEGAN + 100000, 0), 0);
	/* Clocks of two calls of one turn may differ. */
	assert_int_equal(drain_may_stay(&drain, BEGAN - 1, 0), 60);
	assert_int_equal(drain_ends_ms(&drain), BEGAN + 2000);
}

/* Woken only when it says so, it asks for one after another and is done at the end. */
static void
it_says_when_the_next_one_goes(void **state)
{
	static const struct {
		uint64_t over_ms;
		unsigned clients;
	} cases[] = { { 2000, 60 }, { 7, 3 }, { 3, 7 }, { 1000, 1 }, { 999, 1000 },
		{ 3600000, 1000000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct drain drain = begun(cases[i].over_ms, cases[i].clients);
		unsigned staying = cases[i].clients;
		uint64_t now = BEGAN;

		while (staying > 0) {
			uint64_t next = drain_next_ms(&drain, staying, 0);

			assert_true(next >= now && next > BEGAN);
			assert_int_equal(drain_may_stay(&drain, next - 1, 0), staying);
			assert_true(drain_may_stay(&drain, next, 0) < staying);
			staying = drain_may_stay(&drain, next, 0);
			now = next;
		}
		assert_int_equal(now, BEGAN + cases[i].over_ms);
		assert_true(drain_next_ms(&drain, 0, 0) == UINT64_MAX);
	}
}

static void
without_a_window_all_go_at_once(void **state)
{
	const struct drain drain = begun(0, 60);

	(void)state;
	assert_int_equal(drain_may_stay(&drain, BEGAN, 0), 0);
	assert_int_equal(drain_next_ms(&drain, 60, 0), BEGAN);
}

/* Whoever comes while it lasts stays to its end and makes nobody else go earlier. */
static void
newcomers_go_at_the_end(void **state)
{
	const struct drain drain = begun(2000, 60);
	const struct drain empty = begun(2000, 0);

	(void)state;
	for (uint64_t passed = 0; passed < 2000; passed++)
		assert_int_equal(drain_may_stay(&drain, BEGAN + passed, 25) - 25,
		    drain_may_stay(&drain, BEGAN + passed, 0));
	assert_int_equal(drain_may_stay(&drain, BEGAN + 2000, 25), 0);
	for (unsigned others = 1; others <= 60; others++)
		assert_int_equal(
		    drain_next_ms(&drain, others + 25, 25), drain_next_ms(&drain, others, 0));
	assert_int_equal(drain_next_ms(&drain, 25, 25), BEGAN + 2000);
	assert_int_equal(drain_may_stay(&empty, BEGAN, 1), 1);
	assert_int_equal(drain_next_ms(&empty, 1, 1), BEGAN + 2000);
}

static void
more_than_there_were_go_at_once(void **state)
{
	const struct drain drain = begun(2000, 60);

	(void)state;
	assert_int_equal(drain_next_ms(&drain, 61, 0), BEGAN);
	assert_int_equal(drain_next_ms(&drain, 86, 25), BEGAN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_gone_is_the_share_of_the_window),
		cmocka_unit_test(it_says_when_the_next_one_goes),
		cmocka_unit_test(without_a_window_all_go_at_once),
		cmocka_unit_test(newcomers_go_at_the_end),
		cmocka_unit_test(more_than_there_were_go_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
