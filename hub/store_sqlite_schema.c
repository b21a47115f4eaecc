/*
 * Owns the tables: one step leads from each X
 */
#include <assert.h>
#include <stdio.h>

#include "hub/store_sqlite_private.h"

/* What version 1 had. */
static const char first_tables[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE streams(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,"
    " epoch INTEGER NOT NULL, seq INTEGER NOT NULL DEFAULT 0, mark INTEGER NOT NULL DEFAULT 0,"
    " durability INTEGER NOT NULL, inbox INTEGER NOT NULL, keep_messages INTEGER NOT NULL,"
    " keep_bytes INTEGER NOT NULL, keep_ms INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,"
    " marked_ms INTEGER NOT NULL DEFAULT 0, due_mark INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE messages(stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall_ms INTEGER,"
    " client INTEGER, user BLOB, name BLOB, content BLOB, extra BLOB,"
    " PRIMARY KEY(stream, seq)) WITHOUT ROWID;"
    "CREATE TABLE doomed(stream INTEGER PRIMARY KEY);"
    "CREATE TABLE lives(id INTEGER PRIMARY KEY, gateway BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " last INTEGER NOT NULL, used_ms INTEGER NOT NULL, UNIQUE(gateway, epoch));"
    "CREATE TABLE outcomes(life INTEGER NOT NULL, last INTEGER NOT NULL, encoded BLOB NOT NULL,"
    " PRIMARY KEY(life, last)) WITHOUT ROWID;"
    "CREATE TABLE ids_0(sender BLOB NOT NULL, id BLOB NOT NULL, digest BLOB NOT NULL,"
    " client INTEGER, room BLOB, user BLOB, epoch INTEGER, seq INTEGER, wall_ms INTEGER,"
    " PRIMARY KEY(sender, id)) WITHOUT ROWID;"
    "CREATE TABLE ids_1(sender BLOB NOT NULL, id BLOB NOT NULL, digest BLOB NOT NULL,"
    " client INTEGER, room BLOB, user BLOB, epoch INTEGER, seq INTEGER, wall_ms INTEGER,"
    " PRIMARY KEY(sender, id)) WITHOUT ROWID;"
    "CREATE TABLE users(realm BLOB NOT NULL, id BLOB NOT NULL, name BLOB, secret BLOB,"
    " seen_ms INTEGER NOT NULL, PRIMARY KEY(realm, id)) WITHOUT ROWID;"
    "CREATE TABLE rooms(name BLOB PRIMARY KEY, class BLOB, read BLOB, write BLOB, list BLOB,"
    " created_ms INTEGER) WITHOUT ROWID;";

/* Who was not seen for long is found without reading all users. */
static const char users_by_time[] =
    "CREATE INDEX users_by_seen ON users(seen_ms) WHERE secret IS NOT NULL;";

/* Ids come in no order: a row is appended for each, and memory knows where. */
static const char ids_in_order[] =
    "CREATE TABLE ids(row INTEGER PRIMARY KEY, sender BLOB NOT NULL, id BLOB NOT NULL,"
    " digest BLOB NOT NULL, client INTEGER, room BLOB, user BLOB, epoch INTEGER, seq INTEGER,"
    " wall_ms INTEGER);"
    "INSERT INTO ids(sender, id, digest, client, room, user, epoch, seq, wall_ms)"
    " SELECT sender, id, digest, client, room, user, epoch, seq, wall_ms FROM ids_0"
    " UNION ALL SELECT sender, id, digest, client, room, user, epoch, seq, wall_ms FROM ids_1;"
    "DROP TABLE ids_0; DROP TABLE ids_1;";

/* Who is to be waited for after a restart; a file that had no such list begins an empty one. */
static const char known_gateways[] =
    "CREATE TABLE gateways(name BLOB PRIMARY KEY, epoch INTEGER NOT NULL, pid INTEGER NOT NULL,"
    " started INTEGER NOT NULL, space INTEGER NOT NULL) WITHOUT ROWID;";

/* Whom operators ban; a file that had no such list begins an empty one. */
static const char bans[] =
    "CREATE TABLE bans(kind INTEGER NOT NULL, realm BLOB NOT NULL, value BLOB NOT NULL,"
    " reason BLOB NOT NULL, made_by BLOB NOT NULL, since_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, PRIMARY KEY(kind, realm, value)) WITHOUT ROWID;";

static const char *const steps[] = {
	first_tables,
	users_by_time,
	ids_in_order,
	known_gateways,
	bans,
};

const int sq_schema_version = sizeof(steps) / sizeof(steps[0]);

static int
step(sqlite3 *db, int version)
{
	char stamp[64];
	int result;

	assert(version >= 1 && version <= sq_schema_version);
	result = sqlite3_exec(db, steps[version - 1], NULL, NULL, NULL);
	if (result != SQLITE_OK)
		return result;
	snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %d", version);
	return sqlite3_exec(db, stamp, NULL, NULL, NULL);
}

static int
present_version(sqlite3 *db, int *version_out)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);

	if (result == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		*version_out = sqlite3_column_int(statement, 0);
	else if (result == SQLITE_OK)
		result = sqlite3_errcode(db);
	sqlite3_finalize(statement);
	return result;
}

