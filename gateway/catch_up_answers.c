/*
 * What the hub answers to a FETCH: messages and gaps, handed to the client or to all members of
 * the room, and the place that is reached with them.
 */
#include <stdlib.h>

#include "gateway/catch_up_private.h"
#include "gateway/delivery.h"

/* Of a message beside its content, about: names, ids and what is written around them. */
#define ITEM_BYTES 1024u

/* True for a message behind `position`, which moves to it. */
static bool
passes(struct position *position, const struct envelope_item *item)
{
	if (position->epoch == item->epoch && item->seq <= position->seq)
		return false;
	*position = (struct position){ item->epoch, item->seq };
	return true;
}

/* At most what a text takes once it is written for a client: \uXXXX is the longest way. */
static size_t
written_at_most(struct text text)
{
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < ' ' || c == 0x7f)
			length += 6;
		else if (c > 0x7f)
			length += 3;
		else
			length += c == '"' || c == '\\' ? 2 : 1;
	}
	return length;
}

/*
 * True for a message that the client's queue has no place for; it and all behind it are asked for
 * again. A part is bounded by the bytes that are stored, not by those that are written of them, and
 * a client must not be cut off for reading too slowly what was pushed at it.
 */
static bool
is_too_much(struct session *session, const struct envelope_item *item)
{
	size_t waits = session->output.bytes;
	size_t most = session->sessions->limits.queue_bytes / 4 * 3;

	if (waits > 0 && waits + ITEM_BYTES + written_at_most(item->content) > most)
		session->more->fetch_cut = true;
	return session->more->fetch_cut;
}

/* Dialects that only know messages as they are said get these likewise. */
static void
whisper_item(struct session *session, const struct envelope_item *item)
{
	struct envelope_whisper whisper = {
		.conn = session->conn,
		.to = session->client,
		.from = item->from,
		.from_name = item->from_name,
		.time = item->time,
		.content = item->content,
		.from_user = item->from_user,
		.epoch = item->epoch,
		.seq = item->seq,
		.extra = item->extra,
	};

	if (session->dialect->whisper != NULL)
		session->dialect->whisper(session, &whisper);
}

static void
missed_item(struct session *session, const struct envelope_item *item)
{
	gateway_metrics_delivered(session->sessions->metrics, session->dialect_metric,
	    text_is_empty(item->room) ? DELIVERY_PRIVATE : DELIVERY_PUBLIC);
	if (session->dialect->item != NULL)
		session->dialect->item(session, FETCH_MISSED, item);
	else if (text_is_empty(item->room))
		whisper_item(session, item);
}

static void
inbox_item(struct session *session, const struct envelope_item *item)
{
	struct position before = session->inbox;

	if (!passes(&before, item) || is_too_much(session, item))
		return;
	catch_up_move_inbox(session, item->epoch, item->seq);
	missed_item(session, item);
	catch_up_sent(session, item->seq);
}

static void
room_item(struct session *session, const struct envelope_item *item)
{
	struct session_room *room = session->more->fetch_room;
	struct position after = room->heard;

	if (!passes(&after, item) || is_too_much(session, item))
		return;
	room->heard = after;
	missed_item(session, item);
}

static bool
channel_item(struct session *session, const struct envelope_item *item)
{
	struct room_position *room = session->more->fetch_channel;
	struct envelope_deliver deliver = {
		.room = item->room,
		.epoch = item->epoch,
		.seq = item->seq,
		.from = item->from,
		.from_name = item->from_name,
		.time = item->time,
		.content = item->content,
		.from_user = item->from_user,
	};

	return !passes(&room->at, item) || delivery_say(session->sessions, &deliver);
}

static bool
is_awaited(const struct session *session, uint64_t token)
{
	return session->more != NULL && token != 0 && session->more->fetch_token == token &&
	       session->phase == SESSION_ONLINE;
}

