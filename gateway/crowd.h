/*
 * Presence in rooms above limits.list_members, where telling everybody of everybody costs more than
 * it is worth: so many notices and then a summary in each interval, lists from member to member,
 * and never more bytes than the room's budget brings. The rules are in docs/dialects/room.md.
 */
#ifndef HUBBUB_GATEWAY_CROWD_H
#define HUBBUB_GATEWAY_CROWD_H

#include "gateway/notices.h"

/* True if lists of the room, which may be NULL, do not have all of its members. */
bool crowd_is(const struct notices *notices, const struct roster_room *room);

/*
 * The room is a crowd, and the roster of it changed: if that shows in lists, or it only just became
 * one, everybody is owed a list.
 */
void crowd_changed(
    struct notices *notices, struct channel *channel, const struct roster_room *room);

/* It is one no longer; what was counted is still summed up. */
void crowd_ended(struct channel *channel);

/* The newcomer's own list, at once. */
void crowd_list_to(struct notices *notices, struct channel *channel, struct session *newcomer,
    const struct roster_room *room);

/*
 * notices->payload is what would be said of one that came or left: says it, or counts it. False if
 * it was only counted.
 */
bool crowd_notice(struct notices *notices, struct channel *channel, bool came);

/* The same to the newcomer alone, which hears of its own coming in any case. */
void crowd_notice_to(struct notices *notices, struct channel *channel, struct session *newcomer);

/* What is due of a pending channel with members; when that will be, UINT64_MAX for never. */
void crowd_tick(struct notices *notices, struct channel *channel);
uint64_t crowd_deadline_ms(const struct notices *notices, struct channel *channel);

#endif
