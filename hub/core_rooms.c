/*
 * Clients enter and leave rooms. The hub gives places in joining order; whoever was a member under
 * an earlier link keeps its place. What is said in rooms is core_commands.c's.
 */
#include "common/names.h"
#include "common/outcomes.h"
#include "hub/core_events.h"
#include "hub/core_rooms.h"
#include "hub/core_roster.h"
#include "hub/core_state.h"
#include "hub/core_users.h"
#include "hub/dispatch.h"

/*
 * Places in joining order are times in microseconds. Places that were given before a restart, by a
 * clock that was ahead, are kept; one further ahead was never given.
 */
#define ORDINAL_AHEAD_US (UINT64_C(24) * 60 * 60 * 1000 * 1000)

void
core_refuse(struct core *core, const struct gateway *gateway, uint64_t conn, struct text room,
    enum outcome_code code)
{
	struct envelope_refused refused = { .conn = conn, .room = room, .code = (uint32_t)code };

	metric_increment(core->metrics.refused[code]);
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_REFUSED, &refused);
}

void
core_room_leave(struct core *core, struct now now, struct member *member)
{
	struct stream *stream = member->room->stream;
	bool is_last = member->room->count == 1;

	core_roster_exited(core, member, now);
	if (is_last)
		(void)room_rules_live(core->rules, member->room->name, false);
	presence_leave(core->presence, member);
	if (is_last)
		streams_rest(core->streams, stream);
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
say_joined(
    struct core *core, const struct gateway *gateway, uint64_t conn, const struct member *member)
{
	const struct stream *stream = member->room->stream;
	struct envelope_joined joined = {
		.conn = conn,
		.room = member->room->name,
		.ordinal = member->ordinal,
		.epoch = stream->seq > 0 ? stream->epoch : 0,
		.seq = stream->seq,
		.members = member->room->count,
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
	return count < CORE_CLIENT_ROOMS_MAX;
}

struct room_user
core_room_user(const struct client *client)
{
	return (struct room_user){ client->user->realm, client->user->id };
}

bool
core_room_allows(
    const struct core *core, const struct client *client, struct text room, enum room_right right)
{
	struct room_user user = core_room_user(client);

	return room_rules_allow(core->rules, room, right, &user);
}

bool
core_may_write(const struct core *core, const struct member *member)
{
	return core_room_allows(core, member->client, member->room->name, ROOM_WRITE);
}

struct stream *
core_room_stream(struct core *core, struct text room)
{
	const struct store_stream wanted = room_rules_stream(core->rules, room,
	    streams_room_name(core->streams, room), core->store->ops->durability);

	return streams_get(core->streams, &wanted);
}

/* May the client enter a room that nobody is in? Whoever was there before a restart may. */
static bool
may_begin(const struct core *core, const struct client *client, const struct stream *stream,
    const struct envelope_join *join)
{
	return join->ordinal != 0 || stream->seq > 0 ||
	       room_rules_find(core->rules, join->room) != NULL ||
	       core_room_allows(core, client, join->room, ROOM_CREATE);
}

/* The first member of a room that is empty. */
static enum outcome_code
join_first(struct core *core, struct now now, struct client *client,
    const struct envelope_join *join, struct member **member_out)
{
	struct stream *stream;
	enum outcome_code code = OUTCOME_FULL;

	if (presence_rooms(core->presence) >= core->limits.rooms_max)
		return OUTCOME_FULL;
	stream = core_room_stream(core, join->room);
	if (stream == NULL)
		return OUTCOME_FULL;
	if (!may_begin(core, client, stream, join))
		code = OUTCOME_NO_SUCH_ROOM;
	else if (room_rules_live(core->rules, join->room, true))
		*member_out = presence_join(core->presence, client, join->room, stream,
		    next_ordinal(core, now, join->ordinal));
	if (*member_out != NULL)
		return OUTCOME_OK;
	(void)room_rules_live(core->rules, join->room, false);
	streams_rest(core->streams, stream);
	return code;
}

/* OUTCOME_OK with the new member, or why there is none. */
static enum outcome_code
join(struct core *core, struct now now, struct client *client, const struct envelope_join *join,
    struct member **member_out)
{
	const struct room *room = presence_room(core->presence, join->room);

	*member_out = NULL;
	if (!has_room_for_another(client))
		return OUTCOME_TOO_MANY_ROOMS;
	if (!core_room_allows(core, client, join->room, ROOM_READ))
		return OUTCOME_NO_SUCH_ROOM;
	if (room == NULL)
		return join_first(core, now, client, join, member_out);
	*member_out = presence_join(core->presence, client, join->room, room->stream,
	    next_ordinal(core, now, join->ordinal));
	return *member_out != NULL ? OUTCOME_OK : OUTCOME_FULL;
}

/* Not for a connection that is gone: another one of the client's may hear the room. */
static bool
hears(const struct client *client, const struct gateway *gateway, uint64_t conn)
{
	return !client->lingers && client->slot == gateway->slot && client->conn == conn;
}

enum link_loss
on_join(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_join *request = &envelope->join;
	struct client *client;
	struct member *member;
	enum outcome_code code;

	if (!names_is_room(request->room))
		return LINK_BAD_CONTENT;
	client = core_sender(core, gateway->slot, request->conn);
	if (client == NULL) {
		/* Sent behind an OPEN that was refused. */
		core_refuse(core, gateway, request->conn, request->room, OUTCOME_FULL);
		return LINK_ALIVE;
	}
	member = presence_member(client, request->room);
	if (member != NULL) {
		if (hears(client, gateway, request->conn))
			presence_hear(member);
		say_joined(core, gateway, request->conn, member);
		return LINK_ALIVE;
	}
	code = join(core, now, client, request, &member);
	if (code != OUTCOME_OK) {
		core_refuse(core, gateway, request->conn, request->room, code);
		core_note_refused(core, client, now, request->room, code);
		return LINK_ALIVE;
	}
	/* Whoever was there under another link does not enter anew. */
	if (request->ordinal == 0)
		core_note(core, client, now, EVENT_JOINED, request->room);
	if (!hears(client, gateway, request->conn) && !member->deaf)
		presence_deafen(member);
	say_joined(core, gateway, request->conn, member);
	core->joins++;
	core_roster_entered(core, member, now);
	return LINK_ALIVE;
}

enum link_loss
on_leave(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_leave *request = &envelope->leave;
	struct client *client = presence_by_conn(core->presence, gateway->slot, request->conn);
	struct member *member = client == NULL ? NULL : presence_member(client, request->room);
	struct envelope_left left = {
		.conn = request->conn,
		.room = request->room,
		.reason = LEFT_WISHED,
	};

	if (!names_is_room(request->room))
		return LINK_BAD_CONTENT;
	/* One who is no member, or no longer, has what it asked for. */
	if (member != NULL) {
		core_note(core, client, now, EVENT_LEFT, request->room);
		core_room_leave(core, now, member);
	}
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_LEFT, &left);
	return LINK_ALIVE;
}
