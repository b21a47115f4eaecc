/*
 * A SQLite store in a folder of its own, with a clock and a machine's life that the test sets.
 */
#ifndef HUBBUB_TESTS_SQLITE_RIG_H
#define HUBBUB_TESTS_SQLITE_RIG_H

#include "hub/store_sqlite_private.h"
#include "store_suite.h"

struct sqlite_rig {
	struct store_ends ends; /* first */
	char folder[64];
	char path[80];
	char boot[SQ_BOOT_SIZE];
	_Atomic int64_t wall_ms;
	int64_t check_whole_bytes;
	struct store_sqlite_setup setup;
	struct store *store;
	uint64_t batch;
	char error[512];
};

/* cmocka's: a rig with an opened store of durability disk in *state, and its end. */
int sqlite_rig_set_up(void **state);
int sqlite_rig_tear_down(void **state);

/* False with rig->error. */
bool sqlite_rig_open(struct sqlite_rig *rig);
void sqlite_rig_close(struct sqlite_rig *rig);
void sqlite_rig_reopen(struct sqlite_rig *rig);

/* Commits what was put; true if it was kept. */
bool sqlite_rig_commit(struct sqlite_rig *rig);

/* Runs SQL as a stranger would, asserting that it works; the first number of the first row. */
int64_t sqlite_rig_sql(struct sqlite_rig *rig, const char *sql);

/* Removes the file and what belongs to it. */
void sqlite_rig_remove(struct sqlite_rig *rig);

/* Asserts that one file becomes as the other is. */
void sqlite_rig_copy(const char *from, const char *to);

/* Whether a file has these bytes anywhere. */
bool sqlite_rig_has(const char *path, const char *bytes);

#endif
