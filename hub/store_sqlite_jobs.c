/*
 * Long work beside everything else: checking the file, copying it, taking over a copy, and
 * clearing file and log of what was forgotten. One thread at a time, with a connection of
 * its own. The loop starts it and tells its end; the thread must not log or call back.
 */
#include "hub/store_sqlite_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Steps of SQLite's machine between two looks at whether the hub stops. */
#define LOOK_STEPS 20000

/* Between two tries to have the log for oneself. */
#define CLEAR_PAUSE_MS 50

/* Between two interrupts of work that is to stop. */
#define STOP_AGAIN_MS 20

int
sq_job_stops(void *context)
{
	struct sq_job *job = context;
	bool stop;

	pthread_mutex_lock(&job->store->lock);
	stop = job->stop;
	pthread_mutex_unlock(&job->store->lock);
	return stop;
}

void
sq_job_works_on(struct sq_job *job, sqlite3 *db)
{
	pthread_mutex_lock(&job->store->lock);
	job->db = db;
	pthread_mutex_unlock(&job->store->lock);
}

bool
sq_job_say(struct sq_job *job, bool succeeded, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(job->sentence, sizeof(job->sentence), format, list);
	va_end(list);
	job->succeeded = succeeded;
	return succeeded;
}

int
sq_ask(sqlite3 *db, const char *sql, int64_t *value_out)
{
	sqlite3_stmt *at = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		*value_out = sqlite3_column_int64(at, 0);
	sqlite3_finalize(at);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

bool
sq_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
	    slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	return synced;
}

/* A damaged file takes nothing more: what is written to it may not be found again. */
static void
stop_writing(struct store_sqlite *store, const char *why)
{
	pthread_mutex_lock(&store->lock);
	if (store->state[0] == '\0')
		snprintf(store->state, sizeof(store->state), "the file is damaged: %.100s", why);
	pthread_mutex_unlock(&store->lock);
}

static bool
check(struct sq_job *job, sqlite3 *db)
{
	sqlite3_stmt *at = NULL;
	const char *words = NULL;
	bool whole;
	int result = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		words = (const char *)sqlite3_column_text(at, 0);
	whole = words != NULL && strcmp(words, "ok") == 0;
	/* What was not looked at passes for damaged. */
	if (sq_job_stops(job))
		words = NULL;
	if (words == NULL)
		(void)sq_job_say(job, false, "the file cannot be read: %s", sqlite3_errmsg(db));
	else if (whole)
		(void)sq_job_say(job, true, "the file is whole");
	else
		(void)sq_job_say(job, false, "the file is damaged: %s", words);
	if (words != NULL && !whole)
		stop_writing(job->store, words);
	sqlite3_finalize(at);
	return whole;
}

