/*
 * Keys and tokens for tests: keys are made anew by libcrypto, tokens may be wrong in any way.
 */
#ifndef HUBBUB_TESTS_TOKEN_RIG_H
#define HUBBUB_TESTS_TOKEN_RIG_H

#include "common/token.h"

#define RIG_NOW 1700000000
#define RIG_SECRET "0123456789abcdef0123456789abcdef"
#define RIG_OTHER_SECRET "fedcba9876543210fedcba9876543210"

struct token_pair {
	char *private_pem;
	char *public_pem;
};

struct token_pair token_pair_rsa(unsigned bits);
struct token_pair token_pair_ec(const char *curve);
void token_pair_free(struct token_pair *pair);

/* A set with one secret called "k1". */
void token_rig_keys(struct token_keys *keys, enum token_form form);

/* Appends "base64url(header).base64url(payload).mac", or without a header in our own form. */
void token_rig_hmac(
    struct buffer *out, const char *header, const char *payload, struct text secret);

#endif
