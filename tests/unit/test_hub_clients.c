/* Clients come, join, go: ids, names, order, refusals. */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#include "common/outcomes.h"
#include "hub/core_state.h"

static void
a_client_gets_an_id_and_a_place(void **state)
{
	struct rig rig;
	unsigned here;
	unsigned there;
	struct envelope opened;
	struct envelope joined;
	struct envelope entered;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	there = rig_gateway(&rig, "there");
	RIG_SAY(&rig, here, OPEN, open, .conn = 5, .name = TEXT("ana"));
	RIG_SAY(&rig, here, JOIN, join, .conn = 5, .room = TEXT("lobby"));
	rig_turn(&rig, 0);
	opened = rig_hear(&rig, here, ENVELOPE_OPENED);
	assert_int_equal(opened.opened.conn, 5);
	assert_int_not_equal(opened.opened.client, 0);
	assert_text(opened.opened.name, "ana");
	joined = rig_hear(&rig, here, ENVELOPE_JOINED);
	assert_text(joined.joined.room, "lobby");
	/* Nothing was ever said there. */
	assert_int_equal(joined.joined.seq, 0);
	assert_int_equal(joined.joined.epoch, 0);
	assert_int_equal(joined.joined.ordinal, (uint64_t)rig.now.wall_ms * 1000);
	entered = rig_hear(&rig, here, ENVELOPE_ENTERED);
	assert_int_equal(entered.entered.client, opened.opened.client);
	assert_int_equal(entered.entered.ordinal, joined.joined.ordinal);
	assert_int_equal(entered.entered.time, (uint64_t)rig.now.wall_ms);
	entered = rig_hear(&rig, there, ENVELOPE_ENTERED);
	assert_text(entered.entered.name, "ana");
	assert_text(entered.entered.room, "lobby");
	rig_silent(&rig, here);
	rig_silent(&rig, there);
	rig_stop(&rig);
}

static void
the_nameless_are_called_by_their_id(void **state)
{
	struct rig rig;
	unsigned slot;
	struct envelope opened;
	char expected[32] = "\xe7\x94\xa8\xe6\x88\xb7";

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1);
	rig_turn(&rig, 0);
	opened = rig_hear(&rig, slot, ENVELOPE_OPENED);
	text_client_id(opened.opened.client, expected + 6);
	assert_text(opened.opened.name, expected);
	rig_stop(&rig);
}

static void
everybody_leaves_by_closed(void **state)
{
	struct rig rig;
	unsigned here;
	unsigned there;
	uint32_t client;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	there = rig_gateway(&rig, "there");
	client = rig_client(&rig, here, 1, "ana");
	RIG_SAY(&rig, here, JOIN, join, .conn = 1, .room = TEXT("other"));
	rig_turn(&rig, 1);
	rig_forget(&rig);
	RIG_SAY(&rig, here, CLOSED, closed, .conn = 1);
	RIG_SAY(&rig, here, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 1);
	for (unsigned slot = here; slot <= there; slot++) {
		struct envelope exited = rig_hear(&rig, slot, ENVELOPE_EXITED);

		assert_text(exited.exited.room, "lobby");
		assert_int_equal(exited.exited.client, client);
		assert_text(rig_hear(&rig, slot, ENVELOPE_EXITED).exited.room, "other");
		rig_silent(&rig, slot);
	}
	assert_int_equal(core_status(rig.core).rooms, 0);
	assert_int_equal(core_status(rig.core).clients, 0);
	rig_stop(&rig);
}

static void
places_rise_even_when_clocks_do_not(void **state)
{
	struct rig rig;
	unsigned slot;
	uint64_t last = 0;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	for (uint64_t conn = 1; conn <= 5; conn++) {
		struct envelope joined;

		RIG_SAY(&rig, slot, OPEN, open, .conn = conn, .name = TEXT("x"));
		RIG_SAY(&rig, slot, JOIN, join, .conn = conn, .room = TEXT("lobby"));
		rig.now.wall_ms -= 1000;
		rig_turn(&rig, 0);
		(void)rig_hear(&rig, slot, ENVELOPE_OPENED);
		joined = rig_hear(&rig, slot, ENVELOPE_JOINED);
		assert_true(joined.joined.ordinal > last);
		last = joined.joined.ordinal;
		rig_forget(&rig);
	}
	rig_stop(&rig);
}

