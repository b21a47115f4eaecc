/* Settings of a hub's core that runs: limits, and rules for rooms that people are in. */
#include "common/config_schema.h"
#include "hub/core_operator.h"
#include "hub/core_settings.h"
#include "hub/core_state.h"
#include "tests/unit/rooms_rig.h"

static char *
s(const char *string)
{
	return (char *)(uintptr_t)string;
}

/* Whoever is in "read" reads and writes in rooms of tea; "ana" may what operators may. */
static void
set_rules(struct rooms_rig *rooms, const char *read)
{
	const struct config_class classes[] = {
		{ .name = s("tea"),
		    .rooms = s("tea*"),
		    .durability = s("store"),
		    .read = s(read),
		    .write = s("operators"),
		    .list = s("everyone"),
		    .create = s("everyone") },
	};
	const struct core_settings settings = {
		.limits = rooms->rig.core->limits,
		.classes = classes,
		.class_count = 1,
		.operators = "ana",
	};

	assert_true(core_set(rooms->rig.core, rooms->rig.now, &settings));
}

/* Of saying that in the room tea. */
static uint32_t
outcome(struct rooms_rig *rooms, uint64_t conn, const char *content)
{
	struct rig *rig = &rooms->rig;
	struct envelope heard;

	rig_turn(rig, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms->gateway, PUBLISH, publish, .conn = conn, .number = ++rooms->said,
	    .room = TEXT("tea"), .content = text_of(content));
	rig_turn(rig, 1);
	do
		assert_true(rig_next(rig, rooms->gateway, &heard));
	while (heard.kind != ENVELOPE_OUTCOME);
	rig_forget(rig);
	return heard.outcome.code;
}

static void
rules_bear_upon_who_is_there(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct envelope heard;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	(void)rooms_client(&rooms, 2, "ben");
	assert_int_equal(rooms_join(&rooms, 1, "tea"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 2, "tea"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 2, "s-plans"), OUTCOME_NO_SUCH_ROOM);
	assert_int_equal(outcome(&rooms, 1, "hello"), OUTCOME_OK);
	assert_int_equal(outcome(&rooms, 2, "hello"), OUTCOME_OK);
	set_rules(&rooms, "everyone");
	rig_turn(rig, 1);
	rig_silent(rig, rooms.gateway);
	assert_int_equal(outcome(&rooms, 1, "hello"), OUTCOME_OK);
	assert_int_equal(outcome(&rooms, 2, "hello"), OUTCOME_READ_ONLY);
	/* The class that forbade it is gone. */
	assert_int_equal(rooms_join(&rooms, 2, "s-plans"), OUTCOME_OK);
	rig_turn(rig, 0);
	rig_forget(rig);
	set_rules(&rooms, "ana");
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_LEFT);
	assert_text(heard.left.room, "tea");
	assert_int_equal(heard.left.conn, 2);
	assert_int_equal(heard.left.reason, LEFT_FORBIDDEN);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_EXITED);
	assert_text(heard.exited.room, "tea");
	rig_silent(rig, rooms.gateway);
	assert_int_equal(rooms_join(&rooms, 2, "tea"), OUTCOME_NO_SUCH_ROOM);
	assert_int_equal(outcome(&rooms, 1, "hello"), OUTCOME_OK);
	rooms_stop(&rooms);
}

/* All but those that were told to gateways, or that memory was made by. */
static void
limits_bear_at_once(void **state)
{
	struct rooms_rig rooms;
	struct core *core;
	struct core_settings settings = { .operators = "" };

	(void)state;
	rooms_start(&rooms);
	core = rooms.rig.core;
	(void)rooms_client(&rooms, 1, "ana");
	assert_int_equal(rooms_join(&rooms, 1, "tea"), OUTCOME_OK);
	assert_int_equal(outcome(&rooms, 1, "hello"), OUTCOME_OK);
	settings.limits = (struct core_limits){
		.gateways_max = core->limits.gateways_max - 1,
		.clients_max = 7,
		.content_bytes = 4,
		.name_bytes = 50,
		.settle_ms = 6,
		.commands_max = core->limits.commands_max - 1,
		.rooms_max = core->limits.rooms_max - 1,
		.connections_max = 2,
		.resume_ms = 5,
		.inbox_messages = 9,
		.inbox_bytes = 11,
		.read_keep_ms = core->limits.read_keep_ms + 1,
	};
	assert_true(core_set(core, rooms.rig.now, &settings));
	assert_int_equal(outcome(&rooms, 1, "hello"), OUTCOME_TOO_LONG);
	assert_int_equal(outcome(&rooms, 1, "hell"), OUTCOME_OK);
	assert_int_equal(core->limits.clients_max, 7);
	assert_int_equal(core->limits.name_bytes, 50);
	assert_int_equal(core->limits.connections_max, 2);
	assert_int_equal(core->limits.resume_ms, 5);
	assert_int_equal(core->inboxes.messages_max, 9);
	assert_int_equal(core->inboxes.bytes_max, 11);
	assert_int_equal(core->limits.linger_ms, CORE_LINGER_MS);
	assert_int_equal(core->limits.gateways_max, settings.limits.gateways_max + 1);
	assert_int_equal(core->limits.commands_max, settings.limits.commands_max + 1);
	assert_int_equal(core->limits.rooms_max, settings.limits.rooms_max + 1);
	assert_int_equal(core->limits.read_keep_ms + 1, settings.limits.read_keep_ms);
	rooms_stop(&rooms);
}

/* What the table calls reloadable is what core_set takes, users and the log's level beside. */
static void
the_table_knows_what_can_be_set(void **state)
{
	static const char *const settable[] = {
		"log.level",
		"hub.allow_users",
		"hub.clients_max",
		"hub.bans_max",
		"hub.operators",
		"limits.content_bytes",
		"limits.name_code_points",
		"limits.connections_per_user",
		"store.inbox_messages",
		"store.inbox_kilobytes",
		"store.resume_hours",
		"class.rooms",
		"class.read",
		"class.write",
		"class.list",
		"class.create",
	};
	unsigned found = 0;

	(void)state;
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		char name[64];

		if (key->applied[CONFIG_ROLE_HUB] != CONFIG_AT_RELOAD)
			continue;
		snprintf(name, sizeof(name), "%s.%s", key->section, key->name);
		assert_true(found < sizeof(settable) / sizeof(settable[0]));
		assert_string_equal(name, settable[found++]);
	}
	assert_int_equal(found, sizeof(settable) / sizeof(settable[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_bear_upon_who_is_there),
		cmocka_unit_test(limits_bear_at_once),
		cmocka_unit_test(the_table_knows_what_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
