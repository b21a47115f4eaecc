/*
 * Whether the file is whole, read on the keeper's thread once after the start. A read transaction
 * holds up every checkpoint, and the log grows meanwhile; SQLite's own check is one, and takes a
 * minute for some GB. So of a large file it checks the small tables alone: messages and ids are
 * read here, a portion at a time, with rests in between that leave the processor to others.
 */
#include "hub/store_sqlite_check.h"

#include <stdio.h>
#include <string.h>

/* Steps of SQLite's machine between two looks at whether the hub stops. */
#define LOOK_STEPS 20000

/* So many bytes end a portion, too. */
#define PORTION_BYTES ((size_t)2 * 1024 * 1024)

/* Of each row everything is read, so that pages it goes on in are met as well. */
struct large_table {
	const char *name;
	const char *first; /* the key, of which a row number is the second part; then all else */
	const char *next;
};

static const struct large_table large[] = {
	{ "messages",
	    "SELECT stream, seq, user, name, content, extra FROM messages ORDER BY stream, seq",
	    "SELECT stream, seq, user, name, content, extra FROM messages"
	    " WHERE (stream, seq) > (?1, ?2) ORDER BY stream, seq" },
	{ "ids", "SELECT 0, row, sender, id, digest, room, user FROM ids ORDER BY row",
	    "SELECT 0, row, sender, id, digest, room, user FROM ids WHERE ?1 = 0 AND row > ?2"
	    " ORDER BY row" },
};

#define LARGE_TABLES (sizeof(large) / sizeof(large[0]))

static const char small_tables[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('messages', 'ids')"
    " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name LIMIT 1 OFFSET ?1";

/* What a statement that checks says in its first row; SQLITE_DONE: all is well. */
static int
ask(sqlite3 *db, const char *sql, char *why, size_t why_size)
{
	sqlite3_stmt *at = NULL;
	const char *words;
	int result = sqlite3_prepare_v2(db, sql, -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	words = result == SQLITE_ROW ? (const char *)sqlite3_column_text(at, 0) : NULL;
	if (words != NULL && strcmp(words, "ok") != 0) {
		snprintf(why, why_size, "%s", words);
		result = SQLITE_CORRUPT;
	} else if (result == SQLITE_ROW) {
		result = SQLITE_DONE;
	}
	sqlite3_finalize(at);
	return result;
}

static bool
is_small(struct sq_check *check, sqlite3 *db)
{
	sqlite3_stmt *at = NULL;
	bool small = true;

	if (sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &at, NULL) == SQLITE_OK &&
	    sqlite3_step(at) == SQLITE_ROW)
		small = sqlite3_column_int64(at, 0) * SQ_PAGE_BYTES <= check->whole_bytes;
	sqlite3_finalize(at);
	return small;
}

/* The name of a small table; SQLITE_DONE: there are no more. */
static int
table_name(sqlite3 *db, unsigned number, char *name_out, size_t name_size)
{
	sqlite3_stmt *at = NULL;
	int result = sqlite3_prepare_v2(db, small_tables, -1, &at, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_bind_int(at, 1, (int)number);
	if (result == SQLITE_OK)
		result = sqlite3_step(at);
	if (result == SQLITE_ROW)
		snprintf(name_out, name_size, "%s", (const char *)sqlite3_column_text(at, 0));
	sqlite3_finalize(at);
	return result;
}

static int
check_table(struct sq_check *check, sqlite3 *db)
{
	char name[64];
	char sql[128];
	int result = table_name(db, check->tables, name, sizeof(name));

	if (result != SQLITE_ROW)
		return result;
	check->tables++;
	snprintf(sql, sizeof(sql), "PRAGMA quick_check('%s')", name);
	result = ask(db, sql, check->why, sizeof(check->why));
	return result == SQLITE_DONE ? SQLITE_ROW : result;
}

/* All bytes of a row are there, and its key is above the one before it. */
static bool
take_row(struct sq_check *check, sqlite3_stmt *at, size_t *bytes)
{
	int64_t major = sqlite3_column_int64(at, 0);
	int64_t minor = sqlite3_column_int64(at, 1);
	bool above = !check->begun || major > check->major ||
		     (major == check->major && minor > check->minor);

	for (int i = 2; i < sqlite3_column_count(at); i++) {
		int size = sqlite3_column_bytes(at, i);

		if (size > 0 && sqlite3_column_blob(at, i) == NULL)
			return false;
		*bytes += (size_t)size;
	}
	check->begun = true;
	check->major = major;
	check->minor = minor;
	return above;
}

/* SQLITE_ROW: there is more. */
static int
read_portion(struct sq_check *check, sqlite3 *db)
{
	const struct large_table *table = &large[check->large];
	sqlite3_stmt *at = NULL;
	size_t bytes = 0;
	unsigned rows = 0;
	int result =
	    sqlite3_prepare_v2(db, check->begun ? table->next : table->first, -1, &at, NULL);

	if (result == SQLITE_OK && check->begun) {
		sqlite3_bind_int64(at, 1, check->major);
		sqlite3_bind_int64(at, 2, check->minor);
	}
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		if (rows == check->portion || bytes >= PORTION_BYTES)
			break;
		result = sqlite3_step(at);
		if (result != SQLITE_ROW)
			break;
		rows++;
		if (take_row(check, at, &bytes))
			continue;
		snprintf(
		    check->why, sizeof(check->why), "rows of %s are not in order", table->name);
		result = SQLITE_CORRUPT;
	}
	sqlite3_finalize(at);
	if (result != SQLITE_DONE)
		return result;
	check->begun = false;
	return ++check->large < LARGE_TABLES ? SQLITE_ROW : SQLITE_DONE;
}

void
sq_check_begin(struct sq_check *check, int64_t whole_bytes, unsigned portion)
{
	*check = (struct sq_check){ .whole_bytes = whole_bytes, .portion = portion };
}

int
sq_check_go_on(struct sq_check *check, sqlite3 *db, int (*stops)(void *context), void *context)
{
	int result;

	sqlite3_progress_handler(db, LOOK_STEPS, stops, context);
	check->whole = check->whole || (check->tables == 0 && is_small(check, db));
	if (check->whole) {
		result = ask(db, "PRAGMA quick_check(1)", check->why, sizeof(check->why));
	} else {
		result = check->tables_done ? SQLITE_DONE : check_table(check, db);
		check->tables_done = check->tables_done || result == SQLITE_DONE;
		if (result == SQLITE_DONE)
			result = read_portion(check, db);
	}
	sqlite3_progress_handler(db, 0, NULL, NULL);
	return result;
}
