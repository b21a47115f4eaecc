/*
 * What must hold after every turn, whatever broke: queues within their bounds, and nobody online
 * whose gateway's process is known to have ended. And what a hub that has just started must not
 * say before the gateways of the one before are back.
 */
#include "sim_deeds.h"

#include <stdio.h>
#include <string.h>

#include "common/outcomes.h"
#include "gateway/gateway_core_state.h"
#include "gateway/hub_link_state.h"
#include "hub/core_state.h"

/* So much less than gateways hold commands. */
#define SURELY_HELD_MS 1000u

static void
watch_gateway(struct sim_world *world, const struct sim_gateway *gateway)
{
	const struct gateway_core *core = gateway->core;
	const struct commands *commands = &core->commands;
	const struct sim_gateway_settings *settings = &world->settings.gateways[gateway->number];

	if (commands->next - commands->first > settings->commands_bound)
		sim_wrong(world, "gateway %u holds %llu commands, %llu may wait",
		    gateway->number + 1, (unsigned long long)(commands->next - commands->first),
		    (unsigned long long)settings->commands_bound);
	if (commands->bytes > COMMANDS_BYTES_MAX)
		sim_wrong(world, "gateway %u holds %zu bytes of commands", gateway->number + 1,
		    commands->bytes);
	if (core->slabs.pinned > core->sessions.limits.pinned_bytes)
		sim_wrong(
		    world, "gateway %u pins %zu bytes", gateway->number + 1, core->slabs.pinned);
}

static void
watch_session(struct sim_world *world, const struct sim_socket *socket)
{
	size_t bound = world->settings.gateways[socket->gateway].queue_bound;

	if (socket->state == SIM_CONNECTED && !socket->close_asked &&
	    world->gateways[socket->gateway].core != NULL && socket->session->output.bytes > bound)
		sim_wrong(world, "%zu bytes wait for one client, %zu may",
		    socket->session->output.bytes, bound);
}

void
sim_watch(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		if (world->gateways[i].core != NULL)
			watch_gateway(world, &world->gateways[i]);
	}
	for (unsigned i = 0; i < world->socket_count; i++)
		watch_session(world, world->sockets[i]);
	for (unsigned i = 0; world->hub != NULL && i < HELD_SLOTS; i++) {
		if (world->hub->held.counts[i] > SIM_COMMANDS ||
		    world->hub->held.bytes[i] > HELD_BYTES_MAX)
			sim_wrong(world, "the hub holds %u commands of one gateway, %u may wait",
			    world->hub->held.counts[i], SIM_COMMANDS);
	}
}

bool
sim_watch_takes(const struct sim_world *world, unsigned gateway)
{
	const struct gateway_core *core = world->gateways[gateway].core;
	const struct sim_gateway_settings *settings = &world->settings.gateways[gateway];
	const struct command *oldest;

	if (core == NULL || core->commands.next - core->commands.first >= settings->commands / 2)
		return false;
	oldest = commands_oldest(&core->commands);
	return oldest == NULL || world->now.mono_ms + SURELY_HELD_MS <
				     oldest->since_ms + settings->hold_seconds * UINT64_C(1000);
}

/* Its connection is gone, and nothing is left of it at its gateway. */
static bool
is_over(const struct sim_world *world, const struct sim_socket *socket)
{
	const struct gateway_core *core = world->gateways[socket->gateway].core;

	return socket->state == SIM_GONE && core != NULL &&
	       closings_find(&core->hub->closings, socket->conn) == NULL;
}

static void
weigh(struct sim_world *world, struct sim_client *client)
{
	struct sim_pages *said = &world->book.of[client->number];
	bool doubtful = world->store.full || world->store.fails || client->kicked ||
			client->errors != client->weighed ||
			!sim_watch_takes(world, client->socket.gateway);

	client->weighed = client->errors;
	for (unsigned i = client->settled; doubtful && i < said->count; i++)
		said->rows[i].doubtful = true;
	if (client->answered == client->sent || is_over(world, &client->socket))
		client->settled = said->count;
}

void
sim_watch_doubts(struct sim_world *world)
{
	for (unsigned i = 0; i < world->client_count; i++)
		weigh(world, &world->clients[i]);
}

