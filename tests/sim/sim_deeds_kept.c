/*
 * What native and direct clients do: talk, read, come and go, break off and come again. Judges
 * nothing.
 */
#include "sim_deeds.h"

#include <stdio.h>
#include <string.h>

#define SLOW_ONE_IN 6
#define SICK_FOR_MS 2000
#define BANNED_TRIES_ONE_IN 40
#define RECORDED_MS 63000 /* CORE_SWEEP_MS and some */

static bool
one_in(struct sim_world *world, uint64_t n)
{
	return random_below(world->random, n) == 0;
}

static void
say_buffer(struct sim_world *world, struct sim_socket *socket, struct buffer *frame)
{
	sim_say(world, socket, buffer_text(frame));
	buffer_free(frame);
}

/* Native clients. */

static void
native_comes(struct sim_world *world, struct sim_native *native)
{
	struct client_request request = { .mount = world->native_mount,
		.subprotocols = TEXT("hubbub.v1") };
	char address[SIM_ADDRESS_SIZE];
	unsigned gateway = (unsigned)random_below(world->random, SIM_GATEWAYS);
	struct buffer hello;

	sim_address(native->number, address);
	request.address = text_of(address);
	if (!sim_come(world, &native->socket, gateway, &request))
		return;
	sim_native_gone(native);
	sim_trace(world, "c%u comes to gateway %u", native->number, gateway + 1);
	native->socket.slow = !world->settling && one_in(world, SLOW_ONE_IN);
	buffer_init(&hello, 0);
	sim_native_hello(native, !one_in(world, 4), &hello);
	say_buffer(world, &native->socket, &hello);
}

static void
native_says(struct sim_world *world, struct sim_native *native, struct sim_message *message)
{
	const char *to = "";
	struct buffer frame;

	if (message->room == SIM_INBOX)
		to = world->natives[message->to - SIM_FIRST_NATIVE].user;
	buffer_init(&frame, 0);
	message->doubtful |= !sim_watch_takes(world, native->socket.gateway);
	sim_native_say(native, message, to, &frame);
	sim_trace(world, "c%u says %.*s", native->number, (int)frame.length, frame.data);
	say_buffer(world, &native->socket, &frame);
}

static void
native_talks(struct sim_world *world, struct sim_native *native)
{
	unsigned room = (unsigned)random_below(world->random, SIM_ROOMS);
	struct sim_native *to = &world->natives[random_below(world->random, SIM_NATIVES)];

	if (one_in(world, 3) && to != native && to->user[0] != '\0')
		native_says(world, native,
		    sim_book_add(&world->book, native->number, SIM_INBOX, to->number));
	else if (native->rooms[room].member && !native->rooms[room].leaving)
		native_says(world, native, sim_book_add(&world->book, native->number, room, 0));
}

static void
native_reads(struct sim_world *world, struct sim_native *native)
{
	struct buffer frame;

	if (native->inbox.seq == 0)
		return;
	if (native->inbox.seq > native->read_said)
		native->read_said = native->inbox.seq;
	buffer_init(&frame, 0);
	buffer_printf(&frame, "{\"type\":\"read\",\"inbox\":%llu,\"id\":\"r\"}",
	    (unsigned long long)native->inbox.seq);
	sim_trace(world, "c%u has read its inbox up to %llu", native->number,
	    (unsigned long long)native->inbox.seq);
	say_buffer(world, &native->socket, &frame);
}

/* The same id for something else: refused, whatever became of the first. */
static void
native_reuses(struct sim_world *world, struct sim_native *native)
{
	struct sim_pages *said = &world->book.of[native->number];
	const struct sim_message *message;
	char frame[128];

	if (said->count == 0 || native->reused != 0)
		return;
	message = &said->rows[random_below(world->random, said->count)];
	if (message->fate != SIM_ACKED || message->asked || message->number <= native->forgotten ||
	    sim_book_may_move(&world->book, message) || message->room == SIM_INBOX ||
	    !native->rooms[message->room].member || native->rooms[message->room].leaving)
		return;
	snprintf(frame, sizeof(frame),
	    "{\"type\":\"public\",\"room\":\"%s\",\"content\":\"other\",\"id\":\"m%u\"}",
	    sim_rooms[message->room], message->number);
	native->reused = message->number;
	sim_trace(world, "c%u uses id m%u again", native->number, message->number);
	sim_say(world, &native->socket, text_of(frame));
}

