/*
 * Puts the hub together: store, bus and core behind their interfaces, gateways, operators and
 * status on one event loop. Ends the core's turns: once for all that a turn of the loop brought,
 * and when the core's own clock asks.
 */
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/service.h"
#include "hub/core_operator.h"
#include "hub/hub_private.h"
#include "hub/store_choice.h"

/* Gateways that do not take their goodbye do not hold up a stop for longer. */
#define STOP_SECONDS 1

/* Nor does a store that does not answer. */
#define STOP_STORE_MS 500

/* After a restore was prepared the operator is answered, then we end; also if he has hung up. */
#define RESTART_SECONDS 3u

/* A turn that takes longer is worth a line. */
#define STALL_US 50000u

#define MEBIBYTE (UINT64_C(1024) * 1024)

_Static_assert(CONFIG_GATEWAYS_MAX == CORE_GATEWAYS_MAX, "no setting promises what cannot be");

static void
turn_wanted(void *context)
{
	struct hub *hub = context;

	if (hub->turn_began_us != 0)
		return;
	hub->turn_began_us = clock_mono_us();
	/*
	 * Comes behind what is active in this turn of the loop already: one commit for all of it.
	 */
	event_active(hub->turn, EV_TIMEOUT, 0);
}

static void
set_clock(struct hub *hub)
{
	uint64_t ms = core_next_deadline(hub->core, clock_now());
	struct timeval in;

	if (ms == UINT64_MAX) {
		(void)event_del(hub->clock);
		return;
	}
	/* Never at once: links must be heard in between. */
	if (ms == 0)
		ms = 1;
	in = clock_timeval(ms);
	(void)event_add(hub->clock, &in);
}

/* Nobody is heard while the loop is in a turn. */
static void
measure_turn(struct hub *hub, uint64_t us)
{
	metric_observe(hub->turn_seconds, us);
	if (us > (uint64_t)metric_value(hub->turn_longest))
		metric_set(hub->turn_longest, (int64_t)us);
	if (us > STALL_US)
		log_warn(hub->setup.log, "a turn of the loop took long",
		    log_u64("milliseconds", us / 1000));
}

static void
on_turn(evutil_socket_t fd, short what, void *context)
{
	struct hub *hub = context;

	(void)fd;
	(void)what;
	recorded_turn(hub->record, hub->core, clock_now());
	admin_socket_turned(hub->admin);
	measure_turn(hub, clock_mono_us() - hub->turn_began_us);
	hub->turn_began_us = 0;
	set_clock(hub);
}

static void
on_clock(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	turn_wanted(context);
}

static void
on_kept(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	turn_wanted(context);
}

/* Nobody is answered any more; the next life sees what was kept. */
static void
on_broken(void *context, const char *why)
{
	struct hub *hub = context;

	log_error(hub->setup.log, "the store cannot be relied upon, the hub ends",
	    log_string("reason", why));
	hub->broken = true;
	(void)event_base_loopbreak(hub->base);
}

static void
on_stopped(void *context)
{
	struct hub *hub = context;

	(void)event_base_loopbreak(hub->base);
}

/* What was taken is answered before the goodbye, as far as the store allows. */
static void
end_turns(struct hub *hub)
{
	uint64_t until = clock_now().mono_ms + STOP_STORE_MS;
	struct pollfd wake = { .fd = hub->store->ops->wake_fd(hub->store), .events = POLLIN };

	recorded_turn(hub->record, hub->core, clock_now());
	while (core_is_waiting(hub->core) && clock_now().mono_ms < until) {
		if (poll(&wake, 1, STOP_STORE_MS) > 0)
			recorded_turn(hub->record, hub->core, clock_now());
	}
}

static void
stop(struct hub *hub)
{
	struct timeval limit = { .tv_sec = STOP_SECONDS };

	hub->stopping = true;
	hub->listening = false;
	service_say_stopping(STOP_SECONDS * 1000 + STOP_STORE_MS);
	end_turns(hub);
	(void)event_base_loopexit(hub->base, &limit);
	gateways_stop(hub->gateways);
}

static void
on_stop_signal(evutil_socket_t number, short what, void *context)
{
	struct hub *hub = context;

	(void)what;
	if (hub->stopping)
		return;
	log_info(hub->setup.log, "stopping", log_i64("signal", number));
	stop(hub);
}

/* An operator's command needs another process: the answer leaves, then we do. */
static void
end_wanted(void *context)
{
	struct hub *hub = context;

	if (hub->stopping)
		return;
	log_plain(hub->setup.log, LOG_LEVEL_INFO, "stopping, to be started again");
	stop(hub);
}

