/*
 * Decides who may come in. Owns the keys in force and who failed how often; must not know sockets
 * or files.
 */
#include "gateway/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/address.h"
#include "gateway/ratelimit.h"

/* Reasons beside those of a token itself. */
enum auth_reason {
	AUTH_NO_TOKEN = TOKEN_FAULTS,
	AUTH_OTHER_USER, /* not the one that the path names        */
	AUTH_TOO_MANY,   /* failures before: it was not looked at  */
	AUTH_REASONS,
};

/* Those of one network lately; another one that fails takes the place over. */
struct failures {
	uint64_t network;
	struct ratelimit bucket;
};

struct auth {
	struct token_keys keys;
	struct token_rules rules;
	char *audience; /* what rules borrow */
	char *issuer;
	char *cookie;
	bool close_at_expiry;
	struct token_claims claims; /* of the token judged last */
	unsigned refused;           /* why the last one was */
	struct ratelimit_rule rule;
	struct failures failures[AUTH_ADDRESSES];
	uint64_t seed; /* strangers cannot choose whom they are counted with */
	struct metric *reasons[AUTH_REASONS];
	struct metric *taken;
	struct log *log;
};

static const char *
reason_word(unsigned reason)
{
	static const char *const words[] = {
		[AUTH_NO_TOKEN - TOKEN_FAULTS] = "no_token",
		[AUTH_OTHER_USER - TOKEN_FAULTS] = "other_user",
		[AUTH_TOO_MANY - TOKEN_FAULTS] = "too_many",
	};

	return reason < TOKEN_FAULTS ? token_fault_word((enum token_fault)reason)
				     : words[reason - TOKEN_FAULTS];
}

static void
register_metrics(struct auth *auth, struct metrics *metrics)
{
	char labels[64];

	for (unsigned i = TOKEN_GOOD + 1; i < AUTH_REASONS; i++) {
		snprintf(labels, sizeof(labels), "reason=\"%s\"", reason_word(i));
		auth->reasons[i] = metrics_counter(metrics, "hubbub_gateway_auth_failures_total",
		    labels, "Clients that were not let in for want of a good token, by reason.");
	}
	auth->taken = metrics_counter(
	    metrics, "hubbub_gateway_auth_tokens_total", NULL, "Tokens that were found good.");
}

struct auth *
auth_create(const struct auth_setup *setup)
{
	struct auth *auth = calloc(1, sizeof(*auth));
	struct token_keys none = { .form = TOKEN_OWN };

	if (auth == NULL)
		return NULL;
	token_claims_init(&auth->claims);
	auth->seed = random_u64(setup->random);
	auth->log = setup->log;
	register_metrics(auth, setup->metrics);
	auth_set(auth, setup->config, &none);
	return auth;
}

void
auth_destroy(struct auth **auth)
{
	struct auth *doomed = *auth;

	if (doomed == NULL)
		return;
	*auth = NULL;
	token_keys_free(&doomed->keys);
	token_claims_free(&doomed->claims);
	free(doomed->audience);
	free(doomed->issuer);
	free(doomed->cookie);
	free(doomed);
}

/* Short memory at a reload leaves what there was. */
static void
replace(char **place, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return;
	free(*place);
	*place = copy;
}

void
auth_set(struct auth *auth, const struct config_auth *config, struct token_keys *keys)
{
	token_keys_free(&auth->keys);
	auth->keys = *keys;
	*keys = (struct token_keys){ .form = keys->form };
	replace(&auth->audience, config->audience);
	replace(&auth->issuer, config->issuer);
	replace(&auth->cookie, config->cookie);
	auth->rules = (struct token_rules){
		.audience = text_of(auth->audience),
		.issuer = text_of(auth->issuer),
		.leeway_seconds = config->leeway_seconds,
	};
	auth->close_at_expiry = config->close_at_expiry;
	auth->rule = (struct ratelimit_rule){ config->failures_per_minute, 60000,
		config->failures_per_minute };
	for (unsigned i = 0; i < AUTH_ADDRESSES; i++)
		ratelimit_init(
		    &auth->failures[i].bucket, &auth->rule, auth->failures[i].bucket.updated_ms);
}

bool
auth_closes_at_expiry(const struct auth *auth)
{
	return auth->close_at_expiry;
}

/* Whoever has one IPv6 address has its whole network of 64 bits. */
#define NETWORK_BYTES 8u

