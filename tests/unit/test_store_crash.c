/*
 * The SQLite store on a disk that forgets what was not synced (tests/sim/sim_disk.h): what a life
 * finds of the ones before. Each test looks at many ways in which a crash may have gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/store_sqlite_private.h"
#include "store_suite.h"
#include "tests/sim/sim_disk.h"

#define SEEDS 60
#define PATH "/simulated/hubbub.db"

struct rig {
	struct store_ends ends; /* first */
	uint64_t seed;
	struct sim_disk disk;
	struct sim_disk_vfs *vfs;
	char boot[SQ_BOOT_SIZE];
	struct store *store;
	uint64_t batch;
	char error[512];
};

bool __wrap_sq_file_open(struct store_sqlite *store, const struct store_sqlite_setup *setup,
    char *error, size_t error_size);

/* The file is there, on no disk of this machine. */
bool
__wrap_sq_file_open(struct store_sqlite *store, const struct store_sqlite_setup *setup, char *error,
    size_t error_size)
{
	(void)store;
	(void)setup;
	(void)error;
	(void)error_size;
	return true;
}

static int64_t
wall_ms(void *context)
{
	(void)context;
	return 1000000;
}

static bool
open_again(struct rig *rig)
{
	struct store_sqlite_setup setup = { .path = PATH, .durability = STORE_DISK };
	struct sq_world world = {
		.boot = rig->boot,
		.wall_ms = wall_ms,
		.random = random_seeded(&rig->seed),
		.stepped = true,
	};

	rig->store = sq_open_in(&setup, &world, rig->error, sizeof(rig->error));
	if (rig->store == NULL)
		return false;
	store_ends_watch(rig->store, &rig->ends);
	rig->batch = 0;
	return true;
}

static void
open_rig(struct rig *rig, uint64_t seed)
{
	*rig = (struct rig){ .seed = seed, .boot = "1" };
	sim_disk_init(&rig->disk, random_seeded(&rig->seed));
	assert_non_null(sim_disk_create(&rig->disk, PATH));
	sim_disk_sync_folder(&rig->disk);
	rig->vfs = sim_disk_mount(&rig->disk);
	assert_true(open_again(rig));
}

/* The process ends as it is, and with it perhaps the machine. */
static void
die(struct rig *rig, bool machine)
{
	struct store_sqlite *store = sq_self(rig->store);

	rig->disk.dead = true;
	snprintf(store->broken, sizeof(store->broken), "killed");
	store_close(&rig->store);
	sim_disk_crash(&rig->disk, machine);
	if (machine)
		rig->boot[0]++;
}

static void
close_rig(struct rig *rig)
{
	if (rig->store != NULL)
		die(rig, false);
	sim_disk_unmount(&rig->vfs);
	sim_disk_free(&rig->disk);
}

/* The next message of a room, committed; false if that failed. */
static bool
say(struct rig *rig, const char *room, enum store_durability durability)
{
	struct store_position at = store_suite_open(rig->store, room, durability, false);
	unsigned kept = rig->ends.kept;

	assert_true(store_suite_append(rig->store, room, at.epoch, at.seq + 1, "x"));
	rig->store->ops->commit(rig->store, ++rig->batch);
	while (sq_step_writer(sq_self(rig->store)))
		continue;
	rig->store->ops->poll(rig->store);
	return rig->ends.heard == rig->batch && rig->ends.kept > kept;
}

static struct store_position
position(struct rig *rig, const char *room, enum store_durability durability)
{
	return store_suite_open(rig->store, room, durability, false);
}

static void
what_was_committed_outlives_the_machine(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t epoch;

		open_rig(&rig, seed);
		assert_true(say(&rig, "room/a", STORE_DISK));
		assert_true(say(&rig, "room/a", STORE_DISK));
		epoch = position(&rig, "room/a", STORE_DISK).epoch;
		die(&rig, true);
		assert_true(open_again(&rig));
		assert_int_equal(position(&rig, "room/a", STORE_DISK).epoch, epoch);
		assert_int_equal(position(&rig, "room/a", STORE_DISK).seq, 2);
		close_rig(&rig);
	}
}

static void
what_was_not_synced_may_be_gone_and_then_has_another_epoch(void **state)
{
	struct rig rig;
	unsigned lost = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct store_position before;
		struct store_position after;

		open_rig(&rig, seed);
		assert_true(say(&rig, "room/n", STORE_NORMAL));
		assert_true(say(&rig, "room/a", STORE_DISK));
		assert_true(say(&rig, "room/n", STORE_NORMAL));
		before = position(&rig, "room/n", STORE_NORMAL);
		die(&rig, false);
		assert_true(open_again(&rig));
		after = position(&rig, "room/n", STORE_NORMAL);
		assert_true(after.epoch == before.epoch && after.seq == 2);
		assert_true(say(&rig, "room/n", STORE_NORMAL));
		die(&rig, true);
		assert_true(open_again(&rig));
		after = position(&rig, "room/n", STORE_NORMAL);
		assert_int_not_equal(after.epoch, before.epoch);
		/* The end of the first life is synced with the beginning of the second. */
		assert_true(after.seq == 2 || after.seq == 3);
		lost += after.seq == 2;
		close_rig(&rig);
	}
	assert_true(lost > 0 && lost < SEEDS);
}

/* The kernel shows what the disk did not take, once its sync has failed, and never writes it. */
static void
what_a_failed_sync_left_is_written_again(void **state)
{
	struct rig rig;
	unsigned shown = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t seq;

		open_rig(&rig, seed);
		assert_true(say(&rig, "room/a", STORE_DISK));
		rig.disk.sync_fails = true;
		assert_false(say(&rig, "room/a", STORE_DISK));
		assert_string_not_equal(sq_self(rig.store)->broken, "");
		die(&rig, false);
		assert_true(open_again(&rig));
		seq = position(&rig, "room/a", STORE_DISK).seq;
		shown += seq == 2;
		assert_true(say(&rig, "room/a", STORE_DISK));
		die(&rig, true);
		assert_true(open_again(&rig));
		assert_int_equal(position(&rig, "room/a", STORE_DISK).seq, seq + 1);
		close_rig(&rig);
	}
	assert_true(shown > 0);
}

static void
who_cannot_begin_says_why(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig, 1);
	die(&rig, false);
	rig.disk.fails = true;
	assert_false(open_again(&rig));
	assert_non_null(strstr(rig.error, "disk I/O error"));
	rig.disk.fails = false;
	rig.disk.full = true;
	assert_false(open_again(&rig));
	assert_non_null(strstr(rig.error, "disk is full"));
	rig.disk.full = false;
	assert_true(open_again(&rig));
	close_rig(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_committed_outlives_the_machine),
		cmocka_unit_test(what_was_not_synced_may_be_gone_and_then_has_another_epoch),
		cmocka_unit_test(what_a_failed_sync_left_is_written_again),
		cmocka_unit_test(who_cannot_begin_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