static void
on_second(evutil_socket_t fd, short what, void *context)
{
	struct hub *hub = context;

	(void)fd;
	(void)what;
	log_tick(hub->setup.log);
	if (core_awaits_restart(hub->core) && ++hub->restart_seconds >= RESTART_SECONDS)
		end_wanted(hub);
}

static void
on_reload_signal(evutil_socket_t number, short what, void *context)
{
	struct hub *hub = context;

	(void)number;
	(void)what;
	service_watch_reload_begins(hub->watch);
	/* Who may no longer read a room is told so at the end of the turn. */
	if (reload_run(hub->reload))
		turn_wanted(hub);
	service_watch_reload_ends(hub->watch);
}

static bool
is_ready(void *context, const char **reason_out)
{
	struct hub *hub = context;

	if (hub->listening)
		return true;
	*reason_out = "the hub is stopping or has not begun to listen";
	return false;
}

static bool
add_signal(struct hub *hub, enum hub_signal which, int number, event_callback_fn callback)
{
	hub->signals[which] = evsignal_new(hub->base, number, callback, hub);
	return hub->signals[which] != NULL && event_add(hub->signals[which], NULL) == 0;
}

static bool
watch_signals(struct hub *hub)
{
	if (!add_signal(hub, HUB_TERM, SIGTERM, on_stop_signal) ||
	    !add_signal(hub, HUB_INT, SIGINT, on_stop_signal) ||
	    !add_signal(hub, HUB_HUP, SIGHUP, on_reload_signal))
		return false;
	reload_listen();
	return true;
}

static bool
create_events(struct hub *hub)
{
	struct timeval second = { .tv_sec = 1 };

	hub->base = event_base_new();
	if (hub->base == NULL)
		return false;
	hub->turn = event_new(hub->base, -1, 0, on_turn, hub);
	hub->clock = evtimer_new(hub->base, on_clock, hub);
	hub->second = event_new(hub->base, -1, EV_PERSIST, on_second, hub);
	return hub->turn != NULL && hub->clock != NULL && hub->second != NULL &&
	       event_add(hub->second, &second) == 0 && watch_signals(hub);
}

static bool
open_store(struct hub *hub, char *error, size_t error_size)
{
	uint64_t began_us = clock_mono_us();
	int wake_fd;

	hub_watch_opens(&hub->setup.config->store);
	hub->store = store_choice_open(
	    &hub->setup.config->store, hub->setup.log, hub->metrics, error, error_size);
	if (hub->store == NULL)
		return false;
	log_info(hub->setup.log, "store opened",
	    log_u64("milliseconds", (clock_mono_us() - began_us) / 1000));
	hub->store->broken = on_broken;
	hub->store->broken_context = hub;
	wake_fd = hub->store->ops->wake_fd(hub->store);
	if (wake_fd < 0)
		return true;
	hub->kept = event_new(hub->base, wake_fd, EV_READ | EV_PERSIST, on_kept, hub);
	return hub->kept != NULL && event_add(hub->kept, NULL) == 0;
}

/* Before there is anything to record. */
static bool
begin_record(struct hub *hub, char *error, size_t error_size)
{
	const struct config_hub *config = &hub->setup.config->hub;
	const struct record_setup setup = {
		.path = config->record,
		.bytes_max = config->record_megabytes * MEBIBYTE,
		.contents = config->record_contents,
		.log = hub->setup.log,
	};

	if (config->record[0] == '\0')
		return true;
	hub->record = record_create(&setup, error, error_size);
	if (hub->record == NULL)
		return false;
	log_info(hub->setup.log, "the hub is recorded", log_string("file", config->record),
	    log_string("contents", config->record_contents ? "yes" : "no"));
	return true;
}

static bool
create_core(struct hub *hub)
{
	const struct config *config = hub->setup.config;
	struct gateways_setup gateways = {
		.base = hub->base,
		.queue_bytes = config->limits.link_queue_bytes,
		.log = hub->setup.log,
		.metrics = hub->metrics,
		.record = hub->record,
		.inherited = hub->setup.inherited,
		.changed = turn_wanted,
		.stopped = on_stopped,
		.context = hub,
	};
	struct core_setup core = {
		.limits = hub_core_limits(config),
		.random = random_system(),
		.classes = config->classes,
		.class_count = config->class_count,
		.operators = config->hub.operators,
		.log = hub->setup.log,
		.metrics = hub->metrics,
		.now = clock_now(),
	};

	hub->bus = bus_local_open();
	hub->gateways = gateways_create(&gateways);
	if (hub->bus == NULL || hub->gateways == NULL)
		return false;
	core.store = hub->store;
	core.bus = hub->bus;
	core.links = gateways_links(hub->gateways);
	hub->core =
	    hub->record != NULL ? record_core_create(hub->record, &core) : core_create(&core);
	return hub->core != NULL;
}

