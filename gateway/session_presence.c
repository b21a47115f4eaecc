/*
 * What a client that counts by user may be told of who is there. The budget is the room's, which
 * has one once somebody hears it here.
 */
#include "gateway/sessions.h"

/* Everybody is told of everybody: no budget. */
static bool
is_small(const struct session *session, struct text room)
{
	const struct sessions *sessions = session->sessions;
	const struct roster_room *members = session_roster(session, room);

	return members == NULL || roster_room_users(members) <= sessions->limits.list_members;
}

static struct presence_budget *
budget_of(const struct session *session, struct text room)
{
	struct fanout_room *heard = fanout_find(session->sessions->fanout, room);

	return heard == NULL ? NULL : fanout_room_budget(heard);
}

size_t
session_snapshot_share(const struct session *session, struct text room)
{
	const struct sessions *sessions = session->sessions;
	struct presence_budget *budget = budget_of(session, room);

	if (budget == NULL || is_small(session, room))
		return SIZE_MAX;
	return (size_t)presence_share(budget, &sessions->presence, sessions->now.mono_ms);
}

void
session_snapshot_said(struct session *session, struct text room, size_t bytes, bool shortened)
{
	struct sessions *sessions = session->sessions;
	struct presence_budget *budget = budget_of(session, room);

	metric_add(sessions->metrics->presence_bytes[PRESENCE_SNAPSHOT], bytes);
	if (shortened)
		metric_increment(sessions->metrics->lists_shortened);
	if (budget != NULL && !is_small(session, room))
		presence_force(budget, &sessions->presence, sessions->now.mono_ms, bytes);
}
