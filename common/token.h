/*
 * Access tokens: who somebody is, until when, signed by a key that both sides know. Two forms: our
 * own (HMAC-SHA-256) and JSON Web Tokens; docs/auth.md has both. Pure: no file, no clock.
 */
#ifndef HUBBUB_COMMON_TOKEN_H
#define HUBBUB_COMMON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"

#define TOKEN_BYTES_MAX 4096u
#define TOKEN_KEYS_MAX 16u
#define TOKEN_KID_MAX 64u
#define TOKEN_SECRET_MIN 32u /* bytes, of HMAC and HS256 */
#define TOKEN_RSA_BITS_MIN 2048u

/* Of a subject or name: an id is a key, so it is bounded whatever the limits on names are. */
#define TOKEN_CODE_POINTS_MAX 64u

/* Why a token is not taken. Clients are told none of these. */
enum token_fault {
	TOKEN_GOOD,
	TOKEN_MALFORMED,     /* no token, or one with members of the wrong type */
	TOKEN_UNKNOWN_KEY,   /* its key id is none of ours                      */
	TOKEN_ALGORITHM,     /* not the one that the key is for                 */
	TOKEN_BAD_SIGNATURE, /* made with another key, or changed               */
	TOKEN_EXPIRED,
	TOKEN_NOT_YET,
	TOKEN_AUDIENCE, /* for others, or for somebody when we have no name      */
	TOKEN_ISSUER,
	TOKEN_SUBJECT, /* missing, too long, or not fit to be an id              */
	TOKEN_FAULTS,  /* one past the last                                      */
};

/* For metrics and operators. */
const char *token_fault_word(enum token_fault fault);

enum token_form { TOKEN_OWN, TOKEN_JWT };

/* How a key signs. It follows from the key alone. */
enum token_algorithm { TOKEN_HMAC, TOKEN_HS256, TOKEN_RS256, TOKEN_ES256 };

struct token_key {
	char kid[TOKEN_KID_MAX + 1];
	enum token_algorithm algorithm;
	bool is_private; /* of a pair: it signs, and nothing can be checked with it */
	char *bytes;     /* a secret, or PEM; wiped when freed */
	size_t length;
};

/* All zero is an empty set, of our own form. */
struct token_keys {
	enum token_form form;
	struct token_key rows[TOKEN_KEYS_MAX];
	unsigned count;
};

/*
 * Adds a key as a file has it: a secret (a line end behind it is not part of it), or one in PEM.
 * False with a sentence that says what is wrong with it and nothing of what is in it. A private key
 * is only taken if it is to sign.
 */
bool token_keys_add(struct token_keys *keys, struct text kid, struct text file, bool to_sign,
    char *error, size_t error_size);

/* Wipes and empties it. */
void token_keys_free(struct token_keys *keys);

/* NULL if there is none; an empty kid is that of the only key. */
const struct token_key *token_keys_find(const struct token_keys *keys, struct text kid);

/* What is asked of a token beside its signature. */
struct token_rules {
	struct text audience; /* empty: it must name none */
	struct text issuer;   /* empty: any               */
	unsigned leeway_seconds;
};

/* What a token says. */
struct token_claims {
	/*
	 * NFC, 1 to TOKEN_CODE_POINTS_MAX code points. Also of a token that is not good, if its
	 * signature is: that names nobody whom its issuer did not mean. Else empty.
	 */
	struct buffer user;
	struct buffer name; /* fit to be shown; the user's id if the token has none  */
	int64_t ends_s;     /* wall clock: no longer good from then on, leeway added */
};

void token_claims_init(struct token_claims *claims);
void token_claims_free(struct token_claims *claims);

/* Judges; *claims is filled anew, and but for the user only worth something if it is TOKEN_GOOD. */
enum token_fault token_check(const struct token_keys *keys, const struct token_rules *rules,
    struct text token, int64_t now_s, struct token_claims *claims);

/* What is to be signed; empty texts are left out. */
struct token_order {
	struct text user;
	struct text name;
	struct text audience;
	struct text issuer;
	int64_t expires_s;
};

/* Appends a token. False with a sentence. */
bool token_make(const struct token_key *key, const struct token_order *order, struct buffer *out,
    char *error, size_t error_size);

#endif
