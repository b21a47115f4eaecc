/*
 * What operators see and do: lists in joining order, a kick, a sentence to everybody. Wishes
 * arrive parsed; who may wish is decided where they come in.
 */
#include <stdlib.h>

#include "hub/core_events.h"
#include "hub/core_operator.h"
#include "hub/core_users.h"
#include "hub/router.h"

/* The room that RFC 6455 leaves for a reason. */
#define CLOSE_REASON_MAX 123u

static const char *
awaited(const struct core *core)
{
	struct buffer *names = &core->listing->awaited;

	buffer_clear(names);
	(void)core_known_awaited(core, names);
	buffer_append_byte(names, '\0');
	return names->failed ? "" : names->data;
}

struct core_status
core_status(const struct core *core)
{
	return (struct core_status){
		.hub_epoch = core->epoch,
		.started_wall_ms = core->started_wall_ms,
		.gateways = core->attached,
		.clients = presence_clients(core->presence),
		.rooms = presence_rooms(core->presence),
		.messages_public = core->messages_public,
		.messages_private = core->messages_private,
		.commands_refused = core->commands_refused,
		.settling = core->settling.active,
		.awaited = awaited(core),
		.store = core->store->ops->name,
	};
}

bool
core_next_gateway(const struct core *core, unsigned *cursor, struct core_gateway_info *info_out)
{
	while (*cursor < CORE_GATEWAYS_MAX) {
		const struct gateway *gateway = &core->gateways[(*cursor)++];

		if (gateway->state != GATEWAY_OPENING && gateway->state != GATEWAY_ATTACHED)
			continue;
		*info_out = (struct core_gateway_info){
			.slot = gateway->slot,
			.name = gateway->name,
			.software = gateway->software,
			.pid = gateway->process.pid,
			.link_version = gateway->link_version,
			.attached = gateway->state == GATEWAY_ATTACHED,
			.draining = gateway->drains > 0,
			.clients = gateway->clients,
			.commands = gateway->commands,
			.delivered = gateway->delivered,
			.since_wall_ms = gateway->since_wall_ms,
			.last_loss = core_past_loss(core, gateway->name),
		};
		return true;
	}
	return false;
}

/* When a client first entered a room; before it has, when it came. */
static uint64_t
entered_first(const struct client *client)
{
	uint64_t first = (uint64_t)client->since_wall_ms * 1000;

	if (client->memberships != NULL)
		first = client->memberships->ordinal;
	return first;
}

