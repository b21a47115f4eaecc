/*
 * Puts the parts together: takes what happens to clients and what the hub says, and ends turns.
 * Each envelope has one handler in a table. Effects leave only through the transport and the
 * uplink.
 */
#include "gateway/gateway_core.h"

#include <stdlib.h>

#include "gateway/commands.h"
#include "gateway/fanout.h"
#include "gateway/hub_link.h"
#include "gateway/notices.h"
#include "gateway/roster.h"
#include "gateway/sessions.h"

struct gateway_core {
	struct log *log;
	struct gateway_metrics metrics;
	struct slab_pool slabs;
	struct fanout fanout;
	struct sessions sessions;
	struct roster *roster;
	struct notices notices;
	struct commands commands;
	struct hub_link *hub;
	struct envelope_decoder *decoder; /* of commands that got their outcome */
	struct buffer payload;
	bool first_roster; /* being told: nobody here has seen another */
};

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
	sessions = (struct sessions_setup){
		.limits = &setup->limits,
		.transport = setup->transport,
		.random = setup->random,
		.metrics = &core->metrics,
		.log = core->log,
		.pool = &core->slabs,
		.fanout = &core->fanout,
		.now = setup->now,
	};
	sessions_init(&core->sessions, &sessions);
	core->roster = roster_create();
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
	slab_pool_close(&doomed->slabs);
	free(doomed);
}

struct session *
gateway_core_client_opened(
    struct gateway_core *core, struct now now, void *peer, const struct client_request *request)
{
	core->sessions.now = now;
	return sessions_add(&core->sessions, peer, request);
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

static enum link_loss
on_welcome(struct gateway_core *core, const struct envelope *envelope)
{
	if (!hub_link_welcomed(core->hub, core->sessions.now, &envelope->welcome))
		return LINK_OUT_OF_ORDER;
	roster_begin(core->roster);
	return LINK_ALIVE;
}

static void
watch_changed(void *context, struct text name, struct roster_room *room)
{
	struct gateway_core *core = context;

	notices_changed(&core->notices, name, room);
}

static void
watch_exited(void *context, const struct envelope_exited *exited, struct text name)
{
	struct gateway_core *core = context;

	notices_exited_too(&core->notices, exited, name);
}

/* With the first roster all the others were there before: only clients of our own are news. */
static void
watch_entered(void *context, const struct envelope_entered *entered)
{
	struct gateway_core *core = context;

	if (!core->first_roster || sessions_find_client(&core->sessions, entered->client) != NULL)
		notices_entered_too(&core->notices, entered);
}

static enum link_loss
on_roster_end(struct gateway_core *core, const struct envelope *envelope)
{
	struct roster_watcher watcher = { watch_changed, watch_exited, watch_entered, core };

	core->first_roster = !roster_is_known(core->roster);
	roster_commit(core->roster, (uint64_t)core->sessions.now.wall_ms, &watcher);
	hub_link_synced(core->hub, envelope->roster_end.gateways);
	return LINK_ALIVE;
}

static enum link_loss
on_nothing(struct gateway_core *core, const struct envelope *envelope)
{
	(void)core;
	(void)envelope;
	return LINK_ALIVE;
}

static enum link_loss
on_goodbye(struct gateway_core *core, const struct envelope *envelope)
{
	(void)core;
	(void)envelope;
	return LINK_SAID_GOODBYE;
}

static enum link_loss
on_probed(struct gateway_core *core, const struct envelope *envelope)
{
	hub_link_probed(core->hub, core->sessions.now, envelope->probed.token);
	return LINK_ALIVE;
}

/* Clients go while envelopes for them are on their way: one for nobody is no error. */
static enum link_loss
on_opened(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_opened *opened = &envelope->opened;
	struct session *session = sessions_find(&core->sessions, opened->conn);

	if (opened->client == 0)
		return LINK_BAD_CONTENT;
	if (session != NULL)
		session_opened(session, opened->client, opened->name);
	return LINK_ALIVE;
}

static enum link_loss
on_joined(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_joined *joined = &envelope->joined;
	struct session *session = sessions_find(&core->sessions, joined->conn);

	if (session != NULL)
		session_joined(session, joined->room, joined->ordinal);
	return LINK_ALIVE;
}

static enum link_loss
on_refused(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_refused *refused = &envelope->refused;
	struct session *session = sessions_find(&core->sessions, refused->conn);

	if (session != NULL)
		session_refused(session, refused->room, refused->code);
	return LINK_ALIVE;
}

static enum link_loss
on_close(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_close *order = &envelope->close;
	struct session *session = sessions_find(&core->sessions, order->conn);
	enum close_code code = CLOSE_POLICY;

	if (session == NULL || session->client != order->client)
		return LINK_ALIVE;
	if (order->code >= CLOSE_NORMAL && order->code <= 4999)
		code = (enum close_code)order->code;
	session_close_text(session, code, order->reason);
	return LINK_ALIVE;
}

static enum link_loss
on_entered(struct gateway_core *core, const struct envelope *envelope)
{
	if (envelope->entered.client == 0)
		return LINK_BAD_CONTENT;
	switch (roster_enter(core->roster, &envelope->entered)) {
	case ROSTER_CHANGED:
		notices_entered(&core->notices, &envelope->entered);
		break;
	case ROSTER_SAME:
		break;
	case ROSTER_FAILED:
		return LINK_NO_MEMORY;
	}
	return LINK_ALIVE;
}

static enum link_loss
on_exited(struct gateway_core *core, const struct envelope *envelope)
{
	struct buffer *name = &core->payload;

	buffer_clear(name);
	if (roster_exit(core->roster, &envelope->exited, name) == ROSTER_CHANGED)
		notices_exited(&core->notices, &envelope->exited, buffer_text(name));
	return LINK_ALIVE;
}

static enum link_loss
on_deliver(struct gateway_core *core, const struct envelope *envelope)
{
	struct fanout_room *room = fanout_find(&core->fanout, envelope->deliver.room);
	struct buffer *payload = &core->payload;
	struct channel *channel;

	if (room == NULL)
		return LINK_ALIVE;
	for (channel = fanout_channels(room); channel != NULL; channel = channel->next) {
		if (channel->count == 0 || channel->dialect->render_deliver == NULL)
			continue;
		buffer_clear(payload);
		channel->dialect->render_deliver(payload, &envelope->deliver);
		/* A gap that nobody sees is worse than a new beginning. */
		if (payload->failed || !fanout_say(channel, buffer_text(payload)))
			return LINK_NO_MEMORY;
	}
	return LINK_ALIVE;
}

static enum link_loss
on_whisper(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_whisper *whisper = &envelope->whisper;
	struct session *session = sessions_find(&core->sessions, whisper->conn);

	if (session == NULL || session->phase != SESSION_ONLINE || session->client != whisper->to ||
	    session->dialect->whisper == NULL)
		return LINK_ALIVE;
	metric_increment(core->metrics.deliveries);
	session->dialect->whisper(session, whisper);
	return LINK_ALIVE;
}

/* Hands out the end of a command to its sender, if that is still there. */
static void
finish_command(
    struct gateway_core *core, struct command *command, const struct envelope_outcome *outcome)
{
	struct session *session = sessions_find(&core->sessions, command->conn);
	struct envelope sent;

