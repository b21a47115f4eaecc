/*
 * Puts the parts together and takes them apart again. Owns the order of both;
 * must not know what clients or the hub say.
 */
#include "gateway/gateway.h"

#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/random.h"
#include "common/service.h"
#include "common/token_files.h"
#include "gateway/gateway_private.h"

/* For clients that do not answer their CLOSE. */
#define STOP_MS 5000

/* At least so long after the last connection was accepted its request may come. */
#define REQUESTS_MS 1000

/* How often free memory is looked at, how little it changes at rest, what is worth giving back. */
#define SPARE_CHECK_MS 250
#define SPARE_AT_REST_BYTES (64 * 1024)
#define SPARE_MEMORY_BYTES (1024 * 1024)

void
gateway_check(const struct config *config, bool will_run, struct config_mistakes *mistakes)
{
	struct token_keys keys;

	(void)will_run;
	mounts_check(config, dialects, mistakes);
	certificates_check(config, clock_now(), mistakes);
	if (!config_is_doubted(mistakes, "auth.mode") &&
	    !config_is_doubted(mistakes, "auth.keys") &&
	    token_files_read(&config->auth, &keys, mistakes))
		token_keys_free(&keys);
}

static void
begin_drain(struct gateway *gateway, struct now now)
{
	gateway->draining = true;
	/* Whoever was accepted may still make its request. */
	gateway->requests_deadline_ms = now.mono_ms + REQUESTS_MS;
	gateway_begin_shutting_doors(gateway);
}

static void
begin_stop(struct gateway *gateway, struct now now)
{
	log_info(gateway->log, "stopping", log_u64("clients", gateway_core_clients(gateway->core)));
	gateway->stopping = true;
	gateway->stop_deadline_ms = now.mono_ms + STOP_MS;
	websocket_refuse_upgrades(gateway->websocket);
	gateway_core_stop(gateway->core, now);
}

static void
on_stop_signal(evutil_socket_t number, short what, void *context)
{
	struct gateway *gateway = context;
	struct now now = clock_now();
	uint32_t over_ms = gateway->config->gateway.drain_seconds * 1000;

	(void)what;
	/* Whoever asks again does not want to wait; in the end not even for CLOSE frames. */
	if (gateway->hurried || gateway->stopping)
		loop_stop(gateway->loop);
	if (gateway->asked || number == SIGINT)
		over_ms = 0;
	gateway->asked = true;
	gateway->hurried = over_ms == 0;
	/* What the hub asked for before may take longer than whoever stops us waits. */
	if (now.mono_ms + over_ms < gateway_core_drain_ends_ms(gateway->core))
		gateway_core_drain(gateway->core, now, over_ms);
}

static void
on_reload_signal(evutil_socket_t number, short what, void *context)
{
	struct gateway *gateway = context;

	(void)number;
	(void)what;
	gateway_watch_reload_begins(gateway->watch);
	(void)reload_run(gateway->reload);
	gateway_watch_reload_ends(gateway->watch);
	loop_again(gateway->loop);
}

