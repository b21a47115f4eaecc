/*
 * Makes tokens, for operators' tools and tests. Knows no file and no clock.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base64url.h"
#include "common/digest.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/names.h"
#include "common/token.h"

static void
append_claim(struct buffer *out, const char *key, struct text value)
{
	if (text_is_empty(value))
		return;
	buffer_append_string(out, key);
	json_append_utf8(out, value);
}

/* The claims; our own form has the key's id among them, a JWT in its header. */
static void
append_claims(struct buffer *out, const struct token_key *key, const struct token_order *order)
{
	buffer_append_string(out, "{\"sub\":");
	json_append_utf8(out, order->user);
	if (key->algorithm == TOKEN_HMAC)
		append_claim(out, ",\"kid\":", text_of(key->kid));
	append_claim(out, ",\"name\":", order->name);
	append_claim(out, ",\"aud\":", order->audience);
	append_claim(out, ",\"iss\":", order->issuer);
	buffer_printf(out, ",\"exp\":%" PRId64 "}", order->expires_s);
}

static bool
make_own(const struct token_key *key, struct text claims, struct buffer *out)
{
	unsigned char mac[DIGEST_SIZE];
	size_t start = out->length;
	struct text made;

	base64url_append(out, claims);
	made = buffer_text(out);
	made.data += start;
	made.length -= start;
	if (out->failed || !digest_hmac((struct text){ key->bytes, key->length }, made, mac))
		return false;
	buffer_append_byte(out, '.');
	base64url_append(out, (struct text){ (const char *)mac, sizeof(mac) });
	return !out->failed;
}

static bool
make(const struct token_key *key, struct buffer *claims, struct buffer *out)
{
	static const enum jwt_algorithm algorithms[] = {
		[TOKEN_HS256] = JWT_HS256,
		[TOKEN_RS256] = JWT_RS256,
		[TOKEN_ES256] = JWT_ES256,
	};
	struct text text = buffer_text(claims);

	if (key->algorithm == TOKEN_HMAC)
		return !claims->failed && make_own(key, text, out);
	buffer_append_byte(claims, 0);
	return !claims->failed &&
	       jwt_sign(algorithms[key->algorithm], (struct text){ key->bytes, key->length },
		   text_of(key->kid), claims->data, out);
}

bool
token_make(const struct token_key *key, const struct token_order *order, struct buffer *out,
    char *error, size_t error_size)
{
	size_t start = out->length;
	struct buffer claims;
	struct buffer user;
	bool good;

	buffer_init(&user, 0);
	good = names_key(order->user, TOKEN_CODE_POINTS_MAX, &user);
	buffer_free(&user);
	if (!good) {
		snprintf(error, error_size,
		    "a user is 1 to %u characters that are seen, without blanks at the ends",
		    TOKEN_CODE_POINTS_MAX);
		return false;
	}
	buffer_init(&claims, 0);
	append_claims(&claims, key, order);
	good = make(key, &claims, out) && out->length - start <= TOKEN_BYTES_MAX;
	buffer_free(&claims);
	if (!good)
		snprintf(error, error_size,
		    key->algorithm != TOKEN_HMAC && key->algorithm != TOKEN_HS256 &&
			    !key->is_private
			? "a public key signs nothing: the private one is needed"
			: "the token cannot be made: it would be too long, or there is no memory");
	return good;
}
