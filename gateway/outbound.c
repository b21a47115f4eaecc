/*
 * A client's list of (slab, from, to). Owns its references to slabs; knows neither sockets nor
 * limits, which are the session's.
 */
#include "gateway/outbound.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MANY_FIRST_CAPACITY 4u

void
outbound_init(struct outbound *outbound)
{
	*outbound = (struct outbound){ 0 };
}

static struct outbound_range *
range_at(struct outbound *outbound, uint32_t index)
{
	if (outbound->many == NULL)
		return &outbound->only;
	return &outbound->many[outbound->head + index];
}

static const struct outbound_range *
range_peek(const struct outbound *outbound, uint32_t index)
{
	if (outbound->many == NULL)
		return &outbound->only;
	return &outbound->many[outbound->head + index];
}

void
outbound_clear(struct outbound *outbound)
{
	for (uint32_t i = 0; i < outbound->count; i++)
		slab_release(&range_at(outbound, i)->slab);
	free(outbound->many);
	outbound_init(outbound);
}

static bool
outbound_to_many(struct outbound *outbound)
{
	outbound->many = malloc(MANY_FIRST_CAPACITY * sizeof(*outbound->many));
	if (outbound->many == NULL)
		return false;
	outbound->capacity = MANY_FIRST_CAPACITY;
	outbound->head = 0;
	outbound->many[0] = outbound->only;
	return true;
}

static bool
outbound_make_room(struct outbound *outbound)
{
	struct outbound_range *grown;

	if (outbound->many == NULL)
		return outbound->count == 0 || outbound_to_many(outbound);
	if (outbound->head + outbound->count < outbound->capacity)
		return true;
	/*
	 * Moving down only when half is free keeps a long queue from being moved at every
	 * append.
	 */
	if (outbound->head >= outbound->capacity / 2) {
		memmove(outbound->many, outbound->many + outbound->head,
		    outbound->count * sizeof(*outbound->many));
		outbound->head = 0;
		return true;
	}
	if (outbound->capacity > UINT32_MAX / 2)
		return false;
	grown = realloc(outbound->many, 2 * (size_t)outbound->capacity * sizeof(*grown));
	if (grown == NULL)
		return false;
	outbound->many = grown;
	outbound->capacity *= 2;
	return true;
}

bool
outbound_append(
    struct outbound *outbound, struct slab *slab, uint32_t from, uint32_t to, uint64_t now_ms)
{
	struct outbound_range *last;

	assert(from <= to && to <= slab->length);
	if (from == to)
		return true;
	if (outbound->count > 0) {
		last = range_at(outbound, outbound->count - 1);
		if (last->slab == slab && last->to == from) {
			last->to = to;
			outbound->bytes += to - from;
			return true;
		}
	}
	if (!outbound_make_room(outbound))
		return false;
	*range_at(outbound, outbound->count++) = (struct outbound_range){
		.slab = slab_hold(slab),
		.from = from,
		.to = to,
		.since_ms = now_ms,
	};
	outbound->bytes += to - from;
	return true;
}

int
outbound_gather(const struct outbound *outbound, struct iovec *runs, int max, size_t *bytes_out)
{
	int count = 0;

	*bytes_out = 0;
	for (; count < max && (uint32_t)count < outbound->count; count++) {
		const struct outbound_range *range = range_peek(outbound, (uint32_t)count);

		runs[count].iov_base = range->slab->data + range->from;
		runs[count].iov_len = range->to - range->from;
		*bytes_out += range->to - range->from;
	}
	return count;
}

static void
outbound_drop_first(struct outbound *outbound)
{
	slab_release(&range_at(outbound, 0)->slab);
	if (outbound->many != NULL)
		outbound->head++;
	if (--outbound->count > 0)
		return;
	free(outbound->many);
	outbound->many = NULL;
	outbound->head = 0;
	outbound->capacity = 0;
}

void
outbound_consume(struct outbound *outbound, size_t bytes)
{
	assert(bytes <= outbound->bytes);
	outbound->bytes -= bytes;
	while (bytes > 0) {
		struct outbound_range *first = range_at(outbound, 0);
		size_t length = first->to - first->from;

		if (bytes < length) {
			first->from += (uint32_t)bytes;
			return;
		}
		bytes -= length;
		outbound_drop_first(outbound);
	}
}

uint64_t
outbound_oldest_ms(const struct outbound *outbound)
{
	return outbound->count == 0 ? UINT64_MAX : range_peek(outbound, 0)->since_ms;
}
