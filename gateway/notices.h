/*
 * Who came, who left and who is there: user lists and notices to a room's members. Up to
 * limits.list_members notices go out at once and lists by a budget of bytes per second, above it
 * all is a matter of that budget (crowd.h); to dialects that count by user it goes as differences.
 */
#ifndef HUBBUB_GATEWAY_NOTICES_H
#define HUBBUB_GATEWAY_NOTICES_H

#include "gateway/differences.h"
#include "gateway/fanout.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

struct notices {
	struct sessions *sessions; /* borrowed, as the rest */
	struct fanout *fanout;
	struct roster *roster;
	struct gateway_metrics *metrics;
	struct channel_list due; /* something is still to be said to these */
	struct differences differences;
	struct buffer payload;
};

void notices_init(struct notices *notices, struct sessions *sessions, struct fanout *fanout,
    struct roster *roster);
void notices_free(struct notices *notices);

/* One change, already in the roster. */
void notices_entered(struct notices *notices, const struct envelope_entered *entered);
void notices_exited(
    struct notices *notices, const struct envelope_exited *exited, struct text name);

/*
 * Many changes at once: one list, then every notice (roster_commit; `room` is NULL if it is
 * empty).
 */
void notices_changed(struct notices *notices, struct text name, struct roster_room *room);
void notices_entered_too(struct notices *notices, const struct envelope_entered *entered);
/* Of the first roster: no news to rooms, but it is to those who count who is there. */
void notices_was_there(struct notices *notices, const struct envelope_entered *entered);
void notices_exited_too(
    struct notices *notices, const struct envelope_exited *exited, struct text name);

/* The operator speaks to a room, or to all for the empty name. */
void notices_say(struct notices *notices, const struct envelope_notice *notice);

/* Before fanout_flush: lists that are due. */
void notices_tick(struct notices *notices);

/* When a list is due; UINT64_MAX if none is. */
uint64_t notices_deadline_ms(const struct notices *notices);

#endif
