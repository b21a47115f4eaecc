/*
 * From an envelope's kind to what the hub does about it.
 */
#ifndef HUBBUB_HUB_DISPATCH_H
#define HUBBUB_HUB_DISPATCH_H

#include "hub/core_state.h"

/* Checks order, then calls the handler. Anything but LINK_ALIVE ends the link. */
enum link_loss dispatch(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope);

/* Handlers act on a decoded envelope and answer through core_tell. */
typedef enum link_loss hub_handler(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope);

/* core_opening.c */
hub_handler on_hello;
hub_handler on_roster_end;
hub_handler on_probe;

/* core_drain.c */
hub_handler on_draining;

/* core_events.c */
hub_handler on_report;

/* core_asks.c */
hub_handler on_log_level;
hub_handler on_load;

/* core_replay.c */
hub_handler on_answered;

/* core_clients.c */
hub_handler on_open;
hub_handler on_closed;

/* core_rooms.c */
hub_handler on_join;
hub_handler on_leave;

/* core_fetch.c: FETCH and LIST alike. */
hub_handler on_question;

/* core_typing.c */
hub_handler on_typing;

/* core_sight.c */
hub_handler on_inspected;

/* core_commands.c: PUBLISH, TELL and READ alike. */
hub_handler on_command;

#endif
