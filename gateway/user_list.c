/*
 * Rendered lists of members. Owns the bytes of the entries; the words are the dialects', the
 * members the roster's. Knows neither sessions nor budgets.
 */
#include "gateway/user_list.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/roster.h"

#define FIRST_CAPACITY 16u

void
user_list_free(struct user_list *list)
{
	buffer_free(&list->entries);
	free(list->index);
	*list = (struct user_list){ .by_user = list->by_user };
}

static void
start_anew(struct user_list *list, uint64_t version)
{
	buffer_clear(&list->entries);
	list->count = 0;
	list->cursor = 0;
	list->version = version;
}

static bool
make_room(struct user_list *list)
{
	size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
	struct user_list_entry *grown;

	if (list->count < list->capacity)
		return true;
	grown = realloc(list->index, capacity * sizeof(*grown));
	if (grown == NULL)
		return false;
	list->index = grown;
	list->capacity = capacity;
	return true;
}

static bool
add(struct user_list *list, const struct list_words *words, const struct roster_member *member)
{
	if (!make_room(list))
		return false;
	if (list->count > 0)
		buffer_append_string(&list->entries, words->separator);
	words->entry(&list->entries, member);
	if (list->entries.failed)
		return false;
	list->index[list->count++] =
	    (struct user_list_entry){ member->client, list->entries.length };
	return true;
}

bool
user_list_refresh(
    struct user_list *list, const struct list_words *words, const struct roster_room *room)
{
	struct roster_member member;

	if (list->version != roster_room_shown_version(room))
		start_anew(list, roster_room_shown_version(room));
	while (roster_room_next(room, &list->cursor, &member)) {
		if (list->by_user && roster_room_first(room, member.client) != member.client)
			continue;
		if (add(list, words, &member))
			continue;
		/* The next one begins from nothing, with the version of no room. */
		start_anew(list, 0);
		return false;
	}
	return true;
}

/* The count that is said: none while everybody is shown. */
static size_t
said_count(const struct user_list *list, const struct roster_room *room)
{
	size_t all = list->by_user ? roster_room_users(room) : roster_room_size(room);

	return all > list->count ? all : 0;
}

void
user_list_render(const struct user_list *list, struct buffer *out, const struct list_words *words,
    const struct roster_room *room)
{
	buffer_append_string(out, words->head);
	buffer_append_text(out, buffer_text(&list->entries));
	words->tail(out, said_count(list, room));
}

/* How many entries, counted from the first, are within so many bytes. */
static size_t
entries_within(const struct user_list *list, uint64_t bytes)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->index[middle].end <= bytes)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the member stands; the count if it is not shown. Nearly always one of both ends. */
static size_t
place_of(const struct user_list *list, const struct roster_room *room, uint32_t client)
{
	size_t at = list->count;

	if (!roster_room_shows(room, client))
		return list->count;
	while (at > 0) {
		if (list->index[--at].client == client)
			return at;
	}
	return list->count;
}

/* The entries [from, to), with separators between them; true if there was any. */
static bool
append_entries(
    const struct user_list *list, struct buffer *out, const char *separator, size_t from, size_t to)
{
	size_t begin;

	if (from >= to)
		return false;
	begin = from == 0 ? 0 : list->index[from - 1].end + strlen(separator);
	buffer_append(out, list->entries.data + begin, list->index[to - 1].end - begin);
	return true;
}

bool
user_list_render_for(const struct user_list *list, struct buffer *out,
    const struct list_words *words, const struct roster_room *room,
    const struct roster_member *member, uint64_t others_bytes)
{
	size_t own = place_of(
	    list, room, list->by_user ? roster_room_first(room, member->client) : member->client);
	size_t most = list->count > 0 ? list->count - 1 : 0;
	size_t others = entries_within(list, others_bytes);

	if (others > most)
		others = most;
	buffer_append_string(out, words->head);
	if (append_entries(list, out, words->separator, 0, others < own ? others : own))
		buffer_append_string(out, words->separator);
	if (append_entries(list, out, words->separator, own + 1, others + 1))
		buffer_append_string(out, words->separator);
	words->entry(out, member);
	words->tail(out, said_count(list, room));
	return others < most;
}
