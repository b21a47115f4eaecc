/* Carries bytes between two links and nothing else. */
#include "sim_link.h"

#include <stdlib.h>
#include <string.h>

bool
sim_link_open(struct sim_link *link, struct link_receiver at_gateway, struct link_receiver at_hub,
    struct now now)
{
	struct link_limits limits = link_limits_default();

	link->gateway_side = link_create(LINK_SIDE_GATEWAY, limits, at_gateway, now);
	link->hub_side = link_create(LINK_SIDE_HUB, limits, at_hub, now);
	return link->gateway_side != NULL && link->hub_side != NULL;
}

void
sim_link_close(struct sim_link *link)
{
	link_destroy(&link->gateway_side);
	link_destroy(&link->hub_side);
}

bool
sim_link_is_open(const struct sim_link *link)
{
	return link->gateway_side != NULL;
}

/*
 * The receiver may send on its own side but never on `from`: the bytes stay put during the
 * call.
 */
static enum link_loss
carry(struct link *from, struct link *to, struct random_source random, struct now now, bool all)
{
	struct text waiting = link_output(from);
	size_t part = waiting.length;
	enum link_loss end;

	if (!all && part > 0)
		part = (size_t)random_below(random, part + 1);
	if (part == 0)
		return link_state(to);
	end = link_receive(to, now, waiting.data, part);
	link_sent(from, part, now);
	return end;
}

struct sim_link_end
sim_link_pump(struct sim_link *link, struct random_source random, struct now now, bool all)
{
	struct sim_link_end end;

	link_tick(link->gateway_side, now);
	link_tick(link->hub_side, now);
	end.at_hub = carry(link->gateway_side, link->hub_side, random, now, all);
	end.at_gateway = carry(link->hub_side, link->gateway_side, random, now, all);
	return end;
}
