/*
 * The last message of each stream, by room and for the inbox, that this client
 * has dealt with: what it goes on from after any interruption.
 */
#ifndef HUBBUB_CLIENT_STREAMS_H
#define HUBBUB_CLIENT_STREAMS_H

#include "client/frame.h"

#define ROOM_NAME_MAX 64

struct stream {
	char room[ROOM_NAME_MAX + 1];
	struct place at;
	bool known; /* `at` is a place; else the room is to be heard from now on */
};

struct streams {
	struct stream *rooms; /* in the order in which they were entered */
	size_t count;
	size_t max;
	struct place inbox;
	bool inbox_known;
};

void streams_init(struct streams *streams, size_t max);
void streams_free(struct streams *streams);

/* NULL if the client is not in the room. */
struct stream *streams_find(const struct streams *streams, struct text room);

/* Enters the room, or finds it; NULL for a name that is none, for too many, without memory. */
struct stream *streams_enter(struct streams *streams, struct text room);
void streams_leave(struct streams *streams, struct text room);

/* Takes the rooms of a welcome for its own, keeping the places that are known. */
void streams_welcomed(struct streams *streams, const struct frame *welcome);

/* True if the message is news, and then it counts as dealt with. Without a place it always is. */
bool streams_take(struct streams *streams, const struct frame *message);
void streams_gap(struct streams *streams, const struct frame *gap);

/* Appends {"rooms":{...},"inbox":[...]}, as hello has it. */
void streams_write(const struct streams *streams, struct buffer *out);

/* Reads what streams_write wrote; false for anything else. */
bool streams_read(struct streams *streams, const struct json_node *since);

#endif
