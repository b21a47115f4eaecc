/*
 * Where each numbered stream stands, given out and committed. Loaded from the store when first
 * needed and kept for the life of the hub, so that a room that empties goes on where it stopped.
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
	struct stream *next;
};

/* Borrows the store. NULL without memory. */
struct streams *streams_create(struct store *store, struct table_key key);
void streams_destroy(struct streams **streams);

/*
 * The stream of a room, which lives as long as `streams`. NULL without memory or if the store
 * refuses.
 */
struct stream *streams_room(struct streams *streams, struct text room);

/* After a batch that was not kept: every stream goes back to what is committed. */
void streams_roll_back(struct streams *streams);

#endif
