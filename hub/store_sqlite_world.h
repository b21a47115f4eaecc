/*
 * What a test puts in the place of the machine that the SQLite store runs on, its clock, its luck
 * and its threads included.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_WORLD_H
#define HUBBUB_HUB_STORE_SQLITE_WORLD_H

#include "common/random.h"
#include "hub/store_sqlite.h"

struct store_sqlite;

struct sq_world {
	const char *boot; /* id of this life of the machine */
	int64_t (*wall_ms)(void *context);
	void *context;
	int64_t check_whole_bytes;   /* a file up to this size is checked as a whole */
	struct random_source random; /* of epochs and keys */
	uint64_t checkpoint_bytes;   /* so much of the log is moved into the file; 0: as usual */
	bool stepped;                /* no threads: see sq_step_writer */
};

/* store_sqlite_open.c: the same as store_sqlite_open in a world of the test's. */
struct store *sq_open_in(const struct store_sqlite_setup *setup, const struct sq_world *world,
    char *error, size_t error_size);

/*
 * Of a store without threads: the next thing that its writer or keeper would do is done now.
 * False: there is nothing to do.
 */
bool sq_step_writer(struct store_sqlite *store);
bool sq_step_keeper(struct store_sqlite *store);

#endif
