/*
 * The life of the link: away, connecting, opening, attached, lost, and again. Owns what is sent
 * to the hub and in which order; knows no socket (the uplink's table of effects) and no roster.
 */

#include <stdlib.h>
#include <string.h>

#include "gateway/hub_link_state.h"

static void
start_connecting(struct hub_link *link, uint64_t now_ms)
{
	link->phase = HUB_CONNECTING;
	/* A socket may accept before a hub lives: only a WELCOME in time counts. */
	link->due_ms = now_ms + HUB_OPENING_MS;
	link->uplink.connect(link->uplink.context);
}

struct hub_link *
hub_link_create(const struct hub_link_setup *setup)
{
	struct hub_link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->uplink = setup->uplink;
	link->random = setup->random;
	link->sessions = setup->sessions;
	link->commands = setup->commands;
	link->metrics = setup->metrics;
	link->measure_us = setup->measure_us;
	link->log = setup->log;
	link->name = text_duplicate(text_of(setup->name));
	link->retry_ms = HUB_RETRY_FIRST_MS;
	buffer_init(&link->output, 0);
	buffer_init(&link->scratch, 0);
	closings_init(&link->closings, link->commands);
	reports_init(&link->reports, setup->now.mono_ms);
	if (link->name == NULL) {
		hub_link_destroy(&link);
		return NULL;
	}
	do {
		link->epoch = random_u64(link->random);
	} while (link->epoch == 0);
	gateway_metrics_life(link->metrics, link->epoch);
	start_connecting(link, setup->now.mono_ms);
	return link;
}

void
hub_link_destroy(struct hub_link **link)
{
	struct hub_link *doomed = *link;

	if (doomed == NULL)
		return;
	*link = NULL;
	buffer_free(&doomed->output);
	buffer_free(&doomed->scratch);
	closings_free(&doomed->closings);
	free(doomed->name);
	free(doomed);
}

void
hub_link_give_up(struct hub_link *link, enum link_loss why)
{
	link->phase = HUB_ENDING;
	link->due_ms = link->sessions->now.mono_ms + HUB_OPENING_MS;
	buffer_clear(&link->output);
	link->uplink.drop(link->uplink.context, why);
}

/* What cannot even be queued leaves the hub with a wrong picture: better a new beginning. */
static void
say(struct hub_link *link, enum envelope_kind kind, const void *body)
{
	if (link->phase != HUB_OPENING && link->phase != HUB_ATTACHED)
		return;
	/* An older hub would take a kind that it does not know for nonsense. */
	if (link->phase == HUB_ATTACHED && envelope_kind_version(kind) > link->version)
		return;
	if (!envelope_encode(&link->output, kind, body))
		hub_link_give_up(link, LINK_NO_MEMORY);
}

void
hub_link_connected(struct hub_link *link, struct now now)
{
	struct envelope_hello hello = {
		.link_version = LINK_VERSION,
		.gateway = text_of(link->name),
		.epoch = link->epoch,
		.software = TEXT("hubbub-gateway " HUBBUB_VERSION),
		.answered = link->commands->first - 1,
		.hub_epoch = link->hub_epoch,
		.gateways_known = link->gateways_known,
	};

	(void)now;
	if (link->phase != HUB_CONNECTING)
		return;
	link->phase = HUB_OPENING;
	say(link, ENVELOPE_HELLO, &hello);
}

bool
hub_link_welcomed(struct hub_link *link, struct now now, const struct envelope_welcome *welcome)
{
	if (link->phase != HUB_OPENING)
		return false;
	link->phase = HUB_ATTACHED;
	link->hub_epoch = welcome->hub_epoch;
	link->commands_max = welcome->commands_max;
	link->version = welcome->link_version;
	link->retry_ms = HUB_RETRY_FIRST_MS;
	link->attachment++;
	hub_link_commands_welcomed(link, now, welcome->committed);
	link->synced = false;
	link->replaying = true;
	link->replay = TAILQ_FIRST(&link->sessions->open);
	hub_link_closing_welcomed(link);
	link->probed = false;
	link->due_ms = now.mono_ms;
	metric_set(link->metrics->hub_link_up, 1);
	log_info(link->log, "attached to the hub", log_text("hub", welcome->software));
	return true;
}