/* Opens what others connect to; nobody is answered before the loop runs. */
static bool
listen_to_all(struct hub *hub, char *error, size_t error_size)
{
	const struct config_hub *config = &hub->setup.config->hub;
	struct admin_socket_setup admin = {
		.base = hub->base,
		.config = config,
		.core = hub->core,
		.record = hub->record,
		.inherited = hub->setup.inherited,
		.process = { hub->metrics, hub->setup.log },
		.log = hub->setup.log,
		.changed = turn_wanted,
		.ended = end_wanted,
		.context = hub,
	};
	struct status_source source = {
		.metrics = hub->metrics,
		.ready = is_ready,
		.context = hub,
	};

	if (!gateways_listen(hub->gateways, hub->core, config, error, error_size))
		return false;
	hub->admin = admin_socket_create(&admin, error, error_size);
	if (hub->admin == NULL)
		return false;
	if (config->status[0] != '\0') {
		hub->status = status_http_create(
		    hub->base, config->status, source, hub->setup.log, error, error_size);
		if (hub->status == NULL)
			return false;
	}
	hub->watch = hub_watch_create(hub->base, hub->core, hub->setup.log);
	return hub->watch != NULL;
}

struct hub *
hub_create(const struct hub_setup *setup, char *error, size_t error_size)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	snprintf(error, error_size, "there is not enough memory to start");
	if (hub == NULL)
		return NULL;
	hub->setup = *setup;
	hub->metrics = metrics_create();
	metrics_add_process(hub->metrics);
	hub->turn_seconds = metrics_histogram(hub->metrics, "hubbub_hub_turn_seconds", NULL,
	    "From the first envelope of a turn to its end.", 50, 16, 1e6);
	hub->turn_longest = metrics_gauge(hub->metrics, "hubbub_hub_turn_longest_seconds", NULL,
	    "The longest turn since the process started.");
	metric_set_unit(hub->turn_longest, 1e6);
	if (!hub_watch_settings(hub) || !create_events(hub) ||
	    !open_store(hub, error, error_size) || !begin_record(hub, error, error_size) ||
	    !create_core(hub) || !listen_to_all(hub, error, error_size)) {
		hub_destroy(&hub);
		return NULL;
	}
	hub->listening = true;
	metrics_info(hub->metrics, "hubbub_hub_epoch_info", "epoch",
	    core_status(hub->core).hub_epoch, "Always 1; this life of the hub is its label.");
	log_info(setup->log, "hub listens", log_string("socket", gateways_path(hub->gateways)),
	    log_string("store", hub->store->ops->name), log_string("version", HUBBUB_VERSION));
	hub->setup.inherited = NULL;
	/* The core may wait for gateways that never come. */
	turn_wanted(hub);
	return hub;
}

enum exit_code
hub_run(struct hub *hub)
{
	bool ran = event_base_dispatch(hub->base) == 0;

	log_info(hub->setup.log, "hub stopped",
	    log_string("cleanly", ran && !hub->broken ? "yes" : "no"));
	if (hub->broken)
		return EXIT_CODE_BROKEN;
	return ran ? EXIT_CODE_DONE : EXIT_CODE_REFUSED;
}

static void
destroy_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void
hub_destroy(struct hub **hub)
{
	struct hub *doomed = *hub;

	if (doomed == NULL)
		return;
	*hub = NULL;
	service_watch_destroy(&doomed->watch);
	status_http_destroy(&doomed->status);
	admin_socket_destroy(&doomed->admin);
	gateways_destroy(&doomed->gateways);
	record_end(doomed->record);
	core_destroy(&doomed->core);
	record_destroy(&doomed->record);
	bus_close(&doomed->bus);
	destroy_event(doomed->kept);
	store_close(&doomed->store);
	destroy_event(doomed->turn);
	destroy_event(doomed->clock);
	destroy_event(doomed->second);
	for (unsigned i = 0; i < HUB_SIGNALS; i++)
		destroy_event(doomed->signals[i]);
	if (doomed->base != NULL)
		event_base_free(doomed->base);
	reload_destroy(&doomed->reload);
	metrics_destroy(&doomed->metrics);
	free(doomed);
}
