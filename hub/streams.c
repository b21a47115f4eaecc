/*
 * Positions of streams. Does not know who hears them nor what is said in them.
 */
#include "hub/streams.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

struct stream_list {
	struct stream *first;
	struct stream *last;
};

struct streams {
	struct store *store;
	struct table_key key;
	struct table by_name;
	struct stream_list used;
	struct stream_list resting; /* the longest first */
	unsigned resting_count;
	unsigned resting_max;
	unsigned changing;  /* streams that a batch under way renames or removes */
	struct buffer name; /* scratch */
};

struct streams *
streams_create(struct store *store, struct table_key key, unsigned resting_max)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		return NULL;
	streams->store = store;
	streams->key = key;
	streams->resting_max = resting_max;
	table_init(&streams->by_name);
	buffer_init(&streams->name, 0);
	return streams;
}

static void
stream_free(struct stream *stream)
{
	free((char *)stream->name.data);
	free((char *)stream->former.data);
	free(stream);
}

static void
list_free(struct stream_list *list)
{
	while (list->first != NULL) {
		struct stream *stream = list->first;

		list->first = stream->next;
		stream_free(stream);
	}
}

void
streams_destroy(struct streams **streams)
{
	struct streams *doomed = *streams;

	if (doomed == NULL)
		return;
	*streams = NULL;
	list_free(&doomed->used);
	list_free(&doomed->resting);
	table_free(&doomed->by_name);
	buffer_free(&doomed->name);
	free(doomed);
}

static void
list_append(struct stream_list *list, struct stream *stream)
{
	stream->next = NULL;
	stream->previous = list->last;
	if (list->last != NULL)
		list->last->next = stream;
	else
		list->first = stream;
	list->last = stream;
}

static void
list_remove(struct stream_list *list, struct stream *stream)
{
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	else
		list->last = stream->previous;
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		list->first = stream->next;
}

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct stream *)item)->name, *(const struct text *)key);
}

static void
take_position(struct stream *stream, const struct store_position *position)
{
	stream->epoch = position->epoch;
	stream->committed = position->seq;
	stream->seq = position->seq;
	stream->first = position->first;
	stream->mark = position->mark;
	stream->unread_bytes = position->unread_bytes;
}

static struct stream *
load(struct streams *streams, const struct store_stream *wanted)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	char *copy = text_duplicate(wanted->name);
	struct store_position position;

	if (stream == NULL || copy == NULL) {
		free(stream);
		free(copy);
		return NULL;
	}
	stream->name = (struct text){ copy, wanted->name.length };
	stream->durability = wanted->durability;
	stream->keep = wanted->keep;
	stream->inbox = wanted->inbox;
	if (!streams->store->ops->open_stream(streams->store, wanted, &position) ||
	    !table_insert(&streams->by_name, table_hash_text(streams->key, wanted->name), stream)) {
		stream_free(stream);
		return NULL;
	}
	take_position(stream, &position);
	list_append(&streams->used, stream);
	return stream;
}

struct text
streams_room_name(struct streams *streams, struct text room)
{
	buffer_clear(&streams->name);
	buffer_append_text(&streams->name, TEXT(STREAMS_ROOM));
	buffer_append_text(&streams->name, room);
	return streams->name.failed ? (struct text){ 0 } : buffer_text(&streams->name);
}

struct text
streams_room_of(struct text name)
{
	if (name.length < STREAMS_ROOM_PREFIX ||
	    memcmp(name.data, STREAMS_ROOM, STREAMS_ROOM_PREFIX) != 0)
		return (struct text){ 0 };
	return (struct text){ name.data + STREAMS_ROOM_PREFIX, name.length - STREAMS_ROOM_PREFIX };
}

struct stream *
streams_find(struct streams *streams, struct text name)
{
	return table_find(&streams->by_name, table_hash_text(streams->key, name), has_name, &name);
}

struct stream *
streams_find_room(struct streams *streams, struct text room)
{
	return streams_find(streams, streams_room_name(streams, room));
}

/* A stream was called so until a batch that is under way is kept. */
static bool
is_former(const struct streams *streams, struct text name)
{
	if (streams->changing == 0)
		return false;
	for (const struct stream *s = streams->resting.first; s != NULL; s = s->next) {
		if (s->changing != 0 && text_equal(s->former, name))
			return true;
	}
	return false;
}

struct stream *
streams_get(struct streams *streams, const struct store_stream *wanted)
{
	struct stream *stream;

	if (text_is_empty(wanted->name))
		return NULL;
	stream = streams_find(streams, wanted->name);
	if (stream == NULL)
		return is_former(streams, wanted->name) ? NULL : load(streams, wanted);
	if (stream->changing != 0)
		return NULL;
	if (stream->resting) {
		stream->resting = false;
		list_remove(&streams->resting, stream);
		streams->resting_count--;
		list_append(&streams->used, stream);
	}
	return stream;
}

