/*
 * The listeners of a gateway, each with what its connections are told by. Must not know what is
 * said on them.
 */
#include <string.h>

#include "gateway/gateway_private.h"

void
gateway_close_doors(struct gateway *gateway)
{
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++)
		listener_destroy(&gateway->doors[i].listener);
}

static void
shut(struct door *door)
{
	if (door->listener != NULL)
		listener_take_waiting(door->listener);
	listener_destroy(&door->listener);
}

void
gateway_shut_doors(struct gateway *gateway)
{
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++)
		shut(&gateway->doors[i]);
	gateway->open = false;
}

static bool
serves_everybody(const struct gateway *gateway)
{
	return strcmp(gateway->config->gateway.drain_accepts, "yes") == 0;
}

/*
 * Who comes to a socket that outlives us would wait there until we have ended. A socket of our own
 * is closed: that sends them elsewhere at once.
 */
static bool
stays_open(const struct gateway *gateway, const struct listener *listener)
{
	return serves_everybody(gateway) ||
	       (strcmp(gateway->config->gateway.drain_accepts, "inherited") == 0 &&
		   listener_is_inherited(listener));
}

void
gateway_begin_shutting_doors(struct gateway *gateway)
{
	gateway->open = false;
	for (unsigned i = 0; i < CONFIG_LISTENERS_MAX; i++) {
		struct door *door = &gateway->doors[i];

		if (door->listener == NULL)
			continue;
		if (stays_open(gateway, door->listener))
			gateway->open = true;
		else
			shut(door);
	}
	if (gateway->open && !serves_everybody(gateway))
		websocket_send_proxies_elsewhere(gateway->websocket);
}

static bool
is_full(void *context)
{
	const struct gateway *gateway = ((const struct door *)context)->gateway;

	return websocket_is_full(gateway->websocket, listener_proxy_waiting(gateway->proxy));
}

static void
on_accepted(void *context, int fd, const struct address *peer)
{
	struct door *door = context;

	websocket_adopt(door->gateway->websocket, fd, peer, &door->entrance);
}

static bool
open_door(
    struct gateway *gateway, struct service_sockets *inherited, unsigned i, struct refusal why)
{
	const struct config_listener *config = &gateway->config->listeners[i];
	struct door *door = &gateway->doors[i];
	const struct listener_setup setup = {
		.base = loop_base(gateway->loop),
		.config = config,
		.inherited = inherited,
		.proxy = gateway->proxy,
		.log = gateway->log,
		.metrics = gateway->metrics,
		.full = is_full,
		.accepted = on_accepted,
		.open_mode = !mounts_need_proof(gateway->config, config),
		.context = door,
	};

	door->gateway = gateway;
	door->entrance = (struct entrance){
		.mounts = &door->mounts,
		.origins = config->origins,
		.tls = certificates_place(gateway->certificates, i),
		.cookies_count = config->origins[0] != '\0',
	};
	/* Was found good when it was read. */
	(void)address_set_parse(text_of(config->trusted_proxies), &door->entrance.trusted_proxies);
	if (!mounts_build(config, dialects, &door->mounts, why.sentence, why.size))
		return false;
	if (mounts_need_proof(gateway->config, config))
		mounts_demand_proof(&door->mounts);
	door->listener = listener_create(&setup, why.sentence, why.size);
	return door->listener != NULL;
}

bool
gateway_open_doors(struct gateway *gateway, struct service_sockets *inherited, struct refusal why)
{
	int unknown;

	for (unsigned i = 0; i < gateway->config->listener_count; i++) {
		if (!open_door(gateway, inherited, i, why))
			return false;
	}
	unknown = service_sockets_close_rest(inherited);
	gateway->open = true;
	if (unknown > 0)
		log_warn(gateway->log, "inherited sockets are closed: no listener has their name",
		    log_i64("sockets", unknown));
	return true;
}
