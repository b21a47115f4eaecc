/*
 * One hub core, two gateway cores, a store and fake clients of three dialects in one process on
 * virtual time. All that happens follows from the seed.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_WORLD_H
#define HUBBUB_TESTS_SIM_SIM_WORLD_H

#include <stdio.h>

#include "gateway/gateway_core.h"
#include "gateway/mounts.h"
#include "hub/core.h"
#include "sim_bans.h"
#include "sim_client.h"
#include "sim_direct.h"
#include "sim_link.h"
#include "sim_native.h"
#include "sim_settings.h"
#include "sim_store.h"
#include "tests/store_double.h"

#define SIM_GATEWAYS 2

/* The wall clock when the monotonic one is 0; any time will do. */
#define SIM_EPOCH_MS INT64_C(1700000000000)

/* What gateways grant in every run: small, so that runs come to it. */
#define SIM_QUEUE_BYTES 32768u
#define SIM_COMMANDS 60u
#define SIM_INBOX_MESSAGES 8u
#define SIM_RESUME_MS (UINT64_C(7) * 24 * 60 * 60 * 1000) /* longer than clocks are set by */

/* Gateways' processes are numbered from here on. */
#define SIM_FIRST_PID 1000

/* How long a hub that starts again waits for the gateways of the one before. */
#define SIM_SETTLE_MS 2000u

/* The steps before and behind all others, in which everything begins and settles. */
#define SIM_BEGINNING 0u
#define SIM_SETTLING UINT32_MAX

/* How a run is to differ from what its seed alone says. */
struct sim_plan {
	const bool *left_out; /* steps that do not take place; may be NULL     */
	FILE *trace;          /* gets a line for each deed; NULL: nobody reads */
	bool sqlite;          /* the real store on a disk that forgets         */
};

struct sim_gateway {
	struct sim_world *world;
	unsigned number;
	struct gateway_core *core; /* NULL: not running */
	struct sim_link link;
	bool wants_link;
	unsigned starts; /* of its process                                                  */
	bool is_known;   /* the hub before this one knew this process, which is not back yet */
	uint32_t life;   /* as the hub calls it, once it has lost a link; 0: not yet */
	enum link_loss dropped; /* by the core; LINK_ALIVE: not */
};

struct sim_world {
	uint64_t seed;
	struct sim_plan plan;
	uint32_t step;
	uint64_t turns;
	/* Both begin anew with each step: one left out changes the luck of no other. */
	uint64_t state;
	uint64_t inner_state;
	struct random_source random; /* of the world       */
	struct random_source inner;  /* of cores and sockets */
	struct now now;
	int64_t wall_offset_ms; /* that somebody set the clock by */
	bool faults;            /* links break and processes die in this run */
	bool settling;          /* who is away comes again at once */
	struct mount_table mounts;
	const struct mount *room_mount;
	const struct mount *native_mount;
	const struct mount *direct_mount;

	struct core *hub; /* NULL: not running */
	uint64_t hub_since_ms;
	struct store_double store; /* what is committed outlives the hub   */
	struct sim_sqlite *sqlite; /* instead of it; full and fails bear upon this one, too */
	uint64_t sick_ms;          /* when the store, the hub or a link was last broken */
	uint64_t patience;         /* one in so many steps the store ends a batch */
	struct bus *bus;
	enum link_loss hub_dropped[CORE_GATEWAYS_MAX];
	struct sim_gateway gateways[SIM_GATEWAYS];

	/*
	 * Client 0 joins first, reads everything at once and never leaves: what it hears is
	 * the truth.
	 */
	struct sim_client clients[SIM_CLIENTS];
	unsigned client_count;
	struct sim_native natives[SIM_NATIVES];
	struct sim_direct directs[SIM_DIRECTS];
	struct sim_book book;
	struct sim_socket *sockets[SIM_SENDERS]; /* of all that ever came */
	unsigned socket_count;
	unsigned kicks;
	unsigned notices;
	struct sim_bans bans;
	struct sim_settings settings;
	char wrong[200]; /* the first that was found while it ran, or empty */
};

void sim_world_create(struct sim_world *world, uint64_t seed, struct sim_plan plan);
void sim_world_destroy(struct sim_world *world);

/* One step of random length in which anything may happen. */
void sim_world_step(struct sim_world *world, uint32_t step);

/* Lets everything arrive: no new deeds, seconds of virtual time. */
void sim_world_settle(struct sim_world *world);

#endif
