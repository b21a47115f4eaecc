/*
 * The table of clients and what is done to them once per turn: timers, writing (which is
 * sessions_write.c's), closing, freeing. Owns the order of these; knows the transport and the hub
 * only by their tables of effects.
 */
#include "gateway/sessions.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/catch_up.h"
#include "gateway/mounts.h"

#define BACKLOG_CHECK_MS 1000u

/* What a planned end asks clients to wait, at least and at most. */
#define COME_AGAIN_MIN_MS 500u
#define COME_AGAIN_MAX_MS 60000u

static struct session *
session_of_ping(struct ping_entry *entry)
{
	return (struct session *)(void *)((char *)entry - offsetof(struct session, ping));
}

static void
on_ping_due(void *context, struct ping_entry *entry, struct text token)
{
	(void)context;
	session_send(session_of_ping(entry), FRAME_PING, token);
}

static void
on_ping_lost(void *context, struct ping_entry *entry)
{
	(void)context;
	session_close(session_of_ping(entry), CLOSE_DROP, "no answer to a ping");
}

void
sessions_init(struct sessions *sessions, const struct sessions_setup *setup)
{
	const struct config_limits *limits = setup->limits;
	struct ping_effects effects = { on_ping_due, on_ping_lost, sessions };

	*sessions = (struct sessions){
		.transport = setup->transport,
		.uplink = setup->uplink,
		.metrics = setup->metrics,
		.admission = setup->admission,
		.log = setup->log,
		.auth = setup->auth,
		.pool = setup->pool,
		.fanout = setup->fanout,
		.now = setup->now,
	};
	ping_wheel_init(
	    &sessions->pings, limits->ping_seconds, limits->pong_seconds, setup->random, effects);
	receipts_desk_init(&sessions->receipts, limits->pong_seconds, setup->random);
	sessions_set_limits(sessions, limits, setup->store);
	buffer_init(&sessions->payload, 0);
	id_map_init(&sessions->clients);
	TAILQ_INIT(&sessions->waiting);
	TAILQ_INIT(&sessions->open);
	TAILQ_INIT(&sessions->backlog);
	TAILQ_INIT(&sessions->resting);
}

void
sessions_set_limits(
    struct sessions *sessions, const struct config_limits *limits, const struct config_store *store)
{
	sessions->limits = *limits;
	sessions->store = store == NULL ? (struct config_store){ 0 } : *store;
	sessions->message_rule =
	    (struct ratelimit_rule){ limits->messages_per_second, 1000, limits->messages_burst };
	sessions->offence_rule =
	    (struct ratelimit_rule){ limits->errors_per_minute, 60000, limits->errors_per_minute };
	presence_rule_init(&sessions->presence, limits);
	ping_wheel_set(&sessions->pings, limits->ping_seconds, limits->pong_seconds);
	receipts_desk_set(&sessions->receipts, limits->pong_seconds);
}

struct session *
sessions_find(const struct sessions *sessions, uint64_t conn)
{
	return conns_find(&sessions->conns, conn);
}

struct session *
sessions_find_client(const struct sessions *sessions, uint32_t client)
{
	return id_map_get(&sessions->clients, client);
}

static void
forget_client(struct session *session)
{
	struct sessions *sessions = session->sessions;

	/* After a restart of the hub another may have been given the id meanwhile. */
	if (session->client != 0 && sessions_find_client(sessions, session->client) == session)
		id_map_remove(&sessions->clients, session->client);
}

bool
sessions_identify(struct session *session, uint32_t client)
{
	if (session->client != client)
		forget_client(session);
	session->client = client;
	return id_map_put(&session->sessions->clients, client, session);
}

static void
session_free(struct session *session)
{
	outbound_clear(&session->output);
	if (session->reason_mine)
		free((char *)session->close_reason);
	if (session->room_mine)
		free((char *)session->room);
	session_more_free(session);
	session_proof_free(session);
	free(session->name);
	free(session);
}

static bool
keep_proof(struct session *session, const struct client_request *request)
{
	return !session->verified || text_is_empty(request->proof.user) ||
	       session_proof_keep(session, &request->proof);
}

static struct session *
session_allocate(struct sessions *sessions, const struct client_request *request)
{
	const struct dialect *dialect = request->mount->dialect;
	size_t address_at = sizeof(struct session) + session_proof_room(request);
	struct session *session = calloc(1, address_at + request->address.length + 1);
	char *behind = (char *)session + address_at;

	if (session == NULL)
		return NULL;
	session->sessions = sessions;
	session->dialect = dialect;
	session->verified = request->mount->authentication == AUTHENTICATION_PROOF;
	session->dialect_metric = (uint8_t)gateway_metrics_dialect(dialect);
	session->realm = request->mount->realm;
	session->room = request->mount->room;
	session->home.session = session;
	session->opened_ms = sessions->now.mono_ms;
	session->address = text_copy(request->address, &behind).data;
	session->conn = conns_add(&sessions->conns, session);
	if (session->conn == 0 || !keep_proof(session, request)) {
		if (session->conn != 0)
			conns_remove(&sessions->conns, session->conn);
		session_free(session);
		return NULL;
	}
	return session;
}