bool
catch_up_item(struct session *session, const struct envelope_item *item)
{
	if (!is_awaited(session, item->token))
		return true;
	switch (session->more->fetch_job) {
	case FETCH_FOR_INBOX:
		inbox_item(session, item);
		break;
	case FETCH_FOR_ROOM:
		room_item(session, item);
		break;
	case FETCH_FOR_CHANNEL:
		return channel_item(session, item);
	case FETCH_FOR_HISTORY:
		if (session->dialect->item != NULL)
			session->dialect->item(session, FETCH_HISTORY, item);
		break;
	case FETCH_FOR_NOBODY:
		break;
	}
	return true;
}

static void
tell_gap(struct session *session, const struct envelope_fetched *fetched)
{
	if (fetched->gap_reason != GAP_NONE && session->dialect->fetched != NULL)
		session->dialect->fetched(session, FETCH_MISSED, fetched);
}

/* The hub is busy or cannot read its store: it is asked again. */
static bool
is_unanswered(const struct envelope_fetched *fetched)
{
	return fetched->code == OUTCOME_RATE_LIMITED || fetched->code == OUTCOME_UNAVAILABLE;
}

/* A place that never was stands for the end, what may not be read is over. */
static bool
is_over(const struct envelope_fetched *fetched)
{
	if (is_unanswered(fetched))
		return false;
	return fetched->code != OUTCOME_OK || fetched->more == 0;
}

static bool
tells_place(const struct envelope_fetched *fetched)
{
	return fetched->code == OUTCOME_OK ||
	       (fetched->code == OUTCOME_BAD_SEQ && fetched->epoch != 0);
}

static void
inbox_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	tell_gap(session, fetched);
	if (tells_place(fetched))
		catch_up_move_inbox(session, fetched->epoch, fetched->to);
	session->more->inbox_behind = !is_over(fetched);
}

static void
room_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	struct session_room *room = session->more->fetch_room;

	/* The gap's own handler may leave the room. */
	if (tells_place(fetched))
		room->heard = (struct position){ fetched->epoch, fetched->to };
	else if (is_over(fetched))
		room->hearing = false;
	if (is_over(fetched))
		room->fetched = true;
	tell_gap(session, fetched);
	room = session->more->fetch_room;
	if (room != NULL && room->fetched)
		catch_up_room(session, room);
}

static void
channel_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	struct room_position *room = session->more->fetch_channel;

	room->reader = NULL;
	if (tells_place(fetched))
		room->at = (struct position){ fetched->epoch, fetched->to };
	if (is_over(fetched))
		room->behind = false;
	if (fetched->gap_reason != GAP_NONE)
		delivery_gap(session->sessions, fetched->room, fetched);
	room = session->more->fetch_channel;
	if (room == NULL)
		return;
	if (room->behind)
		catch_up_nudge(session->sessions, room);
	else
		catch_up_wake(room);
}

static void
history_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	free(session->more->history_room);
	session->more->history_room = NULL;
	if (session->dialect->fetched != NULL)
		session->dialect->fetched(session, FETCH_HISTORY, fetched);
}

void
catch_up_fetched(struct session *session, const struct envelope_fetched *fetched)
{
	struct session_more *more = session->more;

	if (!is_awaited(session, fetched->token))
		return;
	if (is_unanswered(fetched))
		catch_up_rest(session);
	switch (more->fetch_job) {
	case FETCH_FOR_INBOX:
		if (!more->fetch_cut)
			inbox_fetched(session, fetched);
		break;
	case FETCH_FOR_ROOM:
		if (!more->fetch_cut)
			room_fetched(session, fetched);
		break;
	case FETCH_FOR_CHANNEL:
		channel_fetched(session, fetched);
		break;
	case FETCH_FOR_HISTORY:
		history_fetched(session, fetched);
		break;
	case FETCH_FOR_NOBODY:
		break;
	}
	catch_up_end_fetch(more);
	more->wants_fetch = true;
	catch_up_next(session);
}
