/* Who may come in: where the token is looked for, whose path it is, and who failed too often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/auth.h"
#include "token_rig.h"

struct world {
	struct config config;
	struct metrics *metrics;
	uint64_t seed;
	struct auth *auth;
	struct now now;
	struct buffer token;  /* "ana"'s */
	struct buffer arg;    /* as an argument of a query */
	struct buffer header; /* of Authorization */
	struct buffer cookie;
};

static void
make_token(struct world *world, const char *user)
{
	char payload[128];

	snprintf(payload, sizeof(payload), "{\"sub\":\"%s\",\"exp\":%d}", user, RIG_NOW + 60);
	token_rig_hmac(&world->token, NULL, payload, TEXT(RIG_SECRET));
	buffer_clear(&world->arg);
	buffer_printf(&world->arg, "token=%.*s", (int)world->token.length, world->token.data);
	buffer_clear(&world->header);
	buffer_printf(&world->header, "bEARER  %.*s ", (int)world->token.length, world->token.data);
	buffer_clear(&world->cookie);
	buffer_printf(
	    &world->cookie, "x=y; chat=%.*s", (int)world->token.length, world->token.data);
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct config_mistakes mistakes = { .count = 0 };
	struct token_keys keys;

	config_defaults(&world->config);
	assert_true(config_set(&world->config, "auth.cookie", "chat", &mistakes));
	assert_true(config_set(&world->config, "auth.failures_per_minute", "3", &mistakes));
	world->seed = 1;
	world->metrics = metrics_create();
	world->auth = auth_create(&(struct auth_setup){
	    &world->config.auth, random_seeded(&world->seed), world->metrics, NULL });
	world->now = (struct now){ .mono_ms = 5000, .wall_ms = INT64_C(1000) * RIG_NOW };
	token_rig_keys(&keys, TOKEN_OWN);
	auth_set(world->auth, &world->config.auth, &keys);
	assert_int_equal(keys.count, 0);
	buffer_init(&world->token, 0);
	buffer_init(&world->arg, 0);
	buffer_init(&world->header, 0);
	buffer_init(&world->cookie, 0);
	make_token(world, "ana");
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	auth_destroy(&world->auth);
	assert_null(world->auth);
	auth_destroy(&world->auth);
	metrics_destroy(&world->metrics);
	config_free(&world->config);
	buffer_free(&world->token);
	buffer_free(&world->arg);
	buffer_free(&world->header);
	buffer_free(&world->cookie);
	free(world);
	return 0;
}

static struct client_request
request_of(const char *dialect, const char *segment, const char *address)
{
	return (struct client_request){
		.dialect = dialect_find(text_of(dialect)),
		.verified = true,
		.segment = text_of(segment),
		.address = text_of(address),
	};
}

static int64_t
failures(struct world *world, const char *reason)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "reason=\"%s\"", reason);
	return metric_value(metrics_counter(world->metrics, "hubbub_gateway_auth_failures_total",
	    labels, "Clients that were not let in for want of a good token, by reason."));
}

static void
a_token_is_found_in_three_places(void **state)
{
	struct world *world = *state;
	struct text args[] = { TEXT("q=1"), buffer_text(&world->arg) };
	struct client_request request = request_of("room", "", "192.0.2.1");

	assert_false(auth_admit(world->auth, &request, true, world->now));
	assert_true(text_is_empty(request.proof.user));
	request.args = args;
	request.arg_count = 2;
	assert_true(auth_admit(world->auth, &request, false, world->now));
	assert_true(text_equal(request.proof.user, TEXT("ana")));
	assert_int_equal(request.proof.ends_s, RIG_NOW + 60 + 10);

	request.arg_count = 1;
	request.authorization = buffer_text(&world->header);
	assert_true(auth_admit(world->auth, &request, false, world->now));
	request.authorization = TEXT("Basic YTpi");
	assert_false(auth_admit(world->auth, &request, false, world->now));

	/* A cookie proves nothing where any page may connect. */
	request.cookies = buffer_text(&world->cookie);
	assert_false(auth_admit(world->auth, &request, false, world->now));
	assert_true(auth_admit(world->auth, &request, true, world->now));
	assert_int_equal(failures(world, "no_token"), 3);
}

static void
the_first_place_counts_even_if_it_is_wrong(void **state)
{
	struct world *world = *state;
	struct text args[] = { TEXT("token=wrong") };
	struct client_request request = request_of("room", "", "192.0.2.1");

	request.args = args;
	request.arg_count = 1;
	request.authorization = buffer_text(&world->header);
	assert_false(auth_admit(world->auth, &request, true, world->now));
	assert_int_equal(failures(world, "malformed"), 1);
	args[0] = TEXT("token=");
	assert_true(auth_admit(world->auth, &request, true, world->now));
}

static void
a_path_with_a_user_belongs_to_it(void **state)
{
	static const struct {
		const char *dialect;
		const char *segment;
		const char *user;
		bool good;
	} rows[] = {
		{ "direct", "ana", "ana", true },
		{ "direct", "ben", "ana", false },
		{ "direct", "e\xcc\x81", "\xc3\xa9", true },
		{ "pair", "7", "7", true },
		{ "pair", "007", "7", true },
		{ "pair", "7", "07", true },
		{ "pair", "8", "7", false },
		{ "pair", "7", "seven", false },
		{ "lobby", "ben", "ana", true },
	};
	struct world *world = *state;
	int64_t refused = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char address[32];
		struct client_request request;

		snprintf(address, sizeof(address), "192.0.2.%zu", i);
		request = request_of(rows[i].dialect, rows[i].segment, address);
		make_token(world, rows[i].user);
		request.authorization = buffer_text(&world->header);
		assert_int_equal(
		    auth_admit(world->auth, &request, false, world->now), rows[i].good);
		refused += !rows[i].good;
		assert_int_equal(failures(world, "other_user"), refused);
	}
}

