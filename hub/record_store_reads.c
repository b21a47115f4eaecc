/*
 * What a recorded store is asked for: every row that it gives goes into the record on its way to
 * the core, until the core wants no more.
 */
#include "hub/record_store.h"

/* Rows on their way. */
struct rows {
	struct record_store *own;
	void *context;
	union {
		store_message_fn *message;
		store_outcome_fn *outcome;
		store_id_fn *id;
		store_user_fn *user;
		store_room_fn *room;
		store_gateway_fn *gateway;
		store_ban_fn *ban;
	} take;
};

static bool
pass_message(void *context, const struct store_message *message)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_message(record_begin(record), record->redactor, message);
	record_write(record, RECORD_ROW);
	return rows->take.message(rows->context, message);
}

static bool
pass_outcome(void *context, const struct store_outcome *outcome)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_outcome(record_begin(record), outcome);
	record_write(record, RECORD_ROW);
	return rows->take.outcome(rows->context, outcome);
}

static bool
pass_id(void *context, const struct store_id *id)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_id(record_begin(record), record->redactor, id);
	record_write(record, RECORD_ROW);
	return rows->take.id(rows->context, id);
}

static bool
pass_user(void *context, const struct store_user *user)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_user(record_begin(record), record->redactor, user);
	record_write(record, RECORD_ROW);
	return rows->take.user(rows->context, user);
}

static bool
pass_room(void *context, const struct store_room *room)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_room(record_begin(record), room);
	record_write(record, RECORD_ROW);
	return rows->take.room(rows->context, room);
}

static bool
pass_gateway(void *context, const struct store_gateway *gateway)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_gateway(record_begin(record), gateway);
	record_write(record, RECORD_ROW);
	return rows->take.gateway(rows->context, gateway);
}

static bool
pass_ban(void *context, const struct store_ban *ban)
{
	struct rows *rows = context;
	struct record *record = rows->own->record;

	record_put_ban(record_begin(record), record->redactor, ban);
	record_write(record, RECORD_ROW);
	return rows->take.ban(rows->context, ban);
}

static bool
read_messages(
    struct store *store, const struct store_range *range, store_message_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.message = row };

	record_put_range(arguments(own), range);
	call(own, RECORD_OP_read);
	return returned(own, own->inner->ops->read(own->inner, range, pass_message, &rows));
}

static bool
read_outcomes(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t above,
    store_outcome_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.outcome = row };

	record_put_text(arguments(own), gateway);
	record_put_u64(&own->arguments, gateway_epoch);
	record_put_u64(&own->arguments, above);
	call(own, RECORD_OP_read_outcomes);
	return returned(own, own->inner->ops->read_outcomes(
				 own->inner, gateway, gateway_epoch, above, pass_outcome, &rows));
}

static bool
last_outcome(struct store *store, struct text gateway, uint64_t gateway_epoch, uint64_t *number_out)
{
	struct record_store *own = own_of(store);
	bool done;

	record_put_text(arguments(own), gateway);
	record_put_u64(&own->arguments, gateway_epoch);
	call(own, RECORD_OP_last_outcome);
	done = own->inner->ops->last_outcome(own->inner, gateway, gateway_epoch, number_out);
	record_put_u64(answer(own, done), done ? *number_out : 0);
	record_write(own->record, RECORD_RETURN);
	return done;
}

static bool
find_id(struct store *store, struct text sender, struct text id, store_id_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.id = row };
	struct buffer *out = arguments(own);

	record_put_text(out, sender);
	if (own->record->redactor != NULL)
		redact_id(own->record->redactor, out, id);
	else
		buffer_append_text(out, id);
	call(own, RECORD_OP_find_id);
	return returned(own, own->inner->ops->find_id(own->inner, sender, id, pass_id, &rows));
}

static bool
find_user(struct store *store, struct text realm, struct text id, store_user_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.user = row };

	record_put_text(arguments(own), realm);
	record_put_text(&own->arguments, id);
	call(own, RECORD_OP_find_user);
	return returned(own, own->inner->ops->find_user(own->inner, realm, id, pass_user, &rows));
}

static bool
stale_users(
    struct store *store, int64_t before_ms, unsigned limit, store_user_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.user = row };

	record_put_i64(arguments(own), before_ms);
	record_put_u64(&own->arguments, limit);
	call(own, RECORD_OP_stale_users);
	return returned(
	    own, own->inner->ops->stale_users(own->inner, before_ms, limit, pass_user, &rows));
}

static bool
read_rooms(
    struct store *store, struct text after, unsigned limit, store_room_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.room = row };

	record_put_text(arguments(own), after);
	record_put_u64(&own->arguments, limit);
	call(own, RECORD_OP_read_rooms);
	return returned(
	    own, own->inner->ops->read_rooms(own->inner, after, limit, pass_room, &rows));
}

static bool
read_gateways(struct store *store, store_gateway_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.gateway = row };

	(void)arguments(own);
	call(own, RECORD_OP_read_gateways);
	return returned(own, own->inner->ops->read_gateways(own->inner, pass_gateway, &rows));
}

static bool
read_bans(struct store *store, store_ban_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.ban = row };

	(void)arguments(own);
	call(own, RECORD_OP_read_bans);
	return returned(own, own->inner->ops->read_bans(own->inner, pass_ban, &rows));
}

static bool
export_page(
    struct store *store, uint64_t *cursor, unsigned limit, store_message_fn *row, void *context)
{
	struct record_store *own = own_of(store);
	struct rows rows = { .own = own, .context = context, .take.message = row };
	bool done;

	record_put_u64(arguments(own), *cursor);
	record_put_u64(&own->arguments, limit);
	call(own, RECORD_OP_export_page);
	done = own->inner->ops->export_page(own->inner, cursor, limit, pass_message, &rows);
	record_put_u64(answer(own, done), *cursor);
	record_write(own->record, RECORD_RETURN);
	return done;
}

void
record_store_add_reads(struct store_ops *ops)
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