struct session *
sessions_add(struct sessions *sessions, void *peer, const struct client_request *request)
{
	struct session *session = NULL;

	if (sessions->count < sessions->limits.clients)
		session = session_allocate(sessions, request);
	if (session == NULL) {
		gateway_metrics_refused(sessions->metrics, OUTCOME_FULL);
		return NULL;
	}
	session->peer = peer;
	session->origin = request->place;
	sessions->count++;
	metric_increment(sessions->metrics->dialects[session->dialect_metric].clients);
	ratelimit_init(&session->messages, &sessions->message_rule, sessions->now.mono_ms);
	ratelimit_init(&session->offences, &sessions->offence_rule, sessions->now.mono_ms);
	ping_add(&sessions->pings, &session->ping, sessions->now.mono_ms);
	if (session->dialect->reaches_hub) {
		session->listed = PLACE_WAITING;
		TAILQ_INSERT_TAIL(&sessions->waiting, session, place);
	}
	if (session->dialect->opened != NULL)
		session->dialect->opened(session, request);
	return session;
}

static void
unlist(struct session *session)
{
	struct sessions *sessions = session->sessions;

	if (session->listed == PLACE_WAITING)
		TAILQ_REMOVE(&sessions->waiting, session, place);
	else if (session->listed == PLACE_OPEN)
		TAILQ_REMOVE(&sessions->open, session, place);
	session->listed = PLACE_NONE;
}

void
sessions_opened(struct session *session)
{
	unlist(session);
	session->listed = PLACE_OPEN;
	TAILQ_INSERT_TAIL(&session->sessions->open, session, place);
}

void
sessions_end(struct session *session)
{
	if (session->ending)
		return;
	session->ending = true;
	session->next_ending = session->sessions->ending;
	session->sessions->ending = session;
}

void
sessions_gone(struct session *session)
{
	if (session->gone)
		return;
	session->gone = true;
	if (session->sessions->admission != NULL)
		admission_leave(session->sessions->admission, &session->origin);
	if (session->phase != SESSION_CLOSING)
		metric_increment(session->sessions->metrics->closes[CLOSE_METRIC_CLIENT]);
	outbound_clear(&session->output);
	session->phase = SESSION_CLOSING;
	sessions_end(session);
}

struct slab *
sessions_personal(struct sessions *sessions)
{
	if (sessions->personal != NULL && slab_is_full(sessions->personal))
		slab_finish(&sessions->personal);
	if (sessions->personal == NULL)
		sessions->personal = slab_create(sessions->pool);
	return sessions->personal;
}

/* The hub knows whom it kicked, and that all go in a drain. */
static void
report_close(const struct session *session)
{
	const struct session_uplink *uplink = &session->sessions->uplink;

	if (session->closed_by_us && !session->kicked && session->close_code != CLOSE_RESTART)
		uplink->report(uplink->context, session, REPORT_CLOSED, session->close_code,
		    session->close_reason);
}

/* From here on nobody else counts on this client: not the room, not the hub. */
static void
part(struct session *session)
{
	struct sessions *sessions = session->sessions;

	session->parted = true;
	session_leave_all(session);
	session_tell_receipt(session);
	if (session->more != NULL)
		receipts_remove(&sessions->receipts, &session->more->receipts);
	ping_remove(&sessions->pings, &session->ping);
	report_close(session);
	if (session->listed == PLACE_OPEN)
		sessions->uplink.closed(sessions->uplink.context, session);
	unlist(session);
	forget_client(session);
	outbound_clear(&session->output);
	sessions_recount(session);
	if (session->gone)
		return;
	gateway_metrics_closed(sessions->metrics, (enum close_code)session->close_code);
	sessions->transport.close(
	    session->peer, (enum close_code)session->close_code, text_of(session->close_reason));
}

static void
bury(struct session *session)
{
	struct sessions *sessions = session->sessions;

	if (session->dialect->closed != NULL)
		session->dialect->closed(session);
	conns_remove(&sessions->conns, session->conn);
	sessions->count--;
	if (session->late)
		sessions->late--;
	metric_decrement(sessions->metrics->dialects[session->dialect_metric].clients);
	session_free(session);
}

