/*
 * The arithmetic of a room's presence budget: one bucket, and how far each kind of word may empty
 * it. Knows neither rooms nor words.
 */
#include "gateway/presence_budget.h"

#include "common/config.h"

/*
 * Each newcomer takes at most so small a part of what is left for newcomers: the sooner they come
 * the less each gets, and in the long run just its share of the bytes per second.
 */
#define NEWCOMER_PART 32u

/* Summaries take at most this part of the bytes per second until intervals are at their longest. */
#define SUMMARY_PART 4u

void
presence_rule_init(struct presence_rule *rule, const struct config_limits *limits)
{
	uint64_t bytes = limits->presence_bytes_per_second;
	uint64_t least = limits->presence_ms;
	uint64_t most = limits->presence_max_ms;

	*rule = (struct presence_rule){
		.bytes = { bytes, 1000, bytes },
		.interval_min_ms = least,
		.interval_max_ms = most > least ? most : least,
	};
}

uint64_t
presence_half(const struct presence_rule *rule)
{
	return rule->bytes.burst / 2;
}

uint64_t
presence_three_quarters(const struct presence_rule *rule)
{
	return rule->bytes.burst / 4 * 3;
}

static struct ratelimit *
bucket_of(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms)
{
	if (!budget->started) {
		budget->started = true;
		ratelimit_init(&budget->bucket, &rule->bytes, now_ms);
	}
	return &budget->bucket;
}

uint64_t
presence_held(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms)
{
	return ratelimit_left(bucket_of(budget, rule, now_ms), &rule->bytes, now_ms);
}

bool
presence_take(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms,
    uint64_t cost, uint64_t keep)
{
	if (keep > 0 && presence_held(budget, rule, now_ms) < keep)
		return false;
	if (keep > 0 && presence_held(budget, rule, now_ms) - keep < cost)
		return false;
	return ratelimit_take(bucket_of(budget, rule, now_ms), &rule->bytes, now_ms, cost);
}

void
presence_force(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms,
    uint64_t cost)
{
	ratelimit_force(bucket_of(budget, rule, now_ms), &rule->bytes, now_ms, cost);
}

static uint64_t
due_part(const struct presence_rule *rule, uint64_t cost)
{
	return cost < presence_half(rule) ? cost : presence_half(rule);
}

bool
presence_take_due(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms,
    uint64_t cost)
{
	if (presence_held(budget, rule, now_ms) < due_part(rule, cost))
		return false;
	presence_force(budget, rule, now_ms, cost);
	return true;
}

uint64_t
presence_wait_ms(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms,
    uint64_t held)
{
	return ratelimit_wait_ms(bucket_of(budget, rule, now_ms), &rule->bytes, now_ms, held);
}

uint64_t
presence_wait_due_ms(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t cost)
{
	return presence_wait_ms(budget, rule, now_ms, due_part(rule, cost));
}

uint64_t
presence_share(struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms)
{
	uint64_t held = presence_held(budget, rule, now_ms);

	return held > presence_half(rule) ? (held - presence_half(rule)) / NEWCOMER_PART : 0;
}

uint64_t
presence_interval_ms(const struct presence_rule *rule, uint64_t cost)
{
	/* What is dearer than all of it takes longer than any interval. */
	uint64_t bytes = cost < rule->bytes.burst ? cost : rule->bytes.burst;
	uint64_t ms = bytes * SUMMARY_PART * rule->bytes.period_ms / rule->bytes.tokens;

	if (ms < rule->interval_min_ms)
		return rule->interval_min_ms;
	if (ms > rule->interval_max_ms)
		return rule->interval_max_ms;
	return ms;
}
