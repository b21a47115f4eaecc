/*
 * Clients whose gateway has lost its link. The gateway still has their connections, so they are
 * online for everybody until it is known that its process has ended, until it comes back without
 * them, or until they have waited long enough. Owns who these are; core_linger.c how they wait.
 */
#include <string.h>

#include "hub/core_users.h"

void
core_detach(struct core *core, struct gateway *gateway, struct now now)
{
	struct client *client;

	core_closing_lost(core, gateway->slot, now);
	while ((client = presence_first_of(core->presence, gateway->slot)) != NULL)
		core_linger_detached(core, client, gateway->life, now);
	gateway->clients = 0;
}

static void
end_detached(struct core *core, uint32_t life, struct now now, bool also_left)
{
	struct client *client = presence_first_of(core->presence, PRESENCE_DETACHED);
	struct client *next;

	for (; client != NULL; client = next) {
		next = client->neighbour;
		if (client->life == life && (also_left || !client->left))
			core_client_left(core, client, now, false);
	}
}

void
core_detached_gone(struct core *core, uint32_t life, struct now now)
{
	end_detached(core, life, now, true);
}

void
core_detached_unsaid(struct core *core, uint32_t life, struct now now)
{
	end_detached(core, life, now, false);
}

void
core_detached_others(struct core *core, const struct gateway *gateway, struct now now)
{
	const struct gateway_past *last = NULL;

	/* Those of lives before the last one went when that said HELLO. */
	for (unsigned i = 0; i < CORE_PASTS; i++) {
		const struct gateway_past *past = &core->pasts[i];

		if (past->life != gateway->life && strcmp(past->name, gateway->name) == 0 &&
		    (last == NULL || past->lost_order > last->lost_order))
			last = past;
	}
	if (last != NULL)
		core_detached_gone(core, last->life, now);
}
