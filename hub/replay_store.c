/*
 * The store of a replay: it keeps nothing. What it is asked must be what the record says was asked;
 * it answers what was answered then. Once there is nothing to compare it refuses everything, which
 * a core must bear.
 */
#include "hub/replay_store.h"

#include <stdio.h>

bool
replay_call(struct replay *replay, enum record_op op)
{
	struct record_fields fields;
	char came[64];
	char recorded[96];
	uint64_t recorded_op;
	uint64_t check;

	snprintf(came, sizeof(came), "%s of the store", record_op_name(op));
	if (!replay_take(replay, RECORD_CALL, came, &fields))
		return false;
	recorded_op = record_below(&fields, RECORD_OP_COUNT);
	check = record_read_check(&fields);
	if (!replay_fields_end(replay, &fields))
		return false;
	if (recorded_op == op && check == record_check(buffer_text(&replay->arguments))) {
		replay_print(replay, "  store: %s", record_op_name(op));
		return true;
	}
	snprintf(recorded, sizeof(recorded), "%s of the store%s",
	    record_op_name((unsigned)recorded_op), recorded_op == op ? " with something else" : "");
	replay_differs(replay, recorded, came);
	return false;
}

static void
batch_ended(struct replay *replay, struct record_fields *fields)
{
	uint64_t batch = record_u64(fields);
	bool committed = record_bool(fields);

	if (!replay_fields_end(replay, fields))
		return;
	replay_print(replay, "  store: batch %llu was %s", (unsigned long long)batch,
	    committed ? "kept" : "not kept");
	if (replay->store.completed != NULL)
		replay->store.completed(replay->store.context, batch, committed);
}

static void
job_ended(struct replay *replay, struct record_fields *fields)
{
	bool done = record_bool(fields);
	struct text sentence = record_text(fields);
	char copy[256];

	if (!replay_fields_end(replay, fields))
		return;
	snprintf(copy, sizeof(copy), "%.*s", (int)(sentence.length < 255 ? sentence.length : 255),
	    sentence.length > 0 ? sentence.data : "");
	replay_print(replay, "  store: a job ended");
	if (replay->job_done != NULL)
		replay->job_done(replay->job_context, done, copy);
}

bool
replay_answered(
    struct replay *replay, const struct replay_rows *rows, struct record_fields *fields_out)
{
	bool wanted = rows != NULL;

	while (replay_peek(replay)) {
		enum record_kind kind = replay->entry.kind;

		if (kind != RECORD_BATCH && kind != RECORD_JOB && (kind != RECORD_ROW || !wanted))
			break;
		(void)replay_take(replay, kind, "", fields_out);
		if (kind == RECORD_BATCH)
			batch_ended(replay, fields_out);
		else if (kind == RECORD_JOB)
			job_ended(replay, fields_out);
		else
			wanted = rows->give(rows, fields_out);
		if (!replay_fields_end(replay, fields_out))
			return false;
	}
	return replay_take(replay, RECORD_RETURN, "the end of what the store did", fields_out);
}

bool
replay_returned(struct replay *replay, const struct replay_rows *rows)
{
	struct record_fields fields;
	bool done;

	if (!replay_answered(replay, rows, &fields))
		return false;
	done = record_bool(&fields);
	return replay_fields_end(replay, &fields) && done;
}

static bool
plain(struct replay *replay, enum record_op op)
{
	return replay_call(replay, op) && replay_returned(replay, NULL);
}

static bool
reserve_clients(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct replay *replay = replay_of(store);
	struct record_fields fields;
	bool done;

	record_put_u64(replay_arguments(replay), count);
	if (!replay_call(replay, RECORD_OP_reserve_clients) ||
	    !replay_answered(replay, NULL, &fields))
		return false;
	done = record_bool(&fields);
	*first_out = record_u32(&fields);
	*key_out = record_u64(&fields);
	return replay_fields_end(replay, &fields) && done;
}

static bool
open_stream(
    struct store *store, const struct store_stream *stream, struct store_position *position_out)
{
	struct replay *replay = replay_of(store);
	struct record_fields fields;
	bool done;

	record_put_stream(replay_arguments(replay), stream);
	if (!replay_call(replay, RECORD_OP_open_stream) || !replay_answered(replay, NULL, &fields))
		return false;
	done = record_bool(&fields);
	*position_out = record_position(&fields);
	return replay_fields_end(replay, &fields) && done;
}

static void
close_stream(struct store *store, struct text stream)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), stream);
	(void)plain(replay, RECORD_OP_close_stream);
}

static bool
append(struct store *store, const struct store_message *message)
{
	struct replay *replay = replay_of(store);

	record_put_message(replay_arguments(replay), NULL, message);
	return plain(replay, RECORD_OP_append);
}

static bool
set_mark(struct store *store, struct text stream, uint64_t seq)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), stream);
	record_put_u64(&replay->arguments, seq);
	return plain(replay, RECORD_OP_set_mark);
}

static bool
put_outcome(struct store *store, const struct store_outcome *outcome)
{
	struct replay *replay = replay_of(store);

	record_put_outcome(replay_arguments(replay), outcome);
	return plain(replay, RECORD_OP_put_outcome);
}

