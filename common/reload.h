/*
 * SIGHUP: the settings are read again and what can change in a running program is applied, all of
 * it or nothing. Who has made something of settings, or of files that they name, hangs in as a
 * hook: each is asked first, and only when none refuses is anything changed.
 */
#ifndef HUBBUB_COMMON_RELOAD_H
#define HUBBUB_COMMON_RELOAD_H

#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"

struct reload_hook {
	/*
	 * Reads and checks all that it takes to go on with `fresh`, without changing anything that
	 * is in force. False refuses the whole reload, with what is wrong. `fresh` is gone
	 * afterwards. NULL: it has nothing to refuse.
	 */
	bool (*prepare)(
	    void *context, const struct config *fresh, struct config_mistakes *mistakes);
	/*
	 * Puts it in force; cannot fail. `config` is the one of the start, with its new values:
	 * texts may be borrowed from it until the next commit.
	 */
	void (*commit)(void *context, const struct config *config);
	/* It was prepared, and another one refused. NULL: there is nothing to give back. */
	void (*abandon)(void *context);
};

struct reload_setup {
	enum config_role role;
	config_checker *check; /* as at the start; may be NULL */
	int argc;
	char **argv;           /* borrowed: the command line of the start    */
	struct config *config; /* borrowed: in force, and changed by reloads */
	/* Borrowed, in the order in which they are asked and put in force. */
	const struct reload_hook *hooks;
	unsigned hook_count;
	void *context; /* of all hooks */
	struct log *log;
	struct metrics *metrics;
};

struct reload;

/* NULL without memory. */
struct reload *reload_create(const struct reload_setup *setup);
void reload_destroy(struct reload **reload);

/*
 * SIGHUP waits until reload_listen, so that it is neither lost nor the end of a process that just
 * begins; nor will it be the end of one that ends itself and does not listen any more. To be called
 * before settings are read and before anybody listens.
 */
void reload_hold(void);

/* SIGHUP is heard from now on, as somebody waits for it. */
void reload_listen(void);

/*
 * Does it, logs what has changed and what of that needs a restart, or why nothing has. True if it
 * was applied.
 */
bool reload_run(struct reload *reload);

#endif
