/*
 * Clients that are gone while commands of theirs have no outcome: the hub is told at once that they
 * hear nothing more, and that they are gone for good only with their last outcome. Until then each
 * new link is told of them, so that their commands find their sender.
 */
#include "gateway/hub_link_state.h"

static bool
is_announced(const struct hub_link *link, const struct closing *closing)
{
	return link->phase == HUB_ATTACHED && closing->announced == link->attachment;
}

static void
announce(struct hub_link *link, struct closing *closing)
{
	struct envelope_open open = {
		.conn = closing->conn,
		.client = closing->client,
		.dialect = text_of(closing->dialect),
		.realm = text_of(closing->realm),
		.name = closing->name,
		.address = closing->address,
		.since_ms = (uint64_t)closing->since_ms,
		.user = closing->user,
		.resume = closing->resume,
		.flags = closing->open_flags | OPEN_CLOSING,
	};

	closing->announced = link->attachment;
	hub_link_say(link, ENVELOPE_OPEN, &open);
	for (unsigned i = 0; i < closing->room_count; i++) {
		struct envelope_join join = {
			.conn = closing->conn,
			.room = closing->rooms[i].name,
			.ordinal = closing->rooms[i].ordinal,
		};

		hub_link_say(link, ENVELOPE_JOIN, &join);
	}
}

static void
count(struct hub_link *link)
{
	metric_set(link->metrics->clients_closing, link->closings.count);
}

bool
hub_link_closing_begin(struct hub_link *link, const struct session *session)
{
	struct closing *closing;

	if (session->commands == 0 || session->kicked || link->phase == HUB_STOPPED)
		return false;
	closing = closings_add(&link->closings, session);
	if (closing == NULL)
		return false;
	count(link);
	if (link->phase != HUB_ATTACHED || is_announced(link, closing))
		return true;
	/* It went before its turn to be said again. */
	if (!link->replaying)
		announce(link, closing);
	else if (link->replay_closing == NULL)
		link->replay_closing = closing;
	return true;
}

bool
hub_link_closing_replay(struct hub_link *link, size_t stop)
{
	while (link->replay_closing != NULL && link->output.length < stop) {
		struct closing *closing = link->replay_closing;

		link->replay_closing = TAILQ_NEXT(closing, place);
		if (!is_announced(link, closing))
			announce(link, closing);
		if (link->phase != HUB_ATTACHED)
			return false;
	}
	return link->replay_closing == NULL;
}

static void
end(struct hub_link *link, struct closing *closing)
{
	struct envelope_closed closed = {
		.conn = closing->conn,
		.linger = closing->lingers ? CLOSED_LOST : CLOSED_GONE,
	};

	if (link->replay_closing == closing)
		link->replay_closing = TAILQ_NEXT(closing, place);
	if (is_announced(link, closing))
		hub_link_say(link, ENVELOPE_CLOSED, &closed);
	closings_remove(&link->closings, closing);
	count(link);
}

static void
end_answered(struct hub_link *link)
{
	struct closing *closing = TAILQ_FIRST(&link->closings.list);
	struct closing *next;

	link->closings_ended = false;
	for (; closing != NULL; closing = next) {
		next = TAILQ_NEXT(closing, place);
		if (closing->waiting == 0)
			end(link, closing);
	}
}

static bool
is_opening(const struct hub_link *link)
{
	return link->phase == HUB_ATTACHED && (!link->synced || link->replaying);
}

bool
hub_link_concluded(struct hub_link *link, struct session *session, uint64_t conn)
{
	struct closing *closing = closings_find(&link->closings, conn);

	if (closing == NULL) {
		if (session != NULL && session->commands > 0)
			session->commands--;
		return false;
	}
	closing->waiting--;
	/*
	 * A new link begins with what was answered on none. Others may still have to fetch what
	 * it said: it leaves behind the roster, in which it is as it was in the last one.
	 */
	if (closing->waiting == 0 && is_opening(link))
		link->closings_ended = true;
	else if (closing->waiting == 0)
		end(link, closing);
	return true;
}

void
hub_link_closing_welcomed(struct hub_link *link)
{
	link->replay_closing = TAILQ_FIRST(&link->closings.list);
}

/* A hub that is told of them no more takes them off by itself. */
void
hub_link_closing_lost(struct hub_link *link)
{
	link->replay_closing = NULL;
	if (link->closings_ended)
		end_answered(link);
}

void
hub_link_closing_tick(struct hub_link *link)
{
	if (link->closings_ended && !is_opening(link))
		end_answered(link);
}

void
hub_link_closing_opened(struct hub_link *link, const struct envelope_opened *opened)
{
	struct closing *closing = closings_find(&link->closings, opened->conn);

	if (closing != NULL)
		closing_opened(closing, opened);
}

void
hub_link_closing_joined(struct hub_link *link, const struct envelope_joined *joined)
{
	struct closing *closing = closings_find(&link->closings, joined->conn);

	if (closing != NULL)
		closing_joined(closing, joined);
}

void
hub_link_closing_kicked(struct hub_link *link, const struct envelope_close *order)
{
	struct closing *closing = closings_find(&link->closings, order->conn);

	if (closing == NULL || closing->client != order->client)
		return;
	closing->lingers = false;
	end(link, closing);
}
