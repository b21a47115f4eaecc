/*
 * The hub's mind: envelopes, time, store completions and operators' wishes
 * in; frames for gateways and store batches out. No socket, no clock, no file: the
 * daemon, the unit tests and the simulator drive the same code.
 *
 * One turn: any number of core_gateway_*() and core_kick()/core_say() calls, then
 * core_turn(). What the turn says to gateways is held in order until the
 * store has committed what the turn wrote, so nothing is visible that could be lost.
 */
#ifndef HUBBUB_HUB_CORE_H
#define HUBBUB_HUB_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/digest.h"
#include "common/envelope.h"
#include "common/link.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/random.h"
#include "hub/bans.h"
#include "hub/bus.h"
#include "hub/core_limits.h"
#include "hub/store.h"

/* Places for gateways; a slot names one link for as long as it lives. */
#define CORE_GATEWAYS_MAX 64

struct core;

/* Effects on links. Never calls back into the core. */
struct core_links {
	/* Complete frames for one gateway. A link that cannot take them ends by itself later. */
	void (*send)(void *context, unsigned slot, const void *frames, size_t length);
	/* The core is done with this link. core_gateway_detached or _lost still follows. */
	void (*drop)(void *context, unsigned slot, enum link_loss why);
	void *context;
	/*
	 * More than half of what may wait for it does: only what cannot wait is sent. NULL:
	 * never.
	 */
	bool (*is_busy)(void *context, unsigned slot);
	/* That process of a link has surely ended. NULL: nobody can tell. */
	bool (*is_over)(void *context, const struct store_process *process);
};

struct core_setup {
	struct core_limits limits;
	struct core_links links;
	struct store *store; /* borrowed */
	struct bus *bus;     /* borrowed */
	struct random_source random;
	struct digest_watch digests;
	struct ban_watch bans;
	/* Rules for rooms: copied; none, and everybody may everything. */
	const struct config_class *classes;
	unsigned class_count;
	const char *operators;   /* blank-separated ids of users; may be NULL */
	struct log *log;         /* borrowed; may be NULL */
	struct metrics *metrics; /* borrowed; may be NULL */
	struct now now;
};

struct core *core_create(const struct core_setup *setup);
void core_destroy(struct core **core);

/* A link was accepted. The slot, or -1 when all are taken (the owner refuses the link). */
int core_gateway_connected(struct core *core, struct now now, const struct store_process *process);

/*
 * One envelope of that link; anything but LINK_ALIVE ends the link (core_gateway_lost
 * follows).
 */
enum link_loss core_gateway_envelope(
    struct core *core, unsigned slot, struct now now, const struct envelope *envelope);

/*
 * The link is over, its process may live: its clients wait for its next link, unheard by anybody,
 * for limits.detach_ms at most. Frees the slot. The life to name when the process has ended; 0:
 * there is none. After a GOODBYE nobody waits.
 */
uint32_t core_gateway_detached(
    struct core *core, unsigned slot, struct now now, enum link_loss why);

/* The process of that life has ended: its clients are gone, everyone hears of it. */
void core_gateway_died(struct core *core, uint32_t life, struct now now);

/* Both at once. */
void core_gateway_lost(struct core *core, unsigned slot, struct now now, enum link_loss why);

/* Ends a turn: commits what it wrote, releases what is committed, runs timers. */
void core_turn(struct core *core, struct now now);

/* Something was said that waits for the store. */
bool core_is_waiting(const struct core *core);

/* Milliseconds until core_turn is next needed without input; UINT64_MAX for never. */
uint64_t core_next_deadline(const struct core *core, struct now now);

/* What an operator sees. Borrowed until the next call into the core. */
struct core_gateway_info {
	unsigned slot;
	const char *name;
	const char *software;
	int64_t pid;
	unsigned link_version;
	bool attached; /* its roster is complete */
	bool draining; /* its clients are let go, then it ends */
	unsigned clients;
	uint64_t commands;  /* taken from it so far   */
	uint64_t delivered; /* envelopes sent to it   */
	int64_t since_wall_ms;
	enum link_loss last_loss; /* of the link before; LINK_ALIVE: none */
};

struct core_client_info {
	uint32_t client;
	const char *name;
	const char *gateway;
	const char *dialect;
	const char *address;
	const char *rooms; /* blank-separated */
	int64_t since_wall_ms;
};

struct core_status {
	uint64_t hub_epoch;
	int64_t started_wall_ms;
	unsigned gateways;
	unsigned clients;
	unsigned rooms;
	uint64_t messages_public;
	uint64_t messages_private;
	uint64_t commands_refused;
	bool settling;
	const char *awaited; /* gateways, blank-separated; borrowed as above */
	const char *store;   /* its name, e.g. "memory" */
};

struct core_status core_status(const struct core *core);

/* False past the last; `cursor` begins as 0 and is the caller's. */
bool core_next_gateway(
    const struct core *core, unsigned *cursor, struct core_gateway_info *info_out);

/* In joining order, of one room or of all (empty room). The core must not change in between. */
bool core_next_client(
    const struct core *core, struct text room, void **cursor, struct core_client_info *info_out);

/* One client by its id; false if it is not online (any more). */
bool core_find_client(const struct core *core, uint32_t client, struct core_client_info *info_out);

bool core_room_exists(const struct core *core, struct text room);

/*
 * Closes every connection of a user by its id ("REALM/ID" or, if only one realm has it, "ID"), the
 * one of a client_id, or those of the only user online with that name, with CLOSE 1008. The number
 * of connections told to close; 0: no such user or an ambiguous name.
 */
unsigned core_kick(struct core *core, struct now now, struct text who, struct text reason);

/* What became of an operator's wish for a room. */
enum core_room_result {
	CORE_ROOM_DONE,
	CORE_ROOM_EXISTS,
	CORE_ROOM_UNKNOWN,
	CORE_ROOM_NO_CLASS,
	CORE_ROOM_TOO_MANY,
	CORE_ROOM_NOT_STORED,
};

/* What was done: `affected` members were put out, all of it true once the batch is kept. */
struct core_deed {
	uint64_t batch;
	unsigned affected;
};

/* Makes a room, or takes one over that is there: members who may not read it any more leave. */
enum core_room_result core_room_create(
    struct core *core, struct now now, const struct store_room *wanted, struct core_deed *deed_out);

/* Everybody leaves; what was said is gone, and the next room of that name begins anew. */
enum core_room_result core_room_close(
    struct core *core, struct now now, struct text name, struct core_deed *deed_out);

/* Everybody leaves and is told the new name, under which history and numbers go on. */
enum core_room_result core_room_rename(struct core *core, struct now now, struct text from,
    struct text to, struct core_deed *deed_out);

/* Whether the store has kept a batch. */
enum core_batch { CORE_BATCH_OPEN, CORE_BATCH_KEPT, CORE_BATCH_LOST };
enum core_batch core_batch(const struct core *core, uint64_t batch);

/* An operator's sentence to every room; the number of gateways told. */
unsigned core_say(struct core *core, struct now now, struct text content);

#endif
