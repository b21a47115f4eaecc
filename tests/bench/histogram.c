/*
 * A histogram of log-linear buckets. Values below 2^11 have a bucket each; above, every doubling
 * is cut into 2^10 buckets of equal width, so that a bucket is never wider than a thousandth of
 * its values. It knows nothing of time: the unit is its user's.
 */
#include "tests/bench/histogram.h"

#include <stdlib.h>

#define VALUE_BITS 40
#define HALF_BITS 10
#define HALF (1u << HALF_BITS)
#define BUCKETS ((VALUE_BITS - HALF_BITS + 1) * HALF)
#define VALUE_MAX ((UINT64_C(1) << VALUE_BITS) - 1)

struct histogram {
	uint64_t count;
	uint64_t greatest;
	double sum;
	uint64_t buckets[BUCKETS];
};

struct histogram *
histogram_new(void)
{
	return calloc(1, sizeof(struct histogram));
}

void
histogram_destroy(struct histogram **histogram)
{
	free(*histogram);
	*histogram = NULL;
}

static unsigned
shift_of(uint64_t value)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);

	return bits > HALF_BITS + 1 ? bits - (HALF_BITS + 1) : 0;
}

/*
 * value >> shift lies in the upper half of 2^11 from the first shift on, so that the indices join
 * up.
 */
static unsigned
bucket_of(uint64_t value)
{
	unsigned shift = shift_of(value);

	return shift * HALF + (unsigned)(value >> shift);
}

static uint64_t
upper_end(unsigned bucket)
{
	unsigned shift = bucket < 2 * HALF ? 0 : bucket / HALF - 1;

	return ((uint64_t)(bucket - shift * HALF + 1) << shift) - 1;
}

void
histogram_record(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->sum += (double)value;
	if (value > histogram->greatest)
		histogram->greatest = value;
	histogram->buckets[bucket_of(value > VALUE_MAX ? VALUE_MAX : value)]++;
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
	into->count += from->count;
	into->sum += from->sum;
	if (from->greatest > into->greatest)
		into->greatest = from->greatest;
	for (unsigned i = 0; i < BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t
histogram_count(const struct histogram *histogram)
{
	return histogram->count;
}

uint64_t
histogram_greatest(const struct histogram *histogram)
{
	return histogram->greatest;
}

double
histogram_mean(const struct histogram *histogram)
{
	return histogram->count == 0 ? 0 : histogram->sum / (double)histogram->count;
}

uint64_t
histogram_percentile(const struct histogram *histogram, double percent)
{
	double exact = (double)histogram->count * percent / 100;
	uint64_t wanted = (uint64_t)exact;
	uint64_t seen = 0;

	if (histogram->count == 0)
		return 0;
	if ((double)wanted < exact || wanted == 0)
		wanted++;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted)
			return upper_end(i) < histogram->greatest ? upper_end(i)
								  : histogram->greatest;
	}
	return histogram->greatest;
}
