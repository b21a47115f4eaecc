/*
 * Reads tokens and judges them: first that they are signed by the key that they name, with the
 * algorithm of that key, then what they say. Owns the rules; signatures are digest.c's and
 * jwt.c's.
 */
#include "common/token.h"

#include <string.h>

#include "common/base64url.h"
#include "common/digest.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/names.h"

#define PARTS_MAX 3u

static const char *const fault_words[] = {
	[TOKEN_GOOD] = "good",
	[TOKEN_MALFORMED] = "malformed",
	[TOKEN_UNKNOWN_KEY] = "unknown_key",
	[TOKEN_ALGORITHM] = "algorithm",
	[TOKEN_BAD_SIGNATURE] = "signature",
	[TOKEN_EXPIRED] = "expired",
	[TOKEN_NOT_YET] = "not_yet",
	[TOKEN_AUDIENCE] = "audience",
	[TOKEN_ISSUER] = "issuer",
	[TOKEN_SUBJECT] = "subject",
};

const char *
token_fault_word(enum token_fault fault)
{
	return fault_words[fault];
}

void
token_claims_init(struct token_claims *claims)
{
	buffer_init(&claims->user, 0);
	buffer_init(&claims->name, 0);
	claims->ends_s = 0;
}

void
token_claims_free(struct token_claims *claims)
{
	buffer_free(&claims->user);
	buffer_free(&claims->name);
}

/* A token taken apart; borrows from it. */
struct parts {
	struct text all[PARTS_MAX];
	unsigned count;
	struct text signed_text; /* all before the last point */
};

/* False unless it has just so many parts, none of them empty. */
static bool
split(struct text token, unsigned count, struct parts *parts_out)
{
	struct text rest = token;

	parts_out->count = 0;
	if (token.length == 0 || token.length > TOKEN_BYTES_MAX)
		return false;
	for (;;) {
		const char *point = rest.length > 0 ? memchr(rest.data, '.', rest.length) : NULL;
		size_t length = point == NULL ? rest.length : (size_t)(point - rest.data);

		if (length == 0 || parts_out->count == count)
			return false;
		parts_out->all[parts_out->count++] = (struct text){ rest.data, length };
		if (point == NULL)
			break;
		rest.data += length + 1;
		rest.length -= length + 1;
	}
	if (parts_out->count != count)
		return false;
	parts_out->signed_text =
	    (struct text){ token.data, token.length - parts_out->all[count - 1].length - 1 };
	return true;
}

/* The JSON object in a part; NULL if there is none. */
static struct json *
object_of(struct text part)
{
	struct json *json = NULL;
	enum json_fault fault;
	struct buffer bytes;

	buffer_init(&bytes, 0);
	if (base64url_decode(part, &bytes))
		json = json_parse_signed(buffer_text(&bytes), &fault);
	buffer_free(&bytes);
	return json;
}

/* A text that may be absent, which leaves it empty; false for another type. */
static bool
take_text(const struct json *json, const char *key, struct text *value_out)
{
	enum json_lookup found = json_get_string(json, key, value_out);

	if (found == JSON_ABSENT)
		*value_out = TEXT("");
	return found == JSON_FOUND || found == JSON_ABSENT;
}

static bool
is_mac(const struct token_key *key, struct text message, struct text encoded)
{
	unsigned char mac[DIGEST_SIZE];
	struct buffer given;
	bool equal;

	buffer_init(&given, 0);
	equal = base64url_decode(encoded, &given) && given.length == DIGEST_SIZE &&
		digest_hmac((struct text){ key->bytes, key->length }, message, mac) &&
		digest_equal(mac, (const unsigned char *)given.data);
	buffer_free(&given);
	return equal;
}

static enum jwt_algorithm
jwt_algorithm_of(enum token_algorithm algorithm)
{
	static const enum jwt_algorithm algorithms[] = {
		[TOKEN_HMAC] = JWT_HS256, /* never asked */
		[TOKEN_HS256] = JWT_HS256,
		[TOKEN_RS256] = JWT_RS256,
		[TOKEN_ES256] = JWT_ES256,
	};

	return algorithms[algorithm];
}

/*
 * Versions of libjwt before Debian's deb12u1 compare signatures of HS256 up to the first byte that
 * differs: only what has passed our own comparison is handed to it.
 */
static bool
is_signed(const struct token_key *key, struct text token, const struct parts *parts)
{
	struct text signature = parts->all[parts->count - 1];
	struct buffer bytes;
	bool good;

	if (key->is_private)
		return false;
	if (key->algorithm == TOKEN_HMAC || key->algorithm == TOKEN_HS256) {
		if (!is_mac(key, parts->signed_text, signature))
			return false;
		if (key->algorithm == TOKEN_HMAC)
			return true;
	}
	buffer_init(&bytes, 0);
	good = base64url_decode(signature, &bytes);
	buffer_free(&bytes);
	return good && jwt_is_signed(jwt_algorithm_of(key->algorithm),
			   (struct text){ key->bytes, key->length }, token);
}

/* Of a JWT's header. What has to be understood to check a token ("crit") is not understood here. */
static enum token_fault
judge_header(
    const struct json *header, const struct token_keys *keys, const struct token_key **key_out)
{
	struct text algorithm;
	struct text kid;

	if (json_get_string(header, "alg", &algorithm) != JSON_FOUND ||
	    !take_text(header, "kid", &kid) || json_member(header, "crit") != NULL)
		return TOKEN_MALFORMED;
	*key_out = token_keys_find(keys, kid);
	if (*key_out == NULL)
		return TOKEN_UNKNOWN_KEY;
	if (!text_equal(
		algorithm, text_of(jwt_algorithm_word(jwt_algorithm_of((*key_out)->algorithm)))))
		return TOKEN_ALGORITHM;
	return TOKEN_GOOD;
}

