/*
 * What may happen in a step: somebody comes, talks or leaves, the operator speaks. What breaks is
 * in sim_faults.c, what native and direct clients do in sim_deeds_kept.c.
 */
#include "sim_deeds.h"

#include <stdarg.h>
#include <stdio.h>

#include "gateway/session.h"

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
	socket->conn = session->conn;
	socket->since_turn = world->turns + 1;
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
	client->socket.may_close = false;
	sim_trace(world, "c%u says its name", client->number);
	client_says(world, client, "{\"username\": \"%s\"}", sim_client_name(client, name));
}

void
sim_client_connects(struct sim_world *world)
{
	struct sim_client *client = &world->clients[world->client_count];
	char address[SIM_ADDRESS_SIZE];
	struct client_request request = { .mount = world->room_mount };
	unsigned gateway = world->client_count == 0 ? 0 : (unsigned)random_below(world->random, 2);

	if (world->client_count == SIM_CLIENTS)
		return;
	sim_address(world->client_count, address);
	request.address = text_of(address);
	sim_client_init(client, world->client_count, world->inner);
	if (!sim_come(world, &client->socket, gateway, &request))
		return;
	client->socket.may_close = true; /* until it has said its name */
	sim_trace(world, "c%u connects to gateway %u", client->number, gateway + 1);
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
	struct sim_message *message;
	bool is_private;

	if (!client->named) {
		client_named(world, client);
		return;
	}
	client->sent++;
	is_private = to != NULL && to != client && to->id[0] != '\0' && client->id[0] != '\0' &&
		     random_below(world->random, 3) == 0;
	message = sim_book_add(
	    &world->book, client->number, is_private ? SIM_INBOX : 0, is_private ? to->number : 0);
	/* Refused at once perhaps, and then gone before it could read so. */
	message->doubtful = !sim_watch_takes(world, client->socket.gateway);
	sim_trace(world, "c%u says message %u %s", client->number, client->sent,
	    is_private ? "privately" : "in the lobby");
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
	if (random_below(world->random, 4) != 0 || client->id[0] == '\0' || world->hub == NULL) {
		sim_trace(world, "c%u goes", client->number);
		sim_gone(world, &client->socket);
		return;
	}
	sim_trace(world, "the operator kicks c%u", client->number);
	client->socket.may_close = true;
	client->kicked = true;
	world->kicks += core_kick(world->hub, world->now, text_of(client->id), TEXT("enough"));
}

static void
operator_speaks(struct sim_world *world)
{
	char sentence[32];

	if (world->hub == NULL)
		return;
	sim_trace(world, "the operator speaks");
	snprintf(sentence, sizeof(sentence), "notice %u", ++world->notices);
	core_say(world->hub, world->now, text_of(sentence));
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
		sim_something_breaks(world);
	else if (die < 104)
		sim_crowd_happens(world);
	else if (die < 107)
		world->patience = 1 + random_below(world->random, 4);
	else if (die < 111)
		sim_bans_happen(world);
	else if (die < 115)
		sim_settings_happen(world);
	else if (die >= 600)
		sim_kept_happens(world);
	else if (client != NULL && die < 600)
		somebody_talks(world, client);
}
