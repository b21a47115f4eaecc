/* A client in many rooms: joining, leaving, new links, order, typing, questions, coming back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig_dialects.h"

static struct rig rig;

static void
three_rooms(struct config_limits *limits)
{
	limits->rooms_per_client = 3;
}

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, three_rooms);
	rig_attach(&rig);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static struct rig_peer *
login(uint32_t client)
{
	return rig_login_as(&rig, &rig_many_dialect,
	    (struct envelope_opened){
		.client = client, .user = TEXT("u1"), .resume = TEXT("secret"), .resumed = 1 });
}

/* In "lobby" at (5, 0), hearing it. */
static struct rig_peer *
member(uint32_t client)
{
	struct rig_peer *peer = login(client);

	rig_joined(peer, "lobby", 5, 0);
	rig_send(peer, "#lobby 5 0");
	rig_turn(&rig);
	rig_forget_said(&rig);
	rig_forget_heard(peer);
	return peer;
}

static void
new_link(void)
{
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_roster_end(&rig);
	rig_forget_said(&rig);
	rig_turn(&rig);
}

static void
it_opens_with_all_it_is(void **state)
{
	struct rig_peer *ana = rig_connect_as(&rig, &rig_many_dialect);
	struct envelope said;

	(void)state;
	rig_send(ana, "ana");
	rig_turn(&rig);
	said = rig_said(&rig, ENVELOPE_OPEN);
	assert_int_equal(said.open.flags, OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET | OPEN_HAS_RECEIPTS);
	assert_true(text_is_empty(said.open.user));
	said = rig_said(&rig, ENVELOPE_JOIN);
	assert_true(text_equal(said.join.room, TEXT("lobby")));
	rig_said_nothing(&rig);
	assert_true(text_is_empty(session_user(ana->session)));
	assert_true(text_equal(session_realm(ana->session), TEXT("room")));
}

static void
online_is_said_once(void **state)
{
	struct rig_peer *ana = login(1);
	struct envelope said;

	(void)state;
	assert_hears(ana, "online u1 1");
	assert_true(text_equal(session_user(ana->session), TEXT("u1")));
	assert_int_equal(rig_count(&rig, "hubbub_gateway_resumes_total"), 1);
	new_link();
	said = rig_said(&rig, ENVELOPE_OPEN);
	assert_int_equal(said.open.client, 1);
	assert_true(text_equal(said.open.user, TEXT("u1")));
	assert_true(text_equal(said.open.resume, TEXT("secret")));
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = ana->conn, .client = 1, .user = TEXT("u1") } });
	rig_turn(&rig);
	assert_hears_nothing(ana);
}

static void
an_id_that_would_cost_the_link_costs_its_client(void **state)
{
	static const char *const bad[] = { "a\x01", "\xff", "a\x7f" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct rig_peer *peer = rig_connect_as(&rig, &rig_mail_dialect);

		rig_send(peer, bad[i]);
		rig_turn(&rig);
		rig_said_nothing(&rig);
		assert_int_equal(peer->close_code, CLOSE_POLICY);
	}
}

static void
rooms_come_and_go(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	assert_true(session_is_member(ana->session, TEXT("lobby")));
	rig_send(ana, "+cats");
	rig_turn(&rig);
	assert_true(text_equal(rig_said(&rig, ENVELOPE_JOIN).join.room, TEXT("cats")));
	assert_false(session_is_member(ana->session, TEXT("cats")));
	assert_int_equal(session_rooms(ana->session), 2);
	rig_joined(ana, "cats", 6, 3);
	rig_say(&rig, "cats", 6, 4, "not heard yet");
	rig_send(ana, "#cats 6 4");
	rig_say(&rig, "cats", 6, 5, "meow");
	rig_turn(&rig);
	assert_hears(ana, "joined cats 6.3");
	assert_hears(ana, "meow");
	rig_send(ana, "-cats");
	rig_turn(&rig);
	assert_true(text_equal(rig_said(&rig, ENVELOPE_LEAVE).leave.room, TEXT("cats")));
	assert_false(session_is_member(ana->session, TEXT("cats")));
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_LEFT,
			  .left = { .conn = ana->conn, .room = TEXT("cats") } });
	rig_say(&rig, "cats", 6, 6, "nobody hears it");
	rig_turn(&rig);
	assert_hears(ana, "left cats 0");
	assert_hears_nothing(ana);
	assert_int_equal(session_rooms(ana->session), 1);
}

static void
what_may_not_be_joined_is_said(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_send(ana, "+No Room");
	rig_send(ana, "+a");
	rig_send(ana, "+b");
	rig_send(ana, "+c");
	rig_turn(&rig);
	assert_hears(ana, "no No Room no_such_room");
	assert_hears(ana, "no c too_many_rooms");
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_REFUSED,
			  .refused = { ana->conn, TEXT("a"), OUTCOME_NO_SUCH_ROOM } });
	rig_turn(&rig);
	assert_hears(ana, "no a no_such_room");
	assert_int_equal(session_rooms(ana->session), 2);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_REFUSED,
			  .refused = { ana->conn, TEXT("lobby"), OUTCOME_NO_SUCH_ROOM } });
	rig_turn(&rig);
	assert_hears(ana, "left lobby 1");
	assert_int_equal(ana->closes, 0);
}

