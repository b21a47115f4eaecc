/*
 * Clients whose connection was lost without a word stay for a moment, those whose gateway has lost
 * its link for a little longer: whoever comes again in time goes on as the same client and nobody
 * notices. It then has a moment to say which rooms it is still in; the others it leaves. All waits
 * of a queue are equally long, so each is in order.
 */
#include "hub/core_events.h"
#include "hub/core_rooms.h"
#include "hub/core_users.h"

static void
wait_begin(struct core *core, struct client *client, struct now now)
{
	bool detached = client->life != 0;
	struct waiting *queue = detached ? &core->detached : &core->lingering;
	uint64_t ms = detached ? core->limits.detach_ms : core->limits.linger_ms;

	client->waits_in = queue;
	client->waits_until_ms = now.mono_ms + ms;
	client->waits_after = NULL;
	client->waits_before = queue->last;
	if (queue->last != NULL)
		queue->last->waits_after = client;
	else
		queue->first = client;
	queue->last = client;
}

static void
wait_end(struct client *client)
{
	struct waiting *queue = client->waits_in;

	if (queue == NULL)
		return;
	if (client->waits_after != NULL)
		client->waits_after->waits_before = client->waits_before;
	else
		queue->last = client->waits_before;
	if (client->waits_before != NULL)
		client->waits_before->waits_after = client->waits_after;
	else
		queue->first = client->waits_after;
	client->waits_in = NULL;
}

void
core_linger_held(struct core *core, struct client *client)
{
	wait_end(client);
	if (client->lingers)
		return;
	users_linger(client);
	presence_linger(core->presence, client);
	core->gateways[client->slot].clients--;
}

void
core_linger(struct core *core, struct client *client, struct now now)
{
	core_linger_held(core, client);
	wait_begin(core, client, now);
}

void
core_linger_detached(struct core *core, struct client *client, uint32_t life, struct now now)
{
	bool left = client->lingers && client->waits_in != NULL;

	/* Whoever had lost its connection before has no longer to come back for that. */
	client->left = left;
	if (!left)
		wait_end(client);
	if (!client->lingers)
		users_linger(client);
	presence_detach(core->presence, client, life);
	if (!left)
		wait_begin(core, client, now);
}

bool
core_linger_return(
    struct core *core, struct client *client, const struct client *facts, struct now now)
{
	if (!presence_rebind(core->presence, client, facts))
		return false;
	users_return(client);
	wait_end(client);
	wait_begin(core, client, now);
	return true;
}

void
core_linger_forget(struct client *client)
{
	wait_end(client);
}

void
core_linger_leave_deaf(struct core *core, struct client *client, struct now now)
{
	struct member *next;

	/* What an earlier connection of it said is to come there. */
	if (client->old_conns > 0)
		return;
	for (struct member *member = client->memberships; member != NULL; member = next) {
		next = member->next;
		if (member->deaf)
			core_room_leave(core, now, member);
	}
}

/* Those of one gateway have waited alike: one event is for all of them. */
static void
note_end(struct core *core, const struct client *client, struct now now, uint32_t *life)
{
	if (client->life == 0) {
		core_note(core, client, now, EVENT_GONE, TEXT(""));
	} else if (client->life != *life) {
		*life = client->life;
		core_note_gateway(core, core_past_name(core, client->life), now, EVENT_DIED, 0,
		    "it did not come back in time");
	}
}

static void
end_waits(struct core *core, struct waiting *queue, struct now now)
{
	struct client *client;
	uint32_t life = 0;

	while ((client = queue->first) != NULL && client->waits_until_ms <= now.mono_ms) {
		wait_end(client);
		if (client->lingers) {
			note_end(core, client, now, &life);
			core_client_left(core, client, now, false);
		} else {
			core_linger_leave_deaf(core, client, now);
		}
	}
}

void
core_linger_turn(struct core *core, struct now now)
{
	end_waits(core, &core->lingering, now);
	end_waits(core, &core->detached, now);
}

static uint64_t
first_end(const struct waiting *queue, struct now now)
{
	const struct client *client = queue->first;

	if (client == NULL)
		return UINT64_MAX;
	return client->waits_until_ms > now.mono_ms ? client->waits_until_ms - now.mono_ms : 0;
}

uint64_t
core_linger_deadline(const struct core *core, struct now now)
{
	uint64_t lingering = first_end(&core->lingering, now);
	uint64_t detached = first_end(&core->detached, now);

	return lingering < detached ? lingering : detached;
}
