/* Log-linear buckets: exact when small, three digits when large, percentiles, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/bench/histogram.h"

static void
test_nothing_counted(void **state)
{
	struct histogram *histogram = histogram_new();

	(void)state;
	assert_non_null(histogram);
	assert_int_equal(histogram_count(histogram), 0);
	assert_int_equal(histogram_percentile(histogram, 99), 0);
	assert_true(histogram_mean(histogram) == 0);
	histogram_destroy(&histogram);
	assert_null(histogram);
	histogram_destroy(&histogram);
}

static void
test_small_values_are_exact(void **state)
{
	struct histogram *histogram = histogram_new();

	(void)state;
	for (uint64_t value = 1; value <= 1000; value++)
		histogram_record(histogram, value);
	assert_int_equal(histogram_count(histogram), 1000);
	assert_int_equal(histogram_percentile(histogram, 0), 1);
	assert_int_equal(histogram_percentile(histogram, 50), 500);
	assert_int_equal(histogram_percentile(histogram, 99), 990);
	assert_int_equal(histogram_percentile(histogram, 99.95), 1000);
	assert_int_equal(histogram_percentile(histogram, 100), 1000);
	assert_true(histogram_mean(histogram) == 500.5);
	histogram_destroy(&histogram);
}

static void
test_every_size_keeps_three_digits(void **state)
{
	(void)state;
	for (uint64_t value = 1; value < UINT64_C(1) << 39; value += value / 3 + 1) {
		struct histogram *histogram = histogram_new();
		uint64_t told;

		histogram_record(histogram, value);
		histogram_record(histogram, (UINT64_C(1) << 40) - 1);
		told = histogram_percentile(histogram, 50);
		assert_true(told >= value);
		assert_true(told - value <= value / 1000);
		histogram_destroy(&histogram);
	}
}

static void
test_edges_of_buckets_join_up(void **state)
{
	static const uint64_t edges[] = { 2047, 2048, 2049, 4095, 4096, 65535, 65536, 1048576 };

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct histogram *histogram = histogram_new();

		histogram_record(histogram, edges[i]);
		assert_int_equal(histogram_percentile(histogram, 50), edges[i]);
		histogram_destroy(&histogram);
	}
}

static void
test_too_large_is_counted_as_the_greatest(void **state)
{
	struct histogram *histogram = histogram_new();

	(void)state;
	histogram_record(histogram, 5);
	histogram_record(histogram, UINT64_MAX);
	assert_int_equal(histogram_count(histogram), 2);
	assert_true(histogram_greatest(histogram) == UINT64_MAX);
	assert_int_equal(histogram_percentile(histogram, 50), 5);
	assert_int_equal(histogram_percentile(histogram, 100), (UINT64_C(1) << 40) - 1);
	histogram_destroy(&histogram);
}

static void
test_merging_adds(void **state)
{
	struct histogram *one = histogram_new();
	struct histogram *other = histogram_new();

	(void)state;
	histogram_record(one, 10);
	histogram_record(other, 20);
	histogram_record(other, 30);
	histogram_merge(one, other);
	assert_int_equal(histogram_count(one), 3);
	assert_int_equal(histogram_percentile(one, 50), 20);
	assert_int_equal(histogram_greatest(one), 30);
	assert_true(histogram_mean(one) == 20);
	histogram_destroy(&one);
	histogram_destroy(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_counted),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_every_size_keeps_three_digits),
		cmocka_unit_test(test_edges_of_buckets_join_up),
		cmocka_unit_test(test_too_large_is_counted_as_the_greatest),
		cmocka_unit_test(test_merging_adds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
