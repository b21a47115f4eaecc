/*
 * Who may come in: finds the token of a request, judges it, and bounds how often an address may be
 * wrong. What a good token is, is common/token's. Pure: keys and time come in, a decision goes
 * out.
 */
#ifndef HUBBUB_GATEWAY_AUTH_H
#define HUBBUB_GATEWAY_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/random.h"
#include "common/token.h"
#include "gateway/dialect.h"

/* Addresses are told apart by a digest of so many values. */
#define AUTH_ADDRESSES 1024u

struct auth;

struct auth_setup {
	const struct config_auth *config;
	struct random_source random;
	struct metrics *metrics; /* may be NULL */
	struct log *log;         /* may be NULL */
};

/* Has no keys yet, so it takes no token. NULL without memory. */
struct auth *auth_create(const struct auth_setup *setup);
void auth_destroy(struct auth **auth);

/* Goes on with these keys and rules, which are taken over; clients that are in stay. */
void auth_set(struct auth *auth, const struct config_auth *config, struct token_keys *keys);

/* Why somebody was not let in. */
struct auth_refusal {
	const char *reason; /* a word of hubbub_gateway_auth_failures_total */
	struct text user;   /* whom a token with a good signature named; else empty */
};

/*
 * Judges a token that came from an address. What is proved is valid until the next call. Why one is
 * refused is counted and logged, and told to no client.
 */
bool auth_judge(struct auth *auth, struct text token, struct text address, struct now now,
    struct proof *proof_out);

/*
 * For a request whose mount demands a token: true if it may be upgraded, and `request` has what its
 * token proves, if it has one. A client of a dialect that takes tokens later may come without.
 * Cookies are only looked at if the listener knows whose pages may connect.
 */
bool auth_admit(
    struct auth *auth, struct client_request *request, bool cookies_count, struct now now);

/* Somebody of that address had to have a token, and has none. */
void auth_lacks_token(struct auth *auth, struct text address);

/* Of the last one that was refused, until somebody else is judged. */
struct auth_refusal auth_last_refusal(const struct auth *auth);

/* Whether clients are closed when their token ends. */
bool auth_closes_at_expiry(const struct auth *auth);

#endif
