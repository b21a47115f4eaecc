/* Clients are let go: at the pace, behind what waits for them, and the hub hears of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/outcomes.h"
#include "gateway_rig.h"

#define CLIENTS 10u

static struct rig rig;
static struct rig_peer *peers[CLIENTS];

static int
set_up(void **state)
{
	char name[16];

	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	for (unsigned i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		peers[i] = rig_login(&rig, i + 1, name);
	}
	rig_after(&rig, 1000);
	for (unsigned i = 0; i < CLIENTS; i++)
		rig_forget_heard(peers[i]);
	rig_forget_said(&rig);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static unsigned
closed(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		if (peers[i]->closes > 0)
			assert_int_equal(peers[i]->close_code, CLOSE_RESTART);
		count += peers[i]->closes;
	}
	return count;
}

/* Connections end as soon as they were told to. */
static void
end_closed(void)
{
	static bool ended[CLIENTS];

	if (closed() == 0)
		memset(ended, 0, sizeof(ended));
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (peers[i]->closes == 0 || ended[i])
			continue;
		ended[i] = true;
		gateway_core_client_closed(rig.core, peers[i]->session, rig.now);
	}
	rig_turn(&rig);
}

static void
outcome(uint64_t number)
{
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_OUTCOME,
		      .outcome = {
			  .number = number, .code = OUTCOME_NOT_STORED, .room = TEXT("lobby") } });
}

static void
clients_go_evenly(void **state)
{
	uint64_t began = rig.now.mono_ms;

	(void)state;
	end_closed();
	gateway_core_drain(rig.core, rig.now, 1000);
	assert_true(gateway_core_is_draining(rig.core));
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_DRAINING).draining.over_ms, 1000);
	assert_int_equal(closed(), 0);
	while (!gateway_core_drained(rig.core, rig.now)) {
		uint64_t wait = gateway_core_next_deadline(rig.core, rig.now);

		/* Woken for one after another, not all the time. */
		assert_in_range(wait, 1, 1000);
		rig_after(&rig, wait);
		assert_in_range(closed(), (rig.now.mono_ms - began) * CLIENTS / 1000,
		    (rig.now.mono_ms - began) * CLIENTS / 1000);
		end_closed();
	}
	assert_int_equal(rig.now.mono_ms - began, 1000);
	assert_int_equal(closed(), CLIENTS);
	assert_int_equal(gateway_core_clients(rig.core), 0);
}

static void
who_goes_by_itself_is_one_less_to_be_told(void **state)
{
	(void)state;
	end_closed();
	gateway_core_drain(rig.core, rig.now, 1000);
	for (unsigned i = 0; i < 5; i++)
		gateway_core_client_closed(rig.core, peers[i]->session, rig.now);
	rig_after(&rig, 500);
	assert_int_equal(closed(), 0);
	rig_after(&rig, 100);
	assert_int_equal(closed(), 1);
}

static void
drain_over(uint32_t over_ms)
{
	gateway_core_drain(rig.core, rig.now, over_ms);
	rig_turn(&rig);
	rig_forget_said(&rig);
}

/* It is served to the end, and nobody goes earlier because of it. */
static void
who_comes_meanwhile_goes_at_the_end(void **state)
{
	struct rig_peer *newcomers[2];

	(void)state;
	end_closed();
	drain_over(1000);
	newcomers[0] = rig_login(&rig, CLIENTS + 1, "n0");
	newcomers[1] = rig_login(&rig, CLIENTS + 2, "n1");
	rig_after(&rig, 500);
	end_closed();
	assert_int_equal(closed(), CLIENTS / 2);
	gateway_core_client_closed(rig.core, newcomers[1]->session, rig.now);
	rig_after(&rig, 490);
	end_closed();
	assert_int_equal(closed(), CLIENTS - 1);
	assert_int_equal(newcomers[0]->closes, 0);
	rig_deliver(&rig, "b", "last word");
	rig_turn(&rig);
	assert_hears(newcomers[0], "b: last word");
	assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), 10);
	rig_after(&rig, 10);
	end_closed();
	assert_int_equal(closed(), CLIENTS);
	assert_int_equal(newcomers[0]->close_code, CLOSE_RESTART);
	assert_true(gateway_core_drained(rig.core, rig.now));
	/* Who comes behind the end goes with the next step. */
	rig_forget_said(&rig);
	newcomers[1] = rig_login(&rig, CLIENTS + 3, "n2");
	rig_after(&rig, 10);
	assert_int_equal(newcomers[1]->close_code, CLOSE_RESTART);
}

