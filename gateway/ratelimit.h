/*
 * Token buckets: so many tokens per period, at most a burst of them saved up. Time comes from the
 * caller. A bucket may go into debt when something has to happen all the same.
 */
#ifndef HUBBUB_GATEWAY_RATELIMIT_H
#define HUBBUB_GATEWAY_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Shared by all buckets of one kind. No tokens: no limit. */
struct ratelimit_rule {
	uint64_t tokens; /* that come in one period        */
	uint64_t period_ms;
	uint64_t burst; /* most tokens that are saved up  */
};

/* The level counts in tokens times period_ms, so that a millisecond brings whole units. */
struct ratelimit {
	uint64_t updated_ms;
	int64_t level;
};

/* A full bucket. */
void ratelimit_init(struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms);

/* Takes `cost` tokens if they are there. */
bool ratelimit_take(
    struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms, uint64_t cost);

/* Takes them in any case; what is missing must come in first before anything is there again. */
void ratelimit_force(
    struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms, uint64_t cost);

/* Whole tokens that are there; 0 in debt. */
uint64_t ratelimit_left(
    const struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms);

/* Milliseconds until ratelimit_take would succeed; UINT64_MAX if never (more than the burst). */
uint64_t ratelimit_wait_ms(const struct ratelimit *bucket, const struct ratelimit_rule *rule,
    uint64_t now_ms, uint64_t cost);

#endif
