/* Slabs: frames one behind the other, references, and the count of what is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/slab.h"

static void
frames_stand_one_behind_the_other(void **state)
{
	struct slab_pool pool;
	struct slab *slab;

	(void)state;
	slab_pool_init(&pool);
	slab = slab_create(&pool);
	assert_true(slab_frame(slab, FRAME_TEXT, TEXT("ana")));
	assert_true(slab_frame(slab, FRAME_BINARY, TEXT("")));
	assert_true(slab_frame(slab, FRAME_PING, TEXT("12345678")));
	assert_int_equal(slab->length, 5 + 2 + 10);
	assert_memory_equal(slab->data,
	    "\x81\x03"
	    "ana"
	    "\x82\x00"
	    "\x89\x08"
	    "12345678",
	    17);
	slab_release(&slab);
	assert_null(slab);
	slab_pool_close(&pool);
}

static void
a_slab_grows_while_it_is_held(void **state)
{
	struct slab_pool pool;
	struct slab *writer, *reader;
	struct text payload = { calloc(1, 5000), 5000 };

	(void)state;
	slab_pool_init(&pool);
	writer = slab_create(&pool);
	reader = slab_hold(writer);
	while (!slab_is_full(writer))
		assert_true(slab_frame(writer, FRAME_TEXT, payload));
	assert_true(writer->length >= SLAB_FULL);
	assert_int_equal(pool.pinned, sizeof(*writer) + writer->capacity);
	slab_release(&writer);
	assert_int_equal(pool.pinned, sizeof(*reader) + reader->capacity);
	slab_release(&reader);
	assert_int_equal(pool.pinned, 0);
	slab_pool_close(&pool);
	free((char *)payload.data);
}

static void
a_finished_slab_keeps_only_what_was_written(void **state)
{
	struct slab_pool pool;
	struct slab *writer, *reader;

	(void)state;
	slab_pool_init(&pool);
	writer = slab_create(&pool);
	slab_frame(writer, FRAME_TEXT, TEXT("ana"));
	reader = slab_hold(writer);
	slab_finish(&writer);
	assert_null(writer);
	assert_int_equal(reader->capacity, 5);
	assert_int_equal(pool.pinned, sizeof(*reader) + 5);
	assert_memory_equal(reader->data,
	    "\x81\x03"
	    "ana",
	    5);
	slab_release(&reader);
	slab_pool_close(&pool);
}

static void
a_released_slab_is_used_again(void **state)
{
	struct slab_pool pool;
	struct slab *slab;

	(void)state;
	slab_pool_init(&pool);
	slab = slab_create(&pool);
	slab_frame(slab, FRAME_TEXT, TEXT("old"));
	slab_finish(&slab);
	assert_int_equal(pool.pinned, 0);
	assert_int_equal(pool.spares, 1);
	slab = slab_create(&pool);
	assert_int_equal(pool.spares, 0);
	assert_int_equal(slab->length, 0);
	slab_release(&slab);
	slab_release(&slab);
	slab_pool_close(&pool);
}

static void
few_are_kept_for_later(void **state)
{
	struct slab_pool pool;
	struct slab *slabs[40];

	(void)state;
	slab_pool_init(&pool);
	for (size_t i = 0; i < 40; i++)
		slabs[i] = slab_create(&pool);
	for (size_t i = 0; i < 40; i++)
		slab_release(&slabs[i]);
	assert_in_range(pool.spares, 1, 16);
	assert_int_equal(pool.pinned, 0);
	slab_pool_close(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_stand_one_behind_the_other),
		cmocka_unit_test(a_slab_grows_while_it_is_held),
		cmocka_unit_test(a_finished_slab_keeps_only_what_was_written),
		cmocka_unit_test(a_released_slab_is_used_again),
		cmocka_unit_test(few_are_kept_for_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
