/*
 * What may happen in a step: somebody comes, talks or leaves, the operator speaks, and
 * in runs with faults links break and processes die.
 */
#include "sim_deeds.h"

#include <stdarg.h>
#include <stdio.h>

void
sim_client_gone(struct sim_world *world, struct sim_client *client)
{
	struct gateway_core *core = world->gateways[client->gateway].core;

	if (client->state != SIM_CLIENT_CONNECTED)
		return;
	client->state = SIM_CLIENT_GONE;
	if (core != NULL)
		gateway_core_client_closed(core, client->session, world->now);
	client->session = NULL;
}

static void client_says(struct sim_world *world, struct sim_client *client, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
client_says(struct sim_world *world, struct sim_client *client, const char *format, ...)
{
	char message[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	gateway_core_client_received(world->gateways[client->gateway].core, client->session,
	    world->now, FRAME_TEXT, text_of(message));
}

static void
client_named(struct sim_world *world, struct sim_client *client)
{
	char name[16];

	client->named = true;
	client_says(world, client, "{\"username\": \"%s\"}", sim_client_name(client, name));
}

void
sim_client_connects(struct sim_world *world)
{
	struct sim_client *client = &world->clients[world->client_count];
	struct client_request request = { .mount = &world->mounts.rows[0] };

	if (world->client_count == SIM_CLIENTS)
		return;
	sim_client_init(client, world->client_count, world->random);
	client->gateway = world->client_count == 0 ? 0 : (unsigned)random_below(world->random, 2);
	if (world->gateways[client->gateway].core == NULL)
		return;
	request.address = text_of("198.51.100.1");
	client->session = gateway_core_client_opened(
	    world->gateways[client->gateway].core, world->now, client, &request);
	sim_must(client->session != NULL, "no session");
	client->state = SIM_CLIENT_CONNECTED;
	client->slow = world->client_count > 0 && random_below(world->random, 5) == 0;
	world->client_count++;
	if (world->client_count == 1 || random_below(world->random, 2) == 0)
		client_named(world, client);
}

static struct sim_client *
some_client(struct sim_world *world)
{
	struct sim_client *client =
	    &world->clients[random_below(world->random, world->client_count)];

	return client->state == SIM_CLIENT_CONNECTED ? client : NULL;
}

static void
somebody_talks(struct sim_world *world, struct sim_client *client)
{
	struct sim_client *to = some_client(world);

	if (!client->named) {
		client_named(world, client);
		return;
	}
	client->sent++;
	if (to != NULL && to != client && to->id[0] != '\0' && client->id[0] != '\0' &&
	    random_below(world->random, 3) == 0)
		client_says(world, client,
		    "{\"type\": \"private\", \"to\": \"%s\", \"content\": \"p%u>%u %u\"}", to->id,
		    client->number, to->number, client->sent);
	else
		client_says(world, client, "{\"type\": \"public\", \"content\": \"m%u %u\"}",
		    client->number, client->sent);
}

static void
somebody_leaves(struct sim_world *world, struct sim_client *client)
{
	if (client->number == 0)
		return;
	if (random_below(world->random, 4) != 0 || client->id[0] == '\0' || world->hub == NULL)
		sim_client_gone(world, client);
	else
		world->kicks +=
		    core_kick(world->hub, world->now, text_of(client->id), TEXT("enough"));
}

static void
operator_speaks(struct sim_world *world)
{
	char sentence[32];

	if (world->hub == NULL)
		return;
	snprintf(sentence, sizeof(sentence), "notice %u", ++world->notices);
	core_say(world->hub, world->now, text_of(sentence));
}

static void
gateway_dies(struct sim_gateway *gateway)
{
	struct sim_world *world = gateway->world;

	if (gateway->core == NULL) {
		sim_gateway_start(gateway);
		return;
	}
	gateway_core_destroy(&gateway->core);
	gateway->wants_link = false;
	sim_link_lost(gateway, LINK_STOPPED, LINK_CLOSED_BY_PEER);
	for (unsigned i = 0; i < world->client_count; i++) {
		if (world->clients[i].gateway == gateway->number)
			sim_client_gone(world, &world->clients[i]);
	}
}

static void
hub_dies(struct sim_world *world)
{
	if (world->hub == NULL) {
		sim_hub_start(world);
		return;
	}
	core_destroy(&world->hub);
	store_double_crash(&world->store);
	bus_close(&world->bus);
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		sim_link_lost(&world->gateways[i], LINK_CLOSED_BY_PEER, LINK_STOPPED);
}

static void
something_breaks(struct sim_world *world)
{
	switch (random_below(world->random, 3)) {
	case 0:
		sim_link_lost(&world->gateways[random_below(world->random, SIM_GATEWAYS)],
		    LINK_CLOSED_BY_PEER, LINK_CLOSED_BY_PEER);
		break;
	case 1:
		gateway_dies(&world->gateways[1]);
		break;
	default:
		hub_dies(world);
		break;
	}
}

void
sim_something_happens(struct sim_world *world)
{
	uint64_t die = random_below(world->random, 1000);
	struct sim_client *client = some_client(world);

	/* Some batches wait for the disk, and die with the hub if it comes to that. */
	world->store.slow = world->faults && random_below(world->random, 4) == 0;
	if (die < 60)
		sim_client_connects(world);
	else if (client != NULL && die < 90)
		somebody_leaves(world, client);
	else if (die < 95)
		operator_speaks(world);
	else if (die < 100 && world->faults)
		something_breaks(world);
	else if (client != NULL && die < 600)
		somebody_talks(world, client);
}
