/*
 * The keeper's thread: reads all of the file once after the start, then moves what is in the WAL
 * into the file, so that neither the loop nor a commit pays for it. Must not log: the loop does.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hub/store_sqlite_private.h"

#define CHECKPOINT_BYTES ((uint64_t)4 * 1024 * 1024)

/* Steps of SQLite's machine between two looks at whether the hub stops. */
#define LOOK_STEPS 20000

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

static void
check(struct store_sqlite *store)
{
	sqlite3_stmt *at = NULL;
	int result;

	sqlite3_progress_handler(store->keeper, LOOK_STEPS, is_closing, store);
	result = sqlite3_prepare_v2(store->keeper, "PRAGMA quick_check(1)", -1, &at, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	if (result == SQLITE_ROW) {
		const char *words = (const char *)sqlite3_column_text(at, 0);

		if (words != NULL && strcmp(words, "ok") != 0)
			say_damaged(store, words);
	} else {
		sq_note(store, sqlite3_extended_errcode(store->keeper));
	}
	sqlite3_finalize(at);
	sqlite3_progress_handler(store->keeper, 0, NULL, NULL);
	pthread_mutex_lock(&store->lock);
	store->checked = true;
	pthread_mutex_unlock(&store->lock);
}

/* The WAL has grown by a whole portion since it was looked at, or begun anew. */
static bool
is_due(struct store_sqlite *store)
{
	if (store->wal_bytes < store->checkpointed)
		store->checkpointed = 0;
	return store->wal_bytes >= store->checkpointed + CHECKPOINT_BYTES;
}

void *
sq_keeper_main(void *context)
{
	struct store_sqlite *store = context;
	int result;

	sq_measure(store);
	check(store);
	pthread_mutex_lock(&store->lock);
	while (!store->closing) {
		if (!is_due(store)) {
			pthread_cond_wait(&store->upkept, &store->lock);
			continue;
		}
		store->checkpointed = store->wal_bytes;
		pthread_mutex_unlock(&store->lock);
		pthread_mutex_lock(&store->checkpointing);
		result = sqlite3_wal_checkpoint_v2(
		    store->keeper, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_unlock(&store->checkpointing);
		if (result != SQLITE_OK)
			sq_note(store, sqlite3_extended_errcode(store->keeper));
		sq_measure(store);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}
