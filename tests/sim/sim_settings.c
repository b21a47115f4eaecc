/* See sim_settings.h. */
#include "sim_settings.h"

#include <stdio.h>
#include <string.h>

#include "gateway/gateway_core_state.h"
#include "gateway/session.h"
#include "hub/core_settings.h"
#include "hub/core_state.h"
#include "hub/streams.h"
#include "sim_deeds.h"

#define BANS_MAX_LOW 2u
#define BANS_MAX 1000u
#define WELL_MS 2000u

_Static_assert(SIM_GATEWAYS == 2, "each has its settings");

void
sim_settings_create(struct sim_world *world)
{
	world->settings.bans_max = BANS_MAX;
	world->settings.inbox_messages = SIM_INBOX_MESSAGES;
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		world->settings.gateways[i] = (struct sim_gateway_settings){
			.content_bytes = SIM_CONTENT_BYTES,
			.commands = SIM_COMMANDS,
			.queue_bytes = SIM_QUEUE_BYTES,
			.hold_seconds = 10,
			.commands_bound = SIM_COMMANDS,
			.queue_bound = SIM_QUEUE_BYTES,
		};
	}
}

void
sim_settings_gateway(const struct sim_world *world, unsigned gateway, struct config *config)
{
	const struct sim_gateway_settings *settings = &world->settings.gateways[gateway];

	config_defaults(config);
	config->limits.content_bytes = settings->content_bytes;
	config->limits.messages_burst = 100000;
	config->limits.messages_per_second = 100000;
	config->limits.queue_bytes = settings->queue_bytes;
	config->limits.commands = settings->commands;
	config->limits.hold_seconds = settings->hold_seconds;
}

struct core_limits
sim_settings_hub(const struct sim_world *world)
{
	return (struct core_limits){
		.gateways_max = 8,
		.clients_max = 1000,
		.content_bytes = SIM_CONTENT_BYTES,
		.name_bytes = 256,
		.settle_ms = SIM_SETTLE_MS,
		.resume_ms = SIM_RESUME_MS,
		.read_keep_ms = SIM_RESUME_MS,
		.inbox_messages = world->settings.inbox_messages,
		.bans_max = world->settings.bans_max,
	};
}

static const struct config_class usual = {
	.durability = (char *)"store",
	.read = (char *)"everyone",
	.write = (char *)"everyone",
	.list = (char *)"everyone",
	.create = (char *)"everyone",
};

/* So that some of what clients come back for is gone; and a room that the hub's end empties. */
unsigned
sim_settings_classes(const struct sim_world *world, struct config_class classes[2])
{
	classes[0] = usual;
	classes[0].name = (char *)"short";
	classes[0].rooms = (char *)"tea";
	classes[0].keep_messages = SIM_SHORT_KEPT;
	if (world->settings.tea_is_closed)
		classes[0].write = (char *)"operators";
	if (world->sqlite == NULL)
		return 1; /* the double empties it */
	if (world->sqlite->lossy)
		classes[0].durability = (char *)"normal";
	classes[1] = usual;
	classes[1].name = (char *)"passing";
	classes[1].rooms = (char *)"den";
	classes[1].durability = (char *)"memory";
	return 2;
}

/* With what waits for the store; NULL while nobody is in it, who might write. */
static const struct stream *
find_tea(const struct sim_world *world)
{
	const struct room *room = presence_room(world->hub->presence, TEXT("tea"));

	return room == NULL ? NULL : room->stream;
}

static void
note_tea(struct sim_world *world)
{
	const struct stream *tea = find_tea(world);

	if (tea != NULL)
		world->settings.tea = (struct sim_place_end){ tea->epoch, tea->seq };
}

static void
hub_reads(struct sim_world *world)
{
	struct sim_settings *settings = &world->settings;
	struct config_class classes[2];
	struct core_settings fresh = { .classes = classes };

	switch (random_below(world->random, 3)) {
	case 0:
		settings->bans_max = settings->bans_max == BANS_MAX ? BANS_MAX_LOW : BANS_MAX;
		break;
	case 1:
		settings->inbox_messages =
		    SIM_INBOX_MESSAGES + SIM_INBOX_MESSAGES / 2 - settings->inbox_messages;
		break;
	default:
		settings->tea_is_closed = !settings->tea_is_closed;
		settings->tea_was_closed = true;
		world->book.short_was_closed = true;
		break;
	}
	sim_trace(world, "the hub's settings: %u bans, %llu in an inbox, tea is %s",
	    settings->bans_max, (unsigned long long)settings->inbox_messages,
	    settings->tea_is_closed ? "closed" : "open");
	settings->tea = (struct sim_place_end){ 0 };
	if (world->hub == NULL)
		return;
	fresh.limits = sim_settings_hub(world);
	fresh.class_count = sim_settings_classes(world, classes);
	sim_must(core_set(world->hub, world->now, &fresh), "no settings");
	note_tea(world);
}

