/* Clocks: local time as text, and clocks that do not run backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"

static void
assert_local(int64_t wall_ms, const char *expected)
{
	char text[CLOCK_LOCAL_SIZE];

	clock_local(wall_ms, text);
	assert_string_equal(text, expected);
}

static void
test_local_time(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_local(0, "1970-01-01 00:00:00");
	assert_local(999, "1970-01-01 00:00:00");
	assert_local(1741928740123, "2025-03-14 05:05:40");
	assert_local(-1, "1969-12-31 23:59:59");
	assert_local(-1000, "1969-12-31 23:59:59");
	/* POSIX counts westwards: eight hours east of Greenwich. */
	setenv("TZ", "CST-8", 1);
	tzset();
	assert_local(1741928740123, "2025-03-14 13:05:40");
}

static void
assert_utc(int64_t wall_ms, const char *expected)
{
	char text[CLOCK_UTC_SIZE];

	clock_utc(wall_ms, text);
	assert_string_equal(text, expected);
}

static void
test_universal_time(void **state)
{
	(void)state;
	setenv("TZ", "CST-8", 1);
	tzset();
	assert_utc(0, "1970-01-01T00:00:00.000Z");
	assert_utc(1741928740123, "2025-03-14T05:05:40.123Z");
	assert_utc(1741928740999, "2025-03-14T05:05:40.999Z");
	assert_utc(-1, "1969-12-31T23:59:59.999Z");
	assert_utc(253402300799999, "9999-12-31T23:59:59.999Z");
	assert_utc(253402300800000, "0000-00-00T00:00:00.000Z");
	assert_utc(INT64_MAX, "0000-00-00T00:00:00.807Z");
}

static void
test_absurd_times_stay_in_their_place(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_local(INT64_MAX, "0000-00-00 00:00:00");
	assert_local(INT64_MIN, "0000-00-00 00:00:00");
}

static void
test_clocks_advance(void **state)
{
	struct now first = clock_now();
	uint64_t first_us = clock_mono_us();
	struct now second = clock_now();

	(void)state;
	assert_true(second.mono_ms >= first.mono_ms);
	assert_true(clock_mono_us() >= first_us);
	assert_true(first_us / 1000 >= first.mono_ms);
	/* After 2020, in milliseconds. */
	assert_true(first.wall_ms > 1577836800000);
}

static void
test_durations_of_timers(void **state)
{
	struct timeval duration = clock_timeval(0);

	(void)state;
	assert_true(duration.tv_sec == 0 && duration.tv_usec == 0);
	duration = clock_timeval(999);
	assert_true(duration.tv_sec == 0 && duration.tv_usec == 999000);
	duration = clock_timeval(UINT64_C(5000000000001));
	assert_true(duration.tv_sec == 5000000000 && duration.tv_usec == 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local_time),
		cmocka_unit_test(test_universal_time),
		cmocka_unit_test(test_absurd_times_stay_in_their_place),
		cmocka_unit_test(test_clocks_advance),
		cmocka_unit_test(test_durations_of_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
