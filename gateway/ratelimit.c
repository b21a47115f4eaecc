/*
 * The arithmetic of token buckets, in integers and without overflow for any rule and any time.
 * Knows nothing of what is limited.
 */
#include "gateway/ratelimit.h"

/* Far above any real rule, far below what an int64 holds. */
#define LEVEL_MAX (INT64_MAX / 4)

static int64_t
units(uint64_t tokens, uint64_t period_ms)
{
	uint64_t product;

	if (__builtin_mul_overflow(tokens, period_ms, &product) || product > (uint64_t)LEVEL_MAX)
		return LEVEL_MAX;
	return (int64_t)product;
}

static int64_t
level_at(const struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms)
{
	int64_t full = units(rule->burst, rule->period_ms);
	int64_t gained;

	if (now_ms <= bucket->updated_ms)
		return bucket->level;
	gained = units(rule->tokens, now_ms - bucket->updated_ms);
	return bucket->level > full - gained ? full : bucket->level + gained;
}

static void
refill(struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms)
{
	bucket->level = level_at(bucket, rule, now_ms);
	if (now_ms > bucket->updated_ms)
		bucket->updated_ms = now_ms;
}

void
ratelimit_init(struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms)
{
	bucket->updated_ms = now_ms;
	bucket->level = units(rule->burst, rule->period_ms);
}

bool
ratelimit_take(
    struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms, uint64_t cost)
{
	int64_t price = units(cost, rule->period_ms);

	if (rule->tokens == 0)
		return true;
	refill(bucket, rule, now_ms);
	if (bucket->level < price)
		return false;
	bucket->level -= price;
	return true;
}

void
ratelimit_force(
    struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms, uint64_t cost)
{
	int64_t price = units(cost, rule->period_ms);

	if (rule->tokens == 0)
		return;
	refill(bucket, rule, now_ms);
	bucket->level = bucket->level < price - LEVEL_MAX ? -LEVEL_MAX : bucket->level - price;
}

uint64_t
ratelimit_left(const struct ratelimit *bucket, const struct ratelimit_rule *rule, uint64_t now_ms)
{
	int64_t level = level_at(bucket, rule, now_ms);

	return level <= 0 || rule->period_ms == 0 ? 0 : (uint64_t)level / rule->period_ms;
}

uint64_t
ratelimit_wait_ms(const struct ratelimit *bucket, const struct ratelimit_rule *rule,
    uint64_t now_ms, uint64_t cost)
{
	int64_t missing;

	if (rule->tokens == 0)
		return 0;
	missing = units(cost, rule->period_ms) - level_at(bucket, rule, now_ms);
	if (missing <= 0)
		return 0;
	if (cost > rule->burst)
		return UINT64_MAX;
	return ((uint64_t)missing - 1) / rule->tokens + 1;
}
