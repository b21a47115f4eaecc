/* Clients that go while commands of theirs wait: what is still said for them, and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/gateway_core_state.h"
#include "rig_dialects.h"

#define HOLD_MS 10000u
#define NATIVE (OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET | OPEN_HAS_RECEIPTS)

static struct rig rig;
static struct rig_peer *ana;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	ana = rig_login(&rig, 1, "ana");
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
outcome(uint64_t number, uint32_t code)
{
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OUTCOME,
			  .outcome = { .number = number, .code = code } });
}

static void
goes(struct rig_peer *peer)
{
	gateway_core_client_closed(rig.core, peer->session, rig.now);
	peer->session = NULL;
	rig_turn(&rig);
}

/* A new link to a hub that took commands up to `committed`. */
static void
new_link(uint64_t committed)
{
	rig_lose(&rig);
	rig_after(&rig, 300);
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	(void)rig_said(&rig, ENVELOPE_HELLO);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_WELCOME,
		.welcome = {
		    .link_version = LINK_VERSION, .hub_epoch = 77, .committed = committed } });
}

static void
synced(void)
{
	rig_roster_end(&rig);
	rig_turn(&rig);
}

static struct envelope_open
expect_open(uint32_t client, uint32_t flags)
{
	struct envelope_open open = rig_said(&rig, ENVELOPE_OPEN).open;

	assert_int_equal(open.client, client);
	assert_int_equal(open.flags, flags);
	return open;
}

static void
expect_join(const char *room, uint64_t ordinal)
{
	struct envelope_join join = rig_said(&rig, ENVELOPE_JOIN).join;

	assert_true(text_equal(join.room, text_of(room)));
	assert_int_equal(join.ordinal, ordinal);
}

static void
expect_closed(uint64_t conn, uint32_t linger)
{
	struct envelope_closed closed = rig_said(&rig, ENVELOPE_CLOSED).closed;

	assert_int_equal(closed.conn, conn);
	assert_int_equal(closed.linger, linger);
}

static void
expect_publish(uint64_t number, uint64_t conn)
{
	struct envelope_publish publish = rig_said(&rig, ENVELOPE_PUBLISH).publish;

	assert_int_equal(publish.number, number);
	assert_int_equal(publish.conn, conn);
}

static int64_t
closing(void)
{
	return rig_count(&rig, "hubbub_gateway_clients_closing");
}

/* Nobody is remembered, and no memory is counted for anybody. */
static void
assert_nothing_is_left(void)
{
	rig_turn(&rig);
	assert_int_equal(closing(), 0);
	assert_int_equal(rig.core->commands.bytes, 0);
	assert_int_equal(rig.core->commands.waiting, 0);
}

static void
it_is_gone_for_the_hub_behind_its_outcomes(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_send(ana, "two");
	goes(ana);
	expect_publish(1, ana->conn);
	expect_publish(2, ana->conn);
	expect_closed(ana->conn, CLOSED_UNANSWERED);
	outcome(1, OUTCOME_OK);
	rig_after(&rig, 500);
	rig_said_nothing(&rig);
	assert_int_equal(closing(), 1);
	assert_int_equal(gateway_core_clients(rig.core), 0);
	outcome(2, OUTCOME_READ_ONLY);
	rig_turn(&rig);
	expect_closed(ana->conn, CLOSED_GONE);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_refused_total{code=\"read_only\"}"), 1);
	assert_nothing_is_left();
}

static void
who_waits_for_nothing_is_gone_at_once(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_turn(&rig);
	outcome(1, OUTCOME_OK);
	rig_forget_said(&rig);
	goes(ana);
	expect_closed(ana->conn, CLOSED_GONE);
	assert_nothing_is_left();
}

static void
what_was_never_sent_is_sent_for_it(void **state)
{
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_lose(&rig);
	rig_send(ben, "one");
	rig_send(ana, "two");
	goes(ben);
	assert_int_equal(closing(), 1);
	new_link(0);
	rig_turn(&rig);
	/* Whoever is gone comes first: who has come again finds that place. */
	assert_true(text_equal(expect_open(2, OPEN_CLOSING).name, TEXT("ben")));
	expect_join("lobby", 2);
	expect_open(1, 0);
	expect_join("lobby", 1);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
	(void)rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	synced();
	expect_publish(1, ben->conn);
	expect_publish(2, ana->conn);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_closed(ben->conn, CLOSED_GONE);
	outcome(2, OUTCOME_OK);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	assert_nothing_is_left();
}

