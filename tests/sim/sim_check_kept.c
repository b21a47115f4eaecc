/*
 * Rules over what native and direct clients were promised. Much is judged while it is heard, in
 * sim_native.c and sim_direct.c; here is what only the end shows.
 */
#include "sim_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_deeds.h"

#define BANNED_MS 1000u

static bool
keep_row(void *context, const struct store_message *message)
{
	char *content = context;

	snprintf(content, 48, "%.*s", (int)message->content.length, message->content.data);
	return true;
}

/* What the store has at a message's place. */
static bool
stored(struct sim_world *world, const struct sim_message *message)
{
	char written[48];
	char found[48] = "";
	char name[64];
	struct store_range range = { .epoch = message->epoch,
		.after = message->seq - 1,
		.until = message->seq,
		.limit = 1 };

	if (message->room == SIM_INBOX)
		snprintf(name, sizeof(name), "inbox/open/%s",
		    world->natives[message->to - SIM_FIRST_NATIVE].user);
	else
		snprintf(name, sizeof(name), "room/%s", sim_rooms[message->room]);
	range.stream = text_of(name);
	sim_book_write(message, written);
	return sim_store(world)->ops->read(sim_store(world), &range, keep_row, found) &&
	       strcmp(found, written) == 0;
}

/* By stream, then by place. */
static int
compare_places(const void *a, const void *b)
{
	const struct sim_message *left = *(const struct sim_message *const *)a;
	const struct sim_message *right = *(const struct sim_message *const *)b;

	if (left->room != right->room)
		return left->room < right->room ? -1 : 1;
	if (left->room == SIM_INBOX && left->to != right->to)
		return left->to < right->to ? -1 : 1;
	if (left->epoch != right->epoch)
		return left->epoch < right->epoch ? -1 : 1;
	if (left->seq != right->seq)
		return left->seq < right->seq ? -1 : 1;
	return 0;
}

static bool
same_stream(const struct sim_message *a, const struct sim_message *b)
{
	return a->room == b->room && (a->room != SIM_INBOX || a->to == b->to);
}

static struct store_position
position_of(struct sim_world *world, const char *name)
{
	struct store_stream stream = { .name = text_of(name) };
	struct store_position position = { 0 };

	/* As the hub asks for it: other rules would change it. */
	stream.durability = strcmp(name, "room/den") == 0 ? STORE_MEMORY : STORE_DISK;
	sim_must(sim_store(world)->ops->open_stream(sim_store(world), &stream, &position),
	    "a stream cannot be opened");
	return position;
}

/* All messages with a place that may be there, in order; the caller's to free. */
static const struct sim_message **
by_place(struct sim_world *world, size_t *count_out)
{
	const struct sim_book *book = &world->book;
	const uint64_t den = position_of(world, "room/den").epoch;
	const uint64_t tea = position_of(world, "room/tea").epoch;
	const struct sim_message **rows;
	size_t count = 0;

	for (unsigned i = 0; i < SIM_SENDERS; i++)
		count += book->of[i].count;
	rows = calloc(count + 1, sizeof(struct sim_message *));
	if (rows == NULL)
		abort();
	count = 0;
	for (unsigned i = 0; i < SIM_SENDERS; i++) {
		for (unsigned k = 0; k < book->of[i].count; k++) {
			const struct sim_message *message = &book->of[i].rows[k];

			if (message->placed &&
			    (message->room != SIM_MEMORY_ROOM || message->epoch == den) &&
			    (message->room != SIM_SHORT_ROOM || !book->renewed ||
				message->epoch == tea))
				rows[count++] = message;
		}
	}
	qsort(rows, count, sizeof(struct sim_message *), compare_places);
	*count_out = count;
	return rows;
}

static const char *
check_neighbours(const struct sim_message *const *rows, size_t count)
{
	unsigned last[SIM_SENDERS] = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !same_stream(rows[i - 1], rows[i]))
			memset(last, 0, sizeof(last));
		else if (rows[i - 1]->epoch != rows[i]->epoch)
			return sim_found("%s has two epochs",
			    rows[i]->room == SIM_INBOX ? "an inbox" : sim_rooms[rows[i]->room]);
		else if (rows[i - 1]->seq == rows[i]->seq)
			return sim_found("m%u of c%u and m%u of c%u share a place",
			    rows[i - 1]->number, rows[i - 1]->from, rows[i]->number, rows[i]->from);
		if (sim_book_is_loose(rows[i]))
			continue;
		if (rows[i]->number <= last[rows[i]->from])
			return sim_found("m%u of c%u stands behind its m%u", rows[i]->number,
			    rows[i]->from, last[rows[i]->from]);
		last[rows[i]->from] = rows[i]->number;
	}
	return NULL;
}

/* The last place of a stream that anybody knows of; epoch 0 without one. */
static struct sim_place
end_of(const struct sim_message *const *rows, size_t count, unsigned room, unsigned to)
{
	const struct sim_message stream = { .room = room, .to = to };
	struct sim_place end = { .known = true };

	for (size_t i = 0; i < count; i++) {
		if (same_stream(rows[i], &stream))
			end = (struct sim_place){ true, rows[i]->epoch, rows[i]->seq };
	}
	return end;
}

