/*
 * Ids, users, rooms and gateways in the store in RAM: rows in a table, in a list from the oldest
 * on. Beyond a bound the oldest go; rooms, which operators make, are refused instead.
 */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "hub/store_memory_bans.h"

/* What a row is found by; the second may be empty. */
struct row_key {
	struct text first;
	struct text second;
};

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static uint64_t
hash_of(const struct store_memory *memory, struct row_key key)
{
	return table_hash_text(memory->key, key.first) * 31 +
	       table_hash_text(memory->key, key.second);
}

static bool
is_id(const void *item, const void *key)
{
	const struct store_id *id = ((const struct memory_row *)item)->row;
	const struct row_key *wanted = key;

	return text_equal(id->sender, wanted->first) && text_equal(id->id, wanted->second);
}

static bool
is_user(const void *item, const void *key)
{
	const struct store_user *user = ((const struct memory_row *)item)->row;
	const struct row_key *wanted = key;

	return text_equal(user->realm, wanted->first) && text_equal(user->id, wanted->second);
}

static bool
is_room(const void *item, const void *key)
{
	const struct store_room *room = ((const struct memory_row *)item)->row;

	return text_equal(room->name, ((const struct row_key *)key)->first);
}

static bool
is_gateway(const void *item, const void *key)
{
	const struct store_gateway *gateway = ((const struct memory_row *)item)->row;

	return text_equal(gateway->name, ((const struct row_key *)key)->first);
}

static void
take_out(struct memory_rows *rows, struct memory_row *row)
{
	table_remove(&rows->by_key, row->hash, row);
	if (row->next != NULL)
		row->next->previous = row->previous;
	else
		rows->last = row->previous;
	if (row->previous != NULL)
		row->previous->next = row->next;
	else
		rows->first = row->next;
	rows->count--;
	free(row->row);
	free(row);
}

void
store_memory_row_put(struct memory_rows *rows, struct memory_deed *deed, table_match_fn *match,
    struct memory_key key)
{
	uint64_t hash = key.hash;
	struct memory_row *former = table_find(&rows->by_key, hash, match, key.key);
	struct memory_row *row = malloc(sizeof(*row));

	if (former != NULL)
		take_out(rows, former);
	if (row == NULL)
		return;
	*row = (struct memory_row){ .row = deed->row, .hash = hash, .previous = rows->last };
	if (!table_insert(&rows->by_key, hash, row)) {
		free(row);
		return;
	}
	deed->row = NULL;
	if (rows->last != NULL)
		rows->last->next = row;
	else
		rows->first = row;
	rows->last = row;
	rows->count++;
}

void
store_memory_row_remove(struct memory_rows *rows, table_match_fn *match, struct memory_key key)
{
	struct memory_row *row = table_find(&rows->by_key, key.hash, match, key.key);

	if (row != NULL)
		take_out(rows, row);
}

static void
put(struct store_memory *memory, struct memory_rows *rows, struct memory_deed *deed,
    table_match_fn *match, struct row_key key)
{
	store_memory_row_put(rows, deed, match, (struct memory_key){ hash_of(memory, key), &key });
}

static void
take_out_found(struct store_memory *memory, struct memory_rows *rows, table_match_fn *match,
    struct row_key key)
{
	store_memory_row_remove(rows, match, (struct memory_key){ hash_of(memory, key), &key });
}

static void
id_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_id *id = deed->row;
	struct memory_rows *ids = &memory->ids;

	memory->now_ms = id->wall_ms;
	put(memory, ids, deed, is_id, (struct row_key){ id->sender, id->id });
	while (ids->first != NULL &&
	       (ids->count > MEMORY_IDS || ((const struct store_id *)ids->first->row)->wall_ms <
					       memory->now_ms - MEMORY_IDS_MS))
		take_out(ids, ids->first);
}

bool
store_memory_put_id(struct store *store, const struct store_id *id)
{
	static const struct memory_deed_kind kind = { id_apply, NULL };
	static const size_t texts[] = { offsetof(struct store_id, sender),
		offsetof(struct store_id, id), offsetof(struct store_id, room),
		offsetof(struct store_id, user) };
	void *copy = store_memory_copy(id, sizeof(*id), texts, 4);

	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, 0);
}

static const size_t user_texts[] = { offsetof(struct store_user, realm),
	offsetof(struct store_user, id), offsetof(struct store_user, name) };

