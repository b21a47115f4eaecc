/*
 * See closing.h. Owns these records and their memory; what is said of them is hub_link_closing.c's.
 */
#include "gateway/closing.h"

#include <stdlib.h>
#include <string.h>

#include "common/envelope.h"
#include "gateway/session.h"

void
closings_init(struct closings *closings, struct commands *commands)
{
	*closings = (struct closings){ .commands = commands };
	TAILQ_INIT(&closings->list);
	id_map_init(&closings->by_conn);
}

void
closings_free(struct closings *closings)
{
	struct closing *closing;

	while ((closing = TAILQ_FIRST(&closings->list)) != NULL)
		closings_remove(closings, closing);
	id_map_free(&closings->by_conn);
}

/* Who leaves a room is not to enter it again, unless it asked for that as well. */
static bool
is_in(const struct session_room *room)
{
	return !room->leaving || room->asked;
}

static bool
is_at_home(const struct session *session)
{
	return !session->dialect->many_rooms && !session->homeless &&
	       !text_is_empty(session_room(session));
}

static size_t
texts_size(const struct session *session)
{
	const struct session_room *room;
	size_t size = strlen(session->address) + session_name(session).length +
		      session_user(session).length + session_resume(session).length + 4;

	if (is_at_home(session))
		return size + session_room(session).length + 1;
	if (session->dialect->many_rooms && session->more != NULL) {
		TAILQ_FOREACH (room, &session->more->rooms, place)
			size += room->name_length + 1;
	}
	return size;
}

static void
copy_room(struct closing *closing, struct text name, uint64_t ordinal, char **to)
{
	struct closing_room *room = &closing->rooms[closing->room_count++];

	room->ordinal = ordinal;
	room->name = text_copy(name, to);
}

static void
copy_rooms(struct closing *closing, const struct session *session, char **to)
{
	const struct session_room *room;

	if (is_at_home(session))
		copy_room(closing, session_room(session), session->home.ordinal, to);
	if (!session->dialect->many_rooms || session->more == NULL)
		return;
	TAILQ_FOREACH (room, &session->more->rooms, place) {
		if (is_in(room))
			copy_room(closing, (struct text){ room->name, room->name_length },
			    room->leaving ? 0 : room->membership.ordinal, to);
	}
}

static struct closing *
closing_create(const struct session *session)
{
	unsigned rooms = session_rooms(session);
	size_t head = sizeof(struct closing) + rooms * sizeof(struct closing_room);
	size_t size = head + texts_size(session);
	struct closing *closing = calloc(1, size);
	char *to = (char *)closing + head;

	if (closing == NULL)
		return NULL;
	closing->conn = session->conn;
	closing->since_ms = session->since_ms;
	closing->dialect = session->dialect->name;
	closing->realm = session->realm;
	closing->address = text_copy(text_of(session->address), &to);
	closing->name = text_copy(session_name(session), &to);
	closing->user = text_copy(session_user(session), &to);
	closing->resume = text_copy(session_resume(session), &to);
	copy_rooms(closing, session, &to);
	closing->bytes = size;
	closing->client = session->client;
	closing->announced = session->announced;
	closing->waiting = session->commands;
	closing->open_flags = session->open_flags;
	closing->lingers = session_lingers(session);
	return closing;
}

struct closing *
closings_add(struct closings *closings, const struct session *session)
{
	struct closing *closing = closing_create(session);

	if (closing == NULL)
		return NULL;
	if (!commands_charge(closings->commands, closing->bytes)) {
		free(closing);
		return NULL;
	}
	if (!id_map_put(&closings->by_conn, closing->conn, closing)) {
		commands_refund(closings->commands, closing->bytes);
		free(closing);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&closings->list, closing, place);
	closings->count++;
	return closing;
}

void
closings_remove(struct closings *closings, struct closing *closing)
{
	TAILQ_REMOVE(&closings->list, closing, place);
	id_map_remove(&closings->by_conn, closing->conn);
	commands_refund(closings->commands, closing->bytes);
	closings->count--;
	free(closing->told);
	free(closing);
}

struct closing *
closings_find(const struct closings *closings, uint64_t conn)
{
	return closings->count == 0 ? NULL : id_map_get(&closings->by_conn, conn);
}

void
closing_opened(struct closing *closing, const struct envelope_opened *opened)
{
	char *told;
	char *to;

	if (closing->client == opened->client)
		return;
	/* Without memory it is a stranger again to the next link, if there is one. */
	told = malloc(opened->user.length + opened->resume.length + 2);
	to = told;
	if (told == NULL)
		return;
	closing->client = opened->client;
	closing->user = text_copy(opened->user, &to);
	closing->resume = text_copy(opened->resume, &to);
	free(closing->told);
	closing->told = told;
}

void
closing_joined(struct closing *closing, const struct envelope_joined *joined)
{
	for (unsigned i = 0; i < closing->room_count; i++) {
		if (text_equal(closing->rooms[i].name, joined->room))
			closing->rooms[i].ordinal = joined->ordinal;
	}
}
