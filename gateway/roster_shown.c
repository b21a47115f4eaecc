/*
 * Keeps the run of first members as members come and go. Knows neither users nor rooms' tables.
 */
#include "gateway/roster_shown.h"

void
roster_shown_otherwise(struct roster_window *window, struct roster_room *room)
{
	room->shown_version = ++window->version;
	room->list_version = room->shown_version;
}

/*
 * The first members are a run that begins the list, and the last of them is known: whoever stands
 * before it is one of them and pushes it out, whoever goes lets the next one in.
 */
void
roster_shown_inserted(
    struct roster_window *window, struct roster_room *room, struct roster_entry *entry)
{
	const struct roster_entry *next = TAILQ_NEXT(entry, place);

	if (next != NULL && next->shown) {
		entry->shown = true;
		roster_shown_otherwise(window, room);
		if (room->shown < window->limit) {
			room->shown++;
		} else {
			room->end->shown = false;
			room->end = TAILQ_PREV(room->end, roster_entries, place);
		}
	} else if (room->shown < window->limit) {
		entry->shown = true;
		room->end = entry;
		room->shown++;
	}
}

void
roster_shown_removing(
    struct roster_window *window, struct roster_room *room, struct roster_entry *entry)
{
	struct roster_entry *next;

	if (!entry->shown)
		return;
	roster_shown_otherwise(window, room);
	next = TAILQ_NEXT(room->end, place);
	if (next != NULL)
		next->shown = true;
	else
		room->shown--;
	if (next != NULL)
		room->end = next;
	else if (room->end == entry)
		room->end = TAILQ_PREV(entry, roster_entries, place);
	entry->shown = false;
}

/* `old` may be NULL. */
static bool
shows_the_same(const struct roster_room *room, const struct roster_room *old)
{
	const struct roster_entry *entry = TAILQ_FIRST(&room->entries);
	const struct roster_entry *before;

	if (old == NULL || room->shown != old->shown)
		return false;
	before = TAILQ_FIRST(&old->entries);
	for (size_t i = 0; i < room->shown; i++) {
		if (entry->client != before->client)
			return false;
		entry = TAILQ_NEXT(entry, place);
		before = TAILQ_NEXT(before, place);
	}
	return true;
}

void
roster_shown_anew(
    struct roster_window *window, struct roster_room *room, const struct roster_room *old)
{
	struct roster_entry *entry;

	room->shown = 0;
	room->end = NULL;
	roster_shown_otherwise(window, room);
	TAILQ_FOREACH (entry, &room->entries, place) {
		entry->shown = room->shown < window->limit;
		room->shown += entry->shown;
		if (entry->shown)
			room->end = entry;
	}
	if (shows_the_same(room, old))
		room->list_version = old->list_version;
}
