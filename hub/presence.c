/*
 * Clients by id, by (gateway, conn) and by name; rooms by name. Leaving is cheap: a member leaves
 * a gap in its room's array, gaps are closed when they outnumber the members. Joining appends;
 * re-attached members come out of order, so the array is sorted when somebody next lists it.
 * Knows no envelope.
 */
#include "hub/presence.h"

#include <stdlib.h>
#include <string.h>

#define GAPS_FREE 16u /* gaps that are not worth closing */

struct presence {
	struct table_key key;
	struct table by_id;
	struct table by_conn;
	struct table awaited; /* detached ones, by life and connection */
	struct table by_name; /* the first of each name */
	struct table rooms_by_name;
	struct client *by_slot[PRESENCE_SLOTS + 1]; /* the last one's is PRESENCE_DETACHED */
	struct room *first_room;
	struct room *last_room;
	uint64_t last_serial;
	unsigned clients;
	unsigned rooms;
};

struct conn_key {
	unsigned slot;
	uint64_t conn;
};

struct presence *
presence_create(struct table_key key)
{
	struct presence *presence = calloc(1, sizeof(*presence));

	if (presence != NULL)
		presence->key = key;
	return presence;
}

void
presence_destroy(struct presence **presence)
{
	struct presence *doomed = *presence;

	if (doomed == NULL)
		return;
	*presence = NULL;
	for (unsigned slot = 0; slot <= PRESENCE_DETACHED; slot++) {
		while (doomed->by_slot[slot] != NULL)
			presence_close(doomed, doomed->by_slot[slot]);
	}
	table_free(&doomed->by_id);
	table_free(&doomed->by_conn);
	table_free(&doomed->awaited);
	table_free(&doomed->by_name);
	table_free(&doomed->rooms_by_name);
	free(doomed);
}

static bool
has_id(const void *item, const void *key)
{
	return ((const struct client *)item)->id == *(const uint32_t *)key;
}

static bool
has_conn(const void *item, const void *key)
{
	const struct client *client = item;
	const struct conn_key *wanted = key;

	return client->slot == wanted->slot && client->conn == wanted->conn;
}

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct client *)item)->name, *(const struct text *)key);
}

static bool
room_has_name(const void *item, const void *key)
{
	return text_equal(((const struct room *)item)->name, *(const struct text *)key);
}

static uint64_t
conn_hash(const struct presence *presence, unsigned slot, uint64_t conn)
{
	return table_hash_u64(presence->key, conn * PRESENCE_SLOTS + slot);
}

struct client *
presence_by_id(const struct presence *presence, uint32_t id)
{
	return table_find(&presence->by_id, table_hash_u64(presence->key, id), has_id, &id);
}

struct client *
presence_by_conn(const struct presence *presence, unsigned slot, uint64_t conn)
{
	struct conn_key key = { slot, conn };

	return table_find(&presence->by_conn, conn_hash(presence, slot, conn), has_conn, &key);
}

static bool
had_conn(const void *item, const void *key)
{
	const struct client *client = item;
	const struct conn_key *wanted = key;

	return client->life == wanted->slot && client->conn == wanted->conn;
}

struct client *
presence_awaited(const struct presence *presence, uint32_t life, uint64_t conn)
{
	struct conn_key key = { life, conn };

	return table_find(&presence->awaited, conn_hash(presence, life, conn), had_conn, &key);
}

/* Whatever was `left` has no connection that could come again. */
static void
await(struct presence *presence, struct client *client)
{
	uint64_t hash = conn_hash(presence, client->life, client->conn);

	client->is_awaited = !client->left && table_insert(&presence->awaited, hash, client);
}

static void
await_no_more(struct presence *presence, struct client *client)
{
	if (client->is_awaited)
		table_remove(
		    &presence->awaited, conn_hash(presence, client->life, client->conn), client);
	client->is_awaited = false;
}

struct client *
presence_by_name(const struct presence *presence, struct text name)
{
	return table_find(
	    &presence->by_name, table_hash_text(presence->key, name), has_name, &name);
}

struct client *
presence_first_of(const struct presence *presence, unsigned slot)
{
	return presence->by_slot[slot];
}

