/* What the room protocol's frames mean to a session: no numbers, no answers, one room. */
#include "client/session_private.h"

/* The first list is the answer to the name; who comes in is its last entry. */
static void
take_first_list(struct session *session, const struct frame *frame, struct now now)
{
	struct frame welcome = frame_make(FRAME_WELCOME, PROTOCOL_ROOM);
	struct person person = { { NULL, 0 }, { NULL, 0 } };
	size_t cursor = 0;

	while (frame_person(frame, &cursor, &person))
		continue;
	if (person.user.data == NULL)
		return;
	buffer_clear(&session->user);
	buffer_append_text(&session->user, person.user);
	session_set_room(session, frame->room);
	welcome.user = person.user;
	welcome.from = person.user;
	welcome.name = person.name;
	session->awaits_notice = true;
	buffer_clear(&session->name);
	buffer_append_text(&session->name, person.name);
	session_online(session, now);
	session_heard(session, &welcome);
}

/* An own message that comes back was taken: what native tells by an ack. */
static void
take_own(struct session *session, const struct frame *frame)
{
	bool is_private = frame->kind == FRAME_PRIVATE;
	struct outbox_entry *entry = outbox_match(&session->outbox, is_private, frame->content);
	struct frame ack = frame_make(FRAME_ACK, PROTOCOL_ROOM);

	if (entry == NULL)
		return;
	ack.id = text_of(entry->id);
	ack.room = frame->room;
	ack.to = frame->to;
	ack.timestamp = frame->timestamp;
	session_heard(session, &ack);
	outbox_remove(&session->outbox, entry);
}

static void
take_error(struct session *session, const struct frame *frame)
{
	struct outbox_entry *entry = outbox_culprit(&session->outbox, frame->code);

	if (entry == NULL)
		session_heard(session, frame);
	else
		session_unsent(session, entry, frame->code, frame->content);
}

/* The first notice of one's own name is of oneself. */
static void
find_own_notice(struct session *session, struct frame *frame)
{
	if (!session->awaits_notice || frame->gone || frame->name.data == NULL ||
	    !text_equal(frame->name, buffer_text(&session->name)))
		return;
	session->awaits_notice = false;
	frame->own = true;
}

static void
take_list(struct session *session, struct frame *frame, struct text message, struct now now)
{
	people_heard(session->people, frame);
	buffer_clear(&session->last_list);
	buffer_append_text(&session->last_list, message);
	if (session->phase == PHASE_JOINING)
		take_first_list(session, frame, now);
	else
		frame->repeated = true;
	session_heard(session, frame);
}

void
session_take_room(struct session *session, struct frame *frame, struct text message, struct now now)
{
	if (frame->kind == FRAME_UNKNOWN)
		return;
	if (frame->kind == FRAME_PRESENCE && frame->snapshot) {
		take_list(session, frame, message, now);
	} else if (session->phase != PHASE_ONLINE) {
		session_heard(session, frame);
	} else if (frame->kind == FRAME_ERROR) {
		take_error(session, frame);
	} else {
		frame->own = frame->user.data != NULL &&
			     text_equal(frame->user, buffer_text(&session->user));
		if (frame->own)
			take_own(session, frame);
		else if (frame->kind == FRAME_PRESENCE)
			find_own_notice(session, frame);
		people_heard(session->people, frame);
		session_heard(session, frame);
	}
	session_flush(session, now);
}
