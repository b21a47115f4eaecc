/*
 * Randomness as a parameter: daemons pass the kernel's source, tests and the
 * simulator a seeded one.
 */
#ifndef HUBBUB_COMMON_RANDOM_H
#define HUBBUB_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_source {
	void (*fill)(void *context, void *bytes, size_t length);
	void *context;
};

/*
 * The kernel's getrandom(2), for short draws some of it ahead; ends the process if it fails, for
 * nothing is safe without it.
 */
struct random_source random_system(void);

/* A repeatable source (SplitMix64) whose state is *seed, owned by the caller. Never for secrets. */
struct random_source random_seeded(uint64_t *seed);

uint64_t random_u64(struct random_source source);

/* Uniform in 0 .. bound-1; 0 for bound 0. */
uint64_t random_below(struct random_source source, uint64_t bound);

#endif
