/* The SQLite store at work: what every store must do, restarts, epochs, ordinals, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

static struct store *
open_new(void *context)
{
	struct sqlite_rig *rig = context;

	sqlite_rig_close(rig);
	sqlite_rig_remove(rig);
	return sqlite_rig_open(rig) ? rig->store : NULL;
}

static void
close_it(void *context, struct store **store)
{
	((struct sqlite_rig *)context)->store = NULL;
	store_close(store);
}

static void
does_what_every_store_does(void **state)
{
	struct store_suite suite = { .open = open_new, .close = close_it, .context = *state };

	for (suite.durability = STORE_MEMORY; suite.durability <= STORE_DISK; suite.durability++)
		store_suite(&suite);
}

static struct store_position
open_room(struct sqlite_rig *rig, const char *name)
{
	return store_suite_open(rig->store, name, STORE_DISK, false);
}

static void
goes_on_after_a_restart(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;
	struct store_position position;

	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_true(store_suite_append(rig->store, "room/a", epoch, seq, "kept"));
	assert_true(sqlite_rig_commit(rig));
	assert_true(store_suite_append(rig->store, "room/a", epoch, 4, "never committed"));
	sqlite_rig_reopen(rig);
	position = open_room(rig, "room/a");
	assert_int_equal(position.epoch, epoch);
	assert_int_equal(position.seq, 3);
	assert_int_equal(position.first, 1);
	assert_string_equal(
	    store_suite_read(rig->store, "room/a", epoch, 0, 9, 9, 0, false), "kept kept kept");
	assert_true(store_suite_append(rig->store, "room/a", epoch, 4, "four"));
	assert_true(sqlite_rig_commit(rig));
}

static void
what_was_asked_for_is_committed_before_the_end(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;

	assert_true(store_suite_append(rig->store, "room/a", epoch, 1, "x"));
	rig->store->ops->commit(rig->store, ++rig->batch);
	sqlite_rig_reopen(rig);
	assert_int_equal(open_room(rig, "room/a").seq, 1);
}

static void
a_stream_without_messages_leaves_nothing(void **state)
{
	struct sqlite_rig *rig = *state;

	open_room(rig, "room/a");
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM streams"), 0);
}

static void
removed_streams_never_lend_their_number(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;

	assert_true(store_suite_append(rig->store, "room/a", epoch, 1, "old"));
	assert_true(sqlite_rig_commit(rig));
	assert_true(rig->store->ops->remove_stream(rig->store, TEXT("room/a")));
	assert_true(sqlite_rig_commit(rig));
	sqlite_rig_reopen(rig);
	epoch = open_room(rig, "room/b").epoch;
	assert_true(store_suite_append(rig->store, "room/b", epoch, 1, "new"));
	assert_true(sqlite_rig_commit(rig));
	assert_string_equal(
	    store_suite_read(rig->store, "room/b", epoch, 0, 9, 9, 0, false), "new");
	rig->wall_ms += 2000;
	open_room(rig, "room/c");
	assert_true(store_suite_append(rig->store, "room/b", epoch, 2, "newer"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM doomed"), 0);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM messages"), 2);
}

static void
streams_in_memory_begin_anew(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_position before = store_suite_open(rig->store, "room/m", STORE_MEMORY, false);
	struct store_position after;

	assert_true(store_suite_append(rig->store, "room/m", before.epoch, 1, "gone"));
	assert_true(sqlite_rig_commit(rig));
	sqlite_rig_reopen(rig);
	after = store_suite_open(rig->store, "room/m", STORE_MEMORY, false);
	assert_int_not_equal(after.epoch, before.epoch);
	assert_int_equal(after.seq, 0);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM streams"), 0);
}

static void
a_room_may_go_from_the_file_to_memory(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;

	assert_true(store_suite_append(rig->store, "room/a", epoch, 1, "x"));
	assert_true(sqlite_rig_commit(rig));
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_MEMORY, false).seq, 0);
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM streams"), 0);
}

static void
synchronous_follows_what_is_written(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_sqlite *store = sq_self(rig->store);
	uint64_t epoch = store_suite_open(rig->store, "room/n", STORE_NORMAL, false).epoch;

	assert_true(store_suite_append(rig->store, "room/n", epoch, 1, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(store->upkeep.synchronous, 0);
	epoch = open_room(rig, "room/d").epoch;
	assert_true(store_suite_append(rig->store, "room/d", epoch, 1, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(store->upkeep.synchronous, 1);
	rig->setup.durability = STORE_NORMAL;
	sqlite_rig_reopen(rig);
	store = sq_self(rig->store);
	assert_int_equal(rig->store->ops->durability, STORE_NORMAL);
	epoch = open_room(rig, "room/d").epoch;
	assert_true(store_suite_append(rig->store, "room/d", epoch, 2, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(store->upkeep.synchronous, 0);
}

static void
ordinals_are_given_once(void **state)
{
	struct sqlite_rig *rig = *state;
	uint32_t first;
	uint32_t next;
	uint64_t key;
	uint64_t same;

	assert_true(rig->store->ops->reserve_clients(rig->store, 10, &first, &key));
	assert_int_equal(first, 0);
	assert_true(rig->store->ops->reserve_clients(rig->store, 5, &next, &same));
	assert_int_equal(next, 10);
	assert_int_equal(same, key);
	/* More than was reserved ahead: waits for the writer. */
	assert_true(rig->store->ops->reserve_clients(rig->store, 200000, &next, &same));
	assert_int_equal(next, 15);
	sqlite_rig_reopen(rig);
	assert_true(rig->store->ops->reserve_clients(rig->store, 1, &next, &same));
	assert_true(next >= 200015);
	assert_int_equal(same, key);
	assert_false(rig->store->ops->reserve_clients(rig->store, UINT32_MAX, &next, &same));
}

