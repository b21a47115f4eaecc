/*
 * What native clients say, by type: one table, one function each, which reads its members and asks
 * the session. Whatever is not in docs/dialects/native.md costs one error frame.
 */
#include <stdlib.h>

#include "common/config.h"
#include "common/names.h"
#include "gateway/dialect_native.h"

static void
on_public(struct session *session, const struct native_frame *frame)
{
	struct session_message message = { .id = frame->id, .extra = TEXT("") };

	if (native_take_room(session, frame, &message.to) &&
	    native_take_text(session, frame, "content", true, &message.content))
		session_publish_as(session, &message);
}

static void
on_private(struct session *session, const struct native_frame *frame)
{
	struct session_message message = { .id = frame->id, .extra = TEXT("") };
	struct native_fault fault = { .id = frame->id, .field = "to" };

	if (!native_take_text(session, frame, "to", true, &message.to) ||
	    !native_take_text(session, frame, "content", true, &message.content))
		return;
	if (text_is_empty(message.to) || message.to.length > NATIVE_TO_MAX)
		native_fail(session, NATIVE_BAD_FIELD, &fault);
	else
		session_tell_as(session, &message);
}

static void
on_read(struct session *session, const struct native_frame *frame)
{
	struct native_ask *ask;
	uint64_t seq = 0;

	if (!native_take_seq(session, frame, "inbox", true, &seq))
		return;
	if (!text_is_empty(frame->id)) {
		ask = native_ask_add(session, ASK_READ, TEXT(""), frame->id);
		if (ask == NULL)
			return;
		ask->seq = seq;
	}
	session_read(session, seq);
}

static void
on_join(struct session *session, const struct native_frame *frame)
{
	const struct json_node *pair = json_member(frame->json, "since");
	struct native_position since = { .given = false };
	struct native_fault fault = { .id = frame->id };
	struct native_ask *ask;

	if (!native_take_room(session, frame, &fault.room))
		return;
	if (pair != NULL && !native_take_position(session, frame, pair, &since))
		return;
	if (session_is_member(session, fault.room) ||
	    native_ask_find(session_state(session), ASK_JOIN, fault.room) != NULL) {
		native_fail(session, NATIVE_ALREADY_MEMBER, &fault);
		return;
	}
	ask = native_ask_add(session, ASK_JOIN, fault.room, frame->id);
	if (ask == NULL)
		return;
	ask->since = since;
	session_join(session, fault.room);
}

/* The room of a frame, which the client must be in. */
static bool
take_own_room(struct session *session, const struct native_frame *frame, struct text *room_out)
{
	struct native_fault fault = { .id = frame->id };

	if (!native_take_room(session, frame, room_out))
		return false;
	if (session_is_member(session, *room_out))
		return true;
	fault.room = *room_out;
	native_refuse(session, OUTCOME_NO_SUCH_ROOM, &fault);
	return false;
}

static void
on_leave(struct session *session, const struct native_frame *frame)
{
	struct text room;

	if (take_own_room(session, frame, &room) &&
	    native_ask_add(session, ASK_LEAVE, room, frame->id) != NULL)
		session_leave(session, room);
}

/* False, told why, while one of its kind is under way. */
static bool
is_first(struct session *session, const struct native_frame *frame, enum native_ask_kind kind)
{
	struct native_fault fault = { .id = frame->id };

	if (native_ask_find(session_state(session), kind, TEXT("")) == NULL)
		return true;
	native_fail(session, NATIVE_BUSY, &fault);
	return false;
}

/* What the session does not take up ends here: the hub is away. */
static void
give_up(struct session *session, struct native_ask *ask)
{
	struct native_fault fault = { .id = native_ask_id(ask) };

	native_refuse(session, OUTCOME_UNAVAILABLE, &fault);
	native_ask_end(session_state(session), &ask);
}

static void
on_history(struct session *session, const struct native_frame *frame)
{
	struct native_fault fault = { .id = frame->id, .field = "before" };
	struct native_ask *ask;
	struct text room;
	uint64_t before = UINT64_MAX;
	unsigned limit;

	if (!take_own_room(session, frame, &room) ||
	    !native_take_seq(session, frame, "before", false, &before) ||
	    !native_take_limit(session, frame, session_limits(session)->history_messages, &limit))
		return;
	if (before == 0) {
		native_fail(session, NATIVE_BAD_SEQ, &fault);
		return;
	}
	if (!is_first(session, frame, ASK_HISTORY))
		return;
	ask = native_ask_add(session, ASK_HISTORY, room, frame->id);
	if (ask == NULL)
		return;
	ask->limit = limit;
	ask->lengths = calloc(limit, sizeof(*ask->lengths));
	if (ask->lengths == NULL)
		session_close(session, CLOSE_INTERNAL, "out of memory");
	else if (!session_history(session, room, before == UINT64_MAX ? 0 : before, limit))
		give_up(session, ask);
}

static void
on_rooms(struct session *session, const struct native_frame *frame)
{
	struct native_fault fault = { .id = frame->id };
	struct text after = TEXT("");
	struct native_ask *ask;
	unsigned limit;

	if (!native_take_text(session, frame, "after", false, &after) ||
	    !native_take_limit(session, frame, NATIVE_PAGE, &limit))
		return;
	if (!text_is_empty(after) && !names_is_room(after)) {
		fault.field = "after";
		native_fail(session, NATIVE_BAD_ROOM, &fault);
		return;
	}
	if (!is_first(session, frame, ASK_ROOMS))
		return;
	ask = native_ask_add(session, ASK_ROOMS, TEXT(""), frame->id);
	if (ask != NULL && !session_list(session, after, limit))
		give_up(session, ask);
}

