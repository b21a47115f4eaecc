/*
 * servers/node_ws.js, a room as people write one with the `ws` package: the server tells everybody
 * its id, passes on what is public, and a private message also to its sender.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

/* The server speaks first. */
static void
node_opened(struct peer_client *client, const struct peer_events *events)
{
	(void)client;
	(void)events;
}

static bool
node_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	const char *id;
	size_t length;

	if (client->in) {
		events->heard(events->context, PEER_DELIVERY, bytes, size);
		return true;
	}
	if (!peer_text_after(bytes, size, "\"welcome\":\"", &id, &length) || length == 0 ||
	    length >= PEER_ID_SIZE)
		return false;
	memcpy(client->id, id, length);
	client->id[length] = '\0';
	client->in = true;
	events->joined(events->context);
	return true;
}

static size_t
node_say(const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	int size;

	(void)from;
	if (message->private)
		size =
		    snprintf(out, room, "{\"type\":\"private\",\"to\":\"%s\",\"content\":\"%.*s\"}",
			message->to_id, (int)message->size, message->content);
	else
		size = snprintf(out, room, "{\"type\":\"public\",\"content\":\"%.*s\"}",
		    (int)message->size, message->content);
	return (size_t)size;
}

const struct peer peer_node = {
	.name = "node",
	.path = "/ws",
	.opcode = WS_TEXT,
	.answers_private = true,
	.opened = node_opened,
	.received = node_received,
	.say = node_say,
};
