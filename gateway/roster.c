/*
 * Presence as the hub tells it. Owns rooms, their members and the order of these; knows neither
 * sessions nor what is said about a change.
 */
#include "gateway/roster.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "gateway/id_map.h"

/* Short memory costs the link, not the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct roster_entry {
	TAILQ_ENTRY(roster_entry) place;
	uint64_t ordinal;
	uint64_t time;
	uint32_t client;
	uint32_t name_length;
	char name[];
};

TAILQ_HEAD(roster_entries, roster_entry);

struct roster_room {
	UT_hash_handle hh;
	struct roster_entries entries;
	struct id_map clients;
	struct roster_entry *latest; /* inserted, while it is still there           */
	struct roster_entry *end;    /* the first that is not shown; NULL shows all */
	struct roster_entry *extra;  /* shown all the same, in its place, or NULL   */
	size_t name_length;
	char name[];
};

struct roster {
	struct roster_room *rooms;
	struct roster_room *staged;
	struct roster_room *emptied; /* kept for a moment: the last exit is told with it */
	bool collecting;
	bool known;
};

struct roster *
roster_create(void)
{
	return calloc(1, sizeof(struct roster));
}

static struct text
entry_name(const struct roster_entry *entry)
{
	return (struct text){ entry->name, entry->name_length };
}

static struct text
room_name(const struct roster_room *room)
{
	return (struct text){ room->name, room->name_length };
}

static struct roster_room *
room_find(struct roster_room *rooms, struct text name)
{
	struct roster_room *found;

	HASH_FIND(hh, rooms, name.data, name.length, found);
	return found;
}

static struct roster_room *
room_get(struct roster_room **rooms, struct text name)
{
	struct roster_room *room = room_find(*rooms, name);

	if (room != NULL)
		return room;
	room = calloc(1, sizeof(*room) + name.length + 1);
	if (room == NULL)
		return NULL;
	memcpy(room->name, name.data, name.length);
	room->name_length = name.length;
	TAILQ_INIT(&room->entries);
	HASH_ADD_KEYPTR(hh, *rooms, room->name, room->name_length, room);
	if (room->hh.tbl == NULL) {
		free(room);
		return NULL;
	}
	return room;
}

static void
room_destroy(struct roster_room *room)
{
	struct roster_entry *entry = TAILQ_FIRST(&room->entries);
	struct roster_entry *next;

	for (; entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, place);
		free(entry);
	}
	id_map_free(&room->clients);
	free(room);
}

static void
rooms_free(struct roster_room **rooms)
{
	struct roster_room *room = *rooms;
	struct roster_room *next;

	/* The table goes, the chain of its elements stays. */
	HASH_CLEAR(hh, *rooms);
	for (; room != NULL; room = next) {
		next = room->hh.next;
		room_destroy(room);
	}
}

void
roster_destroy(struct roster **roster)
{
	struct roster *doomed = *roster;

	if (doomed == NULL)
		return;
	*roster = NULL;
	rooms_free(&doomed->rooms);
	rooms_free(&doomed->staged);
	free(doomed);
}

/*
 * Nearly always at the end. After a restart of the hub a late gateway brings many that belong
 * further up, in order among themselves: the search goes on from the one inserted before, in
 * either direction, for a gateway may also bring them backwards.
 */
static void
insert_in_order(struct roster_room *room, struct roster_entry *entry)
{
	struct roster_entry *before = TAILQ_LAST(&room->entries, roster_entries);
	struct roster_entry *next;

	if (before != NULL && before->ordinal > entry->ordinal && room->latest != NULL) {
		before = room->latest;
		while (
		    (next = TAILQ_NEXT(before, place)) != NULL && next->ordinal <= entry->ordinal)
			before = next;
	}
	while (before != NULL && before->ordinal > entry->ordinal)
		before = TAILQ_PREV(before, roster_entries, place);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&room->entries, entry, place);
	else
		TAILQ_INSERT_AFTER(&room->entries, before, entry, place);
	room->latest = entry;
}

static enum roster_change
room_enter(struct roster_room *room, const struct envelope_entered *entered)
{
	struct roster_entry *entry;

	if (id_map_get(&room->clients, entered->client) != NULL)
		return ROSTER_SAME;
	entry = malloc(sizeof(*entry) + entered->name.length);
	if (entry == NULL || !id_map_put(&room->clients, entered->client, entry)) {
		free(entry);
		return ROSTER_FAILED;
	}
	entry->ordinal = entered->ordinal;
	entry->time = entered->time;
	entry->client = entered->client;
	entry->name_length = (uint32_t)entered->name.length;
	if (entered->name.length > 0)
		memcpy(entry->name, entered->name.data, entered->name.length);
	insert_in_order(room, entry);
	return ROSTER_CHANGED;
}

static void
room_remove(struct roster_room *room, struct roster_entry *entry)
{
	if (room->latest == entry)
		room->latest = NULL;
	room->end = NULL;
	room->extra = NULL;
	id_map_remove(&room->clients, entry->client);
	TAILQ_REMOVE(&room->entries, entry, place);
	free(entry);
}

