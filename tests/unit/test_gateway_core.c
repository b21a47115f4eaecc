/* The core as a whole: coming and going in mid-turn, kicks, the hub away and back, stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

static struct rig rig;

static void
few_commands(struct config_limits *limits)
{
	limits->commands = 3;
}

static int
begin(void (*adjust)(struct config_limits *))
{
	rig_create(&rig, adjust);
	rig_attach(&rig);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	return begin(NULL);
}

static int
set_up_few(void **state)
{
	(void)state;
	return begin(few_commands);
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static void
who_goes_in_the_middle_of_a_turn_harms_nobody(void **state)
{
	struct rig_peer *peers[5];
	char name[8];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		peers[i] = rig_login(&rig, i + 1, name);
	}
	rig_deliver(&rig, "x", "one");
	gateway_core_client_closed(rig.core, peers[1]->session, rig.now);
	peers[1]->session = NULL;
	rig_send(peers[2], "!");
	gateway_core_client_closed(rig.core, peers[2]->session, rig.now);
	peers[2]->session = NULL;
	rig_deliver(&rig, "x", "two");
	rig_exited(&rig, 2);
	rig_turn(&rig);
	for (unsigned i = 0; i < 5; i += i == 0 ? 3 : 1) {
		assert_hears(peers[i], "x: one");
		assert_hears(peers[i], "x: two");
		assert_hears(peers[i], "list p0 p2 p3 p4");
		assert_hears(peers[i], "-p1");
		assert_hears_nothing(peers[i]);
	}
	assert_int_equal(gateway_core_clients(rig.core), 3);
}

static void
a_newcomer_in_mid_turn_hears_what_follows(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_connect(&rig);

	(void)state;
	rig_send(ben, "ben");
	rig_turn(&rig);
	ben->conn = rig_said(&rig, ENVELOPE_OPEN).open.conn;
	rig_deliver(&rig, "ana", "before");
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ben->conn, 2, TEXT("ben") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { ben->conn, TEXT("lobby"), 2, 1, 1 } });
	rig_deliver(&rig, "ana", "between");
	rig_entered(&rig, 2, "ben", 2);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
			  .whisper = { ben->conn, 2, 1, TEXT("ana"), 1, TEXT("psst") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
			  .whisper = { ben->conn, 3, 1, TEXT("ana"), 1, TEXT("not for ben") } });
	rig_deliver(&rig, "ana", "after");
	rig_turn(&rig);
	assert_hears(ana, "ana: before");
	assert_hears(ana, "ana: between");
	assert_hears(ana, "list ana ben");
	assert_hears(ana, "+ben");
	assert_hears(ana, "ana: after");
	assert_hears(ben, "ana: between");
	assert_hears(ben, "list ana ben");
	assert_hears(ben, "+ben");
	assert_hears(ben, "whisper psst");
	assert_hears(ben, "ana: after");
	assert_hears_nothing(ben);
}

static void
a_kick_closes_with_the_reason(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_CLOSE,
			  .close = { ben->conn, 2, CLOSE_POLICY, TEXT("be kind") } });
	rig_exited(&rig, 2);
	rig_turn(&rig);
	assert_int_equal(ben->close_code, CLOSE_POLICY);
	assert_string_equal(ben->close_reason, "be kind");
	assert_hears(ana, "list ana");
	assert_hears(ana, "-ben");
	assert_hears_nothing(ben);
}

static void
commands_wait_for_a_hub_that_is_away(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_lose(&rig);
	rig_send(ana, "one");
	rig_after(&rig, 9000);
	rig_send(ana, "two");
	assert_hears_nothing(ana);
	rig_after(&rig, 999);
	assert_hears_nothing(ana);
	rig_after(&rig, 1);
	assert_hears(ana, "failed unavailable");
	assert_hears_nothing(ana);
	assert_int_equal(ana->closes, 0);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_commands_held"), 1);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_hub_link_up"), 0);
	assert_int_equal(
	    rig_count(&rig, "hubbub_gateway_hub_link_lost_total{reason=\"closed_by_peer\"}"), 1);

	rig_lose(&rig);
	rig_after(&rig, 300);
	rig_welcome(&rig, 78);
	rig_roster_end(&rig);
	rig_forget_said(&rig);
	rig_send(ana, "three");
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_JOIN);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	assert_int_equal(rig_said(&rig, ENVELOPE_PUBLISH).publish.number, 2);
	assert_int_equal(rig_said(&rig, ENVELOPE_PUBLISH).publish.number, 3);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_commands_held"), 0);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			  .outcome = { .number = 2, .code = OUTCOME_NOT_STORED } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME, .outcome = { .number = 3 } });
	rig_turn(&rig);
	assert_hears(ana, "failed not_stored");
	assert_hears_nothing(ana);
}

static void
commands_are_bounded(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		rig_send(ana, "hi");
	rig_turn(&rig);
	assert_hears(ana, "failed unavailable");
	assert_hears_nothing(ana);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME, .outcome = { .number = 1 } });
	rig_forget_said(&rig);
	rig_send(ana, "hi");
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_PUBLISH).publish.number, 4);
}

static void
reattach(uint64_t hub_epoch)
{
	rig_after(&rig, 1000);
	rig_welcome(&rig, hub_epoch);
	rig_turn(&rig);
	rig_forget_said(&rig);
}

static void
a_restarted_hub_makes_no_noise(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_entered(&rig, 9, "far", 100);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_lose(&rig);
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	ben->session = NULL;
	rig_turn(&rig);
	reattach(78);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ana->conn, 1, TEXT("ana") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { ana->conn, TEXT("lobby"), 1, 1, 0 } });
	rig_entered(&rig, 1, "ana", 1);
	rig_entered(&rig, 9, "far", 100);
	rig_entered(&rig, 8, "new", 101);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears(ana, "list ana far new");
	assert_hears(ana, "-ben");
	assert_hears(ana, "+new");
	assert_hears_nothing(ana);
	rig_deliver(&rig, "far", "still here");
	rig_turn(&rig);
	assert_hears(ana, "far: still here");
	assert_hears_nothing(ana);
}

static void
an_id_may_change_with_the_hub(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_lose(&rig);
	reattach(78);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ana->conn, 44, TEXT("ana") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { ana->conn, TEXT("lobby"), 1, 1, 0 } });
	rig_entered(&rig, 44, "ana", 1);
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears(ana, "list ana");
	assert_hears(ana, "-ana");
	assert_hears(ana, "+ana");
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
			  .whisper = { ana->conn, 44, 2, TEXT("x"), 1, TEXT("hi") } });
	rig_turn(&rig);
	assert_hears(ana, "whisper hi");
}

static void
two_clients_may_swap_their_ids(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_lose(&rig);
	reattach(78);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ben->conn, 1, TEXT("ben") } });
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ana->conn, 2, TEXT("ana") } });
	rig_entered(&rig, 2, "ana", 1);
	rig_entered(&rig, 1, "ben", 2);
	rig_roster_end(&rig);
	/* Each is found by its new id: whoever leaves hears nothing of it. */
	rig_exited(&rig, 1);
	rig_turn(&rig);
	assert_hears_nothing(ben);
	assert_hears(ana, "list ana");
	assert_hears(ana, "-ben");
	rig_exited(&rig, 2);
	rig_turn(&rig);
	assert_hears_nothing(ana);
}

