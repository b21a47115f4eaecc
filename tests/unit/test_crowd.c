/* Presence in a room above limits.list_members: what is said at once, what is summed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define INTERVAL_MS 100
#define SUMMARISED "hubbub_gateway_notices_summarised_total"
#define SHORTENED "hubbub_gateway_lists_shortened_total"

static struct rig rig;
static int64_t summarised; /* before the test's own */

static void
four_listed(struct config_limits *limits)
{
	limits->list_members = 4;
	limits->notices_per_interval = 2;
	limits->ping_seconds = 3600;
}

static void
four_listed_by_little(struct config_limits *limits)
{
	four_listed(limits);
	limits->presence_bytes_per_second = 1000;
}

static void
begin(void (*adjust)(struct config_limits *))
{
	rig_create(&rig, adjust);
	rig_attach(&rig);
}

static int
set_up(void **state)
{
	(void)state;
	begin(four_listed);
	return 0;
}

static int
set_up_little(void **state)
{
	(void)state;
	begin(four_listed_by_little);
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
come(uint32_t client, const char *name)
{
	struct rig_peer *peer = rig_connect(&rig);

	rig_forget_said(&rig);
	rig_open(peer, client, name);
	rig_entered(&rig, client, name, rig.ordinal);
	rig_turn(&rig);
	return peer;
}

static void
forget_all(void)
{
	for (unsigned i = 0; i < rig.peer_count; i++)
		rig_forget_heard(&rig.peers[i]);
}

/* Others far away, with the ids from 101 on; it is quiet afterwards. */
static void
others(unsigned count)
{
	for (uint32_t i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "o%u", i + 1);
		rig_entered(&rig, 101 + i, name, ++rig.ordinal);
	}
	for (unsigned i = 0; i < 20; i++)
		rig_after(&rig, 1000);
	forget_all();
	summarised = rig_count(&rig, SUMMARISED);
}

static void
up_to_the_limit_all_is_said_at_once(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	struct rig_peer *ben;

	(void)state;
	others(2);
	ben = come(2, "ben");
	assert_hears(ana, "list ana o1 o2 ben");
	assert_hears(ana, "+ben");
	assert_hears(ben, "list ana o1 o2 ben");
	assert_hears(ben, "+ben");
	rig_exited(&rig, 101);
	rig_turn(&rig);
	assert_hears(ana, "list ana o2 ben");
	assert_hears(ana, "-o1");
	rig_after(&rig, 10000);
	assert_hears_nothing(ana);
}

static void
so_many_notices_and_then_a_summary(void **state)
{
	struct rig_peer *ana = come(1, "ana");

	(void)state;
	others(9);
	rig_entered(&rig, 201, "x", 1001);
	rig_exited(&rig, 201);
	rig_entered(&rig, 202, "y", 1002);
	rig_entered(&rig, 203, "z", 1003);
	rig_exited(&rig, 202);
	rig_turn(&rig);
	assert_hears(ana, "+x of 11");
	assert_hears(ana, "-x of 10");
	assert_hears_nothing(ana);
	assert_int_equal(rig_count(&rig, SUMMARISED) - summarised, 3);
	rig_after(&rig, INTERVAL_MS - 1);
	assert_hears_nothing(ana);
	assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), 1);
	rig_after(&rig, 1);
	assert_hears(ana, "and +2 -1 of 11");
	/* And so on in the next interval. */
	rig_exited(&rig, 203);
	rig_turn(&rig);
	assert_hears(ana, "-z of 10");
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears_nothing(ana);
}

static void
an_interval_without_more_is_over_in_silence(void **state)
{
	struct rig_peer *ana = come(1, "ana");

	(void)state;
	others(9);
	for (uint32_t i = 0; i < 6; i++) {
		rig_entered(&rig, 201 + i, "x", 1001 + i);
		rig_after(&rig, INTERVAL_MS / 2);
		assert_int_equal(strncmp(rig_next(ana), "+x of ", 6), 0);
		assert_hears_nothing(ana);
	}
	assert_int_equal(rig_count(&rig, SUMMARISED) - summarised, 0);
}

