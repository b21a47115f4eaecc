/*
 * Who is let in and who is put out because of a ban. What operators do with bans is in
 * core_operator.h.
 */
#ifndef HUBBUB_HUB_CORE_BANS_H
#define HUBBUB_HUB_CORE_BANS_H

#include "hub/bans.h"
#include "hub/core.h"

struct client;
struct gateway;
struct user;

/* What a client is closed with; the operator's reason is not for it. */
#define CORE_BANNED "banned"

struct core_bans {
	struct bans *all;
	struct ban_watch watch;
	uint64_t changed;  /* the last batch that changed the stored bans */
	uint64_t sweep_ms; /* those that are over are forgotten then      */
	uint64_t load_ms;  /* if they are stale they are read again then  */
	bool is_stale;     /* a batch was not kept, and they could not be read since */
	struct metric *count;
	struct metric *banned;
};

/* False without memory, or if the store cannot tell who is banned. */
bool core_bans_begin(struct core *core, const struct core_setup *setup);
void core_bans_free(struct core *core);

/* Batches from `batch` on were not kept. */
void core_bans_undone(struct core *core, uint64_t batch);

/* Where somebody is from is banned; who somebody is. */
bool core_bans_address(struct core *core, struct now now, struct text address);
bool core_bans_identity(
    const struct core *core, struct now now, const struct user *user, uint32_t client);

/* Tells the gateway of an OPEN to close the connection. */
void core_bans_refuse(
    struct core *core, const struct gateway *gateway, const struct envelope_open *open);

void core_bans_turn(struct core *core, struct now now);

#endif
