/*
 * What a change of the roster means by user: differences, and partners that leave. For notices.c.
 */
#include "gateway/notices_private.h"

void
notices_user_joined(struct notices *notices, const struct envelope_entered *entered)
{
	const struct roster_move *move = roster_last_move(notices->roster);
	struct session *session;

	if (!move->edge)
		return;
	differences_joined(&notices->differences, entered->room, &move->who);
	session = sessions_find_client(notices->sessions, entered->client);
	if (session != NULL)
		session_room_entered(session, entered->room);
}

static void
tell_departed(struct channel *channel, struct text room, struct text user)
{
	/* From the end, for a member may leave at that. */
	for (uint32_t i = channel->count; i > 0; i--) {
		struct session *session = channel->members[i - 1]->session;

		if (session->phase != SESSION_CLOSING)
			channel->dialect->departed(session, room, user);
	}
}

void
notices_user_left(struct notices *notices, struct text room)
{
	const struct roster_move *move = roster_last_move(notices->roster);
	struct channel *channel = notices_first_channel(notices, room);

	if (!move->edge)
		return;
	differences_left(&notices->differences, room, &move->who);
	for (; channel != NULL; channel = channel->next) {
		if (channel->dialect->departed != NULL)
			tell_departed(channel, room, move->who.user);
	}
}
