/* What operators see and do through the core. */
#include "tests/unit/hub_rig.h"

static void
users_are_listed_in_joining_order(void **state)
{
	struct rig rig;
	unsigned here;
	unsigned there;
	struct core_client_info info;
	void *cursor = NULL;
	uint32_t ben;

	(void)state;
	rig_start(&rig, rig_limits());
	assert_false(core_next_client(rig.core, (struct text){ 0 }, &cursor, &info));
	here = rig_gateway(&rig, "here");
	there = rig_gateway(&rig, "there");
	ben = rig_client(&rig, there, 1, "ben");
	(void)rig_client(&rig, here, 1, "ana");
	RIG_SAY(&rig, there, JOIN, join, .conn = 1, .room = TEXT("other"));
	assert_true(core_next_client(rig.core, (struct text){ 0 }, &cursor, &info));
	assert_int_equal(info.client, ben);
	assert_string_equal(info.name, "ben");
	assert_string_equal(info.gateway, "there");
	assert_string_equal(info.dialect, "room");
	assert_string_equal(info.address, "127.0.0.1");
	assert_string_equal(info.rooms, "lobby other");
	assert_true(core_next_client(rig.core, (struct text){ 0 }, &cursor, &info));
	assert_string_equal(info.name, "ana");
	assert_false(core_next_client(rig.core, (struct text){ 0 }, &cursor, &info));
	cursor = NULL;
	assert_true(core_next_client(rig.core, TEXT("other"), &cursor, &info));
	assert_string_equal(info.name, "ben");
	assert_false(core_next_client(rig.core, TEXT("other"), &cursor, &info));
	cursor = NULL;
	assert_false(core_next_client(rig.core, TEXT("nowhere"), &cursor, &info));
	assert_true(core_find_client(rig.core, ben, &info));
	assert_string_equal(info.rooms, "lobby other");
	assert_false(core_find_client(rig.core, ben + 1, &info));
	rig_stop(&rig);
}

