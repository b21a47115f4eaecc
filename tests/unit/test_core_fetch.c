/* Parts of streams and lists of rooms, as gateways ask for them. */
#include <stdio.h>

#include "hub/core_operator.h"
#include "hub/store_memory.h"
#include "tests/unit/rooms_rig.h"

/* Where the lobby stands. */
static struct core_room_info
lobby(const struct rooms_rig *rooms)
{
	struct core_room_info info;

	assert_true(core_next_room(rooms->rig.core, TEXT("lobbx"), &info));
	assert_text(info.name, "lobby");
	return info;
}

static void
ask(struct rooms_rig *rooms, uint64_t conn, const char *room, uint64_t epoch, uint64_t after,
    uint64_t before, unsigned limit)
{
	RIG_SAY(&rooms->rig, rooms->gateway, FETCH, fetch, .token = 70 + conn, .conn = conn,
	    .room = text_of(room), .epoch = epoch, .after = after, .before = before,
	    .limit = limit);
}

/* The next ITEM is number `seq`. */
static void
hear_item(struct rooms_rig *rooms, uint64_t conn, uint64_t seq)
{
	struct envelope heard = rig_hear(&rooms->rig, rooms->gateway, ENVELOPE_ITEM);
	char content[16];

	snprintf(content, sizeof(content), "m%u", (unsigned)seq);
	assert_int_equal(heard.item.token, 70 + conn);
	assert_int_equal(heard.item.conn, conn);
	assert_int_equal(heard.item.seq, seq);
	assert_text(heard.item.content, content);
	assert_text(heard.item.from_name, "ana");
	assert_int_not_equal(heard.item.from, 0);
	assert_int_not_equal(heard.item.time, 0);
}

static struct envelope_fetched
hear_end(struct rooms_rig *rooms, uint32_t code, uint64_t to, uint32_t more)
{
	struct envelope heard = rig_hear(&rooms->rig, rooms->gateway, ENVELOPE_FETCHED);

	assert_int_equal(heard.fetched.code, code);
	assert_int_equal(heard.fetched.to, to);
	assert_int_equal(heard.fetched.more, more);
	return heard.fetched;
}

/* The lobby with ana (conn 1) and messages m1, m2 ... */
static void
begin(struct rooms_rig *rooms, unsigned messages)
{
	rooms_start(rooms);
	(void)rooms_client(rooms, 1, "ana");
	for (unsigned i = 1; i <= messages; i++) {
		char content[16];

		snprintf(content, sizeof(content), "m%u", i);
		rooms_say(rooms, 1, "lobby", content);
	}
}

static void
what_was_missed_comes_in_order(void **state)
{
	struct rooms_rig rooms;
	uint64_t epoch;

	(void)state;
	begin(&rooms, 5);
	epoch = lobby(&rooms).epoch;
	ask(&rooms, 1, "lobby", epoch, 2, 0, 0);
	rig_turn(&rooms.rig, 1);
	hear_item(&rooms, 1, 3);
	hear_item(&rooms, 1, 4);
	hear_item(&rooms, 1, 5);
	assert_int_equal(hear_end(&rooms, OUTCOME_OK, 5, 0).epoch, epoch);
	rig_forget(&rooms.rig);
	ask(&rooms, 1, "lobby", epoch, 1, 0, 2);
	rig_turn(&rooms.rig, 1);
	hear_item(&rooms, 1, 2);
	hear_item(&rooms, 1, 3);
	(void)hear_end(&rooms, OUTCOME_OK, 3, 1);
	rig_forget(&rooms.rig);
	ask(&rooms, 1, "lobby", epoch, 5, 0, 0);
	rig_turn(&rooms.rig, 1);
	assert_int_equal(hear_end(&rooms, OUTCOME_OK, 5, 0).gap_reason, GAP_NONE);
	rooms_stop(&rooms);
}

static void
only_what_has_left_is_fetched(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	uint64_t epoch;

	(void)state;
	begin(&rooms, 1);
	epoch = lobby(&rooms).epoch;
	store_memory_hold(rooms.store, true);
	RIG_SAY(rig, rooms.gateway, PUBLISH, publish, .number = ++rooms.said, .conn = 1,
	    .room = TEXT("lobby"), .content = TEXT("m2"));
	ask(&rooms, 1, "lobby", epoch, 0, 0, 0);
	rig_turn(rig, 1);
	/* The outcome waits for the store; the answer knows nothing of it. */
	hear_item(&rooms, 1, 1);
	(void)hear_end(&rooms, OUTCOME_OK, 1, 0);
	rig_silent(rig, rooms.gateway);
	ask(&rooms, 1, "lobby", epoch, 1, 0, 0);
	store_memory_hold(rooms.store, false);
	rig_turn(rig, 1);
	(void)rig_hear(rig, rooms.gateway, ENVELOPE_OUTCOME);
	(void)rig_hear(rig, rooms.gateway, ENVELOPE_DELIVER);
	hear_item(&rooms, 1, 2);
	(void)hear_end(&rooms, OUTCOME_OK, 2, 0);
	rooms_stop(&rooms);
}

