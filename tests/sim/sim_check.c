/* Rules over a settled world; each returns NULL or what it found. */
#include "sim_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char finding[512];

static const char *found(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *
found(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding, sizeof(finding), format, arguments);
	va_end(arguments);
	return finding;
}

static bool
is_message(const char *line)
{
	return line[0] == 'm' || line[0] == 'p';
}

/* Nothing twice, and each sender's numbers rising. */
static const char *
check_order(const struct sim_client *client, const struct sim_log *log)
{
	unsigned last[SIM_CLIENTS] = { 0 };

	for (size_t i = 0; i < log->count; i++) {
		unsigned from;
		unsigned number;
		unsigned to;

		if (!is_message(log->lines[i]))
			continue;
		if (sscanf(log->lines[i], "m%u %u", &from, &number) != 2 &&
		    sscanf(log->lines[i], "p%u>%u %u", &from, &to, &number) != 3)
			return found("c%u heard nonsense: %s", client->number, log->lines[i]);
		if (from >= SIM_CLIENTS || number <= last[from])
			return found("c%u heard '%s' after number %u of that sender",
			    client->number, log->lines[i], last[from % SIM_CLIENTS]);
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
		return client->state == SIM_CLIENT_CONNECTED && client->named
			   ? found("c%u is in and heard nothing", client->number)
			   : NULL;
	snprintf(joined, sizeof(joined), "%s 进入聊天室", sim_client_name(client, name));
	from = sim_log_find(truth, 0, joined);
	if (from + client->heard.count > truth->count)
		return found("c%u heard %zu lines, the truth has %zu from its joining on",
		    client->number, client->heard.count, truth->count - from);
	for (size_t i = 0; i < client->heard.count; i++) {
		if (strcmp(client->heard.lines[i], truth->lines[from + i]) != 0)
			return found("c%u heard '%s' where '%s' was said", client->number,
			    client->heard.lines[i], truth->lines[from + i]);
	}
	if (client->state == SIM_CLIENT_CONNECTED && from + client->heard.count != truth->count)
		return found(
		    "c%u missed '%s'", client->number, truth->lines[from + client->heard.count]);
	return NULL;
}

static size_t
next_message(const struct sim_log *log, size_t from)
{
	while (from < log->count && !is_message(log->lines[from]))
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
			return found("c%u heard '%s' where '%s' was said", client->number,
			    client->heard.lines[own],
			    at >= truth->count ? "nothing" : truth->lines[at]);
		at = next_message(truth, at + 1);
	}
	if (client->state == SIM_CLIENT_CONNECTED && at < truth->count)
		return found("c%u missed '%s'", client->number, truth->lines[at]);
	return NULL;
}

static const char *
check_answers(const struct sim_client *client)
{
	if (client->broken != NULL)
		return found("c%u saw %s", client->number, client->broken);
	if (client->answered > client->sent)
		return found("c%u sent %u messages and got %u answers", client->number,
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

		if (client->state == SIM_CLIENT_CONNECTED)
			missing += client->sent - client->answered;
	}
	return missing == 0 ? NULL : found("%u answers are missing", missing);
}

/* Private mail came to the right one. */
static const char *
check_private(const struct sim_client *client)
{
	for (size_t i = 0; i < client->told.count; i++) {
		unsigned from;
		unsigned to;
		unsigned number;

		if (sscanf(client->told.lines[i], "p%u>%u %u", &from, &to, &number) != 3 ||
		    to != client->number)
			return found(
			    "c%u got the private mail '%s'", client->number, client->told.lines[i]);
	}
	return check_order(client, &client->told);
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

		if (client->state != SIM_CLIENT_CONNECTED || !client->named)
			continue;
		online--;
		if (!text_equal(buffer_text(&client->members), buffer_text(&truth)))
			problem = found("c%u believes in '%.*s', the hub in '%.*s'", client->number,
			    (int)client->members.length, client->members.data, (int)truth.length,
			    truth.data);
	}
	if (problem == NULL && online != 0)
		problem = found("the hub lists %d more than are there", (int)online);
	buffer_free(&truth);
	return problem;
}

const char *
sim_check(struct sim_world *world)
{
	const char *problem = check_presence(world);

	for (unsigned i = 0; i < world->client_count && problem == NULL; i++) {
		const struct sim_client *client = &world->clients[i];

		problem = check_answers(client);
		if (problem == NULL)
			problem = check_order(client, &client->heard);
		if (problem == NULL)
			problem = check_private(client);
		if (problem == NULL)
			problem = check_no_hole(client, &world->clients[0].heard);
		if (problem == NULL && !world->faults)
			problem = check_part_of_truth(client, &world->clients[0].heard);
	}
	if (problem == NULL)
		problem = check_every_answer(world);
	return problem;
}

static uint64_t
mix(uint64_t digest, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return digest;
}

uint64_t
sim_digest(const struct sim_world *world)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (unsigned i = 0; i < world->client_count; i++) {
		const struct sim_client *client = &world->clients[i];

		for (size_t k = 0; k < client->heard.count; k++)
			digest =
			    mix(digest, client->heard.lines[k], strlen(client->heard.lines[k]));
		for (size_t k = 0; k < client->told.count; k++)
			digest = mix(digest, client->told.lines[k], strlen(client->told.lines[k]));
		digest = mix(digest, client->members.data, client->members.length);
		digest = mix(digest, &client->bytes, sizeof(client->bytes));
	}
	return digest;
}

/* A client other than the truth's that is still there and heard two messages in a row. */
static struct sim_log *
victim_log(struct sim_world *world, size_t *at_out)
{
	for (unsigned i = 1; i < world->client_count; i++) {
		struct sim_client *client = &world->clients[i];

		if (client->state != SIM_CLIENT_CONNECTED)
			continue;
		for (size_t k = 0; k + 1 < client->heard.count; k++) {
			if (is_message(client->heard.lines[k]) &&
			    is_message(client->heard.lines[k + 1])) {
				*at_out = k;
				return &client->heard;
			}
		}
	}
	return NULL;
}

bool
sim_lie(struct sim_world *world, const char *word)
{
	size_t at = 0;
	struct sim_log *log = victim_log(world, &at);

	if (log == NULL)
		return true;
	if (strcmp(word, "lose") == 0) {
		free(log->lines[at]);
		memmove(&log->lines[at], &log->lines[at + 1],
		    (--log->count - at) * sizeof(*log->lines));
	} else if (strcmp(word, "double") == 0) {
		sim_log_add(log, "%s", log->lines[log->count - 1]);
	} else if (strcmp(word, "swap") == 0) {
		char *line = log->lines[at];

		log->lines[at] = log->lines[at + 1];
		log->lines[at + 1] = line;
	} else if (strcmp(word, "ghost") == 0) {
		buffer_append_string(&world->clients[0].members, "0badcafe ");
	} else {
		return false;
	}
	return true;
}