static void
who_comes_again_keeps_id_and_place(void **state)
{
	struct rig rig;
	unsigned slot;
	struct envelope heard;
	uint64_t future;

	(void)state;
	rig_start(&rig, rig_limits());
	future = (uint64_t)rig.now.wall_ms * 1000 + UINT64_C(3600000000);
	slot = rig_gateway(&rig, "gw");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .client = 0xabcdef01, .name = TEXT("ana"),
	    .since_ms = 77);
	RIG_SAY(&rig, slot, JOIN, join, .conn = 1, .room = TEXT("lobby"), .ordinal = future);
	/* Somebody else has the id now: another is given. */
	RIG_SAY(&rig, slot, OPEN, open, .conn = 2, .client = 0xabcdef01, .name = TEXT("ben"));
	RIG_SAY(&rig, slot, JOIN, join, .conn = 2, .room = TEXT("lobby"));
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_OPENED).opened.client, 0xabcdef01);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_JOINED).joined.ordinal, future);
	(void)rig_hear(&rig, slot, ENVELOPE_ENTERED);
	heard = rig_hear(&rig, slot, ENVELOPE_OPENED);
	assert_int_not_equal(heard.opened.client, 0xabcdef01);
	assert_int_not_equal(heard.opened.client, 0);
	/* Places given later lie behind those that were brought along. */
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_JOINED).joined.ordinal, future + 1);
	rig_stop(&rig);
}

/* One gateway must not decide where everybody who joins later will stand. */
static void
a_place_that_was_never_given_is_not_kept(void **state)
{
	static const uint64_t invented[] = { UINT64_C(1) << 61, (UINT64_C(1) << 62) - 1,
		UINT64_MAX };
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	for (uint64_t i = 0; i < sizeof(invented) / sizeof(invented[0]); i++) {
		uint64_t now_us = (uint64_t)rig.now.wall_ms * 1000;

		RIG_SAY(&rig, slot, OPEN, open, .conn = i + 1, .name = TEXT("a"));
		RIG_SAY(&rig, slot, JOIN, join, .conn = i + 1, .room = TEXT("lobby"),
		    .ordinal = invented[i]);
		rig_turn(&rig, 1);
		(void)rig_hear(&rig, slot, ENVELOPE_OPENED);
		assert_in_range(
		    rig_hear(&rig, slot, ENVELOPE_JOINED).joined.ordinal, now_us, now_us + 1000000);
		(void)rig_hear(&rig, slot, ENVELOPE_ENTERED);
	}
	rig_stop(&rig);
}

static void
too_many_are_refused_without_harm(void **state)
{
	struct core_limits limits = rig_limits();
	struct rig rig;
	unsigned slot;
	struct envelope heard;

	(void)state;
	limits.clients_max = 2;
	rig_start(&rig, limits);
	slot = rig_gateway(&rig, "gw");
	(void)rig_client(&rig, slot, 1, "a");
	(void)rig_client(&rig, slot, 2, "b");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 3, .name = TEXT("c"));
	RIG_SAY(&rig, slot, JOIN, join, .conn = 3, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 1, .conn = 3, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 3);
	rig_turn(&rig, 1);
	heard = rig_hear(&rig, slot, ENVELOPE_REFUSED);
	assert_int_equal(heard.refused.conn, 3);
	assert_text(heard.refused.room, "");
	assert_int_equal(heard.refused.code, OUTCOME_FULL);
	heard = rig_hear(&rig, slot, ENVELOPE_REFUSED);
	assert_text(heard.refused.room, "lobby");
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_OUTCOME).outcome.code, OUTCOME_NO_SUCH_ROOM);
	rig_silent(&rig, slot);
	/* A place becomes free. */
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 1);
	(void)rig_client(&rig, slot, 3, "c");
	rig_stop(&rig);
}

/* Joins `count` rooms called `letter` and a number, then hears which code ended it; 0 for none. */
static uint32_t
join_rooms(struct rig *rig, unsigned slot, uint64_t conn, const char *letter, unsigned count)
{
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		struct envelope heard;

		snprintf(name, sizeof(name), "%s%u", letter, i);
		RIG_SAY(rig, slot, JOIN, join, .conn = conn, .room = text_of(name));
		rig_turn(rig, 1);
		assert_true(rig_next(rig, slot, &heard));
		if (heard.kind == ENVELOPE_REFUSED)
			return heard.refused.code;
		(void)rig_hear(rig, slot, ENVELOPE_ENTERED);
	}
	return 0;
}