static void
history_is_read_backwards_in_pages(void **state)
{
	struct rooms_rig rooms;

	(void)state;
	begin(&rooms, 5);
	ask(&rooms, 1, "lobby", 0, 0, UINT64_MAX, 2);
	rig_turn(&rooms.rig, 1);
	hear_item(&rooms, 1, 4);
	hear_item(&rooms, 1, 5);
	(void)hear_end(&rooms, OUTCOME_OK, 5, 1);
	rig_forget(&rooms.rig);
	ask(&rooms, 1, "lobby", 0, 0, 4, 2);
	rig_turn(&rooms.rig, 1);
	hear_item(&rooms, 1, 2);
	hear_item(&rooms, 1, 3);
	(void)hear_end(&rooms, OUTCOME_OK, 3, 1);
	rig_forget(&rooms.rig);
	ask(&rooms, 1, "lobby", 0, 0, 2, 2);
	rig_turn(&rooms.rig, 1);
	hear_item(&rooms, 1, 1);
	(void)hear_end(&rooms, OUTCOME_OK, 1, 0);
	rig_forget(&rooms.rig);
	ask(&rooms, 1, "lobby", 0, 0, 1, 2);
	rig_turn(&rooms.rig, 1);
	(void)hear_end(&rooms, OUTCOME_OK, 0, 0);
	rooms_stop(&rooms);
}

static void
what_is_no_longer_kept_is_named(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct envelope_fetched end;

	(void)state;
	begin(&rooms, 0);
	assert_int_equal(rooms_join(&rooms, 1, "tiny"), OUTCOME_OK);
	for (unsigned i = 1; i <= 6; i++) {
		char content[16];

		snprintf(content, sizeof(content), "m%u", i);
		rooms_say(&rooms, 1, "tiny", content);
	}
	ask(&rooms, 1, "tiny", 0, 1, 0, 0);
	rig_turn(rig, 1);
	end = hear_end(&rooms, OUTCOME_OK, 4, 1);
	assert_int_equal(end.gap_from, 2);
	assert_int_equal(end.gap_to, 4);
	assert_int_equal(end.gap_reason, GAP_EXPIRED);
	rig_forget(rig);
	ask(&rooms, 1, "tiny", 0, 4, 0, 0);
	rig_turn(rig, 1);
	hear_item(&rooms, 1, 5);
	hear_item(&rooms, 1, 6);
	end = hear_end(&rooms, OUTCOME_OK, 6, 0);
	assert_int_equal(end.gap_reason, GAP_NONE);
	rooms_stop(&rooms);
}

static void
another_epoch_is_named(void **state)
{
	struct rooms_rig rooms;
	struct envelope_fetched end;
	uint64_t epoch;

	(void)state;
	begin(&rooms, 3);
	epoch = lobby(&rooms).epoch;
	ask(&rooms, 1, "lobby", epoch + 1, 2, 0, 0);
	rig_turn(&rooms.rig, 1);
	end = hear_end(&rooms, OUTCOME_OK, 0, 1);
	assert_int_equal(end.gap_reason, GAP_EPOCH);
	assert_int_equal(end.gap_epoch, epoch + 1);
	assert_int_equal(end.gap_from, 3);
	assert_int_equal(end.gap_to, 0);
	assert_int_equal(end.epoch, epoch);
	rooms_stop(&rooms);
}

static void
what_cannot_be_asked_is_refused(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;

	(void)state;
	begin(&rooms, 3);
	ask(&rooms, 1, "lobby", lobby(&rooms).epoch, 4, 0, 0);
	ask(&rooms, 1, "tea", 0, 0, 0, 0);
	ask(&rooms, 9, "lobby", 0, 0, 0, 0);
	rig_turn(rig, 1);
	(void)hear_end(&rooms, OUTCOME_BAD_SEQ, 3, 0);
	(void)hear_end(&rooms, OUTCOME_NO_SUCH_ROOM, 0, 0);
	(void)hear_end(&rooms, OUTCOME_NO_SUCH_ROOM, 0, 0);
	rig_silent(rig, rooms.gateway);
	RIG_REFUSED(
	    rig, rooms.gateway, LINK_BAD_CONTENT, FETCH, fetch, .conn = 1, .room = TEXT("No Room"));
	rooms_stop(&rooms);
}