static void
forget(struct streams *streams, struct stream *stream)
{
	list_remove(&streams->resting, stream);
	streams->resting_count--;
	table_remove(&streams->by_name, table_hash_text(streams->key, stream->name), stream);
	if (!stream->removed)
		streams->store->ops->close_stream(streams->store, stream->name);
	stream_free(stream);
}

void
streams_rest(struct streams *streams, struct stream *stream)
{
	struct stream *oldest;

	stream->resting = true;
	list_remove(&streams->used, stream);
	list_append(&streams->resting, stream);
	streams->resting_count++;
	while (streams->resting_count > streams->resting_max) {
		oldest = streams->resting.first;
		if (oldest->seq != oldest->committed || oldest->changing != 0) {
			/* What was said last is on its way: later. */
			list_remove(&streams->resting, oldest);
			list_append(&streams->resting, oldest);
			break;
		}
		forget(streams, oldest);
	}
}

static void
begin_change(struct streams *streams, struct stream *stream, uint64_t batch)
{
	stream->changing = batch;
	streams->changing++;
}

static void
end_change(struct streams *streams, struct stream *stream)
{
	free((char *)stream->former.data);
	stream->former = (struct text){ 0 };
	stream->changing = 0;
	streams->changing--;
}

bool
streams_remove(struct streams *streams, struct stream *stream, uint64_t batch)
{
	if (!stream->resting || stream->changing != 0 ||
	    !streams->store->ops->remove_stream(streams->store, stream->name))
		return false;
	stream->removed = true;
	begin_change(streams, stream, batch);
	return true;
}

/* Gives a stream another name, which it takes over; false without memory. */
static bool
change_name(struct streams *streams, struct stream *stream, struct text name)
{
	if (!table_insert(&streams->by_name, table_hash_text(streams->key, name), stream))
		return false;
	table_remove(&streams->by_name, table_hash_text(streams->key, stream->name), stream);
	stream->name = name;
	return true;
}

bool
streams_rename(struct streams *streams, struct stream *stream, struct text name, uint64_t batch)
{
	struct text former = stream->name;
	struct text copy = { text_duplicate(name), name.length };
	struct stream *other = streams_find(streams, name);

	/* One in which nothing was said yet gives way. */
	if (other != NULL && other->resting && other->changing == 0 && other->seq == 0) {
		forget(streams, other);
		other = NULL;
	}
	if (copy.data == NULL || !stream->resting || stream->changing != 0 || other != NULL ||
	    !streams->store->ops->rename_stream(streams->store, former, name) ||
	    !change_name(streams, stream, copy)) {
		free((char *)copy.data);
		return false;
	}
	stream->former = former;
	begin_change(streams, stream, batch);
	return true;
}

void
streams_kept(struct streams *streams, uint64_t batch)
{
	struct stream *next;

	if (streams->changing == 0)
		return;
	for (struct stream *stream = streams->resting.first; stream != NULL; stream = next) {
		next = stream->next;
		/* What was said before must have left: it points here. */
		if (stream->changing == 0 || stream->changing > batch ||
		    stream->seq != stream->committed)
			continue;
		end_change(streams, stream);
		if (stream->removed)
			forget(streams, stream);
	}
}

/* The rename or removal was not kept. */
static void
undo_change(struct streams *streams, struct stream *stream)
{
	struct text wrong = stream->name;

	stream->removed = false;
	if (!text_is_empty(stream->former) && change_name(streams, stream, stream->former))
		stream->former = wrong;
	end_change(streams, stream);
}

static void
roll_back(struct streams *streams, struct stream *stream, uint64_t kept)
{
	const struct store_stream known = {
		.name = stream->name,
		.durability = stream->durability,
		.keep = stream->keep,
		.inbox = stream->inbox,
	};
	struct store_position position;

	stream->seq = stream->committed;
	if (stream->changing != 0)
		undo_change(streams, stream);
	/*
	 * Marks are not counted twice, so what is kept of them is asked for again: of the few
	 * that may have changed, for the others may be very many.
	 */
	if (!stream->inbox || stream->touched <= kept ||
	    !streams->store->ops->open_stream(streams->store, &known, &position))
		return;
	stream->mark = position.mark;
	stream->unread_bytes = position.unread_bytes;
}

static void
list_roll_back(struct streams *streams, const struct stream_list *list, uint64_t kept)
{
	for (struct stream *stream = list->first; stream != NULL; stream = stream->next)
		roll_back(streams, stream, kept);
}

void
streams_roll_back(struct streams *streams, uint64_t kept)
{
	list_roll_back(streams, &streams->used, kept);
	list_roll_back(streams, &streams->resting, kept);
}