/* A gateway may be started, and used, before its hub. */
static void
the_first_roster_tells_only_of_our_own(void **state)
{
	struct rig_peer *ana;

	(void)state;
	rig_destroy(&rig);
	rig_create(&rig, NULL);
	ana = rig_connect(&rig);
	rig_send(ana, "ana");
	rig_turn(&rig);
	rig_said_nothing(&rig);
	rig_welcome(&rig, 1);
	rig_said(&rig, ENVELOPE_HELLO);
	rig_turn(&rig);
	ana->conn = rig_said(&rig, ENVELOPE_OPEN).open.conn;
	rig_entered(&rig, 7, "far", 1);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { ana->conn, 1, TEXT("ana") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { ana->conn, TEXT("lobby"), 2, 1, 0 } });
	rig_entered(&rig, 1, "ana", 2);
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears(ana, "list far ana");
	assert_hears(ana, "+ana");
	assert_hears_nothing(ana);
}

static void
stopping_closes_all_and_says_goodbye(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *mute = rig_connect(&rig);

	(void)state;
	rig_deliver(&rig, "b", "last");
	gateway_core_stop(rig.core, rig.now);
	rig_said(&rig, ENVELOPE_GOODBYE);
	rig_said_nothing(&rig);
	assert_hears(ana, "b: last");
	assert_int_equal(ana->close_code, CLOSE_RESTART);
	assert_int_equal(mute->close_code, CLOSE_RESTART);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	gateway_core_client_closed(rig.core, mute->session, rig.now);
	gateway_core_hub_lost(rig.core, rig.now, LINK_STOPPED);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	assert_int_equal(gateway_core_clients(rig.core), 0);
	assert_int_equal(rig.connects, 1);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) == UINT64_MAX);
}

static void
an_idle_gateway_has_little_to_do(void **state)
{
	unsigned turns = 0;
	uint64_t end = rig.now.mono_ms + 60000;

	(void)state;
	while (rig.now.mono_ms < end) {
		rig_after(&rig, gateway_core_next_deadline(rig.core, rig.now));
		turns++;
	}
	assert_in_range(turns, 55, 65);
}

static void
envelopes_for_nobody_are_no_error(void **state)
{
	(void)state;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED, .opened = { 99, 1, TEXT("x") } });
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_JOINED, .joined = { 99, TEXT("lobby"), 1, 1, 1 } });
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_REFUSED, .refused = { 99, TEXT(""), 6 } });
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_CLOSE, .close = { 99, 1, 1008, TEXT("") } });
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_WHISPER, .whisper = { .conn = 99, .to = 1 } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME, .outcome = { .number = 9 } });
	rig_deliver(&rig, "b", "x");
	rig_exited(&rig, 1);
	rig_turn(&rig);
}

#define TEST_IN_RIG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_WITH(set_up_fn, function) \
	cmocka_unit_test_setup_teardown(function, set_up_fn, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_RIG(who_goes_in_the_middle_of_a_turn_harms_nobody),
		TEST_IN_RIG(a_newcomer_in_mid_turn_hears_what_follows),
		TEST_IN_RIG(a_kick_closes_with_the_reason),
		TEST_IN_RIG(commands_wait_for_a_hub_that_is_away),
		TEST_WITH(set_up_few, commands_are_bounded),
		TEST_IN_RIG(a_restarted_hub_makes_no_noise),
		TEST_IN_RIG(an_id_may_change_with_the_hub),
		TEST_IN_RIG(two_clients_may_swap_their_ids),
		TEST_IN_RIG(the_first_roster_tells_only_of_our_own),
		TEST_IN_RIG(stopping_closes_all_and_says_goodbye),
		TEST_IN_RIG(an_idle_gateway_has_little_to_do),
		TEST_IN_RIG(envelopes_for_nobody_are_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
