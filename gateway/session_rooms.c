/*
 * The rooms of one client: the one of its mount, or many that come and go. Owns memberships and the
 * hold on rooms' positions; who hears what is fan-out's, what was missed is fetched by catch_up.c.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/names.h"
#include "gateway/catch_up.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

static_assert(offsetof(struct session_room, membership) == 0, "one is found by the other");

static struct text
room_name(const struct session_room *room)
{
	return (struct text){ room->name, room->name_length };
}

static struct session_room *
room_find(const struct session *session, struct text name)
{
	struct session_room *room;

	if (session->more == NULL)
		return NULL;
	TAILQ_FOREACH (room, &session->more->rooms, place) {
		if (text_equal(room_name(room), name))
			return room;
	}
	return NULL;
}

struct session_room *
session_room_add(struct session *session, struct text name)
{
	struct session_more *more = session_more_get(session);
	struct session_room *room = calloc(1, sizeof(*room) + name.length + 1);

	if (more == NULL || room == NULL) {
		free(room);
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return NULL;
	}
	memcpy(room->name, name.data, name.length);
	room->name_length = name.length;
	room->membership.session = session;
	room->asked = true;
	TAILQ_INSERT_TAIL(&more->rooms, room, place);
	more->room_count++;
	return room;
}

struct membership *
session_membership(const struct session *session, struct text name)
{
	struct session_room *room = room_find(session, name);

	if (room != NULL)
		return &room->membership;
	if (session->dialect->many_rooms || !text_equal(name, session_room(session)))
		return NULL;
	return (struct membership *)&session->home;
}

struct membership *
session_membership_in(struct session *session, const struct channel *channel)
{
	struct session_room *room;

	if (session->home.channel == channel)
		return &session->home;
	if (session->more == NULL)
		return NULL;
	TAILQ_FOREACH (room, &session->more->rooms, place) {
		if (room->membership.channel == channel)
			return &room->membership;
	}
	return NULL;
}

void
session_settle(struct session *session)
{
	struct session_room *room;

	/* Nothing was said in any room in this turn. */
	if (TAILQ_EMPTY(&session->sessions->fanout->touched))
		return;
	fanout_settle(&session->home);
	if (session->more == NULL)
		return;
	TAILQ_FOREACH (room, &session->more->rooms, place)
		fanout_settle(&room->membership);
}

static void
drop_position(struct session *session, struct room_position *position)
{
	catch_up_left(session->sessions, session, position);
	positions_drop(&session->sessions->positions, position);
}

/* It hears the room no more; the place in the list stays. */
static void
room_quit(struct session *session, struct session_room *room)
{
	struct room_position *position = room->position;

	catch_up_forget_room(session, room);
	fanout_leave(&room->membership);
	room->position = NULL;
	room->hearing = false;
	room->fetched = false;
	if (position != NULL)
		drop_position(session, position);
}

static void
room_remove(struct session *session, struct session_room *room)
{
	room_quit(session, room);
	TAILQ_REMOVE(&session->more->rooms, room, place);
	session->more->room_count--;
	free(room);
}

static void
home_quit(struct session *session)
{
	struct room_position *position;

	fanout_leave(&session->home);
	if (!session->home_held)
		return;
	session->home_held = false;
	position = positions_find(&session->sessions->positions, session_room(session));
	if (position != NULL)
		drop_position(session, position);
}

void
session_leave_all(struct session *session)
{
	struct session_room *room;

	home_quit(session);
	if (session->more == NULL)
		return;
	TAILQ_FOREACH (room, &session->more->rooms, place)
		room_quit(session, room);
	catch_up_stop(session);
}

static bool
say(struct session *session, enum envelope_kind kind, const void *body)
{
	const struct session_uplink *uplink = &session->sessions->uplink;

	return uplink->say(uplink->context, session, kind, body);
}

static void
refuse_join(struct session *session, struct text room, uint32_t code)
{
	gateway_metrics_refused(session->sessions->metrics, code);
	if (session->dialect->join_refused != NULL)
		session->dialect->join_refused(session, room, code);
}

void
session_join(struct session *session, struct text name)
{
	struct envelope_join join = { .conn = session->conn, .room = name };
	struct session_room *room = room_find(session, name);

	if (session->phase != SESSION_OPENING && session->phase != SESSION_ONLINE)
		return;
	if (room == NULL && !names_is_room(name)) {
		refuse_join(session, name, OUTCOME_NO_SUCH_ROOM);
		return;
	}
	if (room == NULL && session_rooms(session) >= session->sessions->limits.rooms_per_client) {
		refuse_join(session, name, OUTCOME_TOO_MANY_ROOMS);
		return;
	}
	if (room == NULL)
		room = session_room_add(session, name);
	if (room == NULL)
		return;
	room->asked = true;
	/* A new link says all rooms; what is said before it is up is said then. */
	say(session, ENVELOPE_JOIN, &join);
}

void
session_leave(struct session *session, struct text name)
{
	struct envelope_leave leave = { .conn = session->conn, .room = name };
	struct session_room *room = room_find(session, name);

	if (room == NULL || session->phase == SESSION_CLOSING)
		return;
	room->leaving = true;
	room->asked = false;
	say(session, ENVELOPE_LEAVE, &leave);
}

bool
session_is_member(const struct session *session, struct text name)
{
	const struct session_room *room = room_find(session, name);

	if (session->dialect->many_rooms)
		return room != NULL && room->position != NULL && !room->leaving;
	return session->home_held && text_equal(name, session_room(session));
}

unsigned
session_rooms(const struct session *session)
{
	if (session->dialect->many_rooms)
		return session->more == NULL ? 0 : session->more->room_count;
	return session->name != NULL && !text_is_empty(session_room(session)) ? 1 : 0;
}

