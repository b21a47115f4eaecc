/*
 * The gateways that the hub knows, as the store keeps them: whom a hub that starts again waits for.
 * core_known.c keeps the list, core_roster.c waits.
 */
#ifndef HUBBUB_HUB_CORE_KNOWN_H
#define HUBBUB_HUB_CORE_KNOWN_H

#include "hub/core.h"

#define GATEWAY_NAME_MAX 32

struct gateway;

/* One gateway, by its name; one life of it at a time. */
struct known_gateway {
	char name[GATEWAY_NAME_MAX + 1]; /* "": the place is free */
	uint64_t epoch;
	struct store_process process;
	uint32_t life;     /* 0: it has not linked to this hub yet          */
	bool linked;       /* has said HELLO on a link that lives           */
	bool awaited;      /* the hub before knew it, it is not attached yet */
	uint64_t until_ms; /* its link is lost: for so long it may come again */
};

struct known_gateways {
	struct known_gateway gateways[CORE_GATEWAYS_MAX];
	uint64_t batch;    /* the last that changed the stored list               */
	bool unsaved;      /* the stored list is another: it is written again ... */
	uint64_t again_ms; /* ... then; 0: not decided                            */
	uint64_t away_ms;  /* until_ms of the first that is away; 0: none       */
};

/* Waiting, after a restart, for the gateways that the hub before us knew. */
struct settling {
	bool active;
	bool over;         /* once in a life                                      */
	unsigned expected; /* as gateways say that there were                     */
	unsigned gone;     /* of the known ones: they are not to be waited for    */
	uint64_t deadline_ms;
};

/* Reads the list of the hub before; begins to wait if somebody is on it. */
void core_known_load(struct core *core, struct now now);

/* A gateway has said HELLO, has said all, has lost its link. */
void core_known_hello(struct core *core, const struct gateway *gateway);
void core_known_attached(struct core *core, const struct gateway *gateway);
void core_known_lost(struct core *core, const struct gateway *gateway, struct now now);

/* That life has ended. */
void core_known_over(struct core *core, uint32_t life);

/* Batches from `batch` on were not kept. */
void core_known_undone(struct core *core, uint64_t batch);

/* Ends graces, writes again what could not be stored. */
void core_known_turn(struct core *core, struct now now);
uint64_t core_known_deadline(const struct core *core, struct now now);

bool core_known_is_awaiting(const struct core *core);

/* How many are awaited; their names, blank-separated, behind what `out` has. */
unsigned core_known_awaited(const struct core *core, struct buffer *out);

/* Nobody is awaited any more: those who never came are known no more. Their names go to `out`. */
void core_known_settled(struct core *core, struct buffer *out);

#endif
