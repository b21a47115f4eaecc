/*
 * Going back to a copy of the store. While the hub runs, the copy is checked and laid beside the
 * store; at the next start it takes the store's place, under new epochs, so that no number said
 * before is ever said of another message. Interrupted anywhere, the next start goes on with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/store_sqlite_jobs.h"

#define COPY_BYTES 65536u

/* Where the present file cannot say how many ordinals were given: more than a copy can miss. */
#define ORDINALS_SKIPPED (INT64_C(1) << 24)
#define ORDINALS_END ((int64_t)UINT32_MAX + 1)

static char *
beside(const char *path, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", path, suffix) < 0 ? NULL : name;
}

/* A copy of a running store's file alone is not a copy: the rest is in its log. */
static bool
has_log(const char *path)
{
	char *log = beside(path, "-wal");
	struct stat facts;
	bool has = log != NULL && stat(log, &facts) == 0 && facts.st_size > 0;

	free(log);
	return has;
}

static bool
write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(fd, bytes, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return true;
}

static bool
copy_bytes(struct sq_job *job, int from, int to)
{
	char *bytes = malloc(COPY_BYTES);
	ssize_t got = bytes == NULL ? -1 : 1;

	while (got > 0 && !sq_job_stops(job)) {
		got = read(from, bytes, COPY_BYTES);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0 && !write_all(to, bytes, (size_t)got))
			got = -1;
	}
	free(bytes);
	return got == 0 && fsync(to) == 0;
}

static void
drop_part(const char *part)
{
	static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };

	for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *name = beside(part, suffixes[i]);

		if (name != NULL)
			(void)unlink(name);
		free(name);
	}
}

static bool
copy_file(struct sq_job *job, const char *part)
{
	int from = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat facts;
	int to;
	bool copied;

	if (from < 0)
		return sq_job_say(job, false, "the file cannot be opened: %s", strerror(errno));
	if (fstat(from, &facts) != 0 || !S_ISREG(facts.st_mode) || has_log(job->path)) {
		close(from);
		return sq_job_say(job, false,
		    "this is not a copy that a backup made: it must be one file, with no log");
	}
	/* With what an interrupted one left: SQLite would take its journal for this one's. */
	drop_part(part);
	to = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	copied = to >= 0 && copy_bytes(job, from, to);
	if (!copied)
		(void)sq_job_say(job, false, "it cannot be copied beside the store: %s",
		    sq_job_stops(job) ? "the hub stops" : strerror(errno));
	close(from);
	if (to >= 0)
		close(to);
	return copied;
}

static bool
is_whole(sqlite3 *db)
{
	sqlite3_stmt *at = NULL;
	const char *words = NULL;
	bool whole;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &at, NULL) == SQLITE_OK &&
	    sqlite3_step(at) == SQLITE_ROW)
		words = (const char *)sqlite3_column_text(at, 0);
	whole = words != NULL && strcmp(words, "ok") == 0;
	sqlite3_finalize(at);
	return whole;
}

static bool
examine_open(struct sq_job *job, sqlite3 *db)
{
	int64_t owner = 0;
	int64_t version = 0;

	sqlite3_progress_handler(db, 20000, sq_job_stops, job);
	if (sq_ask(db, "PRAGMA application_id", &owner) != SQLITE_OK ||
	    sq_ask(db, "PRAGMA user_version", &version) != SQLITE_OK ||
	    owner != SQ_APPLICATION_ID || version < 1)
		return sq_job_say(job, false, "the file is not a Hubbub store");
	if (version > sq_schema_version)
		return sq_job_say(job, false,
		    "the file was written by a newer Hubbub (schema %lld, this one knows %d)",
		    (long long)version, sq_schema_version);
	if (!is_whole(db))
		return sq_job_say(job, false, "the file is damaged: %s", sqlite3_errmsg(db));
	/* It may itself stem from a store that was restored. */
	if (sqlite3_exec(db, "DELETE FROM meta WHERE name = 'restore_ready'", NULL, NULL, NULL) !=
	    SQLITE_OK)
		return sq_job_say(job, false, "the copy cannot be used: %s", sqlite3_errmsg(db));
	return true;
}

