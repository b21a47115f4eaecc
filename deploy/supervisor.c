/*
 * Runs one hub and its gateways on one machine for `deploy/run`: owns the listening descriptors,
 * starts the daemons, says when they are ready, restarts what dies, stops all in order. Here is
 * the order of events; folders, ports, processes and the command line are files of their own.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deploy/supervisor_notify.h"
#include "deploy/supervisor_private.h"
#include "deploy/supervisor_text.h"

static bool
signals_catch(struct supervisor *supervisor)
{
	sigset_t caught;

	/* Whoever reads what we print may go away; that is no reason to leave processes behind. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&caught);
	sigaddset(&caught, SIGCHLD);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigaddset(&caught, SIGUSR1);
	sigaddset(&caught, SIGUSR2);
	sigprocmask(SIG_BLOCK, &caught, &supervisor->child_mask);
	/* So SIGHUP waits for a child that has just begun until it can hear it, and ends none. */
	sigaddset(&supervisor->child_mask, SIGHUP);
	supervisor->signal_fd = signalfd(-1, &caught, SFD_NONBLOCK | SFD_CLOEXEC);
	return supervisor->signal_fd >= 0;
}

static void
phase_begin(struct supervisor *supervisor, enum phase phase, uint64_t patience_ms)
{
	supervisor->phase = phase;
	supervisor->phase_ends_ms = patience_ms == 0 ? UINT64_MAX : now_ms() + patience_ms;
}

static void
announce(const struct supervisor *supervisor)
{
	const struct supervisor_options *options = &supervisor->options;
	const char *secure = options->tls_certificate[0] == '\0' ? "" : "s";
	char hubctl[PATH_MAX], path[PATH_MAX], words[2][PATH_MAX], name[128];

	supervisor_ports_name(
	    options->address, supervisor->ports.chat.port, true, name, sizeof name);
	printf("\nHubbub is ready: http%s://%s/\n", secure, name);
	for (unsigned slot = 0; slot < options->gateways; slot++) {
		supervisor_ports_name(
		    options->address, supervisor->ports.own_port[slot], true, name, sizeof name);
		printf("  gw-%u alone:   http%s://%s/\n", slot + 1, secure, name);
	}
	if (options->demo) {
		supervisor_ports_name(
		    options->address, supervisor->ports.demo.port, true, name, sizeof name);
		printf("  demonstration: ws%s://%s/ws\n", secure, name);
	}
	snprintf(hubctl, sizeof hubctl, "%s/hubctl", options->programs);
	if (access(hubctl, X_OK) != 0)
		snprintf(hubctl, sizeof hubctl, "hubctl");
	supervisor_state_admin_socket(&supervisor->state, path);
	if (shell_word(hubctl, words[0], sizeof words[0]) &&
	    shell_word(path, words[1], sizeof words[1]))
		printf("  who is there: %s --socket %s status\n", words[0], words[1]);
	if (!supervisor_ports_loopback(options->address))
		printf("  NOTE: names are free and %s can be reached from other machines:\n"
		       "  whoever reaches it can chat under any name.\n",
		    options->address);
	printf("  a new build:   kill -USR2 %d replaces the gateways, -USR1 the hub\n"
	       "  new settings:  kill -HUP %d\n",
	    (int)getpid(), (int)getpid());
	printf("  Ctrl-C stops it.\n\n");
	fflush(stdout);
}

static void
stop(struct supervisor *supervisor, enum exit_code exit_code)
{
	if (supervisor->phase >= PHASE_STOPPING_GATEWAYS) {
		/* Asked a second time: no more patience. */
		supervisor->phase_ends_ms = now_ms();
		return;
	}
	supervisor->exit_code = exit_code;
	probe_end(&supervisor->probe);
	phase_begin(supervisor, PHASE_STOPPING_GATEWAYS, STOP_WITHIN_MS);
	/* SIGINT, without a drain: there is no gateway that clients could come to meanwhile. */
	for (unsigned number = 1; number < supervisor->child_count; number++)
		if (supervisor->children[number].pid > 0)
			kill(supervisor->children[number].pid, SIGINT);
	upgrade_signal(supervisor, SIGINT);
}

