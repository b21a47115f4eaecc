/*
 * The users of a room, each with its connections there. For roster.c, which owns the rooms; like
 * it, knows neither sessions nor what is said about a change.
 */
#ifndef HUBBUB_GATEWAY_ROSTER_USERS_H
#define HUBBUB_GATEWAY_ROSTER_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/text.h"
#include "gateway/session_api.h"

struct room_user;

/* One connection in a room. */
struct roster_entry {
	TAILQ_ENTRY(roster_entry) place;   /* in the room, by ordinal */
	TAILQ_ENTRY(roster_entry) of_user; /* among its user's        */
	struct room_user *user;
	uint64_t ordinal;
	uint64_t time;
	uint32_t client;
	uint32_t name_length : 31;
	uint32_t shown : 1; /* among the first of the room */
	char name[];
};

TAILQ_HEAD(roster_entries, roster_entry);

struct user_place {
	uint64_t number;        /* that of its first connection, or a later one if that is taken */
	struct room_user *user; /* NULL: it left */
};

/* All zero is an empty one. */
struct roster_users {
	struct room_user *by_id;
	struct user_place *places; /* by number */
	size_t used;
	size_t capacity;
	size_t holes;
	bool unordered; /* until roster_users_order */
};

void roster_users_free(struct roster_users *users);
size_t roster_users_count(const struct roster_users *users);

/* NULL if it has no connection there. */
struct room_user *roster_users_find(const struct roster_users *users, struct text id);
struct text room_user_id(const struct room_user *user);

/* The one that came first of those that are there. */
struct roster_entry *room_user_first(const struct room_user *user);
struct roster_entry *room_user_last(const struct room_user *user);

/*
 * The entry is one more connection of the user; an empty id stands for the client_id. False, with
 * nothing changed, without memory.
 */
bool roster_users_add(struct roster_users *users, struct roster_entry *entry, struct text id);

/* NULL, or the user if this was its last connection: the caller's to free. */
struct room_user *roster_users_remove(struct roster_users *users, struct roster_entry *entry);

/*
 * While many come in any order the users are not in theirs; this brings them there. `entries` are
 * all of the room, in order.
 */
void roster_users_begin(struct roster_users *users);
void roster_users_order(struct roster_users *users, struct roster_entries *entries);

/* The user behind a place; its number goes into the cursor, which may be any number. */
struct room_user *roster_users_next(const struct roster_users *users, size_t *cursor);

#endif