static void
user_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_user *user = deed->row;

	put(memory, &memory->users, deed, is_user, (struct row_key){ user->realm, user->id });
	if (memory->users.count > MEMORY_USERS)
		take_out(&memory->users, memory->users.first);
}

bool
store_memory_put_user(struct store *store, const struct store_user *user)
{
	static const struct memory_deed_kind kind = { user_apply, NULL };
	void *copy = store_memory_copy(user, sizeof(*user), user_texts, 3);

	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, 0);
}

/* A deed that names a user. */
static bool
deed_on_user(
    struct store *store, const struct memory_deed_kind *kind, struct text realm, struct text id)
{
	const struct store_user user = { .realm = realm, .id = id };
	void *copy = store_memory_copy(&user, sizeof(user), user_texts, 3);

	return copy != NULL && store_memory_deed(self(store), kind, NULL, copy, 0);
}

static void
user_removed(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_user *user = deed->row;

	take_out_found(memory, &memory->users, is_user, (struct row_key){ user->realm, user->id });
}

bool
store_memory_remove_user(struct store *store, struct text realm, struct text id)
{
	static const struct memory_deed_kind kind = { user_removed, NULL };

	return deed_on_user(store, &kind, realm, id);
}

static bool
is_from(struct text sender, const struct store_user *user)
{
	return sender.length == user->realm.length + 1 + user->id.length &&
	       sender.data[user->realm.length] == '/' &&
	       memcmp(sender.data, user->realm.data, user->realm.length) == 0 &&
	       memcmp(sender.data + user->realm.length + 1, user->id.data, user->id.length) == 0;
}

static void
user_forgotten(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_user *user = deed->row;
	struct memory_row *next;

	for (struct memory_row *row = memory->ids.first; row != NULL; row = next) {
		const struct store_id *id = row->row;

		next = row->next;
		if (is_from(id->sender, user) || text_equal(id->user, user->id))
			take_out(&memory->ids, row);
	}
	store_memory_forget_messages(memory, user->realm, user->id);
	store_memory_forget_outcomes(memory, user->id);
	user_removed(memory, deed);
}

bool
store_memory_forget(struct store *store, struct text realm, struct text user)
{
	static const struct memory_deed_kind kind = { user_forgotten, NULL };
	struct buffer inbox;
	bool taken;

	buffer_init(&inbox, 0);
	buffer_append_string(&inbox, "inbox/");
	buffer_append_text(&inbox, realm);
	buffer_append_byte(&inbox, '/');
	buffer_append_text(&inbox, user);
	taken = !inbox.failed && store_memory_remove_stream(store, buffer_text(&inbox));
	buffer_free(&inbox);
	return taken && deed_on_user(store, &kind, realm, user);
}

static const size_t room_texts[] = { offsetof(struct store_room, name),
	offsetof(struct store_room, class_name), offsetof(struct store_room, read),
	offsetof(struct store_room, write), offsetof(struct store_room, list) };

static void
room_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_room *room = deed->row;

	put(memory, &memory->rooms, deed, is_room, (struct row_key){ .first = room->name });
}

bool
store_memory_put_room(struct store *store, const struct store_room *room)
{
	static const struct memory_deed_kind kind = { room_apply, NULL };
	void *copy;

	if (self(store)->rooms.count >= MEMORY_ROOMS)
		return false;
	copy = store_memory_copy(room, sizeof(*room), room_texts, 5);
	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, 0);
}

static void
room_removed(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_room *room = deed->row;

	take_out_found(memory, &memory->rooms, is_room, (struct row_key){ .first = room->name });
}

bool
store_memory_remove_room(struct store *store, struct text name)
{
	static const struct memory_deed_kind kind = { room_removed, NULL };
	const struct store_room room = { .name = name };
	void *copy = store_memory_copy(&room, sizeof(room), room_texts, 5);

	return copy != NULL && store_memory_deed(self(store), &kind, NULL, copy, 0);
}

static void
gateway_apply(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_gateway *gateway = deed->row;
	struct memory_rows *gateways = &memory->gateways;

	put(memory, gateways, deed, is_gateway, (struct row_key){ .first = gateway->name });
	if (gateways->count > MEMORY_GATEWAYS)
		take_out(gateways, gateways->first);
}

static void
gateway_removed(struct store_memory *memory, struct memory_deed *deed)
{
	const struct store_gateway *gateway = deed->row;

	take_out_found(
	    memory, &memory->gateways, is_gateway, (struct row_key){ .first = gateway->name });
}

