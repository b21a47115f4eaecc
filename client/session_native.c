/* What the native protocol's frames mean to a session; docs/dialects/native.md has the rules. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/session_private.h"

#define READ_DELAY_MS 200
#define MS_PER_SECOND 1000

/* A message that was too fast waits so long before it is said again. */
#define TOO_FAST_DELAY_MS 1000

static void
replace(struct buffer *buffer, struct text text)
{
	buffer_clear(buffer);
	buffer_append_text(buffer, text);
}

static void
take_limits(struct session *session, const struct json_node *limits)
{
	uint64_t per_second;
	uint64_t burst;
	uint64_t seconds;

	if (json_node_integer(json_node_member(limits, "messages_per_second"), &per_second) ==
		JSON_FOUND &&
	    json_node_integer(json_node_member(limits, "messages_burst"), &burst) == JSON_FOUND)
		outbox_pace(&session->outbox, per_second, burst);
	if (json_node_integer(json_node_member(limits, "id_seconds"), &seconds) == JSON_FOUND)
		session->safe_to_repeat_ms = seconds / 10 * 9 * MS_PER_SECOND;
}

/* Under another identity, or after long, a server does not know our ids. */
static void
forget_unsafe(struct session *session, bool is_same, struct now now)
{
	struct outbox_entry *entry = session->outbox.entries;

	while (entry != NULL) {
		struct outbox_entry *next = entry->next;
		bool is_old = now.mono_ms - entry->at_ms >= session->safe_to_repeat_ms;

		if (entry->at_ms != 0 && (!is_same || is_old))
			session_unsent(session, entry, TEXT("unconfirmed"),
			    TEXT("The connection ended before it was confirmed."));
		entry = next;
	}
}

/* The present room is one that the client is in, if there is any. */
static void
settle_room(struct session *session)
{
	const struct streams *streams = &session->streams;

	if (streams_find(streams, text_of(session->room)) == NULL)
		session_set_room(
		    session, streams->count > 0 ? text_of(streams->rooms[0].room) : TEXT(""));
}

static void
take_welcome(struct session *session, const struct frame *frame, struct now now)
{
	bool is_first = !session->was_welcomed;
	bool is_same =
	    session->user.length == 0 || text_equal(buffer_text(&session->user), frame->user);
	const struct stream *present = streams_find(&session->streams, text_of(session->room));
	bool is_new_room = present == NULL || !present->known;

	take_limits(session, frame->limits);
	replace(&session->user, frame->user);
	replace(&session->name, frame->name);
	replace(&session->resume, frame->resume.data != NULL ? frame->resume : TEXT(""));
	streams_welcomed(&session->streams, frame);
	settle_room(session);
	session_online(session, now);
	session_heard(session, frame);
	session->effects->changed(session->context);
	if (is_first && is_new_room && session->settings.history > 0)
		session_ask(
		    session, ASK_HISTORY, (struct text){ NULL, 0 }, session->settings.history);
	forget_unsafe(session, is_same, now);
	session_flush(session, now);
}

static void
take_message(struct session *session, struct frame *frame, struct now now)
{
	if (!streams_take(&session->streams, frame))
		return;
	frame->own = text_equal(frame->user, buffer_text(&session->user));
	people_heard(session->people, frame);
	session_heard(session, frame);
	session->effects->changed(session->context);
	if (frame->kind == FRAME_PRIVATE && session->read_due_ms == NEVER)
		session->read_due_ms = now.mono_ms + READ_DELAY_MS;
}

/* The sender's own copy of a private message is its ack: here it becomes one. */
static void
hear_own_private(struct session *session, const struct outbox_entry *entry, const struct frame *ack)
{
	struct frame own = frame_make(FRAME_PRIVATE, PROTOCOL_NATIVE);
	struct text self = buffer_text(&session->user);

	/* What one writes to oneself is heard as it was said. */
	if (text_equal(ack->to, self))
		return;
	own.user = self;
	own.to = entry->to;
	own.name = buffer_text(&session->name);
	own.content = entry->content;
	own.timestamp = ack->timestamp;
	own.own = true;
	session_heard(session, &own);
}

static void
take_ack(struct session *session, const struct frame *frame, struct now now)
{
	struct outbox_entry *entry = outbox_find(&session->outbox, frame->id);

	if (entry == NULL)
		return;
	session_heard(session, frame);
	if (entry->to.data != NULL)
		hear_own_private(session, entry, frame);
	outbox_remove(&session->outbox, entry);
	session_flush(session, now);
}

static void
take_error(struct session *session, const struct frame *frame, struct now now)
{
	struct outbox_entry *entry =
	    frame->id.data != NULL ? outbox_find(&session->outbox, frame->id) : NULL;

	if (entry == NULL) {
		session_heard(session, frame);
		return;
	}
	if (text_equal(frame->code, TEXT("rate_limited")))
		outbox_retry(&session->outbox, entry, now.mono_ms + TOO_FAST_DELAY_MS);
	else
		session_unsent(session, entry, frame->code, frame->content);
	session_flush(session, now);
}

static void
take_joined(struct session *session, const struct frame *frame)
{
	struct stream *stream = streams_enter(&session->streams, frame->room);

	if (stream == NULL)
		return;
	/* Where the client goes on from a place, that place counts. */
	if (!stream->known && frame->at.epoch != NUMBER_ABSENT && frame->at.seq != NUMBER_ABSENT) {
		stream->at = frame->at;
		stream->known = true;
	}
	if (text_equal(text_of(session->wished), frame->room) || session->room[0] == '\0')
		session_set_room(session, frame->room);
	session_heard(session, frame);
	session->effects->changed(session->context);
}