static void
rooms_have_an_end(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	(void)rig_client(&rig, slot, 1, "ana");
	/* It is in the lobby already. */
	assert_int_equal(join_rooms(&rig, slot, 1, "r", 999), 0);
	assert_int_equal(join_rooms(&rig, slot, 1, "s", 1), OUTCOME_TOO_MANY_ROOMS);
	(void)rig_client(&rig, slot, 2, "ben");
	assert_int_equal(join_rooms(&rig, slot, 2, "s", 1), 0);
	rig_stop(&rig);
}

static void
rooms_of_all_have_an_end(void **state)
{
	struct rig rig;
	struct core_limits limits = rig_limits();
	unsigned slot;

	(void)state;
	limits.rooms_max = 3;
	rig_start(&rig, limits);
	slot = rig_gateway(&rig, "gw");
	(void)rig_client(&rig, slot, 1, "ana");
	(void)rig_client(&rig, slot, 2, "ben");
	assert_int_equal(join_rooms(&rig, slot, 1, "r", 3), OUTCOME_FULL);
	/* Rooms that there are go on, and a place is free when one ends. */
	assert_int_equal(join_rooms(&rig, slot, 2, "r", 2), 0);
	assert_int_equal(join_rooms(&rig, slot, 2, "s", 1), OUTCOME_FULL);
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 2);
	rig_turn(&rig, 1);
	rig_forget(&rig);
	(void)rig_client(&rig, slot, 3, "eva");
	assert_int_equal(join_rooms(&rig, slot, 3, "s", 2), 0);
	rig_stop(&rig);
}

/* The epoch of a room, which somebody enters and leaves. */
static uint64_t
epoch_of(struct rig *rig, unsigned slot, const char *room)
{
	uint64_t epoch;

	rig_forget(rig);
	RIG_SAY(rig, slot, OPEN, open, .conn = 9, .name = TEXT("x"));
	RIG_SAY(rig, slot, JOIN, join, .conn = 9, .room = text_of(room));
	rig_turn(rig, 1);
	(void)rig_hear(rig, slot, ENVELOPE_OPENED);
	(void)rig_hear(rig, slot, ENVELOPE_JOINED);
	epoch = streams_find_room(rig->core->streams, text_of(room))->epoch;
	RIG_SAY(rig, slot, CLOSED, closed, .conn = 9);
	rig_turn(rig, 1);
	return epoch;
}

static void
the_rooms_empty_longest_begin_anew(void **state)
{
	struct rig rig;
	struct core_limits limits = rig_limits();
	uint64_t epochs[3];
	unsigned slot;

	(void)state;
	limits.rooms_max = 2;
	rig_start(&rig, limits);
	slot = rig_gateway(&rig, "gw");
	epochs[0] = epoch_of(&rig, slot, "a");
	epochs[1] = epoch_of(&rig, slot, "b");
	assert_int_equal(epoch_of(&rig, slot, "a"), epochs[0]);
	epochs[2] = epoch_of(&rig, slot, "c");
	assert_int_equal(epoch_of(&rig, slot, "a"), epochs[0]);
	assert_int_equal(epoch_of(&rig, slot, "c"), epochs[2]);
	assert_int_not_equal(epoch_of(&rig, slot, "b"), epochs[1]);
	rig_stop(&rig);
}

static void
a_room_whose_last_words_are_not_kept_yet_is_remembered(void **state)
{
	struct rig rig;
	struct core_limits limits = rig_limits();
	uint64_t epoch;
	unsigned slot;

	(void)state;
	limits.rooms_max = 1;
	rig_start(&rig, limits);
	slot = rig_gateway(&rig, "gw");
	epoch = epoch_of(&rig, slot, "lobby");
	(void)rig_client(&rig, slot, 1, "ana");
	rig.store.slow = true;
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"));
	rig_turn(&rig, 1);
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	for (unsigned conn = 2; conn < 5; conn++) {
		RIG_SAY(&rig, slot, OPEN, open, .conn = conn, .name = TEXT("x"));
		RIG_SAY(&rig, slot, JOIN, join, .conn = conn,
		    .room = conn % 2 == 0 ? TEXT("a") : TEXT("b"));
		RIG_SAY(&rig, slot, CLOSED, closed, .conn = conn);
	}
	rig_complete(&rig, true);
	rig.store.slow = false;
	assert_int_equal(rig.bus_seqs[0], 1);
	assert_int_equal(epoch_of(&rig, slot, "lobby"), epoch);
	rig_stop(&rig);
}