/* A deed that names a gateway. */
static bool
deed_on_gateway(
    struct store *store, const struct memory_deed_kind *kind, const struct store_gateway *gateway)
{
	static const size_t texts[] = { offsetof(struct store_gateway, name) };
	void *copy = store_memory_copy(gateway, sizeof(*gateway), texts, 1);

	return copy != NULL && store_memory_deed(self(store), kind, NULL, copy, 0);
}

bool
store_memory_put_gateway(struct store *store, const struct store_gateway *gateway)
{
	static const struct memory_deed_kind kind = { gateway_apply, NULL };

	return deed_on_gateway(store, &kind, gateway);
}

bool
store_memory_remove_gateway(struct store *store, struct text name)
{
	static const struct memory_deed_kind kind = { gateway_removed, NULL };

	return deed_on_gateway(store, &kind, &(struct store_gateway){ .name = name });
}

bool
store_memory_read_gateways(struct store *store, store_gateway_fn *row, void *context)
{
	const struct memory_row *each = self(store)->gateways.first;

	while (each != NULL && row(context, each->row))
		each = each->next;
	return true;
}

static const void *
find(const struct store_memory *memory, const struct memory_rows *rows, table_match_fn *match,
    struct row_key key)
{
	const struct memory_row *row = table_find(&rows->by_key, hash_of(memory, key), match, &key);

	return row == NULL ? NULL : row->row;
}

bool
store_memory_find_id(
    struct store *store, struct text sender, struct text id, store_id_fn *row, void *context)
{
	const struct store_id *found =
	    find(self(store), &self(store)->ids, is_id, (struct row_key){ sender, id });

	if (found != NULL)
		(void)row(context, found);
	return true;
}

bool
store_memory_find_user(
    struct store *store, struct text realm, struct text id, store_user_fn *row, void *context)
{
	const struct store_user *found =
	    find(self(store), &self(store)->users, is_user, (struct row_key){ realm, id });

	if (found != NULL)
		(void)row(context, found);
	return true;
}

/* Of users with a secret, the one seen longest ago that does not come before `after`. */
static const struct memory_row *
next_stale(const struct memory_rows *users, int64_t before_ms, const struct memory_row *after)
{
	const struct store_user *last = after == NULL ? NULL : after->row;
	const struct memory_row *best = NULL;
	bool passed = after == NULL;

	for (const struct memory_row *row = users->first; row != NULL; row = row->next) {
		const struct store_user *user = row->row;

		if (row == after) {
			passed = true;
			continue;
		}
		if (!user->has_secret || user->seen_ms >= before_ms)
			continue;
		if (last != NULL &&
		    (user->seen_ms < last->seen_ms || (user->seen_ms == last->seen_ms && !passed)))
			continue;
		if (best == NULL || user->seen_ms < ((const struct store_user *)best->row)->seen_ms)
			best = row;
	}
	return best;
}

bool
store_memory_stale_users(
    struct store *store, int64_t before_ms, unsigned limit, store_user_fn *row, void *context)
{
	const struct memory_rows *users = &self(store)->users;
	const struct memory_row *found = NULL;

	for (; limit > 0; limit--) {
		found = next_stale(users, before_ms, found);
		if (found == NULL || !row(context, found->row))
			break;
	}
	return true;
}

static const struct store_room *
next_room(const struct memory_rows *rooms, struct text after)
{
	const struct store_room *best = NULL;

	for (const struct memory_row *row = rooms->first; row != NULL; row = row->next) {
		const struct store_room *room = row->row;

		if (text_compare(room->name, after) > 0 &&
		    (best == NULL || text_compare(room->name, best->name) < 0))
			best = room;
	}
	return best;
}

bool
store_memory_read_rooms(
    struct store *store, struct text after, unsigned limit, store_room_fn *row, void *context)
{
	const struct store_room *room;

	for (; limit > 0; limit--) {
		room = next_room(&self(store)->rooms, after);
		if (room == NULL || !row(context, room))
			break;
		after = room->name;
	}
	return true;
}

static void
rows_free(struct memory_rows *rows)
{
	while (rows->first != NULL)
		take_out(rows, rows->first);
	table_free(&rows->by_key);
}

void
store_memory_free_rows(struct store_memory *memory)
{
	rows_free(&memory->ids);
	rows_free(&memory->users);
	rows_free(&memory->rooms);
	rows_free(&memory->gateways);
	rows_free(&memory->bans);
}
