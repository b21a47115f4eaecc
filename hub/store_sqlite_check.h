/* The check of the store's file, in parts; see store_sqlite_check.c. */
#ifndef HUBBUB_HUB_STORE_SQLITE_CHECK_H
#define HUBBUB_HUB_STORE_SQLITE_CHECK_H

#include "hub/store_sqlite_private.h"

/* A file up to this size is checked by SQLite as a whole: that takes a tenth of a second. */
#define SQ_CHECK_WHOLE_BYTES ((int64_t)16 * 1024 * 1024)

/* Rows of one portion: some milliseconds. */
#define SQ_CHECK_PORTION 4096u

struct sq_check {
	int64_t whole_bytes;
	unsigned portion;
	bool whole;
	bool tables_done;
	unsigned tables; /* small ones that have been checked */
	unsigned large;  /* the large one that is being read  */
	bool begun;
	int64_t major; /* the last key that was read */
	int64_t minor;
	char why[160];
};

void sq_check_begin(struct sq_check *check, int64_t whole_bytes, unsigned portion);

/*
 * The next part: SQLITE_ROW if there is more, SQLITE_DONE if all is well, SQLITE_CORRUPT if not,
 * with `why` where it is known, or why it could not be read.
 */
int sq_check_go_on(struct sq_check *check, sqlite3 *db, int (*stops)(void *context), void *context);

#endif
