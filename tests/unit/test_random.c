/* Randomness: repeatable from a seed, within bounds, and different from the kernel each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"

static void
test_seeded_is_repeatable(void **state)
{
	uint64_t one = 42;
	uint64_t two = 42;
	uint64_t three = 43;
	struct random_source source = random_seeded(&one);

	(void)state;
	for (int i = 0; i < 100; i++) {
		uint64_t value = random_u64(source);

		assert_true(value == random_u64(random_seeded(&two)));
		assert_true(value != random_u64(random_seeded(&three)));
	}
}

/* The published sequence of SplitMix64 from seed 0. */
static void
test_seeded_is_splitmix64(void **state)
{
	uint64_t seed = 0;
	struct random_source source = random_seeded(&seed);

	(void)state;
	assert_true(random_u64(source) == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(random_u64(source) == UINT64_C(0x6e789e6aa1b965f4));
	assert_true(random_u64(source) == UINT64_C(0x06c45d188009454f));
}

static void
test_odd_lengths_are_filled(void **state)
{
	unsigned char bytes[13] = { 0 };
	uint64_t seed = 1;
	struct random_source source = random_seeded(&seed);
	unsigned zeroes = 0;

	(void)state;
	source.fill(source.context, bytes, sizeof(bytes) - 1);
	for (size_t i = 0; i + 1 < sizeof(bytes); i++)
		zeroes += bytes[i] == 0;
	assert_true(zeroes < 3);
	assert_int_equal(bytes[sizeof(bytes) - 1], 0);
}

static void
test_below(void **state)
{
	uint64_t seed = 7;
	struct random_source source = random_seeded(&seed);
	unsigned counts[6] = { 0 };

	(void)state;
	assert_int_equal(random_below(source, 0), 0);
	assert_int_equal(random_below(source, 1), 0);
	for (int i = 0; i < 6000; i++)
		counts[random_below(source, 6)]++;
	for (int i = 0; i < 6; i++)
		assert_in_range(counts[i], 850, 1150);
	for (int i = 0; i < 100; i++)
		assert_true(random_below(source, UINT64_MAX) < UINT64_MAX);
}

/* Drawn ahead or not: nothing is given out twice, and nothing that was wiped. */
static void
test_system_never_repeats(void **state)
{
	struct random_source source = random_system();
	unsigned char long_ones[2][200];
	uint64_t drawn[1000];
	unsigned char odd[13];

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		drawn[i] = random_u64(source);
		assert_true(drawn[i] != 0);
		source.fill(source.context, odd, i % sizeof(odd));
		for (size_t j = 0; j < i; j++)
			assert_true(drawn[i] != drawn[j]);
	}
	source.fill(source.context, long_ones[0], sizeof(long_ones[0]));
	source.fill(source.context, long_ones[1], sizeof(long_ones[1]));
	assert_memory_not_equal(long_ones[0], long_ones[1], sizeof(long_ones[0]));
}

static void
test_system_differs(void **state)
{
	struct random_source source = random_system();

	(void)state;
	assert_true(random_u64(source) != random_u64(source));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeded_is_repeatable),
		cmocka_unit_test(test_seeded_is_splitmix64),
		cmocka_unit_test(test_odd_lengths_are_filled),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_system_never_repeats),
		cmocka_unit_test(test_system_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
