/*
 * Operators' commands about gateways: which there are, and that one is to let its clients go.
 */
#include "hub/admin_call.h"

#include <string.h>

#include "hub/admin_grammar.h"

/* How long a gateway may take to say that its clients go. */
#define DRAINING_MS 1000u

static const struct admin_column gateway_columns[] = {
	{ "name", ADMIN_TYPE_TEXT },
	{ "software", ADMIN_TYPE_TEXT },
	{ "pid", ADMIN_TYPE_NUMBER },
	{ "link_version", ADMIN_TYPE_NUMBER },
	{ "attached", ADMIN_TYPE_BOOL },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "commands", ADMIN_TYPE_NUMBER },
	{ "delivered", ADMIN_TYPE_NUMBER },
	{ "since", ADMIN_TYPE_TIME },
	{ "last_loss", ADMIN_TYPE_TEXT },
	{ "state", ADMIN_TYPE_TEXT },
};

static const struct admin_column drain_columns[] = {
	{ "gateway", ADMIN_TYPE_TEXT },
	{ "clients", ADMIN_TYPE_NUMBER },
	{ "over_ms", ADMIN_TYPE_NUMBER },
};

static const char *
state_of(const struct core_gateway_info *info)
{
	if (info->draining)
		return "draining";
	return info->attached ? "attached" : "settling";
}

void
admin_do_gateways(const struct admin_call *call)
{
	struct core_gateway_info info;
	unsigned cursor = 0;

	admin_write_columns(call->out, ADMIN_COLUMNS(gateway_columns), false);
	while (core_next_gateway(call->core, &cursor, &info)) {
		struct text lost = info.last_loss == LINK_ALIVE
				       ? (struct text){ NULL, 0 }
				       : text_of(link_loss_word(info.last_loss));
		const struct admin_cell cells[] = {
			admin_cell_string(info.name),
			admin_cell_string(info.software),
			admin_cell_number(info.pid > 0 ? (uint64_t)info.pid : 0),
			admin_cell_number(info.link_version),
			admin_cell_bool(info.attached),
			admin_cell_number(info.clients),
			admin_cell_number(info.commands),
			admin_cell_number(info.delivered),
			admin_cell_time(info.since_wall_ms),
			admin_cell_text(lost),
			admin_cell_string(state_of(&info)),
		};

		admin_write_row(call->out, gateway_columns, cells, ADMIN_COUNT(cells));
	}
	call->action->end = ADMIN_END_DONE;
}

static void
refuse_drain(const struct admin_call *call, enum core_drain why)
{
	admin_refuse_word(call,
	    why == CORE_DRAIN_SETTLING
		? "it still says who is there; try again in a moment: "
		: "no gateway of that name is linked (see \"hubctl gateways\"): ",
	    call->request->gateway);
}

void
admin_do_drain(const struct admin_call *call)
{
	struct admin_action *action = call->action;
	struct text name = call->request->gateway;
	uint32_t over_ms = DRAIN_AS_CONFIGURED;
	enum core_drain told;

	if (call->request->over.data != NULL)
		(void)admin_read_time(call->request->over, &over_ms);
	told = core_drain(call->core, name, over_ms, &action->drained);
	if (told != CORE_DRAIN_TOLD) {
		refuse_drain(call, told);
		return;
	}
	action->affected = action->drained.clients;
	action->drained_over_ms = over_ms;
	buffer_append_text(&action->held, name);
	action->wait = ADMIN_WAIT_DRAINING;
	action->wait_until_ms = call->now.mono_ms + DRAINING_MS;
}

void
admin_show_drain(const struct admin_action *action, uint32_t over_ms, struct buffer *out)
{
	uint32_t asked_ms = action->drained_over_ms;
	const struct admin_cell cells[] = {
		admin_cell_text(buffer_text(&action->held)),
		admin_cell_number(action->drained.clients),
		admin_cell_number(asked_ms == DRAIN_AS_CONFIGURED ? over_ms : asked_ms),
	};

	admin_write_columns(out, ADMIN_COLUMNS(drain_columns), true);
	admin_write_row(out, drain_columns, cells, ADMIN_COUNT(cells));
}
