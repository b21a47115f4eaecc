/*
 * Limits and rules of a core that runs. What is made of them once, at its beginning, is left alone;
 * everything else is asked for where it is used.
 */
#include "hub/core_settings.h"

#include <string.h>

#include "hub/core_rooms.h"
#include "hub/core_state.h"

static void
complete(uint64_t *limit, uint64_t otherwise)
{
	if (*limit == 0)
		*limit = otherwise;
}

static void
complete_count(unsigned *limit, unsigned otherwise)
{
	if (*limit == 0)
		*limit = otherwise;
}

void
core_limits_complete(struct core_limits *limits)
{
	if (limits->gateways_max > CORE_GATEWAYS_MAX)
		limits->gateways_max = CORE_GATEWAYS_MAX;
	if (limits->name_bytes < CORE_NAME_BYTES_MIN)
		limits->name_bytes = CORE_NAME_BYTES_MIN;
	complete_count(&limits->commands_max, CORE_COMMANDS_MAX);
	complete_count(&limits->rooms_max, CORE_ROOMS_MAX);
	complete_count(&limits->bans_max, CORE_BANS_MAX);
	complete_count(&limits->connections_max, CORE_CONNECTIONS_MAX);
	complete(&limits->linger_ms, CORE_LINGER_MS);
	complete(&limits->detach_ms, CORE_DETACH_MS);
	complete(&limits->resume_ms, CORE_RESUME_MS);
	complete(&limits->inbox_messages, CORE_INBOX_MESSAGES);
	complete(&limits->inbox_bytes, CORE_INBOX_BYTES);
	complete(&limits->read_keep_ms, CORE_RESUME_MS);
}

/* In the order of names; a room may end with its last member. */
static void
put_out_forbidden(struct core *core, struct now now)
{
	const struct room_rule *rule = room_rules_next(core->rules, TEXT(""));
	char kept[ROOM_NAME_MAX];
	struct text name;

	while (rule != NULL) {
		name = (struct text){ kept, rule->name.length };
		memcpy(kept, rule->name.data, rule->name.length);
		(void)core_room_put_out(core, now, name);
		rule = room_rules_next(core->rules, name);
	}
}

bool
core_set(struct core *core, struct now now, const struct core_settings *settings)
{
	const struct core_limits before = core->limits;

	if (!room_rules_set(
		core->rules, settings->classes, settings->class_count, settings->operators))
		return false;
	core->limits = settings->limits;
	core_limits_complete(&core->limits);
	core->limits.gateways_max = before.gateways_max;
	core->limits.commands_max = before.commands_max;
	core->limits.rooms_max = before.rooms_max;
	core->limits.read_keep_ms = before.read_keep_ms;
	core->inboxes.messages_max = core->limits.inbox_messages;
	core->inboxes.bytes_max = core->limits.inbox_bytes;
	put_out_forbidden(core, now);
	return true;
}
