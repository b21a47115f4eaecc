/*
 * Where operators come in: hubctl's Unix socket in the hub's event loop. Who may
 * come in, how many at once, how much and for how long is decided here;
 * what a command does is in admin_actions.
 */
#ifndef HUBBUB_HUB_ADMIN_SOCKET_H
#define HUBBUB_HUB_ADMIN_SOCKET_H

#include <stddef.h>

#include <event2/event.h>

#include "common/config.h"
#include "common/log.h"
#include "hub/admin_process.h"
#include "hub/core.h"

struct admin_socket;
struct record;
struct service_sockets;

/* All borrowed; `config` during the call only. */
struct admin_socket_setup {
	struct event_base *base;
	const struct config_hub *config;
	struct core *core;
	struct record *record;        /* NULL: nothing is recorded */
	struct admin_process process; /* what is asked of the process itself */
	struct log *log;              /* may be NULL */
	/* Where a socket may be that was handed over, as "admin"; may be NULL. */
	struct service_sockets *inherited;
	/*
	 * A command has changed something in the core: the owner runs (or schedules) core_turn.
	 * Called from the loop, never from within a call of the core's.
	 */
	void (*changed)(void *context);
	/* The hub is to end in an orderly way, once operators have read their answers. */
	void (*ended)(void *context);
	void *context;
};

/*
 * Listens on the configured path, or on what was handed over. NULL with one sentence in `error` if
 * it cannot. Must be destroyed before the core and the event base.
 */
struct admin_socket *admin_socket_create(
    const struct admin_socket_setup *setup, char *error, size_t error_size);

/* The core had a turn: operators who watch hear what it brought. */
void admin_socket_turned(struct admin_socket *socket);

/* Cuts every operator off and removes the socket file. */
void admin_socket_destroy(struct admin_socket **socket);

#endif
