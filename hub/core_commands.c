/*
 * Numbered commands: what is said in rooms and to users. Each ends in one outcome, stored in the
 * turn's batch and told to the sender's gateway; a public message is heard behind its sender's
 * outcome, a private one before it. Senders are who the hub knows them to be, whatever the
 * command says.
 */
#include <stdlib.h>

#include "common/outcomes.h"
#include "hub/core_rooms.h"
#include "hub/core_state.h"
#include "hub/dispatch.h"
#include "hub/router.h"

/* Said in one turn by commands that were held: links have bounds, and gateways must read. */
#define RESUME_PART ((size_t)1024 * 1024)

/* Stores the outcome and tells the gateway that asked. */
static void
conclude(struct core *core, struct gateway *gateway, const struct envelope_outcome *outcome)
{
	const struct store_outcome stored = {
		.gateway = text_of(gateway->name),
		.gateway_epoch = gateway->epoch,
		.number = outcome->number,
		.code = outcome->code,
		.seq = outcome->seq,
		.wall_ms = (int64_t)outcome->time,
	};

	core->written = true;
	if (!core->store->ops->put_outcome(core->store, &stored))
		log_warn(core->log, "an outcome could not be stored",
		    log_string("gateway", gateway->name), log_u64("number", outcome->number));
	if (outcome->code != OUTCOME_OK) {
		core->commands_refused++;
		metric_increment(core->metrics.refused[outcome->code]);
	}
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_OUTCOME, outcome);
}

/* What may be said at all: dialects of other gateways rely on it to be UTF-8. */
static enum outcome_code
check_content(const struct core *core, struct text content)
{
	if (content.length > core->limits.content_bytes)
		return OUTCOME_TOO_LONG;
	return text_is_utf8(content) ? OUTCOME_OK : OUTCOME_BAD_MESSAGE;
}

/* OUTCOME_OK with the member that speaks, or why it may not. */
static enum outcome_code
check_publish(const struct core *core, const struct gateway *gateway,
    const struct envelope_publish *publish, struct member **member_out)
{
	const struct client *client =
	    presence_by_conn(core->presence, gateway->slot, publish->conn);

	*member_out = client == NULL ? NULL : presence_member(client, publish->room);
	if (*member_out == NULL)
		return OUTCOME_NO_SUCH_ROOM;
	if (!core_may_write(core, *member_out))
		return OUTCOME_READ_ONLY;
	return check_content(core, publish->content);
}

static bool
store_message(struct core *core, struct now now, const struct member *from, struct text content)
{
	struct stream *stream = from->room->stream;
	const struct store_message message = {
		.stream = stream->name,
		.epoch = stream->epoch,
		.seq = stream->seq + 1,
		.wall_ms = now.wall_ms,
		.from = from->client->id,
		.from_user = from->client->user->id,
		.from_name = from->client->name,
		.content = content,
	};

	if (!core->store->ops->append(core->store, &message))
		return false;
	core->written = true;
	stream->seq++;
	return true;
}

static void
publish(struct core *core, struct gateway *gateway, struct now now,
    const struct envelope_publish *publish)
{
	struct member *from;
	enum outcome_code code = check_publish(core, gateway, publish, &from);
	struct envelope_outcome outcome = {
		.number = publish->number,
		.room = publish->room,
		.time = (uint64_t)now.wall_ms,
	};
	struct envelope_deliver deliver;

	if (code == OUTCOME_OK && !store_message(core, now, from, publish->content))
		code = OUTCOME_NOT_STORED;
	outcome.code = (uint32_t)code;
	if (code != OUTCOME_OK) {
		conclude(core, gateway, &outcome);
		return;
	}
	outcome.epoch = from->room->stream->epoch;
	outcome.seq = from->room->stream->seq;
	conclude(core, gateway, &outcome);
	deliver = (struct envelope_deliver){
		.room = from->room->name,
		.epoch = outcome.epoch,
		.seq = outcome.seq,
		.from = from->client->id,
		.from_name = from->client->name,
		.time = outcome.time,
		.content = publish->content,
		.from_user = from->client->user->id,
	};
	core_tell_message(core, router_room(from->room), &deliver, from->room->stream);
	core->messages_public++;
	metric_increment(core->metrics.public_messages);
}

static enum outcome_code
check_tell(const struct core *core, const struct gateway *gateway, const struct envelope_tell *tell,
    struct client **from_out, struct client **to_out)
{
	enum outcome_code code = check_content(core, tell->content);

	*from_out = presence_by_conn(core->presence, gateway->slot, tell->conn);
	*to_out = *from_out == NULL ? NULL : router_user(core->presence, tell->to);
	return code == OUTCOME_OK && *to_out == NULL ? OUTCOME_NO_SUCH_USER : code;
}

static void
tell(struct core *core, struct gateway *gateway, struct now now, const struct envelope_tell *tell)
{
	struct client *from;
	struct client *to;
	enum outcome_code code = check_tell(core, gateway, tell, &from, &to);
	struct envelope_outcome outcome = {
		.number = tell->number,
		.code = (uint32_t)code,
		.to = code == OUTCOME_OK ? to->id : 0,
		.time = (uint64_t)now.wall_ms,
		.user = code == OUTCOME_OK ? to->user->id : (struct text){ 0 },
	};

	/* The sender's own copy is made from the outcome: to oneself that is all there is. */
	if (code == OUTCOME_OK && to != from) {
		struct envelope_whisper whisper = {
			.conn = to->conn,
			.to = to->id,
			.from = from->id,
			.from_name = from->name,
			.time = outcome.time,
			.content = tell->content,
			.from_user = from->user->id,
			.extra = tell->extra,
		};

		core_tell(core, core_slot_bit(to->slot), ENVELOPE_WHISPER, &whisper);
	}
	if (code == OUTCOME_OK) {
		core->messages_private++;
		metric_increment(core->metrics.private_messages);
	}
	conclude(core, gateway, &outcome);
}

static void
carry_out(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	if (envelope->kind == ENVELOPE_TELL)
		tell(core, gateway, now, &envelope->tell);
	else
		publish(core, gateway, now, &envelope->publish);
}

/*
 * While settling we do not know who is online: a user may be absent only for now, a room's
 * members may be on a gateway that is not back. Commands wait, all of them, so that
 * each sender's stay in order.
 */
static void
hold(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope,
    uint64_t number)
{
	struct envelope_outcome outcome = {
		.number = number,
		.code = OUTCOME_RATE_LIMITED,
		.time = (uint64_t)now.wall_ms,
	};

	if (!held_add(&core->held, gateway->slot, core->limits.commands_max, envelope))
		conclude(core, gateway, &outcome);
}

enum link_loss
on_command(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	uint64_t number =
	    envelope->kind == ENVELOPE_TELL ? envelope->tell.number : envelope->publish.number;

	if (number <= gateway->last_number)
		return LINK_BAD_CONTENT;
	gateway->last_number = number;
	gateway->commands++;
	/* What comes while the held ones are taken up waits behind them. */
	if (core->settling.active || !held_is_empty(&core->held))
		hold(core, gateway, now, envelope, number);
	else
		carry_out(core, gateway, now, envelope);
	return LINK_ALIVE;
}

void
core_commands_resume(struct core *core, struct now now)
{
	size_t began = outbox_open_length(core->outbox);
	struct held_command *command;

	while (outbox_open_length(core->outbox) - began < RESUME_PART &&
	       (command = held_take(&core->held)) != NULL) {
		carry_out(core, &core->gateways[command->slot], now, &command->envelope);
		free(command);
	}
}
