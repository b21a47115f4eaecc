/*
 * Streams of the store in RAM: where they stand and what of them is kept. A stream that nobody has
 * open goes on to be remembered, the longest at rest being forgotten beyond a bound, for mail waits
 * there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/random.h"
#include "hub/store_memory_private.h"

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct memory_stream *)item)->name, *(const struct text *)key);
}

struct memory_stream *
store_memory_stream(const struct store_memory *memory, struct text name)
{
	return table_find(&memory->by_stream, table_hash_text(memory->key, name), has_name, &name);
}

static void
list_append(struct store_memory *memory, struct memory_stream *stream)
{
	stream->next = NULL;
	stream->previous = memory->last_stream;
	if (memory->last_stream != NULL)
		memory->last_stream->next = stream;
	else
		memory->first_stream = stream;
	memory->last_stream = stream;
}

static void
list_remove(struct store_memory *memory, struct memory_stream *stream)
{
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	else
		memory->last_stream = stream->previous;
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		memory->first_stream = stream->next;
}

struct store_message *
store_memory_message(const struct memory_stream *stream, size_t index)
{
	return stream->messages[stream->head + index];
}

uint64_t
store_memory_message_size(const struct store_message *message)
{
	return message->content.length + message->extra.length;
}

void
store_memory_drop_first(struct store_memory *memory, struct memory_stream *stream)
{
	struct store_message *message = store_memory_message(stream, 0);

	if (message->seq > stream->mark)
		stream->unread_bytes -= message->content.length;
	stream->bytes -= store_memory_message_size(message);
	memory->bytes -= store_memory_message_size(message);
	memory->message_count--;
	free(message);
	stream->head++;
	stream->count--;
	stream->first++;
}

static void
stream_free(struct store_memory *memory, struct memory_stream *stream)
{
	while (stream->count > 0)
		store_memory_drop_first(memory, stream);
	free(stream->messages);
	free((char *)stream->name.data);
	free(stream);
}

static void
unlink_stream(struct store_memory *memory, struct memory_stream *stream)
{
	table_remove(&memory->by_stream, table_hash_text(memory->key, stream->name), stream);
	list_remove(memory, stream);
}

static struct memory_stream *
stream_create(struct store_memory *memory, struct text name)
{
	struct memory_stream *stream = calloc(1, sizeof(*stream));
	char *copy = text_duplicate(name);

	if (stream == NULL || copy == NULL ||
	    !table_insert(&memory->by_stream, table_hash_text(memory->key, name), stream)) {
		free(stream);
		free(copy);
		return NULL;
	}
	stream->name = (struct text){ copy, name.length };
	stream->number = ++memory->stream_numbers;
	/* 0 means "none" wherever an epoch is written. */
	stream->epoch = 1 + random_below(random_seeded(&memory->seed), STORE_NUMBER_MAX);
	stream->first = 1;
	list_append(memory, stream);
	return stream;
}

/* Whether the lowest of the messages kept has had its time. */
static bool
is_over(const struct store_memory *memory, const struct memory_stream *stream)
{
	const struct store_keep *keep = &stream->keep;
	uint64_t count_max = keep->messages != 0 ? keep->messages : MEMORY_STREAM_MESSAGES;
	const struct store_message *message;
	bool waits;

	if (stream->count == 0)
		return false;
	message = store_memory_message(stream, 0);
	waits = stream->inbox && message->seq > stream->mark;
	if (waits)
		return false;
	return stream->count > count_max || (keep->bytes != 0 && stream->bytes > keep->bytes) ||
	       memory->bytes > MEMORY_BYTES ||
	       (keep->milliseconds != 0 && message->wall_ms < memory->now_ms &&
		   (uint64_t)(memory->now_ms - message->wall_ms) > keep->milliseconds);
}

static void
retain(struct store_memory *memory, struct memory_stream *stream)
{
	while (is_over(memory, stream))
		store_memory_drop_first(memory, stream);
}

bool
store_memory_open_stream(
    struct store *store, const struct store_stream *wanted, struct store_position *position_out)
{
	struct store_memory *memory = self(store);
	struct memory_stream *stream = store_memory_stream(memory, wanted->name);

