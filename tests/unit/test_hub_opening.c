/* Links of gateways: the opening, names, numbers, replacement, ends. */
#include "tests/unit/hub_rig.h"

/* A hub that has nothing to do wakes once a minute. */
#define IDLE_MS 50000u

#include "common/outcomes.h"

static void
a_gateway_is_welcomed_and_told_who_is_there(void **state)
{
	struct rig rig;
	unsigned slot;
	struct envelope heard;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_link(&rig);
	rig_turn(&rig, 1);
	rig_silent(&rig, slot);
	rig_hello(&rig, slot, "gw-1", 9, 0, 0);
	rig_turn(&rig, 1);
	heard = rig_hear(&rig, slot, ENVELOPE_WELCOME);
	assert_int_equal(heard.welcome.link_version, LINK_VERSION);
	assert_int_not_equal(heard.welcome.hub_epoch, 0);
	assert_int_equal(heard.welcome.committed, 0);
	assert_int_equal(heard.welcome.frame_max, ENVELOPE_FRAME_MAX);
	assert_int_equal(heard.welcome.commands_max, CORE_COMMANDS_MAX);
	rig_silent(&rig, slot);
	RIG_SAY(&rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	heard = rig_hear(&rig, slot, ENVELOPE_ROSTER_END);
	assert_int_equal(heard.roster_end.gateways, 1);
	rig_silent(&rig, slot);
	assert_true(core_next_deadline(rig.core, rig.now) > IDLE_MS);
	rig_stop(&rig);
}

static void
those_there_hear_how_many_gateways_there_are(void **state)
{
	struct rig rig;
	unsigned first;
	unsigned second;

	(void)state;
	rig_start(&rig, rig_limits());
	first = rig_gateway(&rig, "gw-1");
	second = rig_link(&rig);
	rig_hello(&rig, second, "gw-2", 1, 0, 0);
	rig_turn(&rig, 1);
	rig_silent(&rig, first);
	RIG_SAY(&rig, second, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ROSTER_END).roster_end.gateways, 2);
	rig_forget(&rig);
	core_gateway_lost(rig.core, second, rig.now, LINK_CLOSED_BY_PEER);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ROSTER_END).roster_end.gateways, 1);
	rig_silent(&rig, first);
	rig_stop(&rig);
}

static void
names_are_short_and_plain(void **state)
{
	static const char *const bad[] = { "", "a b", "g\n", "gw/1", "\xc3\xa4",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		slot = rig_link(&rig);
		RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, HELLO, hello,
		    .link_version = LINK_VERSION, .gateway = text_of(bad[i]));
		core_gateway_lost(rig.core, slot, rig.now, LINK_BAD_CONTENT);
	}
	slot = rig_link(&rig);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, HELLO, hello, .link_version = LINK_VERSION,
	    .gateway = TEXT("g"), .software = TEXT("\x1b[2J"));
	RIG_REFUSED(
	    &rig, slot, LINK_BAD_VERSION, HELLO, hello, .link_version = 0, .gateway = TEXT("g"));
	RIG_SAY(&rig, slot, HELLO, hello, .link_version = LINK_VERSION + 1,
	    .gateway = TEXT("abcdefghijklmnopqrstuvwxyz.-_0AZ"));
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_WELCOME).welcome.link_version, LINK_VERSION);
	rig_stop(&rig);
}

static void
what_comes_out_of_order_ends_the_link(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_link(&rig);
	RIG_REFUSED(&rig, slot, LINK_OUT_OF_ORDER, OPEN, open, .conn = 1);
	RIG_REFUSED(&rig, slot, LINK_OUT_OF_ORDER, ROSTER_END, roster_end, 0);
	rig_hello(&rig, slot, "gw-1", 1, 0, 0);
	RIG_REFUSED(&rig, slot, LINK_OUT_OF_ORDER, HELLO, hello, .link_version = LINK_VERSION,
	    .gateway = TEXT("gw-1"));
	RIG_SAY(&rig, slot, ROSTER_END, roster_end, 0);
	RIG_REFUSED(&rig, slot, LINK_OUT_OF_ORDER, ROSTER_END, roster_end, 0);
	RIG_REFUSED(&rig, slot, LINK_WRONG_SENDER, WELCOME, welcome, .committed = 0);
	RIG_REFUSED(&rig, slot, LINK_WRONG_SENDER, DELIVER, deliver, .seq = 0);
	RIG_SAY(&rig, slot, HEARTBEAT, heartbeat, 5);
	RIG_REFUSED(&rig, slot, LINK_SAID_GOODBYE, GOODBYE, goodbye, .reason = TEXT("stop"));
	rig_stop(&rig);
}

static void
slots_are_bounded_and_used_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, rig_limits());
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rig_link(&rig), i);
	assert_int_equal(
	    core_gateway_connected(rig.core, rig.now, &(struct store_process){ 0 }), -1);
	core_gateway_lost(rig.core, 2, rig.now, LINK_SILENT);
	assert_int_equal(rig_link(&rig), 2);
	rig_stop(&rig);
}

