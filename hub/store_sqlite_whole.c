/*
 * What reads or changes all of the file: the export, the numbers, and forgetting a user. The first
 * two read on the loop, in portions; forgetting is the writer's.
 */
#include "hub/store_sqlite_jobs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A cursor of the export: the stream's row and a seq below; the uppermost bit is RAM's part. */
#define SEQ_BITS 36u
#define IN_MEMORY (UINT64_C(1) << 63)

/* So many streams are counted; of more, these stand for all. */
#define COUNTED_STREAMS 2000

static struct text
column(sqlite3_stmt *at, int place)
{
	const char *bytes = sqlite3_column_blob(at, place);

	return (struct text){ bytes == NULL ? "" : bytes, (size_t)sqlite3_column_bytes(at, place) };
}

static struct store_message
row_of(sqlite3_stmt *at)
{
	return (struct store_message){
		.stream = column(at, 2),
		.epoch = (uint64_t)sqlite3_column_int64(at, 3),
		.seq = (uint64_t)sqlite3_column_int64(at, 1),
		.wall_ms = sqlite3_column_int64(at, 4),
		.from = (uint32_t)sqlite3_column_int64(at, 5),
		.from_user = column(at, 6),
		.from_name = column(at, 7),
		.content = column(at, 8),
		.extra = column(at, 9),
	};
}

/* Rows from behind the cursor; *more_out if there may be further ones. */
static int
export_rows(sqlite3_stmt *at, uint64_t *cursor, unsigned limit, store_message_fn *row,
    void *context, bool *more_out)
{
	unsigned rows = 0;
	int result;

	for (result = sqlite3_step(at); result == SQLITE_ROW; result = sqlite3_step(at)) {
		struct store_message message = row_of(at);

		if (!row(context, &message)) {
			*more_out = true;
			return SQLITE_OK;
		}
		*cursor = (uint64_t)sqlite3_column_int64(at, 0) << SEQ_BITS | message.seq;
		rows++;
	}
	*more_out = rows == limit;
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static bool
export_memory(struct store_sqlite *store, uint64_t *cursor, unsigned limit, store_message_fn *row,
    void *context)
{
	uint64_t inner = *cursor & ~IN_MEMORY;

	if (!store->memory->ops->export_page(store->memory, &inner, limit, row, context))
		return false;
	*cursor = inner == 0 ? 0 : inner | IN_MEMORY;
	return true;
}

bool
sq_export_page(
    struct store *base, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	static const char sql[] =
	    "SELECT m.stream, m.seq, s.name, s.epoch, m.wall_ms, m.client, m.user, m.name,"
	    " m.content, m.extra FROM messages m CROSS JOIN streams s ON s.id = m.stream"
	    " WHERE (m.stream, m.seq) > (?1, ?2) ORDER BY m.stream, m.seq LIMIT ?3";
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = NULL;
	bool more = false;
	int result;

	if ((*cursor & IN_MEMORY) != 0)
		return export_memory(store, cursor, limit, row, context);
	result = sqlite3_prepare_v2(store->reader.db, sql, -1, &at, NULL);
	if (result == SQLITE_OK) {
		sqlite3_bind_int64(at, 1, (int64_t)(*cursor >> SEQ_BITS));
		sqlite3_bind_int64(at, 2, (int64_t)(*cursor & ((UINT64_C(1) << SEQ_BITS) - 1)));
		sqlite3_bind_int64(at, 3, limit);
		result = export_rows(at, cursor, limit, row, context, &more);
	}
	sqlite3_finalize(at);
	if (result != SQLITE_OK)
		return false;
	if (!more) {
		/* Whether RAM has any is seen with the next page. */
		struct store_stats stats;

		store->memory->ops->stats(store->memory, &stats);
		*cursor = stats.messages > 0 ? IN_MEMORY : 0;
	}
	return true;
}

/*
 * Streams have no gaps, so their first and last tell how many there are: the rows themselves are
 * never read for it.
 */
static uint64_t
count_messages(sqlite3 *db, uint64_t streams)
{
	char sql[320];
	int64_t messages = 0;

	snprintf(sql, sizeof(sql),
	    "SELECT coalesce(sum((SELECT max(seq) FROM messages WHERE stream = s.id) -"
	    " (SELECT min(seq) FROM messages WHERE stream = s.id) + 1), 0)"
	    " FROM (SELECT id FROM streams ORDER BY id LIMIT %d) s",
	    COUNTED_STREAMS);
	(void)sq_ask(db, sql, &messages);
	if (streams > COUNTED_STREAMS)
		return (uint64_t)messages * streams / COUNTED_STREAMS;
	return (uint64_t)messages;
}

void
sq_stats(struct store *base, struct store_stats *stats_out)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3 *db = store->reader.db;
	struct store_stats memory;
	struct stat facts;
	int64_t streams = 0;
	int64_t users = 0;
	int64_t version = 0;

	store->memory->ops->stats(store->memory, &memory);
	(void)sq_ask(db, "SELECT count(*) FROM streams", &streams);
	(void)sq_ask(db, "SELECT count(*) FROM users", &users);
	(void)sq_ask(db, "PRAGMA user_version", &version);
	*stats_out = (struct store_stats){
		.file_bytes = stat(store->path, &facts) == 0 ? (uint64_t)facts.st_size : 0,
		.streams = (uint64_t)streams + memory.streams,
		.messages = count_messages(db, (uint64_t)streams) + memory.messages,
		.users = (uint64_t)users,
		.batches = store->batches,
		.failures = store->failures,
		.schema_version = (uint64_t)version,
	};
	pthread_mutex_lock(&store->lock);
	stats_out->wal_bytes = store->wal_bytes;
	snprintf(stats_out->state, sizeof(stats_out->state), "%s",
	    store->broken[0] != '\0'  ? store->broken
	    : store->state[0] != '\0' ? store->state
				      : "ok");
	pthread_mutex_unlock(&store->lock);
}

