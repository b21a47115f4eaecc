/* Tokens: what is taken, and every reason for which one is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"
#include "token_rig.h"

#define HEADER "{\"alg\":\"HS256\",\"kid\":\"k1\"}"
#define GOOD "{\"kid\":\"k1\",\"sub\":\"ana\",\"exp\":1700000100}"

struct world {
	struct token_keys keys;
	struct token_rules rules;
	struct token_claims claims;
	struct buffer token;
};

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->rules = (struct token_rules){ TEXT(""), TEXT(""), 10 };
	token_rig_keys(&world->keys, TOKEN_OWN);
	token_claims_init(&world->claims);
	buffer_init(&world->token, 0);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	token_keys_free(&world->keys);
	token_claims_free(&world->claims);
	buffer_free(&world->token);
	free(world);
	return 0;
}

static enum token_fault
judge(struct world *world)
{
	return token_check(
	    &world->keys, &world->rules, buffer_text(&world->token), RIG_NOW, &world->claims);
}

/* In the form that the set is of, signed as it should be. */
static enum token_fault
judge_payload(struct world *world, const char *payload)
{
	token_rig_hmac(&world->token, world->keys.form == TOKEN_JWT ? HEADER : NULL, payload,
	    TEXT(RIG_SECRET));
	return judge(world);
}

static enum token_fault
judge_text(struct world *world, const char *token)
{
	return token_check(&world->keys, &world->rules, text_of(token), RIG_NOW, &world->claims);
}

static void
a_good_one_says_who_and_how_long(void **state)
{
	struct world *world = *state;

	for (int form = TOKEN_OWN; form <= TOKEN_JWT; form++) {
		world->keys.form = (enum token_form)form;
		world->keys.rows[0].algorithm = form == TOKEN_OWN ? TOKEN_HMAC : TOKEN_HS256;
		assert_int_equal(judge_payload(world, GOOD), TOKEN_GOOD);
		assert_true(text_equal(buffer_text(&world->claims.user), TEXT("ana")));
		assert_true(text_equal(buffer_text(&world->claims.name), TEXT("ana")));
		assert_int_equal(world->claims.ends_s, 1700000110);
		assert_int_equal(judge_payload(world, "{\"sub\":\"e\xcc\x81\",\"exp\":1700000100,"
						      "\"name\":\" An\xe2\x80\x8b"
						      "a \"}"),
		    TOKEN_GOOD);
		assert_true(text_equal(buffer_text(&world->claims.user), TEXT("\xc3\xa9")));
		assert_true(text_equal(buffer_text(&world->claims.name), TEXT("Ana")));
	}
}

static const struct {
	const char *payload;
	enum token_fault fault;
} payloads[] = {
	{ "{\"sub\":\"ana\"}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":\"1700000100\"}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":-1}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1e300}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":\"x\"}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"name\":7}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"iss\":[]}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"sub\":\"eve\",\"exp\":1700000100}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"exp\":1900000000}", TOKEN_MALFORMED },
	{ "[\"ana\"]", TOKEN_MALFORMED },
	{ "not JSON", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1699999990}", TOKEN_EXPIRED },
	{ "{\"sub\":\"ana\",\"exp\":1699999991}", TOKEN_GOOD },
	{ "{\"sub\":\"ana\",\"exp\":0}", TOKEN_EXPIRED },
	/* With fractions: an end counts from its second on, a beginning from the next. */
	{ "{\"sub\":\"ana\",\"exp\":1699999990.9}", TOKEN_EXPIRED },
	{ "{\"sub\":\"ana\",\"exp\":1699999991.1}", TOKEN_GOOD },
	{ "{\"sub\":\"ana\",\"exp\":1.7000001e9}", TOKEN_GOOD },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":1700000009.5}", TOKEN_GOOD },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":1700000010.5}", TOKEN_NOT_YET },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":-0.5}", TOKEN_MALFORMED },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":1700000011}", TOKEN_NOT_YET },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":1700000010}", TOKEN_GOOD },
	{ "{\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":7,\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":\"\",\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":\"\xe2\x80\x8b\",\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":\"an\\u200ba\",\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":\" ana\",\"exp\":1700000100}", TOKEN_SUBJECT },
	{ "{\"sub\":\"0123456789012345678901234567890123456789012345678901234567890123\","
	  "\"exp\":1700000100}",
	    TOKEN_GOOD },
	{ "{\"sub\":\"01234567890123456789012345678901234567890123456789012345678901234\","
	  "\"exp\":1700000100}",
	    TOKEN_SUBJECT },
	{ "{\"sub\":\"ana\",\"exp\":1700000100,\"aud\":\"mail\"}", TOKEN_AUDIENCE },
};

