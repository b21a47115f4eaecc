/*
 * The `pair` dialect: plain text between users whose ids are the integers in their paths. Owns
 * who is paired with whom, per connection. Wire format: docs/dialects/pair.md; its clients
 * were written for another server and are right by definition.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/dialect.h"

/* More digits than anybody's id may have: such a user is not here and never was. */
#define ID_DIGITS_MAX 18u
#define TARGET_BYTES_MAX 64u

#define PARTNERS_MAX 1024u
#define PARTNERS_FIRST_CAPACITY 4u

#define HELP "Write NUMBER:text to send text to client NUMBER, for example 7:hello"

struct pair_state {
	uint64_t *partners; /* ids, the one heard of longest ago first */
	size_t count;
	size_t capacity;
};

/* "007" is 7; false if it is no id. */
static bool
read_id(struct text digits, struct text *id_out)
{
	if (digits.length == 0)
		return false;
	for (size_t i = 0; i < digits.length; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
	}
	while (digits.length > 1 && digits.data[0] == '0') {
		digits.data++;
		digits.length--;
	}
	*id_out = digits;
	return true;
}

static unsigned
pair_admit(const struct client_request *request)
{
	struct text id;

	if (!read_id(request->segment, &id) || id.length > ID_DIGITS_MAX)
		return 400;
	return 0;
}

/* "007" is 7, in the path as in the token. */
static bool
pair_is_users(const struct client_request *request)
{
	struct text id;
	struct text user;

	return read_id(request->segment, &id) && read_id(request->proof.user, &user) &&
	       text_equal(id, user);
}

/* The room's other members are not heard, only that they leave. */
static void
pair_opened(struct session *session, const struct client_request *request)
{
	struct session_opening opening = { .room = session_room(session) };

	if (!read_id(request->segment, &opening.user))
		return;
	opening.name = opening.user;
	session_open_as(session, &opening);
}

static void
pair_closed(struct session *session)
{
	struct pair_state *state = session_state(session);

	free(state->partners);
}

static void
reply_about(struct session *session, const char *sign, struct text id, const char *sentence)
{
	const struct text parts[] = { TEXT("Client #"), text_of(sign), id, text_of(sentence) };

	session_reply_parts(session, parts, sizeof(parts) / sizeof(parts[0]));
}

/* True if that was a partner, which it is no longer. */
static bool
part(struct pair_state *state, uint64_t id)
{
	for (size_t i = 0; i < state->count; i++) {
		if (state->partners[i] != id)
			continue;
		state->count--;
		memmove(&state->partners[i], &state->partners[i + 1],
		    (state->count - i) * sizeof(state->partners[0]));
		return true;
	}
	return false;
}

static bool
make_room(struct pair_state *state)
{
	size_t capacity = state->capacity == 0 ? PARTNERS_FIRST_CAPACITY : state->capacity * 2;
	uint64_t *grown;

	if (state->count == PARTNERS_MAX)
		part(state, state->partners[0]);
	if (state->count < state->capacity)
		return true;
	grown = realloc(state->partners, capacity * sizeof(state->partners[0]));
	if (grown == NULL)
		return false;
	state->partners = grown;
	state->capacity = capacity;
	return true;
}

/* A text that is no id is somebody of another dialect, who has no number to be named by. */
static void
pair_with(struct session *session, struct text user)
{
	struct pair_state *state = session_state(session);
	uint64_t id;

	if (!text_to_u64(user, &id))
		return;
	part(state, id);
	if (make_room(state))
		state->partners[state->count++] = id;
	else
		session_close(session, CLOSE_INTERNAL, "out of memory");
}

static void
trim(struct text *t)
{
	static const char spaces[] = " \t\n\v\f\r";

	while (t->length > 0 && memchr(spaces, t->data[0], sizeof(spaces) - 1) != NULL) {
		t->data++;
		t->length--;
	}
	while (t->length > 0 && memchr(spaces, t->data[t->length - 1], sizeof(spaces) - 1) != NULL)
		t->length--;
}

/* Reads "TARGET:"; false if it is no integer. `*sign_out` is "-" for one below zero. */
static bool
read_target(struct text target, const char **sign_out, struct text *id_out)
{
	bool negative = false;

	*sign_out = "";
	trim(&target);
	if (target.length > 0 && (target.data[0] == '-' || target.data[0] == '+')) {
		negative = target.data[0] == '-';
		target.data++;
		target.length--;
	}
	if (target.length > TARGET_BYTES_MAX || !read_id(target, id_out))
		return false;
	if (negative && !text_equal(*id_out, TEXT("0")))
		*sign_out = "-";
	return true;
}

static void
pair_received(struct session *session, enum frame_opcode opcode, struct text bytes)
{
	const char *colon = bytes.length == 0 ? NULL : memchr(bytes.data, ':', bytes.length);
	struct session_message message = { .flags = TELL_USER };
	const char *sign;
	size_t cut;

	(void)opcode;
	cut = colon == NULL ? 0 : (size_t)(colon - bytes.data);
	if (colon == NULL || !read_target((struct text){ bytes.data, cut }, &sign, &message.to)) {
		session_reply(session, FRAME_TEXT, TEXT(HELP));
		session_offence(session);
		return;
	}
	if (sign[0] != '\0' || message.to.length > ID_DIGITS_MAX) {
		reply_about(session, sign, message.to, " is not here");
		return;
	}
	message.content = (struct text){ colon + 1, bytes.length - cut - 1 };
	session_tell_as(session, &message);
}

static void
pair_refused(struct session *session, uint32_t code)
{
	session_reply(session, FRAME_TEXT, text_of(outcome_sentence(code)));
}

static void
pair_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	if (command->kind != ENVELOPE_TELL)
		return;
	if (outcome->code == OUTCOME_OK)
		pair_with(session, command->tell.to);
	else if (outcome->code == OUTCOME_NO_SUCH_USER)
		reply_about(session, "", command->tell.to, " is not here");
	else
		pair_refused(session, outcome->code);
}

static void
hear(struct session *session, struct text user, struct text content)
{
	const struct text parts[] = { TEXT("Client #"), user, TEXT(" says: "), content };

	session_reply_parts(session, parts, sizeof(parts) / sizeof(parts[0]));
	pair_with(session, user);
}

static void
pair_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	hear(session, whisper->from_user, whisper->content);
}

static void
pair_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	if (purpose == FETCH_MISSED)
		hear(session, item->from_user, item->content);
}

static void
pair_departed(struct session *session, struct text room, struct text user)
{
	struct pair_state *state = session_state(session);
	uint64_t id;

	(void)room;
	if (text_to_u64(user, &id) && part(state, id))
		reply_about(session, "", user, " left the chat");
}

static void
render_notice(struct buffer *payload, const struct envelope_notice *notice)
{
	buffer_append_text(payload, notice->content);
}

extern const struct dialect dialect_pair;
const struct dialect dialect_pair = {
	.name = "pair",
	.reaches_hub = true,
	.pong_receipts = true,
	.authentication = AUTHENTICATION_PATH,
	.state_size = sizeof(struct pair_state),
	.admit = pair_admit,
	.is_users = pair_is_users,
	.opened = pair_opened,
	.received = pair_received,
	.closed = pair_closed,
	.refused = pair_refused,
	.outcome = pair_outcome,
	.whisper = pair_whisper,
	.item = pair_item,
	.departed = pair_departed,
	.render_notice = render_notice,
};
