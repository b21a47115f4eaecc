/*
 * Presence as the hub tells it. Owns rooms, their members and the order of these; knows neither
 * sessions nor what is said about a change. Members as users are roster_users.c's.
 */
#include "gateway/roster.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/roster_room.h"
#include "gateway/roster_shown.h"

struct roster {
	struct roster_room *rooms;
	struct roster_room *staged;
	struct roster_room *emptied; /* kept for a moment: the last exit is told with it */
	struct roster_entry *gone;   /* likewise, who left last                          */
	struct room_user *gone_user; /* and its user, if that was its last connection    */
	struct roster_move move;
	struct roster_window window;
	uint64_t past_version; /* no room that is gone has counted further */
	bool collecting;
	bool known;
};

struct roster *
roster_create(size_t shown)
{
	struct roster *roster = calloc(1, sizeof(*roster));

	if (roster != NULL)
		roster->window.limit = shown;
	return roster;
}

void
roster_set_shown(struct roster *roster, size_t shown)
{
	struct roster_room *room, *next;

	if (shown == roster->window.limit)
		return;
	roster->window.limit = shown;
	HASH_ITER (hh, roster->rooms, room, next)
		roster_shown_anew(&roster->window, room, NULL);
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
room_get(struct roster *roster, struct roster_room **rooms, struct text name)
{
	struct roster_room *room = room_find(*rooms, name);

	if (room != NULL)
		return room;
	room = calloc(1, sizeof(*room) + name.length + 1);
	if (room == NULL)
		return NULL;
	memcpy(room->name, name.data, name.length);
	room->name_length = name.length;
	room->version = roster->past_version;
	TAILQ_INIT(&room->entries);
	roster_shown_otherwise(&roster->window, room);
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
	roster_users_free(&room->users);
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
	free(doomed->gone);
	free(doomed->gone_user);
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
room_enter(struct roster *roster, struct roster_room *room, const struct envelope_entered *entered)
{
	struct roster_entry *entry;

	if (id_map_get(&room->clients, entered->client) != NULL)
		return ROSTER_SAME;
	entry = malloc(sizeof(*entry) + entered->name.length);
	if (entry == NULL || !id_map_put(&room->clients, entered->client, entry)) {
		free(entry);
		return ROSTER_FAILED;
	}
	entry->user = NULL;
	entry->ordinal = entered->ordinal;
	entry->time = entered->time;
	entry->client = entered->client;
	entry->name_length = (uint32_t)entered->name.length & INT32_MAX;
	entry->shown = false;
	if (entered->name.length > 0)
		memcpy(entry->name, entered->name.data, entered->name.length);
	if (!roster_users_add(&room->users, entry, entered->user)) {
		id_map_remove(&room->clients, entered->client);
		free(entry);
		return ROSTER_FAILED;
	}
	if (room->users.unordered)
		TAILQ_INSERT_TAIL(&room->entries, entry, place);
	else
		insert_in_order(room, entry);
	roster_shown_inserted(&roster->window, room, entry);
	roster->move.who = roster_entry_user(entry);
	roster->move.edge = room_user_first(entry->user) == entry;
	roster->move.first = roster->move.edge;
	room->version += roster->move.edge;
	return ROSTER_CHANGED;
}

/* The caller frees the entry. */
static void
room_remove(struct roster *roster, struct roster_room *room, struct roster_entry *entry)
{
	bool was_first = room_user_first(entry->user) == entry;

	if (room->latest == entry)
		room->latest = NULL;
	roster_shown_removing(&roster->window, room, entry);
	id_map_remove(&room->clients, entry->client);
	TAILQ_REMOVE(&room->entries, entry, place);
	roster->gone = entry;
	roster->gone_user = roster_users_remove(&room->users, entry);
	roster->move =
	    (struct roster_move){ roster_entry_user(entry), roster->gone_user != NULL, was_first };
	room->version += roster->move.edge;
}

/* Whoever knew a number of it does not find the same in another room of its name. */
static void
version_ends(struct roster *roster, uint64_t version)
{
	if (version > roster->past_version)
		roster->past_version = version;
}

/* What was kept of the last change. */
static void
forget_last(struct roster *roster)
{
	free(roster->gone);
	free(roster->gone_user);
	roster->gone = NULL;
	roster->gone_user = NULL;
	roster->move = (struct roster_move){ .edge = false };
	if (roster->emptied != NULL && TAILQ_EMPTY(&roster->emptied->entries)) {
		version_ends(roster, roster->emptied->version);
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

	forget_last(roster);
	room = room_get(roster, rooms, entered->room);
	if (room != NULL && roster->collecting && TAILQ_EMPTY(&room->entries))
		roster_users_begin(&room->users);
	change = room == NULL ? ROSTER_FAILED : room_enter(roster, room, entered);
	return change == ROSTER_CHANGED && roster->collecting ? ROSTER_SAME : change;
}

enum roster_change
roster_exit(struct roster *roster, const struct envelope_exited *exited, struct buffer *name_out)
{
	struct roster_room *room;
	struct roster_entry *entry;

	forget_last(roster);
	room = room_find(roster->collecting ? roster->staged : roster->rooms, exited->room);
	entry = room == NULL ? NULL : id_map_get(&room->clients, exited->client);
	if (entry == NULL)
		return ROSTER_SAME;
	buffer_append_text(name_out, roster_entry_name(entry));
	room_remove(roster, room, entry);
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

static int
compare_ordinals(const void *a, const void *b)
{
	uint64_t left = (*(struct roster_entry *const *)a)->ordinal;
	uint64_t right = (*(struct roster_entry *const *)b)->ordinal;

	return (left > right) - (left < right);
}

static bool
is_in_order(const struct roster_room *room)
{
	const struct roster_entry *entry;
	uint64_t last = 0;

	TAILQ_FOREACH (entry, &room->entries, place) {
		if (entry->ordinal < last)
			return false;
		last = entry->ordinal;
	}
	return true;
}

/*
 * What was collected came in any order, and is brought into its own at once. Without the memory for
 * it the list is complete all the same, in the order of its arrival.
 */
static void
room_order(struct roster_room *room)
{
	size_t count = room->clients.count;
	struct roster_entry **sorted = NULL;
	struct roster_entry *entry;
	size_t at = 0;

	if (!is_in_order(room))
		sorted = malloc(count * sizeof(struct roster_entry *));
	if (sorted != NULL) {
		TAILQ_FOREACH (entry, &room->entries, place)
			sorted[at++] = entry;
		qsort(sorted, count, sizeof(struct roster_entry *), compare_ordinals);
		TAILQ_INIT(&room->entries);
		for (at = 0; at < count; at++)
			TAILQ_INSERT_TAIL(&room->entries, sorted[at], place);
		free(sorted);
	}
	roster_users_order(&room->users, &room->entries);
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

/* True if the entry's user has no connection in `other`, which may be NULL. */
static bool
user_is_new_to(const struct roster_room *other, const struct roster_entry *entry)
{
	return other == NULL || roster_users_find(&other->users, room_user_id(entry->user)) == NULL;
}

static void
tell_exits(struct roster *roster, const struct roster_room *old, struct roster_room *new,
    uint64_t time, const struct roster_watcher *watcher)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH (entry, &old->entries, place) {
		struct envelope_exited exited = { room_name(old), entry->client, time };

		if (new != NULL && id_map_get(&new->clients, entry->client) != NULL)
			continue;
		roster->move = (struct roster_move){ roster_entry_user(entry),
			user_is_new_to(new, entry) && room_user_last(entry->user) == entry,
			room_user_first(entry->user) == entry };
		if (new != NULL)
			new->version += roster->move.edge;
		watcher->exited(watcher->context, &exited, roster_entry_name(entry));
	}
}

static void
tell_entries(struct roster *roster, const struct roster_room *old, struct roster_room *new,
    const struct roster_watcher *watcher)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH (entry, &new->entries, place) {
		struct envelope_entered entered = {
			.room = room_name(new),
			.client = entry->client,
			.name = roster_entry_name(entry),
			.ordinal = entry->ordinal,
			.time = entry->time,
			.user = room_user_id(entry->user),
		};

		if (old != NULL && id_map_get(&old->clients, entry->client) != NULL)
			continue;
		roster->move = (struct roster_move){ roster_entry_user(entry),
			user_is_new_to(old, entry) && room_user_first(entry->user) == entry,
			room_user_first(entry->user) == entry };
		new->version += roster->move.edge;
		watcher->entered(watcher->context, &entered);
	}
}

/* Either may be NULL, not both. */
static void
tell_difference(struct roster *roster, const struct roster_room *old, struct roster_room *new,
    uint64_t time, const struct roster_watcher *watcher)
{
	bool exits = old != NULL && (new == NULL || has_others(old, new));
	bool entries = new != NULL && (old == NULL || has_others(new, old));

	/* Each change counts, as without a new roster: whoever came itself knows of one of them. */
	if (new != NULL)
		new->version = old == NULL ? roster->past_version : old->version;
	else
		version_ends(roster, old->version + old->clients.count);
	if (!exits && !entries)
		return;
	watcher->changed(watcher->context, room_name(new == NULL ? old : new), new);
	if (exits)
		tell_exits(roster, old, new, time, watcher);
	if (entries)
		tell_entries(roster, old, new, watcher);
}

void
roster_commit(struct roster *roster, uint64_t time, const struct roster_watcher *watcher)
{
	struct roster_room *before, *room, *next;

	if (!roster->collecting)
		return;
	forget_last(roster);
	before = roster->rooms;
	roster->rooms = roster->staged;
	roster->staged = NULL;
	roster->collecting = false;
	HASH_ITER (hh, roster->rooms, room, next) {
		room_order(room);
		roster_shown_anew(&roster->window, room, room_find(before, room_name(room)));
	}
	HASH_ITER (hh, before, room, next) {
		tell_difference(
		    roster, room, room_find(roster->rooms, room_name(room)), time, watcher);
	}
	HASH_ITER (hh, roster->rooms, room, next) {
		if (room_find(before, room_name(room)) == NULL)
			tell_difference(roster, NULL, room, time, watcher);
	}
	roster->move = (struct roster_move){ .edge = false };
	rooms_free(&before);
	roster->known = true;
}

struct roster_room *
roster_find(const struct roster *roster, struct text name)
{
	return room_find(roster->rooms, name);
}

uint64_t
roster_users_version(const struct roster *roster, struct text name)
{
	const struct roster_room *room = room_find(roster->rooms, name);

	return room == NULL ? roster->past_version : room->version;
}

const struct roster_move *
roster_last_move(const struct roster *roster)
{
	return &roster->move;
}