static void
a_name_beyond_the_limit_is_refused(void **state)
{
	struct rig rig;
	struct envelope heard;
	unsigned slot;
	char longer[41];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .name = { longer, 41 });
	RIG_SAY(&rig, slot, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, OPEN, open, .conn = 2, .name = { longer, 40 });
	rig_turn(&rig, 1);
	heard = rig_hear(&rig, slot, ENVELOPE_REFUSED);
	assert_int_equal(heard.refused.conn, 1);
	assert_int_equal(heard.refused.code, OUTCOME_TOO_LONG);
	assert_true(text_is_empty(heard.refused.room));
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_REFUSED).refused.code, OUTCOME_FULL);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_OPENED).opened.conn, 2);
	rig_stop(&rig);
}

static void
joining_twice_changes_nothing(void **state)
{
	struct rig rig;
	unsigned slot;
	uint64_t ordinal;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .name = TEXT("a"));
	RIG_SAY(&rig, slot, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	rig_turn(&rig, 1);
	(void)rig_hear(&rig, slot, ENVELOPE_OPENED);
	ordinal = rig_hear(&rig, slot, ENVELOPE_JOINED).joined.ordinal;
	(void)rig_hear(&rig, slot, ENVELOPE_ENTERED);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_JOINED).joined.ordinal, ordinal);
	rig_silent(&rig, slot);
	rig_stop(&rig);
}

static void
what_no_gateway_may_say_ends_its_link(void **state)
{
	struct rig rig;
	unsigned slot;
	char longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	(void)rig_client(&rig, slot, 1, "ana");
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 1);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .name = TEXT("\xff"));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .name = TEXT("a\0b"));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .name = TEXT("\x1b[2J"));
	RIG_REFUSED(
	    &rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .name = TEXT("\xc2\x9b[2J"));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .address = TEXT("\n1"));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .dialect = { longer, 33 });
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .realm = { longer, 65 });
	RIG_REFUSED(
	    &rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .address = { longer, 129 });
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, OPEN, open, .conn = 2, .since_ms = UINT64_MAX);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, JOIN, join, .conn = 1, .room = TEXT("No Room"));
	rig_stop(&rig);
}

static void
a_room_goes_on_where_it_stopped(void **state)
{
	struct rig rig;
	unsigned slot;
	uint64_t epoch;
	struct envelope joined;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	(void)rig_client(&rig, slot, 1, "ana");
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 1);
	epoch = rig_hear(&rig, slot, ENVELOPE_OUTCOME).outcome.epoch;
	assert_false(core_room_exists(rig.core, TEXT("lobby")));
	rig_forget(&rig);
	RIG_SAY(&rig, slot, OPEN, open, .conn = 2, .name = TEXT("ben"));
	RIG_SAY(&rig, slot, JOIN, join, .conn = 2, .room = TEXT("lobby"));
	rig_turn(&rig, 1);
	(void)rig_hear(&rig, slot, ENVELOPE_OPENED);
	joined = rig_hear(&rig, slot, ENVELOPE_JOINED);
	assert_int_equal(joined.joined.epoch, epoch);
	assert_int_equal(joined.joined.seq, 1);
	assert_true(core_room_exists(rig.core, TEXT("lobby")));
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_gets_an_id_and_a_place),
		cmocka_unit_test(the_nameless_are_called_by_their_id),
		cmocka_unit_test(everybody_leaves_by_closed),
		cmocka_unit_test(places_rise_even_when_clocks_do_not),
		cmocka_unit_test(who_comes_again_keeps_id_and_place),
		cmocka_unit_test(a_place_that_was_never_given_is_not_kept),
		cmocka_unit_test(too_many_are_refused_without_harm),
		cmocka_unit_test(rooms_have_an_end),
		cmocka_unit_test(rooms_of_all_have_an_end),
		cmocka_unit_test(the_rooms_empty_longest_begin_anew),
		cmocka_unit_test(a_room_whose_last_words_are_not_kept_yet_is_remembered),
		cmocka_unit_test(a_name_beyond_the_limit_is_refused),
		cmocka_unit_test(joining_twice_changes_nothing),
		cmocka_unit_test(what_no_gateway_may_say_ends_its_link),
		cmocka_unit_test(a_room_goes_on_where_it_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
