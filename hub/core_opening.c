/*
 * The opening of a link: who the gateway is, what the hub remembers of it, when it has said all.
 * Which part of the roster it is told, and when, is core_roster.c's.
 */
#include <string.h>

#include "hub/core_events.h"
#include "hub/core_roster.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

/* All that gateway.name may be, and dots. */
static bool
is_gateway_name(struct text name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	if (name.length == 0 || name.length > GATEWAY_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.length; i++) {
		if (memchr(letters, name.data[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return true;
}

static void
keep_text(char *to, size_t max, struct text from)
{
	size_t length = from.length < max ? from.length : max;

	if (length > 0)
		memcpy(to, from.data, length);
	to[length] = '\0';
}

static struct gateway_past *
past_of(struct core *core, const char *name, uint64_t epoch)
{
	for (unsigned i = 0; i < CORE_PASTS; i++) {
		struct gateway_past *past = &core->pasts[i];

		if (past->epoch == epoch && strcmp(past->name, name) == 0)
			return past;
	}
	return NULL;
}

/* The last number that this gateway's life has used. */
static uint64_t
past_number(struct core *core, const char *name, uint64_t epoch)
{
	const struct gateway_past *past = past_of(core, name, epoch);

	return past == NULL ? 0 : past->last_number;
}

const char *
core_past_name(const struct core *core, uint32_t life)
{
	for (unsigned i = 0; i < CORE_PASTS; i++) {
		if (core->pasts[i].life == life)
			return core->pasts[i].name;
	}
	return "";
}

/* All links of one epoch are of one life; 0 is none. */
static uint32_t
past_life(struct core *core, const char *name, uint64_t epoch)
{
	const struct gateway_past *past = past_of(core, name, epoch);

	if (past != NULL)
		return past->life;
	if (++core->lives == 0)
		core->lives = 1;
	return core->lives;
}

/* What was lost longest ago makes place; whose clients still wait was lost just now. */
static struct gateway_past *
past_lost_first(struct core *core)
{
	struct gateway_past *first = &core->pasts[0];

	for (unsigned i = 1; i < CORE_PASTS; i++) {
		if (core->pasts[i].lost_order < first->lost_order)
			first = &core->pasts[i];
	}
	return first;
}

void
core_past_keep(struct core *core, const struct gateway *gateway)
{
	struct gateway_past *past = past_of(core, gateway->name, gateway->epoch);

	if (past == NULL) {
		past = past_lost_first(core);
		*past = (struct gateway_past){ 0 };
	}
	past->lost_order = ++core->losses;
	memcpy(past->name, gateway->name, sizeof(past->name));
	past->epoch = gateway->epoch;
	past->life = gateway->life;
	past->last_number = gateway->last_number;
}

void
core_past_lost(struct core *core, const struct gateway *gateway, enum link_loss why)
{
	struct gateway_past *past = past_of(core, gateway->name, gateway->epoch);

	if (past == NULL)
		return;
	past->lost = why;
}

enum link_loss
core_past_loss(const struct core *core, const char *name)
{
	enum link_loss lost = LINK_ALIVE;
	uint64_t last = 0;

	for (unsigned i = 0; i < CORE_PASTS; i++) {
		const struct gateway_past *past = &core->pasts[i];

		if (past->lost_order <= last || strcmp(past->name, name) != 0)
			continue;
		lost = past->lost;
		last = past->lost_order;
	}
	return lost;
}

static struct gateway *
gateway_named(struct core *core, const char *name)
{
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		struct gateway *gateway = &core->gateways[slot];

		if ((gateway->state == GATEWAY_OPENING || gateway->state == GATEWAY_ATTACHED) &&
		    strcmp(gateway->name, name) == 0)
			return gateway;
	}
	return NULL;
}

/*
 * A gateway that comes again before the end of its old link was seen, restarted or not, is the one
 * that lives: the newcomer is taken.
 */
static void
replace_old(struct core *core, struct now now, const char *name, uint64_t epoch)
{
	struct gateway *old = gateway_named(core, name);

	if (old == NULL)
		return;
	log_warn(core->log, "gateway replaced by a newer link of its name",
	    log_string("gateway", name), log_i64("pid", old->process.pid),
	    log_string("process", old->epoch == epoch ? "same" : "another"));
	core_drop(core, old, now, LINK_REFUSED);
}

enum link_loss
on_hello(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_hello *hello = &envelope->hello;
	char name[GATEWAY_NAME_MAX + 1];

	if (hello->link_version < LINK_VERSION_OLDEST)
		return LINK_BAD_VERSION;
	if (!is_gateway_name(hello->gateway) ||
	    !core_is_showable(hello->software, GATEWAY_SOFTWARE_MAX))
		return LINK_BAD_CONTENT;
	keep_text(name, GATEWAY_NAME_MAX, hello->gateway);
	replace_old(core, now, name, hello->epoch);
	memcpy(gateway->name, name, sizeof(name));
	keep_text(gateway->software, GATEWAY_SOFTWARE_MAX, hello->software);
	gateway->epoch = hello->epoch;
	gateway->life = past_life(core, name, hello->epoch);
	gateway->state = GATEWAY_OPENING;
	gateway->link_version =
	    hello->link_version < LINK_VERSION ? hello->link_version : LINK_VERSION;
	gateway->last_number = past_number(core, name, hello->epoch);
	gateway->answered = hello->answered;
	/* What its old link brought may still be under way: WELCOME is made when that is kept. */
	if (!outbox_put_greeting(core->outbox, gateway->slot))
		core->doomed |= core_slot_bit(gateway->slot);
	core_prune_others(core, gateway);
	core_known_hello(core, gateway);
	core_detached_others(core, gateway, now);
	core_settle_hello(core, now, hello);
	log_info(core->log, "gateway linked", log_string("gateway", gateway->name),
	    log_i64("pid", gateway->process.pid), log_string("software", gateway->software),
	    log_u64("link_version", gateway->link_version));
	return LINK_ALIVE;
}

enum link_loss
on_roster_end(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	(void)envelope;
	if (gateway->state == GATEWAY_ATTACHED)
		return LINK_OUT_OF_ORDER;
	gateway->state = GATEWAY_ATTACHED;
	core_known_attached(core, gateway);
	/* Whom it has not said has gone meanwhile. */
	core_detached_unsaid(core, gateway->life, now);
	core->attached++;
	metric_set(core->metrics.gateways, core->attached);
	core_roster_counted(core);
	core_note_gateway(core, gateway->name, now, EVENT_LINKED, gateway->clients, "");
	log_info(core->log, "gateway attached", log_string("gateway", gateway->name),
	    log_u64("clients", gateway->clients));
	return LINK_ALIVE;
}

enum link_loss
on_probe(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	struct envelope_probed probed = { .token = envelope->probe.token };

	(void)now;
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_PROBED, &probed);
	return LINK_ALIVE;
}
