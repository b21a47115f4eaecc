/*
 * What one client still has to be sent: ranges of slabs, in order. One range needs no memory of
 * its own, which is the case of nearly every client in nearly every turn.
 */
#ifndef HUBBUB_GATEWAY_OUTBOUND_H
#define HUBBUB_GATEWAY_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "gateway/slab.h"

struct outbound_range {
	struct slab *slab; /* held */
	uint32_t from;
	uint32_t to;
	uint64_t since_ms;
};

/* `count` ranges from `head` on. */
struct outbound_array {
	struct outbound_range *ranges;
	uint32_t head;
	uint32_t capacity;
};

struct outbound {
	size_t bytes;
	uint32_t count;
	bool is_array;
	union {
		struct outbound_range only; /* as long as there was never a second one */
		struct outbound_array array;
	};
};

/* All zero is an empty one. */
void outbound_init(struct outbound *outbound);

/* Forgets everything and frees its memory. */
void outbound_clear(struct outbound *outbound);

/* Appends from..to of `slab`, holding it; false, with nothing changed, without memory. */
bool outbound_append(
    struct outbound *outbound, struct slab *slab, uint32_t from, uint32_t to, uint64_t now_ms);

/* The first ranges as runs; their number, at most `max`. Valid until the next change. */
int outbound_gather(
    const struct outbound *outbound, struct iovec *runs, int max, size_t *bytes_out);

/* Drops the first `bytes` bytes, at most all there are. */
void outbound_consume(struct outbound *outbound, size_t bytes);

/* When the first byte that waits was appended; UINT64_MAX if none does. */
uint64_t outbound_oldest_ms(const struct outbound *outbound);

#endif
