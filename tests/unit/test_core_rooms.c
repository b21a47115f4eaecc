/* Rooms with rules: who may enter, speak and begin one; what operators do to them. */
#include "hub/core_operator.h"
#include "hub/store_memory.h"
#include "tests/unit/rooms_rig.h"

static void
leaving_is_answered(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct envelope heard;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	assert_int_equal(rooms_join(&rooms, 1, "tea"), OUTCOME_OK);
	RIG_SAY(rig, rooms.gateway, LEAVE, leave, .conn = 1, .room = TEXT("tea"));
	/* Who is no member has what it asked for. */
	RIG_SAY(rig, rooms.gateway, LEAVE, leave, .conn = 1, .room = TEXT("tea"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_EXITED);
	assert_text(heard.exited.room, "tea");
	for (unsigned i = 0; i < 2; i++) {
		heard = rig_hear(rig, rooms.gateway, ENVELOPE_LEFT);
		assert_text(heard.left.room, "tea");
		assert_int_equal(heard.left.conn, 1);
		assert_int_equal(heard.left.reason, LEFT_WISHED);
	}
	rig_silent(rig, rooms.gateway);
	RIG_REFUSED(
	    rig, rooms.gateway, LINK_BAD_CONTENT, LEAVE, leave, .conn = 1, .room = TEXT("No Room"));
	rooms_stop(&rooms);
}

static void
who_may_not_read_finds_no_room(void **state)
{
	struct rooms_rig rooms;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	(void)rooms_client(&rooms, 2, "boss");
	assert_int_equal(rooms_join(&rooms, 1, "s-plans"), OUTCOME_NO_SUCH_ROOM);
	assert_int_equal(rooms_join(&rooms, 2, "s-plans"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 1, "s-plans"), OUTCOME_NO_SUCH_ROOM);
	rooms_stop(&rooms);
}

static void
who_may_not_write_hears_only(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	(void)rooms_client(&rooms, 2, "boss");
	assert_int_equal(rooms_join(&rooms, 1, "news"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 2, "news"), OUTCOME_OK);
	RIG_SAY(rig, rooms.gateway, PUBLISH, publish, .number = ++rooms.said, .conn = 1,
	    .room = TEXT("news"), .content = TEXT("spam"));
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, rooms.gateway, ENVELOPE_OUTCOME).outcome.code, OUTCOME_READ_ONLY);
	rig_silent(rig, rooms.gateway);
	rooms_say(&rooms, 2, "news", "true");
	rooms_stop(&rooms);
}

static void
not_everybody_begins_a_room(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	assert_int_equal(rooms_join(&rooms, 1, "shut"), OUTCOME_NO_SUCH_ROOM);
	/* Whoever was in it before the hub was restarted is let in again. */
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("shut"),
	    .ordinal = 1699999999000000);
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, rooms.gateway, ENVELOPE_JOINED).joined.ordinal, 1699999999000000);
	/* Then it is there, and after it something to read. */
	(void)rooms_client(&rooms, 2, "ben");
	assert_int_equal(rooms_join(&rooms, 2, "shut"), OUTCOME_OK);
	rooms_say(&rooms, 2, "shut", "hello");
	RIG_SAY(rig, rooms.gateway, CLOSED, closed, .conn = 1);
	RIG_SAY(rig, rooms.gateway, CLOSED, closed, .conn = 2);
	rig_turn(rig, 1);
	(void)rooms_client(&rooms, 3, "eva");
	assert_int_equal(rooms_join(&rooms, 3, "shut"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 3, "shut2"), OUTCOME_NO_SUCH_ROOM);
	rooms_stop(&rooms);
}

static void
a_made_room_is_there_without_anybody(void **state)
{
	const struct store_room wanted = { .name = TEXT("shut"), .write = TEXT("boss") };
	struct core_room_info info;
	struct rooms_rig rooms;
	struct core_deed deed;
	struct core *core;

	(void)state;
	rooms_start(&rooms);
	core = rooms.rig.core;
	assert_int_equal(core_room_create(core, rooms.rig.now, &wanted, &deed), CORE_ROOM_DONE);
	assert_int_equal(core_batch(core, deed.batch), CORE_BATCH_OPEN);
	rig_turn(&rooms.rig, 1);
	assert_int_equal(core_batch(core, deed.batch), CORE_BATCH_KEPT);
	assert_int_equal(core_room_create(core, rooms.rig.now, &wanted, &deed), CORE_ROOM_EXISTS);
	(void)rooms_client(&rooms, 1, "ana");
	assert_int_equal(rooms_join(&rooms, 1, "shut"), OUTCOME_OK);
	assert_true(core_next_room(core, TEXT("lobby"), &info));
	assert_text(info.name, "shut");
	assert_text(info.class_name, "shut");
	assert_true(info.is_made);
	assert_int_equal(info.members, 1);
	assert_in_range(info.created_ms, 1, rooms.rig.now.wall_ms);
	assert_false(core_next_room(core, TEXT("shut"), &info));
	assert_int_equal(
	    core_room_create(core, rooms.rig.now,
		&(struct store_room){ .name = TEXT("x"), .class_name = TEXT("?") }, &deed),
	    CORE_ROOM_NO_CLASS);
	rooms_stop(&rooms);
}

