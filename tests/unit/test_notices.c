/* Who is told what when somebody comes or goes, and what lists may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define BYTES_SERIES(kind) "hubbub_gateway_presence_bytes_total{kind=\"" kind "\"}"

static struct rig rig;

static void
small_budget(struct config_limits *limits)
{
	limits->presence_bytes_per_second = 100;
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
	begin(NULL);
	return 0;
}

static int
set_up_small(void **state)
{
	(void)state;
	begin(small_budget);
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
come(struct rig_peer *peer, uint32_t client, const char *name)
{
	rig_open(peer, client, name);
	rig_entered(&rig, client, name, rig.ordinal);
	rig_turn(&rig);
}

static void
list_then_notice_to_all_and_the_newcomer(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);
	struct rig_peer *ben = rig_connect(&rig);

	(void)state;
	come(ana, 1, "ana");
	assert_hears(ana, "list ana");
	assert_hears(ana, "+ana");
	assert_hears_nothing(ben);
	come(ben, 2, "ben");
	assert_hears(ana, "list ana ben");
	assert_hears(ana, "+ben");
	assert_hears(ben, "list ana ben");
	assert_hears(ben, "+ben");
	assert_hears_nothing(ana);
	assert_hears_nothing(ben);
	assert_int_equal(rig_count(&rig, BYTES_SERIES("list")), 8 + 2 * 12);
	assert_int_equal(rig_count(&rig, BYTES_SERIES("notice")), 4 + 2 * 4);
}

static void
the_rest_hears_who_left(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	rig_turn(&rig);
	rig_exited(&rig, 2);
	rig_turn(&rig);
	assert_hears(ana, "list ana");
	assert_hears(ana, "-ben");
	assert_hears_nothing(ana);
	assert_hears_nothing(ben);
}

static void
who_is_put_out_does_not_hear_it(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_deliver(&rig, "ana", "bye");
	rig_exited(&rig, 2);
	rig_deliver(&rig, "ana", "gone");
	rig_turn(&rig);
	assert_hears(ana, "ana: bye");
	assert_hears(ana, "list ana");
	assert_hears(ana, "-ben");
	assert_hears(ana, "ana: gone");
	assert_hears(ben, "ana: bye");
	assert_hears_nothing(ben);
}

static void
others_elsewhere_are_heard_of_too(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_entered(&rig, 9, "far", 100);
	rig_entered(&rig, 9, "far", 100);
	rig_exited(&rig, 9);
	rig_exited(&rig, 9);
	rig_turn(&rig);
	assert_hears(ana, "list ana far");
	assert_hears(ana, "+far");
	assert_hears(ana, "list ana");
	assert_hears(ana, "-far");
	assert_hears_nothing(ana);
}

static void
a_dialect_without_words_hears_nothing(void **state)
{
	struct rig_peer *any = rig_connect_loud(&rig);
	struct rig_peer *ana;

	(void)state;
	rig_open(any, 5, "any");
	rig_entered(&rig, 5, "any", rig.ordinal);
	ana = rig_login(&rig, 1, "ana");
	rig_entered(&rig, 9, "far", 100);
	rig_deliver(&rig, "far", "hi");
	rig_turn(&rig);
	assert_hears(any, "LOUD hi");
	assert_hears_nothing(any);
	assert_hears(ana, "list any ana far");
	assert_hears(ana, "+far");
	assert_hears(ana, "far: hi");
}

static void
beyond_the_budget_only_the_newcomer_has_its_list_at_once(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);
	struct rig_peer *ben = rig_connect(&rig);
	struct rig_peer *eve = rig_connect(&rig);

	(void)state;
	/* 100 bytes: 72 for ana's list, then 2 x 76 are too dear. */
	come(ana, 1, "a1234567890123456789012345678901234567890123456789012345678901234567");
	assert_true(strncmp(rig_next(ana), "list a", 6) == 0);
	rig_next(ana);
	come(ben, 2, "ben");
	assert_hears(ana, "+ben");
	assert_hears_nothing(ana);
	assert_true(strncmp(rig_next(ben), "list a", 6) == 0);
	assert_hears(ben, "+ben");
	come(eve, 3, "eve");
	assert_hears(ana, "+eve");
	assert_hears(ben, "+eve");
	assert_true(strstr(rig_next(eve), " ben eve") != NULL);
	assert_hears(eve, "+eve");
	rig_after(&rig, 999);
	assert_hears_nothing(ana);
	assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), 1);
	rig_after(&rig, 1);
	assert_true(strstr(rig_next(ana), " ben eve") != NULL);
	assert_true(strstr(rig_next(ben), " ben eve") != NULL);
	assert_true(strstr(rig_next(eve), " ben eve") != NULL);
	assert_hears_nothing(ana);
}

static void
a_list_is_sent_as_soon_as_it_is_paid(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "a1234567890123456789012345678901234567890");

	(void)state;
	/* 46 of 100 bytes are spent; 54 cover the next list, and what follows has to wait. */
	rig_entered(&rig, 9, "far", 100);
	rig_exited(&rig, 9);
	rig_turn(&rig);
	rig_next(ana);
	assert_hears(ana, "+far");
	assert_hears(ana, "-far");
	assert_hears_nothing(ana);
	assert_in_range(gateway_core_next_deadline(rig.core, rig.now), 400, 480);
	rig_after(&rig, 480);
	assert_hears(ana, "list a1234567890123456789012345678901234567890");
	assert_hears_nothing(ana);
}

static void
nobody_left_means_no_list(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "a1234567890123456789012345678901234567890");

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		rig_entered(&rig, 9 + i, "far", 100 + i);
	rig_turn(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	rig_after(&rig, 900);
	rig_after(&rig, 5000);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) >= 1);
}