/* The same as the store has it, for what only room clients heard has no place for anybody. */
static struct sim_place
stored_end_of(
    struct sim_world *world, const struct sim_message *const *rows, size_t count, unsigned room)
{
	struct sim_place end = end_of(rows, count, room, 0);
	struct store_position stored;
	char name[32];

	snprintf(name, sizeof(name), "room/%s", sim_rooms[room]);
	stored = position_of(world, name);
	if (stored.epoch == end.epoch && stored.seq > end.seq)
		end.seq = stored.seq;
	return end;
}

static bool
keep_seq(void *context, const struct store_message *message)
{
	*(uint64_t *)context = message->seq;
	return true;
}

/* Somebody may have said more than anybody heard, and gone. */
static uint64_t
short_end(struct sim_world *world, uint64_t epoch)
{
	uint64_t end = 0;
	struct store_range range = { .stream = TEXT("room/tea"),
		.epoch = epoch,
		.until = UINT64_MAX,
		.limit = 1,
		.newest = true };

	(void)sim_store(world)->ops->read(sim_store(world), &range, keep_seq, &end);
	return end;
}

/* Its addressee said that it has it, so it need not be there any more. */
static bool
was_read(const struct sim_world *world, const struct sim_message *message)
{
	return message->room == SIM_INBOX &&
	       message->seq <= world->natives[message->to - SIM_FIRST_NATIVE].read_said;
}

static const char *
check_kept(struct sim_world *world, const struct sim_message *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sim_message *message = rows[i];

		if (message->fate == SIM_REFUSED && !sim_book_is_loose(message))
			return sim_found(
			    "m%u of c%u was refused and stored", message->number, message->from);
		if ((message->room == SIM_SHORT_ROOM &&
			message->seq + SIM_SHORT_KEPT <= short_end(world, message->epoch)) ||
		    was_read(world, message))
			continue;
		if (!stored(world, message))
			return sim_found("m%u of c%u has place %" PRIu64 " and is not there",
			    message->number, message->from, message->seq);
	}
	return NULL;
}

/* Where somebody stands is where its stream ends. */
static const char *
check_end(const struct sim_native *native, const char *name, const struct sim_place *place,
    struct sim_place end)
{
	if (end.epoch == 0 || (place->epoch == end.epoch && place->seq == end.seq))
		return NULL;
	return sim_found("c%u is at %" PRIu64 " of epoch %" PRIu64 " of %s, which is at %" PRIu64
			 " of epoch %" PRIu64,
	    native->number, place->seq, place->epoch, name, end.seq, end.epoch);
}

/* Just now, so that it need not be in again. */
static bool
was_banned(const struct sim_world *world, const struct sim_socket *socket)
{
	return socket->banned_ms > 0 && world->now.mono_ms < socket->banned_ms + BANNED_MS;
}

static const char *
check_native(struct sim_world *world, const struct sim_native *native,
    const struct sim_message *const *rows, size_t count)
{
	const struct sim_pages *said = &native->book->of[native->number];
	const char *problem = NULL;

	if (native->socket.broken[0] != '\0')
		return sim_found("c%u saw %s", native->number, native->socket.broken);
	if (!sim_native_is_in(native))
		return native->stays_away || native->is_lost || was_banned(world, &native->socket)
			   ? NULL
			   : sim_found("c%u is not welcome", native->number);
	for (unsigned i = 0; i < said->count; i++) {
		if (said->rows[i].asked)
			return sim_found(
			    "c%u has no answer to m%u", native->number, said->rows[i].number);
	}
	for (unsigned i = 0; i < SIM_ROOMS && problem == NULL; i++) {
		const struct sim_native_room *room = &native->rooms[i];

		if (room->leaving)
			problem = sim_found(
			    "c%u has no answer to its leaving %s", native->number, sim_rooms[i]);
		else if (room->wanted != room->member)
			problem = sim_found("c%u wants to be in %s and is not, or the other way",
			    native->number, sim_rooms[i]);
		else if (room->member)
			problem = check_end(native, sim_rooms[i], &room->place,
			    stored_end_of(world, rows, count, i));
	}
	if (problem == NULL)
		problem = check_end(native, "its inbox", &native->inbox,
		    end_of(rows, count, SIM_INBOX, native->number));
	return problem;
}

static bool
is_there(const struct sim_world *world, unsigned room, const char *user)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		const struct sim_native *native = &world->natives[i];

		if (sim_native_is_in(native) && native->rooms[room].member &&
		    strcmp(native->user, user) == 0)
			return true;
	}
	for (unsigned i = 0; room == 0 && i < world->client_count; i++) {
		const struct sim_client *client = &world->clients[i];

		if (client->socket.state == SIM_CONNECTED && strcmp(client->id, user) == 0)
			return true;
	}
	return false;
}

static unsigned
count_there(const struct sim_world *world, unsigned room)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SIM_NATIVES; i++)
		count +=
		    sim_native_is_in(&world->natives[i]) && world->natives[i].rooms[room].member;
	for (unsigned i = 0; room == 0 && i < world->client_count; i++)
		count += world->clients[i].socket.state == SIM_CONNECTED && world->clients[i].named;
	return count;
}