static void
taking_a_room_over_puts_strangers_out(void **state)
{
	const struct store_room wanted = { .name = TEXT("tea"), .read = TEXT("ben") };
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_deed deed;
	struct envelope heard;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	(void)rooms_client(&rooms, 2, "ben");
	assert_int_equal(rooms_join(&rooms, 1, "tea"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 2, "tea"), OUTCOME_OK);
	assert_int_equal(core_room_create(rig->core, rig->now, &wanted, &deed), CORE_ROOM_DONE);
	assert_int_equal(deed.affected, 1);
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_LEFT);
	assert_int_equal(heard.left.conn, 1);
	assert_int_equal(heard.left.reason, LEFT_FORBIDDEN);
	(void)rig_hear(rig, rooms.gateway, ENVELOPE_EXITED);
	rig_silent(rig, rooms.gateway);
	assert_int_equal(rooms_join(&rooms, 1, "tea"), OUTCOME_NO_SUCH_ROOM);
	rooms_stop(&rooms);
}

static void
a_closed_room_begins_anew(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_deed deed;
	struct envelope heard;
	uint64_t epoch;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	(void)rooms_client(&rooms, 2, "ben");
	rooms_say(&rooms, 1, "lobby", "old");
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	epoch = rig_hear(rig, rooms.gateway, ENVELOPE_JOINED).joined.epoch;
	assert_int_equal(
	    core_room_close(rig->core, rig->now, TEXT("lobby"), &deed), CORE_ROOM_DONE);
	assert_int_equal(deed.affected, 2);
	rig_turn(rig, 1);
	for (unsigned i = 0; i < 2; i++) {
		heard = rig_hear(rig, rooms.gateway, ENVELOPE_LEFT);
		assert_int_equal(heard.left.reason, LEFT_ROOM_CLOSED);
		(void)rig_hear(rig, rooms.gateway, ENVELOPE_EXITED);
	}
	assert_int_equal(
	    core_room_close(rig->core, rig->now, TEXT("lobby"), &deed), CORE_ROOM_UNKNOWN);
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_JOINED);
	assert_int_not_equal(heard.joined.epoch, epoch);
	assert_int_equal(heard.joined.seq, 0);
	assert_int_equal(heard.joined.members, 1);
	rooms_stop(&rooms);
}

static void
a_renamed_room_goes_on(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_deed deed;
	struct envelope heard;
	uint64_t epoch;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	rooms_say(&rooms, 1, "lobby", "old");
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	epoch = rig_hear(rig, rooms.gateway, ENVELOPE_JOINED).joined.epoch;
	assert_int_equal(
	    core_room_rename(rig->core, rig->now, TEXT("no"), TEXT("x"), &deed), CORE_ROOM_UNKNOWN);
	assert_int_equal(core_room_rename(rig->core, rig->now, TEXT("lobby"), TEXT("lobby"), &deed),
	    CORE_ROOM_EXISTS);
	assert_int_equal(core_room_rename(rig->core, rig->now, TEXT("lobby"), TEXT("hall"), &deed),
	    CORE_ROOM_DONE);
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_LEFT);
	assert_int_equal(heard.left.reason, LEFT_ROOM_RENAMED);
	assert_text(heard.left.renamed, "hall");
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("hall"));
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_JOINED);
	assert_text(heard.joined.room, "hall");
	assert_int_equal(heard.joined.epoch, epoch);
	assert_int_equal(heard.joined.seq, 1);
	(void)rig_hear(rig, rooms.gateway, ENVELOPE_ENTERED);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_JOINED);
	assert_text(heard.joined.room, "lobby");
	assert_int_not_equal(heard.joined.epoch, epoch);
	assert_int_equal(heard.joined.seq, 0);
	rooms_stop(&rooms);
}

