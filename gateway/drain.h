/*
 * How fast clients are let go: evenly over a window, so that those who come again elsewhere do so
 * evenly too. Newcomers neither hurry those who were there nor stay longer than the window. Pure
 * arithmetic of time and counts; who goes, and how, is gateway_core_drain.c's.
 */
#ifndef HUBBUB_GATEWAY_DRAIN_H
#define HUBBUB_GATEWAY_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nobody is let go. */
struct drain {
	bool active;
	uint64_t began_ms; /* monotonic, as all times here */
	uint64_t over_ms;  /* the window; 0: all at once   */
	unsigned clients;  /* when it began                */
};

/* Begins, or begins anew with those who are left. */
void drain_begin(struct drain *drain, uint64_t now_ms, uint64_t over_ms, unsigned clients);

uint64_t drain_ends_ms(const struct drain *drain);

/*
 * How many may still be there, of whom `late` came after it began: of the others the share gone is
 * the share of the window that has passed.
 */
unsigned drain_may_stay(const struct drain *drain, uint64_t now_ms, unsigned late);

/* When fewer than `staying` may, `late` of them newcomers; UINT64_MAX if nobody is left. */
uint64_t drain_next_ms(const struct drain *drain, unsigned staying, unsigned late);

#endif
