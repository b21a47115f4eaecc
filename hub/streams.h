/*
 * Where each numbered stream stands, given out and committed. Loaded from the store when first
 * needed. A stream that nobody uses goes on where it stopped, as long as it is remembered: of those
 * that rest, the ones that rested longest are forgotten beyond a bound.
 */
#ifndef HUBBUB_HUB_STREAMS_H
#define HUBBUB_HUB_STREAMS_H

#include <stdint.h>

#include "hub/store.h"
#include "hub/table.h"

/* What stands before a room's name, and before "REALM/USER", in a stream's. */
#define STREAMS_ROOM "room/"
#define STREAMS_INBOX "inbox/"
#define STREAMS_ROOM_PREFIX (sizeof(STREAMS_ROOM) - 1)

struct streams;

struct stream {
	struct text name;      /* "room/lobby", "inbox/REALM/USER"             */
	uint64_t epoch;        /* numbers compare only within one              */
	uint64_t seq;          /* last given to a message                      */
	uint64_t committed;    /* last that the store has kept                 */
	uint64_t first;        /* lowest kept when it was loaded               */
	uint64_t mark;         /* of an inbox: received up to here             */
	uint64_t unread_bytes; /* of content above the mark; kept by its users */
	uint64_t touched;      /* of an inbox: the last batch that bore upon both */
	enum store_durability durability;
	struct store_keep keep;
	bool inbox;
	bool resting;       /* nobody uses it                                        */
	bool removed;       /* gone from the store once `changing` is kept           */
	uint64_t changing;  /* the batch that renames or removes it; 0: none is open */
	struct text former; /* its name until then; empty if it is not being renamed */
	struct stream *next;
	struct stream *previous;
};

/* Borrows the store; remembers `resting_max` streams that rest. NULL without memory. */
struct streams *streams_create(struct store *store, struct table_key key, unsigned resting_max);
void streams_destroy(struct streams **streams);

/*
 * The stream of that full name, which is in use until it is said to rest. The rules for it bear
 * when it is loaded, not when it is at hand already. NULL without memory, if the store refuses, or
 * while a batch that renames or removes it is under way.
 */
struct stream *streams_get(struct streams *streams, const struct store_stream *wanted);

/* The same if it is at hand, resting or not; NULL otherwise. */
struct stream *streams_find(struct streams *streams, struct text name);
struct stream *streams_find_room(struct streams *streams, struct text room);

/* "room/lobby" of "lobby", valid until the next call; empty without memory. */
struct text streams_room_name(struct streams *streams, struct text room);

/* "lobby" of "room/lobby"; empty for what is no room's. */
struct text streams_room_of(struct text name);

/* Nobody uses it: it may be forgotten, now or when others rest, once all of it is committed. */
void streams_rest(struct streams *streams, struct stream *stream);

/*
 * Removes or renames a stream that rests, in the store's open batch, which will have that number.
 * False, with nothing changed, if the store cannot take it or there is no memory.
 */
bool streams_remove(struct streams *streams, struct stream *stream, uint64_t batch);
bool streams_rename(
    struct streams *streams, struct stream *stream, struct text name, uint64_t batch);

/* Batches up to `batch` are kept: what they removed is forgotten, what they renamed is free. */
void streams_kept(struct streams *streams, uint64_t batch);

/* Batches above `kept` were not kept: every stream goes back to what is committed. */
void streams_roll_back(struct streams *streams, uint64_t kept);

#endif
