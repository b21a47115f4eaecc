/*
 * Numbered commands: taken once, held while the hub does not know who is online, each ended by one
 * outcome that is stored in the turn's batch and told to the sender's gateway. What each kind does
 * is core_publish.c's and core_private.c's.
 */
#include <stdlib.h>

#include "common/outcomes.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

/* Said in one turn by commands that were held: links have bounds, and gateways must read. */
#define RESUME_PART ((size_t)1024 * 1024)

static core_command *const commands[ENVELOPE_KIND_LIMIT] = {
	[ENVELOPE_PUBLISH] = core_publish,
	[ENVELOPE_TELL] = core_private,
	[ENVELOPE_READ] = core_read,
};

void
core_conclude(struct core *core, struct gateway *gateway, const struct envelope_outcome *outcome,
    struct stream *inbox)
{
	const struct store_outcome stored = {
		.gateway = text_of(gateway->name),
		.gateway_epoch = gateway->epoch,
		.number = outcome->number,
		.code = outcome->code,
		.to = outcome->to,
		.durability = outcome->durability,
		.flags = outcome->flags,
		.room = outcome->room,
		.user = outcome->user,
		.epoch = outcome->epoch,
		.seq = outcome->seq,
		.wall_ms = (int64_t)outcome->time,
	};
	uint64_t slots = core_slot_bit(gateway->slot);

	core->written = true;
	if (!core->store->ops->put_outcome(core->store, &stored)) {
		log_warn(core->log, "an outcome could not be stored",
		    log_string("gateway", gateway->name), log_u64("number", outcome->number));
		/* Nobody may be told "stored" who could not be told so again. */
		if (outcome->code == OUTCOME_OK)
			core->store->ops->spoil(core->store);
	}
	if (outcome->code != OUTCOME_OK) {
		core->commands_refused++;
		metric_increment(core->metrics.refused[outcome->code]);
	}
	if (inbox != NULL)
		core_tell_message(core, slots, ENVELOPE_OUTCOME, outcome, inbox);
	else
		core_tell(core, slots, ENVELOPE_OUTCOME, outcome);
}

/* Dialects of other gateways rely on it to be UTF-8. */
enum outcome_code
core_check_content(const struct core *core, struct text content)
{
	if (content.length > core->limits.content_bytes)
		return OUTCOME_TOO_LONG;
	return text_is_utf8(content) ? OUTCOME_OK : OUTCOME_BAD_MESSAGE;
}

static uint64_t
number_of(const struct envelope *envelope)
{
	if (envelope->kind == ENVELOPE_TELL)
		return envelope->tell.number;
	return envelope->kind == ENVELOPE_READ ? envelope->read.number : envelope->publish.number;
}

/*
 * While settling we do not know who is online: a user may be absent only for now, a room's
 * members may be on a gateway that is not back. Commands wait, all of them, so that
 * each sender's stay in order.
 */
static void
hold(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	struct envelope_outcome outcome = {
		.number = number_of(envelope),
		.code = OUTCOME_RATE_LIMITED,
		.time = (uint64_t)now.wall_ms,
	};

	if (!held_add(&core->held, gateway->slot, core->limits.commands_max, envelope))
		core_conclude(core, gateway, &outcome, NULL);
}

enum link_loss
on_command(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	uint64_t number = number_of(envelope);

	if (number == 0 || number > INT64_MAX)
		return LINK_BAD_CONTENT;
	/* Sent again by a gateway that could not know: taken once, answered once. */
	if (number <= gateway->last_number)
		return LINK_ALIVE;
	gateway->last_number = number;
	if (gateway->first_number == 0)
		gateway->first_number = number;
	gateway->commands++;
	/* What comes while the held ones are taken up waits behind them. */
	if (core->settling.active || !held_is_empty(&core->held))
		hold(core, gateway, now, envelope);
	else
		commands[envelope->kind](core, gateway, now, envelope);
	return LINK_ALIVE;
}

void
core_commands_resume(struct core *core, struct now now)
{
	size_t began = outbox_open_length(core->outbox);
	struct held_command *command;

	while (outbox_open_length(core->outbox) - began < RESUME_PART &&
	       (command = held_take(&core->held)) != NULL) {
		commands[command->envelope.kind](
		    core, &core->gateways[command->slot], now, &command->envelope);
		free(command);
	}
}
