/*
 * The store's file as SQL sees it: connections, prepared statements, the schema and the numbers
 * kept beside the tables. Everything here belongs to the thread whose connection it is; the store
 * itself - who writes when, and what the hub is told - is not known here.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_DB_H
#define HUBBUB_HUB_STORE_SQLITE_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "common/random.h"
#include "hub/store.h"

/* A stranger that writes is waited for so long; the writer tries again, the loop does not. */
#define SQ_BUSY_MS 250

#define SQ_STATEMENTS 48

/* Statements are prepared when first used, by their place in a file's own table of texts. */
struct sq_connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQ_STATEMENTS];
};

/* A connection of a thread's own with everything set but what only one of them needs. */
int sq_connect(const char *path, int flags, sqlite3 **db_out);

/* The statement of that place, reset; NULL if it cannot be prepared. */
sqlite3_stmt *sq_statement(struct sq_connection *connection, unsigned place, const char *sql);
void sq_disconnect(struct sq_connection *connection);

/* store_sqlite_schema.c: carries a file to schema `version` (0: the newest). */
int sq_migrate(sqlite3 *db, int version);
extern const int sq_schema_version;

/* meta(name, value): one number each. *value_out is left alone if there is none. */
int sq_meta_get(sqlite3 *db, const char *name, int64_t *value_out);
int sq_meta_set(sqlite3 *db, const char *name, int64_t value);

/* Every stream of at most that durability begins another epoch. */
int sq_renew_epochs(sqlite3 *db, enum store_durability at_most, struct random_source random);

#endif
