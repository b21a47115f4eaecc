/*
 * Settings in force against those of a file that was changed: what differs, what of it a running
 * program takes over, and what waits for its next start.
 */
#ifndef HUBBUB_COMMON_CONFIG_RELOAD_H
#define HUBBUB_COMMON_CONFIG_RELOAD_H

#include "common/config.h"

/* One setting that differs, with its values as a file has them; borrowed during the call. */
struct config_change {
	/* "limits.clients", "listener.chat.origins"; "class": the sections' names, in order */
	const char *name;
	const char *before;
	const char *after;
	bool at_reload; /* it can be taken over */
};

typedef void config_change_told(void *context, const struct config_change *change);

/* Tells of every setting that the program reads and that differs, in the order of the table. */
void config_diff(const struct config *before, const struct config *after, enum config_role role,
    config_change_told *told, void *context);

/* A copy with strings of its own; it is to be freed. */
void config_copy(const struct config *from, struct config *copy_out);

/*
 * Exchanges with `fresh` all that can change at a reload. Strings that are the same in both stay
 * where they are, so who borrowed one of `config` still has it; all of [class ...] and the like are
 * exchanged together when there are others of them.
 */
void config_take(struct config *config, struct config *fresh, enum config_role role);

/*
 * Reads file, environment and command line of the start once more, and checks them in the same
 * way. False if there are mistakes; `config` is to be freed either way.
 */
bool config_read_again(struct config *config, config_checker *check, int argc, char **argv,
    struct config_mistakes *mistakes);

#endif