static void
a_new_link_hears_of_all_rooms(void **state)
{
	struct rig_peer *ana = member(1);
	struct envelope_join join;

	(void)state;
	rig_send(ana, "+cats");
	rig_joined(ana, "cats", 6, 0);
	rig_send(ana, "+dogs");
	rig_joined(ana, "dogs", 7, 0);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_lose(&rig);
	rig_send(ana, "-cats");
	rig_send(ana, "-dogs");
	rig_send(ana, "+dogs");
	new_link();
	rig_said(&rig, ENVELOPE_OPEN);
	join = rig_said(&rig, ENVELOPE_JOIN).join;
	assert_true(text_equal(join.room, TEXT("lobby")));
	assert_int_equal(join.ordinal, 1);
	join = rig_said(&rig, ENVELOPE_JOIN).join;
	assert_true(text_equal(join.room, TEXT("dogs")));
	assert_int_equal(join.ordinal, 0);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = ana->conn, .client = 1, .user = TEXT("u1") } });
	rig_turn(&rig);
	assert_hears(ana, "left cats 0");
	assert_hears(ana, "left dogs 0");
	assert_hears_nothing(ana);
	assert_int_equal(session_rooms(ana->session), 2);
}

static void
opened_again(struct rig_peer *peer, uint32_t client)
{
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = peer->conn,
			      .client = client,
			      .name = TEXT("ana"),
			      .user = TEXT("u1") } });
}

static void
left(struct rig_peer *peer, uint32_t reason)
{
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_LEFT,
		      .left = { .conn = peer->conn, .room = TEXT("lobby"), .reason = reason } });
}

/* Left and joined again while the link was lost: both are answered, and nothing old is heard. */
static void
a_room_left_and_joined_over_two_links_is_new(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_send(ana, "-lobby");
	rig_send(ana, "+lobby");
	new_link();
	assert_int_equal(rig_said(&rig, ENVELOPE_OPEN).open.conn, ana->conn);
	assert_int_equal(rig_said(&rig, ENVELOPE_JOIN).join.ordinal, 0);
	rig_forget_said(&rig);
	opened_again(ana, 1);
	rig_joined(ana, "lobby", 6, 9);
	rig_send(ana, "#lobby 6 9");
	rig_turn(&rig);
	rig_said_nothing(&rig);
	rig_say(&rig, "lobby", 6, 10, "ten");
	rig_turn(&rig);
	assert_hears(ana, "left lobby 0");
	assert_hears(ana, "joined lobby 6.9");
	assert_hears(ana, "ten");
	assert_hears_nothing(ana);
}

/* The hub answers every LEAVE, also that of a room which it closed just before. */
static void
a_room_closed_while_it_is_left_is_left_once(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_send(ana, "-lobby");
	rig_send(ana, "+lobby");
	left(ana, LEFT_ROOM_CLOSED);
	left(ana, LEFT_WISHED);
	rig_joined(ana, "lobby", 6, 0);
	rig_turn(&rig);
	assert_hears(ana, "left lobby 1");
	assert_hears(ana, "joined lobby 6.0");
	assert_hears_nothing(ana);
}

static void
what_is_personal_comes_behind_all_rooms(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_send(ana, "+cats");
	rig_joined(ana, "cats", 6, 0);
	rig_send(ana, "#cats 6 0");
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_say(&rig, "cats", 6, 1, "cat");
	rig_say(&rig, "lobby", 5, 1, "lob");
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME, .outcome = { .number = 99 } });
	rig_send(ana, "+No Room");
	rig_say(&rig, "cats", 6, 2, "later");
	rig_turn(&rig);
	assert_hears(ana, "lob");
	assert_hears(ana, "cat");
	assert_hears(ana, "no No Room no_such_room");
	assert_hears(ana, "later");
}

static void
what_was_said_before_the_close_is_still_heard(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_say(&rig, "lobby", 5, 1, "last words");
	session_close(ana->session, CLOSE_POLICY, "enough");
	rig_say(&rig, "lobby", 5, 2, "too late");
	rig_turn(&rig);
	assert_hears(ana, "last words");
	assert_hears_nothing(ana);
}

static void
the_sender_hears_its_own_word_behind_the_echo(void **state)
{
	struct rig_peer *ana = member(1);

	(void)state;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_DELIVER,
			  .deliver = { .room = TEXT("lobby"),
			      .epoch = 5,
			      .seq = 1,
			      .from = 1,
			      .content = TEXT("hi") } });
	rig_turn(&rig);
	assert_hears(ana, "hi");
	assert_hears(ana, "spoken 1");
}

