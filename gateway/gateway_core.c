/*
 * Puts the parts together: takes what happens to clients, and ends turns. What the hub says is
 * gateway_core_hub.c's. Effects leave only through the transport and the uplink.
 */
#include <stdlib.h>

#include "gateway/gateway_core_state.h"
#include "gateway/reports.h"

struct gateway_core *
gateway_core_create(const struct gateway_core_setup *setup)
{
	struct gateway_core *core = calloc(1, sizeof(*core));
	struct sessions_setup sessions;
	struct hub_link_setup hub;

	if (core == NULL)
		return NULL;
	core->log = setup->log;
	gateway_metrics_init(&core->metrics, setup->metrics);
	slab_pool_init(&core->slabs);
	fanout_init(&core->fanout, &core->slabs, &core->metrics);
	commands_init(&core->commands);
	buffer_init(&core->payload, 0);
	buffer_init(&core->departures.waiting, 0);
	core->drain_ms = setup->drain_ms;
	sessions = (struct sessions_setup){
		.limits = &setup->limits,
		.store = &setup->store,
		.transport = setup->transport,
		.random = setup->random,
		.metrics = &core->metrics,
		.admission = setup->admission,
		.log = core->log,
		.auth = setup->auth,
		.pool = &core->slabs,
		.fanout = &core->fanout,
		.now = setup->now,
	};
	sessions_init(&core->sessions, &sessions);
	core->roster = roster_create(setup->limits.list_members);
	notices_init(&core->notices, &core->sessions, &core->fanout, core->roster);
	core->decoder = envelope_decoder_create();
	if (core->roster == NULL || core->decoder == NULL) {
		gateway_core_destroy(&core);
		return NULL;
	}
	hub = (struct hub_link_setup){
		.name = setup->name,
		.uplink = setup->uplink,
		.random = setup->random,
		.sessions = &core->sessions,
		.commands = &core->commands,
		.metrics = &core->metrics,
		.measure_us = setup->measure_us,
		.log = core->log,
		.now = setup->now,
	};
	core->hub = hub_link_create(&hub);
	if (core->hub == NULL) {
		gateway_core_destroy(&core);
		return NULL;
	}
	core->sessions.uplink = hub_link_session_uplink(core->hub);
	return core;
}

void
gateway_core_destroy(struct gateway_core **core)
{
	struct gateway_core *doomed = *core;

	if (doomed == NULL)
		return;
	*core = NULL;
	fanout_close(&doomed->fanout);
	sessions_free(&doomed->sessions);
	notices_free(&doomed->notices);
	hub_link_destroy(&doomed->hub);
	roster_destroy(&doomed->roster);
	commands_free(&doomed->commands);
	envelope_decoder_destroy(&doomed->decoder);
	buffer_free(&doomed->payload);
	buffer_free(&doomed->departures.waiting);
	slab_pool_close(&doomed->slabs);
	free(doomed);
}

struct session *
gateway_core_client_opened(
    struct gateway_core *core, struct now now, void *peer, const struct client_request *request)
{
	struct session *session;

	core->sessions.now = now;
	session = sessions_add(&core->sessions, peer, request);
	if (session != NULL)
		gateway_core_drain_came(core, session);
	return session;
}

void
gateway_core_client_received(struct gateway_core *core, struct session *session, struct now now,
    enum frame_opcode opcode, struct text message)
{
	core->sessions.now = now;
	session_received(session, opcode, message);
}

void
gateway_core_client_pong(
    struct gateway_core *core, struct session *session, struct now now, struct text payload)
{
	core->sessions.now = now;
	session_ponged(session, payload);
}

void
gateway_core_client_writable(struct gateway_core *core, struct session *session, struct now now)
{
	core->sessions.now = now;
	sessions_writable(session);
}

void
gateway_core_client_broke(struct gateway_core *core, struct session *session, struct now now,
    enum close_code code, const char *reason)
{
	core->sessions.now = now;
	hub_link_report_session(core->hub, session, REPORT_CLOSED, (uint32_t)code, reason);
}

