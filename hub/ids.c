/*
 * A table by (sender, id) and a list by age. One block of memory for each, its texts behind it.
 */
#include "hub/ids.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct store_id id;
	uint64_t hash;
	uint64_t batch;
	struct entry *next; /* younger */
	struct entry *previous;
};

struct ids {
	struct table_key key;
	struct table by_name;
	struct entry *first;
	struct entry *last;
	size_t count_max;
	bool has_forgotten;
	int64_t forgotten_ms;
};

struct name {
	struct text sender;
	struct text id;
};

struct ids *
ids_create(struct table_key key, size_t count_max)
{
	struct ids *ids = calloc(1, sizeof(*ids));

	if (ids == NULL)
		return NULL;
	ids->key = key;
	ids->count_max = count_max;
	table_init(&ids->by_name);
	return ids;
}

void
ids_destroy(struct ids **ids)
{
	struct ids *doomed = *ids;

	if (doomed == NULL)
		return;
	*ids = NULL;
	while (doomed->first != NULL) {
		struct entry *entry = doomed->first;

		doomed->first = entry->next;
		free(entry);
	}
	table_free(&doomed->by_name);
	free(doomed);
}

/* Two keyed hashes: whoever chooses ids cannot know which meet. */
static uint64_t
hash_of(const struct ids *ids, struct text sender, struct text id)
{
	struct table_key key = { { ids->key.words[0], table_hash_text(ids->key, sender) } };

	return table_hash_text(key, id);
}

static bool
has_name(const void *item, const void *key)
{
	const struct entry *entry = item;
	const struct name *wanted = key;

	return text_equal(entry->id.id, wanted->id) && text_equal(entry->id.sender, wanted->sender);
}

const struct store_id *
ids_find(const struct ids *ids, struct text sender, struct text id)
{
	struct name name = { sender, id };
	const struct entry *entry =
	    table_find(&ids->by_name, hash_of(ids, sender, id), has_name, &name);

	return entry == NULL ? NULL : &entry->id;
}

static struct text
copied(struct text from, char **to)
{
	struct text copy = { *to, from.length };

	if (from.length > 0)
		memcpy(*to, from.data, from.length);
	*to += from.length;
	return copy;
}

static struct entry *
entry_create(const struct store_id *id)
{
	size_t texts = id->sender.length + id->id.length + id->room.length + id->user.length;
	struct entry *entry = calloc(1, sizeof(*entry) + texts);
	char *to = (char *)(entry + 1);

	if (entry == NULL)
		return NULL;
	entry->id = *id;
	entry->id.sender = copied(id->sender, &to);
	entry->id.id = copied(id->id, &to);
	entry->id.room = copied(id->room, &to);
	entry->id.user = copied(id->user, &to);
	return entry;
}

static void
forget(struct ids *ids, struct entry *entry)
{
	if (entry->next != NULL)
		entry->next->previous = entry->previous;
	else
		ids->last = entry->previous;
	if (entry->previous != NULL)
		entry->previous->next = entry->next;
	else
		ids->first = entry->next;
	table_remove(&ids->by_name, entry->hash, entry);
	free(entry);
}

static void
forget_oldest(struct ids *ids)
{
	if (!ids->has_forgotten || ids->first->id.wall_ms > ids->forgotten_ms)
		ids->forgotten_ms = ids->first->id.wall_ms;
	ids->has_forgotten = true;
	forget(ids, ids->first);
}

bool
ids_add(struct ids *ids, const struct store_id *id, uint64_t batch, uint64_t kept)
{
	struct entry *entry = entry_create(id);

	if (entry == NULL)
		return false;
	entry->hash = hash_of(ids, entry->id.sender, entry->id.id);
	entry->batch = batch;
	if (!table_insert(&ids->by_name, entry->hash, entry)) {
		free(entry);
		return false;
	}
	entry->previous = ids->last;
	if (ids->last != NULL)
		ids->last->next = entry;
	else
		ids->first = entry;
	ids->last = entry;
	while (ids->by_name.count > ids->count_max && ids->first->batch <= kept)
		forget_oldest(ids);
	return true;
}

void
ids_roll_back(struct ids *ids, uint64_t kept)
{
	while (ids->last != NULL && ids->last->batch > kept)
		forget(ids, ids->last);
}

int64_t
ids_complete_since(const struct ids *ids, int64_t began_ms)
{
	return ids->has_forgotten && ids->forgotten_ms > began_ms ? ids->forgotten_ms : began_ms;
}

size_t
ids_count(const struct ids *ids)
{
	return ids->by_name.count;
}