/* What is signed by a key of ours names nobody whom its issuer did not mean. */
static void
a_good_signature_names_its_user_whatever_else_is_wrong(void **state)
{
	static const char *const bad[] = {
		"{\"sub\":\"ana\",\"exp\":0}",
		"{\"sub\":\"ana\",\"exp\":1700000100,\"nbf\":1700000011}",
		"{\"sub\":\"ana\",\"exp\":1700000100,\"aud\":\"mail\"}",
	};
	struct world *world = *state;

	for (int form = TOKEN_OWN; form <= TOKEN_JWT; form++) {
		world->keys.form = (enum token_form)form;
		world->keys.rows[0].algorithm = form == TOKEN_OWN ? TOKEN_HMAC : TOKEN_HS256;
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			assert_int_not_equal(judge_payload(world, bad[i]), TOKEN_GOOD);
			assert_true(text_equal(buffer_text(&world->claims.user), TEXT("ana")));
		}
		assert_int_equal(
		    judge_payload(world, "{\"sub\":\" ana\",\"exp\":0}"), TOKEN_EXPIRED);
		assert_int_equal(world->claims.user.length, 0);
		token_rig_hmac(&world->token, form == TOKEN_JWT ? HEADER : NULL, bad[0],
		    TEXT(RIG_OTHER_SECRET));
		assert_int_equal(judge(world), TOKEN_BAD_SIGNATURE);
		assert_int_equal(world->claims.user.length, 0);
	}
}

static void
what_it_says_must_be_right(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		world->keys.form = TOKEN_OWN;
		world->keys.rows[0].algorithm = TOKEN_HMAC;
		assert_int_equal(judge_payload(world, payloads[i].payload), payloads[i].fault);
		world->keys.form = TOKEN_JWT;
		world->keys.rows[0].algorithm = TOKEN_HS256;
		assert_int_equal(judge_payload(world, payloads[i].payload), payloads[i].fault);
	}
}

/* libjwt does not read such a text at all. */
static void
no_id_has_a_zero_byte(void **state)
{
	static const char payload[] = "{\"sub\":\"a\\u0000b\",\"exp\":1700000100}";
	struct world *world = *state;

	assert_int_equal(judge_payload(world, payload), TOKEN_SUBJECT);
	world->keys.form = TOKEN_JWT;
	world->keys.rows[0].algorithm = TOKEN_HS256;
	assert_int_not_equal(judge_payload(world, payload), TOKEN_GOOD);
}

static void
audience_and_issuer_are_asked_for_when_configured(void **state)
{
	static const struct {
		const char *more;
		enum token_fault fault;
	} rows[] = {
		{ "", TOKEN_AUDIENCE },
		{ ",\"aud\":\"mail\",\"iss\":\"us\"", TOKEN_AUDIENCE },
		{ ",\"aud\":7,\"iss\":\"us\"", TOKEN_AUDIENCE },
		{ ",\"aud\":[\"mail\",7],\"iss\":\"us\"", TOKEN_AUDIENCE },
		{ ",\"aud\":\"chat\"", TOKEN_ISSUER },
		{ ",\"aud\":\"chat\",\"iss\":\"them\"", TOKEN_ISSUER },
		{ ",\"aud\":\"chat\",\"iss\":\"us\"", TOKEN_GOOD },
		{ ",\"aud\":[\"mail\",\"chat\"],\"iss\":\"us\"", TOKEN_GOOD },
	};
	struct world *world = *state;
	char payload[256];

	world->rules.audience = TEXT("chat");
	world->rules.issuer = TEXT("us");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(payload, sizeof(payload), "{\"sub\":\"ana\",\"exp\":1700000100%s}",
		    rows[i].more);
		assert_int_equal(judge_payload(world, payload), rows[i].fault);
	}
}

static void
what_is_no_token_is_malformed(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a.b", "a", "eyJ9", "Zm9v.Zm9v", "e30.",
		".e30", "e30.e30.e30", "e30=.e30", "Zm9v.e30" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strcmp(bad[i], "e30.e30.e30") != 0)
			assert_int_equal(judge_text(world, bad[i]), TOKEN_MALFORMED);
	}
	world->keys.form = TOKEN_JWT;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(judge_text(world, bad[i]), TOKEN_MALFORMED);
	buffer_clear(&world->token);
	for (unsigned i = 0; i <= TOKEN_BYTES_MAX; i++)
		buffer_append_byte(&world->token, i == 2000 ? '.' : 'A');
	assert_int_equal(judge(world), TOKEN_MALFORMED);
}