static void
for_another_window_newcomers_were_there_before(void **state)
{
	struct rig_peer *newcomer;

	(void)state;
	end_closed();
	drain_over(3600000);
	newcomer = rig_login(&rig, CLIENTS + 1, "n0");
	for (unsigned i = 0; i < CLIENTS; i++)
		gateway_core_client_closed(rig.core, peers[i]->session, rig.now);
	rig_after(&rig, 100);
	assert_int_equal(newcomer->closes, 0);
	drain_over(1000);
	rig_login(&rig, CLIENTS + 2, "n1");
	rig_login(&rig, CLIENTS + 3, "n2");
	rig_after(&rig, 990);
	assert_int_equal(newcomer->closes, 0);
	rig_after(&rig, 10);
	assert_int_equal(newcomer->closes, 1);
}

static void
what_waits_goes_out_first(void **state)
{
	struct rig_peer *slow = peers[0];

	(void)state;
	end_closed();
	slow->room = 0;
	rig_deliver(&rig, "b", "last word");
	rig_turn(&rig);
	gateway_core_drain(rig.core, rig.now, 0);
	rig_turn(&rig);
	assert_int_equal(closed(), CLIENTS - 1);
	/* It hears what is said meanwhile as well. */
	rig_deliver(&rig, "b", "one more");
	slow->room = 100000;
	gateway_core_client_writable(rig.core, slow->session, rig.now);
	rig_after(&rig, 10);
	assert_int_equal(closed(), CLIENTS);
	assert_hears(slow, "b: last word");
	assert_hears(slow, "b: one more");
}

static void
who_does_not_read_is_not_waited_for_long(void **state)
{
	(void)state;
	end_closed();
	peers[0]->room = 0;
	rig_deliver(&rig, "b", "last word");
	rig_turn(&rig);
	gateway_core_drain(rig.core, rig.now, 0);
	rig_turn(&rig);
	rig_after(&rig, 1990);
	assert_int_equal(closed(), CLIENTS - 1);
	assert_false(gateway_core_drained(rig.core, rig.now));
	rig_after(&rig, 10);
	assert_int_equal(closed(), CLIENTS);
	assert_true(gateway_core_drained(rig.core, rig.now));
}

static void
outcomes_are_heard_first_and_nothing_more_is_said(void **state)
{
	(void)state;
	end_closed();
	rig_send(peers[3], "my word");
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_PUBLISH);
	gateway_core_drain(rig.core, rig.now, 0);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_DRAINING);
	assert_int_equal(closed(), 0);
	/* What it says now it may say again elsewhere: it is told nothing of it. */
	rig_send(peers[3], "too late");
	rig_after(&rig, 10);
	rig_said_nothing(&rig);
	assert_int_equal(closed(), 0);
	outcome(1);
	rig_after(&rig, 10);
	assert_int_equal(closed(), CLIENTS);
	assert_hears(peers[3], "failed not_stored");
}

static void
the_hub_may_ask_and_hears_of_it_on_every_link(void **state)
{
	(void)state;
	end_closed();
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_DRAIN, .drain = { .over_ms = 60000 } });
	rig_turn(&rig);
	assert_true(gateway_core_is_draining(rig.core));
	assert_int_equal(rig_said(&rig, ENVELOPE_DRAINING).draining.over_ms, 60000);
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_HELLO);
	assert_int_equal(rig_said(&rig, ENVELOPE_DRAINING).draining.over_ms, 59000);
	/* Again, with another time; as configured is at once here. */
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_DRAIN, .drain = { .over_ms = DRAIN_AS_CONFIGURED } });
	rig_after(&rig, 10);
	assert_int_equal(closed(), CLIENTS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clients_go_evenly),
		TEST(who_goes_by_itself_is_one_less_to_be_told),
		TEST(who_comes_meanwhile_goes_at_the_end),
		TEST(for_another_window_newcomers_were_there_before),
		TEST(what_waits_goes_out_first),
		TEST(who_does_not_read_is_not_waited_for_long),
		TEST(outcomes_are_heard_first_and_nothing_more_is_said),
		TEST(the_hub_may_ask_and_hears_of_it_on_every_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