static int
copy_into(sqlite3 *db, const char *path)
{
	sqlite3_stmt *at = NULL;
	int result = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_bind_text(at, 1, path, -1, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	sqlite3_finalize(at);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/*
 * One read transaction, so all of it is of one moment, while commits go on. SQLite fills an empty
 * file if it finds one: ours, which nobody else may read, and which was not there before.
 */
static bool
back_up(struct sq_job *job, sqlite3 *db)
{
	int fd = open(job->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat facts;
	bool kept;

	if (fd < 0 && errno == EEXIST)
		return sq_job_say(job, false, "the file is there already: nothing is overwritten");
	if (fd < 0)
		return sq_job_say(job, false, "the file cannot be created: %s", strerror(errno));
	kept = copy_into(db, job->path) == SQLITE_OK;
	if (!kept)
		(void)sq_job_say(job, false, "the copy failed: %s", sqlite3_errmsg(db));
	else if (fsync(fd) != 0 || fstat(fd, &facts) != 0 || !sq_sync_folder(job->path))
		kept =
		    sq_job_say(job, false, "the copy did not reach the disk: %s", strerror(errno));
	else
		(void)sq_job_say(job, true, "the copy has %lld bytes", (long long)facts.st_size);
	close(fd);
	if (!kept)
		(void)unlink(job->path);
	return kept;
}

/* While this lasts, batches wait; those who read do not. */
static void
pause_writer(struct store_sqlite *store, bool paused)
{
	pthread_mutex_lock(&store->lock);
	store->paused = paused;
	pthread_cond_signal(&store->work);
	pthread_mutex_unlock(&store->lock);
}

/* Others may be in the way for a moment, or a check for some minutes. */
static int
insist(struct sq_job *job, sqlite3 *db, int (*attempt)(sqlite3 *db))
{
	const struct timespec pause = { .tv_nsec = CLEAR_PAUSE_MS * 1000000L };
	int result = SQLITE_BUSY;

	while ((result & 0xff) == SQLITE_BUSY && !sq_job_stops(job)) {
		pthread_mutex_lock(&job->store->checkpointing);
		result = attempt(db);
		pthread_mutex_unlock(&job->store->checkpointing);
		if ((result & 0xff) == SQLITE_BUSY)
			(void)nanosleep(&pause, NULL);
	}
	return result;
}

static int
rewrite(sqlite3 *db)
{
	return sqlite3_exec(db, "VACUUM", NULL, NULL, NULL);
}

static int
note_cleared(sqlite3 *db)
{
	return sqlite3_exec(db, "DELETE FROM meta WHERE name = 'clear_due'", NULL, NULL, NULL);
}

static int
empty_log(sqlite3 *db)
{
	return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/*
 * Deleting overwrites rows where they are, but pages that were split have parts of rows in what
 * is now unused of them: only writing the file anew leaves nothing.
 */
static void
clear(struct sq_job *job, sqlite3 *db)
{
	int result = sqlite3_exec(db, "PRAGMA temp_store = FILE", NULL, NULL, NULL);

	pause_writer(job->store, true);
	if (result == SQLITE_OK)
		result = insist(job, db, rewrite);
	if (result == SQLITE_OK)
		result = insist(job, db, note_cleared);
	pause_writer(job->store, false);
	if (result == SQLITE_OK)
		result = insist(job, db, empty_log);
	(void)sq_job_say(job, result == SQLITE_OK, "%s", sqlite3_errmsg(db));
}

static void
work(struct sq_job *job, sqlite3 *db)
{
	sqlite3_progress_handler(db, LOOK_STEPS, sq_job_stops, job);
	sq_job_works_on(job, db);
	if (job->clearing)
		clear(job, db);
	else if (job->kind == STORE_CHECK)
		(void)check(job, db);
	else
		(void)back_up(job, db);
	sq_job_works_on(job, NULL);
}

static void *
job_main(void *context)
{
	struct sq_job *job = context;
	struct store_sqlite *store = job->store;
	int flags = job->clearing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	sqlite3 *db = NULL;

	if (!job->clearing && job->kind == STORE_RESTORE)
		(void)sq_stage_restore(job);
	else if (sq_connect(store->path, flags, &db) == SQLITE_OK)
		work(job, db);
	else
		(void)sq_job_say(job, false, "the store's file cannot be opened");
	sqlite3_close(db);
	pthread_mutex_lock(&store->lock);
	job->ended = true;
	pthread_mutex_unlock(&store->lock);
	sq_wake(store);
	return NULL;
}

/* What was forgotten comes first, then what was asked for. */
static void
proceed(struct sq_job *job)
{
	if (job->running)
		return;
	pthread_mutex_lock(&job->store->lock);
	job->clearing = job->store->forgotten;
	job->store->forgotten = false;
	pthread_mutex_unlock(&job->store->lock);
	if (!job->clearing && job->done == NULL)
		return;
	job->running = pthread_create(&job->thread, NULL, job_main, job) == 0;
	if (job->running)
		return;
	(void)sq_job_say(job, false, "no thread can be started for it");
	pthread_mutex_lock(&job->store->lock);
	job->ended = !job->clearing;
	job->store->forgotten = job->clearing;
	pthread_mutex_unlock(&job->store->lock);
}

static struct sq_job *
job_of(struct store_sqlite *store)
{
	struct sq_job *job = store->job;

	if (job != NULL)
		return job;
	job = calloc(1, sizeof(*job));
	if (job != NULL)
		job->store = store;
	store->job = job;
	return job;
}

bool
sq_start_job(
    struct store *base, enum store_job kind, struct text path, store_job_fn *done, void *context)
{
	struct sq_job *job = job_of(sq_self(base));
	char *copy;

	if (job == NULL || job->done != NULL ||
	    (path.length > 0 && memchr(path.data, '\0', path.length) != NULL))
		return false;
	if (kind != STORE_CHECK && (path.length == 0 || path.data[0] != '/'))
		return false;
	copy = text_duplicate(path);
	if (copy == NULL)
		return false;
	job->kind = kind;
	job->path = copy;
	job->done = done;
	job->context = context;
	proceed(job);
	return true;
}

bool
sq_prepare_to_forget(struct store_sqlite *store)
{
	return job_of(store) != NULL;
}

/* On the writer; it is cleared once its transaction is at its end, which VACUUM awaits. */
void
sq_forgotten(struct store_sqlite *store)
{
	pthread_mutex_lock(&store->lock);
	store->forgotten = true;
	pthread_mutex_unlock(&store->lock);
}

void
sq_resume_clearing(struct store_sqlite *store)
{
	int64_t due = 0;

	if (sq_meta_get(store->reader.db, "clear_due", &due) != SQLITE_OK || due == 0 ||
	    job_of(store) == NULL)
		return;
	sq_forgotten(store);
	sq_wake(store);
}

static void
tell_end(struct sq_job *job)
{
	store_job_fn *done = job->done;

	job->done = NULL;
	free(job->path);
	job->path = NULL;
	done(job->context, job->succeeded, job->sentence);
}

void
sq_job_poll(struct store_sqlite *store)
{
	struct sq_job *job = store->job;
	bool ended;

	if (job == NULL)
		return;
	pthread_mutex_lock(&store->lock);
	ended = job->ended;
	job->ended = false;
	pthread_mutex_unlock(&store->lock);
	if (ended && job->running)
		pthread_join(job->thread, NULL);
	if (ended) {
		job->running = false;
		if (!job->clearing)
			tell_end(job);
		else if (!job->succeeded)
			log_warn(store->log,
			    "parts of what was forgotten may be left in the file until it is"
			    " overwritten",
			    log_string("reason", job->sentence));
	}
	proceed(job);
}

static void
stop(struct sq_job *job)
{
	pthread_mutex_lock(&job->store->lock);
	job->stop = true;
	if (job->db != NULL)
		sqlite3_interrupt(job->db);
	pthread_mutex_unlock(&job->store->lock);
}

/* An interrupt that comes just before a step has no effect: it is said again. */
static bool
has_joined(struct sq_job *job)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_AGAIN_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return pthread_timedjoin_np(job->thread, NULL, &until) == 0;
}

void
sq_job_close(struct store_sqlite *store)
{
	struct sq_job *job = store->job;

	if (job == NULL)
		return;
	do
		stop(job);
	while (job->running && !has_joined(job));
	free(job->path);
	free(job);
	store->job = NULL;
}
