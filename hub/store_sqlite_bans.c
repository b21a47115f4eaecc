/*
 * Bans in the file: on their way to the writer, what the writer does, how they are read. What they
 * mean is bans.c's.
 */
#include "hub/store_sqlite_loop.h"

/* Statements, in the gap that the other files of each connection leave. */
enum {
	WRITER_PUT = 21,
	WRITER_REMOVE = 22,
	READER_ALL = 16,
};

static bool
push(struct store *base, enum sq_op_kind kind, const struct store_ban *ban)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_op *op = sq_push(store, kind);

	if (op == NULL)
		return false;
	op->body.ban = *ban;
	store->open->synced = true;
	return sq_batch_copy(store->open, &op->body.ban.realm) &&
	       sq_batch_copy(store->open, &op->body.ban.value) &&
	       sq_batch_copy(store->open, &op->body.ban.reason) &&
	       sq_batch_copy(store->open, &op->body.ban.made_by);
}

bool
sq_put_ban(struct store *base, const struct store_ban *ban)
{
	return push(base, SQ_PUT_BAN, ban);
}

bool
sq_remove_ban(struct store *base, const struct store_ban *ban)
{
	return push(base, SQ_REMOVE_BAN, ban);
}

static void
bind_text(sqlite3_stmt *at, int place, struct text text)
{
	sqlite3_bind_blob64(
	    at, place, text.length == 0 ? "" : text.data, text.length, SQLITE_STATIC);
}

/* The statement with what names a ban in its first three places; NULL: it cannot be prepared. */
static sqlite3_stmt *
named(struct store_sqlite *store, unsigned place, const char *sql, const struct store_ban *ban)
{
	sqlite3_stmt *at = sq_statement(&store->writer, place, sql);

	if (at == NULL)
		return NULL;
	sqlite3_bind_int(at, 1, (int)ban->kind);
	bind_text(at, 2, ban->realm);
	bind_text(at, 3, ban->value);
	return at;
}

static int
run(struct store_sqlite *store, sqlite3_stmt *at)
{
	int result = at == NULL ? SQLITE_ERROR : sqlite3_step(at);

	if (at != NULL)
		sqlite3_reset(at);
	if (result == SQLITE_DONE)
		return SQLITE_OK;
	result = sqlite3_extended_errcode(store->writer.db);
	return result == SQLITE_OK ? SQLITE_NOMEM : result;
}

int
sq_apply_put_ban(struct store_sqlite *store, const struct sq_op *op)
{
	const struct store_ban *ban = &op->body.ban;
	sqlite3_stmt *at = named(store, WRITER_PUT,
	    "INSERT OR REPLACE INTO bans(kind, realm, value, reason, made_by, since_ms, until_ms)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    ban);

	if (at != NULL) {
		bind_text(at, 4, ban->reason);
		bind_text(at, 5, ban->made_by);
		sqlite3_bind_int64(at, 6, ban->since_ms);
		sqlite3_bind_int64(at, 7, ban->until_ms);
	}
	return run(store, at);
}

int
sq_apply_remove_ban(struct store_sqlite *store, const struct sq_op *op)
{
	return run(store,
	    named(store, WRITER_REMOVE,
		"DELETE FROM bans WHERE kind = ?1 AND realm = ?2 AND value = ?3", &op->body.ban));
}

static struct text
column_text(sqlite3_stmt *at, int column)
{
	const void *bytes = sqlite3_column_blob(at, column);
	int length = sqlite3_column_bytes(at, column);

	return bytes == NULL ? TEXT("") : (struct text){ bytes, (size_t)length };
}

bool
sq_read_bans(struct store *base, store_ban_fn *row, void *context)
{
	struct store_sqlite *store = sq_self(base);
	sqlite3_stmt *at = sq_statement(&store->reader, READER_ALL,
	    "SELECT kind, realm, value, reason, made_by, since_ms, until_ms FROM bans"
	    " ORDER BY since_ms, kind, realm, value");
	int result;

	if (at == NULL)
		return false;
	while ((result = sqlite3_step(at)) == SQLITE_ROW) {
		struct store_ban ban = {
			.kind = (enum store_ban_kind)sqlite3_column_int(at, 0),
			.realm = column_text(at, 1),
			.value = column_text(at, 2),
			.reason = column_text(at, 3),
			.made_by = column_text(at, 4),
			.since_ms = sqlite3_column_int64(at, 5),
			.until_ms = sqlite3_column_int64(at, 6),
		};

		if (!row(context, &ban))
			break;
	}
	sqlite3_reset(at);
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		return true;
	sq_note(store, sqlite3_extended_errcode(store->reader.db));
	return false;
}
