/*
 * Questions to gateways about themselves, and other sights for operators. An answer that comes too
 * late is not looked at any more; a gateway that gives none costs nobody anything.
 */
#include "hub/core_asks.h"

#include "hub/dispatch.h"

struct events *
core_events(struct core *core)
{
	return core->events;
}

uint64_t
core_joins(const struct core *core)
{
	return core->joins;
}

/* Puts it into its place among the biggest so far. */
static unsigned
insert(struct core_big_room *rooms, unsigned count, unsigned most, const struct room *room)
{
	unsigned at = count < most ? count : most;

	while (at > 0 && rooms[at - 1].members < room->count) {
		if (at < most)
			rooms[at] = rooms[at - 1];
		at--;
	}
	if (at == most)
		return count;
	rooms[at] = (struct core_big_room){
		.name = room->name.data,
		.members = room->count,
		.seq = room->stream->committed,
	};
	return count < most ? count + 1 : count;
}

unsigned
core_big_rooms(const struct core *core, struct core_big_room *rooms_out, unsigned most)
{
	const struct room *room = presence_room_from(core->presence, 0);
	unsigned count = 0;

	for (; room != NULL; room = room->next)
		count = insert(rooms_out, count, most, room);
	return count;
}

/* Of a gateway that is there and knows such questions. */
static bool
can_answer(const struct gateway *gateway, enum envelope_kind kind)
{
	return gateway->state == GATEWAY_ATTACHED &&
	       gateway->link_version >= envelope_kind_version(kind);
}

static void
ask_level(struct core *core, struct gateway *gateway, uint64_t token, uint32_t level)
{
	const struct envelope_log_level body = { .token = token, .level = level };

	gateway->asked.level_asked = token;
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_LOG_LEVEL, &body);
}

static void
ask_load(struct core *core, struct gateway *gateway, uint64_t token)
{
	const struct envelope_load body = { .token = token };

	gateway->asked.load_asked = token;
	core_tell(core, core_slot_bit(gateway->slot), ENVELOPE_LOAD, &body);
}

uint64_t
core_ask(struct core *core, enum core_question question, struct text name, uint32_t level)
{
	enum envelope_kind kind = question == CORE_ASK_LEVEL ? ENVELOPE_LOG_LEVEL : ENVELOPE_LOAD;
	uint64_t token = core->last_ask + 1;
	bool was_asked = false;

	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		struct gateway *gateway = &core->gateways[slot];

		if (!can_answer(gateway, kind) ||
		    (!text_is_empty(name) && !text_equal(text_of(gateway->name), name)))
			continue;
		if (question == CORE_ASK_LEVEL)
			ask_level(core, gateway, token, level);
		else
			ask_load(core, gateway, token);
		was_asked = true;
	}
	if (!was_asked)
		return 0;
	core->last_ask = token;
	return token;
}

static uint64_t
asked(const struct gateway *gateway, enum core_question question)
{
	return question == CORE_ASK_LEVEL ? gateway->asked.level_asked : gateway->asked.load_asked;
}

static uint64_t
said(const struct gateway *gateway, enum core_question question)
{
	return question == CORE_ASK_LEVEL ? gateway->asked.level_said : gateway->asked.load_said;
}

/* Somebody who asked later is answered by the same words. */
bool
core_all_answered(const struct core *core, enum core_question question, uint64_t token)
{
	for (unsigned slot = 0; slot < CORE_GATEWAYS_MAX; slot++) {
		const struct gateway *gateway = &core->gateways[slot];

		if (gateway->state == GATEWAY_ATTACHED && asked(gateway, question) >= token &&
		    said(gateway, question) < token)
			return false;
	}
	return true;
}

bool
core_next_answer(const struct core *core, enum core_question question, uint64_t token,
    unsigned *cursor, struct core_answer *answer_out)
{
	while (*cursor < CORE_GATEWAYS_MAX) {
		const struct gateway *gateway = &core->gateways[(*cursor)++];

		if (gateway->state != GATEWAY_ATTACHED)
			continue;
		*answer_out = (struct core_answer){
			.name = gateway->name,
			.clients = gateway->clients,
			.answered = token != 0 && said(gateway, question) >= token,
			.level = gateway->asked.level,
			.load = gateway->asked.load,
		};
		return true;
	}
	return false;
}

enum link_loss
on_log_level(
    struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_log_level *level = &envelope->log_level;

	(void)core;
	(void)now;
	/* An answer to nothing that was asked. */
	if (level->token > gateway->asked.level_asked)
		return LINK_BAD_CONTENT;
	if (level->token > gateway->asked.level_said) {
		gateway->asked.level_said = level->token;
		gateway->asked.level = level->level;
	}
	return LINK_ALIVE;
}

enum link_loss
on_load(struct core *core, struct gateway *gateway, struct now now, const struct envelope *envelope)
{
	const struct envelope_load *load = &envelope->load;

	(void)core;
	(void)now;
	if (load->token > gateway->asked.load_asked)
		return LINK_BAD_CONTENT;
	if (load->token > gateway->asked.load_said) {
		gateway->asked.load_said = load->token;
		gateway->asked.load = *load;
	}
	return LINK_ALIVE;
}
