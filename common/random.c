/*
 * The kernel's randomness and a repeatable one behind the same two words.
 * Knows nothing of what the numbers are for.
 */
#include "common/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* getrandom(2) gives up to 256 bytes in one piece whatever happens. */
#define AHEAD_BYTES 256

/*
 * Drawn ahead, for those who draw a few bytes for each client or message: a system call for each
 * would cost more than what it is for. One for each thread, so that nobody waits; a process that
 * forks without exec would have it twice, which none of ours does.
 */
static _Thread_local struct {
	size_t left; /* behind those that are used, which are zero */
	unsigned char bytes[AHEAD_BYTES];
} ahead;

static void
draw_from_kernel(void *bytes, size_t length)
{
	char *at = bytes;

	while (length > 0) {
		ssize_t got = getrandom(at, length, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fprintf(stderr, "the kernel gives no random bytes: %s\n", strerror(errno));
			abort();
		}
		at += got;
		length -= (size_t)got;
	}
}

/* What was given out is wiped: a secret is in the memory of its owner only. */
static void
fill_from_system(void *context, void *bytes, size_t length)
{
	unsigned char *next;

	(void)context;
	if (length > AHEAD_BYTES / 4) {
		draw_from_kernel(bytes, length);
		return;
	}
	if (length > ahead.left) {
		draw_from_kernel(ahead.bytes, AHEAD_BYTES);
		ahead.left = AHEAD_BYTES;
	}
	next = ahead.bytes + AHEAD_BYTES - ahead.left;
	memcpy(bytes, next, length);
	explicit_bzero(next, length);
	ahead.left -= length;
}

struct random_source
random_system(void)
{
	return (struct random_source){ .fill = fill_from_system };
}

/* One step of SplitMix64 (Steele, Lea, Flood 2014): its whole state is one number. */
static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
fill_from_seed(void *context, void *bytes, size_t length)
{
	char *at = bytes;

	while (length > 0) {
		uint64_t next = splitmix64(context);
		size_t part = length < sizeof(next) ? length : sizeof(next);

		memcpy(at, &next, part);
		at += part;
		length -= part;
	}
}

struct random_source
random_seeded(uint64_t *seed)
{
	return (struct random_source){ .fill = fill_from_seed, .context = seed };
}

uint64_t
random_u64(struct random_source source)
{
	uint64_t value;

	source.fill(source.context, &value, sizeof(value));
	return value;
}

uint64_t
random_below(struct random_source source, uint64_t bound)
{
	uint64_t reject_below;
	uint64_t value;

	if (bound == 0)
		return 0;
	/* The lowest 2^64 mod bound values are drawn again: all remainders are as likely. */
	reject_below = (0 - bound) % bound;
	do
		value = random_u64(source);
	while (value < reject_below);
	return value % bound;
}
