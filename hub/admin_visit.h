/*
 * The places for operators' connections, for admin_socket.c and admin_visit.c alone.
 */
#ifndef HUBBUB_HUB_ADMIN_VISIT_H
#define HUBBUB_HUB_ADMIN_VISIT_H

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/log.h"
#include "common/unix_socket.h"
#include "hub/admin_actions.h"
#include "hub/admin_audit.h"
#include "hub/admin_process.h"
#include "hub/core.h"

#define VISITS_MAX 16u

struct record;

/* One connection. */
struct visit {
	struct visits *owner; /* NULL: the place is free */
	struct bufferevent *stream;
	struct event *deadline;
	struct peer_credentials peer;
	struct event *again; /* for an answer that waits for something else */
	struct admin_action action;
	struct admin_audit audit;
	bool acting;   /* `action` and `audit` are there and must be freed */
	bool answered; /* the end line is queued */
};

/* What they have in common; all borrowed. */
struct visits {
	struct event_base *base;
	struct core *core;
	struct record *record;
	struct admin_process process;
	struct log *log;
	void (*changed)(void *context);
	void (*ended)(void *context);
	void *context;
	struct visit places[VISITS_MAX];
};

/* Takes over `fd`; false, with `fd` as it was, if all places are taken. */
bool visits_begin(struct visits *visits, int fd, const struct peer_credentials *peer);

/* The core had a turn: who watches hears what it brought. */
void visits_turned(struct visits *visits);

/* Cuts all of them off. */
void visits_end(struct visits *visits);

#endif
