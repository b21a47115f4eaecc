/*
 * What operators' commands do to the core, and the answers they get as lines of
 * admin_protocol. Pure: no socket, no clock.
 */
#ifndef HUBBUB_HUB_ADMIN_ACTIONS_H
#define HUBBUB_HUB_ADMIN_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "hub/admin.h"
#include "hub/admin_protocol.h"
#include "hub/core.h"
#include "hub/core_operator.h"
#include "hub/events.h"

/* What an answer waits for. */
enum admin_wait {
	ADMIN_WAIT_NONE,
	ADMIN_WAIT_BATCH,     /* the store is to keep what was done  */
	ADMIN_WAIT_INSPECTED, /* gateways are to say what they know  */
	ADMIN_WAIT_JOB,       /* the store's long work               */
	ADMIN_WAIT_DRAINING,  /* a gateway is to say that it drains  */
	ADMIN_WAIT_ANSWERS,   /* gateways are to say how they are    */
	ADMIN_WAIT_EVENTS,    /* whatever happens                    */
};

/* Somebody who watches what happens. */
struct admin_tail {
	struct events *events; /* the core's; NULL: nobody watches */
	uint64_t next;
	uint64_t skipped;
	bool contents;
};

/*
 * One command under way. Long lists are answered in pieces; the core may change in between, and
 * what was asked for may come later.
 */
struct admin_action {
	enum admin_end end;     /* ADMIN_END_NONE as long as rows are to come */
	struct buffer sentence; /* why it was refused, or what the end carries */
	uint64_t affected;      /* connections closed, gateways told: for the audit line */
	struct buffer clients;  /* those still to be listed from `next` on, or asked about */
	size_t next;
	/* Writes the next row of a long list; false when there is none. */
	bool (*next_row)(struct admin_action *action, struct core *core, struct buffer *out);
	char last_room[65];
	uint64_t last_ban;
	struct now begun; /* bans that are over by then are not listed */
	enum admin_wait wait;
	uint64_t wait_until_ms; /* for gateways */
	uint64_t asked;         /* of them      */
	bool asks_level;        /* else load    */
	struct admin_tail tail;
	uint64_t signed_ms; /* when the other side last heard that we are at it */
	struct buffer held; /* what is the answer once the batch is kept */
	uint64_t batch;
	uint64_t job;
	struct buffer file;
	struct core_who who;
	struct core_drained drained;
	uint32_t drained_over_ms; /* as the operator wished */
	bool ends_hub;            /* once it is done and answered */
};

/*
 * Does what the request asks and appends the beginning of the answer. A command that changes
 * something has done so when this returns, though the store may have to keep it yet; the caller
 * then runs a turn of the core. The action is freed by admin_action_free, whatever became of it.
 */
void admin_action_begin(struct admin_action *action, struct core *core, struct now now,
    const struct admin_request *request, struct buffer *out);

/*
 * Appends more of the answer until `out` has `enough` bytes or the answer its end. False once the
 * end line is written.
 */
bool admin_action_more(struct admin_action *action, struct core *core, struct now now,
    size_t enough, struct buffer *out);

/* Nothing can be appended until something else happens: ask again soon. */
bool admin_action_waits(const struct admin_action *action);

/* It has no end: what it waits for may come with any turn of the core; and it has. */
bool admin_action_watches(const struct admin_action *action);
bool admin_action_has_news(const struct admin_action *action);

void admin_action_free(struct admin_action *action);

#endif