/* Of a store that is full: nothing is taken until something goes. */
static uint64_t
fill(struct sqlite_rig *rig, uint64_t epoch)
{
	static char big[8001];
	uint64_t seq = 0;

	memset(big, 'x', sizeof(big) - 1);
	do {
		seq++;
		assert_true(store_suite_append(rig->store, "room/full", epoch, seq, big));
	} while (sqlite_rig_commit(rig));
	return seq - 1;
}

static void
a_full_store_fails_and_recovers(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t other;
	uint64_t epoch;
	uint64_t kept;

	rig->setup.bytes_max = (uint64_t)64 * SQ_PAGE_BYTES;
	sqlite_rig_reopen(rig);
	epoch = open_room(rig, "room/full").epoch;
	kept = fill(rig, epoch);
	assert_true(kept > 10);
	/* Numbers go back to what is kept: the one that failed is given again. */
	assert_false(store_suite_append(rig->store, "room/full", epoch, kept + 2, "x"));
	assert_int_equal(open_room(rig, "room/full").seq, kept);
	other = open_room(rig, "room/other").epoch;
	assert_true(rig->store->ops->remove_stream(rig->store, TEXT("room/full")));
	assert_true(sqlite_rig_commit(rig));
	rig->wall_ms += 2000;
	assert_true(sqlite_rig_commit(rig));
	assert_true(store_suite_append(rig->store, "room/other", other, 1, "fits again"));
	assert_true(sqlite_rig_commit(rig));
	assert_string_equal(
	    store_suite_read(rig->store, "room/other", other, 0, 9, 9, 0, false), "fits again");
}

static void
what_follows_a_failure_fails_with_it(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store *store;
	uint64_t epoch;
	uint64_t kept;
	uint64_t small;
	static char big[40001];

	memset(big, 'x', sizeof(big) - 1);
	rig->setup.bytes_max = (uint64_t)64 * SQ_PAGE_BYTES;
	sqlite_rig_reopen(rig);
	store = rig->store;
	small = open_room(rig, "room/small").epoch;
	assert_true(store_suite_append(store, "room/small", small, 1, "first"));
	assert_true(sqlite_rig_commit(rig));
	epoch = open_room(rig, "room/full").epoch;
	kept = fill(rig, epoch);
	store_ends_watch(store, &rig->ends);
	assert_true(store_suite_append(store, "room/full", epoch, kept + 1, big));
	store->ops->commit(store, ++rig->batch);
	/* Small enough by themselves, but said before the failure was heard of. */
	for (uint64_t seq = 2; seq <= 4; seq++) {
		assert_true(store_suite_append(store, "room/small", small, seq, "later"));
		assert_true(store->ops->rename_stream(store, TEXT("room/small"), TEXT("room/x")));
		assert_true(store->ops->rename_stream(store, TEXT("room/x"), TEXT("room/small")));
		store->ops->commit(store, ++rig->batch);
	}
	assert_true(store->ops->remove_stream(store, TEXT("room/small")));
	/* What is still open when it is heard of fails under its own number. */
	store_wait(store, &rig->ends, rig->batch);
	assert_int_equal(rig->ends.failed, 4);
	assert_false(sqlite_rig_commit(rig));
	assert_int_equal(open_room(rig, "room/small").seq, 1);
	assert_true(store_suite_append(store, "room/small", small, 2, "again"));
	assert_true(sqlite_rig_commit(rig));
	assert_string_equal(
	    store_suite_read(store, "room/small", small, 0, 9, 9, 0, false), "first again");
}

