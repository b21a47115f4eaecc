/*
 * Bans in the store in RAM: rows by kind, realm and value, the oldest first.
 */
#include <stdlib.h>

#include "hub/store_memory_bans.h"

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static bool
is_ban(const void *item, const void *key)
{
	const struct store_ban *ban = ((const struct memory_row *)item)->row;
	const struct store_ban *wanted = key;

	return ban->kind == wanted->kind && text_equal(ban->realm, wanted->realm) &&
	       text_equal(ban->value, wanted->value);
}

static uint64_t
hash_of(const struct store_memory *memory, const struct store_ban *ban)
{
	return table_hash_text(memory->key, ban->realm) * 31 +
	       table_hash_text(memory->key, ban->value) + (uint64_t)ban->kind;
}

static void
ban_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_ban *ban = deed->row;

	store_memory_row_put(
	    &memory->bans, deed, is_ban, (struct memory_key){ hash_of(memory, ban), ban });
}

static void
ban_removed(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_ban *ban = deed->row;

	store_memory_row_remove(
	    &memory->bans, is_ban, (struct memory_key){ hash_of(memory, ban), ban });
}

static bool
deed_on_ban(struct store *store, const struct memory_deed_kind *kind, const struct store_ban *ban)
{
	static const size_t texts[] = { offsetof(struct store_ban, realm),
		offsetof(struct store_ban, value), offsetof(struct store_ban, reason),
		offsetof(struct store_ban, made_by) };
	void *copy = store_memory_copy(ban, sizeof(*ban), texts, 4);

	return copy != NULL && store_memory_deed(self(store), kind, NULL, copy, 0);
}

bool
store_memory_put_ban(struct store *store, const struct store_ban *ban)
{
	static const struct memory_deed_kind kind = { ban_apply, NULL };

	return self(store)->bans.count < MEMORY_BANS && deed_on_ban(store, &kind, ban);
}

bool
store_memory_remove_ban(struct store *store, const struct store_ban *ban)
{
	static const struct memory_deed_kind kind = { ban_removed, NULL };

	return deed_on_ban(store, &kind, ban);
}

bool
store_memory_read_bans(struct store *store, store_ban_fn *row, void *context)
{
	const struct memory_row *each = self(store)->bans.first;

	while (each != NULL && row(context, each->row))
		each = each->next;
	return true;
}
