/*
 * Users of a room by id and in order. A user keeps its place until its last connection is gone; who
 * leaves leaves a hole, so that whoever pages through them by number misses nobody.
 */
#include "gateway/roster_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Short memory costs the link, not the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define FIRST_CAPACITY 8u
#define HOLES_MIN 32u

/* The text of a client_id. */
#define CLIENT_ID_SIZE 9

struct room_user {
	UT_hash_handle hh;
	struct roster_entries entries; /* its connections in the order they came */
	uint64_t number;
	size_t id_length;
	char id[];
};

void
roster_users_free(struct roster_users *users)
{
	struct room_user *user = users->by_id;
	struct room_user *next;

	/* The table goes, the chain of its elements stays. */
	HASH_CLEAR(hh, users->by_id);
	for (; user != NULL; user = next) {
		next = user->hh.next;
		free(user);
	}
	free(users->places);
	*users = (struct roster_users){ .by_id = NULL };
}

size_t
roster_users_count(const struct roster_users *users)
{
	return HASH_COUNT(users->by_id);
}

struct room_user *
roster_users_find(const struct roster_users *users, struct text id)
{
	struct room_user *found;

	HASH_FIND(hh, users->by_id, id.data, id.length, found);
	return found;
}

struct text
room_user_id(const struct room_user *user)
{
	return (struct text){ user->id, user->id_length };
}

struct roster_entry *
room_user_first(const struct room_user *user)
{
	return TAILQ_FIRST(&user->entries);
}

struct roster_entry *
room_user_last(const struct room_user *user)
{
	return TAILQ_LAST(&user->entries, roster_entries);
}

static bool
make_room(struct roster_users *users)
{
	size_t capacity = users->capacity == 0 ? FIRST_CAPACITY : users->capacity * 2;
	struct user_place *grown;

	if (users->used < users->capacity)
		return true;
	grown = realloc(users->places, capacity * sizeof(*grown));
	if (grown == NULL)
		return false;
	users->places = grown;
	users->capacity = capacity;
	return true;
}

/* How many places have at most this number. */
static size_t
places_up_to(const struct roster_users *users, uint64_t number)
{
	size_t low = 0;
	size_t high = users->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (users->places[middle].number <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* There is room. A number that is taken, which the hub never gives, becomes the last. */
static void
take_place(struct roster_users *users, struct room_user *user, uint64_t number)
{
	uint64_t last = users->used == 0 ? 0 : users->places[users->used - 1].number;
	size_t at = users->used;

	if (users->unordered)
		return;
	if (number < last) {
		at = places_up_to(users, number);
		if (number == 0 || (at > 0 && users->places[at - 1].number == number))
			at = users->used;
	}
	if (at == users->used && number <= last)
		number = last + 1;
	memmove(&users->places[at + 1], &users->places[at],
	    (users->used - at) * sizeof(users->places[0]));
	users->places[at] = (struct user_place){ number, user };
	users->used++;
	user->number = number;
}

static struct room_user *
add_user(struct roster_users *users, struct text id, uint64_t ordinal)
{
	struct room_user *user;

	if (!make_room(users))
		return NULL;
	user = calloc(1, sizeof(*user) + id.length + 1);
	if (user == NULL)
		return NULL;
	memcpy(user->id, id.data, id.length);
	user->id_length = id.length;
	TAILQ_INIT(&user->entries);
	HASH_ADD_KEYPTR(hh, users->by_id, user->id, user->id_length, user);
	if (user->hh.tbl == NULL) {
		free(user);
		return NULL;
	}
	if (users->unordered)
		users->used++;
	take_place(users, user, ordinal);
	return user;
}

bool
roster_users_add(struct roster_users *users, struct roster_entry *entry, struct text id)
{
	char client[CLIENT_ID_SIZE];
	struct room_user *user;

	if (id.length == 0) {
		snprintf(client, sizeof(client), "%08x", (unsigned)entry->client);
		id = text_of(client);
	}
	user = roster_users_find(users, id);
	if (user == NULL)
		user = add_user(users, id, entry->ordinal);
	if (user == NULL)
		return false;
	entry->user = user;
	TAILQ_INSERT_TAIL(&user->entries, entry, of_user);
	return true;
}

/* Numbers stay, so whoever is on the way through the places goes on where it was. */
static void
close_holes(struct roster_users *users)
{
	size_t kept = 0;

	for (size_t i = 0; i < users->used; i++) {
		if (users->places[i].user != NULL)
			users->places[kept++] = users->places[i];
	}
	users->used = kept;
	users->holes = 0;
}

static void
leave_place(struct roster_users *users, struct room_user *user)
{
	if (users->unordered) {
		users->used--;
		return;
	}
	users->places[places_up_to(users, user->number) - 1].user = NULL;
	users->holes++;
	if (users->holes > HOLES_MIN && users->holes > users->used / 2)
		close_holes(users);
}

struct room_user *
roster_users_remove(struct roster_users *users, struct roster_entry *entry)
{
	struct room_user *user = entry->user;

	TAILQ_REMOVE(&user->entries, entry, of_user);
	if (!TAILQ_EMPTY(&user->entries))
		return NULL;
	HASH_DEL(users->by_id, user);
	leave_place(users, user);
	return user;
}

void
roster_users_begin(struct roster_users *users)
{
	users->unordered = true;
}

void
roster_users_order(struct roster_users *users, struct roster_entries *entries)
{
	struct roster_entry *entry;
	struct room_user *user;

	users->unordered = false;
	users->used = 0;
	for (user = users->by_id; user != NULL; user = user->hh.next)
		TAILQ_INIT(&user->entries);
	TAILQ_FOREACH (entry, entries, place) {
		user = entry->user;
		/* There is room for as many as were added. */
		if (TAILQ_EMPTY(&user->entries))
			take_place(users, user, entry->ordinal);
		TAILQ_INSERT_TAIL(&user->entries, entry, of_user);
	}
}

struct room_user *
roster_users_next(const struct roster_users *users, size_t *cursor)
{
	for (size_t at = places_up_to(users, *cursor); at < users->used; at++) {
		if (users->places[at].user == NULL)
			continue;
		*cursor = (size_t)users->places[at].number;
		return users->places[at].user;
	}
	return NULL;
}
