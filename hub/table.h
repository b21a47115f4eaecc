/*
 * Hash tables of borrowed items, found by keys the items hold themselves. Hashes are keyed,
 * for names come from strangers.
 */
#ifndef HUBBUB_HUB_TABLE_H
#define HUBBUB_HUB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* A secret of the process's life, from a random source. */
struct table_key {
	uint64_t words[2];
};

struct table_entry {
	uint64_t hash;
	void *item;
};

struct table {
	struct table_entry *entries;
	size_t capacity; /* 0 or a power of two */
	size_t count;
};

typedef bool table_match_fn(const void *item, const void *key);

/* An empty table; allocates nothing. */
void table_init(struct table *table);

/* Gives the table's memory back, not the items. */
void table_free(struct table *table);

/* SipHash-1-3 of a text. */
uint64_t table_hash_text(struct table_key key, struct text text);

/* A keyed mix of one number. */
uint64_t table_hash_u64(struct table_key key, uint64_t number);

/* Adds without looking for an equal one. False without memory. */
bool table_insert(struct table *table, uint64_t hash, void *item);

/* The first item of that hash that `match` accepts, or NULL. */
void *table_find(const struct table *table, uint64_t hash, table_match_fn *match, const void *key);

/* Takes out exactly this item, which must be there. */
void table_remove(struct table *table, uint64_t hash, const void *item);

/* Puts `other`, an item of the same hash, in the place of `item`, which must be there. */
void table_replace(struct table *table, uint64_t hash, const void *item, void *other);

#endif
