/*
 * The gateway's replica of who is in which room, in joining order. While a link opens, what the
 * hub says is collected aside; when it is complete the difference to what was known before is
 * what happened.
 */
#ifndef HUBBUB_GATEWAY_ROSTER_H
#define HUBBUB_GATEWAY_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/envelope.h"
#include "common/text.h"
#include "gateway/dialect.h"

struct roster;

/*
 * Told by roster_commit: per room first that it changed, then who left, then who came, in
 * order.
 */
struct roster_watcher {
	void (*changed)(void *context, struct text name, struct roster_room *room);
	void (*exited)(void *context, const struct envelope_exited *exited, struct text name);
	void (*entered)(void *context, const struct envelope_entered *entered);
	void *context;
};

/* `shown`: how many members of a room roster_room_next shows, at least one. NULL without memory. */
struct roster *roster_create(size_t shown);
void roster_destroy(struct roster **roster);

/* So many are shown from now on. O(members of all rooms). */
void roster_set_shown(struct roster *roster, size_t shown);

/* A link opens: ENTERED and EXITED are collected aside until roster_commit. */
void roster_begin(struct roster *roster);

/* The link is lost before the roster was complete: what was collected is forgotten. */
void roster_abandon(struct roster *roster);

/* Complete: tells the difference, whose EXITED get `time`, and goes on with the new state. */
void roster_commit(struct roster *roster, uint64_t time, const struct roster_watcher *watcher);

/* False until the first roster_commit ever. */
bool roster_is_known(const struct roster *roster);

enum roster_change {
	ROSTER_CHANGED,
	ROSTER_SAME,   /* collected aside, or nothing new */
	ROSTER_FAILED, /* no memory                       */
};

enum roster_change roster_enter(struct roster *roster, const struct envelope_entered *entered);

/* Appends the name of the one that left, when something changed. */
enum roster_change roster_exit(
    struct roster *roster, const struct envelope_exited *exited, struct buffer *name_out);

/*
 * The change that was made, or is being told by roster_commit, as its user sees it; valid until the
 * next one.
 */
struct roster_move {
	struct roster_user who;
	bool edge;  /* the first connection of its user came, or the last one left */
	bool first; /* that connection is, or was, the first one of its user      */
};
const struct roster_move *roster_last_move(const struct roster *roster);

/* A room somebody is in, or left last; NULL for none. Valid until the next change. */
struct roster_room *roster_find(const struct roster *roster, struct text name);

/*
 * Counts the users that came to a room or left it, whether it is there or not: as long as it stays
 * the same, so do they, and one more has come if it is one more.
 */
uint64_t roster_users_version(const struct roster *roster, struct text name);

/*
 * Of those that are shown: another number whenever they changed in another way than that one more
 * stands at their end. Never the same for two rooms or two lives of one, and never 0. While it
 * stays, so does any cursor of roster_room_next. O(1), as are the next three.
 */
uint64_t roster_room_shown_version(const struct roster_room *room);

/* The same, but it stays when a new roster brings the same members. */
uint64_t roster_room_list_version(const struct roster_room *room);

/* True if the client is a member and among those that are shown. */
bool roster_room_shows(const struct roster_room *room, uint32_t client);

/* Of a member: the client_id of the first connection of its user there; 0 for no member. */
uint32_t roster_room_first(const struct roster_room *room, uint32_t client);

/* False if it is no member. The name is valid until the next change. */
bool roster_room_member(
    const struct roster_room *room, uint32_t client, struct roster_member *member_out);

#endif