/* The room's last member goes, and before the next turn frees its channel the process stops. */
static void
a_list_that_is_due_does_not_outlive_its_room(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "a1234567890123456789012345678901234567890");

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		rig_entered(&rig, 9 + i, "far", 100 + i);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	gateway_core_stop(rig.core, rig.now);
	rig_after(&rig, 5000);
	assert_int_equal(gateway_core_clients(rig.core), 0);
}

/* JOINED came, the list that is owed to all comes due, and then ENTERED comes. */
static void
the_first_list_has_oneself_in_the_last_place(void **state)
{
	struct rig_peer *ana;
	struct rig_peer *ben = rig_connect(&rig);

	(void)state;
	ana = rig_login(&rig, 1, "a1234567890123456789012345678901234567890");
	rig_entered(&rig, 9, "far", 100);
	rig_exited(&rig, 9);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_open(ben, 2, "ben");
	rig_after(&rig, 5000);
	assert_hears_nothing(ben);
	rig_entered(&rig, 2, "ben", rig.ordinal);
	rig_after(&rig, 5000);
	assert_hears(ben, "list a1234567890123456789012345678901234567890 ben");
}

/* 300 clients at once: everybody is in, each with its list, and bytes grow with no cube. */
/* The next whom the gateway presents to a hub that begins anew. */
static void
taken_in_anew(uint32_t client, const char *name)
{
	uint64_t conn = rig_said(&rig, ENVELOPE_OPEN).open.conn;

	rig_said(&rig, ENVELOPE_JOIN);
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_OPENED, .opened = { conn, client, text_of(name) } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { conn, TEXT("lobby"), client, 5, 0 } });
	rig_entered(&rig, client, name, client);
}

/* Who waited for the hub comes with others: all are in the roster that it begins with. */
static void
each_finds_itself_last_although_many_come_at_once(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_connect(&rig);
	struct rig_peer *cleo = rig_connect(&rig);

	(void)state;
	rig_lose(&rig);
	rig_send(ben, "ben");
	rig_send(cleo, "cleo");
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_HELLO);
	taken_in_anew(1, "ana");
	taken_in_anew(2, "ben");
	taken_in_anew(3, "cleo");
	rig_entered(&rig, 4, "dora", 4);
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears(ben, "list ana cleo dora ben");
	assert_hears(ben, "list ana ben cleo dora");
	assert_hears(ben, "+ben");
	assert_hears(cleo, "list ana ben dora cleo");
	assert_hears(cleo, "list ana ben cleo dora");
	assert_hears(ana, "list ana ben cleo dora");
	assert_hears(ana, "+ben");
	assert_hears(ana, "+cleo");
	assert_hears(ana, "+dora");
	assert_hears_nothing(ana);
}

static void
a_crowd_joins_at_once(void **state)
{
	struct rig_peer *peers[300];
	char name[32];
	int64_t bytes;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		peers[i] = rig_connect(&rig);
		snprintf(name, sizeof(name), "crowd-member-%03u", i);
		rig_open(peers[i], i + 1, name);
		rig_entered(&rig, i + 1, name, rig.ordinal);
		if (i % 10 == 9)
			rig_after(&rig, 10);
	}
	for (unsigned i = 0; i < 20; i++)
		rig_after(&rig, 100);
	for (unsigned i = 0; i < 300; i++) {
		bool own = false;
		unsigned entered = 0;

		assert_int_equal(peers[i]->closes, 0);
		snprintf(name, sizeof(name), "crowd-member-%03u", i);
		while (rig_unheard(peers[i]) > 0) {
			const char *frame = rig_next(peers[i]);

			if (frame[0] == '+') {
				assert_true(own);
				entered++;
			} else {
				assert_true(strncmp(frame, "list ", 5) == 0);
				assert_non_null(strstr(frame, name));
				own = true;
			}
		}
		assert_int_equal(entered, 300 - i);
	}
	bytes =
	    rig_count(&rig, BYTES_SERIES("list")) + rig_count(&rig, BYTES_SERIES("newcomer_list"));
	/* Each at once to all would have been 150 x 150 x 300 x 17 / 0.75 = 153 MB. */
	assert_in_range(bytes, 1000000, 40000000);
}

static void
the_operator_is_heard_by_all(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_NOTICE, .notice = { TEXT(""), 1, TEXT("one") } });
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_NOTICE, .notice = { TEXT("lobby"), 1, TEXT("two") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_NOTICE,
			  .notice = { TEXT("cellar"), 1, TEXT("three") } });
	rig_turn(&rig);
	assert_hears(ana, "* one");
	assert_hears(ana, "* two");
	assert_hears_nothing(ana);
}

#define TEST_IN_RIG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_SMALL(function) cmocka_unit_test_setup_teardown(function, set_up_small, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_RIG(list_then_notice_to_all_and_the_newcomer),
		TEST_IN_RIG(the_rest_hears_who_left),
		TEST_IN_RIG(who_is_put_out_does_not_hear_it),
		TEST_IN_RIG(others_elsewhere_are_heard_of_too),
		TEST_IN_RIG(a_dialect_without_words_hears_nothing),
		TEST_SMALL(beyond_the_budget_only_the_newcomer_has_its_list_at_once),
		TEST_SMALL(a_list_is_sent_as_soon_as_it_is_paid),
		TEST_SMALL(nobody_left_means_no_list),
		TEST_SMALL(a_list_that_is_due_does_not_outlive_its_room),
		TEST_SMALL(the_first_list_has_oneself_in_the_last_place),
		TEST_IN_RIG(each_finds_itself_last_although_many_come_at_once),
		TEST_IN_RIG(a_crowd_joins_at_once),
		TEST_IN_RIG(the_operator_is_heard_by_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
