/* Pairs that are taken or refused, and what TLS is spoken with one that was taken. */
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/tls.h"
#include "pair_rig.h"

#define FROM_S INT64_C(1700000000)
#define UNTIL_S INT64_C(1900000000)

/* A listener whose files these are; the strings belong to the test. */
struct pair_case {
	struct config_listener listener;
	char certificate[128];
	char key[128];
	char error[512];
};

static void
name_files(struct pair_case *one, struct pair_rig *rig, const char *certificate, const char *key)
{
	static char name[] = "chat", minimum[] = "1.2";

	snprintf(one->certificate, sizeof(one->certificate), "%s", pair_rig_path(rig, certificate));
	snprintf(one->key, sizeof(one->key), "%s", pair_rig_path(rig, key));
	one->listener = (struct config_listener){ .name = name,
		.tls_certificate = one->certificate,
		.tls_key = one->key,
		.tls_minimum = minimum };
	strcpy(one->error, "nothing");
}

static struct tls *
load(struct pair_case *one)
{
	struct config_mistakes mistakes = { .count = 0 };
	struct tls *tls = tls_load(&one->listener, &mistakes);

	assert_int_equal(tls == NULL, mistakes.count > 0);
	config_mistakes_first(&mistakes, one->error, sizeof(one->error));
	return tls;
}

static void
a_good_pair_is_taken(void **state)
{
	struct pair_rig *rig = *state;
	struct pair_case one;
	struct tls *tls;

	pair_rig_certificate(rig, "chain.pem", rig->key, FROM_S, UNTIL_S);
	pair_rig_certificate(rig, "chain.pem", rig->other, FROM_S, UNTIL_S + 1);
	pair_rig_key(rig, "good.key", rig->key, NULL, 0640);
	name_files(&one, rig, "chain.pem", "good.key");
	tls = load(&one);
	assert_non_null(tls);
	assert_string_equal(one.error, "nothing");
	assert_int_equal(tls_valid_from_s(tls), FROM_S);
	assert_int_equal(tls_expires_s(tls), UNTIL_S);
	assert_true(tls_equal(tls, tls));
	tls_destroy(&tls);
	assert_null(tls);
	tls_destroy(&tls);
}

struct refusal_case {
	const char *certificate, *key, *sentence;
};

static void
make_bad_pairs(struct pair_rig *rig)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);

	pair_rig_certificate(rig, "good.pem", rig->key, FROM_S, UNTIL_S);
	pair_rig_certificate(rig, "torn.pem", rig->key, FROM_S, UNTIL_S);
	pair_rig_text(rig, "torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
	pair_rig_text(rig, "empty.pem", "");
	pair_rig_text(rig, "long.pem", "");
	assert_int_equal(truncate(pair_rig_path(rig, "long.pem"), INT64_C(10737418240)), 0);
	assert_int_equal(mkfifo(pair_rig_path(rig, "pipe.pem"), 0600), 0);
	pair_rig_certificate(rig, "weak.pem", weak, FROM_S, UNTIL_S);
	pair_rig_key(rig, "good.key", rig->key, NULL, 0600);
	pair_rig_key(rig, "open.key", rig->key, NULL, 0604);
	pair_rig_key(rig, "other.key", rig->other, NULL, 0600);
	pair_rig_key(rig, "locked.key", rig->key, "please", 0600);
	pair_rig_key(rig, "weak.key", weak, NULL, 0600);
	EVP_PKEY_free(weak);
}

