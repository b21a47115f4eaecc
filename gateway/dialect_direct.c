/*
 * The `direct` dialect: JSON messages from user to user, the user being the last segment of the
 * path. Who is not online finds them at the next connection. Wire format: docs/dialects/direct.md;
 * its clients were written for another server and are right by definition. Must not let a token
 * out of admit: it ends up in no state, message or log.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/names.h"
#include "gateway/dialect.h"

/* What a client may give as its `timestamp`, in the form in which it is passed on. */
#define TIMESTAMP_BYTES_MAX 256

/* An id is a key, so it is bounded whatever the limits on shown names are. */
#define USER_CODE_POINTS_MAX 64

struct direct_state {
	char *user; /* ours */
};

static unsigned
direct_admit(const struct client_request *request)
{
	struct text token;
	struct buffer user;
	bool is_key;

	if (!request->verified && (!request_arg(request, "token", &token) || text_is_empty(token)))
		return 401;
	buffer_init(&user, 0);
	is_key = names_key(request->segment, USER_CODE_POINTS_MAX, &user);
	buffer_free(&user);
	return is_key ? 0 : 400;
}

static void
direct_opened(struct session *session, const struct client_request *request)
{
	struct direct_state *state = session_state(session);
	struct session_opening opening = { .flags = OPEN_KEEPS_MAIL };
	struct buffer user;

	buffer_init(&user, 0);
	if (names_key(request->segment, USER_CODE_POINTS_MAX, &user))
		state->user = text_duplicate(buffer_text(&user));
	buffer_free(&user);
	if (state->user == NULL) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	opening.user = text_of(state->user);
	opening.name = opening.user;
	session_open_as(session, &opening);
}

static void
direct_closed(struct session *session)
{
	struct direct_state *state = session_state(session);

	free(state->user);
}

static void
append_member(struct buffer *out, const char *key, struct text value)
{
	buffer_append_string(out, key);
	json_append_ascii(out, value);
}

static void
reply_object(struct session *session, struct buffer *payload)
{
	buffer_append_byte(payload, '}');
	if (payload->failed)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	else
		session_reply(session, FRAME_TEXT, buffer_text(payload));
	buffer_free(payload);
}

/* `code` is ours: the old server knew one error only and gave it none. */
static void
reply_error(struct session *session, const char *code, const char *sentence)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	buffer_append_string(&payload, "{\"type\": \"error\"");
	if (code != NULL)
		append_member(&payload, ", \"code\": ", text_of(code));
	append_member(&payload, ", \"content\": ", text_of(sentence));
	reply_object(session, &payload);
}

static void
reply_code(struct session *session, uint32_t code)
{
	reply_error(session, outcome_word(code), outcome_sentence(code));
}

/* Borrowed from the frame and from what was parsed of it. */
struct direct_message {
	struct text to;
	struct text content;
};

/* NULL if `object` is a message, else what is wrong with it. */
static const char *
read_message(const struct json *object, struct direct_message *message_out)
{
	if (json_get_string(object, "content", &message_out->content) != JSON_FOUND)
		return "the message needs a text \"content\"";
	if (json_get_string(object, "to_user", &message_out->to) != JSON_FOUND)
		return "the message needs a text \"to_user\"";
	return NULL;
}

/* What is too long to be a time is none. */
static struct text
read_timestamp(struct text bytes, struct buffer *timestamp)
{
	struct text raw;

	if (!json_find_raw(bytes, "timestamp", &raw))
		return TEXT("");
	json_append_raw_ascii(timestamp, raw);
	return timestamp->failed ? TEXT("") : buffer_text(timestamp);
}

static void
send_message(struct session *session, const struct direct_message *message, struct text bytes)
{
	const struct direct_state *state = session_state(session);
	struct session_message sent = { .content = message->content,
		.flags = TELL_KEEP | TELL_USER };
	struct buffer timestamp;
	struct buffer to;

	buffer_init(&timestamp, TIMESTAMP_BYTES_MAX);
	buffer_init(&to, 0);
	if (!names_key(message->to, USER_CODE_POINTS_MAX, &to)) {
		reply_code(session, OUTCOME_NO_SUCH_USER);
	} else if (text_equal(buffer_text(&to), text_of(state->user))) {
		reply_error(session, NULL, "不能发送消息给自己");
	} else {
		sent.to = buffer_text(&to);
		sent.extra = read_timestamp(bytes, &timestamp);
		session_tell_as(session, &sent);
	}
	buffer_free(&timestamp);
	buffer_free(&to);
}

static void
direct_received(struct session *session, enum frame_opcode opcode, struct text bytes)
{
	const char *why = NULL;
	struct direct_message message = { .to = TEXT("") };
	struct json *object = json_parse_object(bytes, &why);

	(void)opcode;
	if (object != NULL)
		why = read_message(object, &message);
	if (why == NULL) {
		send_message(session, &message, bytes);
	} else {
		reply_error(session, outcome_word(OUTCOME_BAD_MESSAGE), why);
		session_offence(session);
	}
	json_destroy(&object);
}

/* Said from the outcome, so it is said of what is kept and not of what was hoped. */
static void
direct_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	struct buffer sentence;
	struct buffer payload;

	if (command->kind != ENVELOPE_TELL)
		return;
	if (outcome->code != OUTCOME_OK) {
		reply_code(session, outcome->code);
		return;
	}
	if ((outcome->flags & OUTCOME_WAS_ABSENT) == 0)
		return;
	buffer_init(&sentence, 0);
	buffer_init(&payload, 0);
	buffer_append_string(&sentence, "消息已保存,将在用户 ");
	buffer_append_text(&sentence, command->tell.to);
	buffer_append_string(&sentence, " 上线时送达");
	append_member(&payload, "{\"type\": \"info\", \"content\": ", buffer_text(&sentence));
	payload.failed = payload.failed || sentence.failed;
	buffer_free(&sentence);
	reply_object(session, &payload);
}

static void
direct_refused(struct session *session, uint32_t code)
{
	reply_code(session, code);
}

static void
reply_message(struct session *session, struct text from, struct text content, struct text timestamp)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	append_member(&payload, "{\"from\": ", from);
	append_member(&payload, ", \"content\": ", content);
	buffer_append_string(&payload, ", \"timestamp\": ");
	buffer_append_text(&payload, text_is_empty(timestamp) ? TEXT("null") : timestamp);
	buffer_append_string(&payload, ", \"type\": \"message\"");
	reply_object(session, &payload);
}

static void
direct_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	reply_message(session, whisper->from_user, whisper->content, whisper->extra);
}

static void
direct_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	if (purpose == FETCH_MISSED)
		reply_message(session, item->from_user, item->content, item->extra);
}

static bool
direct_is_users(const struct client_request *request)
{
	struct buffer user;
	bool equal;

	buffer_init(&user, 0);
	equal = names_key(request->segment, USER_CODE_POINTS_MAX, &user) &&
		text_equal(buffer_text(&user), request->proof.user);
	buffer_free(&user);
	return equal;
}

extern const struct dialect dialect_direct;
const struct dialect dialect_direct = {
	.name = "direct",
	.reaches_hub = true,
	.takes_token = true,
	.pong_receipts = true,
	.authentication = AUTHENTICATION_TOKEN,
	.state_size = sizeof(struct direct_state),
	.admit = direct_admit,
	.is_users = direct_is_users,
	.opened = direct_opened,
	.received = direct_received,
	.closed = direct_closed,
	.refused = direct_refused,
	.outcome = direct_outcome,
	.whisper = direct_whisper,
	.item = direct_item,
};
