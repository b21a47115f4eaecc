/*
 * What every store must do, whatever it is made of: the same checks for each implementation. A test
 * file gives an opened store and runs store_suite() over it.
 */
#ifndef HUBBUB_TESTS_STORE_SUITE_H
#define HUBBUB_TESTS_STORE_SUITE_H

#include "hub/store.h"

struct store_suite {
	/* A store without anything in it, in a state of the test's own. */
	struct store *(*open)(void *context);
	void (*close)(void *context, struct store **store);
	void *context;
	enum store_durability durability; /* asked of its streams */
};

/* Asserts by cmocka. Each check opens and closes a store of its own. */
void store_suite(const struct store_suite *suite);

struct store_ends;

/* One of its checks, over a store of its own; those of store_suite_rows.c. */
typedef void store_check(
    const struct store_suite *suite, struct store *store, struct store_ends *ends);
store_check store_check_outcomes;
store_check store_check_ids;
store_check store_check_users;
store_check store_check_rooms;
store_check store_check_gateways;
store_check store_check_bans;

/* What a rig sees of a store's ends; the first members of every rig's context. */
struct store_ends {
	uint64_t heard; /* the last batch that ended */
	unsigned kept;
	unsigned failed;
	uint64_t first_failed;
};

/* Hangs a rig on the store. */
void store_ends_watch(struct store *store, struct store_ends *ends);

/* Commits and waits until the store has told how it ended: true if it was kept. */
bool store_commit_wait(struct store *store, struct store_ends *ends, uint64_t batch);
/* Waits until that batch has ended. */
void store_wait(struct store *store, struct store_ends *ends, uint64_t batch);

/* Opens, asserting that it can be. */
struct store_position store_suite_open(
    struct store *store, const char *name, enum store_durability durability, bool inbox);
bool store_suite_append(
    struct store *store, const char *name, uint64_t epoch, uint64_t seq, const char *content);

/* The contents of a range, blank-separated; "-" for an empty one. */
const char *store_suite_read(struct store *store, const char *name, uint64_t epoch, uint64_t after,
    uint64_t until, unsigned limit, size_t bytes, bool newest);

#endif
