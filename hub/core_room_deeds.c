/*
 * What operators do to rooms: make, close and rename them. Members hear of it when the store has
 * kept it. Who may wish it is decided where wishes come in.
 */
#include <stdio.h>
#include <string.h>

#include "common/names.h"
#include "hub/core_events.h"
#include "hub/core_rooms.h"
#include "hub/core_state.h"

/* Read from the store at once. */
#define LOAD_PART 1000u

/* Where the next part begins, and whether all could be taken. */
struct loading {
	struct core *core;
	char last[ROOM_NAME_MAX];
	size_t length;
	unsigned rows;
	bool failed;
};

static bool
load_room(void *context, const struct store_room *room)
{
	struct loading *loading = context;

	loading->rows++;
	/* What is no name of a room was not written by us. */
	if (room->name.length > sizeof(loading->last) || !names_is_room(room->name)) {
		loading->failed = true;
		return false;
	}
	memcpy(loading->last, room->name.data, room->name.length);
	loading->length = room->name.length;
	loading->failed = !room_rules_make(loading->core->rules, room);
	return !loading->failed;
}

/* No room is an operator's. */
static void
unmake_all(struct room_rules *rules)
{
	const struct room_rule *rule = room_rules_next(rules, TEXT(""));
	char name[ROOM_NAME_MAX];
	size_t length;

	while (rule != NULL) {
		length = rule->name.length;
		memcpy(name, rule->name.data, length);
		room_rules_unmake(rules, rule->name);
		rule = room_rules_next(rules, (struct text){ name, length });
	}
}

bool
core_rooms_load(struct core *core)
{
	struct loading loading = { .core = core };

	unmake_all(core->rules);
	if (core->store->ops->read_rooms == NULL)
		return true;
	do {
		loading.rows = 0;
		if (!core->store->ops->read_rooms(core->store,
			(struct text){ loading.last, loading.length }, LOAD_PART, load_room,
			&loading))
			loading.failed = true;
	} while (!loading.failed && loading.rows == LOAD_PART);
	if (loading.failed)
		log_error(core->log, "the rooms that operators made could not be read",
		    log_u64("read", room_rules_made(core->rules)));
	return !loading.failed;
}

/* The open batch changes rooms. Its number. */
static uint64_t
changed(struct core *core)
{
	core->written = true;
	core->rooms_changed = core->last_batch + 1;
	return core->rooms_changed;
}

/* The resting stream of a room without members; NULL if it is not to be had. */
static struct stream *
resting_stream(struct core *core, struct text room)
{
	struct stream *stream = core_room_stream(core, room);

	if (stream != NULL)
		streams_rest(core->streams, stream);
	/* It may have been forgotten at once, if too many rest. */
	return stream == NULL ? NULL : streams_find_room(core->streams, room);
}

/* The room has a stream in which something was said. */
static bool
has_history(struct core *core, struct text room)
{
	struct stream *stream = streams_find_room(core->streams, room);

	if (stream == NULL)
		stream = resting_stream(core, room);
	return stream != NULL && stream->seq > 0 && !stream->removed;
}

static bool
exists(struct core *core, struct text room)
{
	return room_rules_find(core->rules, room) != NULL || has_history(core, room);
}

/* Puts one out of the room, saying why. */
static void
put_out(struct core *core, struct now now, struct member *member, enum left_reason reason,
    struct text renamed)
{
	const struct envelope_left left = {
		.conn = member->client->conn,
		.room = member->room->name,
		.reason = reason,
		.renamed = renamed,
	};
	struct event event;

	if (!member->client->lingers)
		core_tell(core, core_slot_bit(member->client->slot), ENVELOPE_LEFT, &left);
	event = core_event(core, member->client, now, EVENT_LEFT);
	event.code = (uint32_t)reason;
	event.texts[EVENT_ROOM] = member->room->name;
	events_note(core->events, &event);
	core_room_leave(core, now, member);
}

/* It is being renamed or removed: what is begun now could not be done to its end. */
static bool
is_changing(struct core *core, struct text room)
{
	const struct stream *stream = streams_find_room(core->streams, room);

	return stream != NULL && stream->changing != 0;
}

/* All members, or those only who may not read any more. The room ends with its last one. */
static unsigned
put_many_out(struct core *core, struct now now, struct text name, enum left_reason reason,
    struct text renamed)
{
	struct room *room = presence_room(core->presence, name);
	unsigned left = room != NULL ? room->count : 0;
	unsigned count = 0;