/* What was refused once may be taken now. */
static void
native_insists(struct sim_world *world, struct sim_native *native)
{
	struct sim_pages *said = &world->book.of[native->number];

	for (unsigned i = said->count; i > native->forgotten; i--) {
		struct sim_message *message = &said->rows[i - 1];

		if (message->fate != SIM_REFUSED || message->asked ||
		    (message->room != SIM_INBOX && (!native->rooms[message->room].member ||
						       native->rooms[message->room].leaving)))
			continue;
		native_says(world, native, message);
		return;
	}
}

static void
native_moves(struct sim_world *world, struct sim_native *native)
{
	unsigned index = 1 + (unsigned)random_below(world->random, SIM_ROOMS - 1);
	struct sim_native_room *room = &native->rooms[index];
	struct buffer frame;

	if (room->wanted != room->member || room->leaving)
		return;
	buffer_init(&frame, 0);
	if (room->member) {
		room->leaving = true;
		buffer_printf(
		    &frame, "{\"type\":\"leave\",\"room\":\"%s\",\"id\":\"l\"}", sim_rooms[index]);
	} else {
		room->wanted = true;
		sim_native_enters(native, room);
		buffer_printf(
		    &frame, "{\"type\":\"join\",\"room\":\"%s\",\"id\":\"j\"", sim_rooms[index]);
		if (room->place.known)
			buffer_printf(&frame, ",\"since\":[%llu,%llu]",
			    (unsigned long long)room->place.epoch,
			    (unsigned long long)room->place.seq);
		buffer_append_byte(&frame, '}');
	}
	sim_trace(world, "c%u says %.*s", native->number, (int)frame.length, frame.data);
	say_buffer(world, &native->socket, &frame);
}

static void
native_acts(struct sim_world *world, struct sim_native *native)
{
	uint64_t die = random_below(world->random, 100);

	if (native->is_lost)
		return;
	if (native->socket.state != SIM_CONNECTED) {
		if (die < 15)
			native_comes(world, native);
	} else if (die < 4) {
		sim_trace(world, "c%u goes", native->number);
		sim_gone(world, &native->socket);
	} else if (!sim_native_is_in(native)) {
		return;
	} else if (die < 6) {
		sim_trace(world, "c%u says bye", native->number);
		native->socket.may_close = true;
		sim_say(world, &native->socket, TEXT("{\"type\":\"bye\"}"));
	} else if (die < 14) {
		native_moves(world, native);
	} else if (die < 24) {
		native_reads(world, native);
	} else if (die < 26) {
		native_reuses(world, native);
	} else if (die < 30) {
		native_insists(world, native);
	} else {
		native_talks(world, native);
	}
}

/* Everything that has no answer, in its order, before anything new. */
static void
native_says_again(struct sim_world *world, struct sim_native *native)
{
	struct sim_pages *said = &world->book.of[native->number];

	native->again = false;
	for (unsigned i = 0; i < said->count; i++) {
		if (said->rows[i].fate == SIM_SAID && !said->rows[i].given_up)
			native_says(world, native, &said->rows[i]);
	}
}

/* A hub whose store is well again has recorded everybody once a minute is over. */
static void
native_weighed(struct sim_world *world, struct sim_native *native)
{
	if (!sim_native_is_in(native)) {
		native->in_ms = world->now.mono_ms;
		return;
	}
	if (!native->weighed)
		native->risky = world->now.mono_ms < world->sick_ms + SICK_FOR_MS;
	native->weighed = true;
	if (world->now.mono_ms > world->sick_ms + RECORDED_MS &&
	    world->now.mono_ms > native->in_ms + RECORDED_MS)
		native->risky = false;
}