static void
forget_emptied(struct roster *roster)
{
	if (roster->emptied != NULL && TAILQ_EMPTY(&roster->emptied->entries)) {
		HASH_DEL(roster->rooms, roster->emptied);
		room_destroy(roster->emptied);
	}
	roster->emptied = NULL;
}

enum roster_change
roster_enter(struct roster *roster, const struct envelope_entered *entered)
{
	struct roster_room **rooms = roster->collecting ? &roster->staged : &roster->rooms;
	struct roster_room *room;
	enum roster_change change;

	forget_emptied(roster);
	room = room_get(rooms, entered->room);
	change = room == NULL ? ROSTER_FAILED : room_enter(room, entered);
	return change == ROSTER_CHANGED && roster->collecting ? ROSTER_SAME : change;
}

enum roster_change
roster_exit(struct roster *roster, const struct envelope_exited *exited, struct buffer *name_out)
{
	struct roster_room *room;
	struct roster_entry *entry;

	forget_emptied(roster);
	room = room_find(roster->collecting ? roster->staged : roster->rooms, exited->room);
	entry = room == NULL ? NULL : id_map_get(&room->clients, exited->client);
	if (entry == NULL)
		return ROSTER_SAME;
	buffer_append_text(name_out, entry_name(entry));
	room_remove(room, entry);
	if (roster->collecting)
		return ROSTER_SAME;
	if (TAILQ_EMPTY(&room->entries))
		roster->emptied = room;
	return ROSTER_CHANGED;
}

void
roster_begin(struct roster *roster)
{
	roster_abandon(roster);
	roster->collecting = true;
}

void
roster_abandon(struct roster *roster)
{
	rooms_free(&roster->staged);
	roster->collecting = false;
}

bool
roster_is_known(const struct roster *roster)
{
	return roster->known;
}

/* True if somebody is in `room` who is not in `other`. */
static bool
has_others(const struct roster_room *room, const struct roster_room *other)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH (entry, &room->entries, place) {
		if (other == NULL || id_map_get(&other->clients, entry->client) == NULL)
			return true;
	}
	return false;
}

static void
tell_exits(const struct roster_room *old, const struct roster_room *new, uint64_t time,
    const struct roster_watcher *watcher)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH (entry, &old->entries, place) {
		struct envelope_exited exited = { room_name(old), entry->client, time };

		if (new == NULL || id_map_get(&new->clients, entry->client) == NULL)
			watcher->exited(watcher->context, &exited, entry_name(entry));
	}
}

static void
tell_entries(const struct roster_room *old, const struct roster_room *new,
    const struct roster_watcher *watcher)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH (entry, &new->entries, place) {
		struct envelope_entered entered = {
			.room = room_name(new),
			.client = entry->client,
			.name = entry_name(entry),
			.ordinal = entry->ordinal,
			.time = entry->time,
		};

		if (old == NULL || id_map_get(&old->clients, entry->client) == NULL)
			watcher->entered(watcher->context, &entered);
	}
}

/* Either may be NULL, not both. */
static void
tell_difference(const struct roster_room *old, struct roster_room *new, uint64_t time,
    const struct roster_watcher *watcher)
{
	bool exits = old != NULL && (new == NULL || has_others(old, new));
	bool entries = new != NULL && (old == NULL || has_others(new, old));

	if (!exits && !entries)
		return;
	watcher->changed(watcher->context, room_name(new == NULL ? old : new), new);
	if (exits)
		tell_exits(old, new, time, watcher);
	if (entries)
		tell_entries(old, new, watcher);
}

void
roster_commit(struct roster *roster, uint64_t time, const struct roster_watcher *watcher)
{
	struct roster_room *before, *room, *next;

	if (!roster->collecting)
		return;
	forget_emptied(roster);
	before = roster->rooms;
	roster->rooms = roster->staged;
	roster->staged = NULL;
	roster->collecting = false;
	HASH_ITER (hh, before, room, next) {
		tell_difference(room, room_find(roster->rooms, room_name(room)), time, watcher);
	}
	HASH_ITER (hh, roster->rooms, room, next) {
		if (room_find(before, room_name(room)) == NULL)
			tell_difference(NULL, room, time, watcher);
	}
	rooms_free(&before);
	roster->known = true;
}

struct roster_room *
roster_find(const struct roster *roster, struct text name)
{
	return room_find(roster->rooms, name);
}

void
roster_room_limit(struct roster_room *room, size_t limit, uint32_t client)
{
	struct roster_entry *own = id_map_get(&room->clients, client);
	struct roster_entry *entry = TAILQ_FIRST(&room->entries);
	struct roster_entry *last = NULL;

	room->end = NULL;
	room->extra = NULL;
	if (room->clients.count <= limit)
		return;
	for (; limit > 0; limit--) {
		if (entry == own)
			own = NULL;
		last = entry;
		entry = TAILQ_NEXT(entry, place);
	}
	room->end = own == NULL ? entry : last;
	room->extra = own;
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

	if (shown != NULL && shown == room->extra)
		return false;
	entry = shown == NULL ? TAILQ_FIRST(&room->entries) : TAILQ_NEXT(shown, place);
	if (entry == room->end)
		entry = room->extra;
	if (entry == NULL)
		return false;
	*cursor = (size_t)(uintptr_t)entry;
	*member_out = (struct roster_member){ entry->client, entry_name(entry) };
	return true;
}
