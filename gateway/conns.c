/*
 * A table of slots that are used again. The slot is the lower half of a conn, the slot's
 * generation the upper one, so an old conn does not find a new session. Knows nothing of
 * sessions.
 */
#include "gateway/conns.h"

#include <stdbool.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64u

struct conn_slot {
	struct session *session;
	uint32_t generation;
	uint32_t next_free; /* slot + 1, 0 for none */
};

void
conns_init(struct conns *conns)
{
	*conns = (struct conns){ 0 };
}

void
conns_free(struct conns *conns)
{
	free(conns->slots);
	conns_init(conns);
}

static bool
grow(struct conns *conns)
{
	uint32_t capacity = conns->capacity == 0 ? FIRST_CAPACITY : conns->capacity * 2;
	struct conn_slot *grown;

	if (conns->used < conns->capacity)
		return true;
	if (capacity <= conns->capacity)
		return false;
	grown = realloc(conns->slots, capacity * sizeof(*grown));
	if (grown == NULL)
		return false;
	conns->slots = grown;
	conns->capacity = capacity;
	return true;
}

uint64_t
conns_add(struct conns *conns, struct session *session)
{
	struct conn_slot *slot;
	uint32_t index;

	if (conns->free != 0) {
		index = conns->free - 1;
		slot = &conns->slots[index];
		conns->free = slot->next_free;
	} else {
		if (!grow(conns))
			return 0;
		index = conns->used++;
		slot = &conns->slots[index];
		slot->generation = 0;
	}
	slot->generation++;
	slot->session = session;
	return ((uint64_t)slot->generation << 32) | index;
}

void
conns_remove(struct conns *conns, uint64_t conn)
{
	uint32_t index = (uint32_t)conn;

	conns->slots[index].session = NULL;
	conns->slots[index].next_free = conns->free;
	conns->free = index + 1;
}

struct session *
conns_find(const struct conns *conns, uint64_t conn)
{
	uint32_t index = (uint32_t)conn;

	if (index >= conns->used || conns->slots[index].generation != (uint32_t)(conn >> 32))
		return NULL;
	return conns->slots[index].session;
}

struct session *
conns_next(const struct conns *conns, uint32_t *cursor)
{
	while (*cursor < conns->used) {
		struct session *session = conns->slots[(*cursor)++].session;

		if (session != NULL)
			return session;
	}
	return NULL;
}
