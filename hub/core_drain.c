/*
 * Gateways that are to end: an operator's wish goes to one, and each that lets its clients go says
 * so, whoever wished it. How that is done is the gateway's affair.
 */
#include "hub/core_events.h"
#include "hub/core_operator.h"
#include "hub/dispatch.h"

static struct gateway *
linked_gateway(struct core *core, struct text name)
{
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		struct gateway *gateway = &core->gateways[slot];

		if ((gateway->state == GATEWAY_OPENING || gateway->state == GATEWAY_ATTACHED) &&
		    text_equal(text_of(gateway->name), name))
			return gateway;
	}
	return NULL;
}

enum core_drain
core_drain(struct core *core, struct text name, uint32_t over_ms, struct core_drained *drained_out)
{
	const struct gateway *gateway = linked_gateway(core, name);
	struct envelope_drain drain = { .over_ms = over_ms };

	if (gateway == NULL)
		return CORE_DRAIN_UNKNOWN;
	*drained_out = (struct core_drained){
		.life = gateway->life,
		.drains = gateway->drains,
		.clients = gateway->clients,
	};
	if (gateway->state != GATEWAY_ATTACHED)
		return CORE_DRAIN_SETTLING;
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_DRAIN, &drain);
	return CORE_DRAIN_TOLD;
}

bool
core_drain_begun(const struct core *core, const struct core_drained *drained, uint32_t *over_ms_out)
{
	*over_ms_out = 0;
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		const struct gateway *gateway = &core->gateways[slot];

		if (gateway->life != drained->life ||
		    (gateway->state != GATEWAY_OPENING && gateway->state != GATEWAY_ATTACHED))
			continue;
		*over_ms_out = gateway->drain_ms;
		return gateway->drains != drained->drains;
	}
	return true;
}

enum link_loss
on_draining(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	core_note_gateway(core, gateway->name, now, EVENT_DRAINING, gateway->clients, "");
	gateway->drains++;
	gateway->drain_ms = envelope->draining.over_ms;
	log_info(core->log, "gateway drains", log_string("gateway", gateway->name),
	    log_u64("clients", gateway->clients), log_u64("over_ms", gateway->drain_ms));
	return LINK_ALIVE;
}
