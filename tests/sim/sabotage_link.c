/* Bugs in what reaches a gateway's core from the hub. */
#include "sabotage.h"

#include "common/outcomes.h"
#include "gateway/gateway_core_state.h"

SABOTAGE_WRAP(enum link_loss, gateway_core_hub_envelope, struct gateway_core *core, struct now now,
    const struct envelope *envelope);

static bool
is_swallowed(enum envelope_kind kind)
{
	static const struct {
		enum sabotage bug;
		enum envelope_kind kind;
		unsigned each;
	} lost[] = {
		{ SABOTAGE_OUTCOME_LOST, ENVELOPE_OUTCOME, 5 },
		{ SABOTAGE_ITEM_LOST, ENVELOPE_ITEM, 5 },
		{ SABOTAGE_EXITED_LOST, ENVELOPE_EXITED, 3 },
		{ SABOTAGE_ENTERED_LOST, ENVELOPE_ENTERED, 3 },
		{ SABOTAGE_NOTICE_LOST, ENVELOPE_NOTICE, 3 },
	};

	for (unsigned i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		if (sabotage() == lost[i].bug && kind == lost[i].kind)
			return sabotage_each(lost[i].each);
	}
	return false;
}

static bool
is_twice(enum envelope_kind kind)
{
	return sabotage() == SABOTAGE_WHISPER_TWICE && kind == ENVELOPE_WHISPER;
}

/* Another client of the gateway; NULL if there is none. */
static const struct session *
another(const struct gateway_core *core, uint64_t conn)
{
	const struct session *session;

	TAILQ_FOREACH (session, &core->sessions.open, place) {
		if (session->conn != conn)
			return session;
	}
	return NULL;
}

/* What is for one client goes to another. */
static void
lead_astray(const struct gateway_core *core, struct envelope *envelope)
{
	bool is_close = envelope->kind == ENVELOPE_CLOSE;
	const struct session *other =
	    another(core, is_close ? envelope->close.conn : envelope->whisper.conn);

	if (other == NULL)
		return;
	if (is_close) {
		envelope->close.conn = other->conn;
		envelope->close.client = other->client;
	} else {
		envelope->whisper.conn = other->conn;
	}
}

static void
alter_outcome(struct envelope_outcome *outcome)
{
	if (sabotage() == SABOTAGE_ACK_OFF && outcome->seq > 0)
		outcome->seq++;
	if (sabotage() == SABOTAGE_REFUSED_SAID_OK && outcome->code == OUTCOME_NOT_STORED) {
		outcome->code = OUTCOME_OK;
		outcome->epoch = 1;
		outcome->seq = 1;
	}
	if (sabotage() == SABOTAGE_OK_SAID_REFUSED && outcome->code == OUTCOME_OK &&
	    sabotage_each(5))
		outcome->code = OUTCOME_NOT_STORED;
}

static void
alter(struct gateway_core *core, struct envelope *envelope)
{
	if (envelope->kind == ENVELOPE_OUTCOME)
		alter_outcome(&envelope->outcome);
	if (sabotage() == SABOTAGE_DELIVER_OFF && envelope->kind == ENVELOPE_DELIVER)
		envelope->deliver.seq++;
	if (sabotage() == SABOTAGE_DELIVER_ALTERED && envelope->kind == ENVELOPE_DELIVER &&
	    sabotage_each(9))
		envelope->deliver.content = TEXT("altered");
	if (sabotage() == SABOTAGE_NEWCOMER_REPLAY && envelope->kind == ENVELOPE_JOINED &&
	    envelope->joined.seq > 1)
		envelope->joined.seq--;
	if ((sabotage() == SABOTAGE_WHISPER_ASTRAY && envelope->kind == ENVELOPE_WHISPER &&
		sabotage_each(3)) ||
	    (sabotage() == SABOTAGE_CLOSE_ASTRAY && envelope->kind == ENVELOPE_CLOSE))
		lead_astray(core, envelope);
}

enum link_loss
__wrap_gateway_core_hub_envelope(
    struct gateway_core *core, struct now now, const struct envelope *envelope)
{
	struct envelope mine = *envelope;
	enum link_loss loss;

	if (is_swallowed(envelope->kind))
		return LINK_ALIVE;
	alter(core, &mine);
	loss = __real_gateway_core_hub_envelope(core, now, &mine);
	if (loss == LINK_ALIVE && is_twice(mine.kind))
		loss = __real_gateway_core_hub_envelope(core, now, &mine);
	return loss;
}
