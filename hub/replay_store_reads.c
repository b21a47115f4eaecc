/*
 * What a replay's store is asked for: the rows that are recorded, until the core wants no more.
 */
#include "hub/replay_store.h"

static bool
give_message(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_message message = record_message(fields);

	return record_fields_end(fields) && rows->take.message(rows->context, &message);
}

static bool
give_outcome(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_outcome outcome = record_outcome(fields);

	return record_fields_end(fields) && rows->take.outcome(rows->context, &outcome);
}

static bool
give_id(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_id id = record_id(fields);

	return record_fields_end(fields) && rows->take.id(rows->context, &id);
}

static bool
give_user(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_user user = record_user(fields);

	return record_fields_end(fields) && rows->take.user(rows->context, &user);
}

static bool
give_room(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_room room = record_room(fields);

	return record_fields_end(fields) && rows->take.room(rows->context, &room);
}

static bool
give_gateway(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_gateway gateway = record_gateway(fields);

	return record_fields_end(fields) && rows->take.gateway(rows->context, &gateway);
}

static bool
give_ban(const struct replay_rows *rows, struct record_fields *fields)
{
	struct store_ban ban = record_ban(fields);

	return record_fields_end(fields) && rows->take.ban(rows->context, &ban);
}

static bool
read_messages(
    struct store *store, const struct store_range *range, store_message_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .message = row }, give_message };

	record_put_range(replay_arguments(replay), range);
	return replay_call(replay, RECORD_OP_read) && replay_returned(replay, &rows);
}

static bool
read_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t above,
    store_outcome_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .outcome = row }, give_outcome };

	record_put_text(replay_arguments(replay), gateway);
	record_put_u64(&replay->arguments, gateway_epoch);
	record_put_u64(&replay->arguments, above);
	return replay_call(replay, RECORD_OP_read_outcomes) && replay_returned(replay, &rows);
}

static bool
last_outcome(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out)
{
	struct replay *replay = replay_of(store);
	struct record_fields fields;
	bool done;

	record_put_text(replay_arguments(replay), gateway);
	record_put_u64(&replay->arguments, gateway_epoch);
	if (!replay_call(replay, RECORD_OP_last_outcome) || !replay_answered(replay, NULL, &fields))
		return false;
	done = record_bool(&fields);
	*number_out = record_u64(&fields);
	return replay_fields_end(replay, &fields) && done;
}

static bool
find_id(struct store *store, struct text sender, struct text id, store_id_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .id = row }, give_id };

	record_put_text(replay_arguments(replay), sender);
	buffer_append_text(&replay->arguments, id);
	return replay_call(replay, RECORD_OP_find_id) && replay_returned(replay, &rows);
}

static bool
find_user(struct store *store, struct text realm, struct text id, store_user_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .user = row }, give_user };

	record_put_text(replay_arguments(replay), realm);
	record_put_text(&replay->arguments, id);
	return replay_call(replay, RECORD_OP_find_user) && replay_returned(replay, &rows);
}

static bool
stale_users(
    struct store *store, int64_t before_ms, unsigned limit, store_user_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .user = row }, give_user };

	record_put_i64(replay_arguments(replay), before_ms);
	record_put_u64(&replay->arguments, limit);
	return replay_call(replay, RECORD_OP_stale_users) && replay_returned(replay, &rows);
}

static bool
read_rooms(
    struct store *store, struct text after, unsigned limit, store_room_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .room = row }, give_room };

	record_put_text(replay_arguments(replay), after);
	record_put_u64(&replay->arguments, limit);
	return replay_call(replay, RECORD_OP_read_rooms) && replay_returned(replay, &rows);
}

static bool
read_gateways(struct store *store, store_gateway_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .gateway = row }, give_gateway };

	(void)replay_arguments(replay);
	return replay_call(replay, RECORD_OP_read_gateways) && replay_returned(replay, &rows);
}

static bool
read_bans(struct store *store, store_ban_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .ban = row }, give_ban };

	(void)replay_arguments(replay);
	return replay_call(replay, RECORD_OP_read_bans) && replay_returned(replay, &rows);
}

static bool
export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	struct replay *replay = replay_of(store);
	const struct replay_rows rows = { context, { .message = row }, give_message };
	struct record_fields fields;
	bool done;

	record_put_u64(replay_arguments(replay), *cursor);
	record_put_u64(&replay->arguments, limit);
	if (!replay_call(replay, RECORD_OP_export_page) || !replay_answered(replay, &rows, &fields))
		return false;
	done = record_bool(&fields);
	*cursor = record_u64(&fields);
	return replay_fields_end(replay, &fields) && done;
}

void
replay_store_add_reads(struct store_ops *ops)
{
	ops->read = read_messages;
	ops->read_outcomes = read_outcomes;
	ops->last_outcome = last_outcome;
	ops->find_id = find_id;
	ops->find_user = find_user;
	ops->stale_users = stale_users;
	ops->read_rooms = read_rooms;
	ops->read_gateways = read_gateways;
	ops->read_bans = read_bans;
	ops->export_page = export_page;
}
