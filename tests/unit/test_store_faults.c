/* The SQLite store on a disk that fails: what is full refuses and recovers, what lies ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite_rig.h"
#include "tests/faults/faulty_vfs.h"

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* One disk for all tests of the process. */
static char control[64];

static void
fault(const char *lines)
{
	char next[80];
	FILE *file;

	snprintf(next, sizeof(next), "%s.next", control);
	file = fopen(next, "w");
	assert_non_null(file);
	assert_true(fputs(lines, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(next, control), 0);
}

static int
set_up(void **state)
{
	(void)unlink(control);
	return sqlite_rig_set_up(state);
}

static int
tear_down(void **state)
{
	(void)unlink(control);
	return sqlite_rig_tear_down(state);
}

static void
on_broken(void *context, const char *why)
{
	assert_non_null(strstr(why, "disk"));
	++*(unsigned *)context;
}

/* One message of its own batch. */
static bool
say(struct sqlite_rig *rig, uint64_t epoch, uint64_t seq, const char *content)
{
	assert_true(store_suite_append(rig->store, "room/a", epoch, seq, content));
	return sqlite_rig_commit(rig);
}

static void
assert_kept(struct sqlite_rig *rig, uint64_t epoch, const char *words)
{
	assert_string_equal(
	    store_suite_read(rig->store, "room/a", epoch, 0, UINT64_MAX, 100, 0, false), words);
}

/* The same numbers are given again once there is space, and nothing has to be opened for it. */
static void
refuses_and_recovers(struct sqlite_rig *rig, const char *lines)
{
	uint64_t epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;
	unsigned broken = 0;

	rig->store->broken = on_broken;
	rig->store->broken_context = &broken;
	assert_true(say(rig, epoch, 1, "before"));
	fault(lines);
	assert_false(say(rig, epoch, 2, "lost"));
	assert_false(say(rig, epoch, 2, "lost-too"));
	assert_kept(rig, epoch, "before");
	fault("");
	assert_true(say(rig, epoch, 2, "after"));
	assert_kept(rig, epoch, "before after");
	assert_int_equal(broken, 0);
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch, epoch);
	assert_kept(rig, epoch, "before after");
}

static void
a_full_disk_refuses_and_recovers(void **state)
{
	refuses_and_recovers(*state, "full\n");
}

static void
a_log_that_finds_no_space_refuses_and_recovers(void **state)
{
	refuses_and_recovers(*state, "full wal\n");
}

static void
a_write_error_refuses_and_recovers(void **state)
{
	refuses_and_recovers(*state, "write_error\n");
}

/* Everything asked for before the first failure was heard of fails with it, in its order. */
static void
what_stands_on_a_lost_batch_is_lost_with_it(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;

	assert_true(say(rig, epoch, 1, "before"));
	fault("full\nslow_sync 20\n");
	for (uint64_t seq = 2; seq <= 6; seq++) {
		assert_true(store_suite_append(rig->store, "room/a", epoch, seq, "lost"));
		rig->store->ops->commit(rig->store, ++rig->batch);
	}
	fault("");
	store_wait(rig->store, &rig->ends, rig->batch);
	/* The disk may have recovered in between; never in the middle of what stands on it. */
	assert_int_equal(rig->ends.kept + rig->ends.failed, 6);
	assert_int_equal(
	    rig->ends.kept, store_suite_open(rig->store, "room/a", STORE_DISK, false).seq);
	assert_true(rig->ends.failed == 0 || rig->ends.first_failed == rig->ends.kept + 1);
}

/* The log takes what the file cannot: nobody is refused for a checkpoint that fails. */
static void
a_checkpoint_without_space_refuses_nobody(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;
	char content[64 * 1024];
	char wal[128];
	struct stat facts;
	uint64_t seq = 0;

	memset(content, 'x', sizeof(content) - 1);
	content[sizeof(content) - 1] = '\0';
	fault("full db\n");
	for (; seq < 150; seq++)
		assert_true(say(rig, epoch, seq + 1, content));
	snprintf(wal, sizeof(wal), "%s-wal", rig->path);
	assert_int_equal(stat(wal, &facts), 0);
	assert_true(facts.st_size > 8 * 1024 * 1024);
	fault("");
	for (; seq < 400; seq++)
		assert_true(say(rig, epoch, seq + 1, content));
	assert_int_equal(stat(wal, &facts), 0);
	assert_true(facts.st_size < 24 * 1024 * 1024);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM messages"), 400);
}

/* Whether it is on the disk nobody can say: the batch has no end, the process must. */
static void
a_sync_that_fails_ends_it(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;
	unsigned broken = 0;

	rig->store->broken = on_broken;
	rig->store->broken_context = &broken;
	assert_true(say(rig, epoch, 1, "before"));
	fault("fsync_error\n");
	assert_true(store_suite_append(rig->store, "room/a", epoch, 2, "unknown"));
	rig->store->ops->commit(rig->store, ++rig->batch);
	for (unsigned i = 0; broken == 0 && i < 3000; i++) {
		(void)usleep(1000);
		rig->store->ops->poll(rig->store);
	}
	assert_int_equal(broken, 1);
	assert_int_equal(rig->ends.heard, rig->batch - 1);
	fault("");
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch, epoch);
	assert_true(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq >= 1);
}

static void
a_file_at_its_bound_takes_more_once_some_has_gone(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_position position;
	char content[8000];
	uint64_t seq = 0;

	memset(content, 'x', sizeof(content) - 1);
	content[sizeof(content) - 1] = '\0';
	rig->setup.bytes_max = (uint64_t)1024 * 1024;
	sqlite_rig_reopen(rig);
	position = store_suite_open(rig->store, "room/a", STORE_DISK, false);
	while (say(rig, position.epoch, seq + 1, content) && seq < 1000)
		seq++;
	assert_in_range(seq, 50, 200);
	assert_false(say(rig, position.epoch, seq + 1, content));
	assert_true(rig->store->ops->remove_stream(rig->store, TEXT("room/a")));
	assert_true(sqlite_rig_commit(rig));
	position = store_suite_open(rig->store, "room/a", STORE_DISK, false);
	for (unsigned i = 0; i < 3000; i++) {
		rig->wall_ms += 10000;
		if (say(rig, position.epoch, 1, content))
			return;
		(void)usleep(1000);
	}
	fail_msg("the file stays full");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_full_disk_refuses_and_recovers),
		WITH_RIG(a_log_that_finds_no_space_refuses_and_recovers),
		WITH_RIG(a_write_error_refuses_and_recovers),
		WITH_RIG(what_stands_on_a_lost_batch_is_lost_with_it),
		WITH_RIG(a_checkpoint_without_space_refuses_nobody),
		WITH_RIG(a_sync_that_fails_ends_it),
		WITH_RIG(a_file_at_its_bound_takes_more_once_some_has_gone),
	};

	snprintf(control, sizeof(control), "/tmp/hubbub-faults-%d", (int)getpid());
	if (!faulty_vfs_register(control))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
