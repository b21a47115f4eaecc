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

/* Lines about one reload: as many of one kind as a log takes in a second. */
#define LINES_MAX 10u

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

static void
mask_hangup(int how)
{
	sigset_t hangup;

	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	pthread_sigmask(how, &hangup, NULL);
}

void
reload_hold(void)
{
	mask_hangup(SIG_BLOCK);
	/* What is blocked waits all the same; whoever takes a handler away puts this back. */
	signal(SIGHUP, SIG_IGN);
}

void
reload_listen(void)
{
	mask_hangup(SIG_UNBLOCK);
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

/* Asks all hooks in their order; those that agreed are told if another does not. */
static bool
prepare(
    const struct reload_setup *setup, const struct config *fresh, struct config_mistakes *mistakes)
{
	unsigned long agreed = 0;

	for (unsigned i = 0; i < setup->hook_count; i++) {
		const struct reload_hook *hook = &setup->hooks[i];

		if (hook->prepare == NULL || hook->prepare(setup->context, fresh, mistakes))
			agreed |= 1ul << i;
	}
	if (agreed == (1ul << setup->hook_count) - 1)
		return true;
	for (unsigned i = setup->hook_count; i-- > 0;) {
		if ((agreed >> i & 1) != 0 && setup->hooks[i].abandon != NULL)
			setup->hooks[i].abandon(setup->context);
	}
	return false;
}

/* What would be in force: new values where they can change now, among the old ones elsewhere. */
static bool
make_candidate(const struct reload_setup *setup, struct config *fresh, struct config *candidate_out,
    struct config_mistakes *mistakes)
{
	struct config_mistakes found = { .count = 0 };

	config_copy(setup->config, candidate_out);
	config_take(candidate_out, fresh, setup->role);
	config_check(candidate_out, &found);
	if (setup->check != NULL)
		setup->check(candidate_out, true, &found);
	for (unsigned i = 0; i < config_mistakes_told(&found); i++)
		config_mistake(mistakes,
		    "what has changed does not fit what needs a restart to change: %s",
		    found.sentences[i]);
	return found.count == 0;
}

static bool
apply(struct reload *reload, struct config_mistakes *mistakes)
{
	const struct reload_setup *setup = &reload->setup;
	struct findings findings = { .log = setup->log };
	struct config candidate;
	struct config fresh;
	struct config asked;

	if (!config_read_again(&fresh, setup->check, setup->argc, setup->argv, mistakes)) {
		config_free(&fresh);
		return false;
	}
	config_copy(&fresh, &asked);
	if (!make_candidate(setup, &fresh, &candidate, mistakes) ||
	    !prepare(setup, &candidate, mistakes)) {
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

/* The first reason stands where it is looked for; the whole list is --check-config's. */
static void
tell_mistakes(struct log *log, const struct config_mistakes *mistakes)
{
	unsigned told = config_mistakes_told(mistakes);

	if (mistakes->count == 1) {
		log_error(log, "settings not read again, the old ones stay",
		    log_string("reason", mistakes->sentences[0]));
		return;
	}
	log_error(log, "settings not read again, the old ones stay",
	    log_u64("mistakes", mistakes->count), log_string("reason", mistakes->sentences[0]));
	for (unsigned i = 1; i < told && i < LINES_MAX; i++)
		log_error(log, "another mistake in the settings", log_u64("mistake", i + 1),
		    log_string("reason", mistakes->sentences[i]));
}

bool
reload_run(struct reload *reload)
{
	struct config_mistakes mistakes = { .count = 0 };

	if (!apply(reload, &mistakes)) {
		metric_increment(reload->refused);
		tell_mistakes(reload->setup.log, &mistakes);
		return false;
	}
	metric_increment(reload->applied);
	note_time(reload);
	return true;
}
