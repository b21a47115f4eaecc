/*
 * Clients come and go. The hub gives ids and fallback names; a client that was online under an
 * earlier link keeps what it had if nobody has it now. Rooms are core_rooms.c's.
 */
#include "common/outcomes.h"
#include "hub/core_rooms.h"
#include "hub/core_state.h"
#include "hub/dispatch.h"

#define DIALECT_BYTES_MAX 32u
#define REALM_BYTES_MAX 64u
#define ADDRESS_BYTES_MAX 128u

/* What the old servers called somebody without a name; the client_id follows. */
#define NAMELESS "\xe7\x94\xa8\xe6\x88\xb7"

_Static_assert(sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE <= CORE_NAME_BYTES_MIN,
    "who comes again under such a name must be let in");

/* An id nobody online has; false when there are no more. */
static bool
choose_id(struct core *core, uint32_t wanted, uint32_t *id_out)
{
	*id_out = wanted;
	while (*id_out == 0 || presence_by_id(core->presence, *id_out) != NULL) {
		if (!client_ids_next(&core->ids, id_out))
			return false;
	}
	return true;
}

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

static bool
is_allowed(const struct envelope_open *open)
{
	return core_is_showable(open->name, open->name.length) &&
	       core_is_showable(open->dialect, DIALECT_BYTES_MAX) &&
	       core_is_showable(open->realm, REALM_BYTES_MAX) &&
	       core_is_showable(open->user, USERS_ID_BYTES_MAX) &&
	       core_is_showable(open->address, ADDRESS_BYTES_MAX) && open->since_ms <= INT64_MAX;
}

static struct client *
open_client(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open)
{
	char nameless[sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE] = NAMELESS;
	char own_id[CLIENT_ID_TEXT_SIZE];
	struct client *client;
	struct user *user;
	struct client facts = {
		.slot = gateway->slot,
		.conn = open->conn,
		.since_wall_ms = open->since_ms != 0 ? (int64_t)open->since_ms : now.wall_ms,
		.name = open->name,
		.dialect = open->dialect,
		.realm = open->realm,
		.address = open->address,
	};

	if (presence_clients(core->presence) >= core->limits.clients_max ||
	    !choose_id(core, open->client, &facts.id))
		return NULL;
	if (text_is_empty(facts.name)) {
		text_client_id(facts.id, nameless + sizeof(NAMELESS) - 1);
		facts.name = text_of(nameless);
	}
	text_client_id(facts.id, own_id);
	user = users_get(
	    core->users, open->realm, text_is_empty(open->user) ? text_of(own_id) : open->user);
	client = user == NULL ? NULL : presence_open(core->presence, &facts);
	if (client != NULL)
		users_attach(user, client);
	else if (user != NULL && user->clients == NULL)
		users_forget(core->users, user);
	return client;
}

enum link_loss
on_open(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_open *open = &envelope->open;
	const struct client *client;
	struct envelope_opened opened;

	if (!is_allowed(open) ||
	    presence_by_conn(core->presence, gateway->slot, open->conn) != NULL)
		return LINK_BAD_CONTENT;
	/* By another limit than ours, set before a restart perhaps: no reason to lose them all. */
	if (open->name.length > core->limits.name_bytes) {
		core_refuse(core, gateway, open->conn, (struct text){ 0 }, OUTCOME_TOO_LONG);
		return LINK_ALIVE;
	}
	client = open_client(core, gateway, now, open);
	if (client == NULL) {
		core_refuse(core, gateway, open->conn, (struct text){ 0 }, OUTCOME_FULL);
		return LINK_ALIVE;
	}
	gateway->clients++;
	metric_set(core->metrics.clients, presence_clients(core->presence));
	opened = (struct envelope_opened){
		.conn = client->conn,
		.client = client->id,
		.name = client->name,
		.user = client->user->id,
	};
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_OPENED, &opened);
	return LINK_ALIVE;
}

void
core_client_gone(struct core *core, struct client *client, struct now now)
{
	struct user *user = client->user;

	while (client->memberships != NULL)
		core_room_leave(core, now, client->memberships);
	core->gateways[client->slot].clients--;
	users_detach(client);
	presence_close(core->presence, client);
	if (user->clients == NULL)
		users_forget(core->users, user);
	metric_set(core->metrics.clients, presence_clients(core->presence));
}

enum link_loss
on_closed(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	struct client *client =
	    presence_by_conn(core->presence, gateway->slot, envelope->closed.conn);

	/* Unknown: its OPEN was refused, and the gateway said so before it knew. */
	if (client != NULL)
		core_client_gone(core, client, now);
	return LINK_ALIVE;
}
