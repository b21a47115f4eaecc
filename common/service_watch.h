/*
 * Keeps the service manager informed from the event loop: when the start is over, how we are, and
 * the watchdog as long as what has to get on does. Costs nothing without a service manager.
 */
#ifndef HUBBUB_COMMON_SERVICE_WATCH_H
#define HUBBUB_COMMON_SERVICE_WATCH_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"
#include "common/watchdog.h"

#define SERVICE_STATUS_SIZE 160

struct service_watch;

/* All borrowed. Called from the loop. */
struct service_watch_setup {
	struct event_base *base;
	struct log *log; /* may be NULL */
	/* True once the start is over. Not asked again then. */
	bool (*ready)(void *context);
	/* One line for people, of at most SERVICE_STATUS_SIZE bytes with its NUL. */
	void (*status)(void *context, char *line);
	/* Writes at most WATCHDOG_SIGNS_MAX; returns how many. */
	size_t (*signs)(void *context, struct watchdog_sign *signs);
	void *context;
};

/* NULL without memory. */
struct service_watch *service_watch_create(const struct service_watch_setup *setup);
void service_watch_destroy(struct service_watch **watch);

/* Around a reload; it is over when the second returns. */
void service_watch_reload_begins(const struct service_watch *watch);
void service_watch_reload_ends(const struct service_watch *watch);

#endif