static void
sweep(struct sessions *sessions)
{
	struct session *session;

	while ((session = sessions->ending) != NULL) {
		sessions->ending = session->next_ending;
		session->ending = false;
		if (!session->parted)
			part(session);
		if (session->gone)
			bury(session);
	}
}

void
sessions_flush(struct sessions *sessions)
{
	sessions_ask_receipts(sessions);
	slab_finish(&sessions->personal);
	sessions_write(sessions);
	sweep(sessions);
	metric_set(sessions->metrics->queue_bytes, (int64_t)sessions->queue_bytes);
	metric_set(sessions->metrics->pinned_bytes, (int64_t)sessions->pool->pinned);
}

static uint64_t
login_deadline_ms(const struct sessions *sessions)
{
	const struct session *oldest = TAILQ_FIRST(&sessions->waiting);

	if (oldest == NULL)
		return UINT64_MAX;
	return oldest->opened_ms + sessions->limits.login_seconds * UINT64_C(1000);
}

static uint64_t
backlog_deadline_ms(const struct sessions *sessions)
{
	return TAILQ_EMPTY(&sessions->backlog) ? UINT64_MAX
					       : sessions->backlog_checked_ms + BACKLOG_CHECK_MS;
}

static void
check_backlog(struct sessions *sessions)
{
	uint64_t patience = sessions->limits.queue_seconds * UINT64_C(1000);
	uint64_t now_ms = sessions->now.mono_ms;
	struct session *session;

	if (now_ms < sessions->backlog_checked_ms + BACKLOG_CHECK_MS)
		return;
	sessions->backlog_checked_ms = now_ms;
	TAILQ_FOREACH (session, &sessions->backlog, backlog) {
		uint64_t oldest = outbound_oldest_ms(&session->output);

		if (oldest != UINT64_MAX && oldest + patience < now_ms) {
			session_close_slow(session, "queue_seconds");
			sessions_touch(session);
		}
	}
}

void
sessions_tick(struct sessions *sessions)
{
	struct session *session;

	while (login_deadline_ms(sessions) <= sessions->now.mono_ms) {
		session = TAILQ_FIRST(&sessions->waiting);
		session_close(session, CLOSE_POLICY, "no login");
		unlist(session);
	}
	ping_batch(&sessions->pings, sessions->now.mono_ms);
	sessions_end_unanswered(sessions);
	sessions_tell_receipts(sessions, sessions->now.mono_ms);
	catch_up_tick(sessions);
	session_proofs_tick(sessions);
	check_backlog(sessions);
}

uint64_t
sessions_deadline_ms(const struct sessions *sessions)
{
	uint64_t due = login_deadline_ms(sessions);
	uint64_t ping = ping_deadline_ms(&sessions->pings);
	uint64_t backlog = backlog_deadline_ms(sessions);
	uint64_t receipts = receipts_deadline_ms(&sessions->receipts);
	uint64_t rest = catch_up_deadline_ms(sessions);
	uint64_t proofs = session_proofs_deadline_ms(sessions);

	if (ping < due)
		due = ping;
	if (rest < due)
		due = rest;
	if (proofs < due)
		due = proofs;
	if (receipts < due)
		due = receipts;
	return backlog < due ? backlog : due;
}

/* Clients come back over a time that grows with their number: a few per millisecond at most. */
static unsigned
come_again_ms(const struct sessions *sessions, unsigned together)
{
	uint64_t spread = COME_AGAIN_MIN_MS + together / 2;

	if (spread > COME_AGAIN_MAX_MS)
		spread = COME_AGAIN_MAX_MS;
	return COME_AGAIN_MIN_MS + (unsigned)random_below(sessions->pings.random, spread);
}

void
sessions_dismiss(
    struct session *session, enum close_code code, const char *reason, unsigned together)
{
	if (session->phase != SESSION_CLOSING && session->dialect->bye != NULL)
		session->dialect->bye(session, code, come_again_ms(session->sessions, together));
	session_close(session, code, reason);
}

void
sessions_close_all(struct sessions *sessions, enum close_code code, const char *reason)
{
	struct session *session;
	uint32_t cursor = 0;

	while ((session = conns_next(&sessions->conns, &cursor)) != NULL)
		sessions_dismiss(session, code, reason, sessions->count);
}

void
sessions_free(struct sessions *sessions)
{
	struct session *session;
	uint32_t cursor = 0;

	while ((session = conns_next(&sessions->conns, &cursor)) != NULL)
		bury(session);
	positions_free(&sessions->positions);
	buffer_free(&sessions->payload);
	slab_release(&sessions->personal);
	id_map_free(&sessions->clients);
	conns_free(&sessions->conns);
}
