/*
 * Clients come, enter rooms and go. The hub gives ids, fallback names and places in joining
 * order; a client that was online under an earlier link keeps what it had if nobody has it now.
 */
#include "common/names.h"
#include "common/outcomes.h"
#include "hub/core_state.h"
#include "hub/dispatch.h"

#define DIALECT_BYTES_MAX 32u
#define REALM_BYTES_MAX 64u
#define ADDRESS_BYTES_MAX 128u

/* A client's rooms are searched one by one. */
#define CLIENT_ROOMS_MAX 64u

/*
 * Places in joining order are times in microseconds. Places that were given before a restart, by a
 * clock that was ahead, are kept; one further ahead was never given.
 */
#define ORDINAL_AHEAD_US (UINT64_C(24) * 60 * 60 * 1000 * 1000)

/* What the old servers called somebody without a name; the client_id follows. */
#define NAMELESS "\xe7\x94\xa8\xe6\x88\xb7"

_Static_assert(sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE <= CORE_NAME_BYTES_MIN,
    "who comes again under such a name must be let in");

static void
refuse(struct core *core, const struct gateway *gateway, uint64_t conn, struct text room,
    enum outcome_code code)
{
	struct envelope_refused refused = { .conn = conn, .room = room, .code = (uint32_t)code };

	metric_increment(core->metrics.refused[code]);
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_REFUSED, &refused);
}

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
	       core_is_showable(open->address, ADDRESS_BYTES_MAX) && open->since_ms <= INT64_MAX;
}

static struct client *
open_client(struct core *core, const struct gateway *gateway, struct now now,
    const struct envelope_open *open)
{
	char nameless[sizeof(NAMELESS) - 1 + CLIENT_ID_TEXT_SIZE] = NAMELESS;
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
	return presence_open(core->presence, &facts);
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
		refuse(core, gateway, open->conn, (struct text){ 0 }, OUTCOME_TOO_LONG);
		return LINK_ALIVE;
	}
	client = open_client(core, gateway, now, open);
	if (client == NULL) {
		refuse(core, gateway, open->conn, (struct text){ 0 }, OUTCOME_FULL);
		return LINK_ALIVE;
	}
	gateway->clients++;
	metric_set(core->metrics.clients, presence_clients(core->presence));
	opened = (struct envelope_opened){
		.conn = client->conn,
		.client = client->id,
		.name = client->name,
	};
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_OPENED, &opened);
	return LINK_ALIVE;
}

static void
leave(struct core *core, struct now now, struct member *member)
{
	struct stream *stream = member->room->stream;
	bool is_last = member->room->count == 1;

	core_roster_exited(core, member, now);
	presence_leave(core->presence, member);
	if (is_last)
		streams_rest(core->streams, stream);
}

void
core_client_gone(struct core *core, struct client *client, struct now now)
{
	while (client->memberships != NULL)
		leave(core, now, client->memberships);
	core->gateways[client->slot].clients--;
	presence_close(core->presence, client);
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

static uint64_t
next_ordinal(struct core *core, struct now now, uint64_t kept)
{
	uint64_t now_us = now.wall_ms > 0 ? (uint64_t)now.wall_ms * 1000 : 0;
	uint64_t ordinal = core->last_ordinal + 1;

	if (ordinal < now_us)
		ordinal = now_us;
	/* Whoever took just any place would give one gateway power over all later ones. */
	if (kept != 0 && (kept <= ordinal || kept <= now_us + ORDINAL_AHEAD_US))
		ordinal = kept;
	if (ordinal > core->last_ordinal)
		core->last_ordinal = ordinal;
	return ordinal;
}

static void
say_joined(struct core *core, const struct gateway *gateway, const struct member *member)
{
	struct envelope_joined joined = {
		.conn = member->client->conn,
		.room = member->room->name,
		.ordinal = member->ordinal,
		.epoch = member->room->stream->epoch,
		.seq = member->room->stream->seq,
	};

	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_JOINED, &joined);
}

static bool
has_room_for_another(const struct client *client)
{
	unsigned count = 0;

	for (const struct member *member = client->memberships; member != NULL;
	     member = member->next)
		count++;
	return count < CLIENT_ROOMS_MAX;
}

/* NULL if there are rooms enough already, the client's or all, or no memory. */
static struct member *
join(struct core *core, struct now now, struct client *client, const struct envelope_join *join)
{
	const struct room *room = presence_room(core->presence, join->room);
	struct stream *stream;
	struct member *member;

	if (!has_room_for_another(client) ||
	    (room == NULL && presence_rooms(core->presence) >= core->limits.rooms_max))
		return NULL;
	stream = room != NULL ? room->stream : streams_room(core->streams, join->room);
	if (stream == NULL)
		return NULL;
	member = presence_join(
	    core->presence, client, join->room, stream, next_ordinal(core, now, join->ordinal));
	if (member == NULL && room == NULL)
		streams_rest(core->streams, stream);
	return member;
}

enum link_loss
on_join(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_join *request = &envelope->join;
	struct client *client;
	struct member *member;

	if (!names_is_room(request->room))
		return LINK_BAD_CONTENT;
	client = presence_by_conn(core->presence, gateway->slot, request->conn);
	if (client == NULL) {
		/* Sent behind an OPEN that was refused. */
		refuse(core, gateway, request->conn, request->room, OUTCOME_FULL);
		return LINK_ALIVE;
	}
	member = presence_member(client, request->room);
	if (member != NULL) {
		say_joined(core, gateway, member);
		return LINK_ALIVE;
	}
	member = join(core, now, client, request);
	if (member == NULL) {
		refuse(core, gateway, request->conn, request->room, OUTCOME_FULL);
		return LINK_ALIVE;
	}
	say_joined(core, gateway, member);
	core_roster_entered(core, member, now);
	return LINK_ALIVE;
}
