/*
 * Which members of a room are shown: the first so many, kept up at every change without looking at
 * more than the neighbours. For roster.c alone.
 */
#ifndef HUBBUB_GATEWAY_ROSTER_SHOWN_H
#define HUBBUB_GATEWAY_ROSTER_SHOWN_H

#include "gateway/roster_room.h"

/* Of a whole roster. */
struct roster_window {
	size_t limit;     /* members of a room that are shown */
	uint64_t version; /* the last one given to a room     */
};

/* Whoever saw the first members before must not take those of now for them. */
void roster_shown_otherwise(struct roster_window *window, struct roster_room *room);

/* The entry stands in its place; it is about to go and still stands there. */
void roster_shown_inserted(
    struct roster_window *window, struct roster_room *room, struct roster_entry *entry);
void roster_shown_removing(
    struct roster_window *window, struct roster_room *room, struct roster_entry *entry);

/* The whole room was put in order; `old`, what it replaces, or NULL. O(members). */
void roster_shown_anew(
    struct roster_window *window, struct roster_room *room, const struct roster_room *old);

#endif
