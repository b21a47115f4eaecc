/*
 * Positions of streams. Does not know who hears them nor what is said in them.
 */
#include "hub/streams.h"

#include <stdlib.h>

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

static struct stream *
load(struct streams *streams, struct text name)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	char *copy = text_duplicate(name);
	struct store_stream wanted = { .name = name, .durability = STORE_DISK };
	struct store_position position;

	if (stream == NULL || copy == NULL) {
		free(stream);
		free(copy);
		return NULL;
	}
	stream->name = (struct text){ copy, name.length };
	if (!streams->store->ops->open_stream(streams->store, &wanted, &position) ||
	    !table_insert(&streams->by_name, table_hash_text(streams->key, name), stream)) {
		stream_free(stream);
		return NULL;
	}
	stream->epoch = position.epoch;
	stream->committed = position.seq;
	stream->seq = stream->committed;
	list_append(&streams->used, stream);
	return stream;
}

/* "room/lobby" of "lobby", valid until the next call; empty without memory. */
static struct text
name_of(struct streams *streams, struct text room)
{
	buffer_clear(&streams->name);
	buffer_append_text(&streams->name, TEXT("room/"));
	buffer_append_text(&streams->name, room);
	return streams->name.failed ? (struct text){ 0 } : buffer_text(&streams->name);
}

static struct stream *
find(const struct streams *streams, struct text name)
{
	return table_find(&streams->by_name, table_hash_text(streams->key, name), has_name, &name);
}

struct stream *
streams_find(struct streams *streams, struct text room)
{
	return find(streams, name_of(streams, room));
}

struct stream *
streams_room(struct streams *streams, struct text room)
{
	struct text name = name_of(streams, room);
	struct stream *stream = find(streams, name);

	if (text_is_empty(name))
		return NULL;
	if (stream == NULL)
		return load(streams, name);
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
		if (oldest->seq != oldest->committed) {
			/* What was said last is on its way: later. */
			list_remove(&streams->resting, oldest);
			list_append(&streams->resting, oldest);
			break;
		}
		forget(streams, oldest);
	}
}

static void
list_roll_back(const struct stream_list *list)
{
	for (struct stream *stream = list->first; stream != NULL; stream = stream->next)
		stream->seq = stream->committed;
}

void
streams_roll_back(struct streams *streams)
{
	list_roll_back(&streams->used);
	list_roll_back(&streams->resting);
}
