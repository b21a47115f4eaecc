/*
 * What a gateway hears first on a new link: how far its commands were kept, and the outcomes that
 * it missed. Made when the frames leave, behind every batch that was under way when it came, so
 * that a number is either kept, with an outcome to replay, or to be sent again.
 */
#include <string.h>

#include "hub/core_users.h"
#include "hub/dispatch.h"

struct replay {
	struct buffer frames;
	uint64_t committed;
	uint64_t count;
};

static bool
add_outcome(void *context, const struct store_outcome *stored)
{
	struct replay *replay = context;
	struct envelope_outcome outcome = {
		.number = stored->number,
		.code = stored->code,
		.to = stored->to,
		.room = stored->room,
		.epoch = stored->epoch,
		.seq = stored->seq,
		.time = (uint64_t)stored->wall_ms,
		.user = stored->user,
		.durability = stored->durability,
		.flags = stored->flags,
	};

	/* Above are those that came on this very link: they are told in their turn. */
	if (stored->number > replay->committed)
		return false;
	replay->count++;
	return envelope_encode(&replay->frames, ENVELOPE_OUTCOME, &outcome);
}

static bool
fill(struct core *core, struct gateway *gateway, struct replay *replay)
{
	const struct store_ops *ops = core->store->ops;
	struct text name = text_of(gateway->name);
	struct envelope_welcome welcome = {
		.link_version = gateway->link_version,
		.hub_epoch = core->epoch,
		.software = TEXT("hubbub " HUBBUB_VERSION),
		.frame_max = ENVELOPE_FRAME_MAX,
		.commands_max = core->limits.commands_max,
	};

	if (!ops->last_outcome(core->store, name, gateway->epoch, &replay->committed))
		return false;
	if (gateway->first_number != 0 && replay->committed >= gateway->first_number)
		replay->committed = gateway->first_number - 1;
	welcome.committed = replay->committed;
	if (!envelope_encode(&replay->frames, ENVELOPE_WELCOME, &welcome))
		return false;
	return replay->committed <= gateway->answered ||
	       ops->read_outcomes(
		   core->store, name, gateway->epoch, gateway->answered, add_outcome, replay);
}

void
core_greet(struct core *core, unsigned slot)
{
	struct gateway *gateway = &core->gateways[slot];
	struct replay replay = { 0 };

	buffer_init(&replay.frames, 0);
	/* A gateway that heard too low a number would have commands carried out twice. */
	if (!fill(core, gateway, &replay) || replay.frames.failed) {
		log_error(core->log, "what a gateway missed cannot be read",
		    log_string("gateway", gateway->name));
		core->doomed |= core_slot_bit(slot);
		buffer_free(&replay.frames);
		return;
	}
	if (gateway->first_number == 0)
		gateway->last_number = replay.committed;
	gateway->delivered += 1 + replay.count;
	core->links.send(core->links.context, slot, replay.frames.data, replay.frames.length);
	buffer_free(&replay.frames);
	if (replay.count > 0)
		log_info(core->log, "outcomes said again", log_string("gateway", gateway->name),
		    log_u64("outcomes", replay.count));
}

static void
prune(struct core *core, const char *name, uint64_t epoch, uint64_t number)
{
	if (core->store->ops->prune_outcomes(core->store, text_of(name), epoch, number))
		core->written = true;
}

void
core_prune_others(struct core *core, const struct gateway *gateway)
{
	for (unsigned i = 0; i < CORE_PASTS; i++) {
		struct gateway_past *past = &core->pasts[i];

		if (past->epoch == gateway->epoch || past->last_number == 0 ||
		    strcmp(past->name, gateway->name) != 0)
			continue;
		prune(core, past->name, past->epoch, past->last_number);
		past->last_number = 0;
	}
}

void
core_prune_ended(struct core *core, struct gateway *gateway)
{
	if (gateway->last_number > 0)
		prune(core, gateway->name, gateway->epoch, gateway->last_number);
	gateway->last_number = 0;
}

enum link_loss
on_answered(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	uint64_t number = envelope->answered.number;

	(void)now;
	if (number > gateway->last_number)
		number = gateway->last_number;
	if (number <= gateway->answered)
		return LINK_ALIVE;
	gateway->answered = number;
	prune(core, gateway->name, gateway->epoch, number);
	return LINK_ALIVE;
}
