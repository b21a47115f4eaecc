/*
 * Falsifies what clients heard, one way per word, so that the judge must find it: one that finds
 * nothing proves nothing.
 */
#include "sim_check.h"

#include <stdio.h>
#include <string.h>

/* A client other than the truth's that is still there and heard two messages in a row. */
static struct sim_log *
victim_log(struct sim_world *world, size_t *at_out)
{
	for (unsigned i = 1; i < world->client_count; i++) {
		struct sim_client *client = &world->clients[i];

		if (client->socket.state != SIM_CONNECTED)
			continue;
		for (size_t k = 0; k + 1 < client->heard.count; k++) {
			if (sim_is_message(client->heard.lines[k]) &&
			    sim_is_message(client->heard.lines[k + 1])) {
				*at_out = k;
				return &client->heard;
			}
		}
	}
	return NULL;
}

static void
lie_lose(struct sim_world *world)
{
	size_t at = 0;
	struct sim_log *log = victim_log(world, &at);

	if (log != NULL)
		sim_log_remove(log, at);
}

static void
lie_double(struct sim_world *world)
{
	size_t at = 0;
	struct sim_log *log = victim_log(world, &at);

	if (log != NULL)
		sim_log_add(log, "%s", log->lines[log->count - 1]);
}

static void
lie_swap(struct sim_world *world)
{
	size_t at = 0;
	struct sim_log *log = victim_log(world, &at);
	char *line;

	if (log == NULL)
		return;
	line = log->lines[at];
	log->lines[at] = log->lines[at + 1];
	log->lines[at + 1] = line;
}

static void
lie_ghost(struct sim_world *world)
{
	buffer_append_string(&world->clients[0].members, "0badcafe ");
}

/* A native client that is in the lobby and has heard something there. */
static struct sim_native *
victim(struct sim_world *world)
{
	for (unsigned i = 0; i < SIM_NATIVES; i++) {
		struct sim_native *native = &world->natives[i];

		if (sim_native_is_in(native) && native->rooms[0].member &&
		    native->rooms[0].place.seq > 1)
			return native;
	}
	return NULL;
}

/* The last message of a native client with that fate, of the lobby or of an inbox. */
static struct sim_message *
victim_message(struct sim_world *world, enum sim_fate fate, unsigned room)
{
	for (unsigned i = SIM_FIRST_NATIVE; i < SIM_FIRST_DIRECT; i++) {
		for (unsigned k = world->book.of[i].count; k > 0; k--) {
			struct sim_message *message = &world->book.of[i].rows[k - 1];

			if (message->fate == fate && message->room == room)
				return message;
		}
	}
	return NULL;
}

/* Somebody is told nothing of the newest in a room. */
static void
lie_miss(struct sim_world *world)
{
	struct sim_native *native = victim(world);

	if (native != NULL)
		native->rooms[0].place.seq--;
}

static void
lie_phantom(struct sim_world *world)
{
	struct sim_native *native = victim(world);

	if (native != NULL)
		sim_log_add(&native->rooms[0].users, "0badcafe");
}

static void
lie_mute(struct sim_world *world)
{
	const struct sim_native *native = victim(world);

	if (native != NULL)
		sim_book_add(&world->book, native->number, 0, 0)->asked = true;
}

/* What was acknowledged is nowhere. */
static void
lie_unkept(struct sim_world *world)
{
	struct sim_message *message = victim_message(world, SIM_ACKED, SIM_INBOX);

	if (message != NULL)
		message->seq += 1000;
}

/* What was refused was said all the same. */
static void
lie_refused(struct sim_world *world)
{
	struct sim_message *message = victim_message(world, SIM_ACKED, 0);

	if (message != NULL)
		message->fate = SIM_REFUSED;
}

static void
lie_twice(struct sim_world *world)
{
	struct sim_message *message = victim_message(world, SIM_ACKED, 0);

	if (message != NULL)
		*sim_book_add(&world->book, message->from, 0, 0) = *message;
}

static void
lie_frame(struct sim_world *world, bool private)
{
	struct sim_native *native = victim(world);
	const struct sim_message *message =
	    victim_message(world, SIM_ACKED, private ? SIM_INBOX : 0);
	char content[48];
	char frame[256];

	if (native == NULL || message == NULL)
		return;
	if (private && message->to == native->number)
		native = &world->natives[(native->number + 1 - SIM_FIRST_NATIVE) % SIM_NATIVES];
	sim_book_write(message, content);
	snprintf(frame, sizeof(frame),
	    "{\"type\":\"public\",%s\"epoch\":%llu,\"seq\":%llu,\"to\":\"%s\",\"content\":\"%s\"}",
	    private ? "" : "\"room\":\"lobby\",", (unsigned long long)message->epoch,
	    (unsigned long long)message->seq, native->user, content);
	native->socket.message(&native->socket, text_of(frame));
}

/* Somebody hears again what it has heard. */
static void
lie_echo(struct sim_world *world)
{
	lie_frame(world, false);
}

/* Somebody hears what was meant for another. */
static void
lie_stray(struct sim_world *world)
{
	lie_frame(world, true);
}

/* A direct client is sent again what it acknowledged, or is never sent what was stored. */
static void
lie_receipt(struct sim_world *world, enum sim_receipt receipt, bool again)
{
	char frame[128];
	char content[48];

	for (unsigned i = 0; i < SIM_DIRECTS * SIM_DIRECT_NUMBERS * SIM_DIRECTS; i++) {
		struct sim_direct *direct = &world->directs[i % SIM_DIRECTS];
		unsigned from = i / SIM_DIRECTS % SIM_DIRECTS;
		unsigned number = i / SIM_DIRECTS / SIM_DIRECTS;
		const struct sim_message *message =
		    sim_book_find(&world->book, SIM_FIRST_DIRECT + from, number);

		if (message == NULL || direct->receipts[from][number] != receipt)
			continue;
		sim_book_write(message, content);
		snprintf(
		    frame, sizeof(frame), "{\"type\":\"message\",\"content\":\"%s\"}", content);
		if (again)
			direct->socket.message(&direct->socket, text_of(frame));
		else
			memset(direct->receipts[from], 0, sizeof(direct->receipts[from]));
		return;
	}
}

static void
lie_again(struct sim_world *world)
{
	lie_receipt(world, SIM_FINAL, true);
}

static void
lie_unsent(struct sim_world *world)
{
	lie_receipt(world, SIM_FINAL, false);
}

static const struct {
	const char *word;
	void (*tell)(struct sim_world *world);
} lies[] = {
	{ "lose", lie_lose },
	{ "double", lie_double },
	{ "swap", lie_swap },
	{ "ghost", lie_ghost },
	{ "miss", lie_miss },
	{ "phantom", lie_phantom },
	{ "mute", lie_mute },
	{ "unkept", lie_unkept },
	{ "refused", lie_refused },
	{ "twice", lie_twice },
	{ "echo", lie_echo },
	{ "stray", lie_stray },
	{ "again", lie_again },
	{ "unsent", lie_unsent },
};

bool
sim_lie_is_known(const char *word)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(lies[i].word, word) == 0)
			return true;
	}
	return false;
}

void
sim_lie(struct sim_world *world, const char *word)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(lies[i].word, word) == 0)
			lies[i].tell(world);
	}
}
