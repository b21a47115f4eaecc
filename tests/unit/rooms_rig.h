/*
 * A hub core over the store in RAM, with classes of rooms: what is said is really kept and can be
 * read back. The rest is hub_rig.h's.
 */
#ifndef HUBBUB_TESTS_UNIT_ROOMS_RIG_H
#define HUBBUB_TESTS_UNIT_ROOMS_RIG_H

#include "common/outcomes.h"
#include "tests/unit/hub_rig.h"

struct rooms_rig {
	struct rig rig;
	struct store *store;
	bool busy[CORE_GATEWAYS_MAX]; /* links that are behind */
	unsigned gateway;             /* one that is attached  */
	uint64_t said;                /* numbers of commands    */
};

/*
 * Classes: "news" (news*) is written by operators, "secret" (s-*) is seen by "boss" alone, "small"
 * (tiny) keeps two messages, "shut" (shut*) may be begun by nobody. The operator is "boss".
 */
void rooms_start(struct rooms_rig *rooms);
void rooms_stop(struct rooms_rig *rooms);

/* A client of the gateway, in the lobby. */
uint32_t rooms_client(struct rooms_rig *rooms, uint64_t conn, const char *user);

/* Joins a room; the code if it was refused, else OUTCOME_OK. What was said meanwhile is lost. */
uint32_t rooms_join(struct rooms_rig *rooms, uint64_t conn, const char *room);

/* Says something in a room, whose outcome is OK. */
void rooms_say(struct rooms_rig *rooms, uint64_t conn, const char *room, const char *content);

#endif
