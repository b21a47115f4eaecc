/*
 * Commands that wait until the hub knows who is online: copies, in the order they came, bounded for
 * each gateway.
 */
#ifndef HUBBUB_HUB_HELD_H
#define HUBBUB_HUB_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/envelope.h"

/* Content held for one gateway, in bytes. */
#define HELD_BYTES_MAX ((size_t)16 * 1024 * 1024)

#define HELD_SLOTS 64

struct held_command {
	unsigned slot;
	struct envelope envelope; /* its texts are in the same block of memory */
	size_t size;
	struct held_command *next;
};

struct held {
	struct held_command *first;
	struct held_command **end;
	unsigned counts[HELD_SLOTS];
	size_t bytes[HELD_SLOTS];
};

void held_init(struct held *held);
void held_clear(struct held *held);

/* Keeps a copy of a PUBLISH, TELL or READ. False beyond `count_max`, HELD_BYTES_MAX or memory. */
bool held_add(
    struct held *held, unsigned slot, unsigned count_max, const struct envelope *envelope);

/* The oldest, now the caller's to free(); NULL if there is none. */
struct held_command *held_take(struct held *held);

bool held_is_empty(const struct held *held);

/* Forgets what a gateway's link brought. */
void held_forget(struct held *held, unsigned slot);

#endif
