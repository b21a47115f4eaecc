/*
 * A reload from its signal to its last line in the log. Owns that nothing is half-applied; must not
 * know what hooks do, or what any setting means.
 */
#include "common/reload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/config_reload.h"

#define SENTENCE_SIZE 512

/* Leaves room in a sentence for what is said around it. */
#define REASON_SIZE (SENTENCE_SIZE - 64)

struct reload {
	struct reload_setup setup;
	struct metric *applied;
	struct metric *refused;
	struct metric *applied_seconds;
};

/* What a comparison found. */
struct findings {
	struct log *log;
	unsigned applied;
	unsigned waiting;
};

static const char *const prefixes[CONFIG_ROLES] = {
	[CONFIG_ROLE_HUB] = "hubbub_hub",
	[CONFIG_ROLE_GATEWAY] = "hubbub_gateway",
};

static struct metric *
count_of(const struct reload_setup *setup, const char *labels)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_reloads_total", prefixes[setup->role]);
	return metrics_counter(setup->metrics, name, labels,
	    "Times that the settings were read again while the process ran.");
}

static void
note_time(struct reload *reload)
{
	metric_set(reload->applied_seconds, clock_now().wall_ms / 1000);
}

struct reload *
reload_create(const struct reload_setup *setup)
{
	struct reload *reload = calloc(1, sizeof(*reload));
	char name[64];

	if (reload == NULL)
		return NULL;
	reload->setup = *setup;
	reload->applied = count_of(setup, "result=\"applied\"");
	reload->refused = count_of(setup, "result=\"refused\"");
	snprintf(name, sizeof(name), "%s_settings_timestamp_seconds", prefixes[setup->role]);
	reload->applied_seconds = metrics_gauge(setup->metrics, name, NULL,
	    "When settings were last read and applied, in seconds since 1970.");
	note_time(reload);
	return reload;
}

void
reload_destroy(struct reload **reload)
{
	free(*reload);
	*reload = NULL;
}

void
reload_listen(void)
{
	sigset_t hangup;

	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	pthread_sigmask(SIG_UNBLOCK, &hangup, NULL);
}

static void
on_change(void *context, const struct config_change *change)
{
	struct findings *findings = context;

	if (change->at_reload)
		findings->applied++;
	else
		findings->waiting++;
	log_always(findings->log,
	    change->at_reload ? "setting changed" : "setting not changed: it needs a restart",
	    log_string("setting", change->name), log_string("from", change->before),
	    log_string("to", change->after));
}

/* Asks hooks in their order; those that agreed are told if a later one does not. */
static bool
prepare(const struct reload_setup *setup, const struct config *fresh, char *error, size_t size)
{
	unsigned asked;

	for (asked = 0; asked < setup->hook_count; asked++) {
		const struct reload_hook *hook = &setup->hooks[asked];

		if (hook->prepare != NULL && !hook->prepare(setup->context, fresh, error, size))
			break;
	}
	if (asked == setup->hook_count)
		return true;
	while (asked-- > 0) {
		if (setup->hooks[asked].abandon != NULL)
			setup->hooks[asked].abandon(setup->context);
	}
	return false;
}

/* What would be in force: new values where they can change now, among the old ones elsewhere. */
static bool
make_candidate(const struct reload_setup *setup, struct config *fresh, struct config *candidate_out,
    char *error, size_t size)
{
	char why[REASON_SIZE];

	config_copy(setup->config, candidate_out);
	config_take(candidate_out, fresh, setup->role);
	if (config_check(candidate_out, why, sizeof(why)) &&
	    (setup->check == NULL || setup->check(candidate_out, why, sizeof(why))))
		return true;
	snprintf(
	    error, size, "what has changed does not fit what needs a restart to change: %s", why);
	return false;
}

static bool
apply(struct reload *reload, char *error, size_t size)
{
	const struct reload_setup *setup = &reload->setup;
	struct findings findings = { .log = setup->log };
	struct config candidate;
	struct config fresh;
	struct config asked;

	if (!config_read_again(&fresh, setup->check, setup->argc, setup->argv, error, size)) {
		config_free(&fresh);
		return false;
	}
	config_copy(&fresh, &asked);
	if (!make_candidate(setup, &fresh, &candidate, error, size) ||
	    !prepare(setup, &candidate, error, size)) {
		config_free(&asked);
		config_free(&candidate);
		config_free(&fresh);
		return false;
	}
	config_diff(setup->config, &asked, setup->role, on_change, &findings);
	config_take(setup->config, &candidate, setup->role);
	for (unsigned i = 0; i < setup->hook_count; i++) {
		if (setup->hooks[i].commit != NULL)
			setup->hooks[i].commit(setup->context, setup->config);
	}
	log_always(setup->log, "settings read again", log_u64("changed", findings.applied),
	    log_u64("need_restart", findings.waiting));
	config_free(&asked);
	config_free(&candidate);
	config_free(&fresh);
	return true;
}

bool
reload_run(struct reload *reload)
{
	char error[SENTENCE_SIZE] = "no memory";

	if (!apply(reload, error, sizeof(error))) {
		metric_increment(reload->refused);
		log_error(reload->setup.log, "settings not read again, the old ones stay",
		    log_string("reason", error));
		return false;
	}
	metric_increment(reload->applied);
	note_time(reload);
	return true;
}