void
hub_link_lost(struct hub_link *link, struct now now, enum link_loss why)
{
	unsigned most = HUB_RETRY_MAX_MS;
	uint64_t wait;

	if (link->phase == HUB_STOPPED || link->phase == HUB_AWAY)
		return;
	/* Once per loss, not for every further attempt. */
	if (link->retry_ms == HUB_RETRY_FIRST_MS) {
		link->lost_ms = now.mono_ms;
		log_warn(link->log, "the hub is away", log_string("reason", link_loss_word(why)));
	}
	/* An attempt that found nobody has lost nothing. */
	if (link->phase != HUB_CONNECTING && why > LINK_ALIVE && why < LINK_LOSS_COUNT)
		metric_increment(link->metrics->hub_link_lost[why]);
	metric_set(link->metrics->hub_link_up, 0);
	buffer_clear(&link->output);
	/* Half to one and a half times: a hundred gateways do not knock together. */
	wait = link->retry_ms / 2 + random_below(link->random, link->retry_ms + 1);
	if (now.mono_ms - link->lost_ms < HUB_SOON_MS)
		most = HUB_RETRY_SOON_MS;
	link->retry_ms = link->retry_ms * 2 > most ? most : link->retry_ms * 2;
	link->phase = HUB_AWAY;
	link->probed = false;
	link->replaying = false;
	link->replay = NULL;
	hub_link_closing_lost(link);
	link->due_ms = now.mono_ms + wait;
}

void
hub_link_synced(struct hub_link *link, uint32_t gateways)
{
	link->gateways_known = gateways;
	link->synced = true;
}

void
hub_link_say(struct hub_link *link, enum envelope_kind kind, const void *body)
{
	say(link, kind, body);
}

static void
announce_room(
    struct hub_link *link, const struct session *session, struct text room, uint64_t ordinal)
{
	struct envelope_join join = { .conn = session->conn, .room = room, .ordinal = ordinal };

	say(link, ENVELOPE_JOIN, &join);
}

/*
 * One that is being left is not entered again only to leave it. One that is to be entered again is
 * entered anew: its old place is given up.
 */
static void
announce_rooms(struct hub_link *link, struct session *session)
{
	struct session_room *room;

	if (session->more == NULL)
		return;
	TAILQ_FOREACH (room, &session->more->rooms, place) {
		room->unsaid = room->leaving;
		if (room->leaving)
			room->membership.ordinal = 0;
		if (!room->leaving || room->asked)
			announce_room(link, session, (struct text){ room->name, room->name_length },
			    room->membership.ordinal);
	}
}

void
hub_link_announce(struct hub_link *link, struct session *session)
{
	struct envelope_open open = {
		.conn = session->conn,
		.client = session->client,
		.dialect = text_of(session->dialect->name),
		.realm = text_of(session->realm),
		.name = session_name(session),
		.address = text_of(session->address),
		.since_ms = (uint64_t)session->since_ms,
		.user = session_user(session),
		.resume = session_resume(session),
		.flags = session->open_flags,
	};

	session->announced = link->attachment;
	say(link, ENVELOPE_OPEN, &open);
	if (session->dialect->many_rooms)
		announce_rooms(link, session);
	else if (!session->homeless && !text_is_empty(session_room(session)))
		announce_room(link, session, session_room(session), session->home.ordinal);
}

bool
hub_link_is_announced(const struct hub_link *link, const struct session *session)
{
	return link->phase == HUB_ATTACHED && session->announced == link->attachment;
}

/*
 * Those that are gone come first: whoever has come again since goes on in their places. New
 * sessions join the end of the list that is walked, so everybody is said in the order of
 * opening; one that speaks before its turn was announced then.
 */
static void
replay_chunk(struct hub_link *link)
{
	struct envelope_roster_end end = { 0 };
	size_t stop = link->output.length + HUB_REPLAY_CHUNK;

	if (!hub_link_closing_replay(link, stop))
		return;
	while (link->replay != NULL && link->output.length < stop) {
		struct session *session = link->replay;

		link->replay = TAILQ_NEXT(session, place);
		if (!hub_link_is_announced(link, session) && session->phase != SESSION_CLOSING)
			hub_link_announce(link, session);
		if (link->phase != HUB_ATTACHED)
			return;
	}
	if (link->replay != NULL)
		return;
	link->replaying = false;
	say(link, ENVELOPE_ROSTER_END, &end);
}

/* While the hub is slow its reading wakes us, no clock does. */
static bool
can_replay(const struct hub_link *link)
{
	return link->phase == HUB_ATTACHED && link->replaying &&
	       link->uplink.queued(link->uplink.context) < HUB_REPLAY_QUEUE;
}

static void
on_open(void *context, struct session *session)
{
	struct hub_link *link = context;

	if (link->phase != HUB_ATTACHED)
		return;
	if (!link->replaying)
		hub_link_announce(link, session);
	else if (link->replay == NULL)
		link->replay = session;
}

static bool
on_say(void *context, struct session *session, enum envelope_kind kind, const void *body)
{
	struct hub_link *link = context;

	if (link->phase != HUB_ATTACHED)
		return false;
	/* Its first word on this link says all that it is, also what is to be said now. */
	if (!hub_link_is_announced(link, session)) {
		hub_link_announce(link, session);
		if (kind == ENVELOPE_JOIN || kind == ENVELOPE_LEAVE)
			return true;
	}
	say(link, kind, body);
	return link->phase == HUB_ATTACHED;
}

static bool
on_is_up(void *context)
{
	return ((struct hub_link *)context)->phase == HUB_ATTACHED;
}

