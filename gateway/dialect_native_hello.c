/*
 * A native client's first frame: who it is and where it stands. What it asks for is noted as asks
 * until the hub has answered. A hello that is refused changes nothing: another may follow.
 */
#include <stdlib.h>

#include "common/config.h"
#include "common/names.h"
#include "gateway/dialect_native.h"

static bool
note_room(struct session *session, const struct native_frame *frame, struct text room,
    const struct json_node *pair)
{
	struct native_fault fault = { .id = frame->id, .field = "since" };
	struct native_position since = { .given = false };
	struct native_ask *ask;

	if (!names_is_room(room)) {
		native_fail(session, NATIVE_BAD_ROOM, &fault);
		return false;
	}
	if (!json_node_is_null(pair) && !native_take_position(session, frame, pair, &since))
		return false;
	ask = native_ask_add(session, ASK_JOIN, room, TEXT(""));
	if (ask == NULL)
		return false;
	ask->of_hello = true;
	ask->since = since;
	return true;
}

static bool
note_rooms(struct session *session, const struct native_frame *frame, const struct json_node *rooms)
{
	struct native_state *state = session_state(session);
	struct native_fault fault = { .id = frame->id, .field = "since" };
	const struct json_node *pair;
	struct text room;
	void *cursor = NULL;

	if (!json_node_is_object(rooms)) {
		native_fail(session, NATIVE_BAD_FIELD, &fault);
		return false;
	}
	while (json_node_next(rooms, &cursor, &room, &pair)) {
		if (state->ask_count >= session_limits(session)->rooms_per_client) {
			native_refuse(session, OUTCOME_TOO_MANY_ROOMS, &fault);
			return false;
		}
		if (!note_room(session, frame, room, pair))
			return false;
	}
	return true;
}

static bool
note_mount_room(struct session *session)
{
	struct native_ask *ask;

	if (text_is_empty(session_room(session)))
		return true;
	ask = native_ask_add(session, ASK_JOIN, session_room(session), TEXT(""));
	if (ask != NULL)
		ask->of_hello = true;
	return ask != NULL;
}

static bool
note_since(struct session *session, const struct native_frame *frame)
{
	struct native_state *state = session_state(session);
	struct native_fault fault = { .id = frame->id, .field = "since" };
	const struct json_node *since = json_member(frame->json, "since");
	const struct json_node *rooms = json_node_member(since, "rooms");
	const struct json_node *inbox = json_node_member(since, "inbox");

	if (since != NULL && !json_node_is_object(since)) {
		native_fail(session, NATIVE_BAD_FIELD, &fault);
		return false;
	}
	if (inbox != NULL && !native_take_position(session, frame, inbox, &state->inbox))
		return false;
	return rooms == NULL ? note_mount_room(session) : note_rooms(session, frame, rooms);
}

static bool
note_id(struct native_state *state, struct text id)
{
	if (text_is_empty(id))
		return true;
	state->id = text_duplicate(id);
	state->id_length = id.length;
	return state->id != NULL;
}

static void
forget(struct native_state *state)
{
	native_state_free(state);
	state->inbox.given = false;
}

/* Whatever cannot be a secret is as good as one that is wrong: the hub decides on the rest. */
static bool
may_be_secret(struct text resume)
{
	for (size_t i = 0; i < resume.length; i++) {
		if (resume.data[i] <= ' ' || resume.data[i] > '~')
			return false;
	}
	return resume.length <= NATIVE_RESUME_MAX;
}

/* The token of a hello counts before one that came with the request. */
static bool
is_proved(struct session *session, const struct native_frame *frame, struct text token)
{
	struct native_fault fault = { .id = frame->id };

	if (session_prove(session, token))
		return true;
	native_fail(session, NATIVE_UNAUTHORIZED, &fault);
	session_close(session, CLOSE_POLICY, "unauthorized");
	return false;
}

void
native_hello(struct session *session, const struct native_frame *frame)
{
	struct native_state *state = session_state(session);
	struct native_fault fault = { .id = frame->id };
	struct session_opening opening = {
		.user = TEXT(""),
		.name = TEXT(""),
		.room = TEXT(""),
		.resume = TEXT(""),
		.flags = OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET | OPEN_HAS_RECEIPTS,
	};
	struct text token = TEXT("");

	if (state->said) {
		native_fail(session, NATIVE_ALREADY_HELLO, &fault);
		return;
	}
	if (!native_take_text(session, frame, "username", false, &opening.name) ||
	    !native_take_text(session, frame, "token", false, &token) ||
	    !native_take_text(session, frame, "resume", false, &opening.resume))
		return;
	if (!is_proved(session, frame, token))
		return;
	if (!note_since(session, frame)) {
		forget(state);
		return;
	}
	if (!may_be_secret(opening.resume))
		opening.resume = TEXT("-");
	if (!note_id(state, frame->id)) {
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return;
	}
	state->said = session_open_as(session, &opening);
}