/* Clients stay; the supervisor starts whatever program is there now. */
static void
hub_renew(struct supervisor *supervisor)
{
	const struct child *hub = &supervisor->children[0];

	if (hub->pid == 0)
		return;
	kill(hub->pid, SIGTERM);
	supervisor->hub_ends_ms = now_ms() + STOP_WITHIN_MS;
}

static bool
any_gateway_runs(const struct supervisor *supervisor)
{
	for (unsigned number = 1; number < supervisor->child_count; number++)
		if (supervisor->children[number].pid > 0)
			return true;
	return upgrade_runs(supervisor);
}

static void
kill_stragglers(struct supervisor *supervisor)
{
	unsigned first = supervisor->phase == PHASE_STOPPING_HUB ? 0 : 1;

	for (unsigned number = first; number < supervisor->child_count; number++) {
		struct child *child = &supervisor->children[number];

		if (child->pid > 0) {
			complain("%s does not stop; it is killed", child->name);
			kill(child->pid, SIGKILL);
		}
	}
	upgrade_signal(supervisor, SIGKILL);
	supervisor->phase_ends_ms = UINT64_MAX;
}

static void
stop_continue(struct supervisor *supervisor, uint64_t now)
{
	struct child *hub = &supervisor->children[0];

	if (now >= supervisor->phase_ends_ms)
		kill_stragglers(supervisor);
	if (supervisor->phase == PHASE_STOPPING_GATEWAYS && !any_gateway_runs(supervisor)) {
		phase_begin(supervisor, PHASE_STOPPING_HUB, STOP_WITHIN_MS);
		if (hub->pid > 0)
			kill(hub->pid, SIGTERM);
	}
	if (supervisor->phase == PHASE_STOPPING_HUB && hub->pid == 0)
		phase_begin(supervisor, PHASE_DONE, 0);
}

static void
on_end(struct supervisor *supervisor, struct child *child, int status)
{
	pid_t pid = child->pid;
	char fate[64];

	child_ended(child, now_ms());
	if (child == &supervisor->children[0])
		supervisor->hub_ends_ms = UINT64_MAX;
	child_fate(status, fate, sizeof fate);
	if (supervisor->phase == PHASE_STARTING && WIFEXITED(status)) {
		complain("%s %s instead of starting; its reason is above", child->name, fate);
		stop(supervisor, EXIT_CODE_REFUSED);
	} else if (supervisor->phase <= PHASE_RUNNING) {
		complain("%s (process %d) %s; it is started again", child->name, (int)pid, fate);
	} else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
		   WTERMSIG(status) != SIGTERM) {
		complain("%s (process %d) %s while stopping", child->name, (int)pid, fate);
	}
}

static void
reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (upgrade_ended(supervisor, pid, status))
			continue;
		for (unsigned number = 0; number < supervisor->child_count; number++)
			if (supervisor->children[number].pid == pid)
				on_end(supervisor, &supervisor->children[number], status);
	}
}

/* Something is to be replaced by the program that is there now. */
static void
on_wish(struct supervisor *supervisor, int number)
{
	if (supervisor->phase != PHASE_RUNNING)
		complain("not all is running: no program is replaced now");
	else if (number == SIGUSR1)
		hub_renew(supervisor);
	else
		upgrade_begin(supervisor);
}

static void
end_by_signal(struct supervisor *supervisor)
{
	if (supervisor->phase <= PHASE_RUNNING)
		complain("stopping");
	stop(supervisor, EXIT_CODE_DONE);
}

/* Once: kernel and shell may both say it, which is no impatience. */
static void
end_with_terminal(struct supervisor *supervisor)
{
	terminal_close(&supervisor->terminal);
	end_by_signal(supervisor);
}

