/*
 * libjwt takes the algorithm from the token's own header: with a public key at hand a token that
 * was signed with it as a secret would pass. So the algorithm it used is held against the one that
 * the key is for. Decides nothing else: claims are token.c's.
 */
#include "common/jwt.h"

#include <jwt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	jwt_alg_t number;
} algorithms[] = {
	[JWT_HS256] = { "HS256", JWT_ALG_HS256 },
	[JWT_RS256] = { "RS256", JWT_ALG_RS256 },
	[JWT_ES256] = { "ES256", JWT_ALG_ES256 },
};

const char *
jwt_algorithm_word(enum jwt_algorithm algorithm)
{
	return algorithms[algorithm].word;
}

bool
jwt_is_signed(enum jwt_algorithm algorithm, struct text key, struct text token)
{
	char *copy;
	jwt_t *jwt = NULL;
	bool good;

	/* Without a key the library checks no signature at all. */
	if (key.length == 0 || key.length > INT_MAX)
		return false;
	copy = text_duplicate(token);
	good = copy != NULL &&
	       jwt_decode(&jwt, copy, (const unsigned char *)key.data, (int)key.length) == 0 &&
	       jwt_get_alg(jwt) == algorithms[algorithm].number;
	if (jwt != NULL)
		jwt_free(jwt);
	free(copy);
	return good;
}

static bool
fill(jwt_t *jwt, enum jwt_algorithm algorithm, struct text key, struct text kid, const char *claims)
{
	char *name = text_duplicate(kid);
	bool good = name != NULL && jwt_add_grants_json(jwt, claims) == 0 &&
		    (kid.length == 0 || jwt_add_header(jwt, "kid", name) == 0) &&
		    jwt_set_alg(jwt, algorithms[algorithm].number, (const unsigned char *)key.data,
			(int)key.length) == 0;

	free(name);
	return good;
}

bool
jwt_sign(enum jwt_algorithm algorithm, struct text key, struct text kid, const char *claims,
    struct buffer *out)
{
	char *token = NULL;
	jwt_t *jwt = NULL;

	if (key.length > 0 && key.length <= INT_MAX && jwt_new(&jwt) == 0 &&
	    fill(jwt, algorithm, key, kid, claims))
		token = jwt_encode_str(jwt);
	if (token != NULL)
		buffer_append_string(out, token);
	if (jwt != NULL)
		jwt_free(jwt);
	free(token);
	return token != NULL && !out->failed;
}
