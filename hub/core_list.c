/*
 * The rooms that somebody may see, by name: those that have members or that an operator made.
 * When it is answered is core_fetch.c's.
 */
#include "hub/core_fetch.h"
#include "hub/core_rooms.h"

/* Rooms told and rooms looked at in one answer. */
#define LIST_ROOMS_MAX 256u
#define LIST_LOOKS_MAX 2048u

/* Looking at a room costs far less than saying a message. */
#define LOOKS_PER_COST 8u

static uint32_t
rights_of(const struct core *core, const struct client *client, struct text room)
{
	uint32_t rights = 0;

	if (core_room_allows(core, client, room, ROOM_READ))
		rights |= ROOM_MAY_READ;
	if (core_room_allows(core, client, room, ROOM_WRITE))
		rights |= ROOM_MAY_WRITE;
	if (presence_member(client, room) != NULL)
		rights |= ROOM_IS_MEMBER;
	return rights;
}

/* Where the room's stream stands, asked of the store if nobody is in the room. */
static void
tell_position(struct core *core, struct text name, struct envelope_listed *listed)
{
	struct stream *stream = streams_find_room(core->streams, name);
	bool at_hand = stream != NULL;

	if (!at_hand)
		stream = core_room_stream(core, name);
	if (stream == NULL)
		return;
	if (!stream->removed && stream->committed > 0) {
		listed->epoch = stream->epoch;
		listed->seq = stream->committed;
	}
	if (!at_hand)
		streams_rest(core->streams, stream);
}

/* To whom may not read it a room does not exist, so that it is not named either. */
static bool
is_shown(const struct core *core, const struct client *client, struct text room, uint32_t rights)
{
	if ((rights & ROOM_IS_MEMBER) != 0)
		return true;
	return (rights & ROOM_MAY_READ) != 0 && core_room_allows(core, client, room, ROOM_LIST);
}

static void
tell_room(struct core *core, const struct envelope_list *list, const struct room_rule *rule,
    uint32_t rights, struct buffer *out)
{
	const struct room *room = presence_room(core->presence, rule->name);
	struct envelope_listed listed = {
		.token = list->token,
		.conn = list->conn,
		.room = rule->name,
		.members = room != NULL ? room->count : 0,
		.rights = rights,
	};

	/* How much is said there is for those who may read it. */
	if ((rights & ROOM_MAY_READ) != 0)
		tell_position(core, rule->name, &listed);
	if (!envelope_encode(out, ENVELOPE_LISTED, &listed))
		out->failed = true;
}

unsigned
core_list_answer(struct core *core, const struct question *question, struct buffer *out)
{
	const struct envelope_list *list = &question->envelope.list;
	const struct client *client = presence_by_conn(core->presence, question->slot, list->conn);
	struct envelope_list_end end = { .token = list->token, .conn = list->conn };
	const struct room_rule *rule = NULL;
	unsigned limit = list->limit;
	unsigned told = 0;
	unsigned looks = 0;

	if (limit == 0 || limit > LIST_ROOMS_MAX)
		limit = LIST_ROOMS_MAX;
	if (client != NULL)
		rule = room_rules_next(core->rules, list->after);
	for (; rule != NULL && told < limit && looks < LIST_LOOKS_MAX; looks++) {
		uint32_t rights = rights_of(core, client, rule->name);

		if (is_shown(core, client, rule->name, rights)) {
			tell_room(core, list, rule, rights, out);
			told++;
		}
		rule = room_rules_next(core->rules, rule->name);
	}
	end.more = rule != NULL;
	(void)envelope_encode(out, ENVELOPE_LIST_END, &end);
	return told + looks / LOOKS_PER_COST;
}
