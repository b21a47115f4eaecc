/*
 * Messages said again: who sends one with an id that was taken before gets the first one's outcome,
 * and nothing is stored or delivered twice. What is not at hand is asked of the store, which
 * remembers for ten minutes at least.
 */
#include <string.h>

#include "common/outcomes.h"
#include "hub/core_users.h"

/* How long an id is remembered at least. */
#define REMEMBERED_MS 600000

_Static_assert(DIGEST_SIZE == STORE_DIGEST_SIZE, "the store keeps whole digests");

bool
core_digest(
    struct core *core, const struct text *parts, size_t count, unsigned char digest[DIGEST_SIZE])
{
	if (!digest_texts(core->digest, parts, count, digest))
		return false;
	if (core->digests.made != NULL)
		core->digests.made(core->digests.context, digest);
	return true;
}

/* "REALM/USER", valid until the next call; empty without memory. */
static struct text
sender_of(struct core *core, const struct user *user)
{
	buffer_clear(&core->sender);
	buffer_append_text(&core->sender, user->realm);
	buffer_append_byte(&core->sender, '/');
	buffer_append_text(&core->sender, user->id);
	return core->sender.failed ? (struct text){ 0 } : buffer_text(&core->sender);
}

static bool
take_up(void *context, const struct store_id *row)
{
	struct core *core = context;

	(void)ids_add(core->message_ids, row, core_open_batch(core), core->kept);
	return false;
}

/*
 * A hub that has been at it for long enough knows without asking. How long that is only the
 * monotonic clock can tell: a day that the other is set forward is no day of hearing what is said.
 */
static bool
knows_all(const struct core *core, struct now now)
{
	int64_t since = ids_complete_since(core->message_ids, core->started_wall_ms);

	return now.mono_ms - core->started_mono_ms > REMEMBERED_MS &&
	       now.wall_ms - since > REMEMBERED_MS;
}

/* *found_out is NULL if it was never said, as far as anybody remembers. False: nobody can say. */
static bool
earlier(struct core *core, struct now now, struct text sender, struct text id,
    const struct store_id **found_out)
{
	*found_out = ids_find(core->message_ids, sender, id);
	if (*found_out != NULL || knows_all(core, now))
		return true;
	if (!core->store->ops->find_id(core->store, sender, id, take_up, core))
		return false;
	*found_out = ids_find(core->message_ids, sender, id);
	return true;
}

enum outcome_code
core_id_check(struct core *core, struct now now, const struct client *from,
    const struct core_said *said, struct store_id *row_out, const struct store_id **earlier_out)
{
	*row_out = (struct store_id){ .id = said->id };
	*earlier_out = NULL;
	if (text_is_empty(said->id))
		return OUTCOME_OK;
	if (said->id.length > IDS_BYTES_MAX || !text_is_utf8(said->id))
		return OUTCOME_BAD_MESSAGE;
	row_out->sender = sender_of(core, from->user);
	if (text_is_empty(row_out->sender) || !core_digest(core, said->parts, 4, row_out->digest) ||
	    !earlier(core, now, row_out->sender, said->id, earlier_out))
		return OUTCOME_NOT_STORED;
	if (*earlier_out == NULL || digest_equal((*earlier_out)->digest, row_out->digest))
		return OUTCOME_OK;
	*earlier_out = NULL;
	return OUTCOME_ID_REUSED;
}

void
core_id_keep(struct core *core, struct store_id *row, const struct envelope_outcome *outcome)
{
	if (text_is_empty(row->id))
		return;
	row->to = outcome->to;
	row->room = outcome->room;
	row->user = outcome->user;
	row->epoch = outcome->epoch;
	row->seq = outcome->seq;
	row->wall_ms = (int64_t)outcome->time;
	if (!core->store->ops->put_id(core->store, row) ||
	    !ids_add(core->message_ids, row, core_open_batch(core), core->kept)) {
		log_warn(core->log, "the id of a message could not be kept");
		/* The message alone would be stored twice when it is said again. */
		core->store->ops->spoil(core->store);
	}
}

void
core_id_repeat(
    struct core *core, struct gateway *gateway, uint64_t number, const struct store_id *earlier)
{
	struct envelope_outcome outcome = {
		.number = number,
		.code = OUTCOME_OK,
		.to = earlier->to,
		.room = earlier->room,
		.epoch = earlier->epoch,
		.seq = earlier->seq,
		.time = (uint64_t)earlier->wall_ms,
		.user = earlier->user,
		.durability = core->store->ops->durability,
		.flags = OUTCOME_REPEATED,
	};
	const struct stream *stream = streams_find_room(core->streams, earlier->room);

	if (!text_is_empty(earlier->room) && stream != NULL)
		outcome.durability = stream->durability;
	metric_increment(core->metrics.repeated);
	core_conclude(core, gateway, &outcome, NULL);
}
