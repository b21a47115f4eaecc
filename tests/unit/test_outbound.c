/* A client's list of ranges: order, partial writes, and no memory for the usual single range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/random.h"
#include "gateway/outbound.h"

static struct slab_pool pool;
static struct slab *slab;

static int
set_up(void **state)
{
	char bytes[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 251);
	slab_pool_init(&pool);
	slab = slab_create(&pool);
	return slab_frame(slab, FRAME_BINARY, (struct text){ bytes, sizeof(bytes) }) ? 0 : 1;
}

static int
tear_down(void **state)
{
	(void)state;
	slab_release(&slab);
	slab_pool_close(&pool);
	return 0;
}

static void
one_range_needs_no_memory(void **state)
{
	struct outbound outbound;
	struct iovec run;
	size_t bytes;

	(void)state;
	outbound_init(&outbound);
	assert_true(outbound_append(&outbound, slab, 10, 20, 5));
	assert_true(outbound_append(&outbound, slab, 20, 30, 6));
	assert_false(outbound.is_array);
	assert_int_equal(outbound_gather(&outbound, &run, 1, &bytes), 1);
	assert_int_equal(bytes, 20);
	assert_int_equal(run.iov_len, 20);
	assert_ptr_equal(run.iov_base, slab->data + 10);
	assert_int_equal(outbound_oldest_ms(&outbound), 5);
	assert_int_equal(slab->references, 2);
	outbound_consume(&outbound, 20);
	assert_int_equal(slab->references, 1);
	assert_int_equal(outbound.bytes, 0);
	assert_true(outbound_oldest_ms(&outbound) == UINT64_MAX);
}

static void
empty_ranges_are_nothing(void **state)
{
	struct outbound outbound;

	(void)state;
	outbound_init(&outbound);
	assert_true(outbound_append(&outbound, slab, 7, 7, 1));
	assert_int_equal(outbound.count, 0);
	assert_int_equal(slab->references, 1);
}

static void
the_oldest_byte_tells_the_age(void **state)
{
	struct outbound outbound;

	(void)state;
	outbound_init(&outbound);
	outbound_append(&outbound, slab, 0, 4, 100);
	outbound_append(&outbound, slab, 8, 12, 200);
	outbound_consume(&outbound, 3);
	assert_int_equal(outbound_oldest_ms(&outbound), 100);
	outbound_consume(&outbound, 1);
	assert_int_equal(outbound_oldest_ms(&outbound), 200);
	outbound_clear(&outbound);
	assert_int_equal(slab->references, 1);
}

/* Any mixture of appending and of taking a part yields the bytes in the order of appending. */
static void
bytes_come_in_order_whatever_is_taken(void **state)
{
	struct outbound outbound;
	struct buffer expected, seen;
	struct iovec runs[5];
	uint64_t seed = 1;
	struct random_source random = random_seeded(&seed);

	(void)state;
	outbound_init(&outbound);
	buffer_init(&expected, 0);
	buffer_init(&seen, 0);
	for (int step = 0; step < 20000; step++) {
		uint32_t from = (uint32_t)random_below(random, 900);
		uint32_t to = from + (uint32_t)random_below(random, 60);
		size_t bytes, take;
		int count;

		if ((int)random_below(random, 5) < (step / 500) % 5) {
			assert_true(outbound_append(&outbound, slab, from, to, 0));
			buffer_append(&expected, slab->data + from, to - from);
			continue;
		}
		count = outbound_gather(&outbound, runs, 5, &bytes);
		take = random_below(random, bytes + 1);
		outbound_consume(&outbound, take);
		for (int i = 0; i < count && take > 0; i++) {
			size_t part = runs[i].iov_len < take ? runs[i].iov_len : take;

			buffer_append(&seen, runs[i].iov_base, part);
			take -= part;
		}
		assert_int_equal(outbound.bytes, expected.length - seen.length);
	}
	assert_true(seen.length > 10000);
	assert_memory_equal(seen.data, expected.data, seen.length);
	outbound_clear(&outbound);
	buffer_free(&expected);
	buffer_free(&seen);
	assert_int_equal(slab->references, 1);
}

static void
an_emptied_list_gives_its_memory_back(void **state)
{
	struct outbound outbound;

	(void)state;
	outbound_init(&outbound);
	for (uint32_t i = 0; i < 100; i++)
		outbound_append(&outbound, slab, 2 * i, 2 * i + 1, 0);
	assert_true(outbound.is_array);
	assert_int_equal(outbound.count, 100);
	outbound_consume(&outbound, 100);
	assert_false(outbound.is_array);
	assert_int_equal(slab->references, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range_needs_no_memory),
		cmocka_unit_test(empty_ranges_are_nothing),
		cmocka_unit_test(the_oldest_byte_tells_the_age),
		cmocka_unit_test(bytes_come_in_order_whatever_is_taken),
		cmocka_unit_test(an_emptied_list_gives_its_memory_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
