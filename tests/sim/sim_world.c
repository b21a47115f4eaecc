/*
 * The world: who exists and how effects of one core become input of another. What may
 * happen in a step is in sim_deeds.c; judging is sim_check.c's.
 */
#include "sim_deeds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_MS 1000
#define SETTLE_MS 8000
#define AGAIN_MS 4000
#define LONG_MS 70000
#define QUIET_MS 2000

void
sim_give_up(const char *why)
{
	fprintf(stderr, "hubbub-sim: %s\n", why);
	abort();
}

void
sim_wrong(struct sim_world *world, const char *format, ...)
{
	va_list arguments;

	if (world->wrong[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(world->wrong, sizeof(world->wrong), format, arguments);
	va_end(arguments);
}

void
sim_trace(struct sim_world *world, const char *format, ...)
{
	char what[160];
	va_list arguments;

	if (world->plan.trace == NULL || world->step == SIM_BEGINNING ||
	    world->step == SIM_SETTLING)
		return;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	fprintf(world->plan.trace, "step %4u at %7llu ms: %s\n", world->step - 1,
	    (unsigned long long)world->now.mono_ms, what);
}

/* Effects of a gateway's core. */

static void
uplink_connect(void *context)
{
	((struct sim_gateway *)context)->wants_link = true;
}

static void
uplink_send(void *context, const void *frames, size_t length)
{
	struct sim_gateway *gateway = context;

	if (sim_link_is_open(&gateway->link))
		link_send_frames(gateway->link.gateway_side, frames, length);
}

static size_t
uplink_queued(void *context)
{
	const struct sim_gateway *gateway = context;

	if (!sim_link_is_open(&gateway->link))
		return 0;
	return link_output(gateway->link.gateway_side).length;
}

static void
uplink_drop(void *context, enum link_loss why)
{
	((struct sim_gateway *)context)->dropped = why;
}

void
sim_gateway_start(struct sim_gateway *gateway)
{
	struct sim_world *world = gateway->world;
	struct config config;
	char name[16];
	struct gateway_core_setup setup = {
		.name = name,
		.transport = sim_socket_transport(),
		.uplink = { .connect = uplink_connect,
		    .send = uplink_send,
		    .queued = uplink_queued,
		    .drop = uplink_drop,
		    .context = gateway },
		.random = world->inner,
		.now = world->now,
	};

	gateway->starts++;
	gateway->is_known = false;
	snprintf(name, sizeof(name), "gw-%u", gateway->number + 1);
	sim_settings_gateway(world, gateway->number, &config);
	setup.limits = config.limits;
	gateway->core = gateway_core_create(&setup);
	config_free(&config);
	sim_must(gateway->core != NULL, "no gateway core");
}

/* Links. */

static enum link_loss
at_gateway(void *context, const struct envelope *envelope)
{
	struct sim_gateway *gateway = context;

	return gateway_core_hub_envelope(gateway->core, gateway->world->now, envelope);
}

static enum link_loss
at_hub(void *context, const struct envelope *envelope)
{
	struct sim_gateway *gateway = context;

	return core_gateway_envelope(
	    gateway->world->hub, gateway->link.slot, gateway->world->now, envelope);
}

static void
link_open(struct sim_gateway *gateway)
{
	struct sim_world *world = gateway->world;
	struct link_receiver of_gateway = { at_gateway, gateway };
	struct link_receiver of_hub = { at_hub, gateway };
	struct store_process process = {
		.pid = SIM_FIRST_PID + gateway->number,
		.started = gateway->starts,
		.space = 1,
	};
	int slot = -1;

	gateway->wants_link = false;
	gateway->dropped = LINK_ALIVE;
	if (world->hub != NULL)
		slot = core_gateway_connected(world->hub, world->now, &process);
	if (slot < 0) {
		gateway_core_hub_lost(gateway->core, world->now, LINK_CLOSED_BY_PEER);
		return;
	}
	gateway->link.slot = (unsigned)slot;
	world->hub_dropped[slot] = LINK_ALIVE;
	sim_must(sim_link_open(&gateway->link, of_gateway, of_hub, world->now), "no link");
	gateway_core_hub_connected(gateway->core, world->now);
}

void
sim_link_lost(
    struct sim_gateway *gateway, enum link_loss at_gateway_side, enum link_loss at_hub_side)
{
	struct sim_world *world = gateway->world;
	unsigned slot = gateway->link.slot;

	if (!sim_link_is_open(&gateway->link))
		return;
	sim_link_close(&gateway->link);
	/* Whether the process lives is what the kernel tells a real hub. */
	if (world->hub != NULL && gateway->core != NULL)
		gateway->life = core_gateway_detached(world->hub, slot, world->now, at_hub_side);
	else if (world->hub != NULL)
		core_gateway_lost(world->hub, slot, world->now, at_hub_side);
	if (gateway->core != NULL)
		gateway_core_hub_lost(gateway->core, world->now, at_gateway_side);
}

/* Time alone may end a link whose bytes are late; nothing else does. */
static bool
is_fair(const struct sim_world *world, enum link_loss loss)
{
	return loss == LINK_ALIVE || (world->faults && loss == LINK_SILENT);
}

static void
link_pump(struct sim_gateway *gateway, bool all)
{
	struct sim_world *world = gateway->world;
	struct sim_link_end end;

	if (gateway->core != NULL && gateway->wants_link &&
	    (all || random_below(world->random, 3) == 0))
		link_open(gateway);
	if (!sim_link_is_open(&gateway->link))
		return;
	end = sim_link_pump(&gateway->link, world->random, world->now, all);
	if (world->hub_dropped[gateway->link.slot] != LINK_ALIVE)
		end.at_hub = world->hub_dropped[gateway->link.slot];
	if (gateway->dropped != LINK_ALIVE)
		end.at_gateway = gateway->dropped;
	if (end.at_hub == LINK_ALIVE && end.at_gateway == LINK_ALIVE)
		return;
	if (!is_fair(world, end.at_hub) || !is_fair(world, end.at_gateway))
		sim_wrong(world, "a link broke by itself: %s at the hub, %s at the gateway",
		    link_loss_word(end.at_hub), link_loss_word(end.at_gateway));
	sim_link_lost(gateway, end.at_gateway == LINK_ALIVE ? LINK_CLOSED_BY_PEER : end.at_gateway,
	    end.at_hub == LINK_ALIVE ? LINK_CLOSED_BY_PEER : end.at_hub);
}

/* The bytes and timers of every client; what the core asked of its transport is done now. */
static void
socket_pump(struct sim_world *world, struct sim_socket *socket, bool all)
{
	struct gateway_core *core = world->gateways[socket->gateway].core;

	sim_socket_read(socket);
	socket->stuck = world->now.mono_ms < socket->stuck_until_ms;
	if (socket->state != SIM_CONNECTED || core == NULL)
		return;
	if (socket->close_asked) {
		sim_gone(world, socket);
		return;
	}
	if (socket->pong.length > 0 && !socket->holds_pong) {
		gateway_core_client_pong(
		    core, socket->session, world->now, buffer_text(&socket->pong));
		buffer_clear(&socket->pong);
		if (socket->ponged != NULL)
			socket->ponged(socket);
	}
	if (socket->wants_writable && !socket->stuck &&
	    (all || random_below(world->random, 2) == 0)) {
		socket->wants_writable = false;
		gateway_core_client_writable(core, socket->session, world->now);
	}
}

static void
sockets_pump(struct sim_world *world, bool all)
{
	for (unsigned i = 0; i < world->socket_count; i++)
		socket_pump(world, world->sockets[i], all);
	sim_watch_doubts(world);
	sim_kept_turn(world);
}

/* Turns. */

static void
turn(struct sim_world *world, bool all)
{
	world->turns++;
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		link_pump(&world->gateways[i], all);
	sim_hub_turn(world, all);
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		if (world->gateways[i].core != NULL)
			gateway_core_turn(world->gateways[i].core, world->now);
	}
	sim_watch(world);
	sim_bans_watch(world);
	sim_settings_watch(world);
	sockets_pump(world, all);
}

static void
pass_time(struct sim_world *world, uint64_t ms)
{
	world->now.mono_ms += ms;
	world->now.wall_ms += (int64_t)ms;
}

static void
begin_step(struct sim_world *world, uint32_t step)
{
	world->step = step;
	world->book.now = step;
	world->state = world->seed;
	world->state = random_u64(world->random) ^ (step * UINT64_C(0xd1b54a32d192ed03));
	world->inner_state = random_u64(world->random);
	world->state = random_u64(world->random);
}

/* Nobody does anything for a while: graces, holds and PINGs come to their ends. */
static void
wait(struct sim_world *world, uint64_t ms)
{
	uint64_t until = world->now.mono_ms + ms;

	while (world->now.mono_ms < until) {
		pass_time(world, 5 + random_below(world->random, 20));
		turn(world, true);
	}
	if (ms >= QUIET_MS && world->now.mono_ms > world->sick_ms + QUIET_MS)
		sim_kept_quiet(world);
}

void
sim_world_step(struct sim_world *world, uint32_t step)
{
	if (world->plan.left_out != NULL && world->plan.left_out[step])
		return;
	begin_step(world, step + 1);
	pass_time(world, random_below(world->random, 4));
	if (random_below(world->random, 400) == 0)
		wait(world, random_below(world->random, 4000));
	if (random_below(world->random, 4000) == 0)
		wait(world, LONG_MS);
	sim_something_happens(world);
	turn(world, random_below(world->random, 2) == 0);
}

void
sim_world_settle(struct sim_world *world)
{
	begin_step(world, SIM_SETTLING);
	world->store.full = false;
	world->store.fails = false;
	if (world->sqlite != NULL)
		sim_disk_heals(&world->sqlite->disk);
	if (world->hub == NULL)
		sim_hub_start(world);
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		if (world->gateways[i].core == NULL)
			sim_gateway_start(&world->gateways[i]);
	}
	for (unsigned i = 0; i < world->socket_count; i++)
		sim_socket_recovers(world->sockets[i]);
	sim_kept_all_come(world);
	wait(world, SETTLE_MS);
	sim_kept_again(world);
	wait(world, AGAIN_MS);
}

