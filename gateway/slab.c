/*
 * Memory of ready frames. Owns allocation, growth and the count of what is held; keeps a few
 * released slabs so that a quiet room costs no allocation per message. Knows nothing of
 * clients.
 */
#include "gateway/slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/frame.h"

#define SLAB_FIRST_CAPACITY 2048u
#define SPARES_MAX 8u
#define SPARE_CAPACITY_MAX (64u * 1024u)

void
slab_pool_init(struct slab_pool *pool)
{
	*pool = (struct slab_pool){ 0 };
}

static void
slab_free(struct slab *slab)
{
	free(slab->data);
	free(slab);
}

void
slab_pool_close(struct slab_pool *pool)
{
	struct slab *slab;

	assert(pool->pinned == 0);
	while ((slab = pool->spare) != NULL) {
		pool->spare = slab->next_spare;
		slab_free(slab);
	}
	pool->spares = 0;
}

static struct slab *
slab_allocate(struct slab_pool *pool)
{
	struct slab *slab = calloc(1, sizeof(*slab));

	if (slab == NULL)
		return NULL;
	slab->data = malloc(SLAB_FIRST_CAPACITY);
	if (slab->data == NULL) {
		free(slab);
		return NULL;
	}
	slab->capacity = SLAB_FIRST_CAPACITY;
	slab->pool = pool;
	return slab;
}

struct slab *
slab_create(struct slab_pool *pool)
{
	struct slab *slab = pool->spare;

	if (slab != NULL) {
		pool->spare = slab->next_spare;
		pool->spares--;
	} else {
		slab = slab_allocate(pool);
		if (slab == NULL)
			return NULL;
	}
	slab->length = 0;
	slab->references = 1;
	pool->pinned += sizeof(*slab) + slab->capacity;
	return slab;
}

struct slab *
slab_hold(struct slab *slab)
{
	slab->references++;
	return slab;
}

void
slab_release(struct slab **slab)
{
	struct slab *doomed = *slab;
	struct slab_pool *pool;

	if (doomed == NULL)
		return;
	*slab = NULL;
	assert(doomed->references > 0);
	if (--doomed->references > 0)
		return;
	pool = doomed->pool;
	pool->pinned -= sizeof(*doomed) + doomed->capacity;
	if (pool->spares == SPARES_MAX || doomed->capacity > SPARE_CAPACITY_MAX ||
	    doomed->capacity < SLAB_FIRST_CAPACITY) {
		slab_free(doomed);
		return;
	}
	doomed->next_spare = pool->spare;
	pool->spare = doomed;
	pool->spares++;
}

static void
slab_set_capacity(struct slab *slab, char *data, uint32_t capacity)
{
	slab->pool->pinned += capacity;
	slab->pool->pinned -= slab->capacity;
	slab->data = data;
	slab->capacity = capacity;
}

void
slab_finish(struct slab **slab)
{
	struct slab *done = *slab;

	if (done != NULL && done->references > 1 && done->length > 0 &&
	    done->length < done->capacity / 2) {
		char *data = realloc(done->data, done->length);
		if (data != NULL)
			slab_set_capacity(done, data, done->length);
	}
	slab_release(slab);
}

static bool
slab_reserve(struct slab *slab, size_t length)
{
	size_t needed = slab->length + length;
	size_t capacity = slab->capacity;
	char *data;

	if (needed > UINT32_MAX / 2)
		return false;
	if (needed <= capacity)
		return true;
	while (capacity < needed)
		capacity *= 2;
	data = realloc(slab->data, capacity);
	if (data == NULL)
		return false;
	slab_set_capacity(slab, data, (uint32_t)capacity);
	return true;
}

bool
slab_frame(struct slab *slab, enum frame_opcode opcode, struct text payload)
{
	char header[FRAME_HEADER_MAX];
	size_t header_size;

	if (payload.length > UINT32_MAX / 2)
		return false;
	header_size = frame_header_write(opcode, payload.length, header);
	if (!slab_reserve(slab, header_size + payload.length))
		return false;
	memcpy(slab->data + slab->length, header, header_size);
	slab->length += (uint32_t)header_size;
	if (payload.length > 0)
		memcpy(slab->data + slab->length, payload.data, payload.length);
	slab->length += (uint32_t)payload.length;
	return true;
}

bool
slab_is_full(const struct slab *slab)
{
	return slab->length >= SLAB_FULL;
}