static void
say_users(struct session *session, const struct native_frame *frame, struct text room,
    size_t cursor, unsigned limit)
{
	const struct roster_room *roster = session_roster(session, room);
	struct roster_user user;
	struct buffer payload;
	size_t next = cursor;
	unsigned shown = 0;

	buffer_init(&payload, 0);
	native_append_member(&payload, "{\"type\":\"who\",\"room\":", room);
	buffer_append_string(&payload, ",\"users\":[");
	while (roster != NULL && shown < limit && roster_room_next_user(roster, &next, &user)) {
		if (shown++ > 0)
			buffer_append_byte(&payload, ',');
		native_append_user(&payload, &user);
		cursor = next;
	}
	native_append_number(
	    &payload, "],\"count\":", roster == NULL ? 0 : roster_room_users(roster));
	if (roster != NULL && roster_room_next_user(roster, &next, &user)) {
		native_append_number(&payload, ",\"next\":\"", cursor);
		buffer_append_byte(&payload, '"');
	}
	native_append_id(&payload, frame->id);
	buffer_append_byte(&payload, '}');
	native_send(session, &payload);
}

static void
on_who(struct session *session, const struct native_frame *frame)
{
	struct native_fault fault = { .id = frame->id, .field = "after" };
	struct text after = TEXT("0");
	struct text room;
	uint64_t cursor = 0;
	unsigned limit;

	if (!take_own_room(session, frame, &room) ||
	    !native_take_text(session, frame, "after", false, &after) ||
	    !native_take_limit(session, frame, NATIVE_PAGE_MAX, &limit))
		return;
	if (json_member(frame->json, "limit") == NULL)
		limit = NATIVE_PAGE;
	if (text_to_u64(after, &cursor))
		say_users(session, frame, room, (size_t)cursor, limit);
	else
		native_fail(session, NATIVE_BAD_FIELD, &fault);
}

static void
on_typing(struct session *session, const struct native_frame *frame)
{
	struct native_fault fault = { .id = frame->id, .field = "to" };
	struct text room = TEXT("");
	struct text to = TEXT("");

	if (!native_take_text(session, frame, "to", false, &to))
		return;
	if (json_member(frame->json, "to") == NULL) {
		if (take_own_room(session, frame, &room))
			session_typing(session, room, TEXT(""));
		return;
	}
	if (text_is_empty(to) || to.length > NATIVE_TO_MAX ||
	    json_member(frame->json, "room") != NULL)
		native_fail(session, NATIVE_BAD_FIELD, &fault);
	else
		session_typing(session, TEXT(""), to);
}

static void
on_bye(struct session *session, const struct native_frame *frame)
{
	(void)frame;
	session_close(session, CLOSE_NORMAL, "bye");
}

static const struct type {
	const char *name;
	bool any_time; /* before welcome, too */
	void (*take)(struct session *session, const struct native_frame *frame);
} types[] = {
	{ "hello", true, native_hello },
	{ "bye", true, on_bye },
	{ "public", false, on_public },
	{ "private", false, on_private },
	{ "read", false, on_read },
	{ "join", false, on_join },
	{ "leave", false, on_leave },
	{ "rooms", false, on_rooms },
	{ "history", false, on_history },
	{ "who", false, on_who },
	{ "typing", false, on_typing },
};

static const struct type *
find_type(const struct json *json)
{
	struct text name;

	if (json_get_string(json, "type", &name) != JSON_FOUND)
		return NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (text_equal(text_of(types[i].name), name))
			return &types[i];
	}
	return NULL;
}

/* Whether there is none or a usable one. */
static bool
read_id(const struct json *json, struct text *id_out)
{
	enum json_lookup lookup = json_get_string(json, "id", id_out);

	if (lookup == JSON_FOUND && !text_is_empty(*id_out) && id_out->length <= NATIVE_ID_MAX)
		return true;
	*id_out = TEXT("");
	return lookup == JSON_ABSENT;
}

static void
take_frame(struct session *session, const struct native_frame *frame)
{
	const struct native_state *state = session_state(session);
	struct native_fault fault = { .id = frame->id };
	const struct type *type = find_type(frame->json);

	if (type == NULL)
		native_fail(session, NATIVE_UNKNOWN_TYPE, &fault);
	else if (!state->welcomed && !type->any_time)
		native_fail(session, NATIVE_NOT_HELLO, &fault);
	else
		type->take(session, frame);
}

void
native_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	enum json_fault trouble;
	struct json *json = json_parse(message, &trouble);
	struct native_frame frame = { .json = json, .id = TEXT("") };
	struct native_fault fault = { .field = NULL };

	(void)opcode;
	if (json == NULL) {
		native_fail(session, trouble == JSON_NO_OBJECT ? NATIVE_BAD_FRAME : NATIVE_BAD_JSON,
		    &fault);
	} else if (!read_id(json, &frame.id)) {
		fault.field = "id";
		native_fail(session, NATIVE_BAD_FIELD, &fault);
	} else {
		take_frame(session, &frame);
	}
	json_destroy(&json);
}

/* Too fast: not done, but its sender wants to know which one it was. */
void
native_limited(struct session *session, struct text message)
{
	enum json_fault trouble;
	struct json *json = json_parse(message, &trouble);
	struct native_fault fault = { .id = TEXT("") };

	if (json != NULL)
		read_id(json, &fault.id);
	native_refuse(session, OUTCOME_RATE_LIMITED, &fault);
	json_destroy(&json);
}
