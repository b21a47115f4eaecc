/*
 * Whom bans hit: whoever came behind one that surely holds is not let in, whoever was there is out
 * once all is quiet, and nobody else is closed for one.
 */
#include "sim_bans_judge.h"

#include <stdio.h>
#include <string.h>

#include "gateway/session.h"
#include "sim_deeds.h"

/* A ban that is over may be judged by a hub that has not seen the time yet. */
#define LATE_MS 2000u

static struct sim_socket *
socket_of(struct sim_world *world, unsigned sender)
{
	if (sender >= SIM_FIRST_DIRECT)
		return &world->directs[sender - SIM_FIRST_DIRECT].socket;
	if (sender >= SIM_FIRST_NATIVE)
		return &world->natives[sender - SIM_FIRST_NATIVE].socket;
	return sender < world->client_count ? &world->clients[sender].socket : NULL;
}

void
sim_bans_name(const struct sim_world *world, unsigned sender, enum store_ban_kind kind,
    char out[SIM_ADDRESS_SIZE])
{
	const char *name = "";
	char own[16];

	if (sender >= SIM_FIRST_DIRECT) {
		snprintf(own, sizeof(own), "d%u", sender);
		name = own;
	} else if (sender >= SIM_FIRST_NATIVE) {
		const struct sim_native *native = &world->natives[sender - SIM_FIRST_NATIVE];

		name = kind == STORE_BAN_USER ? native->user : native->client_id;
	} else if (sender < world->client_count) {
		name = world->clients[sender].id;
	}
	snprintf(out, SIM_ADDRESS_SIZE, "%s", name);
}

/* A client_id is also the id of the user that began as it. */
static bool
concerns(const struct sim_world *world, const struct sim_ban *ban, unsigned sender)
{
	char name[SIM_ADDRESS_SIZE];

	if (ban->kind == STORE_BAN_ADDRESS)
		return sender >= ban->first && sender <= ban->last;
	sim_bans_name(world, sender, ban->kind, name);
	if (strcmp(name, ban->value) == 0)
		return true;
	if (ban->kind != STORE_BAN_CLIENT || sender < SIM_FIRST_NATIVE ||
	    sender >= SIM_FIRST_DIRECT)
		return false;
	return strcmp(world->natives[sender - SIM_FIRST_NATIVE].user, ban->value) == 0;
}

static bool
may_hold(const struct sim_world *world, const struct sim_ban *ban)
{
	for (unsigned i = 0; i < ban->count; i++) {
		const struct sim_ban_version *version = &ban->versions[i];

		if (version->banned &&
		    (version->until_ms == 0 || world->now.wall_ms < version->until_ms))
			return true;
	}
	return false;
}

static void
doubt(struct sim_pages *said)
{
	for (unsigned i = 0; i < said->count; i++)
		said->rows[i].doubtful |= said->rows[i].fate == SIM_SAID;
}

/* It may be closed for it; what it said and had no answer to may come to nothing. */
static void
may_hit(struct sim_world *world, unsigned sender, struct sim_socket *socket)
{
	socket->may_close = true;
	socket->may_ban = true;
	socket->banned_ms = world->now.mono_ms;
	if (sender < SIM_FIRST_NATIVE)
		world->clients[sender].kicked = true;
}

/* As long as that connection lasts, and behind it until there is another. */
static void
follow(struct sim_world *world, unsigned sender, const struct sim_socket *socket)
{
	if (!socket->may_ban)
		return;
	if (sender >= SIM_FIRST_DIRECT)
		sim_direct_doubts(&world->directs[sender - SIM_FIRST_DIRECT]);
	else if (sender >= SIM_FIRST_NATIVE)
		doubt(&world->book.of[sender]);
}

static bool
is_in(const struct sim_world *world, unsigned sender, const struct sim_socket *socket)
{
	if (socket->state != SIM_CONNECTED || socket->close_asked ||
	    world->gateways[socket->gateway].core == NULL ||
	    socket->session->phase != SESSION_ONLINE)
		return false;
	/* It may have come as somebody else whom nobody banned. */
	return sender < SIM_FIRST_NATIVE || sender >= SIM_FIRST_DIRECT ||
	       world->natives[sender - SIM_FIRST_NATIVE].welcomed;
}

static void
judge(struct sim_world *world, const struct sim_ban *ban)
{
	bool may = may_hold(world, ban);

	for (unsigned sender = 1; may && sender < SIM_SENDERS; sender++) {
		struct sim_socket *socket = socket_of(world, sender);

		if (socket == NULL || !concerns(world, ban, sender))
			continue;
		may_hit(world, sender, socket);
		if (ban->sure_turn != 0 && socket->since_turn > ban->sure_turn &&
		    is_in(world, sender, socket))
			sim_wrong(world, "c%u is let in, though %s is banned", sender, ban->value);
	}
}

void
sim_bans_judge(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_BANS; i++)
		judge(world, &world->bans.all[i]);
	for (unsigned sender = 1; sender < SIM_SENDERS; sender++) {
		const struct sim_socket *socket = socket_of(world, sender);

		if (socket != NULL)
			follow(world, sender, socket);
	}
}

void
sim_bans_quiet(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_BANS; i++) {
		const struct sim_ban *ban = &world->bans.all[i];

		if (ban->sure_turn == 0 || world->now.mono_ms < ban->sure_ms + LATE_MS)
			continue;
		for (unsigned sender = 1; sender < SIM_SENDERS; sender++) {
			struct sim_socket *socket = socket_of(world, sender);

			if (socket != NULL && concerns(world, ban, sender) &&
			    is_in(world, sender, socket))
				sim_wrong(world, "c%u is still there, though %s is banned", sender,
				    ban->value);
		}
	}
}

bool
sim_bans_sender(const struct sim_world *world, unsigned sender)
{
	for (unsigned i = 0; i < SIM_BANS; i++) {
		if (world->bans.all[i].sure_turn != 0 &&
		    concerns(world, &world->bans.all[i], sender))
			return true;
	}
	return false;
}
