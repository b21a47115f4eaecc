/*
 * Who has to fetch what, one part at a time, and where it stands then. Owns the positions of
 * clients and rooms; what a message looks like is the dialects' business, and when the link is up
 * is the uplink's.
 */
#include "gateway/catch_up_private.h"

#include <stdlib.h>

static bool
say_fetch(struct session *session, struct text room, struct position behind, uint64_t before,
    unsigned limit)
{
	struct sessions *sessions = session->sessions;
	struct envelope_fetch fetch = {
		.token = sessions->next_token + 1,
		.conn = session->conn,
		.room = room,
		.epoch = behind.epoch,
		.after = behind.seq,
		.before = before,
		.limit = limit,
	};

	if (!sessions->uplink.say(sessions->uplink.context, session, ENVELOPE_FETCH, &fetch))
		return false;
	session->more->fetch_token = ++sessions->next_token;
	session->more->fetch_cut = false;
	metric_increment(sessions->metrics->fetches);
	return true;
}

/* A channel of this session whose members missed something and for whom nobody fetches. */
static struct room_position *
unread_channel(const struct session *session)
{
	struct room_position *room = NULL;
	struct session_room *place;

	if (session->home.channel != NULL)
		room = positions_find(&session->sessions->positions, session_room(session));
	if (room != NULL && room->behind && room->reader == NULL)
		return room;
	TAILQ_FOREACH (place, &session->more->rooms, place) {
		room = place->position;
		if (place->membership.channel != NULL && room->behind && room->reader == NULL)
			return room;
	}
	return NULL;
}

static struct session_room *
unread_room(const struct session *session)
{
	struct session_room *room;

	TAILQ_FOREACH (room, &session->more->rooms, place) {
		if (room->position != NULL && room->hearing && room->membership.channel == NULL &&
		    !room->ahead)
			return room;
	}
	return NULL;
}

static struct text
session_room_name(const struct session_room *room)
{
	return (struct text){ room->name, room->name_length };
}

static void
fetch_channel(struct session *session, struct room_position *room)
{
	struct session_more *more = session->more;

	if (!say_fetch(session, room_position_name(room), room->at, 0, CATCH_UP_LIMIT))
		return;
	room->reader = session;
	more->fetch_job = FETCH_FOR_CHANNEL;
	more->fetch_channel = room;
}

static void
fetch_room(struct session *session, struct session_room *room)
{
	struct session_more *more = session->more;

	if (!say_fetch(session, session_room_name(room), room->heard, 0, CATCH_UP_LIMIT))
		return;
	more->fetch_job = FETCH_FOR_ROOM;
	more->fetch_room = room;
}

static void
fetch_history(struct session *session)
{
	struct session_more *more = session->more;
	struct text room = text_of(more->history_room);
	const struct room_position *known = positions_find(&session->sessions->positions, room);
	struct position from = { known == NULL ? 0 : known->at.epoch, 0 };

	if (say_fetch(session, room, from, more->history_before, more->history_limit))
		more->fetch_job = FETCH_FOR_HISTORY;
}

/* After a part that was too much all of it goes first: then the next message fits in any case. */
static bool
has_room(const struct session *session)
{
	if (session->more->fetch_cut)
		return session->output.bytes == 0;
	return session->output.bytes < CATCH_UP_QUEUE;
}

void
catch_up_next(struct session *session)
{
	struct session_more *more = session->more;
	struct room_position *channel;
	struct session_room *room;

	if (more == NULL || !more->wants_fetch || more->fetch_token != 0 ||
	    more->rests_until_ms != 0 || session->phase != SESSION_ONLINE)
		return;
	/* What many wait for does not wait for one who reads slowly. */
	channel = unread_channel(session);
	if (channel != NULL) {
		fetch_channel(session, channel);
		return;
	}
	if (!has_room(session))
		return;
	room = unread_room(session);
	if (more->inbox_behind) {
		if (say_fetch(session, TEXT(""), session->inbox, 0, CATCH_UP_LIMIT))
			more->fetch_job = FETCH_FOR_INBOX;
	} else if (room != NULL) {
		fetch_room(session, room);
	} else if (more->history_room != NULL) {
		fetch_history(session);
	} else {
		more->wants_fetch = false;
	}
}

static void
want_fetch(struct session *session)
{
	struct session_more *more = session_more_get(session);

	if (more == NULL)
		return;
	more->wants_fetch = true;
	catch_up_next(session);
}