static int
by_joining(const void *a, const void *b)
{
	const struct client *one = *(struct client *const *)a;
	const struct client *other = *(struct client *const *)b;
	uint64_t first = entered_first(one);
	uint64_t second = entered_first(other);

	if (first != second)
		return first < second ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

/* A snapshot of who is in the room, or of all; false without memory. */
static bool
listing_fill(const struct core *core, struct listing *listing, struct text room_name)
{
	size_t most = presence_clients(core->presence);
	struct room *room = presence_room(core->presence, room_name);

	free(listing->clients);
	listing->count = 0;
	listing->clients = calloc(most + 1, sizeof(struct client *));
	if (listing->clients == NULL)
		return false;
	if (!text_is_empty(room_name)) {
		if (room == NULL)
			return true;
		presence_order(room);
		for (size_t i = 0; i < room->used; i++)
			listing->clients[listing->count++] = room->members[i]->client;
		return true;
	}
	for (unsigned slot = 0; slot <= PRESENCE_DETACHED; slot++) {
		for (struct client *client = presence_first_of(core->presence, slot);
		     client != NULL; client = client->neighbour)
			listing->clients[listing->count++] = client;
	}
	qsort(listing->clients, listing->count, sizeof(struct client *), by_joining);
	return true;
}

static const char *
rooms_of(struct listing *listing, const struct client *client)
{
	buffer_clear(&listing->rooms);
	for (const struct member *member = client->memberships; member != NULL;
	     member = member->next) {
		if (listing->rooms.length > 0)
			buffer_append_byte(&listing->rooms, ' ');
		buffer_append_text(&listing->rooms, member->room->name);
	}
	buffer_append_byte(&listing->rooms, '\0');
	return listing->rooms.failed ? "" : listing->rooms.data;
}

static struct core_client_info
described(const struct core *core, const struct client *client)
{
	return (struct core_client_info){
		.client = client->id,
		.name = client->name.data,
		.gateway = client->life != 0 ? core_past_name(core, client->life)
					     : core->gateways[client->slot].name,
		.dialect = client->dialect.data,
		.address = client->address.data,
		.rooms = rooms_of(core->listing, client),
		.since_wall_ms = client->since_wall_ms,
	};
}

bool
core_next_client(
    const struct core *core, struct text room, void **cursor, struct core_client_info *info_out)
{
	struct listing *listing = core->listing;
	size_t at = (size_t)(uintptr_t)*cursor;

	if (at == 0 && !listing_fill(core, listing, room))
		return false;
	if (at >= listing->count)
		return false;
	*cursor = (void *)(uintptr_t)(at + 1);
	*info_out = described(core, listing->clients[at]);
	return true;
}

bool
core_find_client(const struct core *core, uint32_t client, struct core_client_info *info_out)
{
	const struct client *found = presence_by_id(core->presence, client);

	if (found == NULL)
		return false;
	*info_out = described(core, found);
	return true;
}

bool
core_next_connection(struct core *core, const struct core_who *who, unsigned *cursor,
    struct core_client_info *info_out)
{
	const struct user *user = users_find(core->users, text_of(who->realm), text_of(who->id));
	const struct client *client = user != NULL ? user->clients : NULL;

	for (unsigned skipped = 0; client != NULL && skipped < *cursor; skipped++)
		client = client->sibling;
	if (client == NULL)
		return false;
	++*cursor;
	*info_out = described(core, client);
	return true;
}

bool
core_room_exists(const struct core *core, struct text room)
{
	return presence_room(core->presence, room) != NULL;
}

/* As much of it as a close frame holds, cut between code points. */
static struct text
close_reason(struct text reason)
{
	size_t length = 0;
	uint32_t code_point;

	if (reason.length <= CLOSE_REASON_MAX)
		return reason;
	for (;;) {
		struct text rest = { reason.data + length, reason.length - length };
		size_t step = text_first_code_point(rest, &code_point);

		if (step == 0 || length + step > CLOSE_REASON_MAX)
			return (struct text){ reason.data, length };
		length += step;
	}
}

void
core_close_client(struct core *core, struct now now, struct client *client, struct text reason)
{
	const struct envelope_close order = {
		.conn = client->conn,
		.client = client->id,
		.code = CLOSE_POLICY,
		.reason = reason,
	};
	struct event event = core_event(core, client, now, EVENT_KICKED);

	event.texts[EVENT_REASON] = reason;
	events_note(core->events, &event);
	core_closing_kick(core, client, &order);
	if (client->lingers)
		core_client_gone(core, client, now);
	else
		core_tell(core, core_slot_bit(client->slot), ENVELOPE_CLOSE, &order);
}

struct core_meaning
core_meaning(const struct core *core, struct text who)
{
	struct router_target meant = router_operator_id(core->presence, core->users, who);
	const struct user *user = meant.client != NULL ? meant.client->user : meant.user;
	const struct client *named = presence_by_name(core->presence, who);

	while (named != NULL && named->user == user)
		named = named->namesake;
	return (struct core_meaning){ .is_id = user != NULL, .is_name = named != NULL };
}

unsigned
core_kick(struct core *core, struct now now, struct text who, struct text reason)
{
	struct router_target target = router_operator(core->presence, core->users, who);
	struct client *next;
	unsigned kicked = 0;

	if (target.client != NULL) {
		core_close_client(core, now, target.client, close_reason(reason));
		return 1;
	}
	if (target.user == NULL)
		return 0;
	/* With the last one that lingers the user is gone as well. */
	for (struct client *client = target.user->clients; client != NULL; client = next) {
		next = client->sibling;
		core_close_client(core, now, client, close_reason(reason));
		kicked++;
	}
	return kicked;
}

unsigned
core_say(struct core *core, struct now now, struct text content)
{
	struct envelope_notice notice = {
		.time = (uint64_t)now.wall_ms,
		.content = content,
	};
	uint64_t slots = 0;

	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		if (core->gateways[slot].state == GATEWAY_ATTACHED)
			slots |= core_slot_bit(slot);
	}
	metric_increment(core->metrics.notices);
	core_tell(core, slots, ENVELOPE_NOTICE, &notice);
	return (unsigned)__builtin_popcountll(slots);
}
