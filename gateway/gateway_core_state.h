/*
 * The parts of a gateway's core, for gateway_core.c and gateway_core_hub.c alone.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_CORE_STATE_H
#define HUBBUB_GATEWAY_GATEWAY_CORE_STATE_H

#include "gateway/commands.h"
#include "gateway/drain.h"
#include "gateway/fanout.h"
#include "gateway/gateway_core.h"
#include "gateway/hub_link.h"
#include "gateway/notices.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

/* Of a drain: how fast, and who is on the way out. */
struct departures {
	struct drain pace;
	struct buffer waiting; /* of struct departure: to be told, or told and not gone yet */
	unsigned untold;
	uint32_t cursor;  /* of conns_next: who is next                 */
	uint64_t step_ms; /* not before that is looked at them again    */
};

struct gateway_core {
	struct log *log;
	struct gateway_metrics metrics;
	struct slab_pool slabs;
	struct fanout fanout;
	struct sessions sessions;
	struct roster *roster;
	struct notices notices;
	struct commands commands;
	struct hub_link *hub;
	struct envelope_decoder *decoder; /* of commands that got their outcome */
	struct buffer payload;
	struct departures departures;
	uint32_t drain_ms; /* as configured */
	bool first_roster; /* being told: nobody here has seen another */
};

/* Hands out the end of a command to its sender, if that is still there, and frees it. */
void gateway_core_finish(
    struct gateway_core *core, struct command *command, const struct envelope_outcome *outcome);

/* gateway_core_drain.c: a client has come, who stays to the end of a drain that is under way. */
void gateway_core_drain_came(struct gateway_core *core, struct session *session);

/* gateway_core_drain.c: its part of a turn; monotonic, UINT64_MAX for never. */
void gateway_core_drain_step(struct gateway_core *core);
uint64_t gateway_core_drain_deadline_ms(const struct gateway_core *core);

/* Tells the hub, if it may know and there is anything to tell. */
void gateway_core_say_draining(struct gateway_core *core);

#endif