const struct roster_room *
session_roster(const struct session *session, struct text name)
{
	struct roster *roster = session->sessions->roster;

	return roster != NULL && session_is_member(session, name) ? roster_find(roster, name)
								  : NULL;
}

/* False without memory, and it closes. */
static bool
hold_position(
    struct session *session, struct room_position **held, const struct envelope_joined *joined)
{
	struct sessions *sessions = session->sessions;
	struct position end = { joined->epoch, joined->seq };

	if (*held == NULL)
		*held = positions_hold(&sessions->positions, joined->room);
	if (*held == NULL) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return false;
	}
	catch_up_channel(sessions, *held, end);
	return true;
}

static void
joined_home(struct session *session, const struct envelope_joined *joined)
{
	struct room_position *position = NULL;

	if (session->homeless)
		return;
	if (session->home_held)
		position = positions_find(&session->sessions->positions, joined->room);
	if (!hold_position(session, &position, joined))
		return;
	session->home_held = true;
	session->home.ordinal = joined->ordinal;
	if (!fanout_join(session->sessions->fanout, &session->home, joined->room))
		session_close(session, CLOSE_INTERNAL, "out of memory");
}

static uint64_t
users_version(const struct session *session, const struct session_room *room)
{
	const struct roster *roster = session->sessions->roster;

	return roster == NULL ? 0 : roster_users_version(roster, room_name(room));
}

void
session_room_entered(struct session *session, struct text name)
{
	struct session_room *room = room_find(session, name);

	if (room != NULL && room->position != NULL && room->membership.channel == NULL)
		room->users_version++;
}

bool
session_room_missed_presence(const struct membership *membership)
{
	const struct session *session = membership->session;
	const struct session_room *room = (const struct session_room *)membership;

	return session->dialect->many_rooms && room->users_version != users_version(session, room);
}

static void
joined_one_of_many(
    struct session *session, struct session_room *room, const struct envelope_joined *joined)
{
	bool asked = room->asked;

	if (!hold_position(session, &room->position, joined))
		return;
	room->membership.ordinal = joined->ordinal;
	room->asked = false;
	if (asked)
		room->users_version = users_version(session, room);
	if (asked && session->dialect->joined != NULL)
		session->dialect->joined(session, joined);
	else
		catch_up_next(session);
}

void
session_joined(struct session *session, const struct envelope_joined *joined)
{
	struct session_room *room = room_find(session, joined->room);

	if (session->phase != SESSION_ONLINE)
		return;
	if (room != NULL)
		joined_one_of_many(session, room, joined);
	else if (!session->dialect->many_rooms && text_equal(joined->room, session_room(session)))
		joined_home(session, joined);
}

static void
tell_left(struct session *session, const struct envelope_left *left)
{
	if (session->dialect->left != NULL)
		session->dialect->left(session, left);
}

void
session_left(struct session *session, const struct envelope_left *left)
{
	struct session_room *room = room_find(session, left->room);

	if (session->phase != SESSION_ONLINE)
		return;
	if (room == NULL) {
		if (session->dialect->many_rooms || !text_equal(left->room, session_room(session)))
			return;
		home_quit(session);
		session->homeless = true;
	} else if (room->leaving && room->asked) {
		/* It was asked for again meanwhile: JOINED follows. */
		room_quit(session, room);
		room->leaving = false;
	} else if (room->asked && left->reason == LEFT_WISHED) {
		/* Closed or renamed before it was left: that was told, and JOINED follows. */
		return;
	} else {
		room_remove(session, room);
	}
	tell_left(session, left);
}

void
session_left_meanwhile(struct session *session)
{
	struct session_room *room =
	    session->more == NULL ? NULL : TAILQ_FIRST(&session->more->rooms);
	struct session_room *next;

	for (; room != NULL; room = next) {
		struct envelope_left left = {
			.conn = session->conn,
			.room = room_name(room),
			.reason = LEFT_WISHED,
			.renamed = TEXT(""),
		};

		next = TAILQ_NEXT(room, place);
		if (!room->unsaid)
			continue;
		room->unsaid = false;
		room->leaving = false;
		room_quit(session, room);
		if (room->asked) {
			/* And asked for again, which the new link was told: JOINED follows. */
			tell_left(session, &left);
			continue;
		}
		TAILQ_REMOVE(&session->more->rooms, room, place);
		session->more->room_count--;
		tell_left(session, &left);
		free(room);
	}
}

bool
session_room_refused(struct session *session, struct text name, uint32_t code)
{
	struct session_room *room = room_find(session, name);
	struct envelope_left left = {
		.conn = session->conn,
		.room = name,
		.reason = LEFT_ROOM_CLOSED,
		.renamed = TEXT(""),
	};
	bool was_member;

	if (room == NULL)
		return session->dialect->many_rooms;
	was_member = room->position != NULL && !room->asked;
	room_remove(session, room);
	if (was_member)
		tell_left(session, &left);
	else if (session->dialect->join_refused != NULL)
		session->dialect->join_refused(session, name, code);
	return true;
}

void
session_hear(struct session *session, struct text name, uint64_t epoch, uint64_t seq)
{
	struct session_room *room = room_find(session, name);

	if (session->phase != SESSION_ONLINE)
		return;
	if (text_is_empty(name)) {
		catch_up_inbox(session, (struct position){ epoch, seq }, session->inbox);
		return;
	}
	if (room == NULL || room->position == NULL || room->hearing)
		return;
	room->hearing = true;
	room->heard = (struct position){ epoch, seq };
	catch_up_room(session, room);
}
