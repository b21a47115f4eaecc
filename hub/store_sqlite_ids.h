/*
 * Where in the file the id of a message lies. Ids come in no order, so an index in the file would
 * write a page for each of them; rows are appended there instead, and found by this.
 */
#ifndef HUBBUB_HUB_STORE_SQLITE_IDS_H
#define HUBBUB_HUB_STORE_SQLITE_IDS_H

#include <pthread.h>

#include "hub/table.h"

/* Many small tables: none grows for long while the loop waits. */
#define SQ_IDS_PARTS 64u

struct sq_generation {
	struct table parts[SQ_IDS_PARTS];
	uint64_t count;
	int64_t first; /* row; those of older generations lie before it */
};

/* Two generations: what is looked for may be ten to twenty minutes old. */
struct sq_ids {
	struct table_key key;
	struct sq_generation young;
	struct sq_generation old;
	int64_t rotated_ms;
	int64_t next_row;
};

/* The ids of the life before, while they are being read. */
struct sq_past {
	pthread_t thread;
	int64_t before;      /* rows of this life begin here                 */
	struct sq_ids found; /* the thread's; its young ones                 */
	bool reading;        /* loop: the thread is there, it may have ended */
	bool ended;          /* lock                                         */
	bool failed;         /* the thread's until it has ended              */
};

void sq_ids_init(struct sq_ids *ids, struct table_key key, int64_t next_row, int64_t now_ms);
void sq_ids_free(struct sq_ids *ids);

/* False without memory. */
bool sq_ids_add(struct sq_ids *ids, struct text sender, struct text id, int64_t row);

/* 0: there is none. */
int64_t sq_ids_find(const struct sq_ids *ids, struct text sender, struct text id);

/* When it is time, drops the older generation: rows before *keep_from_out are needed no more. */
bool sq_ids_rotate(struct sq_ids *ids, int64_t now_ms, int64_t *keep_from_out);

#endif
