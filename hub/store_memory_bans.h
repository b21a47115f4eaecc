/*
 * How store_memory_bans.c keeps its rows beside those of store_memory_rows.c.
 */
#ifndef HUBBUB_HUB_STORE_MEMORY_BANS_H
#define HUBBUB_HUB_STORE_MEMORY_BANS_H

#include "hub/store_memory_private.h"

/* What a row is found by: what `match` compares it with, and the hash of that. */
struct memory_key {
	uint64_t hash;
	const void *key;
};
/* Puts the deed's row last, in the place of one with the same key; takes one out. */
void store_memory_row_put(struct memory_rows *rows, struct memory_deed *deed, table_match_fn *match,
    struct memory_key key);
void store_memory_row_remove(
    struct memory_rows *rows, table_match_fn *match, struct memory_key key);

/* Bans (store_memory_bans.c). */
bool store_memory_put_ban(struct store *store, const struct store_ban *ban);
bool store_memory_remove_ban(struct store *store, const struct store_ban *ban);
bool store_memory_read_bans(struct store *store, store_ban_fn *row, void *context);

#endif
