/*
 * New processes in place of old ones, one gateway after another and without closing the door: the
 * new one gets the same listening sockets, and only when it is ready is the old one told to let its
 * clients go. Owns the old processes until they end. Should a new one not come up, the old one
 * goes on as if nothing had been.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "deploy/supervisor_private.h"
#include "deploy/supervisor_text.h"

static struct old_child *
old_find(struct supervisor *supervisor, pid_t pid)
{
	for (unsigned i = 0; i < SUPERVISOR_OLD_MAX; i++)
		if (supervisor->old[i].pid == pid)
			return &supervisor->old[i];
	return NULL;
}

static void
upgrade_end(struct supervisor *supervisor)
{
	struct upgrade *upgrade = &supervisor->upgrade;

	probe_end(&supervisor->probe);
	child_clear(&upgrade->rising);
	*upgrade = (struct upgrade){ .number = 0 };
}

static void
give_up(struct supervisor *supervisor, const char *why)
{
	const struct child *rising = &supervisor->upgrade.rising;

	complain("%s %s; %s goes on and no other gateway is replaced", rising->name, why,
	    supervisor->children[supervisor->upgrade.number].name);
	if (rising->pid > 0) {
		/* It is waited for as one of the old ones. */
		struct old_child *place = old_find(supervisor, 0);

		kill(rising->pid, SIGKILL);
		if (place != NULL) {
			place->pid = rising->pid;
			snprintf(place->name, sizeof place->name, "%s", rising->name);
		}
	}
	upgrade_end(supervisor);
}

/* The next process of a place, not started yet. */
static bool
describe_next(struct supervisor *supervisor, struct child *child, unsigned number)
{
	*child = (struct child){ .pid = 0 };
	if (gateway_describe(supervisor, child, number, supervisor->generations[number] + 1))
		return true;
	complain("there is no memory for another gateway");
	child_clear(child);
	return false;
}

static void
start_rising(struct supervisor *supervisor, uint64_t now)
{
	struct upgrade *upgrade = &supervisor->upgrade;

	if (!describe_next(supervisor, &upgrade->rising, upgrade->number) ||
	    !child_start(&upgrade->rising, &supervisor->child_mask, now)) {
		upgrade_end(supervisor);
		return;
	}
	upgrade->ends_ms = now + READY_WITHIN_MS;
	supervisor->probe_due_ms = now;
}

/* The place is the new process's; the one that had it is remembered until it ends. */
static void
take_place(struct supervisor *supervisor, unsigned number, struct child *next)
{
	struct child *child = &supervisor->children[number];
	struct old_child *old = old_find(supervisor, 0);

	if (child->pid > 0 && old != NULL) {
		old->pid = child->pid;
		memcpy(old->name, child->name, sizeof old->name);
	}
	child_clear(child);
	*child = *next;
	*next = (struct child){ .pid = 0 };
	supervisor_state_show_status(&supervisor->state, number, ++supervisor->generations[number]);
}

static void
go_on(struct supervisor *supervisor, uint64_t now)
{
	struct upgrade *upgrade = &supervisor->upgrade;

	if (++upgrade->number < supervisor->child_count) {
		start_rising(supervisor, now);
		return;
	}
	complain("all gateways have been replaced");
	if (upgrade->again) {
		upgrade_end(supervisor);
		upgrade_begin(supervisor);
	} else {
		upgrade_end(supervisor);
	}
}

static void
promote(struct supervisor *supervisor, uint64_t now)
{
	struct upgrade *upgrade = &supervisor->upgrade;
	pid_t old = supervisor->children[upgrade->number].pid;

	probe_end(&supervisor->probe);
	take_place(supervisor, upgrade->number, &upgrade->rising);
	if (old > 0)
		kill(old, SIGTERM);
	go_on(supervisor, now);
}

void
upgrade_begin(struct supervisor *supervisor)
{
	struct upgrade *upgrade = &supervisor->upgrade;

	if (upgrade->number > 0) {
		upgrade->again = true;
		return;
	}
	upgrade->number = 1;
	start_rising(supervisor, now_ms());
}

void
upgrade_continue(struct supervisor *supervisor, uint64_t now)
{
	struct upgrade *upgrade = &supervisor->upgrade;
	char path[PATH_MAX];

	if (upgrade->number == 0)
		return;
	if (now >= upgrade->ends_ms) {
		give_up(supervisor, "is not ready in time");
		return;
	}
	/* As many old ones as there may be still have clients. */
	if (now < supervisor->probe_due_ms || old_find(supervisor, 0) == NULL)
		return;
	probe_end(&supervisor->probe);
	supervisor->probe_due_ms = now + PROBE_PATIENCE_MS;
	supervisor_state_status_socket(&supervisor->state, upgrade->number,
	    supervisor->generations[upgrade->number] + 1, path);
	upgrade_heard(supervisor, probe_begin(&supervisor->probe, path), now);
}

uint64_t
upgrade_due_ms(const struct supervisor *supervisor)
{
	const struct upgrade *upgrade = &supervisor->upgrade;

	if (upgrade->number == 0)
		return UINT64_MAX;
	return supervisor->probe_due_ms < upgrade->ends_ms ? supervisor->probe_due_ms
							   : upgrade->ends_ms;
}

void
upgrade_heard(struct supervisor *supervisor, enum probe_result result, uint64_t now)
{
	if (supervisor->upgrade.number == 0 || result == PROBE_WAITING)
		return;
	if (result == PROBE_READY)
		promote(supervisor, now);
	else
		supervisor->probe_due_ms = now + PROBE_EVERY_MS;
}

bool
upgrade_ended(struct supervisor *supervisor, pid_t pid, int status)
{
	struct upgrade *upgrade = &supervisor->upgrade;
	struct old_child *old = old_find(supervisor, pid);
	char fate[64];

	child_fate(status, fate, sizeof fate);
	if (old != NULL) {
		if (status != 0 && supervisor->phase <= PHASE_RUNNING)
			complain("%s (process %d), replaced before, %s", old->name, (int)pid, fate);
		old->pid = 0;
		return true;
	}
	if (upgrade->number == 0 || pid != upgrade->rising.pid)
		return false;
	upgrade->rising.pid = 0;
	if (supervisor->phase == PHASE_RUNNING)
		give_up(supervisor, fate);
	else
		upgrade_end(supervisor);
	return true;
}

void
upgrade_stopping(struct supervisor *supervisor, pid_t pid, uint64_t now)
{
	struct child next;

	for (unsigned number = 1; number < supervisor->child_count; number++) {
		if (supervisor->children[number].pid != pid || old_find(supervisor, 0) == NULL)
			continue;
		if (supervisor->upgrade.number == number) {
			promote(supervisor, now);
		} else if (describe_next(supervisor, &next, number)) {
			complain("%s (process %d) stops; another one takes its place",
			    supervisor->children[number].name, (int)pid);
			next.due_ms = now;
			take_place(supervisor, number, &next);
		}
		return;
	}
}

bool
upgrade_runs(const struct supervisor *supervisor)
{
	for (unsigned i = 0; i < SUPERVISOR_OLD_MAX; i++)
		if (supervisor->old[i].pid > 0)
			return true;
	return supervisor->upgrade.rising.pid > 0;
}

unsigned
upgrade_signal(struct supervisor *supervisor, int number)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SUPERVISOR_OLD_MAX; i++)
		if (supervisor->old[i].pid > 0 && kill(supervisor->old[i].pid, number) == 0)
			count++;
	if (supervisor->upgrade.rising.pid > 0 && kill(supervisor->upgrade.rising.pid, number) == 0)
		count++;
	return count;
}
