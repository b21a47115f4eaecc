/* What the files about bans share; nobody else includes it. */
#ifndef HUBBUB_TESTS_SIM_SIM_BANS_JUDGE_H
#define HUBBUB_TESTS_SIM_SIM_BANS_JUDGE_H

#include "sim_world.h"

/* What the hub knows of it. */
const struct ban *sim_bans_known(const struct sim_world *world, const struct sim_ban *ban);

/* By which id a sender would be banned; empty if none is known. */
void sim_bans_name(const struct sim_world *world, unsigned sender, enum store_ban_kind kind,
    char out[SIM_ADDRESS_SIZE]);

/* sim_bans_judge.c: who is hit, and who is not. */
void sim_bans_judge(struct sim_world *world);

#endif