static void
who_comes_hears_of_itself_in_any_case(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	struct rig_peer *ben;

	(void)state;
	others(9);
	rig_entered(&rig, 201, "x", 1001);
	rig_entered(&rig, 202, "y", 1002);
	rig_turn(&rig);
	rig_forget_heard(ana);
	ben = come(2, "ben");
	assert_hears_nothing(ana);
	assert_hears(ben, "list ana o1 o2 ben of 13");
	assert_hears(ben, "+ben of 13");
	assert_hears_nothing(ben);
	rig_after(&rig, INTERVAL_MS);
	assert_hears(ana, "and +1 -0 of 13");
	assert_hears(ben, "and +1 -0 of 13");
}

/* Lists only change for others when the room becomes large, or one of the first goes. */
static void
lists_go_out_when_they_changed(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	struct rig_peer *ben;

	(void)state;
	others(2);
	ben = come(2, "ben");
	forget_all();
	rig_entered(&rig, 201, "x", 1001);
	rig_turn(&rig);
	assert_hears(ana, "+x of 5");
	assert_hears_nothing(ana);
	rig_after(&rig, INTERVAL_MS);
	assert_hears(ana, "list ana o1 o2 ben of 5");
	rig_entered(&rig, 202, "y", 1002);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears(ana, "+y of 6");
	rig_exited(&rig, 202);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears(ana, "-y of 5");
	rig_entered(&rig, 203, "z", 1003);
	rig_exited(&rig, 101);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears(ana, "+z of 6");
	assert_hears(ana, "-o1 of 5");
	assert_hears(ana, "list ana o2 ben x of 5");
	assert_hears_nothing(ana);
	rig_forget_heard(ben);
	/* Small again: all of it, at once. */
	rig_exited(&rig, 203);
	rig_turn(&rig);
	assert_hears(ben, "list ana o2 ben x");
	assert_hears(ben, "-z");
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears_nothing(ben);
}

/* Whoever is not among the first is in its own list all the same. */
static void
everybody_is_in_its_own_list(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	struct rig_peer *ben;

	(void)state;
	others(9);
	ben = come(2, "ben");
	rig_forget_heard(ben);
	rig_forget_heard(ana);
	rig_exited(&rig, 101);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears(ana, "-o1 of 10");
	assert_hears(ana, "list ana o2 o3 o4 of 10");
	assert_hears(ben, "-o1 of 10");
	assert_hears(ben, "list ana o2 o3 ben of 10");
}

static void
summaries_outlive_the_crowd(void **state)
{
	struct rig_peer *ana = come(1, "ana");

	(void)state;
	others(6);
	for (uint32_t i = 0; i < 6; i++)
		rig_exited(&rig, 101 + i);
	rig_turn(&rig);
	assert_hears(ana, "-o1 of 6");
	assert_hears(ana, "-o2 of 5");
	/* From the first change in the small room on. */
	assert_hears(ana, "list ana o4 o5 o6");
	assert_hears(ana, "-o3");
	assert_hears(ana, "list ana o5 o6");
	assert_hears(ana, "-o4");
	rig_forget_heard(ana);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears_nothing(ana);
	others(9);
	for (uint32_t i = 0; i < 9; i++)
		rig_exited(&rig, 101 + i);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_after(&rig, INTERVAL_MS);
	assert_hears(ana, "and +0 -3 of 1");
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears_nothing(ana);
}