/* What has no answer may be refused, on a connection that is over before it hears so. */
static void
native_doubts(struct sim_world *world, struct sim_native *native)
{
	struct sim_pages *said = &world->book.of[native->number];

	bool takes = !sim_store_refuses(world) && sim_watch_takes(world, native->socket.gateway);

	for (unsigned i = 0; i < said->count; i++) {
		struct sim_message *row = &said->rows[i];

		if (row->fate != SIM_SAID || row->doubtful)
			continue;
		/* Of other rooms than the lobby it may be no member when the hub is back. */
		row->doubtful = !takes || (world->hub == NULL && row->room != 0) ||
				(row->room == SIM_SHORT_ROOM && world->settings.tea_is_closed) ||
				(row->room == SIM_INBOX &&
				    sim_watch_inbox_is_full(
					world, world->natives[row->to - SIM_FIRST_NATIVE].user));
	}
}

/* Whoever is banned tries again only now and then. */
static bool
is_kept_out(struct sim_world *world, unsigned sender)
{
	return sim_bans_sender(world, sender) && !one_in(world, BANNED_TRIES_ONE_IN);
}

static void
native_turn(struct sim_world *world, struct sim_native *native)
{
	native_doubts(world, native);
	if (native->is_lost) {
		sim_gone(world, &native->socket);
		return;
	}
	native_weighed(world, native);
	if (sim_native_is_in(native) && native->again)
		native_says_again(world, native);
	if (world->settling && native->socket.state != SIM_CONNECTED && !native->stays_away &&
	    !is_kept_out(world, native->number))
		native_comes(world, native);
}

/* Direct clients. */

static void
direct_comes(struct sim_world *world, struct sim_direct *direct)
{
	struct text token = TEXT("token=x");
	char user[16];
	char address[SIM_ADDRESS_SIZE];
	struct client_request request = {
		.mount = world->direct_mount, .args = &token, .arg_count = 1
	};
	unsigned gateway = (unsigned)random_below(world->random, SIM_GATEWAYS);

	snprintf(user, sizeof(user), "d%u", direct->number);
	sim_address(direct->number, address);
	request.address = text_of(address);
	request.segment = text_of(user);
	if (!sim_come(world, &direct->socket, gateway, &request))
		return;
	sim_direct_came(direct);
	sim_trace(world, "d%u comes to gateway %u", direct->number, gateway + 1);
	direct->socket.slow = !world->settling && one_in(world, SLOW_ONE_IN);
	direct->socket.holds_pong = one_in(world, 2);
}

static void
direct_talks(struct sim_world *world, struct sim_direct *direct)
{
	unsigned to = SIM_FIRST_DIRECT + (unsigned)random_below(world->random, SIM_DIRECTS);
	struct sim_message *message;
	char content[48];
	char frame[128];

	if (to == direct->number || world->book.of[direct->number].count + 2 > SIM_DIRECT_NUMBERS)
		return;
	message = sim_book_add(&world->book, direct->number, SIM_INBOX, to);
	message->gateway = direct->socket.gateway;
	sim_book_write(message, content);
	sim_trace(world, "d%u says %s", direct->number, content);
	snprintf(frame, sizeof(frame), "{\"content\": \"%s\", \"to_user\": \"d%u\"}", content, to);
	sim_say(world, &direct->socket, text_of(frame));
}

static void
direct_goes(struct sim_world *world, struct sim_direct *direct)
{
	sim_trace(world, "d%u goes", direct->number);
	sim_direct_gone(direct, false);
	sim_gone(world, &direct->socket);
}

static void
direct_acts(struct sim_world *world, struct sim_direct *direct)
{
	uint64_t die = random_below(world->random, 100);

	if (direct->socket.state != SIM_CONNECTED) {
		if (die < 15)
			direct_comes(world, direct);
	} else if (die < 5) {
		direct_goes(world, direct);
	} else if (die < 30) {
		direct->socket.holds_pong = !direct->socket.holds_pong;
		direct->socket.may_close = true;
		sim_trace(world, "d%u %s its PONGs", direct->number,
		    direct->socket.holds_pong ? "holds back" : "gives");
	} else {
		direct_talks(world, direct);
	}
}

