/* Bugs within the hub's core, and in what reaches it from gateways. */
#include "sabotage.h"

#include "common/digest.h"
#include "hub/core.h"
#include "hub/core_closing.h"
#include "hub/ids.h"
#include "hub/outbox.h"
#include "hub/streams.h"

SABOTAGE_WRAP(enum link_loss, core_gateway_envelope, struct core *core, unsigned slot,
    struct now now, const struct envelope *envelope);
SABOTAGE_WRAP(void, core_gateway_died, struct core *core, uint32_t life, struct now now);
SABOTAGE_WRAP(
    void, core_gateway_lost, struct core *core, unsigned slot, struct now now, enum link_loss why);
SABOTAGE_WRAP(bool, core_closing_begin, struct core *core, struct client *client);
SABOTAGE_WRAP(void, streams_roll_back, struct streams *streams, uint64_t kept);
SABOTAGE_WRAP(void, ids_roll_back, struct ids *ids, uint64_t kept);
SABOTAGE_WRAP(uint64_t, outbox_undo, struct outbox *outbox, uint64_t batch, outbox_undo_fn *undo,
    void *context);
SABOTAGE_WRAP(void, outbox_forget, struct outbox *outbox, unsigned slot);
SABOTAGE_WRAP(
    bool, digest_equal, const unsigned char a[DIGEST_SIZE], const unsigned char b[DIGEST_SIZE]);

static bool
is_swallowed(const struct envelope *envelope)
{
	return (sabotage() == SABOTAGE_CLOSED_LOST && envelope->kind == ENVELOPE_CLOSED &&
		   sabotage_each(3)) ||
	       (sabotage() == SABOTAGE_LEAVE_LOST && envelope->kind == ENVELOPE_LEAVE &&
		   sabotage_each(3));
}

enum link_loss
__wrap_core_gateway_envelope(
    struct core *core, unsigned slot, struct now now, const struct envelope *envelope)
{
	struct envelope mine = *envelope;

	if (is_swallowed(envelope))
		return LINK_ALIVE;
	if (sabotage() == SABOTAGE_RESUME_LOST && mine.kind == ENVELOPE_OPEN)
		mine.open.resume = TEXT("");
	if (sabotage() == SABOTAGE_FETCH_OFF && mine.kind == ENVELOPE_FETCH)
		mine.fetch.after++;
	if (sabotage() == SABOTAGE_READ_HIGH && mine.kind == ENVELOPE_READ)
		mine.read.seq++;
	return __real_core_gateway_envelope(core, slot, now, &mine);
}

void
__wrap_core_gateway_died(struct core *core, uint32_t life, struct now now)
{
	if (sabotage() != SABOTAGE_GRACE_AFTER_DEATH)
		__real_core_gateway_died(core, life, now);
}

void
__wrap_core_gateway_lost(struct core *core, unsigned slot, struct now now, enum link_loss why)
{
	if (sabotage() == SABOTAGE_GRACE_AFTER_DEATH)
		(void)core_gateway_detached(core, slot, now, why);
	else
		__real_core_gateway_lost(core, slot, now, why);
}

bool
__wrap_core_closing_begin(struct core *core, struct client *client)
{
	return sabotage() != SABOTAGE_CLOSING_UNKNOWN && __real_core_closing_begin(core, client);
}

void
__wrap_streams_roll_back(struct streams *streams, uint64_t kept)
{
	if (sabotage() != SABOTAGE_SEQ_SURVIVES)
		__real_streams_roll_back(streams, kept);
}

void
__wrap_ids_roll_back(struct ids *ids, uint64_t kept)
{
	if (sabotage() != SABOTAGE_IDS_SURVIVE)
		__real_ids_roll_back(ids, kept);
}

static bool
undo_nothing(void *context, const char *frame, size_t length, struct buffer *out)
{
	(void)context;
	return buffer_append(out, frame, length), !out->failed;
}

uint64_t
__wrap_outbox_undo(struct outbox *outbox, uint64_t batch, outbox_undo_fn *undo, void *context)
{
	return __real_outbox_undo(
	    outbox, batch, sabotage() == SABOTAGE_UNDO_FORGOTTEN ? undo_nothing : undo, context);
}

void
__wrap_outbox_forget(struct outbox *outbox, unsigned slot)
{
	if (sabotage() != SABOTAGE_OUTBOX_KEPT)
		__real_outbox_forget(outbox, slot);
}

bool
__wrap_digest_equal(const unsigned char a[DIGEST_SIZE], const unsigned char b[DIGEST_SIZE])
{
	return sabotage() == SABOTAGE_ID_LOOSE || __real_digest_equal(a, b);
}
