/* The link's life on virtual time: opening, trying again, saying everything again, probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hub_link.h"
#include "gateway_rig.h"

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
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
it_connects_at_once_and_says_hello(void **state)
{
	struct envelope said;

	(void)state;
	assert_int_equal(rig.connects, 1);
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	said = rig_said(&rig, ENVELOPE_HELLO);
	assert_int_equal(said.hello.link_version, LINK_VERSION);
	assert_true(text_equal(said.hello.gateway, TEXT("gw-1")));
	assert_true(said.hello.epoch != 0);
	assert_int_equal(said.hello.hub_epoch, 0);
	assert_int_equal(said.hello.gateways_known, 0);
	rig_said_nothing(&rig);
}

static void
the_second_hello_knows_the_hub(void **state)
{
	struct envelope said;
	uint64_t epoch;

	(void)state;
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	epoch = rig_said(&rig, ENVELOPE_HELLO).hello.epoch;
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_WELCOME, .welcome = { .hub_epoch = 4711 } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_ROSTER_END, .roster_end = { 1, 3 } });
	rig_lose(&rig);
	rig_after(&rig, HUB_RETRY_MAX_MS);
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	said = rig_said(&rig, ENVELOPE_HELLO);
	assert_int_equal(said.hello.epoch, epoch);
	assert_int_equal(said.hello.hub_epoch, 4711);
	assert_int_equal(said.hello.gateways_known, 3);
}

static void
it_tries_again_slower_each_time(void **state)
{
	uint64_t expected = HUB_RETRY_FIRST_MS;
	uint64_t began = rig.now.mono_ms;

	(void)state;
	/* Within HUB_DEGRADED_MS: clients are told then, which is another deadline. */
	for (unsigned i = 1; i < 7; i++) {
		uint64_t wait;

		gateway_core_hub_lost(rig.core, rig.now, LINK_CLOSED_BY_PEER);
		wait = gateway_core_next_deadline(rig.core, rig.now);
		assert_in_range(wait, expected / 2, expected + expected / 2);
		rig_after(&rig, wait - 1);
		assert_int_equal(rig.connects, i);
		rig_after(&rig, 1);
		assert_int_equal(rig.connects, i + 1);
		expected = expected * 2 > HUB_RETRY_SOON_MS ? HUB_RETRY_SOON_MS : expected * 2;
	}
	/* One that is not back by now will be away for long. */
	rig.now.mono_ms = began + HUB_SOON_MS;
	for (unsigned i = 0; i < 5; i++) {
		gateway_core_hub_lost(rig.core, rig.now, LINK_CLOSED_BY_PEER);
		rig_after(&rig, HUB_RETRY_MAX_MS * 3 / 2);
	}
	gateway_core_hub_lost(rig.core, rig.now, LINK_CLOSED_BY_PEER);
	assert_in_range(gateway_core_next_deadline(rig.core, rig.now), HUB_RETRY_MAX_MS / 2,
	    HUB_RETRY_MAX_MS * 3 / 2);
	rig_after(&rig, HUB_RETRY_MAX_MS * 3 / 2);
	assert_int_equal(
	    rig_count(&rig, "hubbub_gateway_hub_link_lost_total{reason=\"closed_by_peer\"}"), 0);
	rig_attach(&rig);
	gateway_core_hub_lost(rig.core, rig.now, LINK_SILENT);
	assert_int_equal(
	    rig_count(&rig, "hubbub_gateway_hub_link_lost_total{reason=\"silent\"}"), 1);
	assert_in_range(gateway_core_next_deadline(rig.core, rig.now), HUB_RETRY_FIRST_MS / 2,
	    HUB_RETRY_FIRST_MS * 3 / 2);
}

static void
no_welcome_in_time_is_no_hub(void **state)
{
	(void)state;
	gateway_core_hub_connected(rig.core, rig.now);
	rig_after(&rig, HUB_OPENING_MS - 1);
	assert_int_equal(rig.drops, 0);
	rig_after(&rig, 1);
	assert_int_equal(rig.drops, 1);
	assert_int_equal(rig.dropped, LINK_SILENT);
	gateway_core_hub_lost(rig.core, rig.now, LINK_SILENT);
	rig_after(&rig, 2 * HUB_RETRY_FIRST_MS);
	assert_int_equal(rig.connects, 2);
}

static void
an_attempt_without_an_end_is_given_up(void **state)
{
	(void)state;
	rig_after(&rig, HUB_OPENING_MS);
	assert_int_equal(rig.drops, 1);
	rig_after(&rig, HUB_OPENING_MS);
	rig_after(&rig, 2 * HUB_RETRY_FIRST_MS);
	assert_int_equal(rig.connects, 2);
}

