/*
 * The `native` dialect: Hubbub's own. Here are its table, hello and welcome, rooms that come and
 * go, and the answers that the hub gives; dialect_native_commands.c reads what clients say. Wire
 * format and order: docs/dialects/native.md.
 */
#include <stdlib.h>

#include "common/config.h"
#include "gateway/dialect_native.h"

static const struct {
	const char *word;
	const char *sentence;
	bool offence;
} errors[NATIVE_ERRORS] = {
	[NATIVE_BAD_JSON] = { "bad_json", "That was not JSON, or nested too deeply.", true },
	[NATIVE_BAD_FRAME] = { "bad_frame", "A message is a JSON object.", true },
	[NATIVE_UNKNOWN_TYPE] = { "unknown_type", "There is no message of this type.", true },
	[NATIVE_MISSING_FIELD] = { "missing_field", "A member of the message is missing.", true },
	[NATIVE_BAD_FIELD] = { "bad_field", "A member of the message is not what it must be.",
	    true },
	[NATIVE_BAD_SEQ] = { "bad_seq", "There is no message of that number.", true },
	[NATIVE_BAD_ROOM] = { "bad_room", "This is not the name of a room.", true },
	[NATIVE_NOT_HELLO] = { "not_hello", "Say hello first, and wait for welcome.", true },
	[NATIVE_ALREADY_HELLO] = { "already_hello", "Hello was said before.", true },
	[NATIVE_ALREADY_MEMBER] = { "already_member", "You are in this room.", true },
	[NATIVE_BUSY] = { "busy", "Too much is still to be answered; ask again later.", false },
	[NATIVE_UNAUTHORIZED] = { "unauthorized", "The token is missing or not good.", false },
};

void
native_send(struct session *session, struct buffer *payload)
{
	if (payload->failed)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	else
		session_reply(session, FRAME_TEXT, buffer_text(payload));
	buffer_free(payload);
}

static void
say_error(struct session *session, const char *word, const char *sentence,
    const struct native_fault *fault)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	native_render_error(&payload, word, sentence, fault);
	native_send(session, &payload);
}

void
native_fail(struct session *session, enum native_error error, const struct native_fault *fault)
{
	say_error(session, errors[error].word, errors[error].sentence, fault);
	if (errors[error].offence)
		session_offence(session);
}

void
native_refuse(struct session *session, uint32_t code, const struct native_fault *fault)
{
	say_error(session, outcome_word(code), outcome_sentence(code), fault);
}

static void
native_opened(struct session *session, const struct client_request *request)
{
	struct native_state *state = session_state(session);

	(void)request;
	TAILQ_INIT(&state->asks);
}

static void
native_closed(struct session *session)
{
	native_state_free(session_state(session));
}

/*
 * From where a room is heard. [0,0] is where everything begins; a seq that was never reached is
 * told, and the room heard from now on.
 */
static void
hear_room(struct session *session, const struct native_ask *ask)
{
	struct native_fault fault = { .room = text_of(ask->room) };
	uint64_t epoch = ask->epoch;
	uint64_t seq = ask->joined_seq;

	if (ask->since.given && ask->since.epoch == 0) {
		seq = 0;
	} else if (ask->since.given && ask->since.epoch != epoch) {
		epoch = ask->since.epoch;
		seq = ask->since.seq;
	} else if (ask->since.given && ask->since.seq <= seq) {
		seq = ask->since.seq;
	} else if (ask->since.given) {
		fault.id = ask->of_hello ? text_of("") : native_ask_id(ask);
		native_fail(session, NATIVE_BAD_SEQ, &fault);
	}
	session_hear(session, fault.room, epoch, seq);
}

