/*
 * How a batch ends for the streams: what it wrote is kept, or all goes back to what is. On the
 * loop, before the core hears of it. Must not touch the file.
 */
#include "hub/store_sqlite_loop.h"

static void
use_ended(struct store_sqlite *store, struct sq_stream *stream)
{
	stream->uses--;
	sq_stream_release(store, stream);
}

static void
op_ended(struct store_sqlite *store, const struct sq_op *op)
{
	if (op->kind == SQ_RENAME || op->kind == SQ_REMOVE)
		store->moves--;
	if (op->stream != NULL)
		use_ended(store, op->stream);
}

/* What was gathered for memory alone becomes true when the rest of its batch has. */
static void
remember(struct store_sqlite *store, const struct sq_op *op)
{
	struct store *memory = store->memory;
	struct store_message message = op->body.message;

	if (!op->stream->named)
		return;
	if (op->kind == SQ_APPEND) {
		message.stream = op->stream->name;
		(void)memory->ops->append(memory, &message);
	} else if (op->kind == SQ_MARK) {
		(void)memory->ops->set_mark(memory, op->stream->name, op->body.message.seq);
	}
}

void
sq_batch_kept(struct store_sqlite *store, struct sq_batch *batch)
{
	bool remembered = false;

	for (struct sq_op *op = batch->first; op != NULL; op = op->next) {
		if (op->memory)
			remember(store, op);
		remembered |= op->memory;
		/* Without memory an id is forgotten early: saying a message again says it twice. */
		if (op->kind == SQ_PUT_ID)
			(void)sq_ids_add(&store->ids, op->body.id.sender, op->body.id.id, op->row);
		if (op->kind == SQ_CREATE)
			op->stream->exists = true;
		if (op->kind == SQ_CREATE)
			op->stream->creating = false;
		op_ended(store, op);
	}
	for (struct sq_touch *each = batch->touches; each != NULL; each = each->next) {
		each->stream->kept_seq = each->seq;
		each->stream->kept_mark = each->mark;
		use_ended(store, each->stream);
	}
	if (remembered)
		store->memory->ops->commit(store->memory, batch->number);
}

static void
undo(struct store_sqlite *store, const struct sq_op *op)
{
	struct sq_stream *stream = op->stream;

	switch (op->kind) {
	case SQ_CREATE:
		stream->creating = false;
		break;
	case SQ_RENAME:
		sq_stream_unname(store, stream);
		if (sq_stream_find(store, op->body.rename.from) == NULL)
			(void)sq_stream_name(store, stream, op->body.rename.from);
		break;
	case SQ_REMOVE:
		/* Whoever took the name meanwhile has it; the row will make way for that one's. */
		if (sq_stream_find(store, stream->name) != NULL)
			break;
		stream->named = table_insert(
		    &store->by_name, table_hash_text(store->key, stream->name), stream);
		stream->open = op->was_open && stream->named;
		break;
	default:
		break;
	}
}

void
sq_batch_undone(struct store_sqlite *store, struct sq_batch *batch)
{
	for (struct sq_op *op = batch->last; op != NULL; op = op->previous) {
		undo(store, op);
		op_ended(store, op);
	}
	for (struct sq_touch *each = batch->touches; each != NULL; each = each->next) {
		if (each->stream->touch == each)
			each->stream->touch = NULL;
		use_ended(store, each->stream);
	}
}

void
sq_streams_roll_back(struct store_sqlite *store)
{
	for (struct sq_stream *stream = store->first_stream; stream != NULL;
	     stream = stream->next) {
		stream->seq = stream->kept_seq;
		stream->mark = stream->kept_mark;
	}
}