static void
everybody_is_said_again_in_order(void **state)
{
	struct rig_peer *peers[3];
	struct envelope said;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		peers[i] = rig_connect(&rig);
	rig_connect(&rig);
	rig_send(peers[2], "eve");
	rig_send(peers[0], "ana");
	rig_send(peers[1], "ben");
	rig_welcome(&rig, 1);
	rig_forget_said(&rig);
	rig_turn(&rig);
	assert_true(text_equal(rig_said(&rig, ENVELOPE_OPEN).open.name, TEXT("eve")));
	rig_said(&rig, ENVELOPE_JOIN);
	said = rig_said(&rig, ENVELOPE_OPEN);
	assert_true(text_equal(said.open.name, TEXT("ana")));
	rig_said(&rig, ENVELOPE_JOIN);
	assert_true(text_equal(rig_said(&rig, ENVELOPE_OPEN).open.name, TEXT("ben")));
	rig_said(&rig, ENVELOPE_JOIN);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	rig_hub(&rig, (struct envelope){
			  .kind = ENVELOPE_OPENED, .opened = { said.open.conn, 5, TEXT("ana") } });
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_JOINED,
			  .joined = { said.open.conn, TEXT("lobby"), 8, 1, 0 } });

	rig_lose(&rig);
	rig_after(&rig, HUB_RETRY_MAX_MS);
	rig_welcome(&rig, 2);
	rig_forget_said(&rig);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_JOIN);
	said = rig_said(&rig, ENVELOPE_OPEN);
	assert_int_equal(said.open.client, 5);
	assert_int_equal(rig_said(&rig, ENVELOPE_JOIN).join.ordinal, 8);
}

static void
long_names(struct config_limits *limits)
{
	limits->name_code_points = 256;
}

/* 390 clients with long names are more than one turn says; newcomers and leavers in between. */
static void
many_are_said_in_parts(void **state)
{
	char name[200];
	unsigned opens = 0;
	unsigned turns = 0;

	(void)state;
	rig_destroy(&rig);
	rig_create(&rig, long_names);
	for (unsigned i = 0; i < 390; i++) {
		snprintf(name, sizeof(name), "%u %0*d", i, 150, 0);
		rig_send(rig_connect(&rig), name);
	}
	rig_welcome(&rig, 1);
	rig_forget_said(&rig);
	for (bool done = false; !done; turns++) {
		assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), 0);
		rig_turn(&rig);
		assert_in_range(rig.said.length, 1, HUB_REPLAY_CHUNK + 1024);
		if (turns == 0) {
			rig_send(rig_connect(&rig), "late");
			gateway_core_client_closed(rig.core, rig.peers[389].session, rig.now);
			gateway_core_client_closed(rig.core, rig.peers[0].session, rig.now);
			rig_send(&rig.peers[388], "impatient");
		}
		while (rig.said.length > 0) {
			enum envelope_kind kind =
			    (enum envelope_kind)(unsigned char)rig.said.data[5];
			struct envelope said = rig_said(&rig, kind);

			opens += said.kind == ENVELOPE_OPEN;
			done |= said.kind == ENVELOPE_ROSTER_END;
			if (said.kind == ENVELOPE_OPEN && opens == 390)
				assert_true(text_equal(said.open.name, TEXT("late")));
		}
	}
	assert_in_range(turns, 2, 3);
	assert_int_equal(opens, 390);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) > 0);
}

/* Saying all at once to a hub that reads slowly would fill the link's queue, and cut the link. */
static void
a_slow_hub_is_not_flooded_with_what_is_said_again(void **state)
{
	struct rig_peer *ana = rig_connect(&rig);

	(void)state;
	rig_send(ana, "ana");
	rig_welcome(&rig, 1);
	rig_forget_said(&rig);
	rig.queued = HUB_REPLAY_QUEUE;
	assert_true(gateway_core_next_deadline(rig.core, rig.now) == 0);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) > 100);
	rig.queued--;
	assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), 0);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_JOIN);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	rig_said_nothing(&rig);
}

static void
the_hub_is_probed_every_second(void **state)
{
	const char *reason;
	uint64_t token;

	(void)state;
	assert_false(gateway_core_ready(rig.core, rig.now, &reason));
	assert_string_equal(reason, "the hub is away");
	rig_welcome(&rig, 1);
	rig_forget_said(&rig);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	token = rig_said(&rig, ENVELOPE_PROBE).probe.token;
	assert_false(gateway_core_ready(rig.core, rig.now, &reason));
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_PROBED, .probed = { token } });
	assert_true(gateway_core_ready(rig.core, rig.now, NULL));
	assert_int_equal(gateway_core_next_deadline(rig.core, rig.now), HUB_PROBE_MS);
	rig_after(&rig, HUB_PROBE_MS);
	token = rig_said(&rig, ENVELOPE_PROBE).probe.token;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_PROBED, .probed = { token } });
	rig_after(&rig, HUB_READY_MS);
	assert_true(gateway_core_ready(rig.core, rig.now, NULL));
	rig_after(&rig, 1);
	assert_false(gateway_core_ready(rig.core, rig.now, &reason));
	assert_string_equal(reason, "the hub does not answer");
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_PROBED, .probed = { UINT64_MAX } });
	assert_false(gateway_core_ready(rig.core, rig.now, &reason));
}

