/*
 * What presence may cost a room: so many bytes per second for everybody on this gateway together,
 * whatever is said. Who may dip how deep into what was saved is decided here; who is told what is
 * not. See docs/dialects/room.md.
 */
#ifndef HUBBUB_GATEWAY_PRESENCE_BUDGET_H
#define HUBBUB_GATEWAY_PRESENCE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/ratelimit.h"

struct config_limits;

/* One for all rooms. */
struct presence_rule {
	struct ratelimit_rule bytes; /* a second's worth is saved up */
	uint64_t interval_min_ms;
	uint64_t interval_max_ms;
};

/* Of one room; all zero is a full one. */
struct presence_budget {
	struct ratelimit bucket;
	uint64_t difference_cost; /* of the last one */
	bool started;
};

void presence_rule_init(struct presence_rule *rule, const struct config_limits *limits);

/*
 * How much is left behind: notices and the lists of newcomers leave half of what can be saved, for
 * summaries and differences; lists that can wait leave three quarters.
 */
uint64_t presence_half(const struct presence_rule *rule);
uint64_t presence_three_quarters(const struct presence_rule *rule);

/* Bytes saved up; 0 in debt. */
uint64_t presence_held(
    struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms);

/* Spends `cost` if that leaves `keep`. */
bool presence_take(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t cost, uint64_t keep);

/* In any case: into debt, which is paid before anything else is said. */
void presence_force(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t cost);

/* The same if `cost`, or half of all if it is dearer, is there. */
bool presence_take_due(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t cost);

/* Milliseconds until so much is there; until presence_take_due takes it. */
uint64_t presence_wait_ms(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t held);
uint64_t presence_wait_due_ms(struct presence_budget *budget, const struct presence_rule *rule,
    uint64_t now_ms, uint64_t cost);

/* What one newcomer's list may cost beyond its own entry. */
uint64_t presence_share(
    struct presence_budget *budget, const struct presence_rule *rule, uint64_t now_ms);

/* How long changes are gathered in a large room when telling them costs so much. */
uint64_t presence_interval_ms(const struct presence_rule *rule, uint64_t cost);

#endif
