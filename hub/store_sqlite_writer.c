/*
 * The writer's thread: takes what batches there are, makes one transaction of them, says how it
 * ended; in between reserves ordinals and sweeps. Must not log, count or call back: the loop does,
 * when it hears of it.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "hub/store_sqlite_past.h"

#define RETRY_BYTES ((uint64_t)1024 * 1024)
#define RESTART_WAIT_MS 10

/* The writer restarts the log at so many times what the keeper moves at once. */
#define RESTART_FACTOR 4u

/* Without work the writer looks about so often. */
#define IDLE_MS 500

/* The writer rests after a transaction for as long as it took, but no longer than this. */
#define REST_MAX_US 2000u

/* Between two words to a keeper that shall end. */
#define INTERRUPT_MS 5

/* Somebody else writes to our file: each try waits for the connection's own patience. */
#define BUSY_TRIES 20

/* With the lock: `wake_fd` is readable just as long as there is news that nobody has heard. */
static void
wake(struct store_sqlite *store)
{
	uint64_t one = 1;

	if (!store->news && write(store->wake_fd, &one, sizeof(one)) == sizeof(one))
		store->news = true;
}

void
sq_wake(struct store_sqlite *store)
{
	pthread_mutex_lock(&store->lock);
	wake(store);
	pthread_mutex_unlock(&store->lock);
}

/* Behind those of store_sqlite_apply.c and store_sqlite_retention.c, on the same connection. */
enum place { BEGIN = 40, COMMIT, ROLLBACK };

static int
step(struct store_sqlite *store, enum place place, const char *sql)
{
	sqlite3_stmt *at = sq_statement(&store->writer, place, sql);
	int result = at == NULL ? SQLITE_ERROR : sqlite3_step(at);

	if (at != NULL)
		sqlite3_reset(at);
	return result == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(store->writer.db);
}

