/*
 * Tokens. The first byte of an input says what the rest is: a token of our own form ('o') or a JWT
 * ('j'), or what is then signed by a key that is known: the payload of our own form ('p'), or a
 * JWT's header, a line end and payload ('h').
 */
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/digest.h"
#include "common/names.h"
#include "common/token.h"
#include "tests/fuzz/fuzz.h"

#define NOW_S 1700000000
#define SECRET "0123456789abcdef0123456789abcdef"

static const char rsa_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyWizs+Tgz3uSe1GtUQKW\n"
    "n6S4xxGnUIspjWSQwFqUbE4+8G4uR51+rhmmntjuxM5W0+hEZ4hJ09ukDiCKACVj\n"
    "SEVaxN+tExiygEKLvWBVXH8K+xZnfKjScWVcuWHgPlMoyk+E2vIVxYaTaNG2UV+8\n"
    "CK1Y75KGf0CAhnlH5/Yf77PI3A7ulG3FY64/7Ix2NIxmulHRU/Cnd+s5TmRBTd0C\n"
    "evySB9FN3At10WZbar+NNnlgXIZi43NKtHBD3bPtkO4zmYhJj0mLJhjWltE92ipM\n"
    "VF+pmjNsxNhONdqnt9+tnO8DoFDlFOg77Vv3Yj4qSJRe6txCMlYNO5I9iNHa5iXm\n"
    "OwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char ec_public[] = "-----BEGIN PUBLIC KEY-----\n"
				"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzsRGtlXYdGjbKaXGrZI2GuceLf6L\n"
				"OYjch2upeH4E8oib8QKJvZDo8QDqYMG9oUuh2iqvWAxbTI0uuRvF9sT6ig==\n"
				"-----END PUBLIC KEY-----\n";

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static void
sign(struct buffer *token)
{
	unsigned char mac[DIGEST_SIZE];

	demand(digest_hmac(TEXT(SECRET), buffer_text(token), mac));
	buffer_append_byte(token, '.');
	base64url_append(token, (struct text){ (const char *)mac, sizeof(mac) });
}

static void
make_token(char kind, struct text input, struct buffer *token)
{
	const char *end = input.length > 0 ? memchr(input.data, '\n', input.length) : NULL;
	struct text header = { input.data, end == NULL ? 0 : (size_t)(end - input.data) };

	if (kind == 'h') {
		base64url_append(token, header);
		buffer_append_byte(token, '.');
		input.data += header.length + (end != NULL);
		input.length -= header.length + (end != NULL);
	}
	if (kind == 'p' || kind == 'h') {
		base64url_append(token, input);
		sign(token);
	} else {
		buffer_append_text(token, input);
	}
}

static void
add_key(struct token_keys *keys, const char *kid, const char *file)
{
	char error[256];

	demand(token_keys_add(keys, text_of(kid), text_of(file), false, error, sizeof(error)));
}

/* Whoever is let in has an id that is fit to be one, for a time that is not over. */
static void
check_claims(const struct token_claims *claims)
{
	struct text user = buffer_text(&claims->user);
	struct buffer again;

	buffer_init(&again, 0);
	demand(claims->ends_s > NOW_S && claims->name.length > 0);
	demand(names_key(user, TOKEN_CODE_POINTS_MAX, &again));
	demand(text_equal(user, buffer_text(&again)));
	demand(text_is_utf8(buffer_text(&claims->name)));
	buffer_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct text input = { (const char *)bytes + 1, length - 1 };
	const struct token_rules rules = { TEXT(""), TEXT(""), 10 };
	struct token_keys keys = { .form = TOKEN_OWN };
	struct token_claims claims;
	struct buffer token;

	if (length == 0)
		return 0;
	add_key(&keys, "k1", SECRET);
	if (bytes[0] == 'j' || bytes[0] == 'h') {
		token_keys_free(&keys);
		keys.form = TOKEN_JWT;
		add_key(&keys, "k1", SECRET);
		add_key(&keys, "rsa", rsa_public);
		add_key(&keys, "ec", ec_public);
	}
	buffer_init(&token, 0);
	token_claims_init(&claims);
	make_token((char)bytes[0], input, &token);
	if (token_check(&keys, &rules, buffer_text(&token), NOW_S, &claims) == TOKEN_GOOD)
		check_claims(&claims);
	token_claims_free(&claims);
	buffer_free(&token);
	token_keys_free(&keys);
	return 0;
}
