/*
 * Who hears what: sets of gateways for a room's message, one client for a private one. Decides,
 * sends nothing.
 */
#ifndef HUBBUB_HUB_ROUTER_H
#define HUBBUB_HUB_ROUTER_H

#include <stdint.h>

#include "hub/presence.h"

/* Slots of the gateways that have members of the room, as bits. */
uint64_t router_room(const struct room *room);

/*
 * The one client meant by `who`: a client_id in 8 hex digits and nothing else if it looks like one,
 * lest somebody calls himself by another's id; otherwise the only client online with
 * that name. NULL for nobody and for an ambiguous name alike.
 */
struct client *router_user(const struct presence *presence, struct text who);

#endif