static void
native_may_prove_it_later(void **state)
{
	struct world *world = *state;
	struct client_request request = request_of("native", "", "192.0.2.1");
	struct proof proof;

	assert_true(auth_admit(world->auth, &request, false, world->now));
	assert_true(text_is_empty(request.proof.user));
	assert_int_equal(failures(world, "no_token"), 0);
	request.authorization = TEXT("Bearer wrong");
	assert_true(auth_admit(world->auth, &request, false, world->now));
	assert_true(text_is_empty(request.proof.user));
	assert_true(auth_judge(
	    world->auth, buffer_text(&world->token), TEXT("192.0.2.1"), world->now, &proof));
	assert_true(text_equal(proof.user, TEXT("ana")));
}

static bool
judge(struct world *world, struct text token, const char *address)
{
	struct proof proof;

	return auth_judge(world->auth, token, text_of(address), world->now, &proof);
}

static void
who_fails_too_often_has_to_wait(void **state)
{
	static const char *const neighbours[] = { "2001:db8::2", "2001:db8:0:0:ffff::1" };
	struct world *world = *state;
	struct text good = buffer_text(&world->token);

	for (unsigned i = 0; i < 3; i++) {
		assert_false(judge(world, TEXT("x"), "2001:db8::1"));
		assert_true(i == 2 || judge(world, good, "2001:db8::1"));
	}
	for (unsigned i = 0; i < 2; i++)
		assert_false(judge(world, good, neighbours[i]));
	assert_int_equal(failures(world, "too_many"), 2);
	assert_true(judge(world, good, "2001:db8:0:1::1"));
	assert_true(judge(world, good, "192.0.2.1"));
	assert_true(judge(world, good, "unix"));
	world->now.mono_ms += 20000;
	assert_true(judge(world, good, "2001:db8::1"));
}

static void
many_who_fail_lock_nobody_else_out(void **state)
{
	struct world *world = *state;
	char address[64];

	/* Far more networks than there are places, so that every place has one that has to wait. */
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(address, sizeof(address), "2001:db8:%x:%x::1", i >> 8, i & 0xff);
		for (unsigned n = 0; n < 3; n++)
			assert_false(judge(world, TEXT("x"), address));
	}
	for (unsigned i = 1; i < 255; i++) {
		snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_true(judge(world, buffer_text(&world->token), address));
	}
}

static void
why_one_is_refused_names_who_it_surely_was(void **state)
{
	struct world *world = *state;
	struct client_request request = request_of("room", "", "192.0.2.1");
	struct auth_refusal refusal;

	world->now.wall_ms += 3600 * 1000;
	assert_false(judge(world, buffer_text(&world->token), "192.0.2.1"));
	refusal = auth_last_refusal(world->auth);
	assert_string_equal(refusal.reason, "expired");
	assert_true(text_equal(refusal.user, TEXT("ana")));
	/* Nobody but whom it names: the one before is none of theirs. */
	assert_false(auth_admit(world->auth, &request, false, world->now));
	refusal = auth_last_refusal(world->auth);
	assert_string_equal(refusal.reason, "no_token");
	assert_true(text_is_empty(refusal.user));
	world->token.data[world->token.length - 10] ^= 1;
	for (unsigned i = 0; i < 3; i++) {
		assert_false(judge(world, buffer_text(&world->token), "192.0.2.1"));
		refusal = auth_last_refusal(world->auth);
		assert_string_equal(refusal.reason, i < 2 ? "signature" : "too_many");
		assert_true(text_is_empty(refusal.user));
	}
}

static void
new_keys_count_from_the_next_token_on(void **state)
{
	struct world *world = *state;
	struct token_keys keys = { .form = TOKEN_OWN };
	char error[128];

	assert_true(judge(world, buffer_text(&world->token), "192.0.2.1"));
	assert_true(
	    token_keys_add(&keys, TEXT("k2"), TEXT(RIG_OTHER_SECRET), false, error, sizeof(error)));
	auth_set(world->auth, &world->config.auth, &keys);
	assert_false(judge(world, buffer_text(&world->token), "192.0.2.1"));
	assert_int_equal(failures(world, "signature"), 1);
}

static void
without_keys_no_token_is_good(void **state)
{
	struct world *world = *state;
	struct token_keys none = { .form = TOKEN_OWN };

	auth_set(world->auth, &world->config.auth, &none);
	assert_false(judge(world, buffer_text(&world->token), "192.0.2.1"));
	assert_int_equal(failures(world, "unknown_key"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_token_is_found_in_three_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_first_place_counts_even_if_it_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_path_with_a_user_belongs_to_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(native_may_prove_it_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_fails_too_often_has_to_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    many_who_fail_lock_nobody_else_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    new_keys_count_from_the_next_token_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    why_one_is_refused_names_who_it_surely_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_keys_no_token_is_good, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
