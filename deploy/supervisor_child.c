/*
 * Owns the life of one child process: fork, inherited descriptors, restart pauses.
 * Knows no other child and decides nothing about the whole.
 */
#include "deploy/supervisor_child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deploy/supervisor_text.h"

/*
 * A first death is often an accident and is mended at once; a child that dies again and again
 * must not burn a core.
 */
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 5000
#define LIFE_GOOD_MS 10000

/* Inherited descriptors begin here, by the convention of systemd. */
#define DESCRIPTOR_FIRST 3

bool
child_set(struct child *child, const char *format, ...)
{
	va_list args;
	int length;

	if (child->setting_count == CHILD_SETTINGS_MAX)
		return false;
	va_start(args, format);
	length = vasprintf(&child->settings[child->setting_count], format, args);
	va_end(args);
	if (length < 0)
		return false;
	child->setting_count++;
	return true;
}

void
child_clear(struct child *child)
{
	while (child->setting_count > 0)
		free(child->settings[--child->setting_count]);
}

/* The descriptors move to 3, 4, ...; each may be in the way of another, so all first step aside. */
static bool
descriptors_place(const struct child *child)
{
	int aside[CHILD_DESCRIPTORS_MAX];

	for (unsigned i = 0; i < child->descriptor_count; i++) {
		aside[i] = fcntl(child->descriptors[i], F_DUPFD_CLOEXEC,
		    DESCRIPTOR_FIRST + CHILD_DESCRIPTORS_MAX);
		if (aside[i] < 0)
			return false;
	}
	for (unsigned i = 0; i < child->descriptor_count; i++)
		if (dup2(aside[i], DESCRIPTOR_FIRST + (int)i) < 0)
			return false;
	return true;
}

static void
descriptors_announce(const struct child *child)
{
	char names[64] = "";
	char number[16];

	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (child->descriptor_count == 0)
		return;
	for (unsigned i = 0; i < child->descriptor_count; i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ":",
		    child->descriptor_names[i]);
	}
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(number, sizeof number, "%u", child->descriptor_count);
	setenv("LISTEN_FDS", number, 1);
	snprintf(number, sizeof number, "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
}

static _Noreturn void
child_become(const struct child *child, const sigset_t *mask, pid_t parent)
{
	char *argv[2 * CHILD_SETTINGS_MAX + 4];
	unsigned count = 0;

	/* Its own session: Ctrl-C reaches the supervisor alone, which stops all in order. */
	setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* Whatever the shell that started us left open is none of the child's business. */
	close_range(DESCRIPTOR_FIRST, ~0U, CLOSE_RANGE_CLOEXEC);
	if (!descriptors_place(child)) {
		complain(
		    "%s cannot be given its listening sockets: %s", child->name, strerror(errno));
		_exit(1);
	}
	descriptors_announce(child);
	/* Ours, if we have one, is between us and whoever started us. */
	unsetenv("NOTIFY_SOCKET");
	if (child->notify != NULL)
		setenv("NOTIFY_SOCKET", child->notify, 1);

	argv[count++] = (char *)child->program;
	if (child->config != NULL) {
		argv[count++] = (char *)"--config";
		argv[count++] = (char *)child->config;
	}
	for (unsigned i = 0; i < child->setting_count; i++) {
		argv[count++] = (char *)"--set";
		argv[count++] = child->settings[i];
	}
	argv[count] = NULL;
	execv(child->program, argv);
	complain("%s cannot be run: %s", child->program, strerror(errno));
	_exit(1);
}

static void
restart_plan(struct child *child, uint64_t now)
{
	child->pid = 0;
	child->due_ms = now + child->pause_ms;
	child->pause_ms = child->pause_ms == 0 ? PAUSE_FIRST_MS : child->pause_ms * 2;
	if (child->pause_ms > PAUSE_MAX_MS)
		child->pause_ms = PAUSE_MAX_MS;
}

bool
child_start(struct child *child, const sigset_t *mask, uint64_t now)
{
	pid_t parent = getpid();
	pid_t pid;

	child->started_ms = now;
	pid = fork();
	if (pid == 0)
		child_become(child, mask, parent);
	if (pid < 0) {
		complain("%s cannot be started: %s", child->name, strerror(errno));
		restart_plan(child, now);
		return false;
	}
	child->pid = pid;
	return true;
}

void
child_ended(struct child *child, uint64_t now)
{
	if (now - child->started_ms >= LIFE_GOOD_MS)
		child->pause_ms = 0;
	restart_plan(child, now);
}

void
child_fate(int status, char *words_out, unsigned size)
{
	if (WIFSIGNALED(status))
		snprintf(words_out, size, "was killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(words_out, size, "ended with status %d", WEXITSTATUS(status));
}
