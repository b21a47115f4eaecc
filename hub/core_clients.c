/*
 * Clients come and go: bounds, fallback names, what a gateway is told of a client that it may let
 * in. Who it is from is core_identity.c's, rooms are core_rooms.c's.
 */
#include <string.h>

#include "common/outcomes.h"
#include "hub/core_events.h"
#include "hub/core_rooms.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

#define DIALECT_BYTES_MAX 32u
#define REALM_BYTES_MAX 64u
#define ADDRESS_BYTES_MAX 128u

/* What the old servers called somebody without a name; the client_id follows. */
#define NAMELESS "\xe7\x94\xa8\xe6\x88\xb7"

_Static_assert(sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE <= CORE_NAME_BYTES_MIN,
    "who comes again under such a name must be let in");

/* Gateways clean names thoroughly; what would harm a terminal or end a string is asked again. */
bool
core_is_showable(struct text text, size_t bytes_max)
{
	uint32_t code_point;
	size_t length;

	if (text.length > bytes_max)
		return false;
	for (size_t at = 0; at < text.length; at += length) {
		length = text_first_code_point(
		    (struct text){ text.data + at, text.length - at }, &code_point);
		/* Terminals obey the second set of control characters as well. */
		if (length == 0 || code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
			return false;
	}
	return true;
}

/* Streams and senders of ids are named "REALM/USER". */
static bool
is_one_word(struct text realm)
{
	for (size_t i = 0; i < realm.length; i++) {
		if (realm.data[i] == '/')
			return false;
	}
	return true;
}

static bool
is_allowed(const struct envelope_open *open)
{
	return core_is_showable(open->name, open->name.length) &&
	       core_is_showable(open->dialect, DIALECT_BYTES_MAX) &&
	       core_is_showable(open->realm, REALM_BYTES_MAX) && is_one_word(open->realm) &&
	       core_is_showable(open->user, USERS_ID_BYTES_MAX) &&
	       core_is_showable(open->address, ADDRESS_BYTES_MAX) && open->since_ms <= INT64_MAX;
}

/* The client that the identity goes on as, or a new one. NULL without memory. */
static struct client *
open_client(
    struct core *core, struct now now, struct client *facts, const struct core_identity *identity)
{
	char nameless[sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE] = NAMELESS;
	struct client *client = identity->lingerer;

	if (client != NULL)
		return core_linger_return(core, client, facts, now) ? client : NULL;
	facts->id = identity->client;
	if (text_is_empty(facts->name)) {
		text_client_id(facts->id, nameless + sizeof(NAMELESS) - 1);
		facts->name = text_of(nameless);
	}
	client = presence_open(core->presence, facts);
	if (client != NULL)
		users_attach(identity->user, client);
	return client;
}

/* OUTCOME_OK with the client, or why it is not let in. */
static enum outcome_code
let_in(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open, struct core_identity *identity, struct client **client_out)
{
	struct client facts = {
		.slot = gateway->slot,
		.conn = open->conn,
		.since_wall_ms = open->since_ms != 0 ? (int64_t)open->since_ms : now.wall_ms,
		.name = open->name,
		.dialect = open->dialect,
		.realm = open->realm,
		.address = open->address,
		.has_receipts = (open->flags & OPEN_HAS_RECEIPTS) != 0,
	};
	bool is_let = core_identify(core, gateway, now, open, identity);
	bool is_closing = (open->flags & OPEN_CLOSING) != 0;

	*client_out = NULL;
	identity->is_banned =
	    is_let && core_bans_identity(core, now, identity->user, identity->client);
	is_let = is_let && !identity->is_banned;
	/* What it waits for is over when it is here. */
	if (identity->lingerer != NULL)
		identity->was_detached = identity->lingerer->life != 0;
	if (is_let && identity->speaks_as != NULL) {
		if (core_closing_for(core, identity->speaks_as, gateway->slot, open->conn))
			*client_out = identity->speaks_as;
		return *client_out == NULL ? OUTCOME_FULL : OUTCOME_OK;
	}
	if (is_let && identity->lingerer == NULL &&
	    presence_clients(core->presence) >= core->limits.clients_max)
		is_let = false;
	if (is_let && (is_closing || identity->user->connections < core->limits.connections_max))
		*client_out = open_client(core, now, &facts, identity);
	if (*client_out == NULL && identity->user != NULL && identity->user->clients == NULL)
		core_user_gone(core, identity->user, now);
	return *client_out == NULL ? OUTCOME_FULL : OUTCOME_OK;
}

static bool
note_passing(void *context, const struct store_user *row)
{
	bool *found = context;

	*found = core_user_is_passing(row);
	return false;
}

/* Opens the inbox of a user to whom something may have been sent, before a restart perhaps. */
static void
find_inbox(struct core *core, struct now now, const struct core_identity *identity)
{
	struct user *user = identity->user;
	bool found = user->keeps_mail;

	if (identity->is_new || user->inbox != NULL)
		return;
	/* Of a hub that died, a passing user may have left one, and then a record as well. */
	if (!found)
		(void)core->store->ops->find_user(
		    core->store, user->realm, user->id, note_passing, &found);
	/* Whose record is known to be there is known to be removed. */
	if (found && !user->keeps_mail)
		core_user_record(core, user, now);
	if (found && core_user_inbox(core, user) == NULL)
		log_warn(core->log, "an inbox could not be opened");
}

static void
say_opened(struct core *core, const struct gateway *gateway, uint64_t conn,
    const struct client *client, const struct core_identity *identity)
{
	const struct stream *inbox = client->user->inbox;
	struct envelope_opened opened = {
		.conn = conn,
		.client = client->id,
		.name = client->name,
		.user = client->user->id,
		.resume = text_of(identity->resume),
		.resumed = identity->resumed,
	};

	if (inbox != NULL && inbox->seq > 0) {
		opened.epoch = inbox->epoch;
		opened.seq = inbox->seq;
		opened.read = inbox->mark;
	}
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_OPENED, &opened);
}

