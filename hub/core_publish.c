/*
 * What is said in rooms: stored in the room's stream, heard by its members behind the sender's
 * outcome. Senders are who the hub knows them to be, whatever the command says.
 */
#include "common/outcomes.h"
#include "hub/core_events.h"
#include "hub/core_rooms.h"
#include "hub/core_users.h"
#include "hub/router.h"

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

/* OUTCOME_OK with the member that speaks and has spoken, or why it may not. */
static enum outcome_code
say(struct core *core, struct now now, const struct client *client,
    const struct envelope_publish *publish, struct member **from_out)
{
	*from_out = presence_member(client, publish->room);
	if (*from_out == NULL)
		return OUTCOME_NO_SUCH_ROOM;
	if (!core_may_write(core, *from_out))
		return OUTCOME_READ_ONLY;
	if (!store_message(core, now, *from_out, publish->content))
		return OUTCOME_NOT_STORED;
	return OUTCOME_OK;
}

static void
deliver(struct core *core, const struct member *from, const struct envelope_publish *publish,
    uint64_t time)
{
	struct stream *stream = from->room->stream;
	const struct envelope_deliver body = {
		.room = from->room->name,
		.epoch = stream->epoch,
		.seq = stream->seq,
		.from = from->client->id,
		.from_name = from->client->name,
		.time = time,
		.content = publish->content,
		.from_user = from->client->user->id,
	};

	core_tell_message(core, router_room(from->room), ENVELOPE_DELIVER, &body, stream);
	core->messages_public++;
	metric_increment(core->metrics.public_messages);
}

void
core_publish(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_publish *publish = &envelope->publish;
	const struct core_said said = {
		.parts = { TEXT("publish"), publish->room, publish->content },
		.id = publish->id,
	};
	const struct client *client = core_sender(core, gateway->slot, publish->conn);
	struct envelope_outcome outcome = {
		.number = publish->number,
		.room = publish->room,
		.time = (uint64_t)now.wall_ms,
	};
	const struct store_id *earlier = NULL;
	struct store_id row;
	struct member *from = NULL;
	enum outcome_code code = OUTCOME_NO_SUCH_ROOM;

	if (client != NULL)
		code = core_check_content(core, publish->content);
	if (code == OUTCOME_OK)
		code = core_id_check(core, now, client, &said, &row, &earlier);
	if (earlier != NULL) {
		core_id_repeat(core, gateway, publish->number, earlier);
		return;
	}
	if (code == OUTCOME_OK)
		code = say(core, now, client, publish, &from);
	outcome.code = (uint32_t)code;
	if (code == OUTCOME_OK) {
		outcome.epoch = from->room->stream->epoch;
		outcome.seq = from->room->stream->seq;
		outcome.durability = from->room->stream->durability;
		core_id_keep(core, &row, &outcome);
	}
	core_conclude(core, gateway, &outcome, NULL);
	if (code != OUTCOME_OK) {
		core_note_refused(core, client, now, publish->room, code);
		return;
	}
	deliver(core, from, publish, outcome.time);
	core_note_said(core, client, now, EVENT_SAID, publish->room, publish->content);
}