static void
a_newer_link_of_the_name_replaces_the_old(void **state)
{
	struct rig rig;
	unsigned other;
	unsigned old;
	unsigned newer;
	uint32_t client;
	struct envelope heard;

	(void)state;
	rig_start(&rig, rig_limits());
	other = rig_gateway(&rig, "other");
	old = rig_gateway(&rig, "gw-1");
	client = rig_client(&rig, old, 1, "ana");
	newer = rig_link(&rig);
	rig_hello(&rig, newer, "gw-1", 999, 0, 0);
	rig_turn(&rig, 1);
	assert_int_equal(rig.dropped[old], LINK_REFUSED);
	assert_int_equal(rig.dropped[newer], LINK_ALIVE);
	(void)rig_hear(&rig, other, ENVELOPE_ROSTER_END);
	heard = rig_hear(&rig, other, ENVELOPE_EXITED);
	assert_int_equal(heard.exited.client, client);
	(void)rig_hear(&rig, newer, ENVELOPE_WELCOME);
	/* What the old link still had under way is ignored, and nothing is said to it. */
	rig_forget(&rig);
	RIG_SAY(&rig, old, CLOSED, closed, .conn = 1);
	RIG_SAY(&rig, old, PROBE, probe, .token = 1);
	RIG_SAY(&rig, newer, OPEN, open, .conn = 1, .client = client, .name = TEXT("ana"));
	rig_turn(&rig, 1);
	rig_silent(&rig, old);
	assert_int_equal(rig_hear(&rig, newer, ENVELOPE_OPENED).opened.client, client);
	core_gateway_lost(rig.core, old, rig.now, LINK_REFUSED);
	assert_int_equal(core_status(rig.core).clients, 1);
	rig_stop(&rig);
}

static void
numbers_rise_for_the_life_of_a_gateway(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_link(&rig);
	rig_hello(&rig, slot, "gw-1", 5, 0, 0);
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .name = TEXT("ana"));
	RIG_SAY(&rig, slot, TELL, tell, .number = 3, .conn = 1, .to = TEXT("x"));
	RIG_SAY(&rig, slot, TELL, tell, .number = 7, .conn = 1, .to = TEXT("x"));
	/* Sent again: taken already. */
	RIG_SAY(&rig, slot, TELL, tell, .number = 7, .conn = 1);
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 6, .conn = 1);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, PUBLISH, publish, .number = 0, .conn = 1);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, TELL, tell, .number = UINT64_MAX, .conn = 1);
	core_gateway_lost(rig.core, slot, rig.now, LINK_BAD_CONTENT);
	rig_turn(&rig, 1);
	assert_int_equal(rig.store.outcomes, 2);
	rig_forget(&rig);
	/* The same life again: what was taken stays taken. */
	slot = rig_link(&rig);
	rig_hello(&rig, slot, "gw-1", 5, 0, 0);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_WELCOME).welcome.committed, 7);
	RIG_SAY(&rig, slot, TELL, tell, .number = 7, .conn = 1);
	assert_int_equal(rig.store.outcomes, 2);
	core_gateway_lost(rig.core, slot, rig.now, LINK_BAD_CONTENT);
	/* Another life counts from the beginning. */
	slot = rig_link(&rig);
	rig_forget(&rig);
	rig_hello(&rig, slot, "gw-1", 6, 0, 0);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_WELCOME).welcome.committed, 0);
	RIG_SAY(&rig, slot, TELL, tell, .number = 1, .conn = 1, .to = TEXT("x"));
	rig_stop(&rig);
}

static void
a_probe_comes_back_with_its_turn(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	RIG_SAY(&rig, slot, PROBE, probe, .token = 42);
	rig_silent(&rig, slot);
	assert_int_equal(core_next_deadline(rig.core, rig.now), 0);
	rig_turn(&rig, 0);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_PROBED).probed.token, 42);
	rig_stop(&rig);
}

static void
a_lost_gateway_takes_its_clients_along(void **state)
{
	struct rig rig;
	unsigned stays;
	unsigned goes;

	(void)state;
	rig_start(&rig, rig_limits());
	stays = rig_gateway(&rig, "stays");
	goes = rig_gateway(&rig, "goes");
	(void)rig_client(&rig, stays, 1, "ana");
	for (uint64_t conn = 1; conn <= 10; conn++)
		(void)rig_client(&rig, goes, conn, "ben");
	assert_int_equal(core_status(rig.core).clients, 11);
	core_gateway_lost(rig.core, goes, rig.now, LINK_CLOSED_BY_PEER);
	rig_turn(&rig, 1);
	(void)rig_hear(&rig, stays, ENVELOPE_ROSTER_END);
	for (unsigned i = 0; i < 10; i++)
		(void)rig_hear(&rig, stays, ENVELOPE_EXITED);
	rig_silent(&rig, stays);
	rig_silent(&rig, goes);
	assert_int_equal(core_status(rig.core).clients, 1);
	assert_int_equal(core_status(rig.core).gateways, 1);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_is_welcomed_and_told_who_is_there),
		cmocka_unit_test(those_there_hear_how_many_gateways_there_are),
		cmocka_unit_test(names_are_short_and_plain),
		cmocka_unit_test(what_comes_out_of_order_ends_the_link),
		cmocka_unit_test(slots_are_bounded_and_used_again),
		cmocka_unit_test(a_newer_link_of_the_name_replaces_the_old),
		cmocka_unit_test(numbers_rise_for_the_life_of_a_gateway),
		cmocka_unit_test(a_probe_comes_back_with_its_turn),
		cmocka_unit_test(a_lost_gateway_takes_its_clients_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
