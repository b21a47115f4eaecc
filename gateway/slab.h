/*
 * Slabs: runs of ready frames, written once and sent to many. Reference-counted, append-only;
 * readers hold ranges of offsets, so a slab may still grow while they wait.
 */
#ifndef HUBBUB_GATEWAY_SLAB_H
#define HUBBUB_GATEWAY_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "gateway/transport.h"

/* A slab this long takes no more: what one slow reader keeps alive stays small. */
#define SLAB_FULL (256u * 1024u)

struct slab_pool {
	size_t pinned; /* memory of all slabs that somebody holds */
	struct slab *spare;
	unsigned spares;
};

struct slab {
	struct slab_pool *pool;
	struct slab *next_spare;
	char *data;
	uint32_t length;
	uint32_t capacity;
	uint32_t references;
};

void slab_pool_init(struct slab_pool *pool);

/* Frees the spares; every slab must have been released. */
void slab_pool_close(struct slab_pool *pool);

/*
 * An empty slab with one reference, the caller's; NULL without memory. The pool must outlive
 * it.
 */
struct slab *slab_create(struct slab_pool *pool);

/* One more reference to the same slab. */
struct slab *slab_hold(struct slab *slab);

/* Gives a reference back; accepts NULL. The last one frees the slab. */
void slab_release(struct slab **slab);

/*
 * The same by the one who wrote it: memory that was never written to is not kept for the
 * readers.
 */
void slab_finish(struct slab **slab);

/* Appends one whole frame; false, with the slab as it was, without memory or past 2 GiB. */
bool slab_frame(struct slab *slab, enum frame_opcode opcode, struct text payload);

bool slab_is_full(const struct slab *slab);

#endif
