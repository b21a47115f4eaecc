/*
 * Counts of values in log-linear buckets: every value below 2^40 is kept to
 * three significant digits, in a quarter of a megabyte, whatever the number
 * of values. Pure.
 */
#ifndef HUBBUB_TESTS_BENCH_HISTOGRAM_H
#define HUBBUB_TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

struct histogram;

/* NULL without memory. The caller destroys it. */
struct histogram *histogram_new(void);
void histogram_destroy(struct histogram **histogram);

/* Values of 2^40 and more are counted as 2^40 - 1; the greatest is still told exactly. */
void histogram_record(struct histogram *histogram, uint64_t value);

/* Adds all that `from` has counted to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_greatest(const struct histogram *histogram);

/* Of the exact values, not of the buckets; 0 if there are none. */
double histogram_mean(const struct histogram *histogram);

/*
 * The value that `percent` (0 to 100) of the values do not exceed: the upper
 * end of its bucket, never above the greatest value; 0 if there are none.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

#endif
