/*
 * Clients whose connection was lost without a word stay for a moment: whoever comes again in time
 * goes on as the same client and nobody notices. It then has as long again to say which rooms it
 * is still in; the others it leaves. All waits are equally long, so the list is in order.
 */
#include "hub/core_rooms.h"
#include "hub/core_users.h"

static void
wait_begin(struct core *core, struct client *client, struct now now)
{
	client->waits_until_ms = now.mono_ms + core->limits.linger_ms;
	client->waits_after = NULL;
	client->waits_before = core->last_waiting;
	if (core->last_waiting != NULL)
		core->last_waiting->waits_after = client;
	else
		core->first_waiting = client;
	core->last_waiting = client;
}

static void
wait_end(struct core *core, struct client *client)
{
	if (client->waits_until_ms == 0)
		return;
	if (client->waits_after != NULL)
		client->waits_after->waits_before = client->waits_before;
	else
		core->last_waiting = client->waits_before;
	if (client->waits_before != NULL)
		client->waits_before->waits_after = client->waits_after;
	else
		core->first_waiting = client->waits_after;
	client->waits_until_ms = 0;
}

void
core_linger(struct core *core, struct client *client, struct now now)
{
	wait_end(core, client);
	users_linger(client);
	presence_linger(core->presence, client);
	core->gateways[client->slot].clients--;
	wait_begin(core, client, now);
}

bool
core_linger_return(
    struct core *core, struct client *client, const struct client *facts, struct now now)
{
	if (!presence_rebind(core->presence, client, facts))
		return false;
	users_return(client);
	wait_end(core, client);
	wait_begin(core, client, now);
	return true;
}

void
core_linger_forget(struct core *core, struct client *client)
{
	wait_end(core, client);
}

/* It has come back, but not to these rooms. */
static void
leave_deaf(struct core *core, struct client *client, struct now now)
{
	struct member *next;

	for (struct member *member = client->memberships; member != NULL; member = next) {
		next = member->next;
		if (member->deaf)
			core_room_leave(core, now, member);
	}
}

void
core_linger_turn(struct core *core, struct now now)
{
	struct client *client;

	while ((client = core->first_waiting) != NULL && client->waits_until_ms <= now.mono_ms) {
		wait_end(core, client);
		if (client->lingers)
			core_client_gone(core, client, now);
		else
			leave_deaf(core, client, now);
	}
}

uint64_t
core_linger_deadline(const struct core *core, struct now now)
{
	const struct client *client = core->first_waiting;

	if (client == NULL)
		return UINT64_MAX;
	return client->waits_until_ms > now.mono_ms ? client->waits_until_ms - now.mono_ms : 0;
}