static void
on_closed(void *context, struct session *session)
{
	struct hub_link *link = context;
	struct envelope_closed closed = {
		.conn = session->conn,
		.linger = session_lingers(session) ? CLOSED_LOST : CLOSED_GONE,
	};

	if (hub_link_closing_begin(link, session))
		closed.linger = CLOSED_UNANSWERED;
	if (link->replay == session)
		link->replay = TAILQ_NEXT(session, place);
	if (hub_link_is_announced(link, session))
		say(link, ENVELOPE_CLOSED, &closed);
}

struct session_uplink
hub_link_session_uplink(struct hub_link *link)
{
	return (struct session_uplink){
		.open = on_open,
		.command = hub_link_command,
		.say = on_say,
		.is_up = on_is_up,
		.closed = on_closed,
		.report = hub_link_report_session,
		.unproved = hub_link_report_unproved,
		.context = link,
	};
}

static void
probe(struct hub_link *link, uint64_t now_ms)
{
	/* The token is the time it was sent: what comes back tells how fresh it is. */
	struct envelope_probe body = { .token = now_ms };

	link->due_ms = now_ms + HUB_PROBE_MS;
	say(link, ENVELOPE_PROBE, &body);
	if (link->measure_us == NULL)
		return;
	link->probe_token = now_ms;
	link->probe_us = link->measure_us();
}

void
hub_link_probed(struct hub_link *link, struct now now, uint64_t token)
{
	if (token > now.mono_ms || (link->probed && token < link->probed_ms))
		return;
	link->probed = true;
	link->probed_ms = token;
	if (token != link->probe_token || token == 0)
		return;
	link->probe_token = 0;
	metric_observe(link->metrics->hub_round_trip, link->measure_us() - link->probe_us);
}

static void
look_after_readiness(struct hub_link *link, struct now now)
{
	bool ready = link->phase == HUB_STOPPED || hub_link_ready(link, now, NULL);

	if (!ready && !link->unready)
		link->unready_ms = now.mono_ms;
	link->unready = !ready;
	link->degraded = !ready && now.mono_ms - link->unready_ms >= HUB_DEGRADED_MS;
}

void
hub_link_tick(struct hub_link *link, struct now now)
{
	look_after_readiness(link, now);
	if (can_replay(link))
		replay_chunk(link);
	hub_link_commands_tick(link, now);
	hub_link_closing_tick(link);
	if (now.mono_ms < link->due_ms)
		return;
	switch (link->phase) {
	case HUB_AWAY:
		start_connecting(link, now.mono_ms);
		break;
	case HUB_CONNECTING:
	case HUB_OPENING:
		hub_link_give_up(link, LINK_SILENT);
		break;
	case HUB_ATTACHED:
		probe(link, now.mono_ms);
		break;
	case HUB_ENDING:
		/* An attempt that never got as far as a socket has no end to report. */
		hub_link_lost(link, now, LINK_SILENT);
		break;
	case HUB_STOPPED:
		break;
	}
}

void
hub_link_flush(struct hub_link *link)
{
	if (link->output.length == 0)
		return;
	link->uplink.send(link->uplink.context, link->output.data, link->output.length);
	buffer_clear(&link->output);
	/* One long turn should not cost its memory for ever. */
	if (link->output.capacity > 16 * HUB_REPLAY_CHUNK)
		buffer_free(&link->output);
}

void
hub_link_stop(struct hub_link *link, const char *reason)
{
	struct envelope_goodbye goodbye = { .reason = text_of(reason) };

	if (link->phase == HUB_ATTACHED)
		say(link, ENVELOPE_GOODBYE, &goodbye);
	hub_link_flush(link);
	link->phase = HUB_STOPPED;
}

uint64_t
hub_link_deadline_ms(const struct hub_link *link)
{
	uint64_t due = hub_link_expiry_ms(link);

	if (link->phase == HUB_STOPPED)
		return UINT64_MAX;
	if (link->unready && !link->degraded && link->unready_ms + HUB_DEGRADED_MS < due)
		due = link->unready_ms + HUB_DEGRADED_MS;
	if (can_replay(link) || hub_link_can_send_held(link))
		return 0;
	return due < link->due_ms ? due : link->due_ms;
}

bool
hub_link_is_attached(const struct hub_link *link)
{
	return link->phase == HUB_ATTACHED;
}

bool
hub_link_degraded(const struct hub_link *link)
{
	return link->degraded;
}

bool
hub_link_ready(const struct hub_link *link, struct now now, const char **reason_out)
{
	const char *reason = NULL;

	if (link->phase == HUB_STOPPED)
		reason = "stopping";
	else if (link->phase != HUB_ATTACHED)
		reason = "the hub is away";
	else if (!link->probed)
		reason = "the hub has not answered yet";
	else if (now.mono_ms - link->probed_ms > HUB_READY_MS)
		reason = "the hub does not answer";
	if (reason_out != NULL)
		*reason_out = reason;
	return reason == NULL;
}
