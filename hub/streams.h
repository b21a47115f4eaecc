/*
 * Where each numbered stream stands, given out and committed. Loaded from the store when first
 * needed. A room that empties goes on where it stopped, as long as its stream is remembered: of
 * those that rest, the ones that rested longest are forgotten beyond a bound.
 */
#ifndef HUBBUB_HUB_STREAMS_H
#define HUBBUB_HUB_STREAMS_H

#include <stdint.h>

#include "hub/store.h"
#include "hub/table.h"

/* Bytes of "room/" before a room's name in its stream's. */
#define STREAMS_ROOM_PREFIX 5u

struct streams;

struct stream {
	struct text name;   /* "room/lobby" */
	uint64_t epoch;     /* numbers compare only within one */
	uint64_t seq;       /* last given to a message         */
	uint64_t committed; /* last that the store has kept    */
	bool resting;       /* its room is empty               */
	struct stream *next;
	struct stream *previous;
};

/* Borrows the store; remembers `resting_max` streams that rest. NULL without memory. */
struct streams *streams_create(struct store *store, struct table_key key, unsigned resting_max);
void streams_destroy(struct streams **streams);

/*
 * The stream of a room, which stays until it is said to rest. NULL without memory or if the store
 * refuses.
 */
struct stream *streams_room(struct streams *streams, struct text room);

/* The same if it is at hand, resting or not; NULL otherwise. */
struct stream *streams_find(struct streams *streams, struct text room);

/* Its room is empty: it may be forgotten, now or when others rest, once all of it is committed. */
void streams_rest(struct streams *streams, struct stream *stream);

/* After a batch that was not kept: every stream goes back to what is committed. */
void streams_roll_back(struct streams *streams);

#endif
