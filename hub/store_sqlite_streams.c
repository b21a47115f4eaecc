/*
 * The streams as the loop sees them: where each stands with all that is under way, and what of that
 * the file has. Must not touch the file but to ask for a row; the writer does what is written here.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/store_sqlite_loop.h"

static bool
has_name(const void *item, const void *key)
{
	return text_equal(((const struct sq_stream *)item)->name, *(const struct text *)key);
}

struct sq_stream *
sq_stream_find(const struct store_sqlite *store, struct text name)
{
	return table_find(&store->by_name, table_hash_text(store->key, name), has_name, &name);
}

bool
sq_stream_name(struct store_sqlite *store, struct sq_stream *stream, struct text name)
{
	char *copy = text_duplicate(name);

	if (copy == NULL ||
	    !table_insert(&store->by_name, table_hash_text(store->key, name), stream)) {
		free(copy);
		return false;
	}
	free((char *)stream->name.data);
	stream->name = (struct text){ copy, name.length };
	stream->named = true;
	return true;
}

void
sq_stream_unname(struct store_sqlite *store, struct sq_stream *stream)
{
	if (stream->named)
		table_remove(&store->by_name, table_hash_text(store->key, stream->name), stream);
	stream->named = false;
}

static struct sq_stream *
stream_create(struct store_sqlite *store, const struct sq_stream *like, struct text name)
{
	struct sq_stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	*stream = *like;
	stream->name = (struct text){ 0 };
	if (!sq_stream_name(store, stream, name)) {
		free(stream);
		return NULL;
	}
	stream->next = store->first_stream;
	if (store->first_stream != NULL)
		store->first_stream->previous = stream;
	store->first_stream = stream;
	return stream;
}

static void
stream_free(struct store_sqlite *store, struct sq_stream *stream)
{
	sq_stream_unname(store, stream);
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		store->first_stream = stream->next;
	free((char *)stream->name.data);
	free(stream);
}

void
sq_streams_free(struct store_sqlite *store)
{
	while (store->first_stream != NULL) {
		/* As it is, said for who reads this function alone. */
		store->first_stream->previous = NULL;
		stream_free(store, store->first_stream);
	}
	table_free(&store->by_name);
}

/* Nobody holds it any more: what is known of it can be asked of the file again. */
void
sq_stream_release(struct store_sqlite *store, struct sq_stream *stream)
{
	if (stream->open || stream->uses > 0)
		return;
	if (stream->named && stream->durability == STORE_MEMORY)
		store->memory->ops->close_stream(store->memory, stream->name);
	stream_free(store, stream);
}

static struct sq_op *
push_for(struct store_sqlite *store, enum sq_op_kind kind, struct sq_stream *stream)
{
	struct sq_op *op = sq_push(store, kind);

	if (op == NULL)
		return NULL;
	op->stream = stream;
	op->stream_id = stream->id;
	op->memory = stream->durability == STORE_MEMORY;
	stream->uses++;
	if (stream->durability == STORE_DISK)
		store->open->synced = true;
	return op;
}

/* The file still has it under a name that is being taken from it. */
static bool
is_moving(const struct store_sqlite *store, int64_t id)
{
	const struct sq_stream *stream = store->moves == 0 ? NULL : store->first_stream;

	while (stream != NULL && stream->id != id)
		stream = stream->next;
	return stream != NULL;
}

/* As the loop or the file has it; NULL with *failed_out false: there is none. */
static struct sq_stream *
find_or_load(struct store_sqlite *store, struct text name, bool *failed_out)
{
	struct sq_stream *stream = sq_stream_find(store, name);
	struct sq_stream row = { 0 };
	bool found = false;

	*failed_out = false;
	if (stream != NULL)
		return stream;
	if (!sq_read_stream(store, name, &row, &found)) {
		*failed_out = true;
		return NULL;
	}
	if (!found || is_moving(store, row.id))
		return NULL;
	row.exists = true;
	stream = stream_create(store, &row, name);
	*failed_out = stream == NULL;
	return stream;
}

static enum store_durability
durability_of(const struct store_sqlite *store, const struct store_stream *wanted)
{
	return wanted->durability < store->durability ? wanted->durability : store->durability;
}

