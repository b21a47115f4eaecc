/* A pidfd on libevent, and which process it is. Must not know whose process it is. */
#include "hub/process_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"

/* Its place in /proc/PID/stat behind the name, which is the second of the line. */
#define STAT_STARTED 20u

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

/* Kernel ticks from the machine's begin to the process's; 0 where it is not told. */
static uint64_t
read_started(pid_t pid)
{
	char path[40];
	char line[1024];
	char *rest;
	const char *word;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	length = fread(line, 1, sizeof(line) - 1, file);
	(void)fclose(file);
	line[length] = '\0';
	/* A process may call itself anything, with brackets, blanks and ends of lines too. */
	rest = strrchr(line, ')');
	if (rest == NULL)
		return 0;
	word = strtok_r(rest + 1, " ", &rest);
	for (unsigned field = 1; field < STAT_STARTED && word != NULL; field++)
		word = strtok_r(NULL, " ", &rest);
	return word == NULL ? 0 : strtoull(word, NULL, 10);
}

/* Pids of one namespace are compared with none of another; 0 where it is not told. */
static uint64_t
own_space(void)
{
	struct stat facts;

	return stat("/proc/self/ns/pid", &facts) == 0 ? (uint64_t)facts.st_ino : 0;
}

struct store_process
process_identify(pid_t pid)
{
	if (pid <= 0)
		return (struct store_process){ 0 };
	return (struct store_process){
		.pid = pid,
		.started = read_started(pid),
		.space = own_space(),
	};
}

bool
process_is_over(const struct store_process *process)
{
	uint64_t started;
	bool ended;
	int fd;

	if (process->pid <= 0 || process->space == 0 || process->space != own_space())
		return false;
	fd = process_open((pid_t)process->pid);
	if (fd < 0)
		return errno == ESRCH;
	started = read_started((pid_t)process->pid);
	ended = process_has_ended(fd);
	(void)close(fd);
	return ended || (started != 0 && process->started != 0 && started != process->started);
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
	struct timeval limit = clock_timeval(ms);

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
