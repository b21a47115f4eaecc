/* Bugs within the hub's core, and in what reaches it from gateways. */
#include "sabotage.h"

#include "common/digest.h"
#include "hub/core.h"
#include "hub/core_bans.h"
#include "hub/core_closing.h"
#include "hub/core_settings.h"
#include "hub/core_state.h"
#include "hub/core_users.h"
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

SABOTAGE_WRAP(void, core_close_client, struct core *core, struct now now, struct client *client,
    struct text reason);
SABOTAGE_WRAP(void, core_bans_undone, struct core *core, uint64_t batch);
SABOTAGE_WRAP(bool, core_bans_identity, const struct core *core, struct now now,
    const struct user *user, uint32_t client);
SABOTAGE_WRAP(bool, core_bans_address, struct core *core, struct now now, struct text address);
SABOTAGE_WRAP(const struct ban *, bans_address, const struct bans *bans,
    const struct address *address, int64_t wall_ms);
SABOTAGE_WRAP(bool, bans_put, struct bans *bans, const struct store_ban *row);
SABOTAGE_WRAP(
    bool, core_set, struct core *core, struct now now, const struct core_settings *settings);

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

void
__wrap_core_close_client(
    struct core *core, struct now now, struct client *client, struct text reason)
{
	if (sabotage() != SABOTAGE_BANNED_STAY || !text_equal(reason, TEXT(CORE_BANNED)))
		__real_core_close_client(core, now, client, reason);
}

void
__wrap_core_bans_undone(struct core *core, uint64_t batch)
{
	if (sabotage() != SABOTAGE_BAN_SURVIVES)
		__real_core_bans_undone(core, batch);
}

/* The core's own OPEN is not to be seen here: a gateway announces while it is not attached. */
static bool
is_announcing(const struct core *core)
{
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		if (core->gateways[slot].state != GATEWAY_ATTACHED &&
		    core->gateways[slot].name[0] != '\0')
			return true;
	}
	return false;
}

bool
__wrap_core_bans_identity(
    const struct core *core, struct now now, const struct user *user, uint32_t client)
{
	if (sabotage() == SABOTAGE_BANNED_COME ||
	    (sabotage() == SABOTAGE_BANNED_ANNOUNCED && is_announcing(core)))
		return false;
	return __real_core_bans_identity(core, now, user, client);
}

bool
__wrap_core_bans_address(struct core *core, struct now now, struct text address)
{
	if (sabotage() == SABOTAGE_ADDRESS_NOT_ASKED ||
	    (sabotage() == SABOTAGE_BANNED_ANNOUNCED && is_announcing(core)))
		return false;
	return __real_core_bans_address(core, now, address);
}

const struct ban *
__wrap_bans_address(const struct bans *bans, const struct address *address, int64_t wall_ms)
{
	struct address mine = *address;

	if (sabotage() == SABOTAGE_BAN_OF_OTHERS && mine.kind == ADDRESS_IPV4)
		mine.bytes[3] &= 0xfe;
	return __real_bans_address(bans, &mine, wall_ms);
}

bool
__wrap_bans_put(struct bans *bans, const struct store_ban *row)
{
	struct store_ban mine = *row;

	if (sabotage() == SABOTAGE_BAN_FOR_EVER)
		mine.until_ms = 0;
	return __real_bans_put(bans, &mine);
}

bool
__wrap_core_set(struct core *core, struct now now, const struct core_settings *settings)
{
	return sabotage() == SABOTAGE_HUB_SETTINGS_OLD || __real_core_set(core, now, settings);
}
