/*
 * Streams whose names are made of users. Unread bytes are counted here as messages come and marks
 * move; after a batch that was not kept, streams.c asks the store for both again.
 */
#include "hub/inboxes.h"

void
inboxes_clear(struct inboxes *inboxes)
{
	buffer_free(&inboxes->name);
}

/* All who open an inbox ask for the same: the store keeps by what the last one asked for. */
static struct store_stream
wanted_as(const struct inboxes *inboxes, struct text name)
{
	return (struct store_stream){
		.name = name,
		.durability = inboxes->store->ops->durability,
		.keep = { .milliseconds = inboxes->read_keep_ms },
		.inbox = true,
	};
}

struct stream *
inboxes_open(struct inboxes *inboxes, struct text realm, struct text user)
{
	struct store_stream wanted;

	/* No realm has a slash in its name, so no two users share a stream. */
	buffer_clear(&inboxes->name);
	buffer_append_text(&inboxes->name, TEXT(STREAMS_INBOX));
	buffer_append_text(&inboxes->name, realm);
	buffer_append_byte(&inboxes->name, '/');
	buffer_append_text(&inboxes->name, user);
	if (inboxes->name.failed)
		return NULL;
	wanted = wanted_as(inboxes, buffer_text(&inboxes->name));
	return streams_get(inboxes->streams, &wanted);
}

bool
inboxes_position(
    const struct inboxes *inboxes, struct text name, struct store_position *position_out)
{
	const struct stream *stream = streams_find(inboxes->streams, name);
	const struct store_stream wanted = wanted_as(inboxes, name);

	if (stream == NULL) {
		if (!inboxes->store->ops->open_stream(inboxes->store, &wanted, position_out))
			return false;
		inboxes->store->ops->close_stream(inboxes->store, name);
		return true;
	}
	*position_out = (struct store_position){
		.epoch = stream->epoch,
		.first = stream->first,
		.seq = stream->committed,
		.mark = stream->mark,
		.unread_bytes = stream->unread_bytes,
	};
	return true;
}

bool
inboxes_is_full(const struct inboxes *inboxes, const struct stream *inbox, size_t bytes)
{
	return inbox->seq - inbox->mark >= inboxes->messages_max ||
	       inbox->unread_bytes + bytes > inboxes->bytes_max;
}

bool
inboxes_append(struct inboxes *inboxes, struct stream *inbox, const struct store_message *message)
{
	struct store_message own = *message;

	own.stream = inbox->name;
	own.epoch = inbox->epoch;
	own.seq = inbox->seq + 1;
	if (!inboxes->store->ops->append(inboxes->store, &own))
		return false;
	inbox->seq++;
	inbox->touched = inboxes->batch;
	inbox->unread_bytes += own.content.length;
	return true;
}

static bool
count_bytes(void *context, const struct store_message *message)
{
	uint64_t *bytes = context;

	*bytes += message->content.length;
	return true;
}

/* The bytes between the old mark and the new one: committed, for nobody reads what is not. */
static uint64_t
bytes_up_to(const struct inboxes *inboxes, const struct stream *inbox, uint64_t seq)
{
	const struct store_range range = {
		.stream = inbox->name,
		.epoch = inbox->epoch,
		.after = inbox->mark,
		.until = seq,
		.limit = (unsigned)(seq - inbox->mark),
	};
	uint64_t bytes = 0;

	/* If they cannot be read the quota is a little tighter until the mark meets the end. */
	(void)inboxes->store->ops->read(inboxes->store, &range, count_bytes, &bytes);
	return bytes;
}

bool
inboxes_mark(struct inboxes *inboxes, struct stream *inbox, uint64_t seq)
{
	uint64_t received;

	if (seq <= inbox->mark)
		return true;
	received = seq == inbox->seq ? inbox->unread_bytes : bytes_up_to(inboxes, inbox, seq);
	if (!inboxes->store->ops->set_mark(inboxes->store, inbox->name, seq))
		return false;
	inbox->mark = seq;
	inbox->touched = inboxes->batch;
	inbox->unread_bytes -= received < inbox->unread_bytes ? received : inbox->unread_bytes;
	return true;
}
