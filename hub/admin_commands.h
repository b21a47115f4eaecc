/*
 * The operator's grammar, once: the hub's parser, hubctl's usage and the
 * check of the man page all follow this table. <WORD> is a required argument,
 * [--option VALUE] an optional one; what each may be is said in admin.c.
 */
#ifndef HUBBUB_HUB_ADMIN_COMMANDS_H
#define HUBBUB_HUB_ADMIN_COMMANDS_H

/* clang-format off */
/* X(identifier, grammar, access, help): READ changes nothing, WRITE leaves an audit line. */
#define ADMIN_COMMANDS(X)                                                                      \
	X(STATUS,   "status",                        READ,  "how the hub is doing")             \
	X(GATEWAYS, "gateways",                      READ,  "the gateways linked to the hub")   \
	X(USERS,    "users [--room ROOM]",           READ,  "who is online, in joining order")  \
	X(KICK,     "kick <USER|ID> [--reason TEXT]", WRITE, "close a user's connections (1008)") \
	X(SAY,      "say <TEXT>",                    WRITE, "a system notice to everyone")      \
	X(VERSION,  "version",                       READ,  "the versions of hubctl and the hub")
/* clang-format on */

#endif
