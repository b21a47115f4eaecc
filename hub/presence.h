/*
 * Who is online, through which gateway and in which rooms. Pure state: answers questions, tells
 * nobody. Clients and rooms are read by everybody and changed only here.
 */
#ifndef HUBBUB_HUB_PRESENCE_H
#define HUBBUB_HUB_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "hub/streams.h"
#include "hub/table.h"

/* A set of slots is one 64-bit word. */
#define PRESENCE_SLOTS 64

/* Where clients are found whose gateway has lost its link: no slot of a link. */
#define PRESENCE_DETACHED PRESENCE_SLOTS

struct presence;
struct user;

/* Texts of the structs below are followed by a NUL. */
struct client {
	uint32_t id;
	unsigned slot; /* of its gateway; PRESENCE_DETACHED: it lost its link */
	uint32_t life; /* of the gateway that lost it, 0: none; see core_detach.c */
	uint64_t conn; /* its number there */
	int64_t since_wall_ms;
	struct text name;
	struct text dialect;
	struct text realm;
	struct text address;        /* a block of its own */
	bool has_receipts;          /* it says what it received */
	bool lingers;               /* without a connection for now: `conn` means nothing */
	bool left;                  /* so already when its gateway lost the link */
	bool is_awaited;            /* presence_awaited finds it                 */
	uint32_t old_conns;         /* connections before that one, see old_conns.h */
	uint64_t waits_until_ms;    /* for its connection, then for its rooms; see core_linger.c */
	struct waiting *waits_in;   /* NULL: it does not wait   */
	struct client *waits_after; /* in order of that */
	struct client *waits_before;
	struct user *user;      /* borrowed; see users.h */
	struct client *sibling; /* the next client of the same user */
	struct client *sibling_before;
	struct member *memberships; /* oldest first, linked by `next` */
	struct client *namesake;    /* the next client of the same name */
	struct client *namesake_before;
	struct client *neighbour; /* the next client of the same gateway */
	struct client *neighbour_before;
};

/* Clients that wait for something, in order of its end. */
struct waiting {
	struct client *first;
	struct client *last;
};

/* A client in a room. */
struct member {
	struct client *client;
	struct room *room;
	uint64_t ordinal; /* its place in joining order */
	size_t place;     /* in the room's members */
	bool deaf;        /* its client has no connection, or has not said that it is still in */
	struct member *next;
};

struct room {
	struct text name;
	uint64_t serial;       /* rises from room to room, from 1 */
	struct stream *stream; /* borrowed */
	unsigned count;        /* of members */
	uint64_t slots;        /* gateways with members that hear, as bits */
	struct room *next;     /* in order of serials */
	struct room *previous;
	struct member **members; /* by ordinal if `sorted`; NULL where one left */
	size_t used;
	size_t capacity;
	bool sorted;
	uint32_t by_slot[PRESENCE_SLOTS];
};

/* NULL without memory. */
struct presence *presence_create(struct table_key key);
void presence_destroy(struct presence **presence);

/*
 * Adds a client like `facts` (id, slot, conn, since and texts; texts are copied). NULL without
 * memory. The id must be free and the conn new to the slot.
 */
struct client *presence_open(struct presence *presence, const struct client *facts);

/*
 * Its connection is gone, it stays: found by id, name and gateway, not by conn, a member of its
 * rooms that no gateway hears for.
 */
void presence_linger(struct presence *presence, struct client *client);

/*
 * It has a connection again, through any gateway: slot, conn, since and address are those of
 * `facts`. Its memberships stay deaf. False, with nothing changed, without memory.
 */
bool presence_rebind(struct presence *presence, struct client *client, const struct client *facts);

/*
 * The same when its gateway's link is lost: it is then found under PRESENCE_DETACHED, for another
 * link may get the slot. It may linger already.
 */
void presence_detach(struct presence *presence, struct client *client, uint32_t life);

/*
 * The client that had that connection when its gateway's life lost the link, and has not come again
 * since. NULL if there is none, or there was no memory to find it by.
 */
struct client *presence_awaited(const struct presence *presence, uint32_t life, uint64_t conn);

/* Another gateway is that of a client that lingers. */
void presence_move(struct presence *presence, struct client *client, unsigned slot);

/* No gateway hears for a member, or one does again. */
void presence_deafen(struct member *member);
void presence_hear(struct member *member);

/* Takes a client out of every room it is in, and away. */
void presence_close(struct presence *presence, struct client *client);

struct client *presence_by_id(const struct presence *presence, uint32_t id);
struct client *presence_by_conn(const struct presence *presence, unsigned slot, uint64_t conn);

/* The first of those online with that name; the others follow as `namesake`. */
struct client *presence_by_name(const struct presence *presence, struct text name);

/* The first client of a slot; the others follow as `neighbour`. */
struct client *presence_first_of(const struct presence *presence, unsigned slot);

/*
 * Adds a client to the room of that name, making the room if need be. No gateway hears for one that
 * lingers. NULL without memory.
 */
struct member *presence_join(struct presence *presence, struct client *client, struct text name,
    struct stream *stream, uint64_t ordinal);

/* Ends a membership, and the room with its last one. */
void presence_leave(struct presence *presence, struct member *member);

/* The membership of that room; NULL if the client is not in it. */
struct member *presence_member(const struct client *client, struct text room);

struct room *presence_room(const struct presence *presence, struct text name);

/* The room with the lowest serial from `serial` on, or NULL. */
struct room *presence_room_from(const struct presence *presence, uint64_t serial);

/* Takes the places of those who left out of the array. */
void presence_close_gaps(struct room *room);

/* Puts the members in joining order without gaps: used == count, no NULL. */
void presence_order(struct room *room);

/* -1, 0, 1: a member's place in joining order against (ordinal, client_id). */
int presence_compare(const struct member *member, uint64_t ordinal, uint32_t id);

unsigned presence_clients(const struct presence *presence);
unsigned presence_rooms(const struct presence *presence);

#endif