int
sq_migrate(sqlite3 *db, int version)
{
	char stamp[64];
	int present = 0;
	int result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (version == 0)
		version = sq_schema_version;
	if (result != SQLITE_OK)
		return result;
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d", SQ_APPLICATION_ID);
	result = sqlite3_exec(db, stamp, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = present_version(db, &present);
	/* No build of ours wrote that. */
	if (result == SQLITE_OK && present < 0)
		result = SQLITE_CORRUPT;
	while (result == SQLITE_OK && present < version)
		result = step(db, ++present);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

int
sq_meta_get(sqlite3 *db, const char *name, int64_t *value_out)
{
	sqlite3_stmt *statement = NULL;
	int result =
	    sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = ?1", -1, &statement, NULL);

	if (result != SQLITE_OK)
		return result;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*value_out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int
sq_meta_set(sqlite3 *db, const char *name, int64_t value)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db,
	    "INSERT INTO meta(name, value) VALUES(?1, ?2)"
	    " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
	    -1, &statement, NULL);

	if (result != SQLITE_OK)
		return result;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, value);
	result = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* Notes the old epoch beside the row, then gives another. */
static int
renew_one(sqlite3_stmt *note, sqlite3_stmt *update, int64_t id, struct random_source random)
{
	int result;

	sqlite3_bind_int64(note, 1, id);
	result = sqlite3_step(note);
	sqlite3_reset(note);
	if (result != SQLITE_DONE)
		return result;
	sqlite3_bind_int64(update, 1, (int64_t)(1 + random_below(random, STORE_NUMBER_MAX)));
	sqlite3_bind_int64(update, 2, id);
	result = sqlite3_step(update);
	sqlite3_reset(update);
	return result;
}

static int
renew_streams(sqlite3 *db, enum store_durability at_most, struct random_source random)
{
	sqlite3_stmt *each = NULL;
	sqlite3_stmt *note = NULL;
	sqlite3_stmt *update = NULL;
	int result = sqlite3_prepare_v2(
	    db, "SELECT id FROM streams WHERE durability <= ?1", -1, &each, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(db,
		    "INSERT INTO temp.renewed SELECT epoch, id FROM streams WHERE id = ?1", -1,
		    &note, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(
		    db, "UPDATE streams SET epoch = ?1 WHERE id = ?2", -1, &update, NULL);
	if (result == SQLITE_OK) {
		sqlite3_bind_int(each, 1, (int)at_most);
		result = sqlite3_step(each);
	}
	while (result == SQLITE_ROW) {
		result = renew_one(note, update, sqlite3_column_int64(each, 0), random);
		if (result == SQLITE_DONE)
			result = sqlite3_step(each);
	}
	sqlite3_finalize(each);
	sqlite3_finalize(note);
	sqlite3_finalize(update);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

int
sq_renew_epochs(sqlite3 *db, enum store_durability at_most, struct random_source random)
{
	/* Said again under its id, a message is answered with the place that it has from now on. */
	static const char names_follow[] =
	    "CREATE INDEX temp.renewed_by_old ON renewed(old);"
	    "UPDATE ids SET epoch = (SELECT streams.epoch FROM temp.renewed JOIN streams"
	    " ON streams.id = renewed.stream WHERE renewed.old = ids.epoch LIMIT 1)"
	    " WHERE epoch IN (SELECT old FROM temp.renewed);"
	    "DROP TABLE temp.renewed;";
	int result = sqlite3_exec(
	    db, "CREATE TEMP TABLE renewed(old INTEGER, stream INTEGER);", NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = renew_streams(db, at_most, random);
	return result == SQLITE_OK ? sqlite3_exec(db, names_follow, NULL, NULL, NULL) : result;
}
