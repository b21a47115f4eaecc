/*
 * What may happen in a step: somebody comes, talks or leaves, the operator speaks, and
 * in runs with faults links break and processes die.
 */
#include "sim_deeds.h"

#include <stdarg.h>
#include <stdio.h>

void
sim_gone(struct sim_world *world, struct sim_socket *socket)
{
	struct gateway_core *core = world->gateways[socket->gateway].core;

	if (socket->state != SIM_CONNECTED)
		return;
	socket->state = SIM_GONE;
	if (core != NULL)
		gateway_core_client_closed(core, socket->session, world->now);
	socket->session = NULL;
}

bool
sim_come(struct sim_world *world, struct sim_socket *socket, unsigned gateway,
    const struct client_request *request)
{
	struct gateway_core *core = world->gateways[gateway].core;
	struct session *session;

	if (core == NULL)
		return false;
	session = gateway_core_client_opened(core, world->now, socket, request);
	sim_must(session != NULL, "no session");
	sim_socket_open(socket, gateway, session);
	return true;
}

void
sim_say(struct sim_world *world, struct sim_socket *socket, struct text message)
{
	gateway_core_client_received(world->gateways[socket->gateway].core, socket->session,
	    world->now, FRAME_TEXT, message);
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
	sim_say(world, &client->socket, text_of(message));
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
	struct client_request request = { .mount = world->room_mount,
		.address = TEXT("198.51.100.1") };
	unsigned gateway = world->client_count == 0 ? 0 : (unsigned)random_below(world->random, 2);

	if (world->client_count == SIM_CLIENTS)
		return;
	sim_client_init(client, world->client_count, world->random);
	if (!sim_come(world, &client->socket, gateway, &request))
		return;
	client->socket.slow = world->client_count > 0 && random_below(world->random, 5) == 0;
	world->sockets[world->socket_count++] = &client->socket;
	world->client_count++;
	if (world->client_count == 1 || random_below(world->random, 2) == 0)
		client_named(world, client);
}

static struct sim_client *
some_client(struct sim_world *world)
{
	struct sim_client *client =
	    &world->clients[random_below(world->random, world->client_count)];

	return client->socket.state == SIM_CONNECTED ? client : NULL;
}

static void
somebody_talks(struct sim_world *world, struct sim_client *client)
{
	struct sim_client *to = some_client(world);
	bool is_private;

	if (!client->named) {
		client_named(world, client);
		return;
	}
	client->sent++;
	is_private = to != NULL && to != client && to->id[0] != '\0' && client->id[0] != '\0' &&
		     random_below(world->random, 3) == 0;
	sim_book_add(
	    &world->book, client->number, is_private ? SIM_INBOX : 0, is_private ? to->number : 0);
	if (is_private)
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
		sim_gone(world, &client->socket);
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
	if (world->hub != NULL && gateway->life != 0)
		core_gateway_died(world->hub, gateway->life, world->now);
	gateway->life = 0;
	for (unsigned i = 0; i < world->socket_count; i++) {
		if (world->sockets[i]->gateway == gateway->number)
			sim_gone(world, world->sockets[i]);
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
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		world->gateways[i].life = 0;
	bus_close(&world->bus);
	store_double_crash(&world->store, (unsigned)random_below(world->random, 4));
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		sim_link_lost(&world->gateways[i], LINK_CLOSED_BY_PEER, LINK_STOPPED);
}

static void
something_breaks(struct sim_world *world)
{
	world->sick_ms = world->now.mono_ms;
	switch (random_below(world->random, 5)) {
	case 0:
		sim_link_lost(&world->gateways[random_below(world->random, SIM_GATEWAYS)],
		    LINK_CLOSED_BY_PEER, LINK_CLOSED_BY_PEER);
		break;
	case 1:
		gateway_dies(&world->gateways[1]);
		break;
	case 2:
		hub_dies(world);
		break;
	case 3:
		world->store.full = !world->store.full;
		break;
	default:
		world->store.fails = !world->store.fails;
		break;
	}
}

void
sim_something_happens(struct sim_world *world)
{
	uint64_t die = random_below(world->random, 1000);
	struct sim_client *client = some_client(world);

	if (die < 60)
		sim_client_connects(world);
	else if (client != NULL && die < 90)
		somebody_leaves(world, client);
	else if (die < 95)
		operator_speaks(world);
	else if (die < 100 && world->faults)
		something_breaks(world);
	else if (die < 103)
		world->patience = 1 + random_below(world->random, 4);
	else if (die >= 600)
		sim_kept_happens(world);
	else if (client != NULL && die < 600)
		somebody_talks(world, client);
}