static bool
remove_inbox(struct store *base, struct text realm, struct text user)
{
	struct buffer name;
	bool taken;

	buffer_init(&name, 0);
	buffer_append_string(&name, "inbox/");
	buffer_append_text(&name, realm);
	buffer_append_byte(&name, '/');
	buffer_append_text(&name, user);
	taken = !name.failed && base->ops->remove_stream(base, buffer_text(&name));
	buffer_free(&name);
	return taken;
}

/* The inbox first: what it held is cleared with all that was given up before. */
bool
sq_forget(struct store *base, struct text realm, struct text user)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op;

	if (!sq_prepare_to_forget(store) || !remove_inbox(base, realm, user))
		return false;
	op = sq_push(store, SQ_FORGET);
	if (op == NULL)
		return false;
	op->body.user.realm = realm;
	op->body.user.id = user;
	return sq_batch_copy(store->open, &op->body.user.realm) &&
	       sq_batch_copy(store->open, &op->body.user.id) &&
	       store->memory->ops->forget(store->memory, realm, user);
}

static int
run_forget(sqlite3 *db, const char *sql, struct text realm, struct text user)
{
	sqlite3_stmt *at = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_bind_blob(at, 1, realm.data, (int)realm.length, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_bind_blob(at, 2, user.data, (int)user.length, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	sqlite3_finalize(at);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* Rooms, which tell nobody's realm, and the inboxes of this realm's users. */
#define WHERE_IT_SPEAKS                               \
	" (SELECT id FROM streams WHERE inbox = 0 OR" \
	" substr(name, 1, 7 + length(?1)) = CAST('inbox/' || ?1 || '/' AS BLOB))"

int
sq_apply_forget(struct store_sqlite *store, struct text realm, struct text user)
{
	static const char *const steps[] = {
		"UPDATE streams SET bytes = max(0, bytes - coalesce((SELECT sum(length(content))"
		" FROM messages m WHERE m.stream = streams.id AND m.user = ?2), 0))"
		" WHERE id IN" WHERE_IT_SPEAKS,
		"UPDATE messages SET client = 0, user = x'', name = x'', content = x'',"
		" extra = x'' WHERE user = ?2 AND stream IN" WHERE_IT_SPEAKS,
		"DELETE FROM ids WHERE sender = CAST(?1 || '/' || ?2 AS BLOB) OR user = ?2",
		"DELETE FROM users WHERE realm = ?1 AND id = ?2",
	};
	sqlite3 *db = store->writer.db;
	int result = SQLITE_OK;

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]) && result == SQLITE_OK; i++)
		result = run_forget(db, steps[i], realm, user);
	/* Its inbox, and whatever else was given up but not cleared away yet. */
	if (result == SQLITE_OK)
		result = sq_sweep_doomed(store, UINT_MAX);
	/* A life that ends before the file is cleared leaves it to the next. */
	if (result == SQLITE_OK)
		result = sq_meta_set(db, "clear_due", 1);
	if (result == SQLITE_OK)
		sq_forgotten(store);
	return result;
}