static void
typing_is_for_others_who_keep_up(void **state)
{
	struct rig_peer *ana = member(1);
	struct rig_peer *ben = member(2);
	struct rig_peer *eve = member(3);

	(void)state;
	rig_send(ana, "~lobby");
	rig_send(ana, "~lobby");
	rig_turn(&rig);
	assert_true(text_equal(rig_said(&rig, ENVELOPE_TYPING).typing.room, TEXT("lobby")));
	rig_said_nothing(&rig);
	eve->room = 0;
	rig_say(&rig, "lobby", 5, 1, "hi");
	rig_turn(&rig);
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_TYPED,
		      .typed = { .room = TEXT("lobby"), .from = 1, .from_name = TEXT("ana") } });
	rig_say(&rig, "lobby", 5, 2, "ho");
	rig_turn(&rig);
	eve->room = SIZE_MAX;
	gateway_core_client_writable(rig.core, eve->session, rig.now);
	rig_after(&rig, 1000);
	for (unsigned i = 0; i < 3; i++) {
		struct rig_peer *peer = &rig.peers[i];

		assert_hears(peer, "hi");
		if (peer == ben)
			assert_hears(peer, "typing ana");
		assert_hears(peer, "ho");
		assert_hears_nothing(peer);
	}
	rig_forget_said(&rig);
	rig_send(ana, "~lobby");
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_TYPING);
}

static void
rooms_are_listed(void **state)
{
	struct rig_peer *ana = member(1);
	uint64_t token;

	(void)state;
	rig_send(ana, "*");
	rig_send(ana, "*");
	rig_turn(&rig);
	token = rig_said(&rig, ENVELOPE_LIST).list.token;
	rig_said_nothing(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_LISTED,
			  .listed = { .token = token, .conn = ana->conn, .room = TEXT("cats") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_LISTED,
			  .listed = { .token = token + 1, .conn = ana->conn } });
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_LIST_END, .list_end = { token, ana->conn, 1 } });
	rig_turn(&rig);
	assert_hears(ana, "room cats");
	assert_hears(ana, "rooms 1");
	assert_hears_nothing(ana);
}

static void
the_hub_may_ask_what_a_client_costs(void **state)
{
	struct rig_peer *ana = member(1);
	struct envelope_inspected inspected;

	(void)state;
	ana->room = 0;
	rig_say(&rig, "lobby", 5, 1, "12345");
	rig_turn(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_INSPECT, .inspect = { 7, ana->conn } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_INSPECT, .inspect = { 8, 999 } });
	rig_turn(&rig);
	inspected = rig_said(&rig, ENVELOPE_INSPECTED).inspected;
	assert_int_equal(inspected.token, 7);
	assert_int_equal(inspected.queue_bytes, 7);
	assert_int_equal(inspected.found, 1);
	assert_int_equal(rig_said(&rig, ENVELOPE_INSPECTED).inspected.found, 0);
}

static void
only_who_was_lost_lingers(void **state)
{
	struct rig_peer *lost = member(1);
	struct rig_peer *closed = member(2);
	struct rig_peer *legacy = rig_login(&rig, 3, "ben");

	(void)state;
	gateway_core_client_closed(rig.core, lost->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.linger, 1);
	session_close(closed->session, CLOSE_NORMAL, "bye");
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.linger, 0);
	gateway_core_client_closed(rig.core, legacy->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.linger, 0);
}

static void
a_message_goes_with_its_id(void **state)
{
	struct rig_peer *ana = member(1);
	struct envelope_publish publish;

	(void)state;
	rig_send(ana, "lobby:hi");
	rig_send(ana, "=4");
	rig_turn(&rig);
	publish = rig_said(&rig, ENVELOPE_PUBLISH).publish;
	assert_true(text_equal(publish.id, TEXT("id")));
	assert_int_equal(rig_said(&rig, ENVELOPE_READ).read.seq, 4);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			  .outcome = { .number = 2, .code = OUTCOME_BAD_SEQ } });
	rig_turn(&rig);
	assert_hears(ana, "READ bad_seq");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(it_opens_with_all_it_is),
		TEST(online_is_said_once),
		TEST(an_id_that_would_cost_the_link_costs_its_client),
		TEST(rooms_come_and_go),
		TEST(what_may_not_be_joined_is_said),
		TEST(a_new_link_hears_of_all_rooms),
		TEST(a_room_left_and_joined_over_two_links_is_new),
		TEST(a_room_closed_while_it_is_left_is_left_once),
		TEST(what_is_personal_comes_behind_all_rooms),
		TEST(what_was_said_before_the_close_is_still_heard),
		TEST(the_sender_hears_its_own_word_behind_the_echo),
		TEST(typing_is_for_others_who_keep_up),
		TEST(rooms_are_listed),
		TEST(the_hub_may_ask_what_a_client_costs),
		TEST(only_who_was_lost_lingers),
		TEST(a_message_goes_with_its_id),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
