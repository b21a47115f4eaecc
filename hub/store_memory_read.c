/*
 * What the store in RAM tells of its messages, and how it forgets those of a user.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/store_memory_private.h"

/* A cursor of the export is a stream's number and, below it, a seq. */
#define EXPORT_SEQ_BITS 36u

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static bool
give(const struct memory_stream *stream, const struct store_message *message, store_message_fn *row,
    void *context)
{
	struct store_message named = *message;

	named.stream = stream->name;
	return row(context, &named);
}

/* Where the last rows of [from, to) begin that the range wants. */
static size_t
newest_from(
    const struct memory_stream *stream, const struct store_range *range, size_t from, size_t to)
{
	size_t bytes = 0;
	size_t index = to;

	while (index > from && to - index < range->limit &&
	       (range->bytes == 0 || bytes < range->bytes))
		bytes += store_memory_message(stream, --index)->content.length;
	return index;
}

bool
store_memory_read(
    struct store *store, const struct store_range *range, store_message_fn *row, void *context)
{
	const struct memory_stream *stream = store_memory_stream(self(store), range->stream);
	size_t bytes = 0;
	size_t from;
	size_t to;

	if (stream == NULL || stream->epoch != range->epoch || stream->count == 0 ||
	    range->after >= stream->seq || range->until < stream->first)
		return true;
	from = range->after < stream->first ? 0 : (size_t)(range->after + 1 - stream->first);
	to = range->until >= stream->seq ? stream->count
					 : (size_t)(range->until + 1 - stream->first);
	if (range->newest)
		from = newest_from(stream, range, from, to);
	for (unsigned rows = 0; from < to && rows < range->limit; rows++, from++) {
		const struct store_message *message = store_memory_message(stream, from);

		bytes += message->content.length;
		if (!give(stream, message, row, context) ||
		    (!range->newest && range->bytes != 0 && bytes >= range->bytes))
			break;
	}
	return true;
}

/* Those of one stream from `seq` on; false if no more is wanted. */
static bool
export_stream(const struct memory_stream *stream, uint64_t *cursor, unsigned *limit,
    store_message_fn *row, void *context)
{
	uint64_t number = *cursor >> EXPORT_SEQ_BITS;
	uint64_t after = *cursor & ((UINT64_C(1) << EXPORT_SEQ_BITS) - 1);
	size_t index = 0;

	if (stream->number == number && after >= stream->first)
		index = (size_t)(after + 1 - stream->first);
	for (; index < stream->count; index++) {
		const struct store_message *message = store_memory_message(stream, index);

		if (*limit == 0 || !give(stream, message, row, context))
			return false;
		--*limit;
		*cursor = stream->number << EXPORT_SEQ_BITS | message->seq;
	}
	return true;
}

/* The next stream by number that the cursor has not passed; the list itself is in no order. */
static const struct memory_stream *
next_by_number(const struct store_memory *memory, uint64_t number)
{
	const struct memory_stream *best = NULL;

	for (const struct memory_stream *stream = memory->first_stream; stream != NULL;
	     stream = stream->next) {
		if (stream->number >= number && (best == NULL || stream->number < best->number))
			best = stream;
	}
	return best;
}

bool
store_memory_export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	const struct store_memory *memory = self(store);
	const struct memory_stream *stream = next_by_number(memory, *cursor >> EXPORT_SEQ_BITS);

	for (; stream != NULL; stream = next_by_number(memory, stream->number + 1)) {
		if (!export_stream(stream, cursor, &limit, row, context))
			return true;
	}
	*cursor = 0;
	return true;
}

/* An inbox of another realm holds nothing of this one's users. */
static bool
is_inbox_elsewhere(struct text name, struct text realm)
{
	size_t prefix = sizeof("inbox/") - 1;

	return name.length > prefix && memcmp(name.data, "inbox/", prefix) == 0 &&
	       (name.length <= prefix + realm.length ||
		   memcmp(name.data + prefix, realm.data, realm.length) != 0 ||
		   name.data[prefix + realm.length] != '/');
}

static void
blank(struct store_memory *memory, struct memory_stream *stream, struct store_message *message)
{
	stream->bytes -= store_memory_message_size(message);
	memory->bytes -= store_memory_message_size(message);
	if (message->seq > stream->mark)
		stream->unread_bytes -= message->content.length;
	memset((char *)(message + 1), 0,
	    message->from_user.length + message->from_name.length +
		store_memory_message_size(message));
	message->from = 0;
	message->from_user.length = 0;
	message->from_name.length = 0;
	message->content.length = 0;
	message->extra.length = 0;
}

void
store_memory_forget_messages(struct store_memory *memory, struct text realm, struct text user)
{
	for (struct memory_stream *stream = memory->first_stream; stream != NULL;
	     stream = stream->next) {
		if (is_inbox_elsewhere(stream->name, realm))
			continue;
		for (size_t i = 0; i < stream->count; i++) {
			struct store_message *message = store_memory_message(stream, i);

			if (text_equal(message->from_user, user))
				blank(memory, stream, message);
		}
	}
}