static void
links_may_break_as_often_as_they_like(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_send(ana, "two");
	goes(ana);
	for (unsigned i = 0; i < 3; i++) {
		new_link(0);
		rig_turn(&rig);
		expect_open(1, OPEN_CLOSING);
		expect_join("lobby", 1);
		synced();
		rig_after(&rig, 20000);
	}
	rig_forget_said(&rig);
	/* The hub has the first one: its outcome comes behind WELCOME, the other is sent again. */
	new_link(1);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_open(1, OPEN_CLOSING);
	rig_forget_said(&rig);
	synced();
	expect_publish(2, ana->conn);
	rig_said_nothing(&rig);
	outcome(2, OUTCOME_OK);
	rig_turn(&rig);
	expect_closed(ana->conn, CLOSED_GONE);
	assert_nothing_is_left();
}

static void
what_a_new_link_brings_the_outcome_of_leaves_behind_the_roster(void **state)
{
	(void)state;
	rig_send(ana, "one");
	goes(ana);
	new_link(1);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_open(1, OPEN_CLOSING);
	expect_join("lobby", 1);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
	(void)rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	synced();
	expect_closed(ana->conn, CLOSED_GONE);
	assert_nothing_is_left();
}

static void
a_link_that_breaks_before_the_roster_ends_it(void **state)
{
	(void)state;
	rig_send(ana, "one");
	goes(ana);
	new_link(1);
	outcome(1, OUTCOME_OK);
	new_link(1);
	rig_turn(&rig);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
	assert_nothing_is_left();
}

static void
it_is_given_up_when_its_words_are(void **state)
{
	(void)state;
	rig_lose(&rig);
	rig_send(ana, "one");
	goes(ana);
	rig_after(&rig, HOLD_MS - 1);
	assert_int_equal(closing(), 1);
	rig_after(&rig, 1);
	assert_nothing_is_left();
	assert_int_equal(rig_count(&rig, "hubbub_gateway_refused_total{code=\"unavailable\"}"), 1);
	new_link(0);
	rig_turn(&rig);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
}

static void
a_kick_ends_it_and_what_was_not_sent(void **state)
{
	struct envelope order = { .kind = ENVELOPE_CLOSE,
		.close = { .conn = ana->conn, .client = 2, .code = 1008, .reason = TEXT("no") } };

	(void)state;
	rig_lose(&rig);
	rig_send(ana, "one");
	goes(ana);
	new_link(0);
	rig_turn(&rig);
	rig_forget_said(&rig);
	/* Meant for another who had that conn. */
	rig_hub(&rig, order);
	rig_turn(&rig);
	assert_int_equal(closing(), 1);
	order.close.client = 1;
	rig_hub(&rig, order);
	synced();
	expect_closed(ana->conn, CLOSED_GONE);
	rig_said_nothing(&rig);
	assert_nothing_is_left();
}

static void
who_is_kicked_is_spoken_for_no_more(void **state)
{
	(void)state;
	new_link(0);
	rig_turn(&rig);
	rig_forget_said(&rig);
	/* It waits behind the roster. */
	rig_send(ana, "one");
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_CLOSE, .close = { ana->conn, 1, 1008, TEXT("no") } });
	rig_turn(&rig);
	expect_closed(ana->conn, CLOSED_GONE);
	goes(ana);
	synced();
	rig_said_nothing(&rig);
	assert_nothing_is_left();
}

/* Many rooms, and a connection that is lost without a word. */
static void
it_keeps_its_rooms_and_may_come_back(void **state)
{
	struct rig_peer *ben = rig_login_as(&rig, &rig_many_dialect,
	    (struct envelope_opened){ .client = 9, .user = TEXT("00000007"), .resume = TEXT("s") });
	struct envelope_open open;

	(void)state;
	rig_send(ben, "+tea");
	rig_send(ben, "+den");
	rig_joined(ben, "tea", 1, 0);
	rig_joined(ben, "den", 1, 0);
	rig_send(ben, "-tea");
	rig_lose(&rig);
	rig_send(ben, "den:one");
	goes(ben);
	new_link(0);
	rig_turn(&rig);
	open = expect_open(9, OPEN_CLOSING | NATIVE);
	assert_true(text_equal(open.user, TEXT("00000007")));
	assert_true(text_equal(open.resume, TEXT("s")));
	expect_join("lobby", 0);
	expect_join("den", rig.ordinal);
	rig_forget_said(&rig);
	synced();
	expect_publish(1, ben->conn);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_closed(ben->conn, CLOSED_LOST);
	assert_nothing_is_left();
}