static struct client *
client_create(const struct client *facts)
{
	size_t texts = facts->name.length + facts->dialect.length + facts->realm.length + 3;
	struct client *client = calloc(1, sizeof(*client) + texts);
	char *address = text_duplicate(facts->address);
	char *to = (char *)(client + 1);

	if (client == NULL || address == NULL) {
		free(client);
		free(address);
		return NULL;
	}
	client->id = facts->id;
	client->slot = facts->slot;
	client->conn = facts->conn;
	client->since_wall_ms = facts->since_wall_ms;
	client->name = text_copy(facts->name, &to);
	client->dialect = text_copy(facts->dialect, &to);
	client->realm = text_copy(facts->realm, &to);
	client->address = (struct text){ address, facts->address.length };
	client->has_receipts = facts->has_receipts;
	return client;
}

static void
client_free(struct client *client)
{
	free((char *)client->address.data);
	free(client);
}

static bool
name_add(struct presence *presence, struct client *client)
{
	struct client *first = presence_by_name(presence, client->name);

	if (first == NULL)
		return table_insert(
		    &presence->by_name, table_hash_text(presence->key, client->name), client);
	client->namesake = first->namesake;
	client->namesake_before = first;
	if (first->namesake != NULL)
		first->namesake->namesake_before = client;
	first->namesake = client;
	return true;
}

static void
name_remove(struct presence *presence, struct client *client)
{
	uint64_t hash = table_hash_text(presence->key, client->name);

	if (client->namesake != NULL)
		client->namesake->namesake_before = client->namesake_before;
	if (client->namesake_before != NULL)
		client->namesake_before->namesake = client->namesake;
	else if (client->namesake != NULL)
		table_replace(&presence->by_name, hash, client, client->namesake);
	else
		table_remove(&presence->by_name, hash, client);
}

static void
slot_add(struct presence *presence, struct client *client)
{
	struct client **first = &presence->by_slot[client->slot];

	client->neighbour_before = NULL;
	client->neighbour = *first;
	if (*first != NULL)
		(*first)->neighbour_before = client;
	*first = client;
}

static void
slot_remove(struct presence *presence, struct client *client)
{
	if (client->neighbour != NULL)
		client->neighbour->neighbour_before = client->neighbour_before;
	if (client->neighbour_before != NULL)
		client->neighbour_before->neighbour = client->neighbour;
	else
		presence->by_slot[client->slot] = client->neighbour;
}

struct client *
presence_open(struct presence *presence, const struct client *facts)
{
	uint64_t id_hash = table_hash_u64(presence->key, facts->id);
	uint64_t hash = conn_hash(presence, facts->slot, facts->conn);
	struct client *client = client_create(facts);

	if (client == NULL)
		return NULL;
	if (!table_insert(&presence->by_id, id_hash, client))
		goto fail;
	if (!table_insert(&presence->by_conn, hash, client))
		goto fail_id;
	if (!name_add(presence, client))
		goto fail_conn;
	slot_add(presence, client);
	presence->clients++;
	return client;

fail_conn:
	table_remove(&presence->by_conn, hash, client);
fail_id:
	table_remove(&presence->by_id, id_hash, client);
fail:
	client_free(client);
	return NULL;
}

void
presence_linger(struct presence *presence, struct client *client)
{
	for (struct member *member = client->memberships; member != NULL; member = member->next) {
		if (!member->deaf)
			presence_deafen(member);
	}
	table_remove(&presence->by_conn, conn_hash(presence, client->slot, client->conn), client);
	client->lingers = true;
}

void
presence_detach(struct presence *presence, struct client *client, uint32_t life)
{
	if (!client->lingers)
		presence_linger(presence, client);
	await_no_more(presence, client);
	slot_remove(presence, client);
	client->slot = PRESENCE_DETACHED;
	client->life = life;
	slot_add(presence, client);
	await(presence, client);
}

void
presence_move(struct presence *presence, struct client *client, unsigned slot)
{
	await_no_more(presence, client);
	slot_remove(presence, client);
	client->slot = slot;
	client->life = 0;
	client->left = false;
	slot_add(presence, client);
}

bool
presence_rebind(struct presence *presence, struct client *client, const struct client *facts)
{
	char *address = text_duplicate(facts->address);

	if (address == NULL || !table_insert(&presence->by_conn,
				   conn_hash(presence, facts->slot, facts->conn), client)) {
		free(address);
		return false;
	}
	await_no_more(presence, client);
	free((char *)client->address.data);
	client->address = (struct text){ address, facts->address.length };
	slot_remove(presence, client);
	client->slot = facts->slot;
	client->conn = facts->conn;
	client->since_wall_ms = facts->since_wall_ms;
	client->has_receipts = facts->has_receipts;
	client->lingers = false;
	client->life = 0;
	client->left = false;
	slot_add(presence, client);
	return true;
}

