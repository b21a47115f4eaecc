/*
 * Who hears what: sets of gateways for a room's message, a user for a private one. Decides, sends
 * nothing.
 */
#ifndef HUBBUB_HUB_ROUTER_H
#define HUBBUB_HUB_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/presence.h"
#include "hub/users.h"

/* Clients of one name that are looked at: beyond, nobody can have meant one of them. */
#define ROUTER_NAMESAKES_MAX 64

/* Slots of the gateways that have members of the room that hear, as bits. */
uint64_t router_room(const struct room *room);

/*
 * The one client meant by `who`, an operator's word: a client_id in 8 hex digits and nothing else
 * if it looks like one, lest somebody calls himself by another's id; otherwise the only
 * client online with that name. NULL for nobody and for an ambiguous name alike.
 */
struct client *router_user(const struct presence *presence, struct text who);

/* Whom a private message is for. */
struct router_target {
	struct user *user;     /* NULL: nobody who is here */
	struct client *client; /* the one that was named; NULL: the user was */
};

/*
 * Within a realm, by the flags of a TELL: a user's id; otherwise, unless TELL_USER, a client_id;
 * otherwise, if TELL_BY_NAME, the name of the only user here who has it, never one that looks like
 * a client_id.
 */
struct router_target router_private(const struct presence *presence, const struct users *users,
    struct text realm, struct text who, uint32_t flags);

#endif