static void
hear_inbox(struct session *session, const struct native_state *state)
{
	const struct native_position *since = &state->inbox;
	struct native_fault fault = { .field = "since" };

	if (!since->given)
		session_hear(session, TEXT(""), state->epoch, state->read);
	else if (since->epoch == 0)
		session_hear(session, TEXT(""), state->epoch, 0);
	else if (since->epoch != state->epoch || since->seq <= state->seq)
		session_hear(session, TEXT(""), since->epoch, since->seq);
	else {
		native_fail(session, NATIVE_BAD_SEQ, &fault);
		session_hear(session, TEXT(""), state->epoch, state->seq);
	}
}

/* Those of one hello share what one of them may name. */
static void
say_snapshot(struct session *session, struct text room, unsigned sharers)
{
	unsigned limit = session_limits(session)->list_members / (sharers > 0 ? sharers : 1);
	struct buffer payload;
	bool shortened;

	buffer_init(&payload, 0);
	shortened = native_render_snapshot(&payload, session, room, limit > 0 ? limit : 1);
	session_snapshot_said(session, room, payload.length, shortened);
	native_send(session, &payload);
}

static void
native_presence_missed(struct session *session, struct text room)
{
	say_snapshot(session, room, 1);
}

static void
append_place(struct buffer *out, const struct native_ask *ask)
{
	native_append_number(out, ",\"epoch\":", ask->epoch);
	native_append_number(out, ",\"seq\":", ask->joined_seq);
	native_append_number(out, ",\"members\":", ask->members);
}

static void
append_rooms(struct buffer *out, const struct native_state *state)
{
	const struct native_ask *ask;
	const char *before = "{\"room\":";

	buffer_append_string(out, ",\"rooms\":[");
	TAILQ_FOREACH (ask, &state->asks, entry) {
		if (ask->code != OUTCOME_OK)
			continue;
		native_append_member(out, before, text_of(ask->room));
		append_place(out, ask);
		buffer_append_byte(out, '}');
		before = ",{\"room\":";
	}
	buffer_append_byte(out, ']');
}

static void
say_welcome(struct session *session, const struct native_state *state)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	buffer_append_string(&payload, "{\"type\":\"welcome\"");
	native_append_client(&payload, ",\"client_id\":", session_client(session));
	native_append_member(&payload, ",\"user\":", session_user(session));
	native_append_member(&payload, ",\"username\":", session_name(session));
	native_append_member(&payload, ",\"resume\":", text_of(state->resume));
	append_rooms(&payload, state);
	native_append_number(&payload, ",\"inbox\":[", state->epoch);
	native_append_number(&payload, ",", state->seq);
	native_append_number(&payload, "],\"read\":", state->read);
	buffer_append_string(&payload, ",\"limits\":");
	native_render_limits(&payload, session);
	buffer_append_string(&payload, ",\"resumed\":");
	buffer_append_string(&payload, state->resumed ? "true" : "false");
	native_append_id(
	    &payload, state->id == NULL ? TEXT("") : (struct text){ state->id, state->id_length });
	buffer_append_byte(&payload, '}');
	native_send(session, &payload);
}

/* Everything of the hello is answered: what was asked for there comes in the order of the page. */
static void
welcome(struct session *session, struct native_state *state)
{
	struct native_ask *ask;
	unsigned sharers = 0;

	state->welcomed = true;
	say_welcome(session, state);
	TAILQ_FOREACH (ask, &state->asks, entry) {
		struct native_fault fault = { .room = text_of(ask->room) };

		if (ask->code == OUTCOME_OK)
			sharers++;
		else
			native_refuse(session, ask->code, &fault);
	}
	while ((ask = TAILQ_FIRST(&state->asks)) != NULL) {
		if (ask->code == OUTCOME_OK) {
			say_snapshot(session, text_of(ask->room), sharers);
			hear_room(session, ask);
		}
		native_ask_end(state, &ask);
	}
	hear_inbox(session, state);
	free(state->id);
	free(state->resume);
	state->id = NULL;
	state->resume = NULL;
}

static void
welcome_if_due(struct session *session)
{
	struct native_state *state = session_state(session);
	const struct native_ask *ask;

	if (!state->online || state->welcomed)
		return;
	TAILQ_FOREACH (ask, &state->asks, entry) {
		if (!ask->answered)
			return;
	}
	welcome(session, state);
}