void
presence_close(struct presence *presence, struct client *client)
{
	struct member *member = client->memberships;

	while (member != NULL) {
		struct member *next = member->next;

		presence_leave(presence, member);
		member = next;
	}
	slot_remove(presence, client);
	name_remove(presence, client);
	if (!client->lingers)
		table_remove(
		    &presence->by_conn, conn_hash(presence, client->slot, client->conn), client);
	await_no_more(presence, client);
	table_remove(&presence->by_id, table_hash_u64(presence->key, client->id), client);
	presence->clients--;
	client_free(client);
}

struct room *
presence_room(const struct presence *presence, struct text name)
{
	return table_find(
	    &presence->rooms_by_name, table_hash_text(presence->key, name), room_has_name, &name);
}

struct room *
presence_room_from(const struct presence *presence, uint64_t serial)
{
	struct room *room = presence->first_room;

	while (room != NULL && room->serial < serial)
		room = room->next;
	return room;
}

static struct room *
room_create(struct presence *presence, struct text name, struct stream *stream)
{
	struct room *room = calloc(1, sizeof(*room) + name.length + 1);
	char *to = (char *)(room + 1);

	if (room == NULL)
		return NULL;
	room->name = text_copy(name, &to);
	if (!table_insert(&presence->rooms_by_name, table_hash_text(presence->key, name), room)) {
		free(room);
		return NULL;
	}
	room->serial = ++presence->last_serial;
	room->stream = stream;
	room->sorted = true;
	room->previous = presence->last_room;
	if (presence->last_room != NULL)
		presence->last_room->next = room;
	else
		presence->first_room = room;
	presence->last_room = room;
	presence->rooms++;
	return room;
}

static void
room_destroy(struct presence *presence, struct room *room)
{
	if (room->next != NULL)
		room->next->previous = room->previous;
	else
		presence->last_room = room->previous;
	if (room->previous != NULL)
		room->previous->next = room->next;
	else
		presence->first_room = room->next;
	table_remove(&presence->rooms_by_name, table_hash_text(presence->key, room->name), room);
	presence->rooms--;
	free(room->members);
	free(room);
}

static bool
room_append(struct room *room, struct member *member)
{
	if (room->used == room->capacity) {
		size_t capacity = room->capacity == 0 ? 4 : room->capacity * 2;
		struct member **grown = realloc(room->members, capacity * sizeof(struct member *));

		if (grown == NULL)
			return false;
		room->members = grown;
		room->capacity = capacity;
	}
	/* The last place is never a gap: presence_leave cuts gaps off the end. */
	if (room->used > 0 && presence_compare(room->members[room->used - 1], member->ordinal,
				  member->client->id) > 0)
		room->sorted = false;
	member->place = room->used;
	room->members[room->used++] = member;
	return true;
}

struct member *
presence_join(struct presence *presence, struct client *client, struct text name,
    struct stream *stream, uint64_t ordinal)
{
	struct room *room = presence_room(presence, name);
	struct member *member = calloc(1, sizeof(*member));
	struct member **last = &client->memberships;

	if (room == NULL && member != NULL)
		room = room_create(presence, name, stream);
	if (room == NULL || member == NULL) {
		free(member);
		return NULL;
	}
	*member = (struct member){ .client = client, .room = room, .ordinal = ordinal };
	if (!room_append(room, member)) {
		if (room->count == 0)
			room_destroy(presence, room);
		free(member);
		return NULL;
	}
	room->count++;
	member->deaf = true;
	if (!client->lingers)
		presence_hear(member);
	while (*last != NULL)
		last = &(*last)->next;
	*last = member;
	return member;
}

void
presence_leave(struct presence *presence, struct member *member)
{
	struct room *room = member->room;
	struct member **link = &member->client->memberships;

	while (*link != member)
		link = &(*link)->next;
	*link = member->next;
	room->members[member->place] = NULL;
	while (room->used > 0 && room->members[room->used - 1] == NULL)
		room->used--;
	room->count--;
	if (!member->deaf)
		presence_deafen(member);
	free(member);
	if (room->count == 0)
		room_destroy(presence, room);
	else if (room->used > 2 * (size_t)room->count + GAPS_FREE)
		presence_close_gaps(room);
}

unsigned
presence_clients(const struct presence *presence)
{
	return presence->clients;
}

unsigned
presence_rooms(const struct presence *presence)
{
	return presence->rooms;
}
