/* What is done once per turn: writing, slow readers, memory, pings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

static struct rig rig;

static void
tight(struct config_limits *limits)
{
	limits->queue_bytes = 4096;
	limits->queue_seconds = 5;
	limits->pinned_bytes = 1024 * 1024;
	limits->ping_seconds = 20;
	limits->pong_seconds = 10;
}

static void
one_large(struct config_limits *limits)
{
	limits->queue_bytes = 64 * 1024 * 1024;
	limits->pinned_bytes = 1024 * 1024;
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
	return begin(tight);
}

static int
set_up_large(void **state)
{
	(void)state;
	return begin(one_large);
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static void
writable(struct rig_peer *peer, size_t room)
{
	peer->room = room;
	gateway_core_client_writable(rig.core, peer->session, rig.now);
	rig_turn(&rig);
}

static void
one_write_for_all_of_a_turn(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_forget_heard(ana);
	for (unsigned i = 0; i < 10; i++)
		rig_deliver(&rig, "ben", "hi");
	rig_send(ana, "!");
	for (unsigned i = 0; i < 10; i++)
		rig_deliver(&rig, "ben", "ho");
	rig_turn(&rig);
	assert_int_equal(ana->writes, 1);
	assert_int_equal(ben->writes, 1);
	for (unsigned i = 0; i < 10; i++) {
		assert_hears(ana, "ben: hi");
		assert_hears(ben, "ben: hi");
	}
	assert_hears(ana, "error");
	for (unsigned i = 0; i < 10; i++) {
		assert_hears(ana, "ben: ho");
		assert_hears(ben, "ben: ho");
	}
	assert_hears_nothing(ana);
	assert_hears_nothing(ben);
	rig_turn(&rig);
	assert_int_equal(ana->writes, 1);
}

/* With something of its own to hear or not, the first that came is the first that hears. */
static void
members_are_written_to_in_the_order_they_came(void **state)
{
	struct rig_peer *peers[6];

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		peers[i] = rig_login(&rig, i + 1, "somebody");
	rig_deliver(&rig, "b", "to all");
	rig_turn(&rig);
	for (unsigned i = 1; i < 6; i++)
		assert_int_equal(peers[i]->last_write, peers[0]->last_write + i);
	for (unsigned i = 0; i < 6; i++)
		rig_send(peers[i], "!");
	rig_deliver(&rig, "b", "to all");
	rig_turn(&rig);
	for (unsigned i = 1; i < 6; i++)
		assert_int_equal(peers[i]->last_write, peers[0]->last_write + i);
}

/* What all take at once is kept for nobody; what one leaves is kept for that one. */
static void
what_is_written_at_once_is_not_kept(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");
	struct rig_peer *ben = rig_login(&rig, 2, "ben");

	(void)state;
	rig_deliver(&rig, "b", "x");
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_pinned_bytes"), 0);
	ana->room = 0;
	rig_deliver(&rig, "b", "y");
	rig_turn(&rig);
	assert_true(rig_count(&rig, "hubbub_gateway_pinned_bytes") > 0);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_queue_bytes"), 6);
	writable(ana, SIZE_MAX);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_pinned_bytes"), 0);
	assert_hears(ana, "b: x");
	assert_hears(ana, "b: y");
	assert_hears(ben, "b: x");
	assert_hears(ben, "b: y");
}

/* Public and personal frames mixed, and the socket full at each frame in turn. */
static void
order_survives_a_short_write_at_every_frame(void **state)
{
	(void)state;
	for (size_t room = 0; room < 120; room++) {
		struct rig_peer *ana, *ben;
		char expected[32];

		rig_destroy(&rig);
		begin(tight);
		ana = rig_login(&rig, 1, "ana");
		ben = rig_login(&rig, 2, "ben");
		ana->room = room;
		for (unsigned i = 0; i < 4; i++) {
			rig_deliver(&rig, "b", "public");
			rig_send(ana, "!");
			if (i % 2 == 1)
				rig_turn(&rig);
		}
		assert_in_range(ana->writes, 1, 2);
		while (ana->writes < 100 && rig_unheard(ana) < 4 * 11 + 4 * 7)
			writable(ana, 15);
		for (unsigned i = 0; i < 4; i++) {
			snprintf(expected, sizeof(expected), "b: public");
			assert_hears(ana, expected);
			assert_hears(ana, "error");
			assert_hears(ben, expected);
		}
		assert_hears_nothing(ana);
		assert_int_equal(rig_count(&rig, "hubbub_gateway_queue_bytes"), 0);
		assert_int_equal(rig_count(&rig, "hubbub_gateway_pinned_bytes"), 0);
	}
}

static void
a_blocked_client_is_left_in_peace(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 1, "ana");

	(void)state;
	rig_forget_heard(ana);
	ana->room = 0;
	for (unsigned i = 0; i < 10; i++) {
		rig_deliver(&rig, "b", "x");
		rig_turn(&rig);
	}
	assert_int_equal(ana->writes, 1);
	assert_true(rig_count(&rig, "hubbub_gateway_queue_bytes") == 60);
	writable(ana, SIZE_MAX);
	assert_int_equal(ana->writes, 2);
	assert_int_equal(rig_unheard(ana), 60);
}

