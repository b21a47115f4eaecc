/*
 * Rows of the store as fields of a record. A member that is added to a row changes its size, which
 * is asserted here: it must be written and read.
 */
#include "hub/record_rows.h"

#include <string.h>

_Static_assert(sizeof(struct store_stream) == 56, "all of a stream is recorded");
_Static_assert(sizeof(struct store_range) == 64, "all of a range is recorded");
_Static_assert(sizeof(struct store_position) == 40, "all of a position is recorded");
_Static_assert(sizeof(struct store_message) == 112, "all of a message is recorded");
_Static_assert(sizeof(struct store_outcome) == 104, "all of an outcome is recorded");
_Static_assert(sizeof(struct store_id) == 128, "all of an id is recorded");
_Static_assert(sizeof(struct store_user) == 96, "all of a user is recorded");
_Static_assert(sizeof(struct store_room) == 88, "all of a room is recorded");
_Static_assert(sizeof(struct store_process) == 24, "all of a process is recorded");
_Static_assert(sizeof(struct store_gateway) == 48, "all of a gateway is recorded");
_Static_assert(sizeof(struct store_ban) == 88, "all of a ban is recorded");
_Static_assert(sizeof(struct store_stats) == 224, "all of the figures are recorded");

void
record_put_stream(struct buffer *out, const struct store_stream *stream)
{
	record_put_text(out, stream->name);
	record_put_u64(out, stream->durability);
	record_put_u64(out, stream->keep.messages);
	record_put_u64(out, stream->keep.bytes);
	record_put_u64(out, stream->keep.milliseconds);
	record_put_bool(out, stream->inbox);
}

void
record_put_range(struct buffer *out, const struct store_range *range)
{
	record_put_text(out, range->stream);
	record_put_u64(out, range->epoch);
	record_put_u64(out, range->after);
	record_put_u64(out, range->until);
	record_put_u64(out, range->limit);
	record_put_u64(out, range->bytes);
	record_put_bool(out, range->newest);
}

void
record_put_position(struct buffer *out, const struct store_position *position)
{
	record_put_u64(out, position->epoch);
	record_put_u64(out, position->first);
	record_put_u64(out, position->seq);
	record_put_u64(out, position->mark);
	record_put_u64(out, position->unread_bytes);
}

struct store_position
record_position(struct record_fields *fields)
{
	struct store_position position;

	position.epoch = record_u64(fields);
	position.first = record_u64(fields);
	position.seq = record_u64(fields);
	position.mark = record_u64(fields);
	position.unread_bytes = record_u64(fields);
	return position;
}

/* Of as many bytes, with or without a redactor. */
static void
put_said(struct buffer *out, const struct redactor *redactor, struct text text)
{
	if (redactor == NULL) {
		record_put_text(out, text);
		return;
	}
	record_put_u64(out, text.length);
	redact_shape(out, text);
}

static void
put_digest(struct buffer *out, const struct redactor *redactor,
    const unsigned char digest[STORE_DIGEST_SIZE])
{
	unsigned char own[STORE_DIGEST_SIZE];

	memcpy(own, digest, sizeof(own));
	if (redactor != NULL)
		redact_digest(redactor, own);
	buffer_append(out, own, sizeof(own));
}

void
record_put_message(
    struct buffer *out, const struct redactor *redactor, const struct store_message *message)
{
	record_put_text(out, message->stream);
	record_put_u64(out, message->epoch);
	record_put_u64(out, message->seq);
	record_put_i64(out, message->wall_ms);
	record_put_u64(out, message->from);
	record_put_text(out, message->from_user);
	record_put_text(out, message->from_name);
	put_said(out, redactor, message->content);
	put_said(out, redactor, message->extra);
}

struct store_message
record_message(struct record_fields *fields)
{
	struct store_message message;

	message.stream = record_text(fields);
	message.epoch = record_u64(fields);
	message.seq = record_u64(fields);
	message.wall_ms = record_i64(fields);
	message.from = record_u32(fields);
	message.from_user = record_text(fields);
	message.from_name = record_text(fields);
	message.content = record_text(fields);
	message.extra = record_text(fields);
	return message;
}

void
record_put_outcome(struct buffer *out, const struct store_outcome *outcome)
{
	record_put_text(out, outcome->gateway);
	record_put_u64(out, outcome->gateway_epoch);
	record_put_u64(out, outcome->number);
	record_put_u64(out, outcome->code);
	record_put_u64(out, outcome->to);
	record_put_u64(out, outcome->durability);
	record_put_u64(out, outcome->flags);
	record_put_text(out, outcome->room);
	record_put_text(out, outcome->user);
	record_put_u64(out, outcome->epoch);
	record_put_u64(out, outcome->seq);
	record_put_i64(out, outcome->wall_ms);
}

struct store_outcome
record_outcome(struct record_fields *fields)
{
	struct store_outcome outcome;

	outcome.gateway = record_text(fields);
	outcome.gateway_epoch = record_u64(fields);
	outcome.number = record_u64(fields);
	outcome.code = record_u32(fields);
	outcome.to = record_u32(fields);
	outcome.durability = record_u32(fields);
	outcome.flags = record_u32(fields);
	outcome.room = record_text(fields);
	outcome.user = record_text(fields);
	outcome.epoch = record_u64(fields);
	outcome.seq = record_u64(fields);
	outcome.wall_ms = record_i64(fields);
	return outcome;
}

