/* Where streams stand: loaded, resting, renamed, removed, and back after a batch that was lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hub/streams.h"

struct bench {
	struct store *store;
	struct streams *streams;
	bool committed; /* of the last batch */
	uint64_t batches;
};

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct bench *bench = context;

	bench->batches = batch;
	bench->committed = committed;
}

static void
begin(struct bench *bench, unsigned resting)
{
	*bench = (struct bench){ .store = store_memory_open(3) };
	bench->store->completed = on_completed;
	bench->store->context = bench;
	bench->streams = streams_create(bench->store, (struct table_key){ { 1, 2 } }, resting);
	assert_non_null(bench->streams);
}

static void
end(struct bench *bench)
{
	streams_destroy(&bench->streams);
	store_close(&bench->store);
}

static struct stream *
get(struct bench *bench, const char *name)
{
	return streams_get(bench->streams, &(struct store_stream){ .name = text_of(name) });
}

static void
commit(struct bench *bench)
{
	bench->store->ops->commit(bench->store, bench->batches + 1);
	bench->store->ops->poll(bench->store);
	assert_true(bench->committed);
	streams_kept(bench->streams, bench->batches);
}

/* Says something, which is kept. */
static void
say(struct bench *bench, struct stream *stream)
{
	const struct store_message message = {
		.stream = stream->name,
		.epoch = stream->epoch,
		.seq = ++stream->seq,
		.content = TEXT("x"),
		.from_name = TEXT("y"),
	};

	assert_true(bench->store->ops->append(bench->store, &message));
	commit(bench);
	stream->committed = stream->seq;
}

static void
names_are_of_rooms_or_not(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, 4);
	assert_true(text_equal(streams_room_name(bench.streams, TEXT("tea")), TEXT("room/tea")));
	assert_true(text_equal(streams_room_of(TEXT("room/tea")), TEXT("tea")));
	assert_true(text_is_empty(streams_room_of(TEXT("inbox/open/ana"))));
	assert_true(text_is_empty(streams_room_of(TEXT("roo"))));
	assert_null(get(&bench, ""));
	assert_null(streams_find_room(bench.streams, TEXT("tea")));
	assert_non_null(get(&bench, "room/tea"));
	assert_non_null(streams_find_room(bench.streams, TEXT("tea")));
	end(&bench);
}

static void
those_that_rested_longest_are_forgotten(void **state)
{
	struct bench bench;
	struct stream *first;
	struct stream *second;

	(void)state;
	begin(&bench, 1);
	first = get(&bench, "room/a");
	second = get(&bench, "room/b");
	first->seq = 1;
	streams_rest(bench.streams, first);
	/* What was said last is not committed yet. */
	streams_rest(bench.streams, second);
	assert_ptr_equal(streams_find(bench.streams, TEXT("room/a")), first);
	first->committed = 1;
	streams_rest(bench.streams, get(&bench, "room/c"));
	assert_null(streams_find(bench.streams, TEXT("room/b")));
	end(&bench);
}

static void
a_renamed_stream_goes_on(void **state)
{
	struct bench bench;
	struct stream *stream;
	uint64_t epoch;

	(void)state;
	begin(&bench, 4);
	stream = get(&bench, "room/a");
	epoch = stream->epoch;
	say(&bench, stream);
	/* Not while it is used. */
	assert_false(streams_rename(bench.streams, stream, TEXT("room/b"), 2));
	streams_rest(bench.streams, stream);
	assert_true(streams_rename(bench.streams, stream, TEXT("room/b"), 2));
	/* Until that is kept, nobody opens either. */
	assert_null(get(&bench, "room/a"));
	assert_null(get(&bench, "room/b"));
	commit(&bench);
	assert_ptr_equal(get(&bench, "room/b"), stream);
	assert_int_equal(stream->epoch, epoch);
	assert_int_equal(stream->seq, 1);
	assert_int_not_equal(get(&bench, "room/a")->epoch, epoch);
	end(&bench);
}

static void
a_name_that_is_taken_is_not_given(void **state)
{
	struct bench bench;
	struct stream *first;
	struct stream *second;

	(void)state;
	begin(&bench, 4);
	first = get(&bench, "room/a");
	second = get(&bench, "room/b");
	say(&bench, first);
	say(&bench, second);
	streams_rest(bench.streams, first);
	streams_rest(bench.streams, second);
	assert_false(streams_rename(bench.streams, first, TEXT("room/b"), 3));
	/* One in which nothing was said gives way. */
	streams_rest(bench.streams, get(&bench, "room/c"));
	assert_true(streams_rename(bench.streams, first, TEXT("room/c"), 3));
	commit(&bench);
	assert_ptr_equal(get(&bench, "room/c"), first);
	end(&bench);
}

static void
a_removed_stream_begins_anew(void **state)
{
	struct bench bench;
	struct stream *stream;
	uint64_t epoch;

	(void)state;
	begin(&bench, 4);
	stream = get(&bench, "room/a");
	epoch = stream->epoch;
	say(&bench, stream);
	streams_rest(bench.streams, stream);
	assert_true(streams_remove(bench.streams, stream, 2));
	assert_false(streams_remove(bench.streams, stream, 2));
	assert_null(get(&bench, "room/a"));
	commit(&bench);
	assert_null(streams_find(bench.streams, TEXT("room/a")));
	stream = get(&bench, "room/a");
	assert_int_not_equal(stream->epoch, epoch);
	assert_int_equal(stream->seq, 0);
	end(&bench);
}

static void
what_was_not_kept_is_taken_back(void **state)
{
	struct bench bench;
	struct stream *renamed;
	struct stream *removed;

	(void)state;
	begin(&bench, 4);
	renamed = get(&bench, "room/a");
	removed = get(&bench, "room/b");
	say(&bench, renamed);
	say(&bench, removed);
	streams_rest(bench.streams, renamed);
	streams_rest(bench.streams, removed);
	assert_true(streams_rename(bench.streams, renamed, TEXT("room/c"), 3));
	assert_true(streams_remove(bench.streams, removed, 3));
	renamed->seq = 9;
	streams_roll_back(bench.streams, 2);
	assert_int_equal(renamed->seq, 1);
	assert_ptr_equal(get(&bench, "room/a"), renamed);
	assert_ptr_equal(get(&bench, "room/b"), removed);
	assert_null(streams_find(bench.streams, TEXT("room/c")));
	end(&bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_of_rooms_or_not),
		cmocka_unit_test(those_that_rested_longest_are_forgotten),
		cmocka_unit_test(a_renamed_stream_goes_on),
		cmocka_unit_test(a_name_that_is_taken_is_not_given),
		cmocka_unit_test(a_removed_stream_begins_anew),
		cmocka_unit_test(what_was_not_kept_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
