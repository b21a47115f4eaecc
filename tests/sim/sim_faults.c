/*
 * What breaks: links, processes, the disk, the clock, and in every run sockets that take nothing
 * and crowds that come again at once. Judges nothing.
 */
#include "sim_deeds.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define STORM_SPARED 10 /* of those who never came, for the rest of the run */
#define WRITES_MAX 60   /* of a few transactions and a checkpoint */
#define STUCK_MS 45000  /* longer than limits.queue_seconds */

static void
gateway_dies(struct sim_gateway *gateway)
{
	struct sim_world *world = gateway->world;

	if (gateway->core == NULL) {
		sim_trace(world, "gateway %u starts", gateway->number + 1);
		sim_gateway_start(gateway);
		return;
	}
	sim_trace(world, "gateway %u dies", gateway->number + 1);
	gateway_core_destroy(&gateway->core);
	gateway->wants_link = false;
	sim_link_lost(gateway, LINK_STOPPED, LINK_CLOSED_BY_PEER);
	if (world->hub != NULL && gateway->life != 0)
		core_gateway_died(world->hub, gateway->life, world->now);
	sim_watch_death(world, gateway);
	gateway->life = 0;
	for (unsigned i = 0; i < world->socket_count; i++) {
		if (world->sockets[i]->gateway == gateway->number)
			sim_gone(world, world->sockets[i]);
	}
}

/* With the real store: at once or while it writes, alone, with the machine, or in good order. */
static void
hub_fails(struct sim_world *world)
{
	struct sim_disk *disk = &world->sqlite->disk;
	bool machine = random_below(world->random, 2) == 0;
	const char *with = machine ? "with the machine" : "alone";

	switch (random_below(world->random, 5)) {
	case 0:
		sim_trace(world, "the hub dies %s", with);
		sim_hub_ends(world, machine);
		break;
	case 1:
		sim_trace(world, "the hub stops, %s", with);
		sim_hub_stops(world, machine);
		break;
	case 2:
		sim_trace(world, "the next sync fails");
		disk->sync_fails = true;
		break;
	default:
		disk->dies_in = 1 + random_below(world->random, WRITES_MAX);
		world->sqlite->machine = machine;
		sim_trace(world, "the hub is to die %s in %llu writes", with,
		    (unsigned long long)disk->dies_in);
		break;
	}
}

static void
hub_dies(struct sim_world *world)
{
	if (world->hub == NULL) {
		sim_trace(world, "the hub starts");
		sim_hub_start(world);
		return;
	}
	if (world->sqlite != NULL) {
		hub_fails(world);
		return;
	}
	sim_trace(world, "the hub dies");
	sim_hub_ends(world, false);
}

static void
link_breaks(struct sim_gateway *gateway)
{
	sim_trace(gateway->world, "the link of gateway %u breaks", gateway->number + 1);
	sim_link_lost(gateway, LINK_CLOSED_BY_PEER, LINK_CLOSED_BY_PEER);
}

/* Somebody sets the clock on the wall; the monotonic one goes on. */
static void
clock_jumps(struct sim_world *world)
{
	int64_t offset_ms = ((int64_t)random_below(world->random, 3) - 1) * DAY_MS;

	sim_trace(world, "the clock is set by %lld ms", (long long)offset_ms);
	world->now.wall_ms += offset_ms - world->wall_offset_ms;
	world->wall_offset_ms = offset_ms;
	sim_kept_forgets(world);
}

void
sim_something_breaks(struct sim_world *world)
{
	unsigned what = (unsigned)random_below(world->random, world->sqlite != NULL ? 12 : 6);

	if (what > 5)
		what = 2; /* what this store is for */
	if (what == 5) {
		clock_jumps(world);
		return;
	}
	world->sick_ms = world->now.mono_ms;
	switch (what) {
	case 0:
		link_breaks(&world->gateways[random_below(world->random, SIM_GATEWAYS)]);
		break;
	case 1:
		gateway_dies(&world->gateways[1]);
		break;
	case 2:
		hub_dies(world);
		break;
	case 3:
		world->store.full = !world->store.full;
		sim_trace(world, "the disk is %s", world->store.full ? "full" : "not full");
		break;
	default:
		world->store.fails = !world->store.fails;
		sim_trace(world, "commits %s", world->store.fails ? "fail" : "succeed");
		break;
	}
}

static unsigned
sim_number(const struct sim_world *world, const struct sim_socket *socket)
{
	unsigned at = 0;

	while (world->sockets[at] != socket)
		at++;
	return at;
}

static void
somebody_is_stuck(struct sim_world *world, struct sim_socket *socket)
{
	if (socket == &world->clients[0].socket || socket->state != SIM_CONNECTED)
		return;
	sim_trace(world, "the socket of c%u takes nothing for a while", sim_number(world, socket));
	socket->stuck_until_ms = world->now.mono_ms + random_below(world->random, STUCK_MS);
	socket->stuck = true;
	socket->may_close = true;
}

/* All connections of a gateway are lost, and as many come at once. */
static void
storm(struct sim_world *world, unsigned gateway)
{
	unsigned count = world->socket_count;
	unsigned strangers = 0;

	sim_trace(world, "all clients of gateway %u come again", gateway + 1);
	for (unsigned i = 1; i < count; i++) {
		struct sim_socket *socket = world->sockets[i];

		if (socket->gateway != gateway || socket->state != SIM_CONNECTED)
			continue;
		sim_gone(world, socket);
		strangers += !sim_kept_comes(world, socket);
	}
	/* Room clients come once in their lives: others take their places, as long as there are. */
	for (; strangers > 0 && world->client_count + STORM_SPARED < SIM_CLIENTS; strangers--)
		sim_client_connects(world);
}

void
sim_crowd_happens(struct sim_world *world)
{
	if (random_below(world->random, 6) == 0)
		storm(world, (unsigned)random_below(world->random, SIM_GATEWAYS));
	else
		somebody_is_stuck(
		    world, world->sockets[random_below(world->random, world->socket_count)]);
}