static void
a_receipt_is_a_command_like_others(void **state)
{
	struct rig_peer *ben =
	    rig_login_as(&rig, &rig_many_dialect, (struct envelope_opened){ .client = 9 });

	(void)state;
	rig_send(ben, "=3");
	goes(ben);
	(void)rig_said(&rig, ENVELOPE_READ);
	expect_closed(ben->conn, CLOSED_UNANSWERED);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_closed(ben->conn, CLOSED_LOST);
	assert_nothing_is_left();
}

/* It came while there was no hub, and had no id when it went. */
static void
a_stranger_is_the_same_on_the_next_link(void **state)
{
	struct rig_peer *ben;
	struct envelope_open open;

	(void)state;
	rig_lose(&rig);
	ben = rig_connect_as(&rig, &rig_many_dialect);
	rig_send(ben, "ben");
	rig_send(ben, "+den");
	rig_send(ben, "den:one");
	goes(ben);
	new_link(0);
	rig_turn(&rig);
	open = expect_open(0, OPEN_CLOSING | NATIVE);
	ben->conn = open.conn;
	expect_join("lobby", 0);
	expect_join("den", 0);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = ben->conn,
			      .client = 9,
			      .name = TEXT("ben"),
			      .user = TEXT("00000009"),
			      .resume = TEXT("s") } });
	rig_joined(ben, "den", 1, 0);
	new_link(0);
	rig_turn(&rig);
	open = expect_open(9, OPEN_CLOSING | NATIVE);
	assert_true(text_equal(open.name, TEXT("ben")));
	assert_true(text_equal(open.user, TEXT("00000009")));
	assert_true(text_equal(open.resume, TEXT("s")));
	expect_join("lobby", 0);
	expect_join("den", rig.ordinal);
	rig_forget_said(&rig);
	synced();
	expect_publish(1, ben->conn);
}

static void
who_goes_while_all_are_said_again_is_said_too(void **state)
{
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	new_link(0);
	rig_send(ben, "one");
	rig_send(ana, "two");
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	goes(ben);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
	(void)rig_said(&rig, ENVELOPE_PROBE);
	/* They were passed over, for they were going; each is told of as gone. */
	rig_turn(&rig);
	assert_int_equal(closing(), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig_said(&rig, ENVELOPE_OPEN).open.flags, OPEN_CLOSING);
		(void)rig_said(&rig, ENVELOPE_JOIN);
	}
	synced();
	expect_publish(1, ben->conn);
	expect_publish(2, ana->conn);
}

static void
its_memory_counts_with_that_of_the_commands(void **state)
{
	struct commands *commands = &rig.core->commands;
	size_t used;

	(void)state;
	rig_lose(&rig);
	rig_send(ana, "one");
	used = COMMANDS_BYTES_MAX - commands->bytes;
	assert_true(commands_charge(commands, used));
	goes(ana);
	assert_int_equal(closing(), 0);
	commands_refund(commands, used);
	/* Nobody is there to speak for: it is as if it had never been said. */
	new_link(0);
	rig_turn(&rig);
	(void)rig_said(&rig, ENVELOPE_ROSTER_END);
	(void)rig_said(&rig, ENVELOPE_PROBE);
	synced();
	rig_said_nothing(&rig);
	assert_nothing_is_left();
}

static void
nobody_is_waited_for_when_the_gateway_ends(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_turn(&rig);
	rig_forget_said(&rig);
	gateway_core_stop(rig.core, rig.now);
	(void)rig_said(&rig, ENVELOPE_GOODBYE);
	rig_said_nothing(&rig);
	assert_int_equal(closing(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(it_is_gone_for_the_hub_behind_its_outcomes),
		TEST(who_waits_for_nothing_is_gone_at_once),
		TEST(what_was_never_sent_is_sent_for_it),
		TEST(links_may_break_as_often_as_they_like),
		TEST(what_a_new_link_brings_the_outcome_of_leaves_behind_the_roster),
		TEST(a_link_that_breaks_before_the_roster_ends_it),
		TEST(it_is_given_up_when_its_words_are),
		TEST(a_kick_ends_it_and_what_was_not_sent),
		TEST(who_is_kicked_is_spoken_for_no_more),
		TEST(it_keeps_its_rooms_and_may_come_back),
		TEST(a_receipt_is_a_command_like_others),
		TEST(a_stranger_is_the_same_on_the_next_link),
		TEST(who_goes_while_all_are_said_again_is_said_too),
		TEST(its_memory_counts_with_that_of_the_commands),
		TEST(nobody_is_waited_for_when_the_gateway_ends),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
