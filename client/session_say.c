/* What a client says of its own accord: messages, questions, and what it keeps for another run. */
#include <string.h>

#include "client/session_private.h"

/* Pages of a long list that are asked for by ourselves; what is beyond them is counted. */
#define PAGES_MAX 5

bool
session_post(struct session *session, struct text to, struct text content, struct now now)
{
	char id[OUTBOX_ID_SIZE];
	struct text room = text_of(session->room);

	session_new_id(session, id);
	if (outbox_add(&session->outbox, text_of(id), room, to, content) == NULL)
		return false;
	session_flush(session, now);
	return true;
}

static void
say_message(struct session *session, const struct outbox_entry *entry)
{
	bool is_private = entry->to.data != NULL;
	struct buffer frame;

	buffer_init(&frame, 0);
	buffer_append_string(
	    &frame, is_private ? "{\"type\":\"private\",\"to\":" : "{\"type\":\"public\"");
	if (is_private)
		json_append_utf8(&frame, entry->to);
	if (session->protocol == PROTOCOL_NATIVE) {
		buffer_printf(&frame, ",\"id\":\"%s\"", entry->id);
		if (!is_private && entry->room.length > 0) {
			buffer_append_string(&frame, ",\"room\":");
			json_append_utf8(&frame, entry->room);
		}
	}
	buffer_append_string(&frame, ",\"content\":");
	json_append_utf8(&frame, entry->content);
	buffer_append_byte(&frame, '}');
	session_send(session, &frame);
}

void
session_flush(struct session *session, struct now now)
{
	const struct outbox_entry *entry;

	session->outbox_due_ms = NEVER;
	if (session->phase != PHASE_ONLINE)
		return;
	while (
	    (entry = outbox_next(&session->outbox, now.mono_ms, &session->outbox_due_ms)) != NULL)
		say_message(session, entry);
}

void
session_begin_question(
    struct session *session, struct buffer *frame, const char *type, struct text room)
{
	char id[OUTBOX_ID_SIZE];

	session_new_id(session, id);
	session->open_questions++;
	buffer_init(frame, 0);
	buffer_printf(frame, "{\"type\":\"%s\",\"id\":\"%s\"", type, id);
	if (room.length > 0) {
		buffer_append_string(frame, ",\"room\":");
		json_append_utf8(frame, room);
	}
}

/* The room protocol has one room, whose last list answers who is there. */
static enum session_asked
ask_list(struct session *session, enum session_question question, struct text room)
{
	struct frame frame;

	if (question != ASK_WHO ||
	    (room.data != NULL && !text_equal(room, TEXT(ROOM_OF_THE_MOUNT))))
		return ASKED_OF_ONE_ROOM;
	frame_read(&frame, PROTOCOL_ROOM, buffer_text(&session->last_list));
	if (frame.kind == FRAME_PRESENCE)
		frame.kind = FRAME_WHO;
	session_heard(session, &frame);
	frame_free(&frame);
	return ASKED;
}

static const char *
begin_asking(struct session *session, enum session_question question, struct text room)
{
	switch (question) {
	case ASK_JOIN:
		memset(session->wished, 0, sizeof(session->wished));
		memcpy(session->wished, room.data, room.length);
		return "join";
	case ASK_LEAVE:
		return "leave";
	case ASK_ROOMS:
		session->rooms_pages = PAGES_MAX - 1;
		return "rooms";
	case ASK_WHO:
		session->who_pages = PAGES_MAX - 1;
		return "who";
	default:
		return "history";
	}
}

enum session_asked
session_ask(
    struct session *session, enum session_question question, struct text room, unsigned count)
{
	struct buffer frame;

	if (session->phase != PHASE_ONLINE)
		return ASKED_OFFLINE;
	if (session->protocol == PROTOCOL_ROOM)
		return ask_list(session, question, room);
	if (question == ASK_ROOMS)
		room = TEXT("");
	else if (room.data == NULL)
		room = text_of(session->room);
	if (room.length > ROOM_NAME_MAX || (room.length == 0 && question != ASK_ROOMS))
		return ASKED_NOWHERE;
	if (question == ASK_JOIN && streams_find(&session->streams, room) != NULL) {
		session_set_room(session, room);
		return ASKED;
	}
	session_begin_question(session, &frame, begin_asking(session, question, room), room);
	if (question == ASK_HISTORY)
		buffer_printf(&frame, ",\"limit\":%u", count);
	buffer_append_byte(&frame, '}');
	session_send(session, &frame);
	return ASKED;
}

void
session_leave(struct session *session)
{
	struct buffer bye;

	if (session->phase == PHASE_ONLINE && session->protocol == PROTOCOL_NATIVE) {
		buffer_init(&bye, 0);
		buffer_append_string(&bye, "{\"type\":\"bye\"}");
		session_send(session, &bye);
	}
	if (session->phase != PHASE_ENDED)
		session_end(session, END_WISHED, 0, TEXT(""));
}

void
session_write(const struct session *session, struct buffer *out)
{
	buffer_append_string(out, "\"user\":");
	json_append_utf8(out, buffer_text(&session->user));
	buffer_append_string(out, ",\"resume\":");
	json_append_utf8(out, buffer_text(&session->resume));
	buffer_append_string(out, ",\"since\":");
	streams_write(&session->streams, out);
}

bool
session_read(struct session *session, const struct json *kept)
{
	struct text user;
	struct text resume;

	if (json_get_string(kept, "user", &user) != JSON_FOUND ||
	    json_get_string(kept, "resume", &resume) != JSON_FOUND || resume.length == 0 ||
	    !streams_read(&session->streams, json_member(kept, "since")))
		return false;
	buffer_append_text(&session->user, user);
	buffer_append_text(&session->resume, resume);
	if (session->streams.count > 0)
		session_set_room(session, text_of(session->streams.rooms[0].room));
	/* There is no secret in the other protocol: this one was spoken. */
	session->knows_native = true;
	return true;
}

enum session_phase
session_phase(const struct session *session)
{
	return session->phase;
}

bool
session_knows_native(const struct session *session)
{
	return session->knows_native;
}

struct text
session_room(const struct session *session)
{
	return text_of(session->room);
}

const struct people *
session_people(const struct session *session)
{
	return session->people;
}

size_t
session_unanswered(const struct session *session)
{
	return session->outbox.count + session->open_questions;
}

size_t
session_questions(const struct session *session)
{
	return session->open_questions;
}

struct text
session_user(const struct session *session)
{
	return buffer_text(&session->user);
}

bool
session_is_full(const struct session *session)
{
	return session->outbox.count >= session->outbox.limits.messages_max;
}
