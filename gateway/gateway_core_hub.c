/*
 * What the hub says, one handler per kind of envelope, in a table. Decides nothing: each hands on
 * to the part that it concerns.
 */
#include "gateway/catch_up.h"
#include "gateway/delivery.h"
#include "gateway/gateway_core_state.h"

static enum link_loss
on_welcome(struct gateway_core *core, const struct envelope *envelope)
{
	if (!hub_link_welcomed(core->hub, core->sessions.now, &envelope->welcome))
		return LINK_OUT_OF_ORDER;
	roster_begin(core->roster);
	/* Another hub, or another link of it, is to know as well. */
	gateway_core_say_draining(core);
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
	else
		notices_was_there(&core->notices, entered);
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
		session_opened(session, opened);
	hub_link_closing_opened(core->hub, opened);
	return LINK_ALIVE;
}

static enum link_loss
on_joined(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_joined *joined = &envelope->joined;
	struct session *session = sessions_find(&core->sessions, joined->conn);

	if (session != NULL)
		session_joined(session, joined);
	hub_link_closing_joined(core->hub, joined);
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

	hub_link_closing_kicked(core->hub, order);
	if (session == NULL || session->client != order->client)
		return LINK_ALIVE;
	session->kicked = true;
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
	const struct envelope_deliver *deliver = &envelope->deliver;
	struct room_position *room = positions_find(&core->sessions.positions, deliver->room);

	if (room == NULL || !catch_up_channel_takes(&core->sessions, room, deliver))
		return LINK_ALIVE;
	return delivery_say(&core->sessions, deliver) ? LINK_ALIVE : LINK_NO_MEMORY;
}

static enum link_loss
on_whisper(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->whisper.conn);

	if (session != NULL)
		session_whispered(session, &envelope->whisper);
	return LINK_ALIVE;
}

static enum link_loss
on_left(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->left.conn);

	if (session != NULL)
		session_left(session, &envelope->left);
	return LINK_ALIVE;
}

static enum link_loss
on_item(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->item.conn);

	if (session == NULL || catch_up_item(session, &envelope->item))
		return LINK_ALIVE;
	return LINK_NO_MEMORY;
}

static enum link_loss
on_fetched(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->fetched.conn);

	if (session != NULL)
		catch_up_fetched(session, &envelope->fetched);
	return LINK_ALIVE;
}

static enum link_loss
on_listed(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->listed.conn);

	if (session != NULL)
		session_listed(session, &envelope->listed);
	return LINK_ALIVE;
}

static enum link_loss
on_list_end(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->list_end.conn);

	if (session != NULL)
		session_list_ended(session, &envelope->list_end);
	return LINK_ALIVE;
}

static enum link_loss
on_typed(struct gateway_core *core, const struct envelope *envelope)
{
	const struct envelope_typed *typed = &envelope->typed;
	struct session *session;

	if (!text_is_empty(typed->room)) {
		delivery_typed(&core->sessions, typed);
		return LINK_ALIVE;
	}
	session = sessions_find(&core->sessions, typed->conn);
	if (session != NULL && session->phase == SESSION_ONLINE && !session->backlogged &&
	    session->dialect->typed != NULL)
		session->dialect->typed(session, typed);
	return LINK_ALIVE;
}

static enum link_loss
on_inspect(struct gateway_core *core, const struct envelope *envelope)
{
	struct session *session = sessions_find(&core->sessions, envelope->inspect.conn);
	struct envelope_inspected inspected = {
		.token = envelope->inspect.token,
		.conn = envelope->inspect.conn,
		.queue_bytes = session == NULL ? 0 : session->output.bytes,
		.found = session != NULL,
	};

	hub_link_say(core->hub, ENVELOPE_INSPECTED, &inspected);
	return LINK_ALIVE;
}

static enum link_loss
on_drain(struct gateway_core *core, const struct envelope *envelope)
{
	uint32_t over_ms = envelope->drain.over_ms;

	gateway_core_drain(
	    core, core->sessions.now, over_ms == DRAIN_AS_CONFIGURED ? core->drain_ms : over_ms);
	return LINK_ALIVE;
}

/* The numbers of levels on the link begin with 1. */
static enum link_loss
on_log_level(struct gateway_core *core, const struct envelope *envelope)
{
	uint32_t wanted = envelope->log_level.level;
	struct envelope_log_level level = { .token = envelope->log_level.token };

	if (wanted > 0 && wanted <= LOG_LEVEL_DEBUG + 1u) {
		log_set_level(core->log, (enum log_level)(wanted - 1));
		log_always(core->log, "the log has another level",
		    log_string("level", log_level_name((enum log_level)(wanted - 1))));
	}
	level.level = log_level_of(core->log) + 1u;
	hub_link_say(core->hub, ENVELOPE_LOG_LEVEL, &level);
	return LINK_ALIVE;
}

/* All dialects together. */
static void
sum_up(const struct gateway_metrics *metrics, struct envelope_load *load)
{
	for (unsigned i = 0; i <= METRICS_DIALECTS_MAX; i++) {
		const struct dialect_metrics *one = &metrics->dialects[i];

		load->received += (uint64_t)metric_value(one->messages_in);
		for (unsigned kind = 0; kind < DELIVERY_METRIC_COUNT; kind++)
			load->delivered += (uint64_t)metric_value(one->deliveries[kind]);
	}
}

static enum link_loss
on_load(struct gateway_core *core, const struct envelope *envelope)
{
	const struct sessions *sessions = &core->sessions;
	struct envelope_load load = {
		.token = envelope->load.token,
		.queue_bytes = sessions->queue_bytes,
		.clients = sessions->count,
	};
	const struct session *session;

	sum_up(&core->metrics, &load);
	TAILQ_FOREACH (session, &sessions->backlog, backlog)
		load.behind++;
	hub_link_say(core->hub, ENVELOPE_LOAD, &load);
	return LINK_ALIVE;
}

void
gateway_core_finish(
    struct gateway_core *core, struct command *command, const struct envelope_outcome *outcome)
{
	struct session *session = sessions_find(&core->sessions, command->conn);
	bool was_closing = hub_link_concluded(core->hub, session, command->conn);
	struct envelope sent;

	if (was_closing && outcome->code != OUTCOME_OK)
		gateway_metrics_refused(&core->metrics, outcome->code);
	else if (session != NULL &&
		 envelope_decode(core->decoder, command->frame + ENVELOPE_HEADER_SIZE,
		     command->length - ENVELOPE_HEADER_SIZE, &sent))
		session_outcome(session, &sent, outcome);
	command_free(command);
}

static enum link_loss
on_outcome(struct gateway_core *core, const struct envelope *envelope)
{
	struct command command;

	if (commands_take(&core->commands, envelope->outcome.number, &command))
		gateway_core_finish(core, &command, &envelope->outcome);
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
	[ENVELOPE_INSPECT] = on_inspect,
	[ENVELOPE_DRAIN] = on_drain,
	[ENVELOPE_LOG_LEVEL] = on_log_level,
	[ENVELOPE_LOAD] = on_load,
	[ENVELOPE_TYPED] = on_typed,
	[ENVELOPE_LIST_END] = on_list_end,
	[ENVELOPE_LISTED] = on_listed,
	[ENVELOPE_FETCHED] = on_fetched,
	[ENVELOPE_ITEM] = on_item,
	[ENVELOPE_LEFT] = on_left,
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
