/* Commands over lost links: each goes on until its outcome, in order, and never too often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hub_link.h"
#include "gateway_rig.h"

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

/* A new link to a hub that took commands up to `committed` and takes `most` without an outcome. */
static struct envelope_hello
new_link(uint64_t committed, uint32_t most)
{
	struct envelope_hello hello;

	rig_lose(&rig);
	rig_after(&rig, 300);
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	hello = rig_said(&rig, ENVELOPE_HELLO).hello;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WELCOME,
			  .welcome = { .link_version = LINK_VERSION,
			      .hub_epoch = 77,
			      .committed = committed,
			      .commands_max = most } });
	return hello;
}

static void
synced(void)
{
	rig_roster_end(&rig);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_JOIN);
	rig_said(&rig, ENVELOPE_ROSTER_END);
}

static void
expect_publish(uint64_t number, const char *content)
{
	struct envelope_publish publish = rig_said(&rig, ENVELOPE_PUBLISH).publish;

	assert_int_equal(publish.number, number);
	assert_true(text_equal(publish.content, text_of(content)));
}

static void
what_the_hub_has_is_not_sent_again(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_send(ana, "two");
	rig_send(ana, "three");
	rig_turn(&rig);
	outcome(1, OUTCOME_OK);
	assert_int_equal(new_link(2, 0).answered, 1);
	outcome(2, OUTCOME_NOT_STORED);
	rig_send(ana, "four");
	synced();
	expect_publish(3, "three");
	expect_publish(4, "four");
	rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	outcome(2, OUTCOME_NOT_STORED);
	outcome(3, OUTCOME_OK);
	rig_turn(&rig);
	assert_hears(ana, "failed not_stored");
	assert_hears_nothing(ana);
}

static void
what_was_sent_waits_for_its_outcome_for_ever(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_turn(&rig);
	rig_lose(&rig);
	rig_after(&rig, 60000);
	assert_hears(ana, "PING");
	assert_hears_nothing(ana);
	new_link(0, 0);
	synced();
	expect_publish(1, "one");
}

static void
a_hub_that_forgot_an_outcome_is_not_waited_for(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_turn(&rig);
	new_link(1, 0);
	synced();
	rig_after(&rig, HUB_OWED_MS - 1);
	assert_hears_nothing(ana);
	rig_after(&rig, 1);
	assert_hears(ana, "failed unavailable");
}

static void
the_hub_is_not_sent_more_than_it_takes(void **state)
{
	(void)state;
	rig_lose(&rig);
	rig_send(ana, "one");
	rig_send(ana, "two");
	rig_send(ana, "three");
	new_link(0, 2);
	synced();
	expect_publish(1, "one");
	expect_publish(2, "two");
	rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_commands_held"), 1);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	expect_publish(3, "three");
}

static void
the_hub_hears_what_arrived(void **state)
{
	(void)state;
	rig_send(ana, "one");
	rig_send(ana, "two");
	rig_turn(&rig);
	rig_forget_said(&rig);
	outcome(1, OUTCOME_OK);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	rig_after(&rig, HUB_ANSWERED_MS);
	assert_int_equal(rig_said(&rig, ENVELOPE_ANSWERED).answered.number, 1);
	rig_forget_said(&rig);
	rig_after(&rig, HUB_ANSWERED_MS / 2);
	rig_forget_said(&rig);
	outcome(2, OUTCOME_OK);
	rig_turn(&rig);
	rig_said_nothing(&rig);
}

static void
hold_nothing(struct config_limits *limits)
{
	limits->hold_seconds = 0;
}

static void
nothing_is_held_where_that_is_wished(void **state)
{
	(void)state;
	rig_destroy(&rig);
	rig_create(&rig, hold_nothing);
	rig_attach(&rig);
	ana = rig_login(&rig, 1, "ana");
	rig_lose(&rig);
	rig_send(ana, "one");
	rig_turn(&rig);
	assert_hears(ana, "failed unavailable");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(what_the_hub_has_is_not_sent_again),
		TEST(what_was_sent_waits_for_its_outcome_for_ever),
		TEST(a_hub_that_forgot_an_outcome_is_not_waited_for),
		TEST(the_hub_is_not_sent_more_than_it_takes),
		TEST(the_hub_hears_what_arrived),
		TEST(nothing_is_held_where_that_is_wished),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