/* Whoever has just begun hears it once it has read them, see child_mask. */
static void
relay_reload(struct supervisor *supervisor)
{
	unsigned gateways = 0;

	for (unsigned number = 0; number < supervisor->child_count; number++) {
		if (supervisor->children[number].pid == 0)
			continue;
		kill(supervisor->children[number].pid, SIGHUP);
		if (number > 0)
			gateways++;
	}
	gateways += upgrade_signal(supervisor, SIGHUP);
	complain("hub and gateways, %u of these, read their settings again", gateways);
}

static void
on_hangup(struct supervisor *supervisor)
{
	if (terminal_hung_up(&supervisor->terminal, now_ms()))
		end_with_terminal(supervisor);
	else if (supervisor->phase <= PHASE_RUNNING)
		relay_reload(supervisor);
}

static void
on_notified(struct supervisor *supervisor)
{
	pid_t pid;

	while (supervisor_notify_hear(supervisor->notify_fd, &pid)) {
		if (pid > 0 && supervisor->phase == PHASE_RUNNING)
			upgrade_stopping(supervisor, pid, now_ms());
	}
}

static void
on_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD) {
			reap(supervisor);
			continue;
		}
		if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2) {
			on_wish(supervisor, (int)info.ssi_signo);
			continue;
		}
		if (info.ssi_signo == SIGHUP)
			on_hangup(supervisor);
		else
			end_by_signal(supervisor);
	}
}

static void
on_probe(struct supervisor *supervisor, enum probe_result result, uint64_t now)
{
	if (result == PROBE_WAITING)
		return;
	if (supervisor->phase != PHASE_STARTING) {
		upgrade_heard(supervisor, result, now);
		return;
	}
	supervisor->probe_due_ms = now;
	if (result == PROBE_NOT_READY) {
		supervisor->probe_due_ms = now + PROBE_EVERY_MS;
	} else if (++supervisor->probed == supervisor->child_count) {
		phase_begin(supervisor, PHASE_RUNNING, 0);
		announce(supervisor);
	}
}

static void
start_continue(struct supervisor *supervisor, uint64_t now)
{
	char path[PATH_MAX];

	if (now >= supervisor->phase_ends_ms) {
		complain("%s is not ready after %d seconds; everything is stopped",
		    supervisor->children[supervisor->probed].name, READY_WITHIN_MS / 1000);
		stop(supervisor, EXIT_CODE_REFUSED);
		return;
	}
	if (now < supervisor->probe_due_ms)
		return;
	probe_end(&supervisor->probe);
	supervisor->probe_due_ms = now + PROBE_PATIENCE_MS;
	supervisor_state_status_socket(&supervisor->state, supervisor->probed, 1, path);
	on_probe(supervisor, probe_begin(&supervisor->probe, path), now);
}

/*
 * At first they start one by one, each when the one before it is ready: a mistake that all would
 * complain of, such as a wrong setting, is then heard once.
 */
static unsigned
children_wanted(const struct supervisor *supervisor)
{
	return supervisor->phase == PHASE_STARTING ? supervisor->probed + 1
						   : supervisor->child_count;
}

static void
on_time(struct supervisor *supervisor, uint64_t now)
{
	if (supervisor->phase == PHASE_STARTING)
		start_continue(supervisor, now);
	if (supervisor->phase >= PHASE_STOPPING_GATEWAYS) {
		stop_continue(supervisor, now);
		return;
	}
	for (unsigned number = 0; number < children_wanted(supervisor); number++) {
		struct child *child = &supervisor->children[number];

		if (child->pid == 0 && now >= child->due_ms)
			child_start(child, &supervisor->child_mask, now);
	}
	if (supervisor->phase != PHASE_RUNNING)
		return;
	if (now >= supervisor->hub_ends_ms) {
		complain("the hub does not stop; it is killed");
		kill(supervisor->children[0].pid, SIGKILL);
		supervisor->hub_ends_ms = UINT64_MAX;
	}
	upgrade_continue(supervisor, now);
}

