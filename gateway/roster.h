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

/* NULL without memory. */
struct roster *roster_create(void);
void roster_destroy(struct roster **roster);

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
	bool edge; /* the first connection of its user came, or the last one left */
};
const struct roster_move *roster_last_move(const struct roster *roster);

/* Counts the users that came or left; 0 for NULL. */
uint64_t roster_room_version(const struct roster_room *room);

/* A room somebody is in, or left last; NULL for none. Valid until the next change. */
struct roster_room *roster_find(const struct roster *roster, struct text name);

/*
 * What roster_room_next shows from now on: the first `limit` members, at least one. If `client` is
 * a member but not among them, it stands in the last one's place; 0 for nobody.
 */
void roster_room_limit(struct roster_room *room, size_t limit, uint32_t client);

#endif