/* The stream goes on under another name. */
static void
follow(struct session *session, struct text renamed, struct stream old)
{
	struct stream *stream = streams_enter(&session->streams, renamed);
	struct buffer join;

	if (stream == NULL)
		return;
	stream->at = old.at;
	stream->known = old.known;
	session_begin_question(session, &join, "join", renamed);
	if (old.known)
		buffer_printf(
		    &join, ",\"since\":[%" PRIu64 ",%" PRIu64 "]", old.at.epoch, old.at.seq);
	buffer_append_byte(&join, '}');
	session_send(session, &join);
}

static void
take_left(struct session *session, const struct frame *frame)
{
	const struct stream *stream = streams_find(&session->streams, frame->room);
	bool was_present = text_equal(text_of(session->room), frame->room);
	struct stream old;

	if (stream == NULL)
		return;
	old = *stream;
	people_heard(session->people, frame);
	streams_leave(&session->streams, frame->room);
	if (frame->renamed.data != NULL) {
		follow(session, frame->renamed, old);
		if (was_present)
			session_set_room(session, frame->renamed);
	}
	settle_room(session);
	session_heard(session, frame);
	session->effects->changed(session->context);
}

/* Asks for the page behind this one. */
static void
ask_on(struct session *session, const struct frame *frame)
{
	bool is_who = frame->kind == FRAME_WHO;
	struct room_entry room = { .members = 0 };
	struct text after = frame->next;
	struct buffer question;
	size_t cursor = 0;

	while (!is_who && frame_room(frame, &cursor, &room))
		after = room.room;
	if (after.data == NULL)
		return;
	session_begin_question(
	    session, &question, is_who ? "who" : "rooms", is_who ? frame->room : TEXT(""));
	buffer_append_string(&question, ",\"after\":");
	json_append_utf8(&question, after);
	buffer_append_byte(&question, '}');
	session_send(session, &question);
}

static void
take_page(struct session *session, const struct frame *frame)
{
	bool is_who = frame->kind == FRAME_WHO;
	unsigned *pages = is_who ? &session->who_pages : &session->rooms_pages;
	bool more = is_who ? frame->next.data != NULL : frame->more;

	session_heard(session, frame);
	if (!more || *pages == 0)
		return;
	--*pages;
	ask_on(session, frame);
}

static void
take_bye(struct session *session, const struct frame *frame)
{
	if (frame->retry_after_ms != NUMBER_ABSENT)
		session->patience_ms =
		    frame->retry_after_ms < 15000 ? frame->retry_after_ms : 15000;
	session_heard(session, frame);
}

/* True for errors behind which the same hello may be taken later. */
static bool
is_passing(struct text code)
{
	return text_equal(code, TEXT("full")) || text_equal(code, TEXT("unavailable")) ||
	       text_equal(code, TEXT("not_stored")) || text_equal(code, TEXT("rate_limited"));
}

static void
take_before_welcome(struct session *session, struct frame *frame, struct now now)
{
	if (frame->kind == FRAME_WELCOME) {
		take_welcome(session, frame, now);
	} else if (frame->kind == FRAME_BYE) {
		take_bye(session, frame);
	} else if (frame->kind == FRAME_ERROR && !is_passing(frame->code)) {
		session->effects->hang_up(session->context);
		session_end(session, END_REFUSED, 0,
		    frame->content.data != NULL ? frame->content : frame->code);
	} else if (frame->kind == FRAME_ERROR || frame->kind == FRAME_HUB_DEGRADED ||
		   frame->kind == FRAME_HUB_BACK) {
		session_heard(session, frame);
	}
}

/* True for an id that this session gave. */
static bool
is_ours(const struct session *session, struct text id)
{
	char prefix[OUTBOX_ID_SIZE];
	int length = snprintf(prefix, sizeof(prefix), "%016" PRIx64 "-", session->id_prefix);

	return id.data != NULL && id.length > (size_t)length &&
	       memcmp(id.data, prefix, (size_t)length) == 0;
}

static void
count_answer(struct session *session, const struct frame *frame)
{
	if (session->open_questions > 0 && is_ours(session, frame->id) &&
	    outbox_find(&session->outbox, frame->id) == NULL)
		session->open_questions--;
}

void
session_take_native(struct session *session, struct frame *frame, struct now now)
{
	if (session->phase != PHASE_ONLINE) {
		take_before_welcome(session, frame, now);
		return;
	}
	count_answer(session, frame);
	switch (frame->kind) {
	case FRAME_PUBLIC:
	case FRAME_PRIVATE:
		take_message(session, frame, now);
		break;
	case FRAME_ACK:
		take_ack(session, frame, now);
		break;
	case FRAME_ERROR:
		take_error(session, frame, now);
		break;
	case FRAME_JOINED:
		take_joined(session, frame);
		break;
	case FRAME_LEFT:
		take_left(session, frame);
		break;
	case FRAME_GAP:
		streams_gap(&session->streams, frame);
		session_heard(session, frame);
		session->effects->changed(session->context);
		break;
	case FRAME_ROOMS:
	case FRAME_WHO:
		take_page(session, frame);
		break;
	case FRAME_BYE:
		take_bye(session, frame);
		break;
	case FRAME_PRESENCE:
		/* Who was known before is not shown as coming. */
		session_heard(session, frame);
		people_heard(session->people, frame);
		break;
	case FRAME_UNKNOWN:
	case FRAME_WELCOME:
		break;
	default:
		session_heard(session, frame);
		break;
	}
}