static bool
put_id(struct store *store, const struct store_id *id)
{
	struct replay *replay = replay_of(store);

	record_put_id(replay_arguments(replay), NULL, id);
	return plain(replay, RECORD_OP_put_id);
}

static bool
put_user(struct store *store, const struct store_user *user)
{
	struct replay *replay = replay_of(store);

	record_put_user(replay_arguments(replay), NULL, user);
	return plain(replay, RECORD_OP_put_user);
}

static bool
remove_user(struct store *store, struct text realm, struct text id)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), realm);
	record_put_text(&replay->arguments, id);
	return plain(replay, RECORD_OP_remove_user);
}

static bool
put_room(struct store *store, const struct store_room *room)
{
	struct replay *replay = replay_of(store);

	record_put_room(replay_arguments(replay), room);
	return plain(replay, RECORD_OP_put_room);
}

static bool
remove_room(struct store *store, struct text name)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), name);
	return plain(replay, RECORD_OP_remove_room);
}

static bool
put_gateway(struct store *store, const struct store_gateway *gateway)
{
	struct replay *replay = replay_of(store);

	record_put_gateway(replay_arguments(replay), gateway);
	return plain(replay, RECORD_OP_put_gateway);
}

static bool
remove_gateway(struct store *store, struct text name)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), name);
	return plain(replay, RECORD_OP_remove_gateway);
}

static bool
put_ban(struct store *store, const struct store_ban *ban)
{
	struct replay *replay = replay_of(store);

	record_put_ban(replay_arguments(replay), NULL, ban);
	return plain(replay, RECORD_OP_put_ban);
}

static bool
remove_ban(struct store *store, const struct store_ban *ban)
{
	struct replay *replay = replay_of(store);

	record_put_ban(replay_arguments(replay), NULL, ban);
	return plain(replay, RECORD_OP_remove_ban);
}

static bool
rename_stream(struct store *store, struct text from, struct text to)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), from);
	record_put_text(&replay->arguments, to);
	return plain(replay, RECORD_OP_rename_stream);
}

static bool
remove_stream(struct store *store, struct text stream)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), stream);
	return plain(replay, RECORD_OP_remove_stream);
}

static bool
prune_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t number)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), gateway);
	record_put_u64(&replay->arguments, gateway_epoch);
	record_put_u64(&replay->arguments, number);
	return plain(replay, RECORD_OP_prune_outcomes);
}

static bool
forget(struct store *store, struct text realm, struct text user)
{
	struct replay *replay = replay_of(store);

	record_put_text(replay_arguments(replay), realm);
	record_put_text(&replay->arguments, user);
	return plain(replay, RECORD_OP_forget);
}

static void
commit(struct store *store, uint64_t batch)
{
	struct replay *replay = replay_of(store);

	record_put_u64(replay_arguments(replay), batch);
	(void)plain(replay, RECORD_OP_commit);
}

static void
spoil(struct store *store)
{
	struct replay *replay = replay_of(store);

	(void)replay_arguments(replay);
	(void)plain(replay, RECORD_OP_spoil);
}

static void
poll_store(struct store *store)
{
	struct replay *replay = replay_of(store);

	(void)replay_arguments(replay);
	(void)plain(replay, RECORD_OP_poll);
}

static int
wake_fd(const struct store *store)
{
	(void)store;
	return -1;
}

static void
stats(struct store *store, struct store_stats *stats_out)
{
	struct replay *replay = replay_of(store);
	struct record_fields fields;

	*stats_out = (struct store_stats){ 0 };
	(void)replay_arguments(replay);
	if (!replay_call(replay, RECORD_OP_stats) || !replay_answered(replay, NULL, &fields))
		return;
	(void)record_bool(&fields);
	*stats_out = record_stats(&fields);
	(void)replay_fields_end(replay, &fields);
}

static bool
start_job(
    struct store *store, enum store_job job, struct text path, store_job_fn *done, void *context)
{
	struct replay *replay = replay_of(store);

	replay->job_done = done;
	replay->job_context = context;
	record_put_u64(replay_arguments(replay), job);
	record_put_text(&replay->arguments, path);
	return plain(replay, RECORD_OP_start_job);
}

static void
close_store(struct store *store)
{
	(void)store;
}

void
replay_store_init(struct replay *replay)
{
	static const struct store_ops answering = {
		.name = "recorded",
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
	struct text name = replay->made.store_name;

	replay->ops = answering;
	replay_store_add_reads(&replay->ops);
	for (unsigned op = 0; op < RECORD_OP_COUNT; op++) {
		if (!replay->made.has_op[op])
			record_op_remove(&replay->ops, (enum record_op)op);
	}
	snprintf(replay->store_name, sizeof(replay->store_name), "%.*s",
	    (int)(name.length < sizeof(replay->store_name) ? name.length
							   : sizeof(replay->store_name) - 1),
	    name.data);
	replay->ops.name = replay->store_name;
	replay->ops.durability = replay->made.durability;
	replay->store = (struct store){ .ops = &replay->ops };
}
