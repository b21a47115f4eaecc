/*
 * Parts of streams for those who missed them. Answered behind what the turn released and straight
 * to the link: whatever was delivered up to FETCHED.to has left before it, all above it comes
 * behind. docs/protocol.md has the rules; a turn answers only so much.
 */
#include <stdlib.h>

#include "common/names.h"
#include "hub/core_fetch.h"
#include "hub/core_rooms.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

/* One answer. */
#define FETCH_MESSAGES_MAX 256u
#define FETCH_BYTES_MAX ((size_t)128 * 1024)

/*
 * All answers of one turn, counted in messages: an answer costs about as much as a few of them
 * whatever is in it. The loop must not stall.
 */
#define TURN_COST_MAX 2048u
#define ANSWER_COST 16u

/* How often one answer looks further back behind messages that are all forgotten. */
#define LOOKS_BACK_MAX 8u

/* To one gateway in one turn. */
#define TURN_BYTES_MAX ((size_t)1024 * 1024)

/* Waiting, of one client; of one gateway as many as it may have commands. */
#define CLIENT_QUESTIONS_MAX 16u

/* An answer in the making. */
struct answer {
	struct core *core;
	const struct envelope_fetch *fetch;
	const struct stream *stream;
	struct envelope_fetched end;
	struct buffer *out;
	unsigned limit;
	bool history;    /* holes are passed over instead of being named */
	unsigned rows;   /* that the store gave   */
	size_t bytes;    /* of their content      */
	size_t first;    /* where the second item begins */
	unsigned items;  /* that are in the answer */
	uint64_t passed; /* the last row seen      */
	uint64_t lowest; /* of history: the first row seen */
	bool in_gap;     /* of a forward answer: nothing that is left has been seen yet */
	bool over;
};

static bool
is_hole(const struct store_message *message)
{
	return text_is_empty(message->content) && text_is_empty(message->from_name);
}

static void
add_item(struct answer *answer, const struct store_message *message)
{
	const struct envelope_item item = {
		.token = answer->fetch->token,
		.conn = answer->fetch->conn,
		.room = answer->fetch->room,
		.epoch = answer->stream->epoch,
		.seq = message->seq,
		.from = message->from,
		.from_user = message->from_user,
		.from_name = message->from_name,
		.time = (uint64_t)message->wall_ms,
		.content = message->content,
		.extra = message->extra,
	};

	if (!envelope_encode(answer->out, ENVELOPE_ITEM, &item))
		answer->out->failed = true;
	if (++answer->items == 1)
		answer->first = answer->out->length;
}

/* A row of a part that is read forward: ends before what is missing, or where it ends. */
static bool
take_forward(void *context, const struct store_message *message)
{
	struct answer *answer = context;
	bool follows = message->seq == answer->end.to + 1;

	answer->rows++;
	answer->bytes += message->content.length;
	if (answer->items > 0 && (!follows || is_hole(message))) {
		answer->over = true;
		return false;
	}
	answer->passed = message->seq;
	if (is_hole(message)) {
		answer->in_gap = true;
		return true;
	}
	if (answer->in_gap || !follows) {
		answer->in_gap = true;
		answer->passed = message->seq - 1;
		answer->over = true;
		return false;
	}
	add_item(answer, message);
	answer->end.to = message->seq;
	return !answer->out->failed;
}

static bool
take_history(void *context, const struct store_message *message)
{
	struct answer *answer = context;

	if (answer->rows++ == 0)
		answer->lowest = message->seq;
	answer->bytes += message->content.length;
	if (!is_hole(message))
		add_item(answer, message);
	return !answer->out->failed;
}

static void
name_gap(struct answer *answer, uint64_t to)
{
	struct envelope_fetched *end = &answer->end;

	end->gap_from = answer->fetch->after + 1;
	end->gap_to = to;
	end->gap_reason = GAP_EXPIRED;
	/* What was received is removed for that reason, whatever else would have removed it. */
	if (answer->stream->inbox && to <= answer->stream->mark)
		end->gap_reason = GAP_READ;
	end->to = to;
}

