/* One client through the core: logging in, commands, limits, offences, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/session.h"
#include "gateway_rig.h"

static struct rig rig;

static void
tight(struct config_limits *limits)
{
	limits->messages_per_second = 2;
	limits->messages_burst = 5;
	limits->errors_per_minute = 3;
	limits->content_bytes = 20;
	limits->login_seconds = 10;
	limits->name_code_points = 5;
	limits->clients = 4;
}

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, tight);
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

static void
it_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct session) <= 416);
}

static void
the_hub_hears_who_it_is(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);
	struct envelope said;

	(void)state;
	rig_turn(&rig);
	rig_said_nothing(&rig);
	assert_false(session_is_open(ana->session));
	assert_true(text_equal(session_room(ana->session), TEXT("lobby")));
	rig_send(ana, "  anabella\x01 ");
	rig_turn(&rig);
	said = rig_said(&rig, ENVELOPE_OPEN);
	assert_true(text_equal(said.open.name, TEXT("anabe")));
	assert_true(text_equal(said.open.realm, TEXT("room")));
	assert_true(text_equal(said.open.dialect, TEXT("word")));
	assert_true(text_equal(said.open.address, TEXT("192.0.2.1")));
	assert_int_equal(said.open.client, 0);
	assert_int_equal(said.open.since_ms, rig.now.wall_ms);
	said = rig_said(&rig, ENVELOPE_JOIN);
	assert_true(text_equal(said.join.room, TEXT("lobby")));
	assert_int_equal(said.join.ordinal, 0);
	rig_said_nothing(&rig);
}

static void
the_hub_gives_name_and_id(void **state)
{
	struct rig_peer *peer = rig_connect(&rig);

	(void)state;
	rig_open(peer, 0xbf0c711b, "x");
	assert_int_equal(session_client(peer->session), 0xbf0c711b);
	assert_true(text_equal(session_name(peer->session), TEXT("x")));
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_OPENED, .opened = { peer->conn, 7, TEXT("用户") } });
	assert_int_equal(session_client(peer->session), 7);
	assert_true(text_equal(session_name(peer->session), TEXT("用户")));
}

static void
commands_may_follow_at_once(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);
	struct envelope said;

	(void)state;
	rig_send(ana, "ana");
	rig_send(ana, "hello");
	rig_send(ana, "@ben hi there");
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_JOIN);
	said = rig_said(&rig, ENVELOPE_PUBLISH);
	assert_int_equal(said.publish.number, 1);
	assert_int_equal(said.publish.client, 0);
	assert_true(text_equal(said.publish.room, TEXT("lobby")));
	assert_true(text_equal(said.publish.content, TEXT("hello")));
	said = rig_said(&rig, ENVELOPE_TELL);
	assert_int_equal(said.tell.number, 2);
	assert_true(text_equal(said.tell.to, TEXT("ben")));
	assert_true(text_equal(said.tell.content, TEXT("hi there")));
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OUTCOME, .outcome = { .number = 2, .to = 5 } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			  .outcome = { 1, OUTCOME_NO_SUCH_ROOM, .seq = 0 } });
	rig_turn(&rig);
	assert_hears(ana, "told hi there");
	assert_hears(ana, "failed no_such_room");
	assert_hears_nothing(ana);
}

static void
content_over_the_limit_is_refused_here(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_send(ana, "123456789012345678901");
	rig_send(ana, "12345678901234567890");
	rig_turn(&rig);
	assert_hears(ana, "failed too_long");
	assert_hears_nothing(ana);
	assert_int_equal(rig_said(&rig, ENVELOPE_PUBLISH).publish.content.length, 20);
}

static void
too_fast_is_refused_without_a_look(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		rig_send(ana, "hi");
	rig_turn(&rig);
	assert_hears(ana, "refused rate_limited");
	assert_hears(ana, "refused rate_limited");
	assert_hears_nothing(ana);
	rig_forget_said(&rig);
	rig_after(&rig, 600);
	rig_send(ana, "hi");
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_PUBLISH);
	assert_int_equal(ana->closes, 0);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_refused_total{code=\"rate_limited\"}"), 2);
}

static void
a_flood_is_closed(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		rig_send(ana, "hi");
	rig_turn(&rig);
	assert_int_equal(ana->closes, 1);
	assert_int_equal(ana->close_code, CLOSE_POLICY);
	assert_string_equal(ana->close_reason, "too many errors");
	for (unsigned i = 0; i < 3; i++)
		assert_hears(ana, "refused rate_limited");
	assert_hears_nothing(ana);
}

static void
too_many_errors_close_but_few_do_not(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		rig_send(ana, "!");
		rig_after(&rig, 1000);
	}
	assert_int_equal(ana->closes, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_hears(ana, "error");
	rig_send(ana, "!");
	rig_turn(&rig);
	assert_int_equal(ana->close_code, CLOSE_POLICY);
	assert_hears(ana, "error");
}

static void
binary_is_not_for_every_dialect(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *any = rig_connect_loud(&rig);

	(void)state;
	gateway_core_client_received(rig.core, ana->session, rig.now, FRAME_BINARY, TEXT("x"));
	gateway_core_client_received(rig.core, any->session, rig.now, FRAME_BINARY, TEXT("x"));
	rig_turn(&rig);
	assert_int_equal(ana->close_code, CLOSE_UNSUPPORTED);
	assert_int_equal(any->closes, 0);
	rig_said(&rig, ENVELOPE_OPEN);
}

static void
who_gives_no_name_is_closed(void **state)
{
	struct rig_peer *mute = rig_connect(&rig);
	struct rig_peer *ana = rig_connect(&rig);

	(void)state;
	rig_after(&rig, 5000);
	rig_forget_said(&rig);
	rig_open(ana, 1, "ana");
	assert_in_range(gateway_core_next_deadline(rig.core, rig.now), 0, 5000);
	rig_after(&rig, 4999);
	assert_int_equal(mute->closes, 0);
	rig_after(&rig, 1);
	assert_int_equal(mute->closes, 1);
	assert_int_equal(mute->close_code, CLOSE_POLICY);
	assert_string_equal(mute->close_reason, "no login");
	assert_int_equal(ana->closes, 0);
	gateway_core_client_closed(rig.core, mute->session, rig.now);
	rig_forget_said(&rig);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	assert_int_equal(gateway_core_clients(rig.core), 1);
}

static void
the_first_reason_counts(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	session_close(ana->session, CLOSE_NORMAL, "first");
	session_close(ana->session, CLOSE_POLICY, "second");
	session_close_text(ana->session, CLOSE_POLICY, TEXT("third"));
	session_reply(ana->session, FRAME_TEXT, TEXT("unheard"));
	rig_send(ana, "ignored");
	assert_int_equal(ana->closes, 0);
	rig_turn(&rig);
	assert_int_equal(ana->closes, 1);
	assert_string_equal(ana->close_reason, "first");
	assert_hears_nothing(ana);
	rig_said(&rig, ENVELOPE_CLOSED);
	rig_said_nothing(&rig);
	rig_send(ana, "ignored");
	rig_turn(&rig);
	assert_int_equal(ana->closes, 1);
	rig_said_nothing(&rig);
}

static void
what_was_said_before_comes_before_the_close(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_deliver(&rig, "ben", "last words");
	session_reply(ana->session, FRAME_TEXT, TEXT("reply"));
	session_close(ana->session, CLOSE_NORMAL, "");
	rig_deliver(&rig, "ben", "too late");
	rig_turn(&rig);
	assert_hears(ana, "ben: last words");
	assert_hears(ana, "reply");
	assert_hears_nothing(ana);
	assert_int_equal(ana->closes, 1);
}

static void
a_reason_from_outside_is_cut_at_a_character(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	char reason[301];

	(void)state;
	for (unsigned i = 0; i < 300; i += 3)
		memcpy(reason + i, "聊", 3);
	reason[300] = '\0';
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_CLOSE,
			  .close = { ana->conn, 2, CLOSE_POLICY, text_of(reason + 1) } });
	rig_turn(&rig);
	assert_int_equal(ana->closes, 0);
	reason[0] = 'x';
	reason[1] = 'y';
	reason[2] = 'z';
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_CLOSE,
			  .close = { ana->conn, 1, 0, text_of(reason + 1) } });
	rig_turn(&rig);
	assert_int_equal(ana->close_code, CLOSE_POLICY);
	assert_int_equal(strlen(ana->close_reason), 2 + 40 * 3);
	assert_true(text_is_utf8(text_of(ana->close_reason)));
}

static void
a_full_gateway_takes_nobody_more(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(rig_connect(&rig)->session);
	assert_null(rig_connect(&rig)->session);
	gateway_core_client_closed(rig.core, rig.peers[0].session, rig.now);
	rig_turn(&rig);
	assert_non_null(rig_connect(&rig)->session);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_refused_total{code=\"full\"}"), 1);
}

static void
state_of_the_dialect_is_zeroed(void **state)
{
	struct rig_peer *any = rig_connect_loud(&rig);
	char zeroes[24] = { 0 };

	(void)state;
	assert_memory_equal(session_state(any->session), zeroes, sizeof(zeroes));
	memset(session_state(any->session), 0xff, sizeof(zeroes));
}

static void
a_refused_client_is_told(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);
	uint64_t conn;

	(void)state;
	rig_send(ana, "ana");
	rig_turn(&rig);
	conn = rig_said(&rig, ENVELOPE_OPEN).open.conn;
	rig_forget_said(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_REFUSED,
			  .refused = { conn, TEXT("lobby"), OUTCOME_NO_SUCH_ROOM } });
	rig_turn(&rig);
	assert_hears(ana, "refused no_such_room");
	assert_int_equal(ana->closes, 0);
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_REFUSED, .refused = { conn, TEXT(""), OUTCOME_FULL } });
	rig_turn(&rig);
	assert_hears(ana, "refused full");
	assert_int_equal(ana->close_code, CLOSE_TRY_LATER);
	rig_said(&rig, ENVELOPE_CLOSED);
}

#define TEST_IN_RIG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_small),
		TEST_IN_RIG(the_hub_hears_who_it_is),
		TEST_IN_RIG(the_hub_gives_name_and_id),
		TEST_IN_RIG(commands_may_follow_at_once),
		TEST_IN_RIG(content_over_the_limit_is_refused_here),
		TEST_IN_RIG(too_fast_is_refused_without_a_look),
		TEST_IN_RIG(a_flood_is_closed),
		TEST_IN_RIG(too_many_errors_close_but_few_do_not),
		TEST_IN_RIG(binary_is_not_for_every_dialect),
		TEST_IN_RIG(who_gives_no_name_is_closed),
		TEST_IN_RIG(the_first_reason_counts),
		TEST_IN_RIG(what_was_said_before_comes_before_the_close),
		TEST_IN_RIG(a_reason_from_outside_is_cut_at_a_character),
		TEST_IN_RIG(a_full_gateway_takes_nobody_more),
		TEST_IN_RIG(state_of_the_dialect_is_zeroed),
		TEST_IN_RIG(a_refused_client_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
