/* Rules over a settled world; each returns NULL or what it found. */
#include "sim_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char finding[512];

const char *
sim_found(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding, sizeof(finding), format, arguments);
	va_end(arguments);
	return finding;
}

bool
sim_is_message(const char *line)
{
	return line[0] == 'm' || line[0] == 'p';
}

/* Refused once and taken later, it may stand behind what was said after it. */
static bool
is_loose(struct sim_world *world, unsigned from, unsigned number)
{
	const struct sim_message *message = sim_book_find(&world->book, from, number);

	return message != NULL && sim_book_is_loose(message);
}

/* Nothing twice, and each sender's numbers rising. */
static const char *
check_order(struct sim_world *world, const struct sim_client *client, const struct sim_log *log)
{
	unsigned last[SIM_SENDERS] = { 0 };

	for (size_t i = 0; i < log->count; i++) {
		unsigned from;
		unsigned number;
		unsigned to;

		if (!sim_is_message(log->lines[i]))
			continue;
		if (sscanf(log->lines[i], "m%u %u", &from, &number) != 2 &&
		    sscanf(log->lines[i], "p%u>%u %u", &from, &to, &number) != 3)
			return sim_found("c%u heard nonsense: %s", client->number, log->lines[i]);
		if (is_loose(world, from, number))
			continue;
		if (from >= SIM_SENDERS || number <= last[from])
			return sim_found("c%u heard '%s' after number %u of that sender",
			    client->number, log->lines[i], last[from % SIM_SENDERS]);
		last[from] = number;
	}
	return NULL;
}

/* Its log is the part of the truth from its own joining on, to the end if it is still there. */
static const char *
check_part_of_truth(const struct sim_client *client, const struct sim_log *truth)
{
	char joined[64];
	char name[16];
	size_t from;

	if (client->heard.count == 0)
		return client->socket.state == SIM_CONNECTED && client->named
			   ? sim_found("c%u is in and heard nothing", client->number)
			   : NULL;
	snprintf(joined, sizeof(joined), "%s 进入聊天室", sim_client_name(client, name));
	from = sim_log_find(truth, 0, joined);
	if (from + client->heard.count > truth->count)
		return sim_found("c%u heard %zu lines, the truth has %zu from its joining on",
		    client->number, client->heard.count, truth->count - from);
	for (size_t i = 0; i < client->heard.count; i++) {
		if (strcmp(client->heard.lines[i], truth->lines[from + i]) != 0)
			return sim_found("c%u heard '%s' where '%s' was said", client->number,
			    client->heard.lines[i], truth->lines[from + i]);
	}
	if (client->socket.state == SIM_CONNECTED && from + client->heard.count != truth->count)
		return sim_found(
		    "c%u missed '%s'", client->number, truth->lines[from + client->heard.count]);
	return NULL;
}

static size_t
next_message(const struct sim_log *log, size_t from)
{
	while (from < log->count && !sim_is_message(log->lines[from]))
		from++;
	return from;
}

/*
 * Whatever breaks, its public messages are a part of the truth without a hole, to the end if it is
 * still there.
 */
static const char *
check_no_hole(const struct sim_client *client, const struct sim_log *truth)
{
	size_t own = next_message(&client->heard, 0);
	size_t at;

	if (own == client->heard.count)
		return NULL;
	at = sim_log_find(truth, 0, client->heard.lines[own]);
	for (; own < client->heard.count; own = next_message(&client->heard, own + 1)) {
		if (at >= truth->count || strcmp(client->heard.lines[own], truth->lines[at]) != 0)
			return sim_found("c%u heard '%s' where '%s' was said", client->number,
			    client->heard.lines[own],
			    at >= truth->count ? "nothing" : truth->lines[at]);
		at = next_message(truth, at + 1);
	}
	if (client->socket.state == SIM_CONNECTED && at < truth->count)
		return sim_found("c%u missed '%s'", client->number, truth->lines[at]);
	return NULL;
}

static const char *
check_answers(const struct sim_client *client)
{
	if (client->socket.broken[0] != '\0')
		return sim_found("c%u saw %s", client->number, client->socket.broken);
	if (client->answered > client->sent)
		return sim_found("c%u sent %u messages and got %u answers", client->number,
		    client->sent, client->answered);
	return NULL;
}

/* Who is still there has every answer: echo, copy or error, whatever broke meanwhile. */
static const char *
check_every_answer(const struct sim_world *world)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < world->client_count; i++) {
		const struct sim_client *client = &world->clients[i];

		if (client->socket.state == SIM_CONNECTED)
			missing += client->sent - client->answered;
	}
	return missing == 0 ? NULL : sim_found("%u answers are missing", missing);
}