static void
damage_stops_what_is_durable(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_stats stats;
	uint64_t epoch;
	FILE *file;

	rig->setup.bytes_max = (uint64_t)256 * SQ_PAGE_BYTES;
	sqlite_rig_reopen(rig);
	epoch = open_room(rig, "room/full").epoch;
	fill(rig, epoch);
	sqlite_rig_close(rig);
	file = fopen(rig->path, "r+");
	assert_non_null(file);
	/* Leaves of the messages: the start reads none of them. */
	for (long page = 60; page < 100; page++) {
		assert_int_equal(fseek(file, page * SQ_PAGE_BYTES, SEEK_SET), 0);
		for (unsigned i = 0; i < 64; i++)
			assert_int_not_equal(fputc(0xee, file), EOF);
	}
	assert_int_equal(fclose(file), 0);
	assert_true(sqlite_rig_open(rig));
	while (!sq_self(rig->store)->refusing) {
		rig->store->ops->poll(rig->store);
		usleep(1000);
	}
	store_suite_open(rig->store, "room/m", STORE_MEMORY, false);
	assert_false(
	    rig->store->ops->put_room(rig->store, &(struct store_room){ .name = TEXT("x") }));
	rig->store->ops->stats(rig->store, &stats);
	assert_non_null(strstr(sq_self(rig->store)->state, "damaged"));
}

static void
strangers_may_read_and_are_waited_for(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;
	sqlite3 *db;

	assert_true(store_suite_append(rig->store, "room/a", epoch, 1, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM messages", NULL, NULL, NULL), 0);
	assert_true(store_suite_append(rig->store, "room/a", epoch, 2, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite3_exec(db, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL), 0);
	assert_true(store_suite_append(rig->store, "room/a", epoch, 3, "x"));
	rig->store->ops->commit(rig->store, ++rig->batch);
	usleep(20000);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), 0);
	store_wait(rig->store, &rig->ends, rig->batch);
	assert_int_equal(rig->ends.failed, 0);
	sqlite3_close(db);
}

static uint64_t
wal_bytes(struct sqlite_rig *rig)
{
	struct store_sqlite *store = sq_self(rig->store);
	uint64_t bytes;

	pthread_mutex_lock(&store->lock);
	bytes = store->wal_bytes;
	pthread_mutex_unlock(&store->lock);
	return bytes;
}

static void
the_wal_stays_small(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;
	static char big[16001];
	uint64_t seq = 0;

	memset(big, 'x', sizeof(big) - 1);
	for (unsigned batch = 0; batch < 40; batch++) {
		for (unsigned i = 0; i < 60; i++)
			assert_true(store_suite_append(rig->store, "room/a", epoch, ++seq, big));
		assert_true(sqlite_rig_commit(rig));
		assert_true(wal_bytes(rig) < 20u * 1024 * 1024);
	}
}

static void
who_reads_for_long_is_not_waited_for(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_room(rig, "room/a").epoch;
	static char big[16001];
	uint64_t seq = 0;
	sqlite3 *db;

	memset(big, 'x', sizeof(big) - 1);
	assert_true(store_suite_append(rig->store, "room/a", epoch, ++seq, "x"));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM messages", NULL, NULL, NULL), 0);
	for (unsigned batch = 0; batch < 40; batch++) {
		for (unsigned i = 0; i < 60; i++)
			assert_true(store_suite_append(rig->store, "room/a", epoch, ++seq, big));
		assert_true(sqlite_rig_commit(rig));
	}
	/* Each commit after 16 MiB has tried in vain, and has put the next try off. */
	assert_true(wal_bytes(rig) > (uint64_t)30 * 1024 * 1024);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), 0);
	sqlite3_close(db);
	while (wal_bytes(rig) > (uint64_t)20 * 1024 * 1024) {
		for (unsigned i = 0; i < 60; i++)
			assert_true(store_suite_append(rig->store, "room/a", epoch, ++seq, big));
		assert_true(sqlite_rig_commit(rig));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(does_what_every_store_does),
		WITH_RIG(goes_on_after_a_restart),
		WITH_RIG(what_was_asked_for_is_committed_before_the_end),
		WITH_RIG(a_stream_without_messages_leaves_nothing),
		WITH_RIG(removed_streams_never_lend_their_number),
		WITH_RIG(streams_in_memory_begin_anew),
		WITH_RIG(a_room_may_go_from_the_file_to_memory),
		WITH_RIG(synchronous_follows_what_is_written),
		WITH_RIG(ordinals_are_given_once),
		WITH_RIG(a_full_store_fails_and_recovers),
		WITH_RIG(what_follows_a_failure_fails_with_it),
		WITH_RIG(damage_stops_what_is_durable),
		WITH_RIG(strangers_may_read_and_are_waited_for),
		WITH_RIG(the_wal_stays_small),
		WITH_RIG(who_reads_for_long_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
