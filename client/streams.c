/* Places in streams. Knows no connection and shows nothing. */
#include "client/streams.h"

#include <stdlib.h>
#include <string.h>

#include "common/names.h"

void
streams_init(struct streams *streams, size_t max)
{
	*streams = (struct streams){ .max = max };
}

void
streams_free(struct streams *streams)
{
	free(streams->rooms);
	streams_init(streams, streams->max);
}

struct stream *
streams_find(const struct streams *streams, struct text room)
{
	for (size_t i = 0; i < streams->count; i++) {
		if (text_equal(text_of(streams->rooms[i].room), room))
			return &streams->rooms[i];
	}
	return NULL;
}

struct stream *
streams_enter(struct streams *streams, struct text room)
{
	struct stream *found = streams_find(streams, room);
	struct stream *grown;

	if (found != NULL)
		return found;
	if (!names_is_room(room) || streams->count == streams->max)
		return NULL;
	grown = realloc(streams->rooms, (streams->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	streams->rooms = grown;
	found = &grown[streams->count++];
	*found = (struct stream){ .known = false };
	memcpy(found->room, room.data, room.length);
	return found;
}

void
streams_leave(struct streams *streams, struct text room)
{
	struct stream *found = streams_find(streams, room);
	size_t index;

	if (found == NULL)
		return;
	index = (size_t)(found - streams->rooms);
	streams->count--;
	memmove(found, found + 1, (streams->count - index) * sizeof(*found));
}

void
streams_welcomed(struct streams *streams, const struct frame *welcome)
{
	struct streams before = *streams;
	struct room_entry room;
	size_t cursor = 0;

	streams->rooms = NULL;
	streams->count = 0;
	while (frame_room(welcome, &cursor, &room)) {
		struct stream *old = streams_find(&before, room.room);
		struct stream *stream = streams_enter(streams, room.room);

		if (stream == NULL)
			continue;
		stream->at = old != NULL && old->known ? old->at : room.at;
		stream->known = true;
	}
	/* Of one's own inbox all that was not read follows, of another's all there is. */
	if (!welcome->resumed || !streams->inbox_known) {
		streams->inbox = welcome->inbox;
		streams->inbox.seq = welcome->read;
		streams->inbox_known = true;
	}
	streams_free(&before);
}

/* True for what lies behind `at`, which then moves on to it. */
static bool
move_on(struct place *at, struct place to)
{
	if (to.epoch == NUMBER_ABSENT || to.seq == NUMBER_ABSENT)
		return true;
	if (at->epoch == to.epoch && to.seq <= at->seq)
		return false;
	*at = to;
	return true;
}

bool
streams_take(struct streams *streams, const struct frame *message)
{
	struct stream *stream;

	if (message->kind == FRAME_PRIVATE) {
		if (!streams->inbox_known && message->at.epoch != NUMBER_ABSENT) {
			streams->inbox = message->at;
			streams->inbox_known = true;
			return true;
		}
		return move_on(&streams->inbox, message->at);
	}
	stream = streams_find(streams, message->room);
	if (stream == NULL)
		return message->at.epoch == NUMBER_ABSENT;
	stream->known = true;
	return move_on(&stream->at, message->at);
}

void
streams_gap(struct streams *streams, const struct frame *gap)
{
	bool begins_anew = text_equal(gap->reason, TEXT("epoch"));
	struct place at = { begins_anew ? 0 : gap->at.epoch, begins_anew ? 0 : gap->last };
	struct stream *stream;

	if (gap->room.data == NULL) {
		streams->inbox = at;
		streams->inbox_known = true;
		return;
	}
	stream = streams_find(streams, gap->room);
	if (stream == NULL)
		return;
	stream->at = at;
	stream->known = true;
}

static void
write_place(struct buffer *out, struct place at)
{
	buffer_append_byte(out, '[');
	buffer_append_u64(out, at.epoch);
	buffer_append_byte(out, ',');
	buffer_append_u64(out, at.seq);
	buffer_append_byte(out, ']');
}

void
streams_write(const struct streams *streams, struct buffer *out)
{
	buffer_append_byte(out, '{');
	for (size_t i = 0; i < streams->count; i++) {
		/* A room's name needs no escaping. */
		buffer_printf(
		    out, "%s\"%s\":", i > 0 ? "," : "\"rooms\":{", streams->rooms[i].room);
		if (streams->rooms[i].known)
			write_place(out, streams->rooms[i].at);
		else
			buffer_append_string(out, "null");
	}
	if (streams->count > 0)
		buffer_append_byte(out, '}');
	if (streams->inbox_known) {
		buffer_append_string(out, streams->count > 0 ? ",\"inbox\":" : "\"inbox\":");
		write_place(out, streams->inbox);
	}
	buffer_append_byte(out, '}');
}

static bool
read_place(const struct json_node *node, struct place *at)
{
	return json_node_length(node) == 2 &&
	       json_node_integer(json_node_element(node, 0), &at->epoch) == JSON_FOUND &&
	       json_node_integer(json_node_element(node, 1), &at->seq) == JSON_FOUND;
}

bool
streams_read(struct streams *streams, const struct json_node *since)
{
	const struct json_node *rooms = json_node_member(since, "rooms");
	const struct json_node *inbox = json_node_member(since, "inbox");
	const struct json_node *value;
	void *cursor = NULL;
	struct text room;

	if (!json_node_is_object(since) || (rooms != NULL && !json_node_is_object(rooms)))
		return false;
	while (rooms != NULL && json_node_next(rooms, &cursor, &room, &value)) {
		struct stream *stream = streams_enter(streams, room);

		if (stream == NULL)
			return false;
		stream->known = !json_node_is_null(value);
		if (stream->known && !read_place(value, &stream->at))
			return false;
	}
	streams->inbox_known = inbox != NULL;
	return inbox == NULL || read_place(inbox, &streams->inbox);
}
