/* Catching up of a room's members together: one of them reads for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rig_dialects.h"

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
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
a_room_catches_up_once_for_all(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);
	struct rig_peer *ben = rig_login(&rig, 2, "ben");
	uint64_t token;

	(void)state;
	rig_again(&rig, ana, (struct envelope_opened){ .user = TEXT("u1") });
	rig_joined(ana, "lobby", 5, 12);
	token = rig_fetch(&rig, "lobby", 5, 10);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = ben->conn, .client = 2, .name = TEXT("ben") } });
	rig_joined(ben, "lobby", 5, 12);
	rig_say(&rig, "lobby", 5, 13, "thirteen");
	rig_turn(&rig);
	rig_said_nothing(&rig);
	rig_item(ana, token, "lobby", (struct position){ 5, 11 }, "eleven");
	rig_item(ana, token, "lobby", (struct position){ 5, 12 }, "twelve");
	rig_item(ana, token, "lobby", (struct position){ 5, 13 }, "thirteen");
	rig_fetched(ana, token, "lobby", (struct position){ 5, 13 });
	rig_say(&rig, "lobby", 5, 14, "fourteen");
	rig_turn(&rig);
	for (unsigned i = 0; i < 4; i++) {
		static const char *const said[] = { "eleven", "twelve", "thirteen", "fourteen" };
		char plain[32];

		snprintf(plain, sizeof(plain), ": %s", said[i]);
		assert_hears(ana, said[i]);
		assert_hears(ben, plain);
	}
	rig_said_nothing(&rig);
}

static void
another_reads_on_for_all(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);
	struct rig_peer *ben = rig_login(&rig, 2, "ben");
	uint64_t token;

	(void)state;
	rig_again(&rig, ana, (struct envelope_opened){ .user = TEXT("u1") });
	rig_joined(ana, "lobby", 5, 11);
	token = rig_fetch(&rig, "lobby", 5, 10);
	rig_joined(ben, "lobby", 5, 11);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	assert_true(rig_fetch(&rig, "lobby", 5, 10) > token);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.conn, ana->conn);
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.conn, ben->conn);
	rig_said_nothing(&rig);
}

static void
the_next_part_is_asked_for_once(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);
	struct rig_peer *ben = rig_login(&rig, 2, "ben");
	uint64_t token;

	(void)state;
	rig_again(&rig, ana, (struct envelope_opened){ .user = TEXT("u1") });
	rig_joined(ana, "lobby", 6, 1);
	token = rig_fetch(&rig, "lobby", 5, 10);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_OPENED,
			  .opened = { .conn = ben->conn, .client = 2, .name = TEXT("ben") } });
	rig_joined(ben, "lobby", 6, 1);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_FETCHED,
			  .fetched = { .token = token,
			      .conn = ana->conn,
			      .room = TEXT("lobby"),
			      .epoch = 6,
			      .after = 10,
			      .more = 1,
			      .gap_from = 11,
			      .gap_reason = GAP_EPOCH,
			      .gap_epoch = 5 } });
	rig_fetch(&rig, "lobby", 6, 0);
	rig_turn(&rig);
	rig_said_nothing(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_room_catches_up_once_for_all),
		TEST(another_reads_on_for_all),
		TEST(the_next_part_is_asked_for_once),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
