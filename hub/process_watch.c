/* A pidfd on libevent. Must not know whose process it is. */
#include "hub/process_watch.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct process_watch {
	int pidfd;
	struct event *event;
	process_watch_fn *told;
	void *context;
};

int
process_open(pid_t pid)
{
	return pid > 0 ? pidfd_open(pid, 0) : -1;
}

bool
process_has_ended(int pidfd)
{
	struct pollfd ends = { .fd = pidfd, .events = POLLIN };

	return pidfd < 0 || poll(&ends, 1, 0) != 0;
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct process_watch *watch = context;

	(void)fd;
	watch->told(watch->context, watch, (what & EV_READ) != 0);
}

struct process_watch *
process_watch_create(
    struct event_base *base, int pidfd, uint64_t ms, process_watch_fn *told, void *context)
{
	struct process_watch *watch = calloc(1, sizeof(*watch));
	struct timeval limit = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	if (watch == NULL) {
		(void)close(pidfd);
		return NULL;
	}
	watch->pidfd = pidfd;
	watch->told = told;
	watch->context = context;
	watch->event = event_new(base, pidfd, EV_READ, on_event, watch);
	if (watch->event == NULL || event_add(watch->event, &limit) != 0)
		process_watch_destroy(&watch);
	return watch;
}

void
process_watch_destroy(struct process_watch **watch)
{
	struct process_watch *doomed = *watch;

	if (doomed == NULL)
		return;
	*watch = NULL;
	if (doomed->event != NULL)
		event_free(doomed->event);
	(void)close(doomed->pidfd);
	free(doomed);
}