	if (stream == NULL)
		stream = stream_create(memory, wanted->name);
	else if (!stream->open)
		memory->resting--;
	if (stream == NULL)
		return false;
	stream->open = true;
	stream->inbox = wanted->inbox;
	stream->keep = wanted->keep;
	*position_out = (struct store_position){
		.epoch = stream->epoch,
		.first = stream->first,
		.seq = stream->seq,
		.mark = stream->mark,
		.unread_bytes = stream->unread_bytes,
	};
	return true;
}

/* The one that rested longest is the first in the list that nobody has open. */
static void
forget_oldest(struct store_memory *memory)
{
	struct memory_stream *stream = memory->first_stream;

	while (stream != NULL && (stream->open || stream->waiting > 0))
		stream = stream->next;
	if (stream == NULL)
		return;
	memory->resting--;
	unlink_stream(memory, stream);
	stream_free(memory, stream);
}

void
store_memory_close_stream(struct store *store, struct text name)
{
	struct store_memory *memory = self(store);
	struct memory_stream *stream = store_memory_stream(memory, name);

	if (stream == NULL || !stream->open)
		return;
	stream->open = false;
	memory->resting++;
	if (stream->given == 0 && stream->waiting == 0) {
		memory->resting--;
		unlink_stream(memory, stream);
		stream_free(memory, stream);
		return;
	}
	list_remove(memory, stream);
	list_append(memory, stream);
	if (memory->resting > MEMORY_RESTING)
		forget_oldest(memory);
}

/* Room for one more behind the last; what was dropped in front is reused first. */
static bool
make_room(struct memory_stream *stream)
{
	struct store_message **grown;
	size_t capacity = stream->capacity == 0 ? 8 : stream->capacity * 2;

	if (stream->head + stream->count < stream->capacity)
		return true;
	if (stream->head > stream->count) {
		memmove(stream->messages, stream->messages + stream->head,
		    stream->count * sizeof(struct store_message *));
		stream->head = 0;
		return true;
	}
	grown = realloc(stream->messages, capacity * sizeof(struct store_message *));
	if (grown == NULL)
		return false;
	stream->messages = grown;
	stream->capacity = capacity;
	return true;
}

static void
append_apply(struct store_memory *memory, struct memory_deed *deed)
{
	struct memory_stream *stream = deed->stream;
	struct store_message *message = deed->row;

	stream->seq = message->seq;
	memory->now_ms = message->wall_ms;
	if (!make_room(stream)) {
		/* The number stays taken; what had to go for it is as if expired. */
		while (stream->count > 0)
			store_memory_drop_first(memory, stream);
		stream->first = stream->seq + 1;
		return;
	}
	deed->row = NULL;
	stream->messages[stream->head + stream->count++] = message;
	stream->bytes += store_memory_message_size(message);
	stream->unread_bytes += message->content.length;
	memory->bytes += store_memory_message_size(message);
	memory->message_count++;
	retain(memory, stream);
}

static void
append_undo(struct store_memory *memory, struct memory_deed *deed)
{
	(void)memory;
	deed->stream->given = deed->stream->seq;
}

bool
store_memory_append(struct store *store, const struct store_message *message)
{
	static const struct memory_deed_kind kind = { append_apply, append_undo };
	static const size_t texts[] = { offsetof(struct store_message, stream),
		offsetof(struct store_message, from_user),
		offsetof(struct store_message, from_name), offsetof(struct store_message, content),
		offsetof(struct store_message, extra) };
	struct store_memory *memory = self(store);
	struct memory_stream *stream = store_memory_stream(memory, message->stream);
	struct store_message nameless = *message;
	void *copy;

	/*
	 * A stream is gapless: a number out of turn is a mistake of the hub's, which the store
	 * must not hide.
	 */
	if (stream == NULL || message->epoch != stream->epoch ||
	    message->seq != stream->given + 1 || message->seq > STORE_NUMBER_MAX)
		return false;
	/* Mail waits for its user, so here only refusing keeps the bound. */
	if (stream->inbox && memory->bytes > MEMORY_BYTES)
		return false;
	nameless.stream = TEXT("");
	copy = store_memory_copy(&nameless, sizeof(nameless), texts, 5);
	if (copy == NULL || !store_memory_deed(memory, &kind, stream, copy, 0))
		return false;
	stream->given = message->seq;
	return true;
}