	if (left > 0)
		presence_order(room);
	while (left-- > 0) {
		struct member *member = room->members[left];

		if (reason == LEFT_FORBIDDEN &&
		    core_room_allows(core, member->client, name, ROOM_READ))
			continue;
		put_out(core, now, member, reason, renamed);
		count++;
	}
	return count;
}

unsigned
core_room_put_out(struct core *core, struct now now, struct text name)
{
	return put_many_out(core, now, name, LEFT_FORBIDDEN, TEXT(""));
}

enum core_room_result
core_room_create(
    struct core *core, struct now now, const struct store_room *wanted, struct core_deed *deed_out)
{
	const struct room_rule *rule = room_rules_find(core->rules, wanted->name);
	struct store_room room = *wanted;

	if (rule != NULL && rule->is_made)
		return CORE_ROOM_EXISTS;
	if (!text_is_empty(room.class_name) &&
	    room_rules_class_named(core->rules, room.class_name) == NULL)
		return CORE_ROOM_NO_CLASS;
	if (room_rules_made(core->rules) >= core->limits.rooms_max)
		return CORE_ROOM_TOO_MANY;
	room.created_ms = now.wall_ms;
	if (core->store->ops->put_room == NULL || !core->store->ops->put_room(core->store, &room))
		return CORE_ROOM_NOT_STORED;
	deed_out->batch = changed(core);
	if (!room_rules_make(core->rules, &room)) {
		(void)core->store->ops->remove_room(core->store, room.name);
		return CORE_ROOM_NOT_STORED;
	}
	deed_out->affected = core_room_put_out(core, now, room.name);
	return CORE_ROOM_DONE;
}

enum core_room_result
core_room_close(struct core *core, struct now now, struct text name, struct core_deed *deed_out)
{
	const struct room_rule *rule = room_rules_find(core->rules, name);
	struct stream *stream;

	if (!exists(core, name))
		return CORE_ROOM_UNKNOWN;
	if (core->store->ops->remove_stream == NULL || is_changing(core, name))
		return CORE_ROOM_NOT_STORED;
	if (rule != NULL && rule->is_made) {
		if (!core->store->ops->remove_room(core->store, name))
			return CORE_ROOM_NOT_STORED;
		room_rules_unmake(core->rules, name);
	}
	deed_out->batch = changed(core);
	deed_out->affected = put_many_out(core, now, name, LEFT_ROOM_CLOSED, TEXT(""));
	stream = resting_stream(core, name);
	if (stream == NULL || !streams_remove(core->streams, stream, deed_out->batch))
		return CORE_ROOM_NOT_STORED;
	return CORE_ROOM_DONE;
}

/* What an operator said of the room goes with it. */
static bool
move_rule(struct core *core, struct text from, struct text to)
{
	const struct room_rule *rule = room_rules_find(core->rules, from);
	struct store_room row;

	if (rule == NULL || !rule->is_made)
		return true;
	row = room_rules_row(rule);
	row.name = to;
	if (!core->store->ops->put_room(core->store, &row) ||
	    !core->store->ops->remove_room(core->store, from) ||
	    !room_rules_make(core->rules, &row))
		return false;
	room_rules_unmake(core->rules, from);
	return true;
}

enum core_room_result
core_room_rename(
    struct core *core, struct now now, struct text from, struct text to, struct core_deed *deed_out)
{
	char name[STREAMS_ROOM_PREFIX + ROOM_NAME_MAX + 1];
	struct stream *stream;
	int length;

	if (!exists(core, from))
		return CORE_ROOM_UNKNOWN;
	if (exists(core, to))
		return CORE_ROOM_EXISTS;
	if (core->store->ops->rename_stream == NULL || is_changing(core, from))
		return CORE_ROOM_NOT_STORED;
	deed_out->batch = changed(core);
	deed_out->affected = put_many_out(core, now, from, LEFT_ROOM_RENAMED, to);
	stream = resting_stream(core, from);
	length = snprintf(name, sizeof(name), STREAMS_ROOM "%.*s", (int)to.length, to.data);
	if (stream == NULL ||
	    !streams_rename(
		core->streams, stream, (struct text){ name, (size_t)length }, deed_out->batch) ||
	    !move_rule(core, from, to))
		return CORE_ROOM_NOT_STORED;
	return CORE_ROOM_DONE;
}
