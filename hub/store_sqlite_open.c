/*
 * From a path to a store at work: connections, what the file says of the life before, what is
 * reserved for this one. Whatever is refused is left as it was.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "hub/store_sqlite_check.h"
#include "hub/store_sqlite_jobs.h"
#include "hub/store_sqlite_loop.h"
#include "hub/store_sqlite_past.h"

#define CHECKPOINT_BYTES (UINT64_C(4) * 1024 * 1024)
#define COPY_BYTES 65536
#define BOOT_PATH "/proc/sys/kernel/random/boot_id"

/* As in store_sqlite.c: what is reserved beyond what may have been given. */
#define ORDINALS_AHEAD 65536
#define ORDINALS_END ((int64_t)UINT32_MAX + 1)

/*
 * Mapping the file is no gain here, and would turn a bad block into the end of the process. What
 * is deleted is overwritten: bytes left lying in the file could not be forgotten later.
 */
static const char settings[] =
    "PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;"
    "PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192";

int
sq_connect(const char *path, int flags, sqlite3 **db_out)
{
	int result = sqlite3_open_v2(path, db_out, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (result != SQLITE_OK)
		return result;
	sqlite3_extended_result_codes(*db_out, 1);
	sqlite3_busy_timeout(*db_out, SQ_BUSY_MS);
	(void)sqlite3_db_config(*db_out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Closing is ours to plan: the last connection shall not checkpoint behind our back. */
	(void)sqlite3_db_config(*db_out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return sqlite3_exec(*db_out, settings, NULL, NULL, NULL);
}

sqlite3_stmt *
sq_statement(struct sq_connection *connection, unsigned place, const char *sql)
{
	sqlite3_stmt **at = &connection->statements[place];

	if (*at == NULL && sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       at, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_reset(*at);
	return *at;
}

void
sq_disconnect(struct sq_connection *connection)
{
	for (unsigned i = 0; i < SQ_STATEMENTS; i++)
		sqlite3_finalize(connection->statements[i]);
	memset(connection->statements, 0, sizeof(connection->statements));
	sqlite3_close(connection->db);
	connection->db = NULL;
}

static bool
refuse(const struct store_sqlite *store, const char *why, char *error, size_t error_size)
{
	snprintf(error, error_size, "the store %s %s", store->path, why);
	return false;
}

static bool
refuse_for(const struct store_sqlite *store, sqlite3 *db, char *error, size_t error_size)
{
	snprintf(error, error_size, "the store %s cannot be used: %s", store->path,
	    db == NULL ? "there is not enough memory" : sqlite3_errmsg(db));
	return false;
}

static int
ask(sqlite3 *db, const char *sql, int64_t *value_out)
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

/* Ours, and not of a later build; a file without anything in it may become ours. */
static bool
check_owner(struct store_sqlite *store, char *error, size_t error_size)
{
	sqlite3 *db = store->writer.db;
	int64_t owner = 0;
	int64_t version = 0;
	int64_t tables = 0;
	char why[160];
	int result = ask(db, "PRAGMA application_id", &owner);

	if (result == SQLITE_OK)
		result = ask(db, "PRAGMA user_version", &version);
	if (result == SQLITE_OK)
		result = ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (result == SQLITE_NOTADB)
		return refuse(
		    store, "is not a Hubbub store; it is left as it is", error, error_size);
	if (result != SQLITE_OK)
		return refuse_for(store, db, error, error_size);
	if (owner != SQ_APPLICATION_ID && (owner != 0 || version != 0 || tables != 0))
		return refuse(store, "is a database of another program; it is left as it is", error,
		    error_size);
	if (version <= sq_schema_version)
		return true;
	snprintf(why, sizeof(why), "was written by a newer Hubbub (schema %lld, this one knows %d)",
	    (long long)version, sq_schema_version);
	return refuse(store, why, error, error_size);
}

static int
use_wal(sqlite3 *db)
{
	sqlite3_stmt *at = NULL;
	int result = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &at, NULL);
	const char *mode;

	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	if (result == SQLITE_ROW) {
		mode = (const char *)sqlite3_column_text(at, 0);
		result = mode != NULL && strcmp(mode, "wal") == 0 ? SQLITE_OK : SQLITE_CANTOPEN;
	}
	sqlite3_finalize(at);
	return result;
}

/* All of it is read and written where it was. */
static int
write_again(sqlite3_file *file, char *bytes, sqlite3_int64 length)
{
	int result = SQLITE_OK;

	for (sqlite3_int64 at = 0; at < length && result == SQLITE_OK; at += COPY_BYTES) {
		int part = length - at < COPY_BYTES ? (int)(length - at) : COPY_BYTES;

		result = file->pMethods->xRead(file, bytes, part, at);
		if (result == SQLITE_OK)
			result = file->pMethods->xWrite(file, bytes, part, at);
	}
	return result == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : result;
}

/*
 * A disk that did not take a part of the log may have ended the life before; the kernel then shows
 * that part to us as if it were kept, and never writes it. So what the log says is made true before
 * anybody is told of it or it is moved into the file.
 */
static int
renew_log(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 length = 0;
	char *bytes;
	int result = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);

	if (result != SQLITE_OK || file == NULL || file->pMethods == NULL)
		return result;
	result = file->pMethods->xFileSize(file, &length);
	if (result != SQLITE_OK || length == 0)
		return result;
	bytes = malloc(COPY_BYTES);
	result = bytes == NULL ? SQLITE_NOMEM : write_again(file, bytes, length);
	free(bytes);
	return result;
}

/* Nobody else writes to the log meanwhile. */
static int
lock_and_renew_log(sqlite3 *db)
{
	int result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = renew_log(db);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return result;
}

static int
bound_size(struct store_sqlite *store)
{
	char sql[80];

	if (store->bytes_max == 0)
		return SQLITE_OK;
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %llu",
	    (unsigned long long)(store->bytes_max / SQ_PAGE_BYTES));
	return sqlite3_exec(store->writer.db, sql, NULL, NULL, NULL);
}

/* Fifteen of its hexadecimal digits: more than enough to tell two lives of a machine apart. */
static int64_t
boot_number(const char *boot)
{
	char digits[16];
	unsigned count = 0;

	for (; *boot != '\0' && count < sizeof(digits) - 1; boot++) {
		if (*boot != '-')
			digits[count++] = *boot;
	}
	digits[count] = '\0';
	return (int64_t)strtoull(digits, NULL, 16);
}

/*
 * What was written with durability normal may have been lost with the machine's last life: its
 * numbers could be given again to other messages, so they begin anew.
 */
static int
follow_boot(struct store_sqlite *store)
{
	sqlite3 *db = store->writer.db;
	int64_t present = boot_number(store->boot);
	int64_t boot = present;
	int64_t clean = 1;
	int result = sq_meta_get(db, "boot", &boot);

	if (result == SQLITE_OK)
		result = sq_meta_get(db, "clean", &clean);
	if (result == SQLITE_OK && boot != present && clean == 0)
		result = sq_renew_epochs(db, STORE_NORMAL, store->world.random);
	/* With the machine its processes ended: nobody is to be waited for. */
	if (result == SQLITE_OK && boot != present)
		result = sqlite3_exec(db, "DELETE FROM gateways", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sq_meta_set(db, "boot", present);
	return result == SQLITE_OK ? sq_meta_set(db, "clean", 0) : result;
}

static int
take_ordinals(struct store_sqlite *store)
{
	sqlite3 *db = store->writer.db;
	int64_t key = (int64_t)random_u64(store->world.random);
	int64_t next = 0;
	int64_t reserved;
	int result = sq_meta_get(db, "clients_key", &key);

	if (result == SQLITE_OK)
		result = sq_meta_get(db, "clients_reserved", &next);
	reserved = next + ORDINALS_AHEAD < ORDINALS_END ? next + ORDINALS_AHEAD : ORDINALS_END;
	store->ordinals.key = (uint64_t)key;
	store->ordinals.next = (uint64_t)next;
	store->ordinals.reserved = (uint64_t)reserved;
	if (result == SQLITE_OK)
		result = sq_meta_set(db, "clients_key", key);
	return result == SQLITE_OK ? sq_meta_set(db, "clients_reserved", reserved) : result;
}

static int
take_streams(struct store_sqlite *store)
{
	sqlite3 *db = store->writer.db;
	int64_t last = 0;
	int result = ask(db,
	    "SELECT max(coalesce((SELECT max(id) FROM streams), 0),"
	    " coalesce((SELECT max(stream) FROM messages), 0),"
	    " coalesce((SELECT max(stream) FROM doomed), 0))",
	    &last);
	store->next_stream = last + 1;
	return result;
}

static int
begin_life(struct store_sqlite *store)
{
	sqlite3 *db = store->writer.db;
	int result = sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);

	store->upkeep.synchronous = 1;
	if (result == SQLITE_OK)
		result = use_wal(db);
	if (result == SQLITE_OK)
		result = lock_and_renew_log(db);
	if (result == SQLITE_OK)
		result = sq_migrate(db, 0);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = follow_boot(store);
	if (result == SQLITE_OK)
		result = take_ordinals(store);
	if (result == SQLITE_OK)
		result = take_streams(store);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return result == SQLITE_OK ? bound_size(store) : result;
}

static bool
open_database(struct store_sqlite *store, char *error, size_t error_size)
{
	char why[160];
	int result;

	if (sq_connect(store->path, SQLITE_OPEN_READWRITE, &store->writer.db) != SQLITE_OK &&
	    sqlite3_errcode(store->writer.db) != SQLITE_NOTADB)
		return refuse_for(store, store->writer.db, error, error_size);
	if (!check_owner(store, error, error_size))
		return false;
	result = begin_life(store);
	/* What the connection says by now is how the rolling back went. */
	if (result != SQLITE_OK) {
		snprintf(why, sizeof(why), "cannot be used: %s", sqlite3_errstr(result));
		return refuse(store, why, error, error_size);
	}
	if (sq_connect(store->path, SQLITE_OPEN_READONLY, &store->reader.db) != SQLITE_OK)
		return refuse_for(store, store->reader.db, error, error_size);
	if (!sq_past_begin(store))
		return refuse_for(store, store->reader.db, error, error_size);
	if (sq_connect(store->path, SQLITE_OPEN_READWRITE, &store->keeper) != SQLITE_OK)
		return refuse_for(store, store->keeper, error, error_size);
	return true;
}

static void
add_metrics(struct sq_metrics *own, struct metrics *metrics)
{
	own->commit_seconds = metrics_histogram(metrics, "hubbub_store_commit_seconds", NULL,
	    "From taking up batches to their commit.", 50, 16, 1e6);
	own->batches = metrics_counter(
	    metrics, "hubbub_store_batches_total", NULL, "Batches that were committed.");
	own->failures = metrics_counter(metrics, "hubbub_store_batches_failed_total", NULL,
	    "Batches that could not be committed.");
	own->file_bytes =
	    metrics_gauge(metrics, "hubbub_store_file_bytes", NULL, "Size of the store's file.");
	own->wal_bytes = metrics_gauge(metrics, "hubbub_store_wal_bytes", NULL,
	    "What is written but not yet in the file itself.");
}

static bool
prepare(struct store_sqlite *store, const struct store_sqlite_setup *setup,
    const struct sq_world *world)
{
	store->store.ops = &store->ops;
	store->ops = sq_ops;
	store->durability = store->ops.durability = setup->durability;
	store->bytes_max = setup->bytes_max;
	store->read_keep_ms = setup->read_keep_ms;
	store->log = setup->log;
	store->world = *world;
	if (store->world.checkpoint_bytes == 0)
		store->world.checkpoint_bytes = CHECKPOINT_BYTES;
	snprintf(store->boot, sizeof(store->boot), "%s", world->boot);
	store->key.words[0] = random_u64(world->random);
	store->key.words[1] = random_u64(world->random);
	table_init(&store->by_name);
	add_metrics(&store->metrics, setup->metrics);
	store->memory = store_memory_open(random_u64(world->random));
	store->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	store->lock_fd = -1;
	store->path = strdup(setup->path);
	return pthread_mutex_init(&store->lock, NULL) == 0 &&
	       pthread_mutex_init(&store->checkpointing, NULL) == 0 &&
	       pthread_cond_init(&store->work, NULL) == 0 &&
	       pthread_cond_init(&store->upkept, NULL) == 0 &&
	       pthread_cond_init(&store->reserved, NULL) == 0 && store->memory != NULL &&
	       store->wake_fd >= 0 && store->path != NULL &&
	       asprintf(&store->lock_path, "%s.lock", setup->path) > 0;
}

/* Embedded: what it says of its batches is nobody's business. */
static void
ignore_completed(void *context, uint64_t batch, bool committed)
{
	(void)context;
	(void)batch;
	(void)committed;
}

struct store *
sq_open_in(const struct store_sqlite_setup *setup, const struct sq_world *world, char *error,
    size_t error_size)
{
	struct store_sqlite *store = calloc(1, sizeof(*store));
	struct store *base;
	bool opened;

	snprintf(error, error_size, "there is not enough memory for the store");
	if (store == NULL)
		return NULL;
	base = &store->store;
	opened = prepare(store, setup, world);
	if (opened)
		store->memory->completed = ignore_completed;
	opened = opened && sq_file_open(store, setup, error, error_size) &&
		 open_database(store, error, error_size);
	if (opened && !(sq_threads_start(store) && sq_past_read(store))) {
		snprintf(error, error_size, "the store's threads cannot be started");
		opened = false;
	}
	if (opened)
		sq_resume_clearing(store);
	else
		store_close(&base);
	return base;
}

static int64_t
system_wall_ms(void *context)
{
	(void)context;
	return clock_now().wall_ms;
}

struct store *
store_sqlite_open(const struct store_sqlite_setup *setup, char *error, size_t error_size)
{
	char boot[SQ_BOOT_SIZE] = "";
	struct sq_world world = {
		.boot = boot,
		.wall_ms = system_wall_ms,
		.check_whole_bytes = SQ_CHECK_WHOLE_BYTES,
		.random = random_system(),
	};
	FILE *file = fopen(BOOT_PATH, "re");

	/* Without it every start counts as one of the same machine's life. */
	if (file != NULL && fgets(boot, sizeof(boot), file) != NULL)
		boot[strcspn(boot, "\n")] = '\0';
	if (file != NULL)
		(void)fclose(file);
	return sq_open_in(setup, &world, error, error_size);
}
