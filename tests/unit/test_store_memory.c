/* The store that forgets: positions, reservations, completions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/store.h"
#include "hub/streams.h"
#include "store_suite.h"

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	uint64_t *last = context;

	assert_true(committed);
	assert_int_equal(batch, *last + 1);
	*last = batch;
}

static bool
append(struct store *store, struct text stream, uint64_t epoch, uint64_t seq)
{
	struct store_message message = { .stream = stream, .epoch = epoch, .seq = seq };

	return store->ops->append(store, &message);
}

static bool
open_stream(struct store *store, struct text name, uint64_t *epoch_out, uint64_t *seq_out)
{
	struct store_stream wanted = { .name = name };
	struct store_position position;

	if (!store->ops->open_stream(store, &wanted, &position))
		return false;
	*epoch_out = position.epoch;
	*seq_out = position.seq;
	return true;
}

static void
streams_go_on_where_they_stopped(void **state)
{
	struct store *store = store_memory_open(1);
	uint64_t epoch = 0;
	uint64_t other_epoch = 0;
	uint64_t seq = 0;
	uint64_t last = 0;

	(void)state;
	store->completed = on_completed;
	store->context = &last;
	assert_true(open_stream(store, TEXT("room/a"), &epoch, &seq));
	assert_int_not_equal(epoch, 0);
	assert_int_equal(seq, 0);
	assert_true(open_stream(store, TEXT("room/b"), &other_epoch, &seq));
	assert_int_not_equal(epoch, other_epoch);
	assert_true(append(store, TEXT("room/a"), epoch, 1));
	assert_true(append(store, TEXT("room/a"), epoch, 2));
	store->ops->commit(store, 1);
	assert_true(open_stream(store, TEXT("room/a"), &other_epoch, &seq));
	assert_int_equal(other_epoch, epoch);
	assert_int_equal(seq, 2);
	store_close(&store);
	assert_null(store);
	store_close(&store);
}

static void
numbers_out_of_turn_are_not_taken(void **state)
{
	struct store *store = store_memory_open(1);
	uint64_t epoch = 0;
	uint64_t seq = 0;

	(void)state;
	assert_true(open_stream(store, TEXT("room/a"), &epoch, &seq));
	assert_false(append(store, TEXT("room/a"), epoch, 0));
	assert_false(append(store, TEXT("room/a"), epoch, 2));
	assert_false(append(store, TEXT("room/a"), epoch + 1, 1));
	assert_false(append(store, TEXT("room/unknown"), epoch, 1));
	assert_true(append(store, TEXT("room/a"), epoch, 1));
	store_close(&store);
}

static void
batches_complete_in_order(void **state)
{
	struct store *store = store_memory_open(1);
	struct store_outcome outcome = { .number = 1 };
	uint64_t last = 0;

	(void)state;
	store->completed = on_completed;
	store->context = &last;
	for (uint64_t batch = 1; batch <= 5; batch++) {
		assert_true(store->ops->put_outcome(store, &outcome));
		store->ops->commit(store, batch);
		store->ops->poll(store);
		assert_int_equal(last, batch);
	}
	store_close(&store);
}

static void
ordinals_are_reserved_once(void **state)
{
	struct store *store = store_memory_open(9);
	uint32_t first;
	uint64_t key;
	uint64_t other;

	(void)state;
	assert_true(store->ops->reserve_clients(store, 10, &first, &key));
	assert_int_equal(first, 0);
	assert_true(store->ops->reserve_clients(store, UINT32_MAX - 10, &first, &other));
	assert_int_equal(first, 10);
	assert_int_equal(other, key);
	assert_true(store->ops->reserve_clients(store, 1, &first, &key));
	assert_int_equal(first, UINT32_MAX);
	assert_false(store->ops->reserve_clients(store, 1, &first, &key));
	store_close(&store);
}

static void
positions_tell_given_from_committed(void **state)
{
	struct store *store = store_memory_open(3);
	struct table_key key = { { 1, 2 } };
	struct streams *streams = streams_create(store, key, 10);
	struct stream *stream =
	    streams_get(streams, &(struct store_stream){ .name = TEXT("room/lobby") });

	(void)state;
	assert_non_null(stream);
	assert_true(text_equal(stream->name, TEXT("room/lobby")));
	assert_ptr_equal(
	    streams_get(streams, &(struct store_stream){ .name = TEXT("room/lobby") }), stream);
	assert_ptr_not_equal(
	    streams_get(streams, &(struct store_stream){ .name = TEXT("room/other") }), stream);
	stream->seq = 5;
	stream->committed = 3;
	streams_roll_back(streams, 0);
	assert_int_equal(stream->seq, 3);
	streams_destroy(&streams);
	assert_null(streams);
	streams_destroy(&streams);
	store_close(&store);
}

static void
on_job(void *context, bool done, const char *sentence)
{
	assert_false(done);
	assert_non_null(strstr(sentence, "memory"));
	++*(unsigned *)context;
}

static void
jobs_are_refused_with_a_sentence(void **state)
{
	struct store *store = store_memory_open(1);
	unsigned ends = 0;

	(void)state;
	assert_true(store->ops->start_job(store, STORE_BACKUP, TEXT("/nowhere"), on_job, &ends));
	assert_false(store->ops->start_job(store, STORE_CHECK, TEXT(""), on_job, &ends));
	store->ops->poll(store);
	store->ops->poll(store);
	assert_int_equal(ends, 1);
	store_close(&store);
}

static struct store *
open_suite(void *context)
{
	(void)context;
	return store_memory_open(17);
}

static void
close_suite(void *context, struct store **store)
{
	(void)context;
	store_close(store);
}

static void
it_does_what_every_store_must(void **state)
{
	const struct store_suite suite = {
		.open = open_suite,
		.close = close_suite,
		.durability = STORE_MEMORY,
	};

	(void)state;
	store_suite(&suite);
}

static bool
on_id(void *context, const struct store_id *row)
{
	(void)row;
	++*(unsigned *)context;
	return true;
}

/* What is said from then on is not older than what was said before. */
static void
ids_are_found_although_the_clock_was_set_back(void **state)
{
	struct store *store = store_memory_open(1);
	struct store_outcome before = {
		.gateway = TEXT("gw"), .gateway_epoch = 8, .number = 1, .wall_ms = 86400000
	};
	struct store_id id = { .sender = TEXT("open/ana"), .id = TEXT("x"), .wall_ms = 1 };
	uint64_t last = 0;
	unsigned found = 0;

	(void)state;
	store->completed = on_completed;
	store->context = &last;
	assert_true(store->ops->put_outcome(store, &before));
	assert_true(store->ops->put_id(store, &id));
	id.id = TEXT("y");
	assert_true(store->ops->put_id(store, &id));
	store->ops->commit(store, 1);
	store->ops->poll(store);
	assert_true(store->ops->find_id(store, TEXT("open/ana"), TEXT("x"), on_id, &found));
	assert_true(store->ops->find_id(store, TEXT("open/ana"), TEXT("y"), on_id, &found));
	assert_int_equal(found, 2);
	store_close(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_go_on_where_they_stopped),
		cmocka_unit_test(ids_are_found_although_the_clock_was_set_back),
		cmocka_unit_test(numbers_out_of_turn_are_not_taken),
		cmocka_unit_test(batches_complete_in_order),
		cmocka_unit_test(ordinals_are_reserved_once),
		cmocka_unit_test(jobs_are_refused_with_a_sentence),
		cmocka_unit_test(it_does_what_every_store_must),
		cmocka_unit_test(positions_tell_given_from_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
