/*
 * How far each room with members in this gateway has been heard: what is at or below its position
 * was said to the members here and is not said again. A room is dropped with its last holder.
 */
#ifndef HUBBUB_GATEWAY_POSITIONS_H
#define HUBBUB_GATEWAY_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/text.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct session;
struct session_room;

/* A place in a stream. Epoch 0: of a stream in which nothing was ever said. */
struct position {
	uint64_t epoch;
	uint64_t seq;
};

enum position_verdict {
	POSITION_NEWS, /* the very next                    */
	POSITION_OLD,  /* heard before                     */
	POSITION_GAP,  /* something before it was not heard */
};

/* What a message at (epoch, seq) is to one who stands at `position`; seq 0 has no number: news. */
enum position_verdict position_judge(const struct position *position, uint64_t epoch, uint64_t seq);

TAILQ_HEAD(session_room_list, session_room);

struct room_position {
	UT_hash_handle hh;
	struct position at;
	unsigned holders;
	bool behind;                      /* its members missed something          */
	struct session *reader;           /* that fetches it for all, or NULL      */
	struct session_room_list waiting; /* heard more than the room: wait for it */
	size_t name_length;
	char name[];
};

struct positions {
	struct room_position *rooms;
};

/* All zero is an empty one. */
void positions_free(struct positions *positions);

struct room_position *positions_find(const struct positions *positions, struct text room);

/* One more holder; a new room stands at (0, 0). NULL without memory. */
struct room_position *positions_hold(struct positions *positions, struct text name);

/* The last holder's drop frees it. True if it did. */
bool positions_drop(struct positions *positions, struct room_position *room);

struct text room_position_name(const struct room_position *room);

#endif
