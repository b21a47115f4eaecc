/* What may happen in a world, and the pieces of the world that such deeds need. */
#ifndef HUBBUB_TESTS_SIM_SIM_DEEDS_H
#define HUBBUB_TESTS_SIM_SIM_DEEDS_H

#include "sim_world.h"

/* At most one deed. */
void sim_something_happens(struct sim_world *world);

/* A new client of a gateway that runs; the first one says its name at once. */
void sim_client_connects(struct sim_world *world);

/* Its connection ends, whoever wanted it. */
void sim_client_gone(struct sim_world *world, struct sim_client *client);

/* Pieces of sim_world.c. */
void sim_must(bool holds, const char *what);
void sim_hub_start(struct sim_world *world);
void sim_gateway_start(struct sim_gateway *gateway);
void sim_link_lost(
    struct sim_gateway *gateway, enum link_loss at_gateway_side, enum link_loss at_hub_side);

#endif
