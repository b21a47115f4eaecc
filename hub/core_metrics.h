/*
 * What the core counts. Every place is NULL without a registry, which counting takes.
 */
#ifndef HUBBUB_HUB_CORE_METRICS_H
#define HUBBUB_HUB_CORE_METRICS_H

#include "common/link.h"
#include "common/metrics.h"
#include "common/outcomes.h"

struct core_metrics {
	struct metric *clients;
	struct metric *rooms;
	struct metric *gateways;
	struct metric *public_messages;
	struct metric *private_messages;
	struct metric *entered;
	struct metric *exited;
	struct metric *inbox_messages;
	struct metric *notices;
	struct metric *resumed;
	struct metric *not_resumed;
	struct metric *repeated;
	struct metric *refused[OUTCOME_CODES];
	struct metric *lost[LINK_LOSS_COUNT];
};

/* Registers all of them; `metrics` may be NULL. */
void core_metrics_init(struct core_metrics *own, struct metrics *metrics);

#endif
