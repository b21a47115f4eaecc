/*
 * The `pair` dialect (docs/dialects/pair.md): one is in with the upgrade and writes to numbers in
 * plain text.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

static void
pair_target(const struct peer_client *client, const char *path, char out[PEER_PATH_MAX])
{
	snprintf(out, PEER_PATH_MAX, "%s/%u", path, client->index);
}

static void
pair_opened(struct peer_client *client, const struct peer_events *events)
{
	client->in = true;
	events->joined(events->context);
}

static bool
pair_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	(void)client;
	if (memmem(bytes, size, " says: ", 7) != NULL)
		events->heard(events->context, PEER_DELIVERY, bytes, size);
	else if (events->other != NULL)
		events->other(events->context, bytes, size);
	return true;
}

static size_t
pair_say(const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	(void)from;
	return (size_t)snprintf(
	    out, room, "%u:%.*s", message->to, (int)message->size, message->content);
}

const struct peer peer_pair = {
	.name = "pair",
	.path = "/ws",
	.opcode = WS_TEXT,
	.target = pair_target,
	.opened = pair_opened,
	.received = pair_received,
	.say = pair_say,
};