/* A digest of the network that an address is of. */
static uint64_t
network_of(const struct auth *auth, struct text text)
{
	struct address address = { .kind = ADDRESS_UNKNOWN };
	uint64_t hash = auth->seed;

	(void)address_parse(text, &address);
	for (unsigned i = 0; i < NETWORK_BYTES; i++) {
		hash ^= address.bytes[i];
		hash *= UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return hash ^ address.kind;
}

/* Nobody is held to what others did, however many these are. */
static bool
has_failed_too_often(const struct auth *auth, struct text address, struct now now)
{
	uint64_t network = network_of(auth, address);
	const struct failures *of = &auth->failures[network % AUTH_ADDRESSES];

	return of->network == network && ratelimit_left(&of->bucket, &auth->rule, now.mono_ms) == 0;
}

static void
count(struct auth *auth, unsigned reason, struct text address)
{
	auth->refused = reason;
	metric_increment(auth->reasons[reason]);
	log_info(auth->log, "a client is not let in", log_string("reason", reason_word(reason)),
	    log_text("address", address));
}

static void
count_failure(struct auth *auth, unsigned reason, struct text address, struct now now)
{
	uint64_t network = network_of(auth, address);
	struct failures *of = &auth->failures[network % AUTH_ADDRESSES];

	if (of->network != network) {
		of->network = network;
		ratelimit_init(&of->bucket, &auth->rule, now.mono_ms);
	}
	ratelimit_take(&of->bucket, &auth->rule, now.mono_ms, 1);
	count(auth, reason, address);
}

bool
auth_judge(struct auth *auth, struct text token, struct text address, struct now now,
    struct proof *proof_out)
{
	enum token_fault fault;

	if (has_failed_too_often(auth, address, now)) {
		count(auth, AUTH_TOO_MANY, address);
		return false;
	}
	fault = token_check(&auth->keys, &auth->rules, token, now.wall_ms / 1000, &auth->claims);
	if (fault != TOKEN_GOOD) {
		count_failure(auth, fault, address, now);
		return false;
	}
	metric_increment(auth->taken);
	*proof_out = (struct proof){
		.user = buffer_text(&auth->claims.user),
		.name = buffer_text(&auth->claims.name),
		.ends_s = auth->claims.ends_s,
	};
	return true;
}

void
auth_lacks_token(struct auth *auth, struct text address)
{
	count(auth, AUTH_NO_TOKEN, address);
}

/* Nobody was looked at where there was no token, or too many before it. */
struct auth_refusal
auth_last_refusal(const struct auth *auth)
{
	bool has_user = auth->refused != AUTH_NO_TOKEN && auth->refused != AUTH_TOO_MANY;

	return (struct auth_refusal){
		.reason = reason_word(auth->refused),
		.user = has_user ? buffer_text(&auth->claims.user) : TEXT(""),
	};
}

/* "Bearer TOKEN" (RFC 6750); empty for any other scheme. */
static struct text
bearer(struct text authorization)
{
	static const char scheme[] = "bearer ";
	size_t length = sizeof(scheme) - 1;

	authorization = text_trimmed(authorization);
	if (authorization.length <= length || strncasecmp(authorization.data, scheme, length) != 0)
		return TEXT("");
	authorization.data += length;
	authorization.length -= length;
	return text_trimmed(authorization);
}

/* The first place that has one counts. */
static struct text
token_of(const struct auth *auth, const struct client_request *request, bool cookies_count)
{
	struct text token = TEXT("");

	if (request_arg(request, "token", &token) && !text_is_empty(token))
		return token;
	token = bearer(request->authorization);
	if (!text_is_empty(token) || !cookies_count || auth->cookie[0] == '\0')
		return token;
	return request_cookie(request, auth->cookie, &token) ? token : TEXT("");
}

bool
auth_admit(struct auth *auth, struct client_request *request, bool cookies_count, struct now now)
{
	const struct dialect *dialect = request->dialect;
	struct text token = token_of(auth, request, cookies_count);
	bool proved = false;

	request->proof = (struct proof){ .ends_s = 0 };
	if (!text_is_empty(token))
		proved = auth_judge(auth, token, request->address, now, &request->proof);
	else if (!dialect->token_later)
		count(auth, AUTH_NO_TOKEN, request->address);
	if (proved && dialect->is_users != NULL && !dialect->is_users(request)) {
		count_failure(auth, AUTH_OTHER_USER, request->address, now);
		return false;
	}
	return proved || dialect->token_later;
}
