/*
 * What gateways are told of who is online; core_roster.c does it.
 */
#ifndef HUBBUB_HUB_CORE_ROSTER_H
#define HUBBUB_HUB_CORE_ROSTER_H

#include "hub/core_state.h"

/* Tell every gateway that must know now. A member is told of before it leaves. */
void core_roster_entered(struct core *core, const struct member *member, struct now now);
void core_roster_exited(struct core *core, const struct member *member, struct now now);

/* A HELLO came: shall we wait for others? */
void core_settle_hello(struct core *core, struct now now, const struct envelope_hello *hello);

/* A gateway came or went: those who remember how many there are must hear it. */
void core_roster_counted(struct core *core);

/* Ends the wait if it is time, says the next part of the roster to those still to be told. */
void core_roster_turn(struct core *core, struct now now);
uint64_t core_roster_deadline(const struct core *core, struct now now);

#endif