static void
every_fault_of_a_pair_has_its_sentence(void **state)
{
	static const struct refusal_case cases[] = {
		{ "none.pem", "good.key", "tls_certificate: * cannot be read: No such file" },
		{ "empty.pem", "good.key", "tls_certificate: * has no certificate in it" },
		{ "good.key", "good.key", "tls_certificate: * has no certificate in it" },
		{ "torn.pem", "good.key", "tls_certificate: * behind certificate 1 that is none" },
		{ ".", "good.key", "tls_certificate: * is not a regular file" },
		{ "pipe.pem", "good.key", "tls_certificate: * is not a regular file" },
		{ "long.pem", "good.key",
		    "tls_certificate: * has 10737418240 bytes, more than the" },
		{ "good.pem", "none.key", "tls_key: * cannot be read: No such file" },
		{ "good.pem", "open.key", "tls_key: * is open to everybody (mode 0604)" },
		{ "good.pem", "good.pem", "tls_key: * is open to everybody" },
		{ "good.pem", "locked.key", "tls_key: * is locked by a passphrase" },
		{ "good.pem", "other.key", "tls_key: * is not the key of the certificate in " },
		{ "weak.pem", "weak.key",
		    "tls_certificate: * is not taken by OpenSSL: ee key too" },
	};
	struct pair_rig *rig = *state;

	make_bad_pairs(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *star = strchr(cases[i].sentence, '*');
		char begin[128];
		struct pair_case one;

		name_files(&one, rig, cases[i].certificate, cases[i].key);
		assert_null(load(&one));
		snprintf(begin, sizeof(begin), "listener.chat.%.*s%s",
		    (int)(star - cases[i].sentence), cases[i].sentence, rig->folder);
		if (strncmp(one.error, begin, strlen(begin)) != 0 ||
		    strstr(one.error, star + 1) == NULL)
			fail_msg("case %zu says: %s", i, one.error);
	}
}

/* What a client may speak. */
struct client_case {
	int minimum, maximum;
	const char *ciphers; /* of 1.2 */
};

/* Both sides of a connection in memory. */
struct wire {
	SSL_CTX *server_ctx, *client_ctx;
	SSL *server, *client;
};

static void
open_wire(struct wire *wire, const struct tls *tls, const struct client_case *how)
{
	BIO *near, *far;

	wire->server_ctx = SSL_CTX_new(TLS_server_method());
	wire->client_ctx = SSL_CTX_new(TLS_client_method());
	assert_true(tls_settle(wire->server_ctx));
	/* Security levels are the client's own here: what is refused is refused by the server. */
	SSL_CTX_set_security_level(wire->client_ctx, 0);
	assert_true(SSL_CTX_set_min_proto_version(wire->client_ctx, how->minimum));
	assert_true(SSL_CTX_set_max_proto_version(wire->client_ctx, how->maximum));
	assert_true(SSL_CTX_set_cipher_list(wire->client_ctx, how->ciphers));
	wire->server = SSL_new(wire->server_ctx);
	wire->client = SSL_new(wire->client_ctx);
	assert_true(BIO_new_bio_pair(&near, 0, &far, 0));
	SSL_set_bio(wire->server, near, near);
	SSL_set_bio(wire->client, far, far);
	assert_true(tls_begin(tls, wire->server));
}

static void
close_wire(struct wire *wire)
{
	SSL_free(wire->server);
	SSL_free(wire->client);
	SSL_CTX_free(wire->server_ctx);
	SSL_CTX_free(wire->client_ctx);
}

static bool
shakes_hands(struct wire *wire)
{
	for (int i = 0; i < 8; i++) {
		(void)SSL_connect(wire->client);
		(void)SSL_accept(wire->server);
	}
	return SSL_is_init_finished(wire->client) && SSL_is_init_finished(wire->server);
}

static bool
agrees(const struct tls *tls, const struct client_case *how)
{
	struct wire wire;
	bool good;

	open_wire(&wire, tls, how);
	good = shakes_hands(&wire);
	if (good) {
		char byte = 0;

		/* What follows the handshake, tickets above all, would come before this. */
		assert_int_equal(SSL_write(wire.server, "x", 1), 1);
		assert_int_equal(SSL_read(wire.client, &byte, 1), 1);
		assert_false(SSL_SESSION_has_ticket(SSL_get0_session(wire.client)));
		assert_false(SSL_SESSION_is_resumable(SSL_get0_session(wire.client)) &&
			     SSL_version(wire.client) == TLS1_3_VERSION);
	}
	close_wire(&wire);
	return good;
}

