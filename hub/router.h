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

/* Who is meant. */
struct router_target {
	struct user *user;     /* NULL: nobody who is here */
	struct client *client; /* the one that was named; NULL: the user was */
};

/*
 * By an operator: "REALM/ID"; otherwise the id of a user that only one realm has; otherwise a
 * client_id and nothing else if it looks like one, lest somebody calls himself by another's
 * id; otherwise the name of the only user here who has it. An ambiguous word means nobody.
 */
/* The same, by id alone. */
struct router_target router_operator_id(
    const struct presence *presence, const struct users *users, struct text who);

struct router_target router_operator(
    const struct presence *presence, const struct users *users, struct text who);

/*
 * For a private message, within a realm, by the flags of a TELL: a user's id; otherwise, unless
 * TELL_USER, a client_id; otherwise, if TELL_BY_NAME, the name of the only user here who has it,
 * never one that looks like a client_id.
 */
struct router_target router_private(const struct presence *presence, const struct users *users,
    struct text realm, struct text who, uint32_t flags);

#endif