/* What there is more than there may be is not thrown away. */
static void
note_bounds(struct sim_world *world, unsigned gateway)
{
	struct sim_gateway_settings *settings = &world->settings.gateways[gateway];
	const struct gateway_core *core = world->gateways[gateway].core;

	settings->commands_bound = settings->commands;
	settings->queue_bound = settings->queue_bytes;
	if (core == NULL)
		return;
	if (core->commands.next - core->commands.first > settings->commands_bound)
		settings->commands_bound = core->commands.next - core->commands.first;
	for (unsigned i = 0; i < world->socket_count; i++) {
		const struct sim_socket *socket = world->sockets[i];

		if (socket->gateway == gateway && socket->state == SIM_CONNECTED &&
		    socket->session->output.bytes > settings->queue_bound)
			settings->queue_bound = socket->session->output.bytes;
	}
}

static void
gateway_reads(struct sim_world *world, unsigned gateway)
{
	struct sim_gateway_settings *settings = &world->settings.gateways[gateway];
	struct gateway_core_settings fresh = { 0 };
	struct config config;

	switch (random_below(world->random, 4)) {
	case 0:
		settings->content_bytes =
		    SIM_CONTENT_BYTES + SIM_CONTENT_BYTES_LOW - settings->content_bytes;
		break;
	case 1:
		settings->commands = SIM_COMMANDS + SIM_COMMANDS / 2 - settings->commands;
		break;
	case 2:
		settings->queue_bytes =
		    SIM_QUEUE_BYTES + SIM_QUEUE_BYTES * 2 - settings->queue_bytes;
		break;
	default:
		settings->hold_seconds = settings->hold_seconds == 10 ? 4 : 10;
		break;
	}
	sim_trace(world, "gateway %u reads: %u bytes, %u commands, %u in a queue, %u s",
	    gateway + 1, settings->content_bytes, settings->commands, settings->queue_bytes,
	    settings->hold_seconds);
	note_bounds(world, gateway);
	if (world->gateways[gateway].core == NULL)
		return;
	sim_settings_gateway(world, gateway, &config);
	fresh.limits = &config.limits;
	gateway_core_set(world->gateways[gateway].core, world->now, &fresh);
	config_free(&config);
}

/* Where it is too long it is refused, so nobody ever hears it. */
static void
somebody_says_too_much(struct sim_world *world)
{
	struct sim_client *client =
	    &world->clients[random_below(world->random, world->client_count)];
	char message[SIM_LONG_BYTES + 64];

	if (client->socket.state != SIM_CONNECTED || client->id[0] == '\0' ||
	    world->gateways[client->socket.gateway].core == NULL ||
	    world->settings.gateways[client->socket.gateway].content_bytes >= SIM_LONG_BYTES)
		return;
	client->sent++;
	sim_book_add(&world->book, client->number, 0, 0)->doubtful = true;
	sim_trace(world, "c%u says too much", client->number);
	snprintf(message, sizeof(message), "{\"type\": \"public\", \"content\": \"m%0*u\"}",
	    (int)SIM_LONG_BYTES - 1, client->sent);
	sim_say(world, &client->socket, text_of(message));
}

void
sim_settings_happen(struct sim_world *world)
{
	uint64_t die = random_below(world->random, 4);

	if (die == 0)
		hub_reads(world);
	else if (die == 1)
		gateway_reads(world, (unsigned)random_below(world->random, SIM_GATEWAYS));
	else
		somebody_says_too_much(world);
}

/* What was said before it was closed has its place; nothing comes behind it. */
static void
watch_tea(struct sim_world *world)
{
	struct sim_settings *settings = &world->settings;
	const struct stream *tea = find_tea(world);

	if (!settings->tea_is_closed || tea == NULL)
		return;
	if (settings->tea.epoch != tea->epoch)
		settings->tea = (struct sim_place_end){ tea->epoch, tea->seq };
	else if (tea->seq > settings->tea.seq)
		sim_wrong(world, "somebody wrote in tea, where nobody may");
}

static uint64_t
waiting_of(const struct sim_world *world, unsigned sender)
{
	char name[SIM_ADDRESS_SIZE];
	const struct user *user;

	if (sender >= SIM_FIRST_DIRECT)
		snprintf(name, sizeof(name), "d%u", sender);
	else
		snprintf(name, sizeof(name), "%s", world->natives[sender - SIM_FIRST_NATIVE].user);
	user = users_find(world->hub->users, sim_realm(world, sender), text_of(name));
	if (user == NULL || user->inbox == NULL)
		return UINT64_MAX;
	return user->inbox->seq - user->inbox->mark;
}

/* A batch that fails takes a mark back with it. */
static void
watch_inboxes(struct sim_world *world)
{
	uint64_t limit = world->settings.inbox_messages;
	bool is_well = world->now.mono_ms > world->sick_ms + WELL_MS;

	for (unsigned i = SIM_FIRST_NATIVE; i < SIM_SENDERS; i++) {
		uint64_t waiting = waiting_of(world, i);
		uint64_t before = world->settings.waiting[i];

		if (is_well && waiting != UINT64_MAX && before != UINT64_MAX && waiting > limit &&
		    waiting > before)
			sim_wrong(world, "%llu messages wait for c%u, %llu may",
			    (unsigned long long)waiting, i, (unsigned long long)limit);
		world->settings.waiting[i] = waiting;
	}
}

void
sim_settings_watch(struct sim_world *world)
{
	if (world->hub == NULL)
		return;
	watch_tea(world);
	watch_inboxes(world);
}