static void
a_slow_reader_is_closed_and_nobody_else_notices(void **state)
{
	struct rig_peer *slow = rig_login(&rig, 1, "slow");
	struct rig_peer *ana = rig_login(&rig, 2, "ana");
	char words[1001];
	unsigned said = 0;

	(void)state;
	memset(words, 'w', 1000);
	words[1000] = '\0';
	slow->room = 0;
	while (slow->closes == 0) {
		rig_deliver(&rig, "ana", words);
		rig_turn(&rig);
		said++;
		assert_true(said < 10);
	}
	assert_int_equal(said, 5);
	assert_int_equal(slow->close_code, CLOSE_TRY_LATER);
	assert_string_equal(slow->close_reason, "slow reader");
	assert_int_equal(rig_count(&rig, "hubbub_gateway_slow_readers_total"), 1);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_closes_total{reason=\"try_later\"}"), 1);
	rig_said(&rig, ENVELOPE_CLOSED);
	rig_deliver(&rig, "ana", "after");
	rig_turn(&rig);
	for (unsigned i = 0; i < said; i++)
		assert_int_equal(strlen(rig_next(ana)), 1005);
	assert_hears(ana, "ana: after");
	assert_int_equal(ana->closes, 0);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_pinned_bytes"), 0);
	gateway_core_client_writable(rig.core, slow->session, rig.now);
	gateway_core_client_closed(rig.core, slow->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(gateway_core_clients(rig.core), 1);
}

static void
what_waits_too_long_is_the_end(void **state)
{
	struct rig_peer *slow = rig_login(&rig, 1, "slow");

	(void)state;
	slow->room = 0;
	rig_deliver(&rig, "b", "x");
	rig_turn(&rig);
	for (unsigned i = 0; i < 5; i++) {
		assert_in_range(gateway_core_next_deadline(rig.core, rig.now), 0, 1000);
		rig_after(&rig, 1000);
		assert_int_equal(slow->closes, 0);
	}
	rig_after(&rig, 1000);
	assert_int_equal(slow->closes, 1);
	assert_int_equal(slow->close_code, CLOSE_TRY_LATER);
}

/* Each queue is within its limit, but together they hold too much: the largest goes first. */
static void
the_largest_queue_pays_for_pinned_memory(void **state)
{
	struct rig_peer *small = rig_login(&rig, 1, "small");
	struct rig_peer *large = rig_login(&rig, 2, "large");
	char *words = malloc(200001);

	(void)state;
	memset(words, 'w', 200000);
	words[200000] = '\0';
	large->room = 0;
	rig_deliver(&rig, "b", "x");
	rig_turn(&rig);
	small->room = 0;
	for (unsigned i = 0; i < 20 && large->closes == 0; i++) {
		rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
				  .whisper = { large->conn, 2, 1, TEXT("s"), 1, text_of(words) } });
		rig_deliver(&rig, "b", "x");
		rig_turn(&rig);
		if (large->closes == 0)
			assert_true(rig_count(&rig, "hubbub_gateway_pinned_bytes") <= 1024 * 1024);
	}
	assert_int_equal(large->closes, 1);
	assert_int_equal(large->close_code, CLOSE_TRY_LATER);
	assert_int_equal(small->closes, 0);
	assert_true(rig_count(&rig, "hubbub_gateway_pinned_bytes") < 10000);
	free(words);
}

static void
pings_find_the_dead(void **state)
{
	struct rig_peer *dead = rig_login(&rig, 1, "dead");
	struct rig_peer *ana = rig_login(&rig, 2, "ana");

	(void)state;
	for (unsigned second = 0; second < 31; second++) {
		rig_after(&rig, 1000);
		if (rig_unheard(ana) > 0) {
			char token[8];

			memcpy(token, ana->taken.data + 2, 8);
			assert_hears(ana, "PING");
			gateway_core_client_pong(
			    rig.core, ana->session, rig.now, (struct text){ token, 8 });
		}
	}
	assert_hears(dead, "PING");
	assert_int_equal(dead->closes, 1);
	assert_int_equal(dead->close_code, CLOSE_DROP);
	assert_int_equal(ana->closes, 0);
	for (unsigned i = 0; i < 21; i++)
		gateway_core_client_pong(rig.core, ana->session, rig.now, TEXT("stray"));
	rig_turn(&rig);
	assert_int_equal(ana->close_code, CLOSE_POLICY);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_stray_pongs_total"), 21);
}

#define TEST_IN_RIG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_RIG(one_write_for_all_of_a_turn),
		TEST_IN_RIG(members_are_written_to_in_the_order_they_came),
		TEST_IN_RIG(what_is_written_at_once_is_not_kept),
		TEST_IN_RIG(order_survives_a_short_write_at_every_frame),
		TEST_IN_RIG(a_blocked_client_is_left_in_peace),
		TEST_IN_RIG(a_slow_reader_is_closed_and_nobody_else_notices),
		TEST_IN_RIG(what_waits_too_long_is_the_end),
		TEST_IN_RIG(pings_find_the_dead),
		cmocka_unit_test_setup_teardown(
		    the_largest_queue_pays_for_pinned_memory, set_up_large, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
