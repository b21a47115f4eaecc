/*
 * The index of ids, in memory, on the loop; filled from the file at the start. Knows nothing of
 * SQLite: it maps what a sender called a message to a row's number.
 */
#include "hub/store_sqlite_ids.h"

#include <string.h>

#define GENERATION_MS (10 * 60 * 1000)

/* A flood shortens the time rather than taking all memory: this is some 300 MB. */
#define GENERATION_MAX UINT64_C(8000000)

void
sq_ids_init(struct sq_ids *ids, struct table_key key, int64_t next_row, int64_t now_ms)
{
	*ids = (struct sq_ids){ .key = key, .rotated_ms = now_ms, .next_row = next_row };
	ids->young.first = 1;
}

static void
generation_free(struct sq_generation *generation)
{
	for (unsigned i = 0; i < SQ_IDS_PARTS; i++)
		table_free(&generation->parts[i]);
	generation->count = 0;
}

void
sq_ids_free(struct sq_ids *ids)
{
	generation_free(&ids->young);
	generation_free(&ids->old);
}

static uint64_t
hash_of(const struct sq_ids *ids, struct text sender, struct text id)
{
	uint64_t words[2] = {
		table_hash_text(ids->key, sender),
		table_hash_text(ids->key, id),
	};

	return table_hash_text(ids->key, (struct text){ (const char *)words, sizeof(words) });
}

/* The low bits choose a place within the table, so the part is chosen by the high ones. */
static unsigned
part_of(uint64_t hash)
{
	return (unsigned)(hash >> 58) % SQ_IDS_PARTS;
}

bool
sq_ids_add(struct sq_ids *ids, struct text sender, struct text id, int64_t row)
{
	uint64_t hash = hash_of(ids, sender, id);

	if (!table_insert(&ids->young.parts[part_of(hash)], hash, (void *)(intptr_t)row))
		return false;
	ids->young.count++;
	return true;
}

/* Hashes of 64 keyed bits: whoever reads the row sees whether it is the right one. */
static bool
is_any(const void *item, const void *key)
{
	(void)item;
	(void)key;
	return true;
}

int64_t
sq_ids_find(const struct sq_ids *ids, struct text sender, struct text id)
{
	uint64_t hash = hash_of(ids, sender, id);
	void *row = table_find(&ids->young.parts[part_of(hash)], hash, is_any, NULL);

	if (row == NULL)
		row = table_find(&ids->old.parts[part_of(hash)], hash, is_any, NULL);
	return (int64_t)(intptr_t)row;
}

bool
sq_ids_rotate(struct sq_ids *ids, int64_t now_ms, int64_t *keep_from_out)
{
	/* A clock that was set back must not make ids immortal. */
	if (now_ms - ids->rotated_ms < GENERATION_MS && now_ms >= ids->rotated_ms &&
	    ids->young.count < GENERATION_MAX)
		return false;
	generation_free(&ids->old);
	ids->old = ids->young;
	memset(&ids->young, 0, sizeof(ids->young));
	ids->young.first = ids->next_row;
	ids->rotated_ms = now_ms;
	*keep_from_out = ids->old.first;
	return true;
}
