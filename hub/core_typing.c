/*
 * Somebody is writing. Never stored, and the first thing that is left out when a gateway falls
 * behind.
 */
#include "common/names.h"
#include "hub/core_rooms.h"
#include "hub/dispatch.h"
#include "hub/router.h"

/* Those of the gateways whose links have time for it. */
static uint64_t
idle_slots(const struct core *core, uint64_t slots)
{
	uint64_t idle = 0;

	if (core->links.is_busy == NULL)
		return slots;
	for (; slots != 0; slots &= slots - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(slots);

		if (!core->links.is_busy(core->links.context, slot))
			idle |= core_slot_bit(slot);
	}
	return idle;
}

static void
tell(struct core *core, uint64_t slots, const struct envelope_typed *typed)
{
	slots = idle_slots(core, slots);
	if (slots != 0)
		core_tell(core, slots, ENVELOPE_TYPED, typed);
}

static void
tell_room(struct core *core, const struct client *from, struct envelope_typed *typed)
{
	const struct member *member = presence_member(from, typed->room);

	if (member != NULL && core_may_write(core, member))
		tell(core, router_room(member->room), typed);
}

/* To each connection of the user, as a private message would be. */
static void
tell_user(
    struct core *core, const struct client *from, struct text who, struct envelope_typed *typed)
{
	const struct user *user =
	    router_private(core->presence, core->users, from->user->realm, who, 0).user;
	const struct client *to = user != NULL ? user->clients : NULL;

	for (; to != NULL; to = to->sibling) {
		if (to == from || to->lingers)
			continue;
		typed->conn = to->conn;
		tell(core, core_slot_bit(to->slot), typed);
	}
}

enum link_loss
on_typing(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_typing *typing = &envelope->typing;
	const struct client *from = presence_by_conn(core->presence, gateway->slot, typing->conn);
	struct envelope_typed typed = { .room = typing->room };

	(void)now;
	if (!text_is_empty(typing->room) && !names_is_room(typing->room))
		return LINK_BAD_CONTENT;
	/* While settling we do not know who is there, and later it is no longer true. */
	if (from == NULL || core->settling.active)
		return LINK_ALIVE;
	typed.from = from->id;
	typed.from_user = core_room_user(from).id;
	typed.from_name = from->name;
	if (!text_is_empty(typing->room))
		tell_room(core, from, &typed);
	else
		tell_user(core, from, typing->to, &typed);
	return LINK_ALIVE;
}
