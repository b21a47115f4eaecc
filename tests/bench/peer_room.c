/*
 * The `room` dialect (docs/dialects/room.md), which hubbub-floor speaks too: a name goes out, a
 * list with oneself in the last place comes back.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

/* The last entry of a list is short: searching its end is enough. */
#define LAST_ENTRY 1024

static void
room_opened(struct peer_client *client, const struct peer_events *events)
{
	char name[64];
	int size = snprintf(name, sizeof(name), "{\"username\": \"load%u\"}", client->index);

	events->send(events->context, WS_TEXT, name, (size_t)size);
}

/*
 * False if the entry that begins with this id is another client's. The floor calls all of them
 * `load`, without a number.
 */
static bool
is_own(const struct peer_client *client, const char *id, const char *end)
{
	static const char key[] = "\", \"username\": \"load";
	const char *name = memmem(id, (size_t)(end - id), key, sizeof(key) - 1);
	char number[16];
	int length = snprintf(number, sizeof(number), "%u\"", client->index);

	if (name == NULL)
		return false;
	name += sizeof(key) - 1;
	if (name < end && *name == '"')
		return true;
	return end - name >= length && memcmp(name, number, (size_t)length) == 0;
}

/* False for a first list that does not end with oneself. */
static bool
take_list(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	static const char key[] = "\"client_id\": \"";
	const char *end = bytes + size, *id = NULL, *next = bytes;

	if (memmem(bytes, size, "\"user_list\"", 11) == NULL)
		return true;
	if (size > LAST_ENTRY)
		next = end - LAST_ENTRY;
	while ((next = memmem(next, (size_t)(end - next), key, sizeof(key) - 1)) != NULL) {
		next += sizeof(key) - 1;
		id = next;
	}
	if (id == NULL || end - id < PEER_ID_SIZE)
		return true;
	if (!is_own(client, id, end))
		return false;
	memcpy(client->id, id, PEER_ID_SIZE - 1);
	client->id[PEER_ID_SIZE - 1] = '\0';
	client->in = true;
	events->joined(events->context);
	return true;
}

/* Either type that people say begins so. */
static bool
is_message(const char *bytes, size_t size)
{
	static const char begin[] = "{\"type\": \"p";

	return size >= sizeof(begin) && memcmp(bytes, begin, sizeof(begin) - 1) == 0;
}

static bool
room_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	if (!client->in)
		return take_list(client, events, bytes, size);
	if (events->other != NULL && !is_message(bytes, size))
		events->other(events->context, bytes, size);
	else
		events->heard(events->context, PEER_DELIVERY, bytes, size);
	return true;
}

static size_t
room_say(const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	int size;

	(void)from;
	if (message->private)
		size = snprintf(out, room,
		    "{\"type\": \"private\", \"to\": \"%s\", \"content\": \"%.*s\"}",
		    message->to_id, (int)message->size, message->content);
	else
		size = snprintf(out, room, "{\"type\": \"public\", \"content\": \"%.*s\"}",
		    (int)message->size, message->content);
	return (size_t)size;
}

/* Of a private message the sender hears a copy, which is told by who hears it. */
const struct peer peer_room = {
	.name = "room",
	.path = "/ws",
	.opcode = WS_TEXT,
	.answers_private = true,
	.opened = room_opened,
	.received = room_received,
	.say = room_say,
};