void
gateway_core_turned_away(struct gateway_core *core, struct now now, const struct turned_away *away)
{
	char user[REPORTS_TEXT_MAX];
	const struct envelope_report report = {
		.event = REPORT_REFUSED,
		.code = away->status,
		.address = away->address,
		.path = away->path,
		.user = reports_user(away->realm, away->user, user),
		.reason = text_of(away->reason == NULL ? "" : away->reason),
	};

	core->sessions.now = now;
	hub_link_report(core->hub, &report);
}

void
gateway_core_client_closed(struct gateway_core *core, struct session *session, struct now now)
{
	core->sessions.now = now;
	sessions_gone(session);
}

void
gateway_core_hub_connected(struct gateway_core *core, struct now now)
{
	core->sessions.now = now;
	hub_link_connected(core->hub, now);
}

void
gateway_core_hub_lost(struct gateway_core *core, struct now now, enum link_loss why)
{
	struct session *session;

	core->sessions.now = now;
	hub_link_lost(core->hub, now, why);
	TAILQ_FOREACH (session, &core->sessions.open, place)
		session_link_lost(session);
	roster_abandon(core->roster);
}

/* Their senders waited long enough for a hub. */
static void
end_expired(struct gateway_core *core, struct now now)
{
	struct envelope_outcome outcome = {
		.code = OUTCOME_UNAVAILABLE,
		.room = TEXT(""),
		.time = (uint64_t)now.wall_ms,
		.user = TEXT(""),
	};
	struct command command;

	while (hub_link_expired(core->hub, now, &command)) {
		outcome.number = command.number;
		gateway_core_finish(core, &command, &outcome);
	}
}

void
gateway_core_turn(struct gateway_core *core, struct now now)
{
	core->sessions.now = now;
	sessions_tick(&core->sessions);
	end_expired(core, now);
	hub_link_tick(core->hub, now);
	sessions_hub_away(&core->sessions, hub_link_degraded(core->hub));
	notices_tick(&core->notices);
	fanout_flush(&core->fanout);
	sessions_flush(&core->sessions);
	gateway_core_drain_step(core);
	hub_link_flush(core->hub);
}

uint64_t
gateway_core_next_deadline(const struct gateway_core *core, struct now now)
{
	uint64_t due = sessions_deadline_ms(&core->sessions);
	uint64_t hub = hub_link_deadline_ms(core->hub);
	uint64_t list = notices_deadline_ms(&core->notices);
	uint64_t drain = gateway_core_drain_deadline_ms(core);

	if (hub < due)
		due = hub;
	if (list < due)
		due = list;
	if (drain < due)
		due = drain;
	if (due == UINT64_MAX)
		return UINT64_MAX;
	return due > now.mono_ms ? due - now.mono_ms : 0;
}

void
gateway_core_set(
    struct gateway_core *core, struct now now, const struct gateway_core_settings *settings)
{
	core->sessions.now = now;
	sessions_set_limits(&core->sessions, settings->limits, settings->store);
	roster_set_shown(core->roster, settings->limits->list_members);
	core->drain_ms = settings->drain_ms;
}

bool
gateway_core_ready(const struct gateway_core *core, struct now now, const char **reason_out)
{
	return hub_link_ready(core->hub, now, reason_out);
}

void
gateway_core_stop(struct gateway_core *core, struct now now)
{
	core->sessions.now = now;
	sessions_tell_receipts(&core->sessions, UINT64_MAX);
	/*
	 * The goodbye tells the hub of all clients at once: their CLOSED are not said any more.
	 */
	hub_link_stop(core->hub, "stop");
	sessions_close_all(&core->sessions, CLOSE_RESTART, "restart");
	gateway_core_turn(core, now);
}

unsigned
gateway_core_clients(const struct gateway_core *core)
{
	return core->sessions.count;
}