static size_t
difference(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * A storm of newcomers needs memory for lists that is free in the middle of the heap afterwards,
 * where the C library keeps it for ever unless told. It is told once, when the heap is at rest.
 */
static void
give_memory_back(struct gateway *gateway, struct now now)
{
	size_t spare;

	if (now.mono_ms < gateway->spare_checked_ms + SPARE_CHECK_MS)
		return;
	gateway->spare_checked_ms = now.mono_ms;
	spare = mallinfo2().fordblks;
	if (difference(spare, gateway->spare_memory) > SPARE_AT_REST_BYTES) {
		gateway->spare_is_back = false;
	} else if (!gateway->spare_is_back && spare > SPARE_MEMORY_BYTES) {
		malloc_trim(0);
		gateway->spare_is_back = true;
	}
	gateway->spare_memory = spare;
}

/* Connections that are no WebSockets: their requests, or what comes before, are not complete. */
static unsigned
unfinished_requests(const struct gateway *gateway)
{
	return websocket_connections(gateway->websocket) - websocket_open(gateway->websocket) +
	       listener_proxy_waiting(gateway->proxy);
}

/* Whoever is let in during a drain is served, so it is only over with nobody on the way in. */
static bool
is_time_to_shut(const struct gateway *gateway, struct now now)
{
	return gateway->draining && gateway->open &&
	       (now.mono_ms >= gateway_core_drain_ends_ms(gateway->core) ||
		   (gateway_core_drained(gateway->core, now) && unfinished_requests(gateway) == 0));
}

static void
end_drain(struct gateway *gateway, struct now now)
{
	gateway->requests_deadline_ms = now.mono_ms + REQUESTS_MS;
	gateway_shut_doors(gateway);
}

static bool
is_drained(const struct gateway *gateway, struct now now)
{
	return gateway->draining && !gateway->open && gateway_core_drained(gateway->core, now) &&
	       (unfinished_requests(gateway) == 0 || now.mono_ms >= gateway->requests_deadline_ms);
}

static uint64_t
until(uint64_t deadline_ms, struct now now)
{
	return deadline_ms > now.mono_ms ? deadline_ms - now.mono_ms : 0;
}

static void
on_turn(void *context)
{
	struct gateway *gateway = context;
	struct now now = clock_now();
	bool gone;

	websocket_turn(gateway->websocket, now.mono_ms);
	gateway_core_turn(gateway->core, now);
	/* The core wants a turn every second at least, be it only to look for the hub. */
	log_tick(gateway->log);
	certificates_turn(gateway->certificates, now);
	give_memory_back(gateway, now);
	metric_observe(gateway->turn_seconds, loop_turn_us(gateway->loop));
	if (gateway_core_is_draining(gateway->core) && !gateway->draining)
		begin_drain(gateway, now);
	if (is_time_to_shut(gateway, now))
		end_drain(gateway, now);
	gateway_watch_turn(gateway->watch, now);
	if (!gateway->stopping && is_drained(gateway, now))
		begin_stop(gateway, now);
	if (!gateway->stopping)
		return;
	gone = websocket_open(gateway->websocket) == 0 && uplink_queued(gateway->uplink) == 0;
	if (gone || now.mono_ms >= gateway->stop_deadline_ms)
		loop_stop(gateway->loop);
}

static uint64_t
next_deadline(void *context)
{
	const struct gateway *gateway = context;
	struct now now = clock_now();
	uint64_t due = gateway_core_next_deadline(gateway->core, now);
	uint64_t other = websocket_next_deadline(gateway->websocket, now.mono_ms);

	if (other < due)
		due = other;
	if (gateway->stopping)
		other = until(gateway->stop_deadline_ms, now);
	else if (gateway->draining && now.mono_ms < gateway->requests_deadline_ms)
		other = until(gateway->requests_deadline_ms, now);
	else if (gateway->draining && now.mono_ms < gateway_core_drain_ends_ms(gateway->core))
		other = until(gateway_core_drain_ends_ms(gateway->core), now);
	return other < due ? other : due;
}

static void
refresh_metrics(void *context)
{
	struct gateway *gateway = context;

	metric_set(gateway->connections, websocket_connections(gateway->websocket));
	metric_set(gateway->draining_metric, gateway->draining ? 1 : 0);
	metric_set(gateway->link_queue, (int64_t)uplink_queued(gateway->uplink));
}

static bool
is_ready(void *context, const char **reason_out)
{
	const struct gateway *gateway = context;

	*reason_out = "draining";
	return !gateway->draining && !gateway_core_is_draining(gateway->core) &&
	       gateway_core_ready(gateway->core, clock_now(), reason_out);
}

static bool
watch_signals(struct gateway *gateway)
{
	struct event_base *base = loop_base(gateway->loop);

	gateway->signals[0] = evsignal_new(base, SIGTERM, on_stop_signal, gateway);
	gateway->signals[1] = evsignal_new(base, SIGINT, on_stop_signal, gateway);
	gateway->signals[2] = evsignal_new(base, SIGHUP, on_reload_signal, gateway);
	for (int i = 0; i < SIGNALS; i++) {
		if (gateway->signals[i] == NULL || event_add(gateway->signals[i], NULL) != 0)
			return false;
	}
	reload_listen();
	return true;
}

static bool
create_uplink_and_core(struct gateway *gateway)
{
	const struct config *config = gateway->config;
	struct uplink_setup uplink = {
		.loop = gateway->loop,
		.path = config->gateway.hub_socket,
		.limits = link_limits_default(),
		.log = gateway->log,
	};
	struct gateway_core_setup core = {
		.name = config->gateway.name,
		.limits = config->limits,
		.store = config->store,
		.drain_ms = config->gateway.drain_seconds * 1000,
		.transport = websocket_transport(),
		.random = random_system(),
		.log = gateway->log,
		.auth = gateway->auth,
		.metrics = gateway->metrics,
		.measure_us = clock_mono_us,
		.admission = websocket_admission(gateway->websocket),
		.now = clock_now(),
	};

	uplink.limits.queue_max = config->limits.link_queue_bytes;
	gateway->uplink = uplink_create(&uplink);
	if (gateway->uplink == NULL)
		return false;
	core.uplink = uplink_effects(gateway->uplink);
	gateway->core = gateway_core_create(&core);
	if (gateway->core == NULL)
		return false;
	uplink_set_core(gateway->uplink, gateway->core);
	websocket_set_core(gateway->websocket, gateway->core);
	return true;
}

static bool
serve_status(struct gateway *gateway, struct refusal why)
{
	const struct status_source source = {
		.metrics = gateway->metrics,
		.refresh = refresh_metrics,
		.ready = is_ready,
		.context = gateway,
	};

	if (gateway->config->gateway.status[0] == '\0')
		return true;
	gateway->status = status_http_create(loop_base(gateway->loop),
	    gateway->config->gateway.status, source, gateway->log, why.sentence, why.size);
	return gateway->status != NULL;
}

static bool
watch_gateway(struct gateway *gateway)
{
	const struct gateway_watch_setup setup = {
		.base = loop_base(gateway->loop),
		.core = gateway->core,
		.uplink = gateway->uplink,
		.log = gateway->log,
		.now = clock_now(),
	};

	gateway->watch = gateway_watch_create(&setup);
	return gateway->watch != NULL;
}

static void
register_metrics(struct gateway *gateway)
{
	gateway->metrics = metrics_create();
	metrics_add_process(gateway->metrics);
	gateway->connections = metrics_gauge(gateway->metrics, "hubbub_gateway_connections", NULL,
	    "TCP connections to listeners, those for the page among them.");
	gateway->draining_metric = metrics_gauge(gateway->metrics, "hubbub_gateway_draining", NULL,
	    "1 once clients are let go because the gateway is to end.");
	gateway->link_queue = metrics_gauge(gateway->metrics, "hubbub_gateway_link_queue_bytes",
	    NULL, "Bytes that wait for the hub to read.");
	gateway->turn_seconds = metrics_histogram(gateway->metrics, "hubbub_gateway_turn_seconds",
	    NULL, "From the first event of a turn to its last write.", 50, 16, 1e6);
}

static bool
build(struct gateway *gateway, struct service_sockets *inherited, struct refusal why)
{
	struct websocket_setup websocket = {
		.limits = gateway->config->limits,
		.log = gateway->log,
	};
	struct listener_proxy_setup proxy = {
		.seconds = gateway->config->limits.handshake_seconds,
		.log = gateway->log,
	};
	struct certificates_setup certificates = {
		.config = gateway->config,
		.log = gateway->log,
		.now = clock_now(),
	};

	snprintf(why.sentence, why.size, "cannot start: no memory or no descriptors");
	gateway->loop = loop_create();
	if (gateway->loop == NULL || !watch_signals(gateway))
		return false;
	register_metrics(gateway);
	certificates.metrics = gateway->metrics;
	gateway->certificates = certificates_create(&certificates, why.sentence, why.size);
	if (gateway->certificates == NULL || !gateway_watch_settings(gateway) ||
	    !gateway_create_auth(gateway, why.sentence, why.size))
		return false;
	websocket.auth = gateway->auth;
	websocket.loop = gateway->loop;
	websocket.tls = certificates_are_there(gateway->certificates);
	websocket.metrics = gateway->metrics;
	gateway->websocket = websocket_create(&websocket, why.sentence, why.size);
	if (gateway->websocket == NULL)
		return false;
	proxy.base = loop_base(gateway->loop);
	proxy.metrics = gateway->metrics;
	gateway->proxy = listener_proxy_create(&proxy);
	if (gateway->proxy == NULL)
		return false;
	if (!create_uplink_and_core(gateway) || !watch_gateway(gateway) ||
	    !serve_status(gateway, why))
		return false;
	return gateway_open_doors(gateway, inherited, why);
}

struct gateway *
gateway_create(const struct gateway_setup *setup, char *error, size_t error_size)
{
	const struct refusal why = { error, error_size };
	struct service_sockets inherited;
	struct gateway *gateway;

	if (!service_sockets_take(&inherited, error, error_size))
		return NULL;
	gateway = calloc(1, sizeof(*gateway));
	if (gateway == NULL) {
		snprintf(error, error_size, "cannot start: no memory");
		service_sockets_close_rest(&inherited);
		return NULL;
	}
	gateway->setup = *setup;
	gateway->config = setup->config;
	gateway->log = setup->log;
	if (!build(gateway, &inherited, why)) {
		service_sockets_close_rest(&inherited);
		gateway_destroy(&gateway);
	}
	return gateway;
}

void
gateway_run(struct gateway *gateway)
{
	const struct loop_work work = { on_turn, next_deadline, gateway };

	loop_set_work(gateway->loop, work);
	log_info(gateway->log, "started", log_string("version", HUBBUB_VERSION));
	loop_run(gateway->loop);
	log_info(gateway->log, "stopped",
	    log_u64("clients_dropped", websocket_open(gateway->websocket)));
}

void
gateway_destroy(struct gateway **gateway)
{
	struct gateway *doomed = *gateway;

	if (doomed == NULL)
		return;
	*gateway = NULL;
	gateway_close_doors(doomed);
	listener_proxy_destroy(&doomed->proxy);
	gateway_watch_destroy(&doomed->watch);
	status_http_destroy(&doomed->status);
	websocket_destroy(&doomed->websocket);
	uplink_destroy(&doomed->uplink);
	gateway_core_destroy(&doomed->core);
	certificates_destroy(&doomed->certificates);
	auth_destroy(&doomed->auth);
	for (int i = 0; i < SIGNALS; i++) {
		if (doomed->signals[i] != NULL)
			event_free(doomed->signals[i]);
	}
	reload_destroy(&doomed->reload);
	metrics_destroy(&doomed->metrics);
	loop_destroy(&doomed->loop);
	free(doomed);
}
