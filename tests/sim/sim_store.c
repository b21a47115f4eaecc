/* See sim_store.h. Judges nothing but that the file is whole. */
#include "sim_store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/store_sqlite_check.h"
#include "sim_check.h"
#include "sim_deeds.h"

#define PATH "/simulated/hubbub.db"

/* So small that logs are moved and begun anew all the time. */
#define CHECKPOINT_BYTES (UINT64_C(96) * 1024)

/* One in so many turns the keeper does something. */
#define KEEPER_ONE_IN 6
#define TEMPTED_ONE_IN 40
#define WRITES_OF_START 60
#define STEPS_MAX 64 /* of one turn: a sweep that fails is due again at once */
#define START_MS 200

/* Instead of the machine's files: the store's is there from the beginning, and nobody else's. */
bool __wrap_sq_file_open(struct store_sqlite *store, const struct store_sqlite_setup *setup,
    char *error, size_t error_size);

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

static void
new_boot(struct sim_sqlite *sqlite)
{
	snprintf(sqlite->boot, sizeof(sqlite->boot), "%08llx-0000-4000-8000-000000000000",
	    (unsigned long long)sqlite->disk.machines + 1);
}

void
sim_store_create(struct sim_world *world)
{
	struct sim_sqlite *sqlite;

	if (!world->plan.sqlite) {
		sim_must(store_double_open(&world->store, random_u64(world->random)), "no store");
		world->store.slow = true;
		world->store.in_memory = "room/den";
		return;
	}
	sqlite = calloc(1, sizeof(*sqlite));
	sim_must(sqlite != NULL, "no memory");
	world->sqlite = sqlite;
	sqlite->lossy = world->seed / 2 % 2 == 1;
	sim_disk_init(&sqlite->disk, world->inner);
	(void)sim_disk_create(&sqlite->disk, PATH);
	sim_disk_sync_folder(&sqlite->disk);
	new_boot(sqlite);
	sqlite->vfs = sim_disk_mount(&sqlite->disk);
}

/* As a process ends: nothing more is written. */
static void
abandon(struct sim_sqlite *sqlite)
{
	if (sqlite->store == NULL)
		return;
	sqlite->disk.dead = true;
	snprintf(sq_self(sqlite->store)->broken, sizeof(sq_self(sqlite->store)->broken), "killed");
	store_close(&sqlite->store);
}

void
sim_store_destroy(struct sim_world *world)
{
	struct sim_sqlite *sqlite = world->sqlite;

	if (sqlite == NULL) {
		store_double_close(&world->store);
		return;
	}
	abandon(sqlite);
	sim_disk_unmount(&sqlite->vfs);
	sim_disk_free(&sqlite->disk);
	free(sqlite);
	world->sqlite = NULL;
}

struct store *
sim_store(struct sim_world *world)
{
	return world->sqlite != NULL ? world->sqlite->store : &world->store.store;
}

static int64_t
wall_ms(void *context)
{
	return ((const struct sim_world *)context)->now.wall_ms;
}

static void
on_broken(void *context, const char *why)
{
	struct sim_world *world = context;

	sim_trace(world, "the store is broken: %s", why);
	world->sqlite->broken = true;
}

static void
follow_weather(struct sim_world *world)
{
	world->sqlite->disk.full = world->store.full;
	world->sqlite->disk.fails = world->store.fails;
}

static void
open_again(struct sim_world *world, char *error, size_t error_size)
{
	struct sim_sqlite *sqlite = world->sqlite;
	struct store_sqlite_setup setup = {
		.path = PATH, .durability = STORE_DISK, .read_keep_ms = SIM_RESUME_MS
	};
	struct sq_world around = { .boot = sqlite->boot,
		.wall_ms = wall_ms,
		.context = world,
		.random = world->inner,
		.check_whole_bytes = SQ_CHECK_WHOLE_BYTES,
		.checkpoint_bytes = CHECKPOINT_BYTES,
		.stepped = true };

	sqlite->broken = false;
	sqlite->store = sq_open_in(&setup, &around, error, error_size);
	if (sqlite->store == NULL)
		return;
	sqlite->store->broken = on_broken;
	sqlite->store->broken_context = world;
}

/* Why a hub may not be able to start. */
static bool
is_sick(const struct sim_world *world, uint64_t syncs_failed)
{
	const struct sim_disk *disk = &world->sqlite->disk;

	return disk->full || disk->fails || disk->dead || disk->syncs_failed != syncs_failed;
}

bool
sim_store_begin(struct sim_world *world)
{
	struct sim_sqlite *sqlite = world->sqlite;
	uint64_t syncs_failed;
	char error[512] = "";

	if (sqlite == NULL)
		return true;
	follow_weather(world);
	syncs_failed = sqlite->disk.syncs_failed;
	open_again(world, error, sizeof(error));
	sqlite->start_ms = world->now.mono_ms + START_MS;
	if (sqlite->store != NULL && !sqlite->disk.dead)
		return true;
	if (sqlite->store == NULL && !is_sick(world, syncs_failed))
		sim_wrong(world, "the hub does not start: %s", error);
	sim_trace(world, "the hub does not start: %s", error);
	sim_store_killed(world, sqlite->disk.dead && sqlite->machine);
	return false;
}