static bool
read_forward(struct answer *answer)
{
	const struct store_range range = {
		.stream = answer->stream->name,
		.epoch = answer->stream->epoch,
		.after = answer->fetch->after,
		.until = answer->stream->committed,
		.limit = answer->limit,
		.bytes = FETCH_BYTES_MAX,
	};
	struct store *store = answer->core->store;

	answer->end.to = range.after;
	if (range.after < range.until && !store->ops->read(store, &range, take_forward, answer))
		return false;
	if (range.after < range.until && answer->rows == 0)
		name_gap(answer, range.until);
	else if (answer->in_gap)
		name_gap(answer, answer->passed);
	answer->end.more = answer->end.to < range.until;
	return true;
}

/* One look back from `until`; false if the store could not be read. */
static bool
look_back(struct answer *answer, uint64_t until)
{
	const struct store_range range = {
		.stream = answer->stream->name,
		.epoch = answer->stream->epoch,
		.until = until,
		/* One more, which tells whether there is more. */
		.limit = answer->limit + 1,
		.bytes = FETCH_BYTES_MAX,
		.newest = true,
	};
	struct store *store = answer->core->store;

	answer->rows = 0;
	answer->bytes = 0;
	if (until > 0 && !store->ops->read(store, &range, take_history, answer))
		return false;
	answer->end.more = answer->rows > answer->limit || answer->bytes > FETCH_BYTES_MAX;
	return true;
}

static bool
read_history(struct answer *answer)
{
	uint64_t until = answer->fetch->before - 1;
	unsigned looks = 0;

	if (until > answer->stream->committed)
		until = answer->stream->committed;
	answer->end.to = until;
	/* Where all was forgotten there is nothing to page on from: look further back. */
	do {
		if (!look_back(answer, until))
			return false;
		until = answer->lowest - 1;
	} while (answer->items == 0 && answer->end.more && ++looks < LOOKS_BACK_MAX);
	if (answer->items == 0)
		answer->end.more = 0;
	if (answer->items > answer->limit)
		buffer_consume(answer->out, answer->first);
	return true;
}

static void
name_epoch(struct answer *answer)
{
	struct envelope_fetched *end = &answer->end;

	end->gap_reason = GAP_EPOCH;
	end->gap_epoch = answer->fetch->epoch;
	end->gap_from = answer->fetch->after + 1;
	end->more = 1;
}

/* The stream that may be read by who asks; NULL if it is not, or not there. */
static const struct stream *
stream_for(struct core *core, const struct client *client, struct text room)
{
	const struct member *member;

	if (client == NULL)
		return NULL;
	if (text_is_empty(room))
		return core_user_inbox(core, client->user);
	member = presence_member(client, room);
	if (member == NULL || !core_room_allows(core, client, room, ROOM_READ))
		return NULL;
	return member->room->stream;
}

static enum outcome_code
read_part(struct answer *answer)
{
	const struct envelope_fetch *fetch = answer->fetch;
	bool read;

	/* Epoch 0: nothing is known of the stream yet, so nothing can be wrong about it. */
	if (fetch->epoch != 0 && fetch->epoch != answer->stream->epoch) {
		name_epoch(answer);
		return OUTCOME_OK;
	}
	/* Who was told of more than there is goes on from where the stream stands. */
	if (!answer->history && fetch->after > answer->stream->committed) {
		answer->end.to = answer->stream->committed;
		return OUTCOME_BAD_SEQ;
	}
	read = answer->history ? read_history(answer) : read_forward(answer);
	return read && !answer->out->failed ? OUTCOME_OK : OUTCOME_UNAVAILABLE;
}