/* Whose gateway is back with all its clients is no news one by one, nor who is gone already. */
static void
note_open(struct core *core, struct now now, const struct envelope_open *open,
    const struct client *client, const struct core_identity *identity)
{
	enum event_kind kind = EVENT_CONNECTED;

	if (identity->was_detached || (open->flags & OPEN_CLOSING) != 0)
		return;
	if (identity->lingerer != NULL)
		kind = EVENT_RETURNED;
	else if (identity->resumed)
		kind = EVENT_RESUMED;
	else if (open->client != 0)
		kind = EVENT_ANNOUNCED;
	core_note(core, client, now, kind, TEXT(""));
}

enum link_loss
on_open(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_open *open = &envelope->open;
	struct core_identity identity;
	struct client *client;
	enum outcome_code code;

	if (!is_allowed(open) || core_sender(core, gateway->slot, open->conn) != NULL)
		return LINK_BAD_CONTENT;
	/* By another limit than ours, set before a restart perhaps: no reason to lose them all. */
	if (open->name.length > core->limits.name_bytes) {
		core_refuse(core, gateway, open->conn, (struct text){ 0 }, OUTCOME_TOO_LONG);
		core_note_not_opened(core, gateway, now, open, EVENT_REFUSED, OUTCOME_TOO_LONG);
		return LINK_ALIVE;
	}
	if (core_bans_address(core, now, open->address)) {
		core_bans_refuse(core, gateway, open);
		core_note_not_opened(core, gateway, now, open, EVENT_BANNED, OUTCOME_OK);
		return LINK_ALIVE;
	}
	code = let_in(core, gateway, now, open, &identity, &client);
	if (identity.is_banned) {
		core_bans_refuse(core, gateway, open);
		core_note_not_opened(core, gateway, now, open, EVENT_BANNED, OUTCOME_OK);
		return LINK_ALIVE;
	}
	if (code != OUTCOME_OK) {
		core_refuse(core, gateway, open->conn, (struct text){ 0 }, code);
		core_note_not_opened(core, gateway, now, open, EVENT_REFUSED, code);
		return LINK_ALIVE;
	}
	if (identity.speaks_as == NULL)
		gateway->clients++;
	metric_set(core->metrics.clients, presence_clients(core->presence));
	if ((open->flags & (OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET)) != 0)
		client->user->keeps_mail = true;
	find_inbox(core, now, &identity);
	if (client->user->keeps_mail)
		core_user_record(core, client->user, now);
	say_opened(core, gateway, open->conn, client, &identity);
	note_open(core, now, open, client, &identity);
	if ((open->flags & OPEN_CLOSING) != 0 && identity.speaks_as == NULL &&
	    !core_closing_begin(core, client))
		core_client_left(core, client, now, false);
	return LINK_ALIVE;
}

void
core_client_gone(struct core *core, struct client *client, struct now now)
{
	struct user *user = client->user;

	while (client->memberships != NULL)
		core_room_leave(core, now, client->memberships);
	if (!client->lingers)
		core->gateways[client->slot].clients--;
	core_linger_forget(client);
	core_closing_forget(core, client);
	users_detach(client);
	presence_close(core->presence, client);
	if (user->clients == NULL && !user->is_coming)
		core_user_gone(core, user, now);
	metric_set(core->metrics.clients, presence_clients(core->presence));
}

/* What the end of a connection is to its user. */
static enum event_kind
end_of(const struct gateway *gateway, const struct client *client, bool lost)
{
	if (lost && client->user->keeps_mail)
		return EVENT_LOST;
	return gateway->drains > 0 ? EVENT_DRAINED : EVENT_DISCONNECTED;
}

enum link_loss
on_closed(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_closed *closed = &envelope->closed;
	bool lost = closed->linger != CLOSED_GONE;
	struct client *client = presence_by_conn(core->presence, gateway->slot, closed->conn);
	struct old_conn *old = old_conns_find(&core->old_conns, gateway->slot, closed->conn);

	if (client != NULL && closed->linger != CLOSED_UNANSWERED)
		core_note(core, client, now, end_of(gateway, client, lost), TEXT(""));
	/* Neither: its OPEN was refused, and the gateway said so before it knew. */
	if (old != NULL && closed->linger != CLOSED_UNANSWERED)
		core_closing_end(core, old, now, lost);
	else if (client != NULL &&
		 (closed->linger != CLOSED_UNANSWERED || !core_closing_begin(core, client)))
		core_client_left(core, client, now, lost);
	return LINK_ALIVE;
}