static void
native_online(struct session *session, const struct envelope_opened *opened)
{
	struct native_state *state = session_state(session);
	struct native_ask *ask;
	struct native_ask *next;

	state->resume = text_duplicate(opened->resume);
	if (state->resume == NULL) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	/* Who gets no secret has proved who it is: its inbox's epoch tells that it was here. */
	state->resumed =
	    opened->resumed != 0 || (text_is_empty(opened->resume) && state->inbox.given &&
					state->inbox.epoch == opened->epoch);
	state->epoch = opened->epoch;
	state->seq = opened->seq;
	state->read = opened->read;
	state->online = true;
	/* The answer may come from within; with the last of them all are gone. */
	for (ask = TAILQ_FIRST(&state->asks); ask != NULL && !state->welcomed; ask = next) {
		next = TAILQ_NEXT(ask, entry);
		session_join(session, text_of(ask->room));
	}
	welcome_if_due(session);
}

static void
native_joined(struct session *session, const struct envelope_joined *joined)
{
	struct native_state *state = session_state(session);
	struct native_ask *ask = native_ask_find(state, ASK_JOIN, joined->room);
	struct buffer payload;

	if (ask == NULL || ask->answered)
		return;
	ask->answered = true;
	ask->epoch = joined->epoch;
	ask->joined_seq = joined->seq;
	ask->members = joined->members;
	if (!state->welcomed) {
		welcome_if_due(session);
		return;
	}
	buffer_init(&payload, 0);
	native_append_member(&payload, "{\"type\":\"joined\",\"room\":", joined->room);
	append_place(&payload, ask);
	native_append_id(&payload, native_ask_id(ask));
	buffer_append_byte(&payload, '}');
	native_send(session, &payload);
	say_snapshot(session, joined->room, 1);
	hear_room(session, ask);
	native_ask_end(state, &ask);
}

static void
say_left(
    struct session *session, struct text room, uint32_t reason, struct text renamed, struct text id)
{
	static const char *const words[] = {
		[LEFT_WISHED] = "wished",
		[LEFT_ROOM_CLOSED] = "closed",
		[LEFT_ROOM_RENAMED] = "renamed",
		[LEFT_FORBIDDEN] = "forbidden",
	};
	struct buffer payload;

	buffer_init(&payload, 0);
	native_append_member(&payload, "{\"type\":\"left\",\"room\":", room);
	native_append_member(&payload,
	    ",\"reason\":", text_of(words[reason <= LEFT_FORBIDDEN ? reason : LEFT_FORBIDDEN]));
	if (!text_is_empty(renamed))
		native_append_member(&payload, ",\"renamed\":", renamed);
	native_append_id(&payload, id);
	buffer_append_byte(&payload, '}');
	native_send(session, &payload);
}

static void
native_join_refused(struct session *session, struct text room, uint32_t code)
{
	struct native_state *state = session_state(session);
	struct native_ask *ask = native_ask_find(state, ASK_JOIN, room);
	struct native_fault fault = { .room = room, .id = native_ask_id(ask) };

	if (ask == NULL) {
		/* It was in, and a hub that came back does not let it in again. */
		say_left(session, room, LEFT_FORBIDDEN, TEXT(""), TEXT(""));
		return;
	}
	ask->answered = true;
	ask->code = code;
	if (!state->welcomed) {
		welcome_if_due(session);
		return;
	}
	native_refuse(session, code, &fault);
	native_ask_end(state, &ask);
}

static void
native_left(struct session *session, const struct envelope_left *left)
{
	struct native_state *state = session_state(session);
	struct native_ask *ask;

	if (!state->welcomed) {
		/* In and out again before it was told of either. */
		ask = native_ask_find(state, ASK_JOIN, left->room);
		if (ask != NULL)
			ask->code = OUTCOME_NO_SUCH_ROOM;
		return;
	}
	ask = native_ask_find(state, ASK_LEAVE, left->room);
	say_left(session, left->room, left->reason, left->renamed, native_ask_id(ask));
	native_ask_end(state, &ask);
}