static void
gateways_are_listed_with_what_they_did(void **state)
{
	struct rig rig;
	unsigned here;
	struct core_gateway_info info;
	unsigned cursor = 0;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	(void)rig_link(&rig);
	(void)rig_client(&rig, here, 1, "ana");
	RIG_SAY(&rig, here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ana"));
	assert_true(core_next_gateway(rig.core, &cursor, &info));
	assert_string_equal(info.name, "here");
	assert_string_equal(info.software, "rig");
	assert_int_equal(info.pid, 77);
	assert_int_equal(info.link_version, LINK_VERSION);
	assert_true(info.attached);
	assert_int_equal(info.clients, 1);
	assert_int_equal(info.commands, 1);
	/* WELCOME, ROSTER_END, OPENED, JOINED, ENTERED, OUTCOME */
	assert_int_equal(info.delivered, 6);
	assert_false(core_next_gateway(rig.core, &cursor, &info));
	rig_stop(&rig);
}

static void
gateways_are_listed_with_why_they_were_lost(void **state)
{
	struct rig rig;
	struct core_gateway_info info;
	unsigned here;
	unsigned cursor = 0;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	assert_true(core_next_gateway(rig.core, &cursor, &info));
	assert_int_equal(info.last_loss, LINK_ALIVE);
	core_gateway_lost(rig.core, here, rig.now, LINK_BAD_FRAME);
	/* The same life once more, then another. */
	here = rig_gateway(&rig, "here");
	core_gateway_lost(rig.core, here, rig.now, LINK_TOO_SLOW);
	(void)rig_gateway(&rig, "there");
	here = rig_link(&rig);
	rig_hello(&rig, here, "here", 4711, 0, 0);
	cursor = 0;
	assert_true(core_next_gateway(rig.core, &cursor, &info));
	assert_string_equal(info.name, "there");
	assert_int_equal(info.last_loss, LINK_ALIVE);
	assert_true(core_next_gateway(rig.core, &cursor, &info));
	assert_string_equal(info.name, "here");
	assert_int_equal(info.last_loss, LINK_TOO_SLOW);
	rig_stop(&rig);
}

static void
a_kick_closes_and_the_gateway_reports(void **state)
{
	struct rig rig;
	unsigned here;
	uint32_t ana;
	struct envelope heard;
	char id[CLIENT_ID_TEXT_SIZE];

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	ana = rig_client(&rig, here, 1, "ana");
	assert_int_equal(core_kick(rig.core, rig.now, TEXT("ana"), TEXT("enough")), 1);
	rig_turn(&rig, 0);
	heard = rig_hear(&rig, here, ENVELOPE_CLOSE);
	assert_int_equal(heard.close.conn, 1);
	assert_int_equal(heard.close.client, ana);
	assert_int_equal(heard.close.code, 1008);
	assert_text(heard.close.reason, "enough");
	rig_silent(&rig, here);
	assert_int_equal(core_status(rig.core).clients, 1);
	text_client_id(ana, id);
	assert_int_equal(core_kick(rig.core, rig.now, text_of(id), TEXT("")), 1);
	assert_int_equal(core_kick(rig.core, rig.now, TEXT("nobody"), TEXT("")), 0);
	(void)rig_client(&rig, here, 2, "ana");
	assert_int_equal(core_kick(rig.core, rig.now, TEXT("ana"), TEXT("")), 0);
	RIG_SAY(&rig, here, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 0);
	(void)rig_hear(&rig, here, ENVELOPE_EXITED);
	rig_stop(&rig);
}

static void
a_reason_fits_a_close_frame(void **state)
{
	struct rig rig;
	unsigned here;
	char reason[300];
	struct envelope heard;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	(void)rig_client(&rig, here, 1, "ana");
	/* Characters of two bytes: the limit falls within one. */
	for (size_t i = 0; i < sizeof(reason); i++)
		reason[i] = i % 2 == 0 ? '\xc3' : '\xa4';
	(void)core_kick(rig.core, rig.now, TEXT("ana"), (struct text){ reason, sizeof(reason) });
	rig_turn(&rig, 0);
	heard = rig_hear(&rig, here, ENVELOPE_CLOSE);
	assert_int_equal(heard.close.reason.length, 122);
	assert_true(text_is_utf8(heard.close.reason));
	rig_stop(&rig);
}

static void
a_notice_reaches_every_gateway(void **state)
{
	struct rig rig;
	unsigned here;
	unsigned there;
	unsigned silent;

	(void)state;
	rig_start(&rig, rig_limits());
	assert_int_equal(core_say(rig.core, rig.now, TEXT("anyone?")), 0);
	here = rig_gateway(&rig, "here");
	there = rig_gateway(&rig, "there");
	silent = rig_link(&rig);
	assert_int_equal(core_say(rig.core, rig.now, TEXT("hello")), 2);
	rig_turn(&rig, 0);
	assert_text(rig_hear(&rig, here, ENVELOPE_NOTICE).notice.content, "hello");
	assert_text(rig_hear(&rig, there, ENVELOPE_NOTICE).notice.room, "");
	rig_silent(&rig, silent);
	rig_stop(&rig);
}

static void
the_status_counts(void **state)
{
	struct rig rig;
	unsigned here;
	struct core_status status;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	(void)rig_client(&rig, here, 1, "ana");
	status = core_status(rig.core);
	assert_true(status.hub_epoch == rig.hub_epoch);
	assert_int_equal(status.started_wall_ms, 1700000000000);
	assert_int_equal(status.gateways, 1);
	assert_int_equal(status.clients, 1);
	assert_int_equal(status.rooms, 1);
	assert_false(status.settling);
	assert_string_equal(status.store, "rig");
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_listed_in_joining_order),
		cmocka_unit_test(gateways_are_listed_with_what_they_did),
		cmocka_unit_test(gateways_are_listed_with_why_they_were_lost),
		cmocka_unit_test(a_kick_closes_and_the_gateway_reports),
		cmocka_unit_test(a_reason_fits_a_close_frame),
		cmocka_unit_test(a_notice_reaches_every_gateway),
		cmocka_unit_test(the_status_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