/* Receipts of another epoch count no more. */
void
catch_up_move_inbox(struct session *session, uint64_t epoch, uint64_t seq)
{
	if (session->more != NULL && epoch != session->inbox.epoch) {
		receipts_remove(&session->sessions->receipts, &session->more->receipts);
		session->more->receipts.sent = 0;
	}
	session->inbox = (struct position){ epoch, seq };
}

void
catch_up_sent(struct session *session, uint64_t seq)
{
	struct session_more *more;

	if (!session->dialect->pong_receipts || seq == 0)
		return;
	more = session_more_get(session);
	if (more != NULL)
		receipts_sent(&session->sessions->receipts, &more->receipts, seq);
}

static void
inbox_missed(struct session *session)
{
	struct session_more *more = session_more_get(session);

	if (more == NULL)
		return;
	more->inbox_behind = true;
	want_fetch(session);
}

/* True if something is said behind `position` in a stream that stands at `end`. */
static bool
is_behind(struct position position, struct position end)
{
	return position.epoch != end.epoch ? position.epoch != 0 || end.seq != 0
					   : position.seq != end.seq;
}

void
catch_up_inbox(struct session *session, struct position position, struct position end)
{
	session->hears_inbox = true;
	/* Who heard nothing yet hears the stream from its beginning. */
	catch_up_move_inbox(
	    session, position.epoch == 0 ? end.epoch : position.epoch, position.seq);
	if (is_behind(session->inbox, end))
		inbox_missed(session);
}

void
catch_up_inbox_again(struct session *session, struct position end)
{
	if (!session->hears_inbox)
		session->inbox = end;
	else if (end.epoch == 0)
		catch_up_move_inbox(session, 0, 0);
	else
		catch_up_inbox(session, session->inbox, end);
}

bool
catch_up_inbox_takes(struct session *session, uint64_t epoch, uint64_t seq)
{
	if (seq == 0)
		return true;
	if (!session->hears_inbox) {
		session->inbox = (struct position){ epoch, seq };
		return false;
	}
	switch (position_judge(&session->inbox, epoch, seq)) {
	case POSITION_NEWS:
		catch_up_move_inbox(session, epoch, seq);
		return true;
	case POSITION_GAP:
		if (session->inbox.epoch == 0)
			catch_up_move_inbox(session, epoch, 0);
		inbox_missed(session);
		break;
	case POSITION_OLD:
		break;
	}
	return false;
}

static void
go_ahead_no_more(struct session_room *room)
{
	if (!room->ahead)
		return;
	room->ahead = false;
	TAILQ_REMOVE(&room->position->waiting, room, waiting);
}

static void
wait_for_room(struct session_room *room)
{
	if (room->ahead)
		return;
	room->ahead = true;
	TAILQ_INSERT_TAIL(&room->position->waiting, room, waiting);
}

static bool
has_listeners(struct sessions *sessions, const struct room_position *room)
{
	struct fanout_room *found = fanout_find(sessions->fanout, room_position_name(room));
	struct channel *channel = found == NULL ? NULL : fanout_channels(found);

	while (channel != NULL && channel->count == 0)
		channel = channel->next;
	return channel != NULL;
}

/* It has heard just what the channel's members have: one of them. */
static void
enter_channel(struct session *session, struct session_room *room)
{
	go_ahead_no_more(room);
	if (!fanout_join(session->sessions->fanout, &room->membership, session_room_name(room)))
		session_close(session, CLOSE_INTERNAL, "out of memory");
}

void
catch_up_nudge(struct sessions *sessions, const struct room_position *room)
{
	struct fanout_room *found = fanout_find(sessions->fanout, room_position_name(room));
	struct channel *channel = found == NULL ? NULL : fanout_channels(found);

	for (; channel != NULL && room->reader == NULL; channel = channel->next) {
		if (channel->count > 0)
			want_fetch(channel->members[0]->session);
	}
}

static void
room_missed(struct sessions *sessions, struct room_position *room)
{
	room->behind = true;
	catch_up_nudge(sessions, room);
}

void
catch_up_room(struct session *session, struct session_room *room)
{
	struct room_position *position = room->position;
	struct position *at = &position->at;

	if (room->membership.channel != NULL || !room->hearing)
		return;
	if (room->heard.epoch == at->epoch && room->heard.seq == at->seq) {
		enter_channel(session, room);
	} else if (room->heard.epoch != at->epoch || room->heard.seq < at->seq || !room->fetched) {
		want_fetch(session);
	} else if (has_listeners(session->sessions, position)) {
		wait_for_room(room);
		room_missed(session->sessions, position);
	} else {
		/* Nobody hears it yet: it stands where its first listener does. */
		*at = room->heard;
		enter_channel(session, room);
	}
}

