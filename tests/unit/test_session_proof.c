/* Proved clients: who they are for the hub whatever they say, and when they have to go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"
#include "gateway/session.h"
#include "gateway_rig.h"
#include "token_rig.h"

static struct rig rig;

/* Nobody goes for another reason. */
static void
patient(struct config_limits *limits)
{
	limits->ping_seconds = 3600;
	limits->login_seconds = 3600;
}

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, patient);
	rig_attach(&rig);
	rig.mount.authentication = AUTHENTICATION_PROOF;
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
connect_until(const char *user, const char *name, int64_t ends_s)
{
	rig.proof = (struct proof){ text_of(user), text_of(name), ends_s };
	return rig_connect(&rig);
}

static void
what_is_proved_takes_the_place_of_what_is_said(void **state)
{
	struct rig_peer *ana = connect_until("ana", "Ana", RIG_NOW + 60);
	struct envelope envelope;

	(void)state;
	rig_send(ana, "eve");
	rig_turn(&rig);
	envelope = rig_said(&rig, ENVELOPE_OPEN);
	assert_true(text_equal(envelope.open.user, TEXT("ana")));
	assert_true(text_equal(envelope.open.name, TEXT("Ana")));
	assert_true(text_is_empty(envelope.open.resume));
}

static void
a_secret_of_another_is_not_passed_on(void **state)
{
	struct session_opening opening = { .user = TEXT(""),
		.name = TEXT("eve"),
		.room = TEXT(""),
		.resume = TEXT("0123456789"),
		.flags = OPEN_WANTS_SECRET };
	struct rig_peer *ana = connect_until("ana", "Ana", RIG_NOW + 60);
	struct envelope envelope;

	(void)state;
	assert_true(session_open_as(ana->session, &opening));
	rig_turn(&rig);
	envelope = rig_said(&rig, ENVELOPE_OPEN);
	assert_true(text_equal(envelope.open.user, TEXT("ana")));
	assert_true(text_is_empty(envelope.open.resume));
	assert_int_equal(envelope.open.flags & OPEN_WANTS_SECRET, 0);
}

static void
who_has_proved_nothing_does_not_come_online(void **state)
{
	struct rig_peer *eve = connect_until("", "", 0);

	(void)state;
	assert_false(session_is_proved(eve->session));
	rig_send(eve, "eve");
	rig_turn(&rig);
	assert_int_equal(eve->close_code, CLOSE_POLICY);
	rig_said_nothing(&rig);
}

static void
a_token_may_come_later(void **state)
{
	struct token_keys keys;
	struct config config;
	struct buffer token;
	struct rig_peer *ana = connect_until("", "", 0);

	(void)state;
	config_defaults(&config);
	token_rig_keys(&keys, TOKEN_OWN);
	auth_set(rig.auth, &config.auth, &keys);
	buffer_init(&token, 0);
	assert_false(session_prove(ana->session, TEXT("wrong")));
	token_rig_hmac(&token, NULL, "{\"sub\":\"ana\",\"exp\":1700000100}", TEXT(RIG_SECRET));
	assert_true(session_prove(ana->session, buffer_text(&token)));
	assert_true(session_is_proved(ana->session));
	/* A later one counts for the end, too. */
	token_rig_hmac(&token, NULL, "{\"sub\":\"ana\",\"exp\":1700000005}", TEXT(RIG_SECRET));
	assert_true(session_prove(ana->session, buffer_text(&token)));
	rig_after(&rig, 14000);
	rig_after(&rig, 1000);
	assert_int_equal(ana->closes, 1);
	assert_string_equal(ana->close_reason, "token expired");
	buffer_free(&token);
	config_free(&config);
}

static void
each_goes_in_the_second_in_which_its_proof_ends(void **state)
{
	struct rig_peer *peers[100];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		peers[i] = connect_until("ana", "Ana", RIG_NOW + 1 + i);
	for (unsigned second = 1; second <= 100; second++) {
		rig_after(&rig, 1000);
		for (unsigned i = 0; i < 100; i++)
			assert_int_equal(peers[i]->closes, i < second);
	}
}

static void
a_clock_that_jumps_is_followed(void **state)
{
	struct rig_peer *soon = connect_until("ana", "Ana", RIG_NOW + 10);
	struct rig_peer *later = connect_until("ana", "Ana", RIG_NOW + 100000);

	(void)state;
	rig.now.wall_ms -= 3600000;
	rig_after(&rig, 30000);
	assert_int_equal(soon->closes, 0);
	rig.now.wall_ms += 3600000;
	rig_after(&rig, 1000);
	assert_int_equal(soon->closes, 1);
	rig.now.wall_ms += 86400000;
	rig_after(&rig, 1000);
	assert_int_equal(later->closes, 0);
	rig.now.wall_ms += 86400000;
	rig_after(&rig, 1000);
	assert_int_equal(later->closes, 1);
}

static void
who_left_before_is_not_looked_for(void **state)
{
	struct rig_peer *ana = connect_until("ana", "Ana", RIG_NOW + 1);

	(void)state;
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	rig_after(&rig, 2000);
	assert_int_equal(ana->closes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_proved_takes_the_place_of_what_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_secret_of_another_is_not_passed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    who_has_proved_nothing_does_not_come_online, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_token_may_come_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    each_goes_in_the_second_in_which_its_proof_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_that_jumps_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    who_left_before_is_not_looked_for, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
