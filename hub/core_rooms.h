/*
 * What rooms are to the core's other files: entering, leaving, rights, and what operators made.
 */
#ifndef HUBBUB_HUB_CORE_ROOMS_H
#define HUBBUB_HUB_CORE_ROOMS_H

#include "hub/core_state.h"

/* core_rooms.c: tells a gateway that an OPEN (no room) or JOIN was not granted. */
void core_refuse(struct core *core, const struct gateway *gateway, uint64_t conn, struct text room,
    enum outcome_code code);

/* Ends a membership, telling the others. */
void core_room_leave(struct core *core, struct now now, struct member *member);

/* The user that a client is, as rules know it. */
struct room_user core_room_user(const struct client *client);

/* May a client do that in a room, member or not? */
bool core_room_allows(
    const struct core *core, const struct client *client, struct text room, enum room_right right);

/* May this member speak? */
bool core_may_write(const struct core *core, const struct member *member);

/* The stream of a room, in use until it is said to rest; NULL as streams_get. */
struct stream *core_room_stream(struct core *core, struct text room);

/* Members who may not read the room leave it; how many. `name` is not the room's own text. */
unsigned core_room_put_out(struct core *core, struct now now, struct text name);

/*
 * core_room_deeds.c: takes in the rooms that operators made; again, when a batch that changed them
 * was not kept.
 */
bool core_rooms_load(struct core *core);

#endif
