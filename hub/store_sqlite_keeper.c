/*
 * The keeper's thread: moves what is in the WAL into the file, so that neither the loop nor a
 * commit pays for it, and reads all of the file once after the start. Must not log: the loop does.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "common/clock.h"
#include "hub/store_sqlite_check.h"

/* The check rests for so many times as long as its last part took. */
#define RESTS 3

void
sq_measure(struct store_sqlite *store)
{
	struct stat facts;
	uint64_t bytes = stat(store->path, &facts) == 0 ? (uint64_t)facts.st_size : 0;

	pthread_mutex_lock(&store->lock);
	store->file_bytes = bytes;
	pthread_mutex_unlock(&store->lock);
}

static int
is_closing(void *context)
{
	struct store_sqlite *store = context;
	bool closing;

	pthread_mutex_lock(&store->lock);
	closing = store->closing;
	pthread_mutex_unlock(&store->lock);
	return closing;
}

static void
say_damaged(struct store_sqlite *store, const char *why)
{
	pthread_mutex_lock(&store->lock);
	if (store->state[0] == '\0')
		snprintf(store->state, sizeof(store->state), "the file is damaged: %.100s", why);
	pthread_mutex_unlock(&store->lock);
	sq_wake(store);
}

/* True if there is more to check. An interrupted check says anything: it is not heard. */
static bool
check(struct store_sqlite *store, struct sq_check *check)
{
	int result = sq_check_go_on(check, store->keeper, is_closing, store);

	if (result == SQLITE_ROW || is_closing(store))
		return result == SQLITE_ROW;
	if (result == SQLITE_CORRUPT && check->why[0] != '\0')
		say_damaged(store, check->why);
	else if (result != SQLITE_DONE)
		sq_note(store, sqlite3_extended_errcode(store->keeper));
	pthread_mutex_lock(&store->lock);
	store->checked = true;
	pthread_mutex_unlock(&store->lock);
	return false;
}

/* The WAL has grown by a whole portion since it was looked at, or begun anew. */
static bool
is_due(struct store_sqlite *store)
{
	if (store->wal_bytes < store->checkpointed)
		store->checkpointed = 0;
	return store->wal_bytes >= store->checkpointed + store->world.checkpoint_bytes;
}

/* With the lock: for so long, unless there is something to keep before. */
static void
rest(struct store_sqlite *store, uint64_t us)
{
	struct timespec until;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(us % 1000000) * 1000;
	until.tv_sec += (time_t)(us / 1000000) + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	/* Every commit beyond a portion wakes us. */
	while (!store->closing && !is_due(store) && result == 0)
		result = pthread_cond_timedwait(&store->upkept, &store->lock, &until);
}

static void
checkpoint(struct store_sqlite *store)
{
	int result;

	pthread_mutex_lock(&store->checkpointing);
	result =
	    sqlite3_wal_checkpoint_v2(store->keeper, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	pthread_mutex_unlock(&store->checkpointing);
	if (result != SQLITE_OK)
		sq_note(store, sqlite3_extended_errcode(store->keeper));
	sq_measure(store);
}

/* With the lock. False: nothing is due. */
static bool
checkpoint_if_due(struct store_sqlite *store)
{
	if (!is_due(store))
		return false;
	store->checkpointed = store->wal_bytes;
	pthread_mutex_unlock(&store->lock);
	checkpoint(store);
	pthread_mutex_lock(&store->lock);
	return true;
}

bool
sq_step_keeper(struct store_sqlite *store)
{
	struct sq_check part;
	bool worked;

	pthread_mutex_lock(&store->lock);
	worked = checkpoint_if_due(store) || !store->checked;
	pthread_mutex_unlock(&store->lock);
	sq_check_begin(&part, store->world.check_whole_bytes, SQ_CHECK_PORTION);
	while (!store->checked && check(store, &part))
		continue;
	return worked;
}

void *
sq_keeper_main(void *context)
{
	struct store_sqlite *store = context;
	struct sq_check part;
	bool checking = true;

	sq_measure(store);
	sq_check_begin(&part, store->world.check_whole_bytes, SQ_CHECK_PORTION);
	pthread_mutex_lock(&store->lock);
	while (!store->closing) {
		uint64_t began_us = clock_mono_us();

		if (checkpoint_if_due(store))
			continue;
		if (checking) {
			pthread_mutex_unlock(&store->lock);
			checking = check(store, &part);
			pthread_mutex_lock(&store->lock);
			if (checking && !store->closing)
				rest(store, RESTS * (clock_mono_us() - began_us));
		} else {
			pthread_cond_wait(&store->upkept, &store->lock);
		}
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}
