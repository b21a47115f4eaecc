/*
 * Memory of a batch: chunks that are given back all at once. Filled by the loop, then read by the
 * writer alone, then by the loop again. Must not know what operations mean.
 */
#include "hub/store_sqlite_batch.h"

#include <stdlib.h>
#include <string.h>

#include "hub/store_sqlite_private.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

/* One gathers, one is written, some are told of. */
#define SPARES_MAX 4u

struct sq_chunk {
	struct sq_chunk *next;
	size_t used;
	size_t capacity;
	_Alignas(16) char bytes[];
};

static void
free_chunks(struct sq_chunk *chunk)
{
	while (chunk != NULL) {
		struct sq_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

struct sq_batch *
sq_batch_create(struct sq_batch_pool *pool)
{
	struct sq_batch *batch = pool->spare;

	if (batch != NULL) {
		pool->spare = batch->next;
		pool->spares--;
		batch->next = NULL;
	} else {
		batch = calloc(1, sizeof(*batch));
	}
	if (batch != NULL)
		batch->empty = true;
	return batch;
}

void
sq_batch_destroy(struct sq_batch_pool *pool, struct sq_batch **batch)
{
	struct sq_batch *doomed = *batch;
	struct sq_chunk *kept;

	if (doomed == NULL)
		return;
	*batch = NULL;
	for (struct sq_outcomes *each = doomed->outcomes; each != NULL; each = each->next)
		buffer_free(&each->encoded);
	kept = doomed->chunks;
	if (pool->spares == SPARES_MAX || (kept != NULL && kept->capacity > CHUNK_BYTES)) {
		free_chunks(kept);
		free(doomed);
		return;
	}
	*doomed = (struct sq_batch){ .chunks = kept, .next = pool->spare };
	if (kept != NULL) {
		free_chunks(kept->next);
		kept->next = NULL;
		kept->used = 0;
	}
	pool->spare = doomed;
	pool->spares++;
}

void
sq_batch_pool_close(struct sq_batch_pool *pool)
{
	struct sq_batch *batch;

	while ((batch = pool->spare) != NULL) {
		pool->spare = batch->next;
		free_chunks(batch->chunks);
		free(batch);
	}
	pool->spares = 0;
}

void
sq_batch_list_append(struct sq_batch_list *list, struct sq_batch *batch)
{
	batch->next = NULL;
	if (list->last != NULL)
		list->last->next = batch;
	else
		list->first = batch;
	list->last = batch;
}

struct sq_batch *
sq_batch_list_take(struct sq_batch_list *list)
{
	struct sq_batch *batch = list->first;

	if (batch == NULL)
		return NULL;
	list->first = batch->next;
	if (list->first == NULL)
		list->last = NULL;
	batch->next = NULL;
	return batch;
}

void *
sq_batch_memory(struct sq_batch *batch, size_t length)
{
	struct sq_chunk *chunk = batch->chunks;
	size_t needed = (length + 15) & ~(size_t)15;
	size_t capacity = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;

	if (chunk == NULL || chunk->capacity - chunk->used < needed) {
		chunk = malloc(sizeof(*chunk) + capacity);
		/* What a batch lost cannot be told from what it kept: all of it fails. */
		if (chunk == NULL) {
			batch->doomed = true;
			return NULL;
		}
		chunk->used = 0;
		chunk->capacity = capacity;
		chunk->next = batch->chunks;
		batch->chunks = chunk;
	}
	chunk->used += needed;
	return chunk->bytes + chunk->used - needed;
}

bool
sq_batch_copy(struct sq_batch *batch, struct text *text)
{
	char *copy;

	if (text->length == 0) {
		*text = (struct text){ "", 0 };
		return true;
	}
	copy = sq_batch_memory(batch, text->length);
	if (copy == NULL)
		return false;
	memcpy(copy, text->data, text->length);
	text->data = copy;
	return true;
}

struct sq_op *
sq_push(struct store_sqlite *store, enum sq_op_kind kind)
{
	struct sq_batch *batch;
	struct sq_op *op;

	if (store->refusing)
		return NULL;
	if (store->open == NULL)
		store->open = sq_batch_create(&store->pool);
	batch = store->open;
	if (batch == NULL)
		return NULL;
	op = sq_batch_memory(batch, sizeof(*op));
	if (op == NULL)
		return NULL;
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->previous = batch->last;
	if (batch->last != NULL)
		batch->last->next = op;
	else
		batch->first = op;
	batch->last = op;
	batch->empty = false;
	return op;
}