/* Of who is not here nothing is known. */
bool
sim_watch_inbox_is_full(const struct sim_world *world, const char *user)
{
	const struct user *found = NULL;

	if (world->hub != NULL)
		found = users_find(world->hub->users, TEXT("open"), text_of(user));
	if (found == NULL || found->inbox == NULL)
		return true;
	/* What else came in this turn has been counted, what was read has been taken off. */
	return found->inbox->seq - found->inbox->mark + 2 >= world->settings.inbox_messages;
}

void
sim_watch_death(struct sim_world *world, const struct sim_gateway *gateway)
{
	struct core_client_info info;
	void *cursor = NULL;
	char name[16];

	snprintf(name, sizeof(name), "gw-%u", gateway->number + 1);
	while (world->hub != NULL && core_next_client(world->hub, TEXT(""), &cursor, &info)) {
		if (strcmp(info.gateway, name) == 0)
			sim_wrong(world, "%s is online by %s, which is dead", info.name, name);
	}
}

/* What depends on who is online. */
static bool
tells_presence(const struct envelope *envelope)
{
	switch (envelope->kind) {
	case ENVELOPE_ENTERED:
	case ENVELOPE_EXITED:
	case ENVELOPE_ROSTER_END:
	case ENVELOPE_LIST_END:
		return true;
	case ENVELOPE_OUTCOME:
		return envelope->outcome.code == OUTCOME_NO_SUCH_USER;
	default:
		return false;
	}
}

static bool
is_attached(const struct sim_world *world, const struct sim_gateway *gateway)
{
	return sim_link_is_open(&gateway->link) &&
	       world->hub->gateways[gateway->link.slot].state == GATEWAY_ATTACHED;
}

/* Decided by a hub before, and said again: nothing new is until its roster is complete. */
static bool
is_old(const struct sim_world *world, const struct sim_gateway *to, const struct envelope *envelope)
{
	return envelope->kind == ENVELOPE_OUTCOME && !is_attached(world, to);
}

/* A gateway that the hub before knew, and that this one must still wait for. */
static const struct sim_gateway *
awaited(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		struct sim_gateway *gateway = &world->gateways[i];

		if (gateway->core == NULL || is_attached(world, gateway))
			gateway->is_known = false;
		if (gateway->is_known)
			return gateway;
	}
	return NULL;
}

void
sim_watch_said(struct sim_world *world, struct sim_gateway *to, const void *frames, size_t length)
{
	struct envelope_decoder *decoder;
	const struct sim_gateway *missing;
	const char *at = frames;
	struct envelope envelope;

	if (world->now.mono_ms >= world->hub_since_ms + SIM_SETTLE_MS)
		return;
	missing = awaited(world);
	if (missing == NULL)
		return;
	decoder = envelope_decoder_create();
	sim_must(decoder != NULL, "no decoder");
	while (length > 0) {
		size_t whole = ENVELOPE_HEADER_SIZE + envelope_header_read(at);

		if (!envelope_decode(decoder, at + ENVELOPE_HEADER_SIZE,
			whole - ENVELOPE_HEADER_SIZE, &envelope))
			sim_wrong(world, "the hub said what cannot be read");
		else if (tells_presence(&envelope) && !is_old(world, to, &envelope))
			sim_wrong(world, "the hub says %s to gateway %u before gateway %u is back",
			    envelope_kind_name(envelope.kind), to->number + 1, missing->number + 1);
		at += whole;
		length -= whole;
	}
	envelope_decoder_destroy(&decoder);
}

/* As far as what the store has kept tells: what is under way may be lost with the hub. */
void
sim_watch_hub_death(struct sim_world *world)
{
	const struct known_gateways *list = &world->hub->known;
	bool stored = !list->unsaved && list->batch <= world->hub->kept;

	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		struct sim_gateway *gateway = &world->gateways[i];
		bool listed = false;
		char name[16];

		snprintf(name, sizeof(name), "gw-%u", gateway->number + 1);
		for (unsigned k = 0; k < CORE_GATEWAYS_MAX; k++)
			listed |= strcmp(list->gateways[k].name, name) == 0 &&
				  list->gateways[k].process.started == gateway->starts;
		gateway->is_known = stored && listed && gateway->core != NULL;
	}
}