/* Who is there by the frames is who is there. */
static const char *
check_users(const struct sim_world *world, const struct sim_native *native)
{
	for (unsigned i = 0; i < SIM_ROOMS; i++) {
		const struct sim_native_room *room = &native->rooms[i];
		unsigned count = count_there(world, i);

		if (!sim_native_is_in(native) || !room->member)
			continue;
		for (size_t k = 0; k < room->users.count; k++) {
			if (!is_there(world, i, room->users.lines[k]))
				return sim_found("c%u believes %s to be in %s", native->number,
				    room->users.lines[k], sim_rooms[i]);
		}
		if (room->users.count != count || room->count != count)
			return sim_found("c%u knows %zu and counts %u in %s, where %u are",
			    native->number, room->users.count, room->count, sim_rooms[i], count);
	}
	return NULL;
}

static bool
was_received(const struct sim_world *world, const struct sim_message *message)
{
	const struct sim_direct *to = &world->directs[message->to - SIM_FIRST_DIRECT];

	return to->receipts[message->from - SIM_FIRST_DIRECT][message->number] != SIM_UNHEARD;
}

static const char *
check_direct(const struct sim_world *world, const struct sim_direct *direct)
{
	if (direct->socket.broken[0] != '\0')
		return sim_found("d%u saw %s", direct->number, direct->socket.broken);
	if (direct->socket.state != SIM_CONNECTED && !was_banned(world, &direct->socket))
		return sim_found("d%u is not welcome", direct->number);
	for (unsigned i = 0; i < direct->span_count; i++) {
		const struct sim_span *span = &direct->spans[i];
		unsigned received = 0;

		for (unsigned k = span->first; k <= span->last; k++)
			received +=
			    was_received(world, &world->book.of[direct->number].rows[k - 1]);
		if (received < span->stored)
			return sim_found("of p%u to p%u of d%u %u arrived, but %u are stored",
			    span->first, span->last, direct->number, received, span->stored);
	}
	return NULL;
}

/* Nobody's inbox holds more than it may. */
static const char *
check_inbox(struct sim_world *world, const char *realm, const char *user)
{
	char name[64];
	struct store_position position;

	if (user[0] == '\0')
		return NULL;
	snprintf(name, sizeof(name), "inbox/%s/%s", realm, user);
	position = position_of(world, name);
	if (position.seq - position.mark <= SIM_INBOX_MESSAGES)
		return NULL;
	return sim_found("%" PRIu64 " messages wait in the inbox of %s, %u may",
	    position.seq - position.mark, user, SIM_INBOX_MESSAGES);
}

static const char *
check_inboxes(struct sim_world *world)
{
	const char *problem = NULL;
	char user[16];

	for (unsigned i = 0; i < SIM_NATIVES && problem == NULL; i++)
		problem = check_inbox(world, "open", world->natives[i].user);
	for (unsigned i = 0; i < SIM_DIRECTS && problem == NULL; i++) {
		snprintf(user, sizeof(user), "d%u", world->directs[i].number);
		problem = check_inbox(world, world->direct_mount->realm, user);
	}
	return problem;
}

/* The machine ends, and what was there is there again. */
static const char *
check_reborn(struct sim_world *world, const struct sim_message *const *rows, size_t count)
{
	uint64_t tea = end_of(rows, count, SIM_SHORT_ROOM, 0).epoch;
	uint64_t end = short_end(world, tea);
	const char *problem = sim_store_reborn(world);

	if (problem == NULL)
		problem = sim_bans_reborn(world);
	for (size_t i = 0; i < count && problem == NULL; i++) {
		const struct sim_message *message = rows[i];

		if (message->room == SIM_MEMORY_ROOM || sim_book_may_move(&world->book, message) ||
		    (message->room == SIM_SHORT_ROOM && message->seq + SIM_SHORT_KEPT <= end) ||
		    was_read(world, message))
			continue;
		if (!stored(world, message))
			problem = sim_found("m%u of c%u had place %" PRIu64
					    " and did not outlive the machine",
			    message->number, message->from, message->seq);
	}
	return problem;
}

const char *
sim_check_kept(struct sim_world *world)
{
	size_t count;
	const struct sim_message **rows = by_place(world, &count);
	const char *problem = check_neighbours(rows, count);

	for (unsigned i = 0; i < SIM_NATIVES && problem == NULL; i++) {
		problem = check_native(world, &world->natives[i], rows, count);
		if (problem == NULL)
			problem = check_users(world, &world->natives[i]);
	}
	for (unsigned i = 0; i < SIM_DIRECTS && problem == NULL; i++)
		problem = check_direct(world, &world->directs[i]);
	if (problem == NULL)
		problem = check_kept(world, rows, count);
	if (problem == NULL)
		problem = check_inboxes(world);
	if (problem == NULL && world->sqlite != NULL)
		problem = check_reborn(world, rows, count);
	free(rows);
	return problem;
}
