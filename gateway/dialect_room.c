/*
 * The `room` dialect: JSON, everybody in one room, the first frame is the
 * name. Wire format, order and error behaviour are those of docs/dialects/room.md; its
 * clients were written for other servers and are right by definition.
 */
#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "gateway/dialect.h"

/* Borrowed from the frame they were parsed out of. */
struct room_message {
	bool is_private;
	struct text to;
	struct text content;
};

static void
append_member(struct buffer *out, const char *key, struct text value)
{
	buffer_append_string(out, key);
	json_append_ascii(out, value);
}

static void
append_client(struct buffer *out, const char *key, uint32_t client)
{
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(client, id);
	append_member(out, key, text_of(id));
}

/* Known clients ignore keys that they do not know. */
static void
append_end(struct buffer *out, size_t count)
{
	if (count > 0)
		buffer_printf(out, ", \"count\": %zu", count);
	buffer_append_byte(out, '}');
}

static void
append_timestamp(struct buffer *out, uint64_t wall_ms)
{
	char local[CLOCK_LOCAL_SIZE];

	clock_local((int64_t)wall_ms, local);
	append_member(out, ", \"timestamp\": ", text_of(local));
}

static void
append_time(struct buffer *out, uint64_t wall_ms)
{
	append_timestamp(out, wall_ms);
	buffer_append_byte(out, '}');
}

static void
reply_error(struct session *session, const char *word, const char *sentence)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	buffer_append_string(&payload, "{\"type\": \"error\"");
	append_member(&payload, ", \"code\": ", text_of(word));
	append_member(&payload, ", \"content\": ", text_of(sentence));
	buffer_append_byte(&payload, '}');
	if (!payload.failed)
		session_reply(session, FRAME_TEXT, buffer_text(&payload));
	buffer_free(&payload);
}

static void
reply_bad_message(struct session *session, const char *why)
{
	reply_error(session, outcome_word(OUTCOME_BAD_MESSAGE), why);
	session_offence(session);
}

/* A name that is absent or no string is no name: the hub gives the fallback. */
static void
log_in(struct session *session, struct text message)
{
	const char *why = NULL;
	struct text name = { "", 0 };
	struct json *object = json_parse_object(message, &why);

	if (object == NULL) {
		reply_error(session, outcome_word(OUTCOME_BAD_MESSAGE), why);
		session_close(session, CLOSE_POLICY, "the first message must be a JSON object");
		return;
	}
	if (json_get_string(object, "username", &name) != JSON_FOUND)
		name = text_of("");
	session_open(session, name, session_room(session));
	json_destroy(&object);
}

/* NULL if `object` is a message, else what is wrong with it. */
static const char *
read_message(const struct json *object, struct room_message *message_out)
{
	struct text type;

	if (json_get_string(object, "type", &type) != JSON_FOUND)
		return "the message needs a text \"type\"";
	if (json_get_string(object, "content", &message_out->content) != JSON_FOUND)
		return "the message needs a text \"content\"";
	message_out->is_private = text_equal(type, TEXT("private"));
	if (message_out->is_private &&
	    json_get_string(object, "to", &message_out->to) != JSON_FOUND)
		return "a private message needs a text \"to\"";
	return NULL;
}

static void
room_received(struct session *session, enum frame_opcode opcode, struct text bytes)
{
	const char *why = NULL;
	struct room_message message = { .is_private = false };
	struct json *object;

	(void)opcode;
	if (!session_is_open(session)) {
		log_in(session, bytes);
		return;
	}
	object = json_parse_object(bytes, &why);
	if (object != NULL)
		why = read_message(object, &message);
	if (why != NULL)
		reply_bad_message(session, why);
	else if (message.is_private)
		session_tell_as(session,
		    &(struct session_message){
			.to = message.to, .content = message.content, .flags = TELL_BY_NAME });
	else
		session_publish(session, session_room(session), message.content);
	json_destroy(&object);
}

static void
room_refused(struct session *session, uint32_t code)
{
	reply_error(session, outcome_word(code), outcome_sentence(code));
}

/* What a message's frame has beside its texts, as long as these need no escapes. */
#define FRAME_TEXTS_BESIDE 192u

/* A private message, to or from this client; `to` is a client_id, or the user's id. */
static void
reply_private(struct session *session, uint32_t from, struct text to, struct text name,
    struct text content, uint64_t time)
{
	struct buffer payload;

	buffer_init(&payload, 0);
	buffer_reserve(&payload, name.length + content.length + FRAME_TEXTS_BESIDE);
	buffer_append_string(&payload, "{\"type\": \"private\"");
	append_client(&payload, ", \"from\": ", from);
	append_member(&payload, ", \"to\": ", to);
	append_member(&payload, ", \"sender_name\": ", name);
	append_member(&payload, ", \"content\": ", content);
	append_time(&payload, time);
	if (!payload.failed)
		session_reply(session, FRAME_TEXT, buffer_text(&payload));
	buffer_free(&payload);
}