static bool
examine(struct sq_job *job, const char *part)
{
	sqlite3 *db = NULL;
	bool good;

	if (sqlite3_open_v2(part, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		good = sq_job_say(job, false, "the copy cannot be opened");
	else {
		sq_job_works_on(job, db);
		good = examine_open(job, db);
		sq_job_works_on(job, NULL);
	}
	sqlite3_close(db);
	return good;
}

bool
sq_stage_restore(struct sq_job *job)
{
	char *part = beside(job->store->path, ".restore-part");
	char *staged = beside(job->store->path, ".restore");
	bool done = false;

	if (part == NULL || staged == NULL)
		(void)sq_job_say(job, false, "there is not enough memory");
	else if (copy_file(job, part) && examine(job, part)) {
		done = rename(part, staged) == 0 && sq_sync_folder(staged);
		(void)sq_job_say(job, done, "%s",
		    done ? "the file is whole; the hub takes it when it starts the next time"
			 : strerror(errno));
	}
	if (part != NULL && !done)
		drop_part(part);
	free(part);
	free(staged);
	return done;
}

/* What the store that is to be replaced says of its client_ids; false if it says nothing. */
static bool
read_ordinals(const char *path, int64_t *key_out, int64_t *reserved_out)
{
	sqlite3 *db = NULL;
	int64_t key = 0;
	int64_t reserved = -1;
	bool known;

	known = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sq_meta_get(db, "clients_key", &key) == SQLITE_OK &&
		sq_meta_get(db, "clients_reserved", &reserved) == SQLITE_OK && reserved >= 0;
	sqlite3_close(db);
	if (known) {
		*key_out = key;
		*reserved_out = reserved;
	}
	return known;
}

/* client_ids go on where the present file stands: what was given once is not given again. */
static int
carry_ordinals(sqlite3 *db, const char *present)
{
	int64_t key = 0;
	int64_t reserved = 0;
	int64_t present_key;
	int64_t present_reserved;
	int result = sq_meta_get(db, "clients_key", &key);

	if (result == SQLITE_OK)
		result = sq_meta_get(db, "clients_reserved", &reserved);
	if (result != SQLITE_OK)
		return result;
	if (read_ordinals(present, &present_key, &present_reserved)) {
		if (key != present_key || reserved < present_reserved)
			reserved = present_reserved;
		key = present_key;
	} else {
		reserved = reserved + ORDINALS_SKIPPED < ORDINALS_END ? reserved + ORDINALS_SKIPPED
								      : ORDINALS_END;
	}
	result = sq_meta_set(db, "clients_key", key);
	return result == SQLITE_OK ? sq_meta_set(db, "clients_reserved", reserved) : result;
}

/* New epochs, once: the mark in the file says that it was done. */
static int
make_ready(sqlite3 *db, const char *present)
{
	int64_t ready = 0;
	int result = sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = sq_migrate(db, 0);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sq_meta_get(db, "restore_ready", &ready);
	if (result == SQLITE_OK && ready == 0)
		result = sq_renew_epochs(db, STORE_DISK, random_system());
	if (result == SQLITE_OK && ready == 0)
		result = carry_ordinals(db, present);
	/* Whom the hub knew when the copy was made tells nothing of who is there now. */
	if (result == SQLITE_OK && ready == 0)
		result = sqlite3_exec(db, "DELETE FROM gateways", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sq_meta_set(db, "restore_ready", 1);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return result;
}

/* The present file steps aside with its log; a log left behind would be read into the copy. */
static bool
step_aside(const char *path)
{
	static const char *const suffixes[] = { "", "-wal" };
	char *index = beside(path, "-shm");
	bool moved = index != NULL;

	for (unsigned i = 0; i < 2 && moved; i++) {
		char *from = beside(path, suffixes[i]);
		char *replaced = beside(path, ".replaced");
		char *to = replaced == NULL ? NULL : beside(replaced, suffixes[i]);

		moved = from != NULL && to != NULL && (rename(from, to) == 0 || errno == ENOENT);
		free(from);
		free(to);
		free(replaced);
	}
	if (moved)
		(void)unlink(index);
	free(index);
	return moved && sq_sync_folder(path);
}

/* One that was replaced earlier is not mixed with this one; not once this one has stepped aside. */
static void
drop_former(const char *path)
{
	char *replaced = access(path, F_OK) == 0 ? beside(path, ".replaced") : NULL;

	if (replaced != NULL)
		drop_part(replaced);
	free(replaced);
}

static bool
take(const char *path, const char *staged, char *error, size_t error_size)
{
	sqlite3 *db = NULL;
	int result = sqlite3_open_v2(staged, &db, SQLITE_OPEN_READWRITE, NULL);

	if (result == SQLITE_OK)
		result = make_ready(db, path);
	if (result != SQLITE_OK)
		snprintf(error, error_size,
		    "%s cannot take the store's place (%s): remove it to go on without", staged,
		    db == NULL ? "no memory" : sqlite3_errmsg(db));
	sqlite3_close(db);
	if (result != SQLITE_OK)
		return false;
	drop_former(path);
	if (step_aside(path) && rename(staged, path) == 0 && sq_sync_folder(path))
		return true;
	snprintf(
	    error, error_size, "%s cannot take the store's place: %s", staged, strerror(errno));
	return false;
}

bool
sq_take_restore(const struct store_sqlite_setup *setup, char *error, size_t error_size)
{
	char *staged = beside(setup->path, ".restore");
	bool taken;

	if (staged == NULL) {
		snprintf(error, error_size, "there is not enough memory for the store");
		return false;
	}
	taken = access(staged, F_OK) != 0 || take(setup->path, staged, error, error_size);
	free(staged);
	return taken;
}
