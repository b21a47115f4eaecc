/*
 * The `direct` dialect (docs/dialects/direct.md): one is in with the upgrade and says everything
 * to a user. Who is there is told nothing of what was said.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

static void
direct_target(const struct peer_client *client, const char *path, char out[PEER_PATH_MAX])
{
	snprintf(out, PEER_PATH_MAX, "%s/load%u?token=load", path, client->index);
}

static void
direct_opened(struct peer_client *client, const struct peer_events *events)
{
	client->in = true;
	events->joined(events->context);
}

static bool
direct_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	(void)client;
	if (memmem(bytes, size, "\"type\": \"message\"", 17) != NULL)
		events->heard(events->context, PEER_DELIVERY, bytes, size);
	else if (events->other != NULL)
		events->other(events->context, bytes, size);
	return true;
}

static size_t
direct_say(
    const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	(void)from;
	return (size_t)snprintf(out, room, "{\"content\": \"%.*s\", \"to_user\": \"load%u\"}",
	    (int)message->size, message->content, message->to);
}

const struct peer peer_direct = {
	.name = "direct",
	.path = "/ws",
	.opcode = WS_TEXT,
	.target = direct_target,
	.opened = direct_opened,
	.received = direct_received,
	.say = direct_say,
};
