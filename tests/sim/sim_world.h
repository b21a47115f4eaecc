/*
 * One hub core, two gateway cores and fake clients in one process on virtual time. All that
 * happens follows from the seed.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_WORLD_H
#define HUBBUB_TESTS_SIM_SIM_WORLD_H

#include "gateway/gateway_core.h"
#include "gateway/mounts.h"
#include "hub/core.h"
#include "sim_client.h"
#include "sim_link.h"
#include "tests/store_double.h"

#define SIM_GATEWAYS 2
#define SIM_CLIENTS 40

struct sim_gateway {
	struct sim_world *world;
	unsigned number;
	struct gateway_core *core; /* NULL: not running */
	struct sim_link link;
	bool wants_link;
	enum link_loss dropped; /* by the core; LINK_ALIVE: not */
};

/* A private message that was sent. */
struct sim_tell {
	unsigned from;
	unsigned to;
	bool to_was_online; /* for all that the sender could know */
};

struct sim_world {
	uint64_t seed;
	uint64_t state; /* of the random source */
	struct random_source random;
	struct now now;
	bool faults; /* links break and processes die in this run */
	struct mount_table mounts;

	struct core *hub;          /* NULL: not running */
	struct store_double store; /* outlives the hub; its batches take their time */
	struct bus *bus;
	enum link_loss hub_dropped[CORE_GATEWAYS_MAX];
	struct sim_gateway gateways[SIM_GATEWAYS];

	/*
	 * Client 0 joins first, reads everything at once and never leaves: what it hears is
	 * the truth.
	 */
	struct sim_client clients[SIM_CLIENTS];
	unsigned client_count;
	unsigned kicks;
	unsigned notices;
};

void sim_world_create(struct sim_world *world, uint64_t seed);
void sim_world_destroy(struct sim_world *world);

/* One step of random length in which anything may happen. */
void sim_world_step(struct sim_world *world);

/* Lets everything arrive: no new deeds, seconds of virtual time. */
void sim_world_settle(struct sim_world *world);

#endif
