/*
 * Decides whether a process that runs also gets on: it compares what was done with what there is to
 * do, each time it looks. Pure.
 */
#ifndef HUBBUB_COMMON_WATCHDOG_H
#define HUBBUB_COMMON_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHDOG_SIGNS_MAX 4

/* One thing that has to get on. Signs are looked at in the same order each time. */
struct watchdog_sign {
	const char *name;  /* a literal, for the log                           */
	bool waits;        /* there is something to do                         */
	uint64_t progress; /* any other value than last time: something was done */
	uint64_t least_ms; /* however short the watchdog's patience: this is no standstill */
};

struct watchdog {
	uint64_t limit_ms; /* of a standstill */
	uint64_t looked_ms;
	bool looked;
	struct {
		uint64_t progress;
		uint64_t still_ms; /* for which it has waited without progress */
	} seen[WATCHDOG_SIGNS_MAX];
};

/* `patience_ms`: when the process is ended that was not found well for so long. */
void watchdog_init(struct watchdog *watchdog, uint64_t patience_ms);

/* How often to look, at least. */
uint64_t watchdog_every_ms(const struct watchdog *watchdog);

/* NULL: all is well. Else the name of the first thing that stands still. */
const char *watchdog_look(
    struct watchdog *watchdog, uint64_t now_ms, const struct watchdog_sign *signs, size_t count);

#endif