/* All of them. */

bool
sim_kept_comes(struct sim_world *world, struct sim_socket *socket)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		if (&world->natives[i].socket == socket) {
			if (!world->natives[i].is_lost)
				native_comes(world, &world->natives[i]);
			return true;
		}
	}
	for (unsigned i = 0; i < SIM_DIRECTS; i++) {
		if (&world->directs[i].socket == socket) {
			sim_direct_gone(&world->directs[i], false);
			direct_comes(world, &world->directs[i]);
			return true;
		}
	}
	return false;
}

void
sim_kept_happens(struct sim_world *world)
{
	if (one_in(world, 3))
		direct_acts(world, &world->directs[random_below(world->random, SIM_DIRECTS)]);
	else
		native_acts(world, &world->natives[random_below(world->random, SIM_NATIVES)]);
}

void
sim_kept_turn(struct sim_world *world)
{
	if (sim_store_refuses(world) || world->hub == NULL)
		world->sick_ms = world->now.mono_ms;
	for (unsigned i = 0; i < SIM_NATIVES; i++)
		native_turn(world, &world->natives[i]);
	for (unsigned i = 0; i < SIM_DIRECTS; i++) {
		struct sim_direct *direct = &world->directs[i];

		if (sim_store_refuses(world) || !sim_watch_takes(world, direct->socket.gateway))
			sim_direct_doubts(direct);
		if (direct->socket.state != SIM_CONNECTED)
			sim_direct_gone(direct, false);
		if (world->settling && direct->socket.state != SIM_CONNECTED &&
		    !is_kept_out(world, direct->number))
			direct_comes(world, direct);
		direct->socket.holds_pong = direct->socket.holds_pong && !world->settling;
	}
}

void
sim_kept_forgets(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		struct sim_pages *said = &world->book.of[world->natives[i].number];

		world->natives[i].forgotten = said->count;
		for (unsigned k = 0; k < said->count; k++)
			said->rows[k].given_up = said->rows[k].fate == SIM_SAID;
	}
}

void
sim_kept_quiet(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_DIRECTS; i++)
		sim_direct_final(&world->directs[i]);
	sim_bans_quiet(world);
}

void
sim_kept_all_come(struct sim_world *world)
{
	world->settling = true;
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		world->natives[i].stays_away =
		    world->natives[i].socket.state != SIM_CONNECTED && one_in(world, 3);
		world->natives[i].socket.slow = false;
	}
}

void
sim_kept_again(struct sim_world *world)
{
	sim_kept_quiet(world);
	/* Whose ban ends from here on comes too late for the others to hear of it. */
	for (unsigned i = 0; i < SIM_NATIVES; i++)
		world->natives[i].stays_away |= sim_bans_sender(world, world->natives[i].number);
	for (unsigned i = 0; i < SIM_DIRECTS; i++) {
		struct sim_direct *direct = &world->directs[i];

		sim_direct_gone(direct, direct->socket.state == SIM_CONNECTED);
		sim_gone(world, &direct->socket);
	}
}

void
sim_kept_create(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		sim_native_init(
		    &world->natives[i], SIM_FIRST_NATIVE + i, &world->book, world->inner);
		world->sockets[world->socket_count++] = &world->natives[i].socket;
	}
	for (unsigned i = 0; i < SIM_DIRECTS; i++) {
		sim_direct_init(
		    &world->directs[i], SIM_FIRST_DIRECT + i, &world->book, world->inner);
		world->sockets[world->socket_count++] = &world->directs[i].socket;
	}
}

void
sim_kept_destroy(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++)
		sim_native_free(&world->natives[i]);
	for (unsigned i = 0; i < SIM_DIRECTS; i++)
		sim_direct_free(&world->directs[i]);
}
