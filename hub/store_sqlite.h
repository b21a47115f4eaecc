/*
 * The store in one SQLite file: a writer thread commits, another checkpoints, the hub's loop reads
 * beside both. docs/store.md has the schema, what each durability means and what is checked.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_H
#define HUBBUB_HUB_STORE_SQLITE_H

#include "common/log.h"
#include "common/metrics.h"
#include "hub/store.h"

struct store_sqlite_setup {
	const char *path;                 /* of the file; its folder exists                   */
	enum store_durability durability; /* STORE_NORMAL or STORE_DISK: the best it gives     */
	uint64_t bytes_max;               /* of the file; 0 is without bound                  */
	uint64_t read_keep_ms;            /* how long what lies below an inbox's mark is kept */
	struct log *log;                  /* borrowed; may be NULL                            */
	struct metrics *metrics;          /* borrowed; may be NULL                            */
};

/*
 * Opens or creates the file, takes a staged restore, carries older schemas forward. NULL with a
 * sentence for people in `error`: a file that is not ours, is newer than this build, is used by
 * another hub, has the wrong mode or cannot be read is refused and left as it is.
 */
struct store *store_sqlite_open(
    const struct store_sqlite_setup *setup, char *error, size_t error_size);

#endif
