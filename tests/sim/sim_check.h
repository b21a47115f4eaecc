/*
 * The judge: holds what clients heard against what must be true.
 *
 * Without faults: what client 0 heard is the one order of the room, and everybody else
 * heard exactly the part of it from their own joining on. With faults: nothing twice, every
 * sender's messages in order. Always: each message answered exactly
 * once, private mail only where it belongs, lists true once all is quiet.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_CHECK_H
#define HUBBUB_TESTS_SIM_SIM_CHECK_H

#include "sim_world.h"

/* NULL if all holds, else a sentence, valid until the next call. */
const char *sim_check(struct sim_world *world);

/* Everything that anybody heard, as one number: equal runs give equal numbers. */
uint64_t sim_digest(const struct sim_world *world);

/* Changes what one client heard in a way that must be caught; false for an unknown word. */
bool sim_lie(struct sim_world *world, const char *word);

#endif