static uint64_t
sooner(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static int
time_to_wait(const struct supervisor *supervisor, uint64_t now)
{
	uint64_t next = supervisor->phase_ends_ms;

	if (supervisor->phase == PHASE_STARTING)
		next = sooner(next, supervisor->probe_due_ms);
	if (supervisor->phase == PHASE_RUNNING)
		next = sooner(sooner(next, supervisor->hub_ends_ms), upgrade_due_ms(supervisor));
	for (unsigned number = 0; number < children_wanted(supervisor); number++) {
		const struct child *child = &supervisor->children[number];

		if (supervisor->phase <= PHASE_RUNNING && child->pid == 0 && child->due_ms < next)
			next = child->due_ms;
	}
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static void
supervise(struct supervisor *supervisor)
{
	phase_begin(supervisor, PHASE_STARTING, READY_WITHIN_MS);
	supervisor->probe_due_ms = now_ms();
	on_time(supervisor, now_ms());
	while (supervisor->phase != PHASE_DONE) {
		struct pollfd wait[4] = {
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = supervisor->probe.fd, .events = POLLIN },
			{ .fd = supervisor->notify_fd, .events = POLLIN },
			{ .fd = terminal_watch_fd(&supervisor->terminal, now_ms()) },
		};

		if (poll(wait, 4, time_to_wait(supervisor, now_ms())) < 0 && errno != EINTR)
			break;
		if (wait[1].revents != 0)
			on_probe(supervisor, probe_hear(&supervisor->probe), now_ms());
		/* Before the ends of processes: who says that it stops has not died. */
		if (wait[2].revents != 0)
			on_notified(supervisor);
		if (wait[0].revents != 0)
			on_signals(supervisor);
		if (wait[3].revents != 0 && terminal_watch_fd(&supervisor->terminal, now_ms()) >= 0)
			end_with_terminal(supervisor);
		on_time(supervisor, now_ms());
	}
}

/* What there is to run, once the signals are caught; so Ctrl-C never finds a half-made start. */
static enum exit_code
run(struct supervisor *supervisor)
{
	enum exit_code exit_code = EXIT_CODE_REFUSED;

	if (!programs_find(supervisor))
		return EXIT_CODE_REFUSED;
	if (!supervisor_state_open(
		&supervisor->state, supervisor->options.state, supervisor->options.gateways))
		return EXIT_CODE_REFUSED;
	supervisor_state_notify_socket(&supervisor->state, supervisor->notify_path);
	supervisor->notify_fd = supervisor_notify_open(supervisor->notify_path);
	if (supervisor->notify_fd >= 0 &&
	    supervisor_ports_open(&supervisor->ports, &supervisor->options)) {
		if (children_describe(supervisor)) {
			supervise(supervisor);
			exit_code = supervisor->exit_code;
		}
		supervisor_ports_close(&supervisor->ports);
	}
	if (supervisor->notify_fd >= 0)
		close(supervisor->notify_fd);
	supervisor_state_close(&supervisor->state);
	child_clear(&supervisor->upgrade.rising);
	for (unsigned number = 0; number < supervisor->child_count; number++)
		child_clear(&supervisor->children[number]);
	return exit_code;
}

int
main(int argc, char **argv)
{
	/* With its paths it is too large for a stack. */
	struct supervisor *supervisor = calloc(1, sizeof *supervisor);
	enum exit_code exit_code = EXIT_CODE_REFUSED;

	if (supervisor == NULL)
		return EXIT_CODE_REFUSED;
	supervisor->probe.fd = -1;
	supervisor->hub_ends_ms = UINT64_MAX;
	switch (supervisor_options_read(argc, argv, &supervisor->options)) {
	case SUPERVISOR_RUN:
		terminal_open(&supervisor->terminal);
		if (signals_catch(supervisor))
			exit_code = run(supervisor);
		terminal_close(&supervisor->terminal);
		break;
	case SUPERVISOR_TOLD:
		exit_code = EXIT_CODE_DONE;
		break;
	case SUPERVISOR_BAD:
		exit_code = EXIT_CODE_USAGE;
		break;
	}
	free(supervisor);
	return (int)exit_code;
}
