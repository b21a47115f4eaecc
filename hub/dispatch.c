/*
 * The table of handlers. Whether a gateway may send a kind at all, and HELLO first, is checked
 * before the table; the link has checked it too, but the core is also driven without one.
 */
#include "hub/dispatch.h"

#include "hub/core_users.h"

static enum link_loss
on_heartbeat(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	(void)core;
	(void)gateway;
	(void)now;
	(void)envelope;
	return LINK_ALIVE;
}

static enum link_loss
on_goodbye(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	(void)now;
	log_info(core->log, "gateway says goodbye", log_string("gateway", gateway->name),
	    log_text("reason", envelope->goodbye.reason));
	core_prune_ended(core, gateway);
	return LINK_SAID_GOODBYE;
}

static hub_handler *const handlers[ENVELOPE_KIND_LIMIT] = {
	[ENVELOPE_HELLO] = on_hello,
	[ENVELOPE_ROSTER_END] = on_roster_end,
	[ENVELOPE_HEARTBEAT] = on_heartbeat,
	[ENVELOPE_GOODBYE] = on_goodbye,
	[ENVELOPE_PROBE] = on_probe,
	[ENVELOPE_ANSWERED] = on_answered,
	[ENVELOPE_OPEN] = on_open,
	[ENVELOPE_CLOSED] = on_closed,
	[ENVELOPE_JOIN] = on_join,
	[ENVELOPE_LEAVE] = on_leave,
	[ENVELOPE_FETCH] = on_question,
	[ENVELOPE_LIST] = on_question,
	[ENVELOPE_TYPING] = on_typing,
	[ENVELOPE_INSPECTED] = on_inspected,
	[ENVELOPE_DRAINING] = on_draining,
	[ENVELOPE_REPORT] = on_report,
	[ENVELOPE_LOG_LEVEL] = on_log_level,
	[ENVELOPE_LOAD] = on_load,
	[ENVELOPE_PUBLISH] = on_command,
	[ENVELOPE_TELL] = on_command,
	[ENVELOPE_READ] = on_command,
};

enum link_loss
dispatch(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	bool hello = envelope->kind == ENVELOPE_HELLO;

	if ((unsigned)envelope->kind >= ENVELOPE_KIND_LIMIT || handlers[envelope->kind] == NULL)
		return LINK_WRONG_SENDER;
	if (hello != (gateway->state == GATEWAY_CONNECTED))
		return LINK_OUT_OF_ORDER;
	return handlers[envelope->kind](core, gateway, now, envelope);
}
