/*
 * Clients whose gateway has lost its link. The gateway still has their connections, so they are
 * online for everybody until it is known that its process has ended, until it comes back without
 * them, or until they have waited long enough. Owns who these are; core_linger.c how they wait.
 */
#include <string.h>

#include "hub/core_events.h"
#include "hub/core_users.h"

void
core_detach(struct core *core, struct gateway *gateway, struct now now)
{
	struct client *client;

	core_closing_lost(core, gateway->slot, now);
	while ((client = presence_first_of(core->presence, gateway->slot)) != NULL)
		core_linger_detached(core, client, gateway->life, now);
	if (gateway->name[0] != '\0')
		core_note_gateway(core, gateway->name, now, EVENT_AWAY, gateway->clients, "");
	gateway->clients = 0;
}

/* So many of them. */
static unsigned
end_detached(struct core *core, uint32_t life, struct now now, bool also_left)
{
	struct client *client = presence_first_of(core->presence, PRESENCE_DETACHED);
	struct client *next;
	unsigned ended = 0;

	for (; client != NULL; client = next) {
		next = client->neighbour;
		if (client->life != life || (!also_left && client->left))
			continue;
		ended++;
		if (!also_left)
			core_note(core, client, now, EVENT_GONE, TEXT(""));
		core_client_left(core, client, now, false);
	}
	return ended;
}

void
core_detached_gone(struct core *core, uint32_t life, struct now now)
{
	const char *name = core_past_name(core, life);
	unsigned ended = end_detached(core, life, now, true);

	if (ended > 0)
		core_note_gateway(core, name, now, EVENT_DIED, ended, "its process has ended");
}

void
core_detached_unsaid(struct core *core, uint32_t life, struct now now)
{
	(void)end_detached(core, life, now, false);
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
