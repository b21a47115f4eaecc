/*
 * Signatures of JSON Web Tokens (RFC 7515) by algorithms that the caller names, never the token.
 * The only user of libjwt.
 */
#ifndef HUBBUB_COMMON_JWT_H
#define HUBBUB_COMMON_JWT_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"

enum jwt_algorithm { JWT_HS256, JWT_RS256, JWT_ES256 };

/* As in the header's "alg". */
const char *jwt_algorithm_word(enum jwt_algorithm algorithm);

/*
 * True if the whole token was signed with just this algorithm and key: a secret, or a public key in
 * PEM. The token's three parts must be known to be base64url: the library reads up to the first
 * other character.
 */
bool jwt_is_signed(enum jwt_algorithm algorithm, struct text key, struct text token);

/* Appends a token for claims, a JSON object, with a secret or a private key; false for failure. */
bool jwt_sign(enum jwt_algorithm algorithm, struct text key, struct text kid, const char *claims,
    struct buffer *out);

#endif
