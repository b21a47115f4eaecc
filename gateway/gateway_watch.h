/* What the service manager is told of a gateway. */
#ifndef HUBBUB_GATEWAY_GATEWAY_WATCH_H
#define HUBBUB_GATEWAY_GATEWAY_WATCH_H

#include "common/clock.h"
#include "common/log.h"
#include "common/service_watch.h"
#include "gateway/gateway_core.h"
#include "gateway/uplink.h"

struct gateway_watch;

/* All borrowed. */
struct gateway_watch_setup {
	struct event_base *base;
	const struct gateway_core *core;
	const struct uplink *uplink;
	struct log *log;
	struct now now;
};

/*
 * For a gateway that listens. The start is over when it can serve, or after a while without a hub:
 * whoever waits for it must not wait for the hub as well. NULL without memory.
 */
struct gateway_watch *gateway_watch_create(const struct gateway_watch_setup *setup);
void gateway_watch_destroy(struct gateway_watch **watch);

/* Once per turn. Tells of a drain, and of its end when that moves. */
void gateway_watch_turn(struct gateway_watch *watch, struct now now);

void gateway_watch_reload_begins(const struct gateway_watch *watch);
void gateway_watch_reload_ends(const struct gateway_watch *watch);

#endif
