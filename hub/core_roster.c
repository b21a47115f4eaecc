/*
 * What gateways are told of who is online. A newly attached one gets the whole roster in parts,
 * its cursor being the last member said; a difference behind the cursor is said at once, one
 * ahead of it is left to the cursor. After a restart nobody is told anything until the known
 * gateways are back or have been waited for.
 */
#include "hub/core_roster.h"

/* Said to one gateway in one turn; a frame that begins below it may end above. */
#define ROSTER_PART 65536u

/* The longest ENTERED beside its name: numbers, a room of 64 bytes, a user's id. */
#define ENTERED_BESIDE_NAME (160u + USERS_ID_BYTES_MAX)

/* Between parts: time for the gateway to read. */
#define ROSTER_PART_MS 1u

static struct roster_cursor
cursor_at(const struct member *member)
{
	return (struct roster_cursor){
		.serial = member->room->serial,
		.ordinal = member->ordinal,
		.client = member->client->id,
	};
}

static bool
is_behind(const struct member *member, const struct roster_cursor *cursor)
{
	if (member->room->serial != cursor->serial)
		return member->room->serial < cursor->serial;
	return presence_compare(member, cursor->ordinal, cursor->client) <= 0;
}

/* The gateways that know, or must know, of this member. */
static uint64_t
audience(const struct core *core, const struct member *member)
{
	uint64_t slots = 0;

	for (unsigned slot = 0; slot < core->limits.gateways_max; slot++) {
		const struct gateway *gateway = &core->gateways[slot];

		if (gateway->state != GATEWAY_ATTACHED || gateway->roster == ROSTER_WAITING)
			continue;
		if (gateway->roster == ROSTER_TOLD || is_behind(member, &gateway->cursor))
			slots |= core_slot_bit(slot);
	}
	return slots;
}

static void
say_entered(struct core *core, uint64_t slots, const struct member *member, uint64_t time)
{
	struct envelope_entered entered = {
		.room = member->room->name,
		.client = member->client->id,
		.name = member->client->name,
		.ordinal = member->ordinal,
		.time = time,
		.user = member->client->user->id,
	};

	core_tell(core, slots, ENVELOPE_ENTERED, &entered);
}

void
core_roster_entered(struct core *core, const struct member *member, struct now now)
{
	core->roster_version++;
	metric_increment(core->metrics.entered);
	say_entered(core, audience(core, member), member, (uint64_t)now.wall_ms);
}

void
core_roster_exited(struct core *core, const struct member *member, struct now now)
{
	struct envelope_exited exited = {
		.room = member->room->name,
		.client = member->client->id,
		.time = (uint64_t)now.wall_ms,
	};

	core->roster_version++;
	metric_increment(core->metrics.exited);
	core_tell(core, audience(core, member), ENVELOPE_EXITED, &exited);
}

static void
say_roster_end(struct core *core, uint64_t slots)
{
	struct envelope_roster_end end = {
		.version = core->roster_version,
		.gateways = core->attached,
	};

	core_tell(core, slots, ENVELOPE_ROSTER_END, &end);
}

/* The number they say after our death is how many the next hub waits for. */
void
core_roster_counted(struct core *core)
{
	uint64_t slots = 0;

	for (unsigned slot = 0; slot < core->limits.gateways_max; slot++) {
		const struct gateway *gateway = &core->gateways[slot];

		if (gateway->state == GATEWAY_ATTACHED && gateway->roster == ROSTER_TOLD)
			slots |= core_slot_bit(slot);
	}
	say_roster_end(core, slots);
}

void
core_settle_hello(struct core *core, struct now now, const struct envelope_hello *hello)
{
	struct settling *settling = &core->settling;

	if (settling->over || hello->hub_epoch == 0 || hello->hub_epoch == core->epoch)
		return;
	if (!settling->active) {
		settling->active = true;
		settling->deadline_ms = now.mono_ms + core->limits.settle_ms;
		log_info(core->log, "waiting for the gateways of the hub before",
		    log_u64("gateways", hello->gateways_known),
		    log_u64("milliseconds", core->limits.settle_ms));
	}
	if (hello->gateways_known > settling->expected)
		settling->expected = hello->gateways_known;
}

/* Both what the store and what the gateways say of the hub before must be fulfilled. */
static bool
is_incomplete(const struct core *core)
{
	const struct settling *settling = &core->settling;

	return core_known_is_awaiting(core) || core->attached + settling->gone < settling->expected;
}

static void
settle(struct core *core, struct now now)
{
	struct settling *settling = &core->settling;
	struct buffer *given_up = &core->listing->awaited;

	if (!settling->active || (is_incomplete(core) && now.mono_ms < settling->deadline_ms))
		return;
	settling->active = false;
	settling->over = true;
	buffer_clear(given_up);
	core_known_settled(core, given_up);
	log_info(core->log, "settled", log_u64("gateways", core->attached),
	    log_u64("expected", settling->expected), log_text("given_up", buffer_text(given_up)));
}

/* The first of the members behind the cursor in a room that is in order. */
static size_t
place_after(const struct room *room, const struct roster_cursor *cursor)
{
	size_t low = 0;
	size_t high = room->used;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_behind(room->members[middle], cursor))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Goes on with the roster; true when all is said. */
static bool
say_part(struct core *core, struct gateway *gateway)
{
	size_t began = outbox_open_length(core->outbox);
	size_t room_for_one = ENTERED_BESIDE_NAME + core->limits.name_bytes;
	struct room *room = presence_room_from(core->presence, gateway->cursor.serial);

	for (; room != NULL; room = room->next) {
		presence_order(room);
		for (size_t i = place_after(room, &gateway->cursor); i < room->used; i++) {
			const struct member *member = room->members[i];

			if (outbox_open_length(core->outbox) - began + room_for_one > ROSTER_PART)
				return false;
			/* An ordinal is a time in microseconds as long as clocks are sane. */
			say_entered(
			    core, core_slot_bit(gateway->slot), member, member->ordinal / 1000);
			gateway->cursor = cursor_at(member);
		}
	}
	return true;
}

void
core_roster_turn(struct core *core, struct now now)
{
	settle(core, now);
	if (core->settling.active)
		return;
	for (unsigned slot = 0; slot < core->limits.gateways_max; slot++) {
		struct gateway *gateway = &core->gateways[slot];

		if (gateway->state != GATEWAY_ATTACHED || gateway->roster == ROSTER_TOLD)
			continue;
		gateway->roster = ROSTER_SENDING;
		if (!say_part(core, gateway))
			continue;
		gateway->roster = ROSTER_TOLD;
		say_roster_end(core, core_slot_bit(slot));
		log_info(
		    core->log, "gateway knows the roster", log_string("gateway", gateway->name));
	}
	core_commands_resume(core, now);
}

uint64_t
core_roster_deadline(const struct core *core, struct now now)
{
	if (core->settling.active)
		return core->settling.deadline_ms > now.mono_ms
			   ? core->settling.deadline_ms - now.mono_ms
			   : 0;
	if (!held_is_empty(&core->held))
		return ROSTER_PART_MS;
	for (unsigned slot = 0; slot < core->limits.gateways_max; slot++) {
		const struct gateway *gateway = &core->gateways[slot];

		if (gateway->state == GATEWAY_ATTACHED && gateway->roster != ROSTER_TOLD)
			return ROSTER_PART_MS;
	}
	return UINT64_MAX;
}
