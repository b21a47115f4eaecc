/*
 * The parts of a gateway's core, for gateway_core.c and gateway_core_hub.c alone.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_CORE_STATE_H
#define HUBBUB_GATEWAY_GATEWAY_CORE_STATE_H

#include "gateway/commands.h"
#include "gateway/fanout.h"
#include "gateway/gateway_core.h"
#include "gateway/hub_link.h"
#include "gateway/notices.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

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
	bool first_roster; /* being told: nobody here has seen another */
};

/* Hands out the end of a command to its sender, if that is still there, and frees it. */
void gateway_core_finish(
    struct gateway_core *core, struct command *command, const struct envelope_outcome *outcome);

#endif