unsigned
core_fetch_answer(struct core *core, const struct question *question, struct buffer *out)
{
	const struct envelope_fetch *fetch = &question->envelope.fetch;
	const struct client *client = presence_by_conn(core->presence, question->slot, fetch->conn);
	struct answer answer = {
		.core = core,
		.fetch = fetch,
		.stream = stream_for(core, client, fetch->room),
		.end = {
			.token = fetch->token,
			.conn = fetch->conn,
			.room = fetch->room,
			.after = fetch->after,
		},
		.out = out,
		.limit = fetch->limit,
		.history = fetch->before > 0,
	};
	size_t began = out->length;

	if (answer.limit == 0 || answer.limit > FETCH_MESSAGES_MAX)
		answer.limit = FETCH_MESSAGES_MAX;
	if (answer.stream != NULL) {
		/* A stream has its epoch from its first message on. */
		answer.end.epoch = answer.stream->committed > 0 ? answer.stream->epoch : 0;
		answer.end.code = (uint32_t)read_part(&answer);
	} else {
		answer.end.code = OUTCOME_NO_SUCH_ROOM;
	}
	if (answer.end.code == OUTCOME_UNAVAILABLE)
		buffer_truncate(out, began);
	(void)envelope_encode(out, ENVELOPE_FETCHED, &answer.end);
	return answer.items;
}

enum link_loss
on_question(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	bool fetch = envelope->kind == ENVELOPE_FETCH;
	uint64_t conn = fetch ? envelope->fetch.conn : envelope->list.conn;
	const struct client *client = presence_by_conn(core->presence, gateway->slot, conn);
	uint32_t id = client != NULL ? client->id : 0;

	(void)now;
	if (fetch && !text_is_empty(envelope->fetch.room) && !names_is_room(envelope->fetch.room))
		return LINK_BAD_CONTENT;
	if (questions_add(&core->questions, gateway->slot, id, core->limits.commands_max,
		CLIENT_QUESTIONS_MAX, envelope))
		return LINK_ALIVE;
	if (fetch)
		core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_FETCHED,
		    &(struct envelope_fetched){
			.token = envelope->fetch.token,
			.conn = conn,
			.room = envelope->fetch.room,
			.code = OUTCOME_RATE_LIMITED,
			.after = envelope->fetch.after,
		    });
	else
		core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_LIST_END,
		    &(struct envelope_list_end){ .token = envelope->list.token, .conn = conn });
	return LINK_ALIVE;
}

/* Gateways whose links can take more. */
static uint64_t
ready_slots(const struct core *core)
{
	uint64_t ready = 0;

	for (uint64_t left = core->questions.waiting; left != 0; left &= left - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(left);

		if (core->links.is_busy == NULL || !core->links.is_busy(core->links.context, slot))
			ready |= core_slot_bit(slot);
	}
	return ready;
}

/* Gateways that ask next who is in which room, while we do not know. */
static uint64_t
held_slots(const struct core *core)
{
	uint64_t held = 0;

	if (!core->settling.active)
		return 0;
	for (uint64_t left = core->questions.waiting; left != 0; left &= left - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(left);

		if (core->questions.lists[slot].first->envelope.kind == ENVELOPE_LIST)
			held |= core_slot_bit(slot);
	}
	return held;
}

void
core_questions_turn(struct core *core)
{
	size_t sent[CORE_GATEWAYS_MAX] = { 0 };
	uint64_t ready = ready_slots(core);
	struct question *question;
	unsigned cost = 0;

	while (cost < TURN_COST_MAX &&
	       (question = questions_take(&core->questions, ready & ~held_slots(core))) != NULL) {
		unsigned slot = question->slot;
		unsigned items;

		buffer_clear(&core->answer);
		if (question->envelope.kind == ENVELOPE_FETCH)
			items = core_fetch_answer(core, question, &core->answer);
		else
			items = core_list_answer(core, question, &core->answer);
		free(question);
		cost += items + ANSWER_COST;
		core->gateways[slot].delivered += items + 1;
		if (core->answer.failed)
			core->doomed |= core_slot_bit(slot);
		else
			core->links.send(
			    core->links.context, slot, core->answer.data, core->answer.length);
		sent[slot] += core->answer.length;
		if (sent[slot] >= TURN_BYTES_MAX)
			ready &= ~core_slot_bit(slot);
	}
}

bool
core_questions_wait(const struct core *core)
{
	return (core->questions.waiting & ~held_slots(core)) != 0;
}
