/*
 * Presence for dialects that count by user: what changed in a room is gathered for
 * limits.presence_ms and said once per channel; who came and left within that time is not spoken
 * of, unless somebody was told of it meanwhile.
 */
#ifndef HUBBUB_GATEWAY_DIFFERENCES_H
#define HUBBUB_GATEWAY_DIFFERENCES_H

#include <sys/queue.h>

#include "common/buffer.h"
#include "gateway/fanout.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

/* Users that a difference names of each kind, in a room with more than limits.list_members. */
#define DIFFERENCES_NAMED_MAX 20u

struct gathering;
TAILQ_HEAD(gathering_list, gathering);

struct differences {
	struct sessions *sessions; /* borrowed, as the rest */
	struct fanout *fanout;
	struct roster *roster;
	struct gathering *rooms;
	struct gathering_list due; /* the same, by time */
	struct buffer payload;
};

void differences_init(struct differences *differences, struct sessions *sessions,
    struct fanout *fanout, struct roster *roster);
void differences_free(struct differences *differences);

/* A user came to a room or left it, and the roster knows. */
void differences_joined(
    struct differences *differences, struct text room, const struct roster_user *user);
void differences_left(
    struct differences *differences, struct text room, const struct roster_user *user);

/*
 * One more hears differences of the room, who was told who is there as things are now: what is
 * gathered and does not stay so has to be said to it, and so to all.
 */
void differences_newcomer(struct differences *differences, struct text room);

/* Before fanout_flush: says what is due. */
void differences_tick(struct differences *differences);

/* Monotonic; UINT64_MAX if nothing was gathered. */
uint64_t differences_deadline_ms(const struct differences *differences);

#endif
