/*
 * The operator's window into a process: /healthz /readyz /metrics over HTTP
 * on a Unix socket or a loopback port, by libevent's HTTP server.
 */
#ifndef HUBBUB_COMMON_STATUS_HTTP_H
#define HUBBUB_COMMON_STATUS_HTTP_H

#include <event2/event.h>
#include <stdbool.h>

#include "common/log.h"
#include "common/metrics.h"

struct status_http;

/* What the process says about itself when asked. */
struct status_source {
	struct metrics *metrics;
	/* Refreshes gauges just before /metrics is rendered; may be NULL. */
	void (*refresh)(void *context);
	/* True if ready; otherwise *reason_out is set to a literal sentence. */
	bool (*ready)(void *context, const char **reason_out);
	void *context;
};

/*
 * Listens on `address`: "unix:/path" (mode 0660, stale socket replaced), or "127.0.0.1:PORT" or
 * "[::1]:PORT" (other hosts are refused). NULL with one sentence in `error` otherwise.
 */
struct status_http *status_http_create(struct event_base *base, const char *address,
    struct status_source source, struct log *log, char *error, size_t error_size);
void status_http_destroy(struct status_http **http);

#endif
