/*
 * A store that passes everything on to another one and records what was asked, as a check, and all
 * that was answered: rows, positions, ends of batches and of jobs. Where the other store has no
 * such function this one has none either.
 */
#include "hub/record_setup.h"
#include "hub/record_store.h"

static bool
reserve_clients(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct record_store *own = own_of(store);
	struct buffer *out;
	bool done;

	record_put_u64(arguments(own), count);
	call(own, RECORD_OP_reserve_clients);
	done = own->inner->ops->reserve_clients(own->inner, count, first_out, key_out);
	out = answer(own, done);
	record_put_u64(out, done ? *first_out : 0);
	record_put_u64(out, done ? *key_out : 0);
	record_write(own->record, RECORD_RETURN);
	return done;
}

static bool
open_stream(
    struct store *store, const struct store_stream *stream, struct store_position *position_out)
{
	const struct store_position none = { 0 };
	struct record_store *own = own_of(store);
	bool done;

	record_put_stream(arguments(own), stream);
	call(own, RECORD_OP_open_stream);
	done = own->inner->ops->open_stream(own->inner, stream, position_out);
	record_put_position(answer(own, done), done ? position_out : &none);
	record_write(own->record, RECORD_RETURN);
	return done;
}

static void
close_stream(struct store *store, struct text stream)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), stream);
	call(own, RECORD_OP_close_stream);
	own->inner->ops->close_stream(own->inner, stream);
	returned(own, true);
}

static bool
append(struct store *store, const struct store_message *message)
{
	struct record_store *own = own_of(store);

	record_put_message(arguments(own), own->record->redactor, message);
	call(own, RECORD_OP_append);
	return returned(own, own->inner->ops->append(own->inner, message));
}

static bool
set_mark(struct store *store, struct text stream, uint64_t seq)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), stream);
	record_put_u64(&own->arguments, seq);
	call(own, RECORD_OP_set_mark);
	return returned(own, own->inner->ops->set_mark(own->inner, stream, seq));
}

static bool
put_outcome(struct store *store, const struct store_outcome *outcome)
{
	struct record_store *own = own_of(store);

	record_put_outcome(arguments(own), outcome);
	call(own, RECORD_OP_put_outcome);
	return returned(own, own->inner->ops->put_outcome(own->inner, outcome));
}

static bool
put_id(struct store *store, const struct store_id *id)
{
	struct record_store *own = own_of(store);

	record_put_id(arguments(own), own->record->redactor, id);
	call(own, RECORD_OP_put_id);
	return returned(own, own->inner->ops->put_id(own->inner, id));
}

static bool
put_user(struct store *store, const struct store_user *user)
{
	struct record_store *own = own_of(store);

	record_put_user(arguments(own), own->record->redactor, user);
	call(own, RECORD_OP_put_user);
	return returned(own, own->inner->ops->put_user(own->inner, user));
}

static bool
remove_user(struct store *store, struct text realm, struct text id)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), realm);
	record_put_text(&own->arguments, id);
	call(own, RECORD_OP_remove_user);
	return returned(own, own->inner->ops->remove_user(own->inner, realm, id));
}

static bool
put_room(struct store *store, const struct store_room *room)
{
	struct record_store *own = own_of(store);

	record_put_room(arguments(own), room);
	call(own, RECORD_OP_put_room);
	return returned(own, own->inner->ops->put_room(own->inner, room));
}

static bool
remove_room(struct store *store, struct text name)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), name);
	call(own, RECORD_OP_remove_room);
	return returned(own, own->inner->ops->remove_room(own->inner, name));
}

static bool
put_gateway(struct store *store, const struct store_gateway *gateway)
{
	struct record_store *own = own_of(store);

	record_put_gateway(arguments(own), gateway);
	call(own, RECORD_OP_put_gateway);
	return returned(own, own->inner->ops->put_gateway(own->inner, gateway));
}

static bool
remove_gateway(struct store *store, struct text name)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), name);
	call(own, RECORD_OP_remove_gateway);
	return returned(own, own->inner->ops->remove_gateway(own->inner, name));
}

static bool
put_ban(struct store *store, const struct store_ban *ban)
{
	struct record_store *own = own_of(store);

	record_put_ban(arguments(own), own->record->redactor, ban);
	call(own, RECORD_OP_put_ban);
	return returned(own, own->inner->ops->put_ban(own->inner, ban));
}

static bool
remove_ban(struct store *store, const struct store_ban *ban)
{
	struct record_store *own = own_of(store);

	record_put_ban(arguments(own), own->record->redactor, ban);
	call(own, RECORD_OP_remove_ban);
	return returned(own, own->inner->ops->remove_ban(own->inner, ban));
}

static bool
rename_stream(struct store *store, struct text from, struct text to)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), from);
	record_put_text(&own->arguments, to);
	call(own, RECORD_OP_rename_stream);
	return returned(own, own->inner->ops->rename_stream(own->inner, from, to));
}

