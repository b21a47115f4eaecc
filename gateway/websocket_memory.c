/*
 * The library's memory. While somebody is let in it holds one long block for the headers of the
 * request, among many short ones that stay for as long as the connection. Given back to the heap
 * such a block is cut up for the short ones, so that the next one makes the heap grow: a quarter
 * of it would be holes. A few blocks are kept instead, and used again and again. Knows nothing of
 * connections.
 */
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#include "gateway/websocket_private.h"

/* Handshakes that are under way at once and leave no hole. */
#define SPARES_MAX 8

/* The library asks for memory without saying for which context: this serves all there are. */
static struct {
	size_t size; /* of a block; 0: none is kept */
	unsigned count;
	void *blocks[SPARES_MAX];
} spare;

/* Whatever else is as long serves as well. */
static bool
is_kept(void *block)
{
	size_t size = malloc_usable_size(block);

	return spare.count < SPARES_MAX && spare.size > 0 && size >= spare.size &&
	       size < spare.size + 2 * sizeof(max_align_t);
}

/* As realloc(3), but that nothing is left of what is made 0 bytes long. */
static void *
allocate(void *block, size_t size, const char *reason)
{
	(void)reason;
	if (size > 0) {
		if (block == NULL && size == spare.size && spare.count > 0)
			return spare.blocks[--spare.count];
		return realloc(block, size);
	}
	if (block != NULL && is_kept(block))
		spare.blocks[spare.count++] = block;
	else
		free(block);
	return NULL;
}

void
websocket_memory_begin(size_t header_bytes)
{
	spare.size = header_bytes;
	lws_set_allocator(allocate);
}

void
websocket_memory_end(void)
{
	spare.size = 0;
	while (spare.count > 0)
		free(spare.blocks[--spare.count]);
}
