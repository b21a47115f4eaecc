/*
 * When a gateway is well, in words and for the watchdog. A hub that is away, or hangs, is not this
 * gateway's fault: it is well as long as it looks for one. Must not know who is told.
 */
#include "gateway/gateway_watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/service.h"

/* So long a start waits for the hub. */
#define HUB_WAIT_MS 2000u

/* A hub that hangs is noticed by its silence first, and only then looked for again. */
#define LINK_LEAST_MS 8000u

/* The core wants a turn every second. */
#define TURNS_LEAST_MS 4000u

/* From the end of a drain to that of the process at most, with some to spare. */
#define END_MS 10000u

struct gateway_watch {
	struct gateway_watch_setup setup;
	struct service_watch *service;
	uint64_t turns;
	uint64_t ends_ms; /* of the drain that was told; UINT64_MAX: none */
};

static bool
is_ready(void *context)
{
	const struct gateway_watch *watch = context;
	struct now now = clock_now();
	const char *reason;

	return gateway_core_ready(watch->setup.core, now, &reason) ||
	       now.mono_ms >= watch->setup.now.mono_ms + HUB_WAIT_MS;
}

static void
write_status(void *context, char *line)
{
	const struct gateway_watch *watch = context;
	const struct gateway_core *core = watch->setup.core;
	const char *reason = "";

	if (gateway_core_is_draining(core))
		reason = "draining";
	else if (gateway_core_ready(core, clock_now(), &reason))
		reason = "serving";
	snprintf(line, SERVICE_STATUS_SIZE, "%s; %u clients", reason, gateway_core_clients(core));
}

static size_t
read_signs(void *context, struct watchdog_sign *signs)
{
	const struct gateway_watch *watch = context;

	signs[0] = (struct watchdog_sign){
		.name = "the loop's turns",
		.waits = true,
		.progress = watch->turns,
		.least_ms = TURNS_LEAST_MS,
	};
	signs[1] = (struct watchdog_sign){
		.name = "the link to the hub",
		.waits = true,
		.progress = uplink_progress(watch->setup.uplink),
		.least_ms = LINK_LEAST_MS,
	};
	return 2;
}

struct gateway_watch *
gateway_watch_create(const struct gateway_watch_setup *setup)
{
	struct gateway_watch *watch = calloc(1, sizeof(*watch));
	struct service_watch_setup service = {
		.base = setup->base,
		.log = setup->log,
		.ready = is_ready,
		.status = write_status,
		.signs = read_signs,
		.context = watch,
	};

	if (watch == NULL)
		return NULL;
	watch->setup = *setup;
	watch->ends_ms = UINT64_MAX;
	watch->service = service_watch_create(&service);
	if (watch->service == NULL)
		gateway_watch_destroy(&watch);
	return watch;
}

void
gateway_watch_destroy(struct gateway_watch **watch)
{
	struct gateway_watch *doomed = *watch;

	if (doomed == NULL)
		return;
	*watch = NULL;
	service_watch_destroy(&doomed->service);
	free(doomed);
}

void
gateway_watch_turn(struct gateway_watch *watch, struct now now)
{
	uint64_t ends_ms = gateway_core_drain_ends_ms(watch->setup.core);
	uint64_t within_ms;

	watch->turns++;
	if (ends_ms == watch->ends_ms)
		return;
	within_ms = (ends_ms > now.mono_ms ? ends_ms - now.mono_ms : 0) + END_MS;
	if (watch->ends_ms == UINT64_MAX)
		service_say_stopping(within_ms);
	else
		service_say_longer(within_ms);
	watch->ends_ms = ends_ms;
}

void
gateway_watch_reload_begins(const struct gateway_watch *watch)
{
	service_watch_reload_begins(watch->service);
}

void
gateway_watch_reload_ends(const struct gateway_watch *watch)
{
	service_watch_reload_ends(watch->service);
}