static void
every_changed_byte_is_seen(void **state)
{
	struct world *world = *state;

	for (int form = TOKEN_OWN; form <= TOKEN_JWT; form++) {
		world->keys.form = (enum token_form)form;
		world->keys.rows[0].algorithm = form == TOKEN_OWN ? TOKEN_HMAC : TOKEN_HS256;
		assert_int_equal(judge_payload(world, GOOD), TOKEN_GOOD);
		for (size_t i = 0; i < world->token.length; i++) {
			char was = world->token.data[i];

			world->token.data[i] = was == 'A' ? 'B' : 'A';
			assert_int_not_equal(judge(world), TOKEN_GOOD);
			world->token.data[i] = was;
		}
		buffer_append_string(&world->token, "!");
		assert_int_not_equal(judge(world), TOKEN_GOOD);
		assert_int_equal(judge_payload(world, GOOD), TOKEN_GOOD);
		world->token.length--;
		assert_int_not_equal(judge(world), TOKEN_GOOD);
		token_rig_hmac(
		    &world->token, form == TOKEN_JWT ? HEADER : NULL, GOOD, TEXT(RIG_OTHER_SECRET));
		assert_int_equal(judge(world), TOKEN_BAD_SIGNATURE);
	}
}

static void
two_keys_live_side_by_side(void **state)
{
	struct world *world = *state;
	char error[256];

	assert_true(token_keys_add(
	    &world->keys, TEXT("k2"), TEXT(RIG_OTHER_SECRET "\n"), false, error, sizeof(error)));
	assert_int_equal(judge_payload(world, GOOD), TOKEN_GOOD);
	token_rig_hmac(&world->token, NULL, "{\"kid\":\"k2\",\"sub\":\"ana\",\"exp\":1700000100}",
	    TEXT(RIG_OTHER_SECRET));
	assert_int_equal(judge(world), TOKEN_GOOD);
	token_rig_hmac(&world->token, NULL, "{\"kid\":\"k2\",\"sub\":\"ana\",\"exp\":1700000100}",
	    TEXT(RIG_SECRET));
	assert_int_equal(judge(world), TOKEN_BAD_SIGNATURE);
	assert_int_equal(
	    judge_payload(world, "{\"kid\":\"k3\",\"sub\":\"ana\",\"exp\":1700000100}"),
	    TOKEN_UNKNOWN_KEY);
	/* Of several it must be said which. */
	assert_int_equal(
	    judge_payload(world, "{\"sub\":\"ana\",\"exp\":1700000100}"), TOKEN_UNKNOWN_KEY);
	assert_int_equal(judge_payload(world, "{\"kid\":1,\"sub\":\"ana\",\"exp\":1700000100}"),
	    TOKEN_MALFORMED);
}

static void
a_header_is_held_to_its_key(void **state)
{
	static const struct {
		const char *header;
		enum token_fault fault;
	} rows[] = {
		{ "{\"alg\":\"HS256\"}", TOKEN_GOOD },
		{ "{\"alg\":\"HS256\",\"typ\":\"jwt\"}", TOKEN_GOOD },
		{ "{\"alg\":\"none\"}", TOKEN_ALGORITHM },
		{ "{\"alg\":\"None\",\"kid\":\"k1\"}", TOKEN_ALGORITHM },
		{ "{\"alg\":\"HS512\"}", TOKEN_ALGORITHM },
		{ "{\"alg\":\"RS256\"}", TOKEN_ALGORITHM },
		{ "{\"alg\":\"hs256\"}", TOKEN_ALGORITHM },
		{ "{\"alg\":\"HS256\",\"kid\":\"k9\"}", TOKEN_UNKNOWN_KEY },
		{ "{\"alg\":\"HS256\",\"kid\":[\"k1\"]}", TOKEN_MALFORMED },
		{ "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", TOKEN_MALFORMED },
		{ "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", TOKEN_MALFORMED },
		{ "{\"kid\":\"k1\"}", TOKEN_MALFORMED },
		{ "{\"alg\":7}", TOKEN_MALFORMED },
	};
	struct world *world = *state;

	world->keys.form = TOKEN_JWT;
	world->keys.rows[0].algorithm = TOKEN_HS256;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		token_rig_hmac(&world->token, rows[i].header, GOOD, TEXT(RIG_SECRET));
		assert_int_equal(judge(world), rows[i].fault);
	}
	/* "none" with no signature at all, as RFC 7519 has it. */
	assert_int_equal(
	    judge_text(world, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ."), TOKEN_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_good_one_says_who_and_how_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_good_signature_names_its_user_whatever_else_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_says_must_be_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_id_has_a_zero_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    audience_and_issuer_are_asked_for_when_configured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_token_is_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_changed_byte_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_keys_live_side_by_side, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_header_is_held_to_its_key, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
