/*
 * A client's list of (slab, from, to). Owns its references to slabs; knows neither sockets nor
 * limits, which are the session's.
 */
#include "gateway/outbound.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4u

void
outbound_init(struct outbound *outbound)
{
	*outbound = (struct outbound){ 0 };
}

static struct outbound_range *
range_at(struct outbound *outbound, uint32_t index)
{
	if (!outbound->is_array)
		return &outbound->only;
	return &outbound->array.ranges[outbound->array.head + index];
}

static const struct outbound_range *
range_peek(const struct outbound *outbound, uint32_t index)
{
	if (!outbound->is_array)
		return &outbound->only;
	return &outbound->array.ranges[outbound->array.head + index];
}

void
outbound_clear(struct outbound *outbound)
{
	for (uint32_t i = 0; i < outbound->count; i++)
		slab_release(&range_at(outbound, i)->slab);
	if (outbound->is_array)
		free(outbound->array.ranges);
	outbound_init(outbound);
}

static bool
outbound_make_array(struct outbound *outbound)
{
	struct outbound_range *ranges = malloc(FIRST_CAPACITY * sizeof(*ranges));

	if (ranges == NULL)
		return false;
	ranges[0] = outbound->only;
	outbound->is_array = true;
	outbound->array = (struct outbound_array){ ranges, 0, FIRST_CAPACITY };
	return true;
}

static bool
outbound_make_room(struct outbound *outbound)
{
	struct outbound_array *array = &outbound->array;
	struct outbound_range *grown;

	if (!outbound->is_array)
		return outbound->count == 0 || outbound_make_array(outbound);
	if (array->head + outbound->count < array->capacity)
		return true;
	/*
	 * Moving down only when half is free keeps a long queue from being moved at every
	 * append.
	 */
	if (array->head >= array->capacity / 2) {
		memmove(array->ranges, array->ranges + array->head,
		    outbound->count * sizeof(*array->ranges));
		array->head = 0;
		return true;
	}
	if (array->capacity > UINT32_MAX / 2)
		return false;
	grown = realloc(array->ranges, 2 * (size_t)array->capacity * sizeof(*grown));
	if (grown == NULL)
		return false;
	array->ranges = grown;
	array->capacity *= 2;
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
	outbound->count--;
	if (!outbound->is_array)
		return;
	outbound->array.head++;
	if (outbound->count > 0)
		return;
	free(outbound->array.ranges);
	outbound->is_array = false;
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
