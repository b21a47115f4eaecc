/*
 * nginx with nchan: a WebSocket at a `pubsub` location is subscriber and publisher in one, and
 * what is published is what is heard, byte for byte. The channels are in the target: everybody's,
 * or one of its own and that of the other one of the pair.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/peer.h"
#include "tests/bench/ws_frame.h"

static void
nchan_target(const struct peer_client *client, const char *path, char out[PEER_PATH_MAX])
{
	if (client->private)
		snprintf(
		    out, PEER_PATH_MAX, "/user?me=%u&to=%u", client->index, peer_partner(client));
	else
		snprintf(out, PEER_PATH_MAX, "%s", path);
}

/* It has subscribed before it answers the upgrade. */
static void
nchan_opened(struct peer_client *client, const struct peer_events *events)
{
	client->in = true;
	events->joined(events->context);
}

static bool
nchan_received(
    struct peer_client *client, const struct peer_events *events, const char *bytes, size_t size)
{
	(void)client;
	events->heard(events->context, PEER_DELIVERY, bytes, size);
	return true;
}

static size_t
nchan_say(
    const struct peer_client *from, const struct peer_message *message, char *out, size_t room)
{
	size_t size = message->size < room ? message->size : room;

	(void)from;
	memcpy(out, message->content, size);
	return size;
}

const struct peer peer_nchan = {
	.name = "nchan",
	.path = "/room",
	.opcode = WS_TEXT,
	.target = nchan_target,
	.opened = nchan_opened,
	.received = nchan_received,
	.say = nchan_say,
};