static void
native_refused(struct session *session, uint32_t code)
{
	const struct native_state *state = session_state(session);
	struct native_fault fault = { .field = NULL };

	/* Before welcome it is the hello that is refused. */
	if (state->said && !state->welcomed && state->id != NULL)
		fault.id = (struct text){ state->id, state->id_length };
	native_refuse(session, code, &fault);
}

static void
read_outcome(struct session *session, uint64_t seq, uint32_t code)
{
	struct native_state *state = session_state(session);
	struct native_ask *ask = native_ask_find(state, ASK_READ, TEXT(""));
	struct native_fault fault = { .field = NULL };
	struct buffer payload;

	while (ask != NULL && (ask->kind != ASK_READ || ask->seq != seq))
		ask = TAILQ_NEXT(ask, entry);
	fault.id = native_ask_id(ask);
	if (code != OUTCOME_OK) {
		native_refuse(session, code, &fault);
	} else if (ask != NULL) {
		buffer_init(&payload, 0);
		native_append_number(&payload, "{\"type\":\"read\",\"inbox\":", seq);
		native_append_id(&payload, fault.id);
		buffer_append_byte(&payload, '}');
		native_send(session, &payload);
	}
	native_ask_end(state, &ask);
}

static void
native_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	struct native_fault fault = { .field = NULL };
	struct buffer payload;

	if (command->kind == ENVELOPE_READ) {
		read_outcome(session, command->read.seq, outcome->code);
		return;
	}
	if (command->kind == ENVELOPE_PUBLISH)
		fault = (struct native_fault){ .id = command->publish.id,
			.room = command->publish.room };
	else
		fault.id = command->tell.id;
	if (outcome->code != OUTCOME_OK) {
		native_refuse(session, outcome->code, &fault);
	} else if (!text_is_empty(fault.id)) {
		buffer_init(&payload, 0);
		native_render_ack(&payload, command, outcome);
		native_send(session, &payload);
	}
}

static void
native_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	native_render_whisper(&payload, session_user(session), whisper);
	native_send(session, &payload);
}

static void
native_typed(struct session *session, const struct envelope_typed *typed)
{
	const struct native_state *state = session_state(session);
	struct buffer payload;

	if (!state->welcomed)
		return;
	buffer_init(&payload, 0);
	native_render_typed(&payload, typed);
	native_send(session, &payload);
}

static void
native_bye(struct session *session, enum close_code code, unsigned retry_after_ms)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	native_append_number(&payload, "{\"type\":\"bye\",\"code\":", (uint64_t)code);
	native_append_number(&payload, ",\"retry_after_ms\":", retry_after_ms);
	buffer_append_byte(&payload, '}');
	native_send(session, &payload);
}

extern const struct dialect dialect_native;
const struct dialect dialect_native = {
	.name = "native",
	.subprotocol = "hubbub.v1",
	.reaches_hub = true,
	.token_later = true,
	.many_rooms = true,
	.lingers = true,
	.state_size = sizeof(struct native_state),
	.opened = native_opened,
	.received = native_received,
	.closed = native_closed,
	.refused = native_refused,
	.limited = native_limited,
	.outcome = native_outcome,
	.whisper = native_whisper,
	.online = native_online,
	.joined = native_joined,
	.join_refused = native_join_refused,
	.left = native_left,
	.item = native_item,
	.fetched = native_fetched,
	.listed = native_listed,
	.typed = native_typed,
	.bye = native_bye,
	.render_deliver = native_render_deliver,
	.render_notice = native_render_notice,
	.presence_missed = native_presence_missed,
	.render_presence = native_render_presence,
	.render_typed = native_render_typed,
	.render_hub = native_render_hub,
};
