/* What the hub hears for operators: whom the gateway closed, its log's level and its load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/gateway_core.h"
#include "gateway/reports.h"
#include "tests/unit/gateway_rig.h"

static struct rig rig;

static void
few_errors(struct config_limits *limits)
{
	limits->errors_per_minute = 1;
	limits->messages_per_second = 1;
	limits->messages_burst = 2;
}

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, few_errors);
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
assert_text_is(struct text text, const char *expected)
{
	assert_true(text_equal(text, text_of(expected)));
}

static void
who_is_limited_and_then_closed_is_reported(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 10, "Ana");
	struct envelope_report report;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		rig_send(ana, "hello");
	rig_turn(&rig);
	report = rig_reported(&rig).report;
	assert_int_equal(report.event, REPORT_LIMITED);
	assert_int_equal(report.conn, ana->conn);
	do
		report = rig_reported(&rig).report;
	while (report.event == REPORT_LIMITED);
	assert_int_equal(report.event, REPORT_CLOSED);
	assert_int_equal(report.conn, ana->conn);
	assert_int_equal(report.code, CLOSE_POLICY);
	assert_text_is(report.reason, "too many errors");
	assert_text_is(report.address, "192.0.2.1");
	assert_int_equal(rig.reported.length, 0);
}

static void
turn_away(unsigned status, const char *path, const char *reason, const char *user)
{
	const struct turned_away away = {
		.status = status,
		.address = TEXT("192.0.2.7"),
		.path = text_of(path),
		.reason = reason,
		.realm = TEXT("open"),
		.user = text_of(user),
	};

	gateway_core_turned_away(rig.core, rig.now, &away);
	rig_turn(&rig);
}

static void
who_proved_nothing_is_reported_by_what_is_sure(void **state)
{
	struct envelope_report report;
	char long_id[REPORTS_TEXT_MAX];

	(void)state;
	turn_away(401, "/ws", "expired", "ana");
	report = rig_reported(&rig).report;
	assert_int_equal(report.code, 401);
	assert_text_is(report.user, "open/ana");
	assert_text_is(report.reason, "expired");
	assert_text_is(report.address, "192.0.2.7");
	turn_away(401, "/ws", "signature", "");
	assert_text_is(rig_reported(&rig).report.user, "");
	/* A part of an id is another's. */
	memset(long_id, 'a', sizeof(long_id));
	long_id[sizeof(long_id) - 1] = '\0';
	turn_away(401, "/ws", "expired", long_id);
	assert_text_is(rig_reported(&rig).report.user, "");
}

static void
who_is_no_client_is_reported_by_address(void **state)
{
	struct envelope_report report;

	(void)state;
	turn_away(404, "/no\x1b", NULL, "");
	rig_turn(&rig);
	report = rig_reported(&rig).report;
	assert_int_equal(report.event, REPORT_REFUSED);
	assert_int_equal(report.code, 404);
	assert_int_equal(report.conn, 0);
	assert_text_is(report.address, "192.0.2.7");
	assert_text_is(report.path, "/no?");
}

static void
what_the_hub_knows_is_not_reported(void **state)
{
	struct rig_peer *ana = rig_login(&rig, 10, "Ana");

	(void)state;
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_CLOSE,
			  .close = { ana->conn, 10, 1008, TEXT("enough") } });
	rig_turn(&rig);
	rig_forget_said(&rig);
	(void)rig_login(&rig, 11, "Ben");
	gateway_core_drain(rig.core, rig.now, 0);
	rig_after(&rig, 3000);
	assert_int_equal(rig.reported.length, 0);
}

static void
what_is_too_much_is_told_as_a_number(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REPORTS_BURST + 3; i++)
		turn_away(404, "/", NULL, "");
	rig_turn(&rig);
	for (unsigned i = 0; i < REPORTS_BURST; i++)
		assert_int_equal(rig_reported(&rig).report.missed, 0);
	assert_int_equal(rig.reported.length, 0);
	rig.now.mono_ms += 1000;
	turn_away(404, "/", NULL, "");
	rig_turn(&rig);
	assert_int_equal(rig_reported(&rig).report.missed, 3);
}

static void
attach_to_an_older_hub(void)
{
	rig_lose(&rig);
	rig_after(&rig, 1000);
	gateway_core_hub_connected(rig.core, rig.now);
	rig_turn(&rig);
	rig_hub(&rig,
	    (struct envelope){ .kind = ENVELOPE_WELCOME,
		.welcome = {
		    .link_version = LINK_VERSION - 1, .hub_epoch = 78, .software = TEXT("hub") } });
	rig_roster_end(&rig);
	rig_turn(&rig);
}

static void
an_older_hub_hears_none(void **state)
{
	(void)state;
	attach_to_an_older_hub();
	turn_away(404, "/", NULL, "");
	rig_turn(&rig);
	assert_int_equal(rig.reported.length, 0);
}

static void
the_load_is_told(void **state)
{
	struct envelope_load load;

	(void)state;
	(void)rig_login(&rig, 10, "Ana");
	rig_deliver(&rig, "Ben", "hello");
	rig_turn(&rig);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_LOAD, .load = { .token = 7 } });
	rig_turn(&rig);
	load = rig_said(&rig, ENVELOPE_LOAD).load;
	assert_int_equal(load.token, 7);
	assert_int_equal(load.clients, 1);
	assert_int_equal(load.behind, 0);
}

static void
a_level_is_asked_for_and_set(void **state)
{
	struct envelope_log_level level;

	(void)state;
	/* This gateway has no log: it says the level of none. */
	for (uint32_t wanted = 0; wanted < 6; wanted++) {
		rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_LOG_LEVEL,
				  .log_level = { .token = 3 + wanted, .level = wanted } });
		rig_turn(&rig);
		level = rig_said(&rig, ENVELOPE_LOG_LEVEL).log_level;
		assert_int_equal(level.token, 3 + wanted);
		assert_int_equal(level.level, 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_limited_and_then_closed_is_reported),
		TEST(who_is_no_client_is_reported_by_address),
		TEST(who_proved_nothing_is_reported_by_what_is_sure),
		TEST(what_the_hub_knows_is_not_reported),
		TEST(what_is_too_much_is_told_as_a_number),
		TEST(an_older_hub_hears_none),
		TEST(the_load_is_told),
		TEST(a_level_is_asked_for_and_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
