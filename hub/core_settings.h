/*
 * What can be set of a core while it runs: limits, and the rules for rooms.
 */
#ifndef HUBBUB_HUB_CORE_SETTINGS_H
#define HUBBUB_HUB_CORE_SETTINGS_H

#include <stdbool.h>

#include "common/clock.h"
#include "common/config.h"
#include "hub/core_limits.h"

struct core;

/* Each as in struct core_setup. */
struct core_settings {
	/*
	 * gateways_max, commands_max, rooms_max and read_keep_ms stay as they were, whatever is
	 * said here: gateways were told of them, and memory and streams made by them.
	 */
	struct core_limits limits;
	const struct config_class *classes;
	unsigned class_count;
	const char *operators;
};

/*
 * Other settings from now on; copied. Whoever may no longer read a room that it is in leaves it.
 * How a room is kept that is at hand stays as it is until the room is loaded again. False without
 * memory, with nothing changed.
 */
bool core_set(struct core *core, struct now now, const struct core_settings *settings);

/* Puts in what stands for 0, and what the core's memory allows. */
void core_limits_complete(struct core_limits *limits);

#endif