/* Nobody has a client_id who is not there: of a user whose mail is kept there is only the id. */
static void
confirm_private(struct session *session, const struct envelope_tell *tell,
    const struct envelope_outcome *outcome)
{
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(outcome->to, id);
	reply_private(session, session_client(session),
	    outcome->to != 0 ? text_of(id) : outcome->user, session_name(session), tell->content,
	    outcome->time);
}

static void
hear_private(
    struct session *session, uint32_t from, struct text name, struct text content, uint64_t time)
{
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(session_client(session), id);
	reply_private(session, from, text_of(id), name, content, time);
}

/*
 * A public message comes back as its own echo in the room; a private one is
 * confirmed by a copy to its sender, made here from the command itself - but not
 * to oneself, which is delivered like anybody's and once is enough.
 */
static void
room_outcome(
    struct session *session, const struct envelope *command, const struct envelope_outcome *outcome)
{
	/* A receipt is between the servers: there is nothing that a client could do about it. */
	if (command->kind == ENVELOPE_READ)
		return;
	if (outcome->code != OUTCOME_OK)
		reply_error(session, outcome_word(outcome->code), outcome_sentence(outcome->code));
	else if (command->kind == ENVELOPE_TELL &&
		 !text_equal(outcome->user, session_user(session)))
		confirm_private(session, &command->tell, outcome);
}

static void
room_whisper(struct session *session, const struct envelope_whisper *whisper)
{
	hear_private(session, whisper->from, whisper->from_name, whisper->content, whisper->time);
}

/* A whisper that the hub's absence kept from coming as one. */
static void
room_item(struct session *session, enum fetch_purpose purpose, const struct envelope_item *item)
{
	if (purpose == FETCH_MISSED)
		hear_private(session, item->from, item->from_name, item->content, item->time);
}

static void
render_deliver(struct buffer *payload, const struct envelope_deliver *deliver)
{
	buffer_append_string(payload, "{\"type\": \"public\"");
	append_client(payload, ", \"from\": ", deliver->from);
	append_member(payload, ", \"sender_name\": ", deliver->from_name);
	append_member(payload, ", \"content\": ", deliver->content);
	append_time(payload, deliver->time);
}

static void
append_system(struct buffer *payload, struct text content, uint64_t time, size_t count)
{
	buffer_append_string(payload, "{\"type\": \"system\"");
	append_member(payload, ", \"content\": ", content);
	append_timestamp(payload, time);
	append_end(payload, count);
}

static void
append_happened(
    struct buffer *payload, struct text name, const char *happened, uint64_t time, size_t count)
{
	struct buffer sentence;

	buffer_init(&sentence, 0);
	buffer_append_text(&sentence, name);
	buffer_append_string(&sentence, happened);
	append_system(payload, buffer_text(&sentence), time, count);
	payload->failed = payload->failed || sentence.failed;
	buffer_free(&sentence);
}

static void
render_notice(struct buffer *payload, const struct envelope_notice *notice)
{
	append_system(payload, notice->content, notice->time, 0);
}

static void
render_entered(struct buffer *payload, const struct envelope_entered *entered, size_t count)
{
	append_happened(payload, entered->name, " 进入聊天室", entered->time, count);
}

static void
render_exited(
    struct buffer *payload, const struct envelope_exited *exited, struct text name, size_t count)
{
	append_happened(payload, name, " 已离开", exited->time, count);
}

static void
render_summary(struct buffer *payload, const struct presence_summary *summary)
{
	struct buffer sentence;

	buffer_init(&sentence, 0);
	buffer_append_string(&sentence, "另有 ");
	if (summary->joined > 0)
		buffer_printf(&sentence, "%" PRIu64 " 人进入聊天室,", summary->joined);
	if (summary->left > 0)
		buffer_printf(&sentence, "%" PRIu64 " 人已离开,", summary->left);
	buffer_printf(&sentence, "当前在线 %zu 人", summary->count);
	append_system(payload, buffer_text(&sentence), summary->time, summary->count);
	payload->failed = payload->failed || sentence.failed;
	buffer_free(&sentence);
}

static void
append_listed(struct buffer *out, const struct roster_member *member)
{
	append_client(out, "{\"client_id\": ", member->client);
	append_member(out, ", \"username\": ", member->name);
	buffer_append_byte(out, '}');
}

static void
append_list_end(struct buffer *out, size_t count)
{
	buffer_append_byte(out, ']');
	append_end(out, count);
}

static const struct list_words list_words = {
	.head = "{\"type\": \"user_list\", \"users\": [",
	.separator = ", ",
	.entry = append_listed,
	.tail = append_list_end,
};

extern const struct dialect dialect_room;
const struct dialect dialect_room = {
	.name = "room",
	.reaches_hub = true,
	.pong_receipts = true,
	.received = room_received,
	.refused = room_refused,
	.outcome = room_outcome,
	.whisper = room_whisper,
	.item = room_item,
	.list = &list_words,
	.render_deliver = render_deliver,
	.render_notice = render_notice,
	.render_entered = render_entered,
	.render_exited = render_exited,
	.render_summary = render_summary,
};
