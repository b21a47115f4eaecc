/*
 * The loop's timer behind READY, STATUS and WATCHDOG. Must not know what the process does: it asks.
 */
#include "common/service_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/service.h"

/* How often is asked whether the start is over, and how often at least after that. */
#define READY_MS 20u
#define LOOK_MS 1000u

struct service_watch {
	struct service_watch_setup setup;
	struct event *timer;
	struct watchdog watchdog;
	uint64_t patience_ms; /* the service manager's; 0: it has no watchdog */
	bool ready;
	const char *stuck; /* what stood still when it was last looked at; NULL: nothing */
	char said[SERVICE_STATUS_SIZE];
};

static void
set_timer(struct service_watch *watch)
{
	uint64_t ms = watch->ready ? LOOK_MS : READY_MS;
	struct timeval in;

	/* Who has no watchdog wants to know of the start only. */
	if (watch->ready && watch->patience_ms == 0)
		return;
	if (watch->patience_ms > 0 && watchdog_every_ms(&watch->watchdog) < ms)
		ms = watchdog_every_ms(&watch->watchdog);
	in = clock_timeval(ms);
	(void)event_add(watch->timer, &in);
}

static void
look_for_readiness(struct service_watch *watch)
{
	if (watch->ready || !watch->setup.ready(watch->setup.context))
		return;
	watch->ready = true;
	service_say_ready();
}

static void
tell_status(struct service_watch *watch)
{
	char line[SERVICE_STATUS_SIZE] = "";

	if (watch->stuck != NULL)
		snprintf(line, sizeof(line), "standing still: %s", watch->stuck);
	else
		watch->setup.status(watch->setup.context, line);
	if (strcmp(line, watch->said) == 0)
		return;
	memcpy(watch->said, line, sizeof(watch->said));
	service_say_status(line);
}

static void
feed(struct service_watch *watch)
{
	struct watchdog_sign signs[WATCHDOG_SIGNS_MAX];
	size_t count = watch->setup.signs(watch->setup.context, signs);
	const char *stuck = watchdog_look(&watch->watchdog, clock_now().mono_ms, signs, count);

	if (stuck == NULL)
		service_feed_watchdog();
	else if (watch->stuck == NULL)
		log_error(watch->setup.log, "the watchdog is not fed: something stands still",
		    log_string("what", stuck), log_u64("patience_ms", watch->patience_ms));
	watch->stuck = stuck;
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct service_watch *watch = context;

	(void)fd;
	(void)what;
	look_for_readiness(watch);
	if (watch->patience_ms > 0) {
		feed(watch);
		tell_status(watch);
	}
	set_timer(watch);
}

struct service_watch *
service_watch_create(const struct service_watch_setup *setup)
{
	struct service_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->setup = *setup;
	watch->patience_ms = service_watchdog_ms();
	watchdog_init(&watch->watchdog, watch->patience_ms);
	if (!service_is_there())
		return watch;
	watch->timer = evtimer_new(setup->base, on_timer, watch);
	if (watch->timer == NULL)
		service_watch_destroy(&watch);
	else
		event_active(watch->timer, EV_TIMEOUT, 0);
	return watch;
}

void
service_watch_destroy(struct service_watch **watch)
{
	struct service_watch *doomed = *watch;

	if (doomed == NULL)
		return;
	*watch = NULL;
	if (doomed->timer != NULL)
		event_free(doomed->timer);
	free(doomed);
}

/* During a start that is not over READY would say that it is. */
void
service_watch_reload_begins(const struct service_watch *watch)
{
	if (watch->ready)
		service_say_reloading();
}

void
service_watch_reload_ends(const struct service_watch *watch)
{
	if (watch->ready)
		service_say_ready();
}