static void
a_client_that_goes_is_closed_once(void **state)
{
	struct rig_peer *ana, *ben;

	(void)state;
	rig_attach(&rig);
	ana = rig_connect(&rig);
	rig_open(ana, 1, "ana");
	ben = rig_connect(&rig);
	rig_send(ben, "ben");
	rig_turn(&rig);
	rig_forget_said(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_CLOSED);
	rig_said(&rig, ENVELOPE_CLOSED);
	rig_turn(&rig);
	rig_said_nothing(&rig);
}

static void
who_goes_while_the_hub_is_away_is_not_said(void **state)
{
	struct rig_peer *ana;

	(void)state;
	ana = rig_connect(&rig);
	rig_send(ana, "ana");
	rig_turn(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	rig_welcome(&rig, 1);
	rig_forget_said(&rig);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	rig_said(&rig, ENVELOPE_PROBE);
	rig_said_nothing(&rig);
}

static void
what_is_out_of_order_ends_the_link(void **state)
{
	struct envelope welcome = { .kind = ENVELOPE_WELCOME };
	struct envelope deliver = { .kind = ENVELOPE_DELIVER };
	struct envelope hello = { .kind = ENVELOPE_HELLO };
	struct envelope goodbye = { .kind = ENVELOPE_GOODBYE };

	(void)state;
	assert_int_equal(gateway_core_hub_envelope(rig.core, rig.now, &deliver), LINK_OUT_OF_ORDER);
	assert_int_equal(gateway_core_hub_envelope(rig.core, rig.now, &welcome), LINK_OUT_OF_ORDER);
	rig_attach(&rig);
	assert_int_equal(gateway_core_hub_envelope(rig.core, rig.now, &welcome), LINK_OUT_OF_ORDER);
	assert_int_equal(gateway_core_hub_envelope(rig.core, rig.now, &hello), LINK_WRONG_SENDER);
	assert_int_equal(gateway_core_hub_envelope(rig.core, rig.now, &goodbye), LINK_SAID_GOODBYE);
}

static void
render_hub(struct buffer *payload, bool away)
{
	buffer_append_string(payload, away ? "the hub is away" : "the hub is back");
}

static void
clients_that_want_to_know_are_told_that_the_hub_is_away(void **state)
{
	static struct dialect knowing;
	struct rig_peer *ana, *ben, *cleo;

	(void)state;
	knowing = rig_loud_dialect;
	knowing.render_hub = render_hub;
	rig_attach(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_PROBED, .probed = { rig.now.mono_ms } });
	ana = rig_connect_as(&rig, &knowing);
	rig_send(ana, "ana");
	ben = rig_connect(&rig);
	rig_send(ben, "ben");
	rig_turn(&rig);
	rig_lose(&rig);
	rig_after(&rig, HUB_DEGRADED_MS - 1);
	assert_hears_nothing(ana);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) <= 1);
	rig_after(&rig, 1);
	assert_hears(ana, "the hub is away");
	rig_after(&rig, 5000);
	assert_hears_nothing(ana);
	rig_lose(&rig);
	rig_after(&rig, 2 * HUB_RETRY_MAX_MS);
	cleo = rig_connect_as(&rig, &knowing);
	rig_send(cleo, "cleo");
	rig_turn(&rig);
	assert_hears(cleo, "the hub is away");
	rig_welcome(&rig, 5);
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_PROBED, .probed = { rig.now.mono_ms } });
	rig_turn(&rig);
	assert_hears(ana, "the hub is back");
	assert_hears(cleo, "the hub is back");
	assert_hears_nothing(ben);
	/* It hangs: no probe comes back. */
	rig_after(&rig, HUB_READY_MS + 1);
	assert_hears_nothing(ana);
	rig_after(&rig, HUB_DEGRADED_MS);
	assert_hears(ana, "the hub is away");
}

#define TEST_IN_RIG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_RIG(it_connects_at_once_and_says_hello),
		TEST_IN_RIG(the_second_hello_knows_the_hub),
		TEST_IN_RIG(it_tries_again_slower_each_time),
		TEST_IN_RIG(no_welcome_in_time_is_no_hub),
		TEST_IN_RIG(an_attempt_without_an_end_is_given_up),
		TEST_IN_RIG(everybody_is_said_again_in_order),
		TEST_IN_RIG(many_are_said_in_parts),
		TEST_IN_RIG(a_slow_hub_is_not_flooded_with_what_is_said_again),
		TEST_IN_RIG(the_hub_is_probed_every_second),
		TEST_IN_RIG(a_client_that_goes_is_closed_once),
		TEST_IN_RIG(who_goes_while_the_hub_is_away_is_not_said),
		TEST_IN_RIG(clients_that_want_to_know_are_told_that_the_hub_is_away),
		TEST_IN_RIG(what_is_out_of_order_ends_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