static struct sq_stream *
stream_begin(struct store_sqlite *store, const struct store_stream *wanted)
{
	struct store_position position;
	struct sq_stream begun = {
		.durability = durability_of(store, wanted),
		.keep = wanted->keep,
		.inbox = wanted->inbox,
	};

	if (begun.durability == STORE_MEMORY) {
		if (!store->memory->ops->open_stream(store->memory, wanted, &position))
			return NULL;
		begun.epoch = position.epoch;
		begun.seq = begun.kept_seq = position.seq;
		begun.mark = begun.kept_mark = position.mark;
	} else {
		begun.id = store->next_stream++;
		begun.epoch = 1 + random_below(store->world.random, STORE_NUMBER_MAX);
	}
	return stream_create(store, &begun, wanted->name);
}

/* The rules for a stream that is there already may be others than when it was written. */
static void
follow_rules(
    struct store_sqlite *store, struct sq_stream *stream, const struct store_stream *wanted)
{
	enum store_durability durability = durability_of(store, wanted);
	struct sq_op *op;

	if (memcmp(&stream->keep, &wanted->keep, sizeof(stream->keep)) == 0 &&
	    stream->durability == durability && stream->inbox == wanted->inbox)
		return;
	stream->durability = durability;
	stream->keep = wanted->keep;
	stream->inbox = wanted->inbox;
	if (!stream->exists && !stream->creating)
		return;
	op = push_for(store, SQ_KEEP, stream);
	if (op == NULL)
		return;
	op->body.create = *wanted;
	op->body.create.name = (struct text){ 0 };
	op->body.create.durability = durability;
}

static bool
position_of(
    struct store_sqlite *store, const struct sq_stream *stream, struct store_position *position_out)
{
	*position_out = (struct store_position){
		.epoch = stream->epoch,
		.first = stream->seq + 1,
		.seq = stream->seq,
		.mark = stream->mark,
	};
	if (!stream->exists)
		return true;
	return sq_read_first(store, stream->id, &position_out->first) &&
	       (!stream->inbox ||
		   sq_read_unread(store, stream->id, stream->mark, &position_out->unread_bytes));
}

bool
sq_open_stream(
    struct store *base, const struct store_stream *wanted, struct store_position *position_out)
{
	struct store_sqlite *store = sq_self(base);
	bool failed;
	struct sq_stream *stream = find_or_load(store, wanted->name, &failed);

	if (failed)
		return false;
	if (stream != NULL && stream->durability != STORE_MEMORY &&
	    durability_of(store, wanted) == STORE_MEMORY) {
		/* It was kept before the rules changed; what memory begins is another. */
		if (!sq_remove_stream(base, wanted->name))
			return false;
		stream = NULL;
	}
	if (stream == NULL)
		stream = stream_begin(store, wanted);
	else if (stream->durability != STORE_MEMORY)
		follow_rules(store, stream, wanted);
	if (stream == NULL)
		return false;
	stream->open = true;
	if (stream->durability == STORE_MEMORY)
		return store->memory->ops->open_stream(store->memory, wanted, position_out);
	if (position_of(store, stream, position_out))
		return true;
	stream->open = false;
	sq_stream_release(store, stream);
	return false;
}

void
sq_close_stream(struct store *base, struct text name)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_stream *stream = sq_stream_find(store, name);

	if (stream == NULL)
		return;
	stream->open = false;
	sq_stream_release(store, stream);
}

static struct sq_touch *
touch(struct store_sqlite *store, struct sq_stream *stream)
{
	struct sq_touch *touch = stream->touch;

	if (touch != NULL)
		return touch;
	touch = sq_batch_memory(store->open, sizeof(*touch));
	if (touch == NULL)
		return NULL;
	*touch = (struct sq_touch){
		.stream = stream,
		.id = stream->id,
		.seq = stream->seq,
		.mark = stream->mark,
		.inbox = stream->inbox,
		.keep = stream->keep,
		.memory = stream->durability == STORE_MEMORY,
		.next = store->open->touches,
	};
	store->open->touches = touch;
	store->open->empty = false;
	stream->touch = touch;
	stream->uses++;
	return touch;
}