void
catch_up_wake(struct room_position *position)
{
	struct session_room *room;

	while ((room = TAILQ_FIRST(&position->waiting)) != NULL) {
		go_ahead_no_more(room);
		catch_up_room(room->membership.session, room);
	}
}

/* What nobody listens to was not missed. */
static void
move_channel(struct sessions *sessions, struct room_position *room, struct position end)
{
	if (has_listeners(sessions, room)) {
		room_missed(sessions, room);
		return;
	}
	room->at = end;
	room->behind = false;
	catch_up_wake(room);
}

void
catch_up_channel(struct sessions *sessions, struct room_position *room, struct position end)
{
	if (room->at.epoch != end.epoch || room->at.seq < end.seq || room->behind)
		move_channel(sessions, room, end);
}

bool
catch_up_channel_takes(
    struct sessions *sessions, struct room_position *room, const struct envelope_deliver *deliver)
{
	struct position end = { deliver->epoch, deliver->seq };

	switch (position_judge(&room->at, deliver->epoch, deliver->seq)) {
	case POSITION_NEWS:
		if (deliver->seq != 0)
			room->at = end;
		return true;
	case POSITION_GAP:
		move_channel(sessions, room, end);
		break;
	case POSITION_OLD:
		break;
	}
	return false;
}

/* No answer is waited for any more. */
void
catch_up_end_fetch(struct session_more *more)
{
	struct session *reader = more->fetch_channel == NULL ? NULL : more->fetch_channel->reader;

	/* Another may read on already. */
	if (reader != NULL && reader->more == more)
		more->fetch_channel->reader = NULL;
	more->fetch_token = 0;
	more->fetch_job = FETCH_FOR_NOBODY;
	more->fetch_room = NULL;
	more->fetch_channel = NULL;
}

void
catch_up_link_lost(struct session *session)
{
	struct envelope_fetched lost = { .code = OUTCOME_UNAVAILABLE, .room = TEXT("") };
	struct session_more *more = session->more;
	char *room = more->history_room;

	catch_up_end_fetch(more);
	more->wants_fetch = true;
	if (room == NULL)
		return;
	lost.room = text_of(room);
	more->history_room = NULL;
	if (session->dialect->fetched != NULL)
		session->dialect->fetched(session, FETCH_HISTORY, &lost);
	free(room);
}

void
catch_up_forget_room(struct session *session, struct session_room *room)
{
	if (room->position != NULL)
		go_ahead_no_more(room);
	if (session->more->fetch_room != room)
		return;
	/* The hub takes one at a time: its answer is still waited for, for nobody. */
	session->more->fetch_room = NULL;
	session->more->fetch_job = FETCH_FOR_NOBODY;
}

void
catch_up_left(struct sessions *sessions, struct session *session, struct room_position *room)
{
	if (room->reader == session) {
		room->reader = NULL;
		session->more->fetch_channel = NULL;
		session->more->fetch_job = FETCH_FOR_NOBODY;
	}
	if (room->behind && room->holders > 1)
		catch_up_nudge(sessions, room);
}

void
catch_up_rest(struct session *session)
{
	struct sessions *sessions = session->sessions;
	struct session_more *more = session->more;

	if (more->rests_until_ms != 0)
		return;
	more->rests_until_ms = sessions->now.mono_ms + CATCH_UP_REST_MS;
	TAILQ_INSERT_TAIL(&sessions->resting, more, resting);
}

static void
rest_no_more(struct sessions *sessions, struct session_more *more)
{
	if (more->rests_until_ms == 0)
		return;
	more->rests_until_ms = 0;
	TAILQ_REMOVE(&sessions->resting, more, resting);
}

void
catch_up_tick(struct sessions *sessions)
{
	struct session_more *more;

	while ((more = TAILQ_FIRST(&sessions->resting)) != NULL &&
	       more->rests_until_ms <= sessions->now.mono_ms) {
		rest_no_more(sessions, more);
		catch_up_next(sessions_find(sessions, more->receipts.conn));
	}
}

uint64_t
catch_up_deadline_ms(const struct sessions *sessions)
{
	const struct session_more *more = TAILQ_FIRST(&sessions->resting);

	return more == NULL ? UINT64_MAX : more->rests_until_ms;
}

void
catch_up_stop(struct session *session)
{
	if (session->more == NULL)
		return;
	catch_up_end_fetch(session->more);
	rest_no_more(session->sessions, session->more);
}
