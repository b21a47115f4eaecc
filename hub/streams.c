/*
 * Positions of streams. Does not know who hears them nor what is said in them.
 */
#include "hub/streams.h"

#include <stdlib.h>

#include "common/buffer.h"

/*
 * A stream outlives its room, for its numbers go on when somebody comes back. So there must be an
 * end to how many a gateway can make.
 */
#define STREAMS_MAX 65536u

struct streams {
	struct store *store;
	struct table_key key;
	struct table by_name;
	struct stream *first;
	unsigned count;
	struct buffer name; /* scratch */
};

struct streams *
streams_create(struct store *store, struct table_key key)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		return NULL;
	streams->store = store;
	streams->key = key;
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

void
streams_destroy(struct streams **streams)
{
	struct streams *doomed = *streams;

	if (doomed == NULL)
		return;
	*streams = NULL;
	while (doomed->first != NULL) {
		struct stream *stream = doomed->first;

		doomed->first = stream->next;
		stream_free(stream);
	}
	table_free(&doomed->by_name);
	buffer_free(&doomed->name);
	free(doomed);
}

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct stream *)item)->name, *(const struct text *)key);
}

static struct stream *
load(struct streams *streams, struct text name, uint64_t hash)
{
	struct stream *stream;
	char *copy;

	if (streams->count == STREAMS_MAX)
		return NULL;
	stream = calloc(1, sizeof(*stream));
	copy = text_duplicate(name);
	if (stream == NULL || copy == NULL) {
		free(stream);
		free(copy);
		return NULL;
	}
	stream->name = (struct text){ copy, name.length };
	if (!streams->store->ops->open_stream(
		streams->store, name, &stream->epoch, &stream->committed) ||
	    !table_insert(&streams->by_name, hash, stream)) {
		stream_free(stream);
		return NULL;
	}
	stream->seq = stream->committed;
	stream->next = streams->first;
	streams->first = stream;
	streams->count++;
	return stream;
}

struct stream *
streams_room(struct streams *streams, struct text room)
{
	struct stream *stream;
	struct text name;
	uint64_t hash;

	buffer_clear(&streams->name);
	buffer_append_text(&streams->name, TEXT("room/"));
	buffer_append_text(&streams->name, room);
	if (streams->name.failed)
		return NULL;
	name = buffer_text(&streams->name);
	hash = table_hash_text(streams->key, name);
	stream = table_find(&streams->by_name, hash, has_name, &name);
	return stream != NULL ? stream : load(streams, name, hash);
}

void
streams_roll_back(struct streams *streams)
{
	for (struct stream *stream = streams->first; stream != NULL; stream = stream->next)
		stream->seq = stream->committed;
}