static void
mark_apply(struct store_memory *memory, struct memory_deed *deed)
{
	struct memory_stream *stream = deed->stream;
	uint64_t mark = deed->number < stream->seq ? deed->number : stream->seq;

	for (; stream->mark < mark; stream->mark++) {
		uint64_t seq = stream->mark + 1;

		if (seq >= stream->first && seq < stream->first + stream->count)
			stream->unread_bytes -=
			    store_memory_message(stream, (size_t)(seq - stream->first))
				->content.length;
	}
	retain(memory, stream);
}

bool
store_memory_set_mark(struct store *store, struct text name, uint64_t seq)
{
	static const struct memory_deed_kind kind = { mark_apply, NULL };
	struct memory_stream *stream = store_memory_stream(self(store), name);

	return stream != NULL && seq <= stream->given &&
	       store_memory_deed(self(store), &kind, stream, NULL, seq);
}

/* Gives the stream another name at once; what is written next already says it. */
static bool
give_name(struct store_memory *memory, struct memory_stream *stream, char *name, size_t length)
{
	struct text taken = { name, length };

	if (!table_insert(&memory->by_stream, table_hash_text(memory->key, taken), stream))
		return false;
	table_remove(&memory->by_stream, table_hash_text(memory->key, stream->name), stream);
	stream->name = taken;
	return true;
}

static void
rename_apply(struct store_memory *memory, struct memory_deed *deed)
{
	(void)memory;
	(void)deed; /* the former name is freed with it */
}

static void
rename_undo(struct store_memory *memory, struct memory_deed *deed)
{
	char *present = (char *)deed->stream->name.data;

	if (give_name(memory, deed->stream, deed->row, (size_t)deed->number))
		deed->row = present;
}

bool
store_memory_rename_stream(struct store *store, struct text from, struct text to)
{
	static const struct memory_deed_kind kind = { rename_apply, rename_undo };
	struct store_memory *memory = self(store);
	struct memory_stream *stream = store_memory_stream(memory, from);
	struct text former;
	char *name;

	if (stream == NULL || store_memory_stream(memory, to) != NULL)
		return false;
	former = stream->name;
	name = text_duplicate(to);
	if (name == NULL || !give_name(memory, stream, name, to.length)) {
		free(name);
		return false;
	}
	return store_memory_deed(memory, &kind, stream, (char *)former.data, former.length);
}

static void
remove_apply(struct store_memory *memory, struct memory_deed *deed)
{
	stream_free(memory, deed->stream);
}

/* Unless another came in its place, which then stays. */
static void
remove_undo(struct store_memory *memory, struct memory_deed *deed)
{
	struct memory_stream *stream = deed->stream;

	if (store_memory_stream(memory, stream->name) != NULL ||
	    !table_insert(&memory->by_stream, table_hash_text(memory->key, stream->name), stream)) {
		stream_free(memory, stream);
		return;
	}
	list_append(memory, stream);
	memory->resting += stream->open ? 0 : 1;
}

bool
store_memory_remove_stream(struct store *store, struct text name)
{
	static const struct memory_deed_kind kind = { remove_apply, remove_undo };
	struct store_memory *memory = self(store);
	struct memory_stream *stream = store_memory_stream(memory, name);

	if (stream == NULL)
		return true;
	if (!store_memory_deed(memory, &kind, stream, NULL, 0))
		return false;
	unlink_stream(memory, stream);
	memory->resting -= stream->open ? 0 : 1;
	return true;
}

void
store_memory_free_streams(struct store_memory *memory)
{
	while (memory->first_stream != NULL) {
		struct memory_stream *stream = memory->first_stream;

		memory->first_stream = stream->next;
		stream_free(memory, stream);
	}
	table_free(&memory->by_stream);
}
