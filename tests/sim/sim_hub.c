/* The hub's process in the world: its start, its turns and its ends. */
#include "sim_deeds.h"

#define STOP_TURNS 8

/* Effects of the hub's core. */

static struct sim_gateway *
gateway_of_slot(struct sim_world *world, unsigned slot)
{
	for (unsigned i = 0; i < SIM_GATEWAYS; i++) {
		if (sim_link_is_open(&world->gateways[i].link) &&
		    world->gateways[i].link.slot == slot)
			return &world->gateways[i];
	}
	return NULL;
}

static void
hub_send(void *context, unsigned slot, const void *frames, size_t length)
{
	struct sim_gateway *gateway = gateway_of_slot(context, slot);

	if (gateway == NULL) {
		sim_wrong(context, "the hub sent to a slot without a link");
		return;
	}
	sim_watch_said(context, gateway, frames, length);
	link_send_frames(gateway->link.hub_side, frames, length);
}

/* What the kernel tells of a process that was on a hub's list. */
static bool
is_over(void *context, const struct store_process *process)
{
	const struct sim_world *world = context;
	unsigned number = (unsigned)(process->pid - SIM_FIRST_PID);

	sim_must(number < SIM_GATEWAYS, "a process that never was");
	return world->gateways[number].core == NULL ||
	       world->gateways[number].starts != process->started;
}

static void
hub_drop(void *context, unsigned slot, enum link_loss why)
{
	struct sim_world *world = context;

	world->hub_dropped[slot] = why;
}

void
sim_hub_start(struct sim_world *world)
{
	struct config_class classes[2];
	struct core_setup setup = {
		.limits = sim_settings_hub(world),
		.links = { .send = hub_send,
		    .drop = hub_drop,
		    .is_over = is_over,
		    .context = world },
		.classes = classes,
		.class_count = sim_settings_classes(world, classes),
		.random = world->inner,
		.now = world->now,
	};

	if (!sim_store_begin(world))
		return;
	world->hub_since_ms = world->now.mono_ms;
	world->bus = bus_local_open();
	setup.store = sim_store(world);
	setup.bus = world->bus;
	world->hub = core_create(&setup);
	sim_must(world->hub != NULL || world->sqlite != NULL, "no hub core");
	if (world->hub == NULL)
		sim_hub_ends(world, false);
	else
		sim_bans_begin(world);
}

static void
forget_core(struct sim_world *world)
{
	if (world->hub != NULL)
		sim_watch_hub_death(world);
	core_destroy(&world->hub);
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		world->gateways[i].life = 0;
	bus_close(&world->bus);
}

static void
lose_links(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_GATEWAYS; i++)
		sim_link_lost(&world->gateways[i], LINK_CLOSED_BY_PEER, LINK_STOPPED);
}

void
sim_hub_ends(struct sim_world *world, bool machine)
{
	forget_core(world);
	sim_store_killed(world, machine);
	lose_links(world);
}

/* What it does while it writes or hears from its store may be its last. */
static bool
ends_by_itself(struct sim_world *world)
{
	if (world->hub == NULL || !sim_store_has_ended(world))
		return false;
	world->sick_ms = world->now.mono_ms;
	sim_trace(world, "the hub has ended");
	sim_hub_ends(world, world->sqlite->disk.dead && world->sqlite->machine);
	return true;
}

void
sim_hub_stops(struct sim_world *world, bool machine)
{
	core_turn(world->hub, world->now);
	for (unsigned i = 0; i < STOP_TURNS && core_is_waiting(world->hub); i++) {
		sim_store_turn(world, true);
		if (ends_by_itself(world))
			return;
		core_turn(world->hub, world->now);
	}
	if (ends_by_itself(world))
		return;
	forget_core(world);
	sim_store_stopped(world, machine);
	lose_links(world);
}

void
sim_hub_turn(struct sim_world *world, bool all)
{
	/* Whoever started it starts it again. */
	if (world->hub == NULL && world->sqlite != NULL &&
	    world->now.mono_ms >= world->sqlite->start_ms) {
		sim_trace(world, "the hub is started again");
		sim_hub_start(world);
	}
	sim_store_turn(world, all);
	if (ends_by_itself(world) || world->hub == NULL)
		return;
	core_turn(world->hub, world->now);
	(void)ends_by_itself(world);
}
