/*
 * What is read of a room: its members and its users, in order, in part or whole. Changes nothing.
 */
#include "gateway/roster_room.h"

struct text
roster_entry_name(const struct roster_entry *entry)
{
	return (struct text){ entry->name, entry->name_length };
}

struct roster_user
roster_entry_user(const struct roster_entry *entry)
{
	return (struct roster_user){ entry->client, room_user_id(entry->user),
		roster_entry_name(entry) };
}

uint64_t
roster_room_shown_version(const struct roster_room *room)
{
	return room->shown_version;
}

uint64_t
roster_room_list_version(const struct roster_room *room)
{
	return room->list_version;
}

bool
roster_room_shows(const struct roster_room *room, uint32_t client)
{
	const struct roster_entry *entry = id_map_get(&room->clients, client);

	return entry != NULL && entry->shown;
}

uint32_t
roster_room_first(const struct roster_room *room, uint32_t client)
{
	const struct roster_entry *entry = id_map_get(&room->clients, client);

	return entry == NULL ? 0 : room_user_first(entry->user)->client;
}

bool
roster_room_member(
    const struct roster_room *room, uint32_t client, struct roster_member *member_out)
{
	const struct roster_entry *entry = id_map_get(&room->clients, client);

	if (entry == NULL)
		return false;
	*member_out = (struct roster_member){ client, roster_entry_name(entry) };
	return true;
}

bool
roster_room_has_user(const struct roster_room *room, struct text user)
{
	return roster_users_find(&room->users, user) != NULL;
}

size_t
roster_room_users(const struct roster_room *room)
{
	return roster_users_count(&room->users);
}

/* The cursor is a place's number, so that a number from outside does no harm. */
bool
roster_room_next_user(const struct roster_room *room, size_t *cursor, struct roster_user *user_out)
{
	const struct room_user *user = roster_users_next(&room->users, cursor);

	if (user == NULL)
		return false;
	*user_out = roster_entry_user(room_user_first(user));
	return true;
}

size_t
roster_room_size(const struct roster_room *room)
{
	return room->clients.count;
}

/* The cursor is the entry shown last. */
bool
roster_room_next(const struct roster_room *room, size_t *cursor, struct roster_member *member_out)
{
	const struct roster_entry *shown = (const struct roster_entry *)(uintptr_t)*cursor;
	const struct roster_entry *entry;

	entry = shown == NULL ? TAILQ_FIRST(&room->entries) : TAILQ_NEXT(shown, place);
	if (entry == NULL || !entry->shown)
		return false;
	*cursor = (size_t)(uintptr_t)entry;
	*member_out = (struct roster_member){ entry->client, roster_entry_name(entry) };
	return true;
}
