/*
 * The ids of the life before. After a busy quarter of an hour they are so many that reading them
 * takes longer than all else of a start, so a thread of its own does it while gateways come back;
 * who asks for an id before it is done waits for it. Must not log, count or call back.
 */
#include "hub/store_sqlite_past.h"

#include <stdio.h>

/* Rows between two looks at whether the hub stops. */
#define LOOK_ROWS 4096u

static const char all[] = "SELECT row, sender, id FROM ids WHERE row < ?1 ORDER BY row";
static const char last[] = "SELECT coalesce(max(row), 0) FROM ids";

bool
sq_past_begin(struct store_sqlite *store)
{
	sqlite3_stmt *at = NULL;
	int64_t now_ms = store->world.wall_ms(store->world.context);
	bool found = sqlite3_prepare_v2(store->reader.db, last, -1, &at, NULL) == SQLITE_OK &&
		     sqlite3_step(at) == SQLITE_ROW;

	if (found)
		sq_ids_init(&store->ids, store->key, 1 + sqlite3_column_int64(at, 0), now_ms);
	sqlite3_finalize(at);
	return found;
}

static bool
stops(struct store_sqlite *store)
{
	bool closing;

	pthread_mutex_lock(&store->lock);
	closing = store->closing;
	pthread_mutex_unlock(&store->lock);
	return closing;
}

static struct text
column_text(sqlite3_stmt *at, int column)
{
	const void *bytes = sqlite3_column_blob(at, column);

	return (struct text){ bytes, bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(at, column) };
}

static int
read_rows(struct store_sqlite *store, sqlite3_stmt *at)
{
	struct sq_ids *found = &store->past.found;
	unsigned rows = 0;
	int result;

	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		if (!sq_ids_add(
			found, column_text(at, 1), column_text(at, 2), sqlite3_column_int64(at, 0)))
			return SQLITE_NOMEM;
		if (++rows % LOOK_ROWS == 0 && stops(store))
			return SQLITE_INTERRUPT;
	}
	return result;
}

static void *
past_main(void *context)
{
	struct store_sqlite *store = context;
	sqlite3 *db = NULL;
	sqlite3_stmt *at = NULL;
	int result = sq_connect(store->path, SQLITE_OPEN_READONLY, &db);

	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(db, all, -1, &at, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_int64(at, 1, store->past.before);
	if (result == SQLITE_OK)
		result = read_rows(store, at);
	sqlite3_finalize(at);
	sqlite3_close(db);
	pthread_mutex_lock(&store->lock);
	store->past.failed = result != SQLITE_DONE;
	/* Without them a message that is said again would be there twice. */
	if (store->past.failed && result != SQLITE_INTERRUPT && store->state[0] == '\0')
		snprintf(store->state, sizeof(store->state), "ids cannot be read: %s",
		    sqlite3_errstr(result));
	store->past.ended = true;
	pthread_mutex_unlock(&store->lock);
	sq_wake(store);
	return NULL;
}

bool
sq_past_read(struct store_sqlite *store)
{
	struct sq_past *past = &store->past;

	past->before = store->ids.next_row;
	sq_ids_init(&past->found, store->key, 1, 0);
	if (store->world.stepped)
		(void)past_main(store);
	past->reading = past->ended || pthread_create(&past->thread, NULL, past_main, store) == 0;
	return past->reading;
}

bool
sq_past_known(struct store_sqlite *store)
{
	struct sq_past *past = &store->past;

	if (past->reading) {
		if (!store->world.stepped)
			pthread_join(past->thread, NULL);
		past->reading = false;
		store->ids.old = past->found.young;
		past->found = (struct sq_ids){ 0 };
	}
	return !past->failed;
}