	if (session != NULL && envelope_decode(core->decoder, command->frame + ENVELOPE_HEADER_SIZE,
				   command->length - ENVELOPE_HEADER_SIZE, &sent))
		session_outcome(session, &sent, outcome);
	command_free(command);
}

static enum link_loss
on_outcome(struct gateway_core *core, const struct envelope *envelope)
{
	struct command command;

	if (commands_take(&core->commands, envelope->outcome.number, &command))
		finish_command(core, &command, &envelope->outcome);
	return LINK_ALIVE;
}

static enum link_loss
on_notice(struct gateway_core *core, const struct envelope *envelope)
{
	notices_say(&core->notices, &envelope->notice);
	return LINK_ALIVE;
}

typedef enum link_loss hub_handler(struct gateway_core *core, const struct envelope *envelope);

static hub_handler *const hub_handlers[ENVELOPE_KIND_LIMIT] = {
	[ENVELOPE_WELCOME] = on_welcome,
	[ENVELOPE_ROSTER_END] = on_roster_end,
	[ENVELOPE_HEARTBEAT] = on_nothing,
	[ENVELOPE_GOODBYE] = on_goodbye,
	[ENVELOPE_PROBED] = on_probed,
	[ENVELOPE_OPENED] = on_opened,
	[ENVELOPE_JOINED] = on_joined,
	[ENVELOPE_REFUSED] = on_refused,
	[ENVELOPE_CLOSE] = on_close,
	[ENVELOPE_ENTERED] = on_entered,
	[ENVELOPE_EXITED] = on_exited,
	[ENVELOPE_DELIVER] = on_deliver,
	[ENVELOPE_WHISPER] = on_whisper,
	[ENVELOPE_OUTCOME] = on_outcome,
	[ENVELOPE_NOTICE] = on_notice,
};

enum link_loss
gateway_core_hub_envelope(
    struct gateway_core *core, struct now now, const struct envelope *envelope)
{
	unsigned kind = (unsigned)envelope->kind;

	core->sessions.now = now;
	if (kind >= ENVELOPE_KIND_LIMIT || hub_handlers[kind] == NULL)
		return LINK_WRONG_SENDER;
	if (!hub_link_is_attached(core->hub) && envelope->kind != ENVELOPE_WELCOME)
		return LINK_OUT_OF_ORDER;
	return hub_handlers[kind](core, envelope);
}

void
gateway_core_hub_lost(struct gateway_core *core, struct now now, enum link_loss why)
{
	struct envelope_outcome outcome = {
		.code = OUTCOME_UNAVAILABLE,
		.room = TEXT(""),
		.time = (uint64_t)now.wall_ms,
	};
	const struct command *oldest;
	struct command command;

	core->sessions.now = now;
	hub_link_lost(core->hub, now, why);
	roster_abandon(core->roster);
	while ((oldest = commands_oldest(&core->commands)) != NULL) {
		outcome.number = oldest->number;
		commands_take(&core->commands, oldest->number, &command);
		finish_command(core, &command, &outcome);
	}
}

void
gateway_core_turn(struct gateway_core *core, struct now now)
{
	core->sessions.now = now;
	sessions_tick(&core->sessions);
	hub_link_tick(core->hub, now);
	notices_tick(&core->notices);
	fanout_flush(&core->fanout);
	sessions_flush(&core->sessions);
	hub_link_flush(core->hub);
}

uint64_t
gateway_core_next_deadline(const struct gateway_core *core, struct now now)
{
	uint64_t due = sessions_deadline_ms(&core->sessions);
	uint64_t hub = hub_link_deadline_ms(core->hub);
	uint64_t list = notices_deadline_ms(&core->notices);

	if (hub < due)
		due = hub;
	if (list < due)
		due = list;
	if (due == UINT64_MAX)
		return UINT64_MAX;
	return due > now.mono_ms ? due - now.mono_ms : 0;
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
