/*
 * A room's members among themselves: their order, the gaps of those who left, and for whom a
 * gateway hears. The tables are presence.c's.
 */
#include <stdlib.h>

#include "hub/presence.h"

void
presence_deafen(struct member *member)
{
	struct room *room = member->room;
	unsigned slot = member->client->slot;

	member->deaf = true;
	if (--room->by_slot[slot] == 0)
		room->slots &= ~(UINT64_C(1) << slot);
}

void
presence_hear(struct member *member)
{
	if (!member->deaf)
		return;
	member->deaf = false;
	member->room->by_slot[member->client->slot]++;
	member->room->slots |= UINT64_C(1) << member->client->slot;
}

void
presence_close_gaps(struct room *room)
{
	size_t kept = 0;

	for (size_t i = 0; i < room->used; i++) {
		struct member *member = room->members[i];

		if (member == NULL)
			continue;
		member->place = kept;
		room->members[kept++] = member;
	}
	room->used = kept;
}

struct member *
presence_member(const struct client *client, struct text room)
{
	struct member *member = client->memberships;

	while (member != NULL && !text_equal(member->room->name, room))
		member = member->next;
	return member;
}

int
presence_compare(const struct member *member, uint64_t ordinal, uint32_t id)
{
	if (member->ordinal != ordinal)
		return member->ordinal < ordinal ? -1 : 1;
	if (member->client->id != id)
		return member->client->id < id ? -1 : 1;
	return 0;
}

static int
by_ordinal(const void *a, const void *b)
{
	const struct member *other = *(struct member *const *)b;

	return presence_compare(*(struct member *const *)a, other->ordinal, other->client->id);
}

void
presence_order(struct room *room)
{
	if (room->used != room->count)
		presence_close_gaps(room);
	if (room->sorted)
		return;
	qsort(room->members, room->used, sizeof(struct member *), by_ordinal);
	for (size_t i = 0; i < room->used; i++)
		room->members[i]->place = i;
	room->sorted = true;
}