static void
what_was_not_kept_did_not_happen(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_room_info info;
	struct core_deed made;
	struct core_deed renamed;

	(void)state;
	rooms_start(&rooms);
	(void)rooms_client(&rooms, 1, "ana");
	rooms_say(&rooms, 1, "lobby", "old");
	store_memory_hold(rooms.store, true);
	assert_int_equal(
	    core_room_create(rig->core, rig->now, &(struct store_room){ .name = TEXT("x") }, &made),
	    CORE_ROOM_DONE);
	assert_int_equal(
	    core_room_rename(rig->core, rig->now, TEXT("lobby"), TEXT("hall"), &renamed),
	    CORE_ROOM_DONE);
	rig_turn(rig, 1);
	/* Nobody enters what may not be there in a moment. */
	assert_int_equal(core_batch(rig->core, renamed.batch), CORE_BATCH_OPEN);
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(rig, rooms.gateway, JOIN, join, .conn = 1, .room = TEXT("hall"));
	assert_true(store_memory_end(rooms.store, false));
	store_memory_hold(rooms.store, false);
	rig_turn(rig, 1);
	assert_int_equal(core_batch(rig->core, made.batch), CORE_BATCH_LOST);
	assert_false(core_next_room(rig->core, TEXT(""), &info));
	assert_int_equal(rooms_join(&rooms, 1, "lobby"), OUTCOME_OK);
	assert_true(core_next_room(rig->core, TEXT(""), &info));
	assert_text(info.name, "lobby");
	assert_int_equal(info.seq, 1);
	rooms_say(&rooms, 1, "lobby", "new");
	rooms_stop(&rooms);
}

static void
a_room_that_is_being_renamed_is_not_closed_in_part(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_room_info info;
	struct core_deed deed;

	(void)state;
	rooms_start(&rooms);
	assert_int_equal(
	    core_room_create(rig->core, rig->now, &(struct store_room){ .name = TEXT("x") }, &deed),
	    CORE_ROOM_DONE);
	rig_turn(rig, 1);
	store_memory_hold(rooms.store, true);
	assert_int_equal(
	    core_room_rename(rig->core, rig->now, TEXT("x"), TEXT("y"), &deed), CORE_ROOM_DONE);
	rig_turn(rig, 1);
	assert_int_equal(
	    core_room_close(rig->core, rig->now, TEXT("y"), &deed), CORE_ROOM_NOT_STORED);
	store_memory_hold(rooms.store, false);
	rig_turn(rig, 1);
	assert_true(core_next_room(rig->core, TEXT("x"), &info));
	assert_text(info.name, "y");
	assert_true(info.is_made);
	assert_int_equal(core_room_close(rig->core, rig->now, TEXT("y"), &deed), CORE_ROOM_DONE);
	rooms_stop(&rooms);
}

static void
typing_is_told_to_the_room(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct envelope heard;
	uint32_t ana;

	(void)state;
	rooms_start(&rooms);
	ana = rooms_client(&rooms, 1, "ana");
	RIG_SAY(rig, rooms.gateway, TYPING, typing, .conn = 1, .room = TEXT("lobby"));
	/* Not where it is no member, nor for nobody. */
	RIG_SAY(rig, rooms.gateway, TYPING, typing, .conn = 1, .room = TEXT("tea"));
	RIG_SAY(rig, rooms.gateway, TYPING, typing, .conn = 9, .room = TEXT("lobby"));
	RIG_SAY(rig, rooms.gateway, TYPING, typing, .conn = 1, .to = TEXT("nobody"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, rooms.gateway, ENVELOPE_TYPED);
	assert_text(heard.typed.room, "lobby");
	assert_int_equal(heard.typed.from, ana);
	assert_text(heard.typed.from_name, "ana");
	rig_silent(rig, rooms.gateway);
	/* A link that is behind is spared. */
	rooms.busy[rooms.gateway] = true;
	RIG_SAY(rig, rooms.gateway, TYPING, typing, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	rig_silent(rig, rooms.gateway);
	RIG_REFUSED(
	    rig, rooms.gateway, LINK_BAD_CONTENT, TYPING, typing, .conn = 1, .room = TEXT("/"));
	rooms_stop(&rooms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaving_is_answered),
		cmocka_unit_test(who_may_not_read_finds_no_room),
		cmocka_unit_test(who_may_not_write_hears_only),
		cmocka_unit_test(not_everybody_begins_a_room),
		cmocka_unit_test(a_made_room_is_there_without_anybody),
		cmocka_unit_test(taking_a_room_over_puts_strangers_out),
		cmocka_unit_test(a_closed_room_begins_anew),
		cmocka_unit_test(a_renamed_room_goes_on),
		cmocka_unit_test(what_was_not_kept_did_not_happen),
		cmocka_unit_test(a_room_that_is_being_renamed_is_not_closed_in_part),
		cmocka_unit_test(typing_is_told_to_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