static const struct mount *
mount_of(const struct sim_world *world, const char *dialect)
{
	for (size_t i = 0; i < world->mounts.count; i++) {
		if (strcmp(world->mounts.rows[i].dialect->name, dialect) == 0)
			return &world->mounts.rows[i];
	}
	return NULL;
}

static void
mount(struct sim_world *world)
{
	struct config_listener listener = { .name = (char *)"sim",
		.profile = (char *)"chat",
		.mounts = (char *)"/ws native, /ws room, /ws/{user} direct" };
	char error[128];

	sim_must(
	    mounts_build(&listener, dialects, &world->mounts, error, sizeof(error)), "no mounts");
	world->room_mount = mount_of(world, "room");
	world->native_mount = mount_of(world, "native");
	world->direct_mount = mount_of(world, "direct");
}

void
sim_world_create(struct sim_world *world, uint64_t seed, struct sim_plan plan)
{
	memset(world, 0, sizeof(*world));
	world->seed = seed;
	world->plan = plan;
	world->random = random_seeded(&world->state);
	world->inner = random_seeded(&world->inner_state);
	begin_step(world, SIM_BEGINNING);
	world->faults = seed % 2 == 1;
	world->patience = 1;
	world->now = (struct now){ .mono_ms = BEGIN_MS, .wall_ms = SIM_EPOCH_MS + BEGIN_MS };
	mount(world);
	sim_settings_create(world);
	sim_store_create(world);
	sim_hub_start(world);
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		world->gateways[i].world = world;
		world->gateways[i].number = i;
		sim_gateway_start(&world->gateways[i]);
	}
	sim_client_connects(world);
	sim_kept_create(world);
	wait(world, 200);
}

void
sim_world_destroy(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		gateway_core_destroy(&world->gateways[i].core);
		sim_link_close(&world->gateways[i].link);
	}
	core_destroy(&world->hub);
	sim_store_destroy(world);
	bus_close(&world->bus);
	for (unsigned i = 0; i < world->client_count; i++)
		sim_client_free(&world->clients[i]);
	sim_kept_destroy(world);
	sim_book_free(&world->book);
}
