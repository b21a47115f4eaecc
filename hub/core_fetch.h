/*
 * Questions that gateways ask of streams and rooms, and how they are answered turn by turn.
 */
#ifndef HUBBUB_HUB_CORE_FETCH_H
#define HUBBUB_HUB_CORE_FETCH_H

#include "hub/core_state.h"

/* Append the answer to a FETCH or LIST; what it cost, in messages or rooms. */
unsigned core_fetch_answer(
    struct core *core, const struct question *question, struct buffer *out); /* core_fetch.c */
unsigned core_list_answer(
    struct core *core, const struct question *question, struct buffer *out); /* core_list.c */

/* Answers a part of what waits, straight to the links: after the turn's release. */
void core_questions_turn(struct core *core);

/* Another turn is needed for the rest. */
bool core_questions_wait(const struct core *core);

#endif