static bool
push_create(struct store_sqlite *store, struct sq_stream *stream)
{
	struct sq_op *op = push_for(store, SQ_CREATE, stream);

	if (op == NULL)
		return false;
	op->epoch = stream->epoch;
	op->body.create = (struct store_stream){
		.name = stream->name,
		.durability = stream->durability,
		.keep = stream->keep,
		.inbox = stream->inbox,
	};
	stream->creating = true;
	return sq_batch_copy(store->open, &op->body.create.name);
}

bool
sq_append(struct store *base, const struct store_message *message)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_stream *stream = sq_stream_find(store, message->stream);
	struct sq_touch *touched;
	struct sq_op *op;

	/*
	 * A stream is gapless: a number out of turn is a mistake of the hub's, which the store
	 * must not hide.
	 */
	if (stream == NULL || message->epoch != stream->epoch || message->seq != stream->seq + 1 ||
	    message->seq > STORE_NUMBER_MAX)
		return false;
	if (stream->durability != STORE_MEMORY && !stream->exists && !stream->creating &&
	    !push_create(store, stream))
		return false;
	op = push_for(store, SQ_APPEND, stream);
	if (op == NULL)
		return false;
	op->body.message = *message;
	op->body.message.stream = (struct text){ 0 };
	if (!sq_batch_copy(store->open, &op->body.message.from_user) ||
	    !sq_batch_copy(store->open, &op->body.message.from_name) ||
	    !sq_batch_copy(store->open, &op->body.message.content) ||
	    !sq_batch_copy(store->open, &op->body.message.extra))
		return false;
	touched = touch(store, stream);
	if (touched == NULL)
		return false;
	touched->seq = stream->seq = message->seq;
	touched->bytes += message->content.length;
	touched->messages++;
	return true;
}

bool
sq_set_mark(struct store *base, struct text name, uint64_t seq)
{
	struct store_sqlite *store = sq_self(base);
	struct sq_stream *stream = sq_stream_find(store, name);
	struct sq_touch *touched;
	struct sq_op *op;

	if (stream == NULL || seq > stream->seq)
		return false;
	if (seq <= stream->mark)
		return true;
	op = push_for(store, SQ_MARK, stream);
	if (op == NULL)
		return false;
	op->body.message.seq = seq;
	touched = touch(store, stream);
	if (touched == NULL)
		return false;
	touched->mark = stream->mark = seq;
	touched->marked = true;
	return true;
}

bool
sq_rename_stream(struct store *base, struct text from, struct text to)
{
	struct store_sqlite *store = sq_self(base);
	bool failed;
	struct sq_stream *taken = find_or_load(store, to, &failed);
	struct sq_stream *stream = failed ? NULL : find_or_load(store, from, &failed);
	bool refused = failed || taken != NULL;
	struct sq_op *op;

	if (taken != NULL)
		sq_stream_release(store, taken);
	if (refused || stream == NULL)
		return !refused;
	if (stream->durability == STORE_MEMORY) {
		if (!store->memory->ops->rename_stream(store->memory, from, to))
			return false;
		store->memory->ops->commit(store->memory, 0);
		sq_stream_unname(store, stream);
		return sq_stream_name(store, stream, to);
	}
	op = push_for(store, SQ_RENAME, stream);
	if (op == NULL)
		return false;
	store->moves++;
	op->body.rename.from = from;
	op->body.rename.to = to;
	if (!sq_batch_copy(store->open, &op->body.rename.from) ||
	    !sq_batch_copy(store->open, &op->body.rename.to))
		return false;
	sq_stream_unname(store, stream);
	return sq_stream_name(store, stream, to);
}

bool
sq_remove_stream(struct store *base, struct text name)
{
	struct store_sqlite *store = sq_self(base);
	bool failed;
	struct sq_stream *stream = find_or_load(store, name, &failed);
	struct sq_op *op;

	if (failed)
		return false;
	if (stream == NULL)
		return true;
	if (stream->durability == STORE_MEMORY) {
		if (!store->memory->ops->remove_stream(store->memory, name))
			return false;
		store->memory->ops->commit(store->memory, 0);
	} else if (stream->exists || stream->creating) {
		op = push_for(store, SQ_REMOVE, stream);
		if (op == NULL)
			return false;
		store->moves++;
		op->was_open = stream->open;
	}
	sq_stream_unname(store, stream);
	stream->open = false;
	sq_stream_release(store, stream);
	return true;
}
