/*
 * What senders called their messages, at hand: all that is under way to the store, and the newest
 * of what it has kept. What is not here may still be known to the store. Pure state.
 */
#ifndef HUBBUB_HUB_IDS_H
#define HUBBUB_HUB_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/store_rows.h"
#include "hub/table.h"

/* Of one id, in bytes. */
#define IDS_BYTES_MAX 64u

/* Kept ones at hand unless the maker says otherwise. */
#define IDS_COUNT_MAX 100000u

struct ids;

/* NULL without memory. */
struct ids *ids_create(struct table_key key, size_t count_max);
void ids_destroy(struct ids **ids);

/* What the sender called so; NULL if it is not at hand. Borrowed until the next change. */
const struct store_id *ids_find(const struct ids *ids, struct text sender, struct text id);

/*
 * Remembers a copy, written in that batch; batches never fall. Beyond the bound the oldest is
 * forgotten, unless its batch is above `kept`. False without memory.
 */
bool ids_add(struct ids *ids, const struct store_id *id, uint64_t batch, uint64_t kept);

/* Batches above `kept` were not kept. */
void ids_roll_back(struct ids *ids, uint64_t kept);

/* When the newest of those said that were forgotten for the bound; `began_ms` if none was. */
int64_t ids_complete_since(const struct ids *ids, int64_t began_ms);

size_t ids_count(const struct ids *ids);

#endif
