/*
 * The table of rooms and their positions. Knows neither the hub nor who is told: catch_up.c acts
 * on what it says.
 */
#include "gateway/positions.h"

#include <stdlib.h>
#include <string.h>

enum position_verdict
position_judge(const struct position *position, uint64_t epoch, uint64_t seq)
{
	if (seq == 0)
		return POSITION_NEWS;
	/* The first message gives a stream its epoch. */
	if (position->epoch == 0 && position->seq == 0 && seq == 1)
		return POSITION_NEWS;
	if (position->epoch != epoch || seq > position->seq + 1)
		return POSITION_GAP;
	return seq <= position->seq ? POSITION_OLD : POSITION_NEWS;
}

void
positions_free(struct positions *positions)
{
	struct room_position *room = positions->rooms;
	struct room_position *next;

	/* The table goes, the chain of its elements stays. */
	HASH_CLEAR(hh, positions->rooms);
	for (; room != NULL; room = next) {
		next = room->hh.next;
		free(room);
	}
}

struct room_position *
positions_find(const struct positions *positions, struct text room)
{
	struct room_position *found;

	HASH_FIND(hh, positions->rooms, room.data, room.length, found);
	return found;
}

struct room_position *
positions_hold(struct positions *positions, struct text name)
{
	struct room_position *room = positions_find(positions, name);

	if (room != NULL) {
		room->holders++;
		return room;
	}
	room = calloc(1, sizeof(*room) + name.length + 1);
	if (room == NULL)
		return NULL;
	memcpy(room->name, name.data, name.length);
	room->name_length = name.length;
	room->holders = 1;
	TAILQ_INIT(&room->waiting);
	HASH_ADD_KEYPTR(hh, positions->rooms, room->name, room->name_length, room);
	if (room->hh.tbl == NULL) {
		free(room);
		return NULL;
	}
	return room;
}

bool
positions_drop(struct positions *positions, struct room_position *room)
{
	if (--room->holders > 0)
		return false;
	HASH_DEL(positions->rooms, room);
	free(room);
	return true;
}

struct text
room_position_name(const struct room_position *room)
{
	return (struct text){ room->name, room->name_length };
}