/* A transaction has just ended that waited for no disk: before the next one does all may end. */
static void
tempt(struct sim_world *world)
{
	struct sim_sqlite *sqlite = world->sqlite;

	if (!world->faults || sq_self(sqlite->store)->upkeep.synchronous != 0 ||
	    sqlite->disk.dies_in > 0 || random_below(world->random, TEMPTED_ONE_IN) != 0)
		return;
	sqlite->disk.dies_in = 1 + random_below(world->random, 3);
	sqlite->machine = true;
	sim_trace(world, "the machine is to end before the next sync");
}

static void
sqlite_turn(struct sim_world *world, unsigned steps)
{
	struct sim_sqlite *sqlite = world->sqlite;
	struct store_sqlite *store = sq_self(sqlite->store);

	follow_weather(world);
	if (steps > STEPS_MAX)
		steps = STEPS_MAX;
	while (steps > 0 && !sqlite->disk.dead && sq_step_writer(store))
		steps--;
	tempt(world);
	if (!sqlite->disk.dead && random_below(world->random, KEEPER_ONE_IN) == 0)
		(void)sq_step_keeper(store);
	if (store->state[0] != '\0' && !sqlite->disk.dead)
		sim_wrong(world, "the store takes nothing more: %s", store->state);
}

void
sim_store_turn(struct sim_world *world, bool all)
{
	unsigned due = (unsigned)random_below(world->random, 3);

	if (all || random_below(world->random, world->patience) != 0)
		due = all ? UINT_MAX : 0;
	if (world->sqlite == NULL)
		world->store.due = due;
	else if (world->sqlite->store != NULL)
		sqlite_turn(world, due);
}

bool
sim_store_has_ended(const struct sim_world *world)
{
	return world->sqlite != NULL && (world->sqlite->disk.dead || world->sqlite->broken);
}

/* What the next life finds may not be on the disk; it goes on for a while, then all ends. */
static void
tempt_next(struct sim_world *world)
{
	if (!world->faults || random_below(world->random, 2) == 0)
		return;
	world->sqlite->disk.dies_in =
	    WRITES_OF_START + random_below(world->random, WRITES_OF_START);
	world->sqlite->machine = true;
	sim_trace(world, "the machine is to end in the next life");
}

static void
machine_ends(struct sim_world *world)
{
	sim_trace(world, "the machine ends");
	world->sqlite->machine = false;
	sim_disk_crash(&world->sqlite->disk, true);
	/* The list of gateways counts no more: none should be there. */
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		world->gateways[i].is_known = false;
	new_boot(world->sqlite);
}

void
sim_store_killed(struct sim_world *world, bool machine)
{
	struct sim_sqlite *sqlite = world->sqlite;

	if (sqlite == NULL) {
		store_double_crash(&world->store, (unsigned)random_below(world->random, 4));
		return;
	}
	abandon(sqlite);
	sim_disk_crash(&sqlite->disk, false);
	if (machine)
		machine_ends(world);
	else if (sqlite->broken)
		tempt_next(world);
	world->book.renewed |= machine && sqlite->lossy;
	world->book.machine_ended |= machine;
	sqlite->broken = false;
	sqlite->start_ms = world->now.mono_ms + random_below(world->random, START_MS);
}

void
sim_store_stopped(struct sim_world *world, bool machine)
{
	struct sim_sqlite *sqlite = world->sqlite;

	if (sqlite->disk.full || sqlite->disk.fails || sqlite->disk.sync_fails ||
	    sqlite->disk.dies_in > 0) {
		/* Whether it says of itself that all is well is open. */
		store_close(&sqlite->store);
		sim_store_killed(world, machine);
		return;
	}
	store_close(&sqlite->store);
	if (machine)
		machine_ends(world);
	sqlite->start_ms = world->now.mono_ms + random_below(world->random, START_MS);
}

/* What was put behind a batch that cannot be kept is refused with it, though the disk is well. */
static bool
has_doomed(const struct store_sqlite *store)
{
	if (store->failing || (store->open != NULL && store->open->doomed))
		return true;
	for (const struct sq_batch *batch = store->queue.first; batch != NULL;
	     batch = batch->next) {
		if (batch->doomed)
			return true;
	}
	return false;
}

bool
sim_store_refuses(const struct sim_world *world)
{
	const struct sim_sqlite *sqlite = world->sqlite;

	return world->store.full || world->store.fails ||
	       (sqlite != NULL && sqlite->store != NULL &&
		   has_doomed((const struct store_sqlite *)sqlite->store));
}

/* Every page, row and index. */
static const char *
check_file(struct sim_sqlite *sqlite)
{
	sqlite3 *db = sq_self(sqlite->store)->writer.db;
	sqlite3_stmt *at = NULL;
	const char *problem = NULL;
	const char *words;

	if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &at, NULL) != SQLITE_OK ||
	    sqlite3_step(at) != SQLITE_ROW)
		problem = sim_found("the file cannot be checked: %s", sqlite3_errmsg(db));
	words = problem == NULL ? (const char *)sqlite3_column_text(at, 0) : NULL;
	if (words != NULL && strcmp(words, "ok") != 0)
		problem = sim_found("the file is damaged: %s", words);
	sqlite3_finalize(at);
	return problem;
}

const char *
sim_store_reborn(struct sim_world *world)
{
	struct sim_sqlite *sqlite = world->sqlite;
	char error[512] = "";

	core_destroy(&world->hub);
	bus_close(&world->bus);
	sim_store_killed(world, true);
	follow_weather(world);
	open_again(world, error, sizeof(error));
	return sqlite->store == NULL ? sim_found("the store does not open again: %s", error)
				     : check_file(sqlite);
}
