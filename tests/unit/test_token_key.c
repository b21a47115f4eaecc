/* Keys: which are taken, that each is good for one algorithm only, and making tokens with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "token_rig.h"

static const struct token_rules no_rules = { { "", 0 }, { "", 0 }, 0 };

struct pairs {
	struct token_pair rsa;
	struct token_pair ec;
};

static int
make_pairs(void **state)
{
	struct pairs *pairs = calloc(1, sizeof(*pairs));

	pairs->rsa = token_pair_rsa(2048);
	pairs->ec = token_pair_ec("P-256");
	*state = pairs;
	return 0;
}

static int
free_pairs(void **state)
{
	struct pairs *pairs = *state;

	token_pair_free(&pairs->rsa);
	token_pair_free(&pairs->ec);
	free(pairs);
	return 0;
}

static void
refuse(enum token_form form, const char *kid, const char *file, bool to_sign, const char *why)
{
	struct token_keys keys = { .form = form };
	char error[256] = "";

	assert_false(
	    token_keys_add(&keys, text_of(kid), text_of(file), to_sign, error, sizeof(error)));
	assert_non_null(strstr(error, why));
	assert_int_equal(keys.count, 0);
}

static void
weak_and_foreign_keys_are_refused(void **state)
{
	struct token_pair weak = token_pair_rsa(1024);
	struct token_pair other = token_pair_ec("P-384");
	struct pairs *pairs = *state;

	refuse(TOKEN_JWT, "k", weak.public_pem, false, "1024 bits");
	refuse(TOKEN_JWT, "k", other.public_pem, false, "another algorithm");
	refuse(TOKEN_JWT, "k", pairs->rsa.private_pem, false, "private key");
	refuse(TOKEN_OWN, "k", pairs->rsa.public_pem, false, "PEM");
	refuse(TOKEN_JWT, "k", "0123456789abcdef0123456789abcde", false, "31 bytes");
	refuse(TOKEN_OWN, "k", "0123456789abcdef0123456789abcde\n", false, "31 bytes");
	refuse(TOKEN_OWN, "k", "", false, "0 bytes");
	refuse(TOKEN_JWT, "k", "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\"}]}", false, "not in PEM");
	refuse(TOKEN_JWT, "k", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ ana", false, "not in PEM");
	refuse(TOKEN_JWT, "k", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3", false, "not in PEM");
	refuse(TOKEN_JWT, "k", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	    false, "not readable");
	refuse(TOKEN_JWT, "k", "-----BEGIN CERTIFICATE-----\n", false, "not readable");
	refuse(TOKEN_OWN, "a b", RIG_SECRET, false, "id");
	refuse(TOKEN_OWN, "", RIG_SECRET, false, "id");
	token_pair_free(&weak);
	token_pair_free(&other);
}

static void
a_set_is_bounded_and_has_each_id_once(void **state)
{
	struct token_keys keys = { .form = TOKEN_OWN };
	char error[256] = "";
	char kid[8];

	(void)state;
	for (unsigned i = 0; i < TOKEN_KEYS_MAX; i++) {
		snprintf(kid, sizeof(kid), "k%u", i);
		assert_true(token_keys_add(
		    &keys, text_of(kid), TEXT(RIG_SECRET), false, error, sizeof(error)));
		assert_false(token_keys_add(
		    &keys, text_of(kid), TEXT(RIG_SECRET), false, error, sizeof(error)));
		assert_non_null(strstr(error, i + 1 < TOKEN_KEYS_MAX ? "twice" : "one too many"));
	}
	assert_non_null(token_keys_find(&keys, TEXT("k7")));
	assert_null(token_keys_find(&keys, TEXT("")));
	assert_null(token_keys_find(&keys, TEXT("k77")));
	token_keys_free(&keys);
	assert_int_equal(keys.count, 0);
}

static enum token_fault
round_trip(const char *sign, const char *check, enum token_form form)
{
	const struct token_order order = {
		.user = TEXT("ana"), .name = TEXT("Ana"), .expires_s = RIG_NOW + 60
	};
	struct token_keys signing = { .form = form };
	struct token_keys checking = { .form = form };
	struct token_claims claims;
	enum token_fault fault;
	struct buffer token;
	char error[256];

	buffer_init(&token, 0);
	token_claims_init(&claims);
	assert_true(
	    token_keys_add(&signing, TEXT("k1"), text_of(sign), true, error, sizeof(error)));
	assert_true(
	    token_keys_add(&checking, TEXT("k1"), text_of(check), false, error, sizeof(error)));
	assert_true(token_make(&signing.rows[0], &order, &token, error, sizeof(error)));
	fault = token_check(&checking, &no_rules, buffer_text(&token), RIG_NOW, &claims);
	if (fault == TOKEN_GOOD) {
		assert_true(text_equal(buffer_text(&claims.user), TEXT("ana")));
		assert_true(text_equal(buffer_text(&claims.name), TEXT("Ana")));
		assert_int_equal(claims.ends_s, RIG_NOW + 60);
	}
	buffer_append_string(&token, "!!");
	assert_int_not_equal(
	    token_check(&checking, &no_rules, buffer_text(&token), RIG_NOW, &claims), TOKEN_GOOD);
	token_claims_free(&claims);
	buffer_free(&token);
	token_keys_free(&signing);
	token_keys_free(&checking);
	return fault;
}

static void
what_is_made_with_a_key_is_taken_by_it(void **state)
{
	struct pairs *pairs = *state;
	struct token_pair other = token_pair_ec("P-256");

	assert_int_equal(round_trip(RIG_SECRET, RIG_SECRET, TOKEN_OWN), TOKEN_GOOD);
	assert_int_equal(round_trip(RIG_SECRET, RIG_SECRET, TOKEN_JWT), TOKEN_GOOD);
	assert_int_equal(
	    round_trip(pairs->rsa.private_pem, pairs->rsa.public_pem, TOKEN_JWT), TOKEN_GOOD);
	assert_int_equal(
	    round_trip(pairs->ec.private_pem, pairs->ec.public_pem, TOKEN_JWT), TOKEN_GOOD);
	assert_int_equal(
	    round_trip(other.private_pem, pairs->ec.public_pem, TOKEN_JWT), TOKEN_BAD_SIGNATURE);
	assert_int_equal(
	    round_trip(other.private_pem, pairs->rsa.public_pem, TOKEN_JWT), TOKEN_ALGORITHM);
	assert_int_equal(round_trip(RIG_SECRET, RIG_OTHER_SECRET, TOKEN_JWT), TOKEN_BAD_SIGNATURE);
	token_pair_free(&other);
}

/* The best known attack: whoever has the public key has a secret that the server knows, too. */
static void
a_public_key_is_no_secret(void **state)
{
	struct pairs *pairs = *state;
	const char *const files[] = { pairs->rsa.public_pem, pairs->ec.public_pem };
	struct token_claims claims;
	struct buffer token;
	char error[256];

	buffer_init(&token, 0);
	token_claims_init(&claims);
	for (size_t i = 0; i < 2; i++) {
		struct token_keys keys = { .form = TOKEN_JWT };

		assert_true(token_keys_add(
		    &keys, TEXT("k1"), text_of(files[i]), false, error, sizeof(error)));
		token_rig_hmac(&token, "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
		    "{\"sub\":\"ana\",\"exp\":1700000100}", text_of(files[i]));
		assert_int_equal(
		    token_check(&keys, &no_rules, buffer_text(&token), RIG_NOW, &claims),
		    TOKEN_ALGORITHM);
		token_keys_free(&keys);
	}
	token_claims_free(&claims);
	buffer_free(&token);
}

static void
what_cannot_be_made_is_said(void **state)
{
	struct token_order order = { .user = TEXT(""), .expires_s = RIG_NOW };
	struct pairs *pairs = *state;
	struct token_keys keys = { .form = TOKEN_JWT };
	struct buffer token;
	char error[256] = "";

	buffer_init(&token, 0);
	assert_true(token_keys_add(
	    &keys, TEXT("k1"), text_of(pairs->rsa.public_pem), true, error, sizeof(error)));
	assert_false(token_make(&keys.rows[0], &order, &token, error, sizeof(error)));
	assert_non_null(strstr(error, "a user is"));
	order.user = TEXT("ana");
	assert_false(token_make(&keys.rows[0], &order, &token, error, sizeof(error)));
	assert_non_null(strstr(error, "public key signs nothing"));
	token_keys_free(&keys);
	buffer_free(&token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weak_and_foreign_keys_are_refused),
		cmocka_unit_test(a_set_is_bounded_and_has_each_id_once),
		cmocka_unit_test(what_is_made_with_a_key_is_taken_by_it),
		cmocka_unit_test(a_public_key_is_no_secret),
		cmocka_unit_test(what_cannot_be_made_is_said),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