static void
only_modern_tls_is_spoken(void **state)
{
	static const struct client_case in_both[] = {
		{ TLS1_2_VERSION, TLS1_3_VERSION, "DEFAULT" },
		{ TLS1_3_VERSION, TLS1_3_VERSION, "DEFAULT" },
	};
	static const struct client_case in_1_2[] = {
		{ TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256" },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305" },
	};
	static const struct client_case in_none[] = {
		{ TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0" },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256" },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "AES128-GCM-SHA256" },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256" },
	};
	static char of_1_3[] = "1.3";
	struct pair_rig *rig = *state;
	struct pair_case one;
	struct tls *from_1_2, *from_1_3;

	pair_rig_certificate(rig, "good.pem", rig->key, FROM_S, UNTIL_S);
	pair_rig_key(rig, "good.key", rig->key, NULL, 0600);
	name_files(&one, rig, "good.pem", "good.key");
	from_1_2 = load(&one);
	one.listener.tls_minimum = of_1_3;
	from_1_3 = load(&one);
	assert_non_null(from_1_2);
	assert_non_null(from_1_3);
	for (size_t i = 0; i < sizeof(in_both) / sizeof(in_both[0]); i++) {
		assert_true(agrees(from_1_2, &in_both[i]));
		assert_true(agrees(from_1_3, &in_both[i]));
	}
	for (size_t i = 0; i < sizeof(in_1_2) / sizeof(in_1_2[0]); i++) {
		assert_true(agrees(from_1_2, &in_1_2[i]));
		assert_false(agrees(from_1_3, &in_1_2[i]));
	}
	for (size_t i = 0; i < sizeof(in_none) / sizeof(in_none[0]); i++)
		assert_false(agrees(from_1_2, &in_none[i]));
	tls_destroy(&from_1_2);
	tls_destroy(&from_1_3);
}

static void
the_chain_is_shown_and_nothing_renegotiated(void **state)
{
	static const struct client_case how = { TLS1_2_VERSION, TLS1_2_VERSION, "DEFAULT" };
	struct pair_rig *rig = *state;
	struct pair_case one;
	struct tls *tls;
	struct wire wire;

	pair_rig_certificate(rig, "chain.pem", rig->key, FROM_S, UNTIL_S);
	pair_rig_certificate(rig, "chain.pem", rig->other, FROM_S, UNTIL_S + 1);
	pair_rig_key(rig, "good.key", rig->key, NULL, 0600);
	name_files(&one, rig, "chain.pem", "good.key");
	tls = load(&one);
	open_wire(&wire, tls, &how);
	/* Who is connected needs it no more. */
	tls_destroy(&tls);
	assert_true(shakes_hands(&wire));
	assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(wire.client)), 2);
	assert_ptr_equal(SSL_get_current_compression(wire.server), NULL);
	if (SSL_renegotiate(wire.client) == 1)
		(void)SSL_do_handshake(wire.client);
	for (int i = 0; i < 8; i++) {
		char byte;

		(void)SSL_read(wire.server, &byte, 1);
		(void)SSL_read(wire.client, &byte, 1);
	}
	assert_false(SSL_is_init_finished(wire.client));
	close_wire(&wire);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_good_pair_is_taken, pair_rig_set_up, pair_rig_tear_down),
		cmocka_unit_test_setup_teardown(
		    every_fault_of_a_pair_has_its_sentence, pair_rig_set_up, pair_rig_tear_down),
		cmocka_unit_test_setup_teardown(
		    only_modern_tls_is_spoken, pair_rig_set_up, pair_rig_tear_down),
		cmocka_unit_test_setup_teardown(the_chain_is_shown_and_nothing_renegotiated,
		    pair_rig_set_up, pair_rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