/* 1000 bytes: half of them are for newcomers and notices, and each takes a 32nd of that. */
static void
a_newcomer_gets_less_when_there_is_less(void **state)
{
	struct rig_peer *peers[40];
	struct rig_peer *ana = come(1, "a-name-of-twenty-byt");
	char name[80];
	unsigned lists = 0;

	(void)state;
	others(9);
	for (uint32_t i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "newcomer-%02u", i);
		peers[i] = come(1000 + i, name);
	}
	/* 500 / 32 = 15: not even the first one fits, only oneself. */
	assert_hears(peers[0], "list newcomer-00 of 11");
	assert_hears(peers[39], "list newcomer-39 of 50");
	assert_int_equal(rig_count(&rig, SHORTENED), 40);
	forget_all();
	/* What they lack comes by turns, and then it is quiet. */
	for (unsigned i = 0; i < 600; i++)
		rig_after(&rig, INTERVAL_MS);
	for (unsigned i = 0; i < 40; i++) {
		bool full = false;

		snprintf(
		    name, sizeof(name), "list a-name-of-twenty-byt o1 o2 newcomer-%02u of 50", i);
		while (rig_unheard(peers[i]) > 0)
			full = strcmp(rig_next(peers[i]), name) == 0 || full;
		assert_true(full);
		lists++;
	}
	assert_int_equal(lists, 40);
	while (rig_unheard(ana) > 0)
		assert_int_not_equal(strncmp(rig_next(ana), "list", 4), 0);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) > 100);
}

/* A summary to 200 is dearer than all that can be saved. */
static void
a_dear_summary_waits_until_it_is_paid(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	uint64_t waited = 0;

	(void)state;
	for (uint32_t i = 0; i < 199; i++)
		come(1000 + i, "x");
	for (unsigned i = 0; i < 600; i++)
		rig_after(&rig, INTERVAL_MS);
	forget_all();
	rig_entered(&rig, 201, "y", 100000);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	rig_after(&rig, 1000);
	assert_hears(ana, "and +1 -0 of 201");
	/* 200 x 16 of 1000 are spent: 2,200 are missing, and half must be there again. */
	rig_entered(&rig, 202, "y", 100001);
	rig_turn(&rig);
	while (rig_unheard(ana) == 0) {
		waited += 10;
		rig_after(&rig, 10);
		assert_true(waited < 5000);
	}
	assert_hears(ana, "and +1 -0 of 202");
	assert_in_range(waited, 2700, 2710);
}

/* The same roster again is no reason for anything. */
static void
a_restarted_hub_makes_no_noise(void **state)
{
	struct rig_peer *ana = come(1, "ana");

	(void)state;
	others(9);
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_entered(&rig, 1, "ana", 1);
	for (uint32_t i = 0; i < 9; i++) {
		char name[16];

		snprintf(name, sizeof(name), "o%u", i + 1);
		rig_entered(&rig, 101 + i, name, 2 + i);
	}
	rig_roster_end(&rig);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears_nothing(ana);
	rig_entered(&rig, 300, "z", 2000);
	rig_after(&rig, 10 * INTERVAL_MS);
	assert_hears(ana, "+z of 11");
	assert_hears_nothing(ana);
}

static void
what_is_owed_does_not_outlive_the_channel(void **state)
{
	struct rig_peer *ana = come(1, "ana");
	struct rig_peer *ben = come(2, "ben");

	(void)state;
	others(9);
	for (uint32_t i = 0; i < 9; i++)
		rig_exited(&rig, 101 + i % 2);
	for (uint32_t i = 0; i < 9; i++)
		rig_entered(&rig, 201 + i, "x", 1001 + i);
	rig_turn(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	rig_turn(&rig);
	rig_after(&rig, 5000);
	assert_int_equal(gateway_core_clients(rig.core), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_LITTLE(function) cmocka_unit_test_setup_teardown(function, set_up_little, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(up_to_the_limit_all_is_said_at_once),
		TEST(so_many_notices_and_then_a_summary),
		TEST(an_interval_without_more_is_over_in_silence),
		TEST(who_comes_hears_of_itself_in_any_case),
		TEST(lists_go_out_when_they_changed),
		TEST(everybody_is_in_its_own_list),
		TEST(summaries_outlive_the_crowd),
		TEST_LITTLE(a_newcomer_gets_less_when_there_is_less),
		TEST_LITTLE(a_dear_summary_waits_until_it_is_paid),
		TEST(a_restarted_hub_makes_no_noise),
		TEST(what_is_owed_does_not_outlive_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
