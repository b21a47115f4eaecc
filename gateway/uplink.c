/*
 * One link_socket at a time, made on the core's demand. Every event goes to the
 * core from the loop, never from within the core's own calls. Must not know envelopes.
 */
#include "gateway/uplink.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/link_socket.h"
#include "common/unix_socket.h"

struct uplink {
	struct uplink_setup setup;
	char *path;
	struct gateway_core *core;
	struct link_socket *socket;
	uint64_t attempts;
	bool connecting;
	bool complained; /* about this absence of the hub */
};

static enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct uplink *uplink = context;

	loop_turn_begins(uplink->setup.loop);
	return gateway_core_hub_envelope(uplink->core, clock_now(), envelope);
}

static void
on_lost(void *context, enum link_loss why)
{
	struct uplink *uplink = context;

	link_socket_destroy(&uplink->socket);
	gateway_core_hub_lost(uplink->core, clock_now(), why);
}

/* A hub that is away is told once; the core tries again many times a second. */
static void
complain(struct uplink *uplink, const char *error)
{
	if (!uplink->complained)
		log_warn(uplink->setup.log, "no connection to the hub; trying until there is one",
		    log_string("error", error));
	uplink->complained = true;
}

static void
try_connect(void *context)
{
	const struct link_socket_owner owner = { on_envelope, on_lost, NULL, context };
	struct uplink *uplink = context;
	enum link_loss why = LINK_CLOSED_BY_PEER;
	char error[256];
	int fd;

	uplink->connecting = false;
	uplink->attempts++;
	fd = unix_socket_connect(uplink->path, error, sizeof(error));
	if (fd < 0) {
		complain(uplink, error);
	} else {
		why = LINK_NO_MEMORY;
		uplink->socket = link_socket_create(loop_base(uplink->setup.loop), fd,
		    LINK_SIDE_GATEWAY, uplink->setup.limits, owner);
	}
	if (uplink->socket == NULL) {
		gateway_core_hub_lost(uplink->core, clock_now(), why);
		return;
	}
	uplink->complained = false;
	log_debug(uplink->setup.log, "connected to the hub", log_string("socket", uplink->path));
	gateway_core_hub_connected(uplink->core, clock_now());
}

static void
effect_connect(void *context)
{
	struct uplink *uplink = context;

	if (uplink->connecting || uplink->socket != NULL)
		return;
	uplink->connecting = loop_defer(uplink->setup.loop, try_connect, uplink);
}

static void
effect_send(void *context, const void *frames, size_t length)
{
	struct uplink *uplink = context;

	/* A refusal means that the link is over, which comes as its own event. */
	if (uplink->socket != NULL)
		(void)link_socket_send_frames(uplink->socket, frames, length);
}

static size_t
effect_queued(void *context)
{
	return uplink_queued(context);
}

static void
effect_drop(void *context, enum link_loss why)
{
	struct uplink *uplink = context;

	if (uplink->socket != NULL)
		link_socket_end(uplink->socket, why);
}

struct gateway_uplink
uplink_effects(struct uplink *uplink)
{
	return (struct gateway_uplink){
		.connect = effect_connect,
		.send = effect_send,
		.queued = effect_queued,
		.drop = effect_drop,
		.context = uplink,
	};
}

struct uplink *
uplink_create(const struct uplink_setup *setup)
{
	struct uplink *uplink = calloc(1, sizeof(*uplink));

	if (uplink == NULL)
		return NULL;
	uplink->setup = *setup;
	uplink->path = text_duplicate(text_of(setup->path));
	if (uplink->path == NULL)
		uplink_destroy(&uplink);
	return uplink;
}

void
uplink_destroy(struct uplink **uplink)
{
	struct uplink *doomed = *uplink;

	if (doomed == NULL)
		return;
	*uplink = NULL;
	link_socket_destroy(&doomed->socket);
	free(doomed->path);
	free(doomed);
}

void
uplink_set_core(struct uplink *uplink, struct gateway_core *core)
{
	uplink->core = core;
}

size_t
uplink_queued(const struct uplink *uplink)
{
	return uplink->socket == NULL ? 0 : link_socket_queued(uplink->socket);
}

uint64_t
uplink_progress(const struct uplink *uplink)
{
	uint64_t heard_ms = uplink->socket == NULL ? 0 : link_socket_heard_ms(uplink->socket);

	return uplink->attempts + heard_ms;
}
