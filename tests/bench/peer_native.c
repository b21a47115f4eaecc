/*
 * The `native` dialect (docs/dialects/native.md), once without and once with ids on what is said:
 * with an id the sender hears an ack once it is stored. The id is the marker.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

static void
native_opened(struct peer_client *client, const struct peer_events *events)
{
	char hello[80];
	int size = snprintf(
	    hello, sizeof(hello), "{\"type\":\"hello\",\"username\":\"load%u\"}", client->index);

	events->send(events->context, WS_TEXT, hello, (size_t)size);
}

static bool
begins(const char *bytes, size_t size, const char *with)
{
	size_t length = strlen(with);

	return size >= length && memcmp(bytes, with, length) == 0;
}

static bool
native_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	const char *id;
	size_t length;

	if (begins(bytes, size, "{\"type\":\"public\"") ||
	    begins(bytes, size, "{\"type\":\"private\"")) {
		events->heard(events->context, PEER_DELIVERY, bytes, size);
	} else if (begins(bytes, size, "{\"type\":\"ack\"")) {
		events->heard(events->context, PEER_ANSWER, bytes, size);
	} else if (!client->in && begins(bytes, size, "{\"type\":\"welcome\"")) {
		if (!peer_text_after(bytes, size, "\"client_id\":\"", &id, &length) ||
		    length != PEER_ID_SIZE - 1)
			return false;
		memcpy(client->id, id, length);
		client->id[length] = '\0';
		client->in = true;
		events->joined(events->context);
	} else if (events->other != NULL) {
		events->other(events->context, bytes, size);
	}
	return true;
}

static size_t
write_message(const struct peer_message *message, bool with_id, char *out, size_t room)
{
	char to[PEER_ID_SIZE + 16] = "", id[MARKER_SIZE + 16] = "";
	int size;

	if (message->private)
		snprintf(to, sizeof(to), ",\"to\":\"%s\"", message->to_id);
	if (with_id)
		snprintf(id, sizeof(id), ",\"id\":\"%.*s\"", MARKER_SIZE, message->mark);
	size = snprintf(out, room, "{\"type\":\"%s\"%s,\"content\":\"%.*s\"%s}",
	    message->private ? "private" : "public", to, (int)message->size, message->content, id);
	return (size_t)size;
}

static size_t
native_say(
    const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	(void)from;
	return write_message(message, false, out, room);
}

static size_t
native_ids_say(
    const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	(void)from;
	return write_message(message, true, out, room);
}

const struct peer peer_native = {
	.name = "native",
	.path = "/ws",
	.subprotocol = "hubbub.v1",
	.opcode = WS_TEXT,
	.opened = native_opened,
	.received = native_received,
	.say = native_say,
};

const struct peer peer_native_ids = {
	.name = "native-ids",
	.path = "/ws",
	.subprotocol = "hubbub.v1",
	.opcode = WS_TEXT,
	.answers_public = true,
	.answers_private = true,
	.opened = native_opened,
	.received = native_received,
	.say = native_ids_say,
};
