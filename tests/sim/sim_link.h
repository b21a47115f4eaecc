/*
 * The wire between one gateway core and the hub core: two pure links and the
 * bytes between them, which arrive in pieces of any size, or not at all.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_LINK_H
#define HUBBUB_TESTS_SIM_SIM_LINK_H

#include "common/link.h"
#include "common/random.h"

struct sim_link {
	struct link *gateway_side;
	struct link *hub_side;
	unsigned slot; /* in the hub's core */
};

/* NULL-safe pair; false without memory. */
bool sim_link_open(struct sim_link *link, struct link_receiver at_gateway,
    struct link_receiver at_hub, struct now now);
void sim_link_close(struct sim_link *link);
bool sim_link_is_open(const struct sim_link *link);

/* What a pump found: which side ended the link, and why. */
struct sim_link_end {
	enum link_loss at_gateway;
	enum link_loss at_hub;
};

/*
 * Carries a random part of what waits, both ways (`all`: everything), and runs both sides'
 * timers.
 */
struct sim_link_end sim_link_pump(
    struct sim_link *link, struct random_source random, struct now now, bool all);

#endif