/*
 * RFC 7519, 2: seconds since the epoch, which may have a fraction. It is rounded so that
 * nobody has more time than was granted.
 */
static enum json_lookup
take_seconds(const struct json *json, const char *key, bool upwards, int64_t *seconds_out)
{
	double number;
	enum json_lookup found = json_node_number(json_member(json, key), &number);

	if (found != JSON_FOUND)
		return found;
	if (!(number >= 0 && number <= (double)JSON_INTEGER_MAX))
		return JSON_OUT_OF_RANGE;
	*seconds_out = (int64_t)number;
	if (upwards && (double)*seconds_out < number)
		++*seconds_out;
	return JSON_FOUND;
}

static enum token_fault
judge_times(const struct json *json, const struct token_rules *rules, int64_t now_s,
    struct token_claims *claims)
{
	enum json_lookup found;
	int64_t expires = 0;
	int64_t begins = 0;

	if (take_seconds(json, "exp", false, &expires) != JSON_FOUND)
		return TOKEN_MALFORMED;
	found = take_seconds(json, "nbf", true, &begins);
	if (found != JSON_FOUND && found != JSON_ABSENT)
		return TOKEN_MALFORMED;
	claims->ends_s = expires + rules->leeway_seconds;
	if (claims->ends_s <= now_s)
		return TOKEN_EXPIRED;
	return begins > now_s + rules->leeway_seconds ? TOKEN_NOT_YET : TOKEN_GOOD;
}

/* RFC 7519, 4.1.3: one text or several; who is not among them refuses the token. */
static bool
is_for(const struct json_node *audience, struct text us)
{
	struct text one;

	if (audience == NULL)
		return text_is_empty(us);
	if (text_is_empty(us))
		return false;
	if (json_node_string(audience, &one) == JSON_FOUND)
		return text_equal(one, us);
	for (size_t i = 0; i < json_node_length(audience); i++) {
		if (json_node_string(json_node_element(audience, i), &one) == JSON_FOUND &&
		    text_equal(one, us))
			return true;
	}
	return false;
}

static enum token_fault
judge_claims(const struct json *json, const struct token_rules *rules, int64_t now_s,
    struct token_claims *claims)
{
	enum token_fault fault = judge_times(json, rules, now_s, claims);
	struct text issuer;
	struct text subject;
	struct text name;
	bool has_user = json_get_string(json, "sub", &subject) == JSON_FOUND &&
			names_key(subject, TOKEN_CODE_POINTS_MAX, &claims->user);

	if (!has_user)
		buffer_clear(&claims->user);
	if (fault != TOKEN_GOOD)
		return fault;
	if (!take_text(json, "iss", &issuer) || !take_text(json, "name", &name))
		return TOKEN_MALFORMED;
	if (!is_for(json_member(json, "aud"), rules->audience))
		return TOKEN_AUDIENCE;
	if (!text_is_empty(rules->issuer) && !text_equal(issuer, rules->issuer))
		return TOKEN_ISSUER;
	if (!has_user)
		return TOKEN_SUBJECT;
	if (!names_clean(name, TOKEN_CODE_POINTS_MAX, &claims->name))
		return TOKEN_MALFORMED;
	if (claims->name.length == 0)
		buffer_append_text(&claims->name, buffer_text(&claims->user));
	return claims->name.failed ? TOKEN_MALFORMED : TOKEN_GOOD;
}

static enum token_fault
check_own(const struct token_keys *keys, const struct token_rules *rules, struct text token,
    int64_t now_s, struct token_claims *claims)
{
	enum token_fault fault = TOKEN_MALFORMED;
	const struct token_key *key;
	struct json *payload;
	struct parts parts;
	struct text kid;

	if (!split(token, 2, &parts))
		return TOKEN_MALFORMED;
	payload = object_of(parts.all[0]);
	if (payload == NULL)
		return TOKEN_MALFORMED;
	if (take_text(payload, "kid", &kid)) {
		key = token_keys_find(keys, kid);
		fault = key == NULL ? TOKEN_UNKNOWN_KEY : TOKEN_BAD_SIGNATURE;
		if (key != NULL && is_signed(key, token, &parts))
			fault = judge_claims(payload, rules, now_s, claims);
	}
	json_destroy(&payload);
	return fault;
}

static enum token_fault
check_jwt(const struct token_keys *keys, const struct token_rules *rules, struct text token,
    int64_t now_s, struct token_claims *claims)
{
	const struct token_key *key = NULL;
	enum token_fault fault;
	struct json *header;
	struct json *payload;
	struct parts parts;

	if (!split(token, 3, &parts))
		return TOKEN_MALFORMED;
	header = object_of(parts.all[0]);
	payload = object_of(parts.all[1]);
	fault =
	    header == NULL || payload == NULL ? TOKEN_MALFORMED : judge_header(header, keys, &key);
	if (fault == TOKEN_GOOD && !is_signed(key, token, &parts))
		fault = TOKEN_BAD_SIGNATURE;
	if (fault == TOKEN_GOOD)
		fault = judge_claims(payload, rules, now_s, claims);
	json_destroy(&header);
	json_destroy(&payload);
	return fault;
}

enum token_fault
token_check(const struct token_keys *keys, const struct token_rules *rules, struct text token,
    int64_t now_s, struct token_claims *claims)
{
	buffer_clear(&claims->user);
	buffer_clear(&claims->name);
	claims->ends_s = 0;
	if (keys->form == TOKEN_JWT)
		return check_jwt(keys, rules, token, now_s, claims);
	return check_own(keys, rules, token, now_s, claims);
}
