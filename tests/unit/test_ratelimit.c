/* Token buckets: burst, refill, debt, waiting, and the far ends of the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/ratelimit.h"

static const struct ratelimit_rule ten_a_second = { 10, 1000, 20 };

static void
a_burst_then_the_rate(void **state)
{
	struct ratelimit bucket;
	unsigned taken = 0;

	(void)state;
	ratelimit_init(&bucket, &ten_a_second, 5000);
	while (ratelimit_take(&bucket, &ten_a_second, 5000, 1))
		taken++;
	assert_int_equal(taken, 20);
	assert_false(ratelimit_take(&bucket, &ten_a_second, 5099, 1));
	assert_true(ratelimit_take(&bucket, &ten_a_second, 5100, 1));
	assert_false(ratelimit_take(&bucket, &ten_a_second, 5100, 1));
	for (uint64_t ms = 5101; ms <= 15100; ms++)
		taken += ratelimit_take(&bucket, &ten_a_second, ms, 1);
	assert_int_equal(taken, 20 + 100);
}

static void
no_more_than_the_burst_is_saved(void **state)
{
	struct ratelimit bucket;
	unsigned taken = 0;

	(void)state;
	ratelimit_init(&bucket, &ten_a_second, 0);
	while (ratelimit_take(&bucket, &ten_a_second, UINT64_MAX / 2, 1))
		taken++;
	assert_int_equal(taken, 20);
}

static void
time_that_stands_still_or_jumps_back_gives_nothing(void **state)
{
	struct ratelimit bucket;

	(void)state;
	ratelimit_init(&bucket, &ten_a_second, 5000);
	assert_true(ratelimit_take(&bucket, &ten_a_second, 5000, 20));
	assert_false(ratelimit_take(&bucket, &ten_a_second, 100, 1));
	assert_false(ratelimit_take(&bucket, &ten_a_second, 5000, 1));
	assert_true(ratelimit_take(&bucket, &ten_a_second, 5100, 1));
}

static void
debt_is_paid_first(void **state)
{
	struct ratelimit bucket;

	(void)state;
	ratelimit_init(&bucket, &ten_a_second, 0);
	ratelimit_force(&bucket, &ten_a_second, 0, 50);
	assert_int_equal(ratelimit_wait_ms(&bucket, &ten_a_second, 0, 1), 3100);
	assert_false(ratelimit_take(&bucket, &ten_a_second, 3099, 1));
	assert_true(ratelimit_take(&bucket, &ten_a_second, 3100, 1));
}

static void
waiting_is_exact(void **state)
{
	struct ratelimit_rule rule = { 7, 1000, 7 };
	struct ratelimit bucket;
	uint64_t wait;

	(void)state;
	ratelimit_init(&bucket, &rule, 0);
	ratelimit_force(&bucket, &rule, 0, 7);
	wait = ratelimit_wait_ms(&bucket, &rule, 0, 3);
	assert_false(ratelimit_take(&bucket, &rule, wait - 1, 3));
	assert_true(ratelimit_take(&bucket, &rule, wait, 3));
	assert_true(ratelimit_wait_ms(&bucket, &rule, 0, 8) == UINT64_MAX);
}

static void
huge_numbers_do_no_harm(void **state)
{
	struct ratelimit_rule rule = { UINT64_MAX, 60000, UINT64_MAX };
	struct ratelimit bucket;

	(void)state;
	ratelimit_init(&bucket, &rule, 0);
	ratelimit_force(&bucket, &rule, UINT64_MAX, UINT64_MAX);
	ratelimit_force(&bucket, &rule, UINT64_MAX, UINT64_MAX);
	assert_false(ratelimit_take(&bucket, &rule, UINT64_MAX, UINT64_MAX));
}

static void
no_tokens_mean_no_limit(void **state)
{
	struct ratelimit_rule rule = { 0, 1000, 0 };
	struct ratelimit bucket;

	(void)state;
	ratelimit_init(&bucket, &rule, 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_true(ratelimit_take(&bucket, &rule, 0, 1000));
	assert_int_equal(ratelimit_wait_ms(&bucket, &rule, 0, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_the_rate),
		cmocka_unit_test(no_more_than_the_burst_is_saved),
		cmocka_unit_test(time_that_stands_still_or_jumps_back_gives_nothing),
		cmocka_unit_test(debt_is_paid_first),
		cmocka_unit_test(waiting_is_exact),
		cmocka_unit_test(huge_numbers_do_no_harm),
		cmocka_unit_test(no_tokens_mean_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