/* What stands for the id has another length: it is put together on the side. */
void
record_put_id(struct buffer *out, const struct redactor *redactor, const struct store_id *id)
{
	struct buffer stands;

	record_put_text(out, id->sender);
	if (redactor == NULL) {
		record_put_text(out, id->id);
	} else {
		buffer_init(&stands, 0);
		redact_id(redactor, &stands, id->id);
		record_put_text(out, buffer_text(&stands));
		buffer_free(&stands);
	}
	put_digest(out, redactor, id->digest);
	record_put_u64(out, id->to);
	record_put_text(out, id->room);
	record_put_text(out, id->user);
	record_put_u64(out, id->epoch);
	record_put_u64(out, id->seq);
	record_put_i64(out, id->wall_ms);
}

struct store_id
record_id(struct record_fields *fields)
{
	struct store_id id;

	id.sender = record_text(fields);
	id.id = record_text(fields);
	record_bytes(fields, id.digest, sizeof(id.digest));
	id.to = record_u32(fields);
	id.room = record_text(fields);
	id.user = record_text(fields);
	id.epoch = record_u64(fields);
	id.seq = record_u64(fields);
	id.wall_ms = record_i64(fields);
	return id;
}

void
record_put_user(struct buffer *out, const struct redactor *redactor, const struct store_user *user)
{
	record_put_text(out, user->realm);
	record_put_text(out, user->id);
	record_put_text(out, user->name);
	record_put_bool(out, user->has_secret);
	put_digest(out, redactor, user->secret);
	record_put_i64(out, user->seen_ms);
}

struct store_user
record_user(struct record_fields *fields)
{
	struct store_user user;

	user.realm = record_text(fields);
	user.id = record_text(fields);
	user.name = record_text(fields);
	user.has_secret = record_bool(fields);
	record_bytes(fields, user.secret, sizeof(user.secret));
	user.seen_ms = record_i64(fields);
	return user;
}

void
record_put_room(struct buffer *out, const struct store_room *room)
{
	record_put_text(out, room->name);
	record_put_text(out, room->class_name);
	record_put_text(out, room->read);
	record_put_text(out, room->write);
	record_put_text(out, room->list);
	record_put_i64(out, room->created_ms);
}

struct store_room
record_room(struct record_fields *fields)
{
	struct store_room room;

	room.name = record_text(fields);
	room.class_name = record_text(fields);
	room.read = record_text(fields);
	room.write = record_text(fields);
	room.list = record_text(fields);
	room.created_ms = record_i64(fields);
	return room;
}

void
record_put_process(struct buffer *out, const struct store_process *process)
{
	record_put_i64(out, process->pid);
	record_put_u64(out, process->started);
	record_put_u64(out, process->space);
}

struct store_process
record_process(struct record_fields *fields)
{
	struct store_process process;

	process.pid = record_i64(fields);
	process.started = record_u64(fields);
	process.space = record_u64(fields);
	return process;
}

void
record_put_gateway(struct buffer *out, const struct store_gateway *gateway)
{
	record_put_text(out, gateway->name);
	record_put_u64(out, gateway->epoch);
	record_put_process(out, &gateway->process);
}

struct store_gateway
record_gateway(struct record_fields *fields)
{
	struct store_gateway gateway;

	gateway.name = record_text(fields);
	gateway.epoch = record_u64(fields);
	gateway.process = record_process(fields);
	return gateway;
}

/* Whom it is about stays, as in the operator's command. */
void
record_put_ban(struct buffer *out, const struct redactor *redactor, const struct store_ban *ban)
{
	record_put_u64(out, ban->kind);
	record_put_text(out, ban->realm);
	record_put_text(out, ban->value);
	put_said(out, redactor, ban->reason);
	record_put_text(out, ban->made_by);
	record_put_i64(out, ban->since_ms);
	record_put_i64(out, ban->until_ms);
}

struct store_ban
record_ban(struct record_fields *fields)
{
	struct store_ban ban;

	ban.kind = (enum store_ban_kind)record_below(fields, STORE_BAN_ADDRESS + 1);
	ban.realm = record_text(fields);
	ban.value = record_text(fields);
	ban.reason = record_text(fields);
	ban.made_by = record_text(fields);
	ban.since_ms = record_i64(fields);
	ban.until_ms = record_i64(fields);
	return ban;
}

void
record_put_stats(struct buffer *out, const struct store_stats *stats)
{
	record_put_u64(out, stats->file_bytes);
	record_put_u64(out, stats->wal_bytes);
	record_put_u64(out, stats->streams);
	record_put_u64(out, stats->messages);
	record_put_u64(out, stats->users);
	record_put_u64(out, stats->batches);
	record_put_u64(out, stats->failures);
	record_put_u64(out, stats->schema_version);
	record_put_text(out, text_of(stats->state));
}

struct store_stats
record_stats(struct record_fields *fields)
{
	struct store_stats stats = { 0 };
	struct text state;

	stats.file_bytes = record_u64(fields);
	stats.wal_bytes = record_u64(fields);
	stats.streams = record_u64(fields);
	stats.messages = record_u64(fields);
	stats.users = record_u64(fields);
	stats.batches = record_u64(fields);
	stats.failures = record_u64(fields);
	stats.schema_version = record_u64(fields);
	state = record_text(fields);
	if (state.length >= sizeof(stats.state))
		fields->failed = true;
	else if (state.length > 0)
		memcpy(stats.state, state.data, state.length);
	return stats;
}