static bool
remove_stream(struct store *store, struct text stream)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), stream);
	call(own, RECORD_OP_remove_stream);
	return returned(own, own->inner->ops->remove_stream(own->inner, stream));
}

static bool
prune_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), gateway);
	record_put_u64(&own->arguments, gateway_epoch);
	record_put_u64(&own->arguments, number);
	call(own, RECORD_OP_prune_outcomes);
	return returned(
	    own, own->inner->ops->prune_outcomes(own->inner, gateway, gateway_epoch, number));
}

static bool
forget(struct store *store, struct text realm, struct text user)
{
	struct record_store *own = own_of(store);

	record_put_text(arguments(own), realm);
	record_put_text(&own->arguments, user);
	call(own, RECORD_OP_forget);
	return returned(own, own->inner->ops->forget(own->inner, realm, user));
}

/* The end of a batch may come from within. */
static void
commit(struct store *store, uint64_t batch)
{
	struct record_store *own = own_of(store);

	record_put_u64(arguments(own), batch);
	call(own, RECORD_OP_commit);
	own->inner->ops->commit(own->inner, batch);
	returned(own, true);
}

static void
spoil(struct store *store)
{
	struct record_store *own = own_of(store);

	(void)arguments(own);
	call(own, RECORD_OP_spoil);
	own->inner->ops->spoil(own->inner);
	returned(own, true);
}

static void
poll_store(struct store *store)
{
	struct record_store *own = own_of(store);

	(void)arguments(own);
	call(own, RECORD_OP_poll);
	own->inner->ops->poll(own->inner);
	returned(own, true);
}

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct record_store *own = context;
	struct buffer *out = record_begin(own->record);

	record_put_u64(out, batch);
	record_put_bool(out, committed);
	record_write(own->record, RECORD_BATCH);
	own->store.completed(own->store.context, batch, committed);
}

static void
on_job_done(void *context, bool done, const char *sentence)
{
	struct record_store *own = context;
	struct buffer *out = record_begin(own->record);

	record_put_bool(out, done);
	record_put_text(out, text_of(sentence));
	record_write(own->record, RECORD_JOB);
	own->job_done(own->job_context, done, sentence);
}

/* The loop's, not the core's. */
static int
wake_fd(const struct store *store)
{
	const struct record_store *own = own_of((struct store *)(uintptr_t)store);

	return own->inner->ops->wake_fd(own->inner);
}

static void
stats(struct store *store, struct store_stats *stats_out)
{
	struct record_store *own = own_of(store);

	(void)arguments(own);
	call(own, RECORD_OP_stats);
	own->inner->ops->stats(own->inner, stats_out);
	record_put_stats(answer(own, true), stats_out);
	record_write(own->record, RECORD_RETURN);
}

static bool
start_job(
    struct store *store, enum store_job job, struct text path, store_job_fn *done, void *context)
{
	struct record_store *own = own_of(store);

	own->job_done = done;
	own->job_context = context;
	record_put_u64(arguments(own), job);
	record_put_text(&own->arguments, path);
	call(own, RECORD_OP_start_job);
	return returned(own, own->inner->ops->start_job(own->inner, job, path, on_job_done, own));
}

/* The process closes the other one. */
static void
close_store(struct store *store)
{
	record_store_free(own_of(store));
}

struct store *
record_store_wrap(struct record_store *own, struct store *inner, struct record *record)
{
	static const struct store_ops passing = {
		.reserve_clients = reserve_clients,
		.open_stream = open_stream,
		.close_stream = close_stream,
		.append = append,
		.set_mark = set_mark,
		.put_outcome = put_outcome,
		.put_id = put_id,
		.put_user = put_user,
		.remove_user = remove_user,
		.put_room = put_room,
		.remove_room = remove_room,
		.put_gateway = put_gateway,
		.remove_gateway = remove_gateway,
		.put_ban = put_ban,
		.remove_ban = remove_ban,
		.rename_stream = rename_stream,
		.remove_stream = remove_stream,
		.prune_outcomes = prune_outcomes,
		.forget = forget,
		.commit = commit,
		.spoil = spoil,
		.poll = poll_store,
		.wake_fd = wake_fd,
		.stats = stats,
		.start_job = start_job,
		.close = close_store,
	};

	own->inner = inner;
	own->record = record;
	own->ops = passing;
	record_store_add_reads(&own->ops);
	own->ops.name = inner->ops->name;
	own->ops.durability = inner->ops->durability;
	for (unsigned op = 0; op < RECORD_OP_COUNT; op++) {
		if (!record_op_is_there(inner->ops, (enum record_op)op))
			record_op_remove(&own->ops, (enum record_op)op);
	}
	buffer_init(&own->arguments, 0);
	own->store = (struct store){ .ops = &own->ops };
	inner->completed = on_completed;
	inner->context = own;
	return &own->store;
}

void
record_store_free(struct record_store *own)
{
	buffer_free(&own->arguments);
}