static int
execute(struct store_sqlite *store, const char *sql)
{
	int result = sqlite3_exec(store->writer.db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? SQLITE_OK : sqlite3_extended_errcode(store->writer.db);
}

static int
set_synchronous(struct store_sqlite *store, bool full)
{
	int result;

	if (store->upkeep.synchronous == full)
		return SQLITE_OK;
	result = execute(store, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
	if (result == SQLITE_OK)
		store->upkeep.synchronous = full;
	return result;
}

static int
begin(struct store_sqlite *store)
{
	int result = SQLITE_BUSY;

	for (unsigned i = 0; i < BUSY_TRIES && (result & 0xff) == SQLITE_BUSY; i++)
		result = step(store, BEGIN, "BEGIN IMMEDIATE");
	return result;
}

/* Commits or leaves no trace. */
static int
finish(struct store_sqlite *store, int result, struct sq_upkeep before)
{
	if (result == SQLITE_OK)
		result = step(store, COMMIT, "COMMIT");
	if (result == SQLITE_OK)
		return SQLITE_OK;
	if (sqlite3_get_autocommit(store->writer.db) == 0)
		(void)step(store, ROLLBACK, "ROLLBACK");
	before.synchronous = store->upkeep.synchronous;
	before.swept_ms = store->upkeep.swept_ms;
	store->upkeep = before;
	sq_forget_lives(store);
	return result;
}

/* The disk may have lost what it had taken: nobody can say what is kept. */
static bool
is_broken(int result)
{
	return result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC ||
	       result == SQLITE_IOERR_CLOSE;
}

static bool
is_damaged(int result)
{
	return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

void
sq_note(struct store_sqlite *store, int result)
{
	pthread_mutex_lock(&store->lock);
	if (is_broken(result) && store->broken[0] == '\0')
		snprintf(store->broken, sizeof(store->broken),
		    "the disk did not take what the store wrote: %s", sqlite3_errstr(result));
	else if (is_damaged(result) && store->state[0] == '\0')
		snprintf(store->state, sizeof(store->state), "the file is damaged: %s",
		    sqlite3_errstr(result));
	pthread_mutex_unlock(&store->lock);
	if (is_broken(result) || is_damaged(result))
		sq_wake(store);
}

static int
on_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store_sqlite *store = context;

	(void)db;
	(void)name;
	pthread_mutex_lock(&store->lock);
	store->wal_bytes = (uint64_t)pages * SQ_PAGE_BYTES;
	if (store->wal_bytes >= store->world.checkpoint_bytes)
		pthread_cond_signal(&store->upkept);
	pthread_mutex_unlock(&store->lock);
	return SQLITE_OK;
}

/*
 * The keeper does not keep up, for there is always something written: stop and let it be done. Who
 * reads for long keeps the WAL from beginning anew, and is not waited for: every batch would be
 * late. It is tried again when the WAL has grown some more.
 */
static void
restart_wal(struct store_sqlite *store)
{
	uint64_t bytes;
	int result;

	pthread_mutex_lock(&store->lock);
	bytes = store->wal_bytes;
	pthread_mutex_unlock(&store->lock);
	if (bytes < store->restart_bytes)
		return;
	pthread_mutex_lock(&store->checkpointing);
	sqlite3_busy_timeout(store->writer.db, RESTART_WAIT_MS);
	result = sqlite3_wal_checkpoint_v2(
	    store->writer.db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	sqlite3_busy_timeout(store->writer.db, SQ_BUSY_MS);
	pthread_mutex_unlock(&store->checkpointing);
	store->restart_bytes = result == SQLITE_OK ? store->world.checkpoint_bytes * RESTART_FACTOR
						   : bytes + RETRY_BYTES;
	if (result != SQLITE_OK)
		sq_note(store, sqlite3_extended_errcode(store->writer.db));
	sq_measure(store);
}

static int
sweep_if_due(struct store_sqlite *store)
{
	return sq_sweep_is_due(store) ? sq_sweep(store) : SQLITE_OK;
}

/* Everything of the list in one transaction. */
static int
write_batches(struct store_sqlite *store, const struct sq_batch_list *list)
{
	struct sq_upkeep before = store->upkeep;
	bool synced = false;
	bool empty = true;
	int result;

	for (struct sq_batch *batch = list->first; batch != NULL; batch = batch->next) {
		if (batch->doomed)
			return SQLITE_NOMEM;
		synced |= batch->synced;
		empty &= batch->empty;
	}
	if (empty)
		return SQLITE_OK;
	result = set_synchronous(store, synced && store->durability == STORE_DISK);
	if (result == SQLITE_OK)
		result = begin(store);
	for (struct sq_batch *batch = list->first; batch != NULL && result == SQLITE_OK;
	     batch = batch->next)
		result = sq_apply(store, batch);
	if (result == SQLITE_OK)
		result = sweep_if_due(store);
	return finish(store, result, before);
}

/* A batch that cannot succeed does not take those before it along. */
static void
take(struct store_sqlite *store, struct sq_batch_list *list_out)
{
	*list_out = (struct sq_batch_list){ 0 };
	while (store->queue.first != NULL) {
		if (store->queue.first->doomed && list_out->first != NULL)
			break;
		sq_batch_list_append(list_out, sq_batch_list_take(&store->queue));
		if (list_out->last->doomed)
			break;
	}
}

static void
write_queue(struct store_sqlite *store)
{
	struct sq_batch_list list;
	struct sq_batch *batch;
	uint64_t began = clock_mono_us();
	uint64_t took;
	int result;

	take(store, &list);
	pthread_mutex_unlock(&store->lock);
	result = write_batches(store, &list);
	if (result != SQLITE_OK)
		sq_note(store, result);
	took = clock_mono_us() - began;
	pthread_mutex_lock(&store->lock);
	store->failing = result != SQLITE_OK;
	store->last_result = result;
	while ((batch = sq_batch_list_take(&list)) != NULL) {
		batch->committed = result == SQLITE_OK;
		batch->commit_us = took;
		sq_batch_list_append(&store->ended, batch);
	}
	wake(store);
	pthread_mutex_unlock(&store->lock);
	restart_wal(store);
	store->rests_until_us = began + took + (took < REST_MAX_US ? took : REST_MAX_US);
	pthread_mutex_lock(&store->lock);
}

/*
 * True if the writer has rested. A transaction costs much and a message in it little: what comes
 * within a rest shares the next one, so the busier the hub the cheaper its messages. Whoever comes
 * alone finds a rested writer, and nobody waits for more than two transactions.
 */
static bool
has_rested(struct store_sqlite *store)
{
	uint64_t now = clock_mono_us();
	uint64_t until = store->rests_until_us;
	struct timespec rest = { .tv_nsec = until > now ? (long)(until - now) * 1000 : 0 };

	if (until <= now || store->closing || store->world.stepped)
		return true;
	pthread_mutex_unlock(&store->lock);
	(void)nanosleep(&rest, NULL);
	pthread_mutex_lock(&store->lock);
	return false;
}

/* Always beyond the end of the machine: an ordinal given twice is two clients with one name. */
static void
write_ordinals(struct store_sqlite *store)
{
	uint64_t wanted = store->ordinals.wanted;
	int result;

	pthread_mutex_unlock(&store->lock);
	result = set_synchronous(store, true);
	if (result == SQLITE_OK)
		result = begin(store);
	if (result == SQLITE_OK)
		result = sq_meta_set(store->writer.db, "clients_reserved", (int64_t)wanted);
	result = finish(store, result, store->upkeep);
	if (result != SQLITE_OK)
		sq_note(store, result);
	pthread_mutex_lock(&store->lock);
	if (result == SQLITE_OK)
		store->ordinals.reserved = wanted;
	/* The loop may want more by now; then it waits for that. */
	if (result != SQLITE_OK || store->ordinals.wanted == wanted)
		store->ordinals.wanted = 0;
	pthread_cond_broadcast(&store->reserved);
}

static void
sweep(struct store_sqlite *store)
{
	struct sq_upkeep before = store->upkeep;
	int result;

	pthread_mutex_unlock(&store->lock);
	result = begin(store);
	if (result == SQLITE_OK)
		result = sq_sweep(store);
	result = finish(store, result, before);
	if (result != SQLITE_OK)
		sq_note(store, result);
	pthread_mutex_lock(&store->lock);
}

static void
wait_for_work(struct store_sqlite *store)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += IDLE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_cond_timedwait(&store->work, &store->lock, &until);
}

/* With the lock: one thing that is to be done. False: there is nothing, or the hub closes. */
static bool
work(struct store_sqlite *store)
{
	if (store->paused || store->broken[0] != '\0')
		return false;
	if (store->ordinals.wanted > store->ordinals.reserved)
		write_ordinals(store);
	else if (store->queue.first != NULL && !store->failing) {
		if (has_rested(store))
			write_queue(store);
	} else if (!store->closing && sq_sweep_is_due(store))
		sweep(store);
	else
		return false;
	return true;
}

bool
sq_step_writer(struct store_sqlite *store)
{
	bool worked;

	pthread_mutex_lock(&store->lock);
	worked = work(store);
	pthread_mutex_unlock(&store->lock);
	return worked;
}

static void *
writer_main(void *context)
{
	struct store_sqlite *store = context;

	pthread_mutex_lock(&store->lock);
	while (store->broken[0] == '\0') {
		if (work(store))
			continue;
		if (store->closing && !store->paused)
			break;
		wait_for_work(store);
	}
	/* Whoever waits for ordinals shall not wait for a thread that has ended. */
	store->ordinals.wanted = 0;
	pthread_cond_broadcast(&store->reserved);
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

bool
sq_threads_start(struct store_sqlite *store)
{
	sqlite3_wal_hook(store->writer.db, on_wal, store);
	store->restart_bytes = store->world.checkpoint_bytes * RESTART_FACTOR;
	store->threads = store->world.stepped;
	if (store->threads)
		return true;
	if (pthread_create(&store->writer_thread, NULL, writer_main, store) != 0)
		return false;
	store->threads = true;
	store->keeping = pthread_create(&store->keeper_thread, NULL, sq_keeper_main, store) == 0;
	return store->keeping;
}

/*
 * A check is interrupted. What is said to a connection that is just beginning a statement is not
 * heard, so it is said until the thread has ended.
 */
static void
end_keeper(struct store_sqlite *store)
{
	struct timespec until;

	do {
		sqlite3_interrupt(store->keeper);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += INTERRUPT_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
	} while (pthread_timedjoin_np(store->keeper_thread, NULL, &until) == ETIMEDOUT);
}

/* What is asked for is written; then the file says that all is well. */
void
sq_threads_stop(struct store_sqlite *store)
{
	int result = SQLITE_OK;

	pthread_mutex_lock(&store->lock);
	store->closing = true;
	pthread_cond_broadcast(&store->work);
	pthread_cond_broadcast(&store->upkept);
	pthread_mutex_unlock(&store->lock);
	while (store->world.stepped && sq_step_writer(store))
		continue;
	if (!store->world.stepped)
		pthread_join(store->writer_thread, NULL);
	if (store->keeping)
		end_keeper(store);
	(void)sq_past_known(store);
	if (store->broken[0] != '\0' || store->state[0] != '\0')
		return;
	result = set_synchronous(store, true);
	if (result == SQLITE_OK)
		result = sq_meta_set(store->writer.db, "clean", 1);
	if (result == SQLITE_OK)
		(void)sqlite3_wal_checkpoint_v2(
		    store->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}