static void
a_link_that_is_behind_waits(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;

	(void)state;
	begin(&rooms, 1);
	rooms.busy[rooms.gateway] = true;
	for (unsigned i = 0; i < 20; i++)
		ask(&rooms, 1, "lobby", 0, 0, 0, 0);
	rig_turn(rig, 1);
	/* Four of one client's questions are too many. */
	for (unsigned i = 0; i < 4; i++)
		(void)hear_end(&rooms, OUTCOME_RATE_LIMITED, 0, 0);
	rig_silent(rig, rooms.gateway);
	assert_int_equal(core_next_deadline(rig->core, rig->now), 0);
	rooms.busy[rooms.gateway] = false;
	rig_turn(rig, 1);
	for (unsigned i = 0; i < 16; i++) {
		hear_item(&rooms, 1, 1);
		(void)hear_end(&rooms, OUTCOME_OK, 1, 0);
	}
	rig_silent(rig, rooms.gateway);
	assert_int_not_equal(core_next_deadline(rig->core, rig->now), 0);
	rooms_stop(&rooms);
}

static void
a_turn_answers_only_so_much(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct envelope heard;
	unsigned ends = 0;
	unsigned turns = 0;

	(void)state;
	begin(&rooms, 300);
	for (unsigned i = 0; i < 16; i++)
		ask(&rooms, 1, "lobby", 0, 0, 0, 0);
	while (ends < 16) {
		unsigned before = ends;

		rig_forget(rig);
		rig_turn(rig, 1);
		turns++;
		while (rig_next(rig, rooms.gateway, &heard)) {
			if (heard.kind != ENVELOPE_FETCHED)
				continue;
			assert_int_equal(heard.fetched.to, 256);
			ends++;
		}
		assert_true(ends > before);
	}
	assert_int_equal(turns, 2);
	rooms_stop(&rooms);
}

static void
hear_room(
    struct rooms_rig *rooms, const char *room, uint32_t members, uint64_t seq, uint32_t rights)
{
	struct envelope heard = rig_hear(&rooms->rig, rooms->gateway, ENVELOPE_LISTED);

	assert_text(heard.listed.room, room);
	assert_int_equal(heard.listed.token, 5);
	assert_int_equal(heard.listed.members, members);
	assert_int_equal(heard.listed.seq, seq);
	assert_int_equal(heard.listed.rights, rights);
}

static void
rooms_are_listed_for_those_who_may_see_them(void **state)
{
	struct rooms_rig rooms;
	struct rig *rig = &rooms.rig;
	struct core_deed deed;

	(void)state;
	begin(&rooms, 2);
	(void)rooms_client(&rooms, 2, "boss");
	assert_int_equal(rooms_join(&rooms, 2, "s-plans"), OUTCOME_OK);
	assert_int_equal(rooms_join(&rooms, 2, "news"), OUTCOME_OK);
	assert_int_equal(core_room_create(rig->core, rig->now,
			     &(struct store_room){ .name = TEXT("empty") }, &deed),
	    CORE_ROOM_DONE);
	rig_turn(rig, 1);
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, LIST, list, .token = 5, .conn = 1);
	rig_turn(rig, 1);
	hear_room(&rooms, "empty", 0, 0, ROOM_MAY_READ | ROOM_MAY_WRITE);
	hear_room(&rooms, "lobby", 2, 2, ROOM_MAY_READ | ROOM_MAY_WRITE | ROOM_IS_MEMBER);
	hear_room(&rooms, "news", 1, 0, ROOM_MAY_READ);
	assert_int_equal(rig_hear(rig, rooms.gateway, ENVELOPE_LIST_END).list_end.more, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, LIST, list, .token = 5, .conn = 2, .after = TEXT("lobby"),
	    .limit = 2);
	rig_turn(rig, 1);
	hear_room(&rooms, "news", 1, 0, ROOM_MAY_READ | ROOM_MAY_WRITE | ROOM_IS_MEMBER);
	hear_room(&rooms, "s-plans", 1, 0, ROOM_MAY_READ | ROOM_MAY_WRITE | ROOM_IS_MEMBER);
	assert_int_equal(rig_hear(rig, rooms.gateway, ENVELOPE_LIST_END).list_end.more, 0);
	rig_forget(rig);
	RIG_SAY(rig, rooms.gateway, LIST, list, .token = 5, .conn = 2, .limit = 1);
	RIG_SAY(rig, rooms.gateway, LIST, list, .token = 5, .conn = 77);
	rig_turn(rig, 1);
	hear_room(&rooms, "empty", 0, 0, ROOM_MAY_READ | ROOM_MAY_WRITE);
	assert_int_equal(rig_hear(rig, rooms.gateway, ENVELOPE_LIST_END).list_end.more, 1);
	assert_int_equal(rig_hear(rig, rooms.gateway, ENVELOPE_LIST_END).list_end.more, 0);
	rig_silent(rig, rooms.gateway);
	rooms_stop(&rooms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_missed_comes_in_order),
		cmocka_unit_test(only_what_has_left_is_fetched),
		cmocka_unit_test(history_is_read_backwards_in_pages),
		cmocka_unit_test(what_is_no_longer_kept_is_named),
		cmocka_unit_test(another_epoch_is_named),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(a_link_that_is_behind_waits),
		cmocka_unit_test(a_turn_answers_only_so_much),
		cmocka_unit_test(rooms_are_listed_for_those_who_may_see_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