/* Private mail came to the right one. */
static const char *
check_private(struct sim_world *world, const struct sim_client *client)
{
	for (size_t i = 0; i < client->told.count; i++) {
		unsigned from;
		unsigned to;
		unsigned number;

		if (sscanf(client->told.lines[i], "p%u>%u %u", &from, &to, &number) != 3 ||
		    to != client->number)
			return sim_found(
			    "c%u got the private mail '%s'", client->number, client->told.lines[i]);
	}
	return check_order(world, client, &client->told);
}

/*
 * The same ids of 8 digits; in the same order, unless a native client may have come again while the
 * hub was away: then it counts as having come last, and lists do not change for that alone.
 */
static bool
same_list(const struct sim_world *world, const struct buffer *list, const struct buffer *truth)
{
	if (list->length != truth->length)
		return false;
	if (!world->faults)
		return text_equal(buffer_text(list), buffer_text(truth));
	for (size_t i = 0; i + 9 <= list->length; i += 9) {
		if (memmem(truth->data, truth->length, list->data + i, 9) == NULL)
			return false;
	}
	return true;
}

/* The hub's list is who is really there, and every client's last list says the same. */
static const char *
check_presence(struct sim_world *world)
{
	struct core_client_info info;
	struct buffer truth;
	void *cursor = NULL;
	unsigned online = 0;
	const char *problem = NULL;

	buffer_init(&truth, 0);
	while (core_next_client(world->hub, TEXT("lobby"), &cursor, &info)) {
		char id[CLIENT_ID_TEXT_SIZE];

		text_client_id(info.client, id);
		buffer_printf(&truth, "%s ", id);
		online++;
	}
	for (unsigned i = 0; i < world->client_count && problem == NULL; i++) {
		const struct sim_client *client = &world->clients[i];

		if (client->socket.state != SIM_CONNECTED || !client->named)
			continue;
		online--;
		if (!same_list(world, &client->members, &truth))
			problem = sim_found("c%u believes in '%.*s', the hub in '%.*s'",
			    client->number, (int)client->members.length, client->members.data,
			    (int)truth.length, truth.data);
	}
	for (unsigned i = 0; i < SIM_NATIVES; i++)
		online -= sim_native_is_in(&world->natives[i]) && world->natives[i].rooms[0].member;
	if (problem == NULL && online != 0)
		problem = sim_found("the hub lists %d more than are there", (int)online);
	buffer_free(&truth);
	return problem;
}

/* Client 0 is there from the first to the last step. */
static void
note_heard(struct sim_world *world)
{
	const struct sim_log *truth = &world->clients[0].heard;

	for (size_t i = 0; i < truth->count; i++) {
		struct sim_message *message = sim_book_read(&world->book, text_of(truth->lines[i]));

		if (message != NULL)
			message->heard = true;
	}
}

/*
 * What a gateway took is heard, whether its sender stayed or not. Forgiven is what may have been
 * refused: by the store, past the bounds of what is held, or with a gateway that died.
 */
static const char *
check_taken(struct sim_world *world)
{
	note_heard(world);
	for (unsigned from = 0; from < SIM_FIRST_DIRECT; from++) {
		const struct sim_pages *said = &world->book.of[from];

		if (from >= SIM_FIRST_NATIVE && world->natives[from - SIM_FIRST_NATIVE].is_lost)
			continue;
		for (unsigned i = 0; i < said->count; i++) {
			const struct sim_message *message = &said->rows[i];

			if (message->room == 0 && message->fate != SIM_REFUSED &&
			    !message->doubtful && !message->heard)
				return sim_found(
				    "m%u of c%u was taken and never heard", message->number, from);
		}
	}
	return NULL;
}

const char *
sim_check(struct sim_world *world)
{
	const char *problem = world->wrong[0] != '\0' ? world->wrong : check_presence(world);

	for (unsigned i = 0; i < world->client_count && problem == NULL; i++) {
		const struct sim_client *client = &world->clients[i];

		problem = check_answers(client);
		if (problem == NULL)
			problem = check_order(world, client, &client->heard);
		if (problem == NULL)
			problem = check_private(world, client);
		if (problem == NULL)
			problem = check_no_hole(client, &world->clients[0].heard);
		if (problem == NULL && !world->faults)
			problem = check_part_of_truth(client, &world->clients[0].heard);
	}
	if (problem == NULL)
		problem = check_every_answer(world);
	if (problem == NULL)
		problem = check_taken(world);
	return problem != NULL ? problem : sim_check_kept(world);
}
