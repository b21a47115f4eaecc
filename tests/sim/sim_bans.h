/*
 * Bans in the world: what the operator wished, what of it must hold, may hold and cannot hold, and
 * who is hit by it. A ban that was wished and not yet answered, or whose answer went with its hub,
 * may have come about or not: each such possibility is a version.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_BANS_H
#define HUBBUB_TESTS_SIM_SIM_BANS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "hub/store_rows.h"

struct sim_world;

#define SIM_BANS 12u
#define SIM_BAN_VERSIONS 6u
#define SIM_ADDRESS_SIZE 24

struct sim_ban_version {
	bool banned;
	bool over;        /* its time came: it may be forgotten, whatever clocks say since */
	bool open;        /* not yet answered, in `batch` */
	int64_t until_ms; /* 0: for good */
	uint64_t batch;
};

struct sim_ban {
	enum store_ban_kind kind;
	char value[SIM_ADDRESS_SIZE];
	unsigned first; /* senders whose addresses are within it */
	unsigned last;
	/* The first is what was, or was answered last; none: no ban stands here. */
	struct sim_ban_version versions[SIM_BAN_VERSIONS];
	unsigned count;
	uint64_t sure_turn; /* since which it surely holds; 0: it does not */
	uint64_t sure_ms;
};

struct sim_bans {
	struct sim_ban all[SIM_BANS];
};

/* Where a sender is from: each has an address of its own. */
void sim_address(unsigned sender, char out[SIM_ADDRESS_SIZE]);

/* Of its user. */
struct text sim_realm(const struct sim_world *world, unsigned sender);

/* The operator bans somebody, or lifts a ban. */
void sim_bans_happen(struct sim_world *world);

/* A hub has read its store: what it knows is what came about. */
void sim_bans_begin(struct sim_world *world);

/* What must hold after every turn; who may be hit from now on has reasons to be closed. */
void sim_bans_watch(struct sim_world *world);

/* Nothing broke for a while and nobody did anything: who is banned is out. */
void sim_bans_quiet(struct sim_world *world);

/* It surely is, now. */
bool sim_bans_sender(const struct sim_world *world, unsigned sender);

/* The store was opened without a hub: NULL, or which ban it has lost or made up. */
const char *sim_bans_reborn(struct sim_world *world);

#endif
