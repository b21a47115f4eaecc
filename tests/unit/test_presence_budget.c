/* What a room's presence may cost: how far each kind of word empties the bucket, and how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/config.h"
#include "gateway/presence_budget.h"

static struct presence_rule rule;
static struct presence_budget budget;

static int
set_up(void **state)
{
	struct config_limits limits = {
		.presence_bytes_per_second = 64000,
		.presence_ms = 100,
		.presence_max_ms = 1000,
	};

	(void)state;
	presence_rule_init(&rule, &limits);
	budget = (struct presence_budget){ .started = false };
	return 0;
}

static void
a_second_is_saved_up(void **state)
{
	(void)state;
	assert_int_equal(presence_held(&budget, &rule, 5000), 64000);
	assert_int_equal(presence_held(&budget, &rule, 9000), 64000);
	presence_force(&budget, &rule, 9000, 64000);
	assert_int_equal(presence_held(&budget, &rule, 9000), 0);
	assert_int_equal(presence_held(&budget, &rule, 9500), 32000);
}

static void
who_has_to_leave_something_does(void **state)
{
	(void)state;
	assert_false(presence_take(&budget, &rule, 0, 32001, presence_half(&rule)));
	assert_true(presence_take(&budget, &rule, 0, 32000, presence_half(&rule)));
	assert_false(presence_take(&budget, &rule, 0, 1, presence_half(&rule)));
	assert_true(presence_take(&budget, &rule, 0, 32000, 0));
	assert_false(presence_take(&budget, &rule, 0, 1, 0));
	assert_int_equal(presence_three_quarters(&rule), 48000);
	assert_int_equal(presence_wait_ms(&budget, &rule, 0, presence_three_quarters(&rule)), 750);
}

static void
what_is_due_needs_half_at_most(void **state)
{
	(void)state;
	presence_force(&budget, &rule, 0, 64000);
	assert_false(presence_take_due(&budget, &rule, 0, 6400));
	assert_int_equal(presence_wait_due_ms(&budget, &rule, 0, 6400), 100);
	assert_true(presence_take_due(&budget, &rule, 100, 6400));
	assert_int_equal(presence_wait_due_ms(&budget, &rule, 100, 640000), 500);
	assert_false(presence_take_due(&budget, &rule, 599, 640000));
	assert_true(presence_take_due(&budget, &rule, 600, 640000));
	/* The rest is debt, which comes first. */
	assert_int_equal(presence_held(&budget, &rule, 10000), 0);
	assert_int_equal(presence_wait_ms(&budget, &rule, 10000, 64), 101);
}

/* However many come in a moment, all of them get half of it together at most. */
static void
shares_get_smaller(void **state)
{
	uint64_t given = 0, last = UINT64_MAX;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t share = presence_share(&budget, &rule, 0);

		assert_true(share <= last);
		presence_force(&budget, &rule, 0, share);
		given += share;
		last = share;
	}
	assert_in_range(given, 31900, 32000);
	assert_int_equal(last, 0);
	assert_int_equal(presence_share(&budget, &rule, 500), 1000);
}

/* 100 each second: the share settles at a hundredth of what comes in a second. */
static void
shares_are_equal_in_the_long_run(void **state)
{
	uint64_t given = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 20000; ms += 10) {
		uint64_t share = presence_share(&budget, &rule, ms);

		presence_force(&budget, &rule, ms, share);
		if (ms >= 19000)
			given += share;
		if (ms >= 19000)
			assert_in_range(share, 630, 640);
	}
	assert_in_range(given, 63000, 64000);
}

static void
intervals_grow_with_the_cost(void **state)
{
	(void)state;
	assert_int_equal(presence_interval_ms(&rule, 0), 100);
	assert_int_equal(presence_interval_ms(&rule, 1600), 100);
	assert_int_equal(presence_interval_ms(&rule, 8000), 500);
	assert_int_equal(presence_interval_ms(&rule, 16000), 1000);
	assert_int_equal(presence_interval_ms(&rule, UINT64_MAX), 1000);
}

static void
the_shortest_interval_wins_over_the_longest(void **state)
{
	struct config_limits limits = {
		.presence_bytes_per_second = 64000,
		.presence_ms = 5000,
		.presence_max_ms = 1000,
	};

	(void)state;
	presence_rule_init(&rule, &limits);
	assert_int_equal(presence_interval_ms(&rule, 1), 5000);
	assert_int_equal(presence_interval_ms(&rule, UINT64_MAX), 5000);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_is_saved_up),
		TEST(who_has_to_leave_something_does),
		TEST(what_is_due_needs_half_at_most),
		TEST(shares_get_smaller),
		TEST(shares_are_equal_in_the_long_run),
		TEST(intervals_grow_with_the_cost),
		TEST(the_shortest_interval_wins_over_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
