/*
 * What a gateway's core counts. Every place is NULL without a registry, which counting takes.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_METRICS_H
#define HUBBUB_GATEWAY_GATEWAY_METRICS_H

#include "common/link.h"
#include "common/metrics.h"
#include "common/outcomes.h"
#include "gateway/dialect.h"

/* Dialects beyond this many are not counted one by one. */
#define METRICS_DIALECTS_MAX 16
#define METRICS_OUTCOMES OUTCOME_CODES

/* How connections end: by the client itself, or by us with a close code. */
enum close_metric {
	CLOSE_METRIC_CLIENT,
	CLOSE_METRIC_DROP,
	CLOSE_METRIC_NORMAL,
	CLOSE_METRIC_PROTOCOL,
	CLOSE_METRIC_UNSUPPORTED,
	CLOSE_METRIC_POLICY,
	CLOSE_METRIC_INTERNAL,
	CLOSE_METRIC_RESTART,
	CLOSE_METRIC_TRY_LATER,
	CLOSE_METRIC_OTHER,
	CLOSE_METRIC_COUNT,
};

/* What is said of who is there. */
enum presence_metric {
	PRESENCE_LIST,          /* to members that had one before */
	PRESENCE_NEWCOMER_LIST, /* to one that just came          */
	PRESENCE_NOTICE,
	PRESENCE_SUMMARY,
	PRESENCE_DIFFERENCE,
	PRESENCE_SNAPSHOT,
	PRESENCE_METRIC_COUNT,
};

/* What is handed to clients as a message. */
enum delivery_metric {
	DELIVERY_PUBLIC,
	DELIVERY_PRIVATE,
	DELIVERY_NOTICE, /* of who comes and goes, or of an operator */
	DELIVERY_METRIC_COUNT,
};

/* What clients ask the hub to do. */
enum command_metric { COMMAND_PUBLIC, COMMAND_PRIVATE, COMMAND_READ, COMMAND_METRIC_COUNT };

/* Of one dialect. */
struct dialect_metrics {
	struct metric *clients;
	struct metric *messages_in;
	struct metric *commands[COMMAND_METRIC_COUNT];
	struct metric *deliveries[DELIVERY_METRIC_COUNT];
};

struct gateway_metrics {
	struct metrics *registry;                                  /* borrowed; may be NULL */
	struct dialect_metrics dialects[METRICS_DIALECTS_MAX + 1]; /* the last: any other */
	struct metric *fanout_clients;
	struct metric *hub_round_trip;
	struct metric *frames;
	struct metric *closes[CLOSE_METRIC_COUNT];
	struct metric *slow_readers;
	struct metric *stray_pongs;
	struct metric *queue_bytes;
	struct metric *pinned_bytes;
	struct metric *hub_link_up;
	struct metric *hub_link_lost[LINK_LOSS_COUNT];
	struct metric *refused[METRICS_OUTCOMES];
	struct metric *refused_other;
	struct metric *presence_bytes[PRESENCE_METRIC_COUNT];
	struct metric *notices_summarised;
	struct metric *lists_deferred;
	struct metric *lists_shortened;
	struct metric *fetches;
	struct metric *receipts;
	struct metric *resumes;
	struct metric *commands_held;
	struct metric *clients_closing;
};

/* Registers all of them; `registry` may be NULL. */
void gateway_metrics_init(struct gateway_metrics *metrics, struct metrics *registry);

/* Which life of the gateway this is. */
void gateway_metrics_life(struct gateway_metrics *metrics, uint64_t epoch);

/* Its place in `dialects`. */
unsigned gateway_metrics_dialect(const struct dialect *dialect);

/* One message to one client of the dialect with that place. */
void gateway_metrics_delivered(
    struct gateway_metrics *metrics, unsigned dialect, enum delivery_metric kind);

void gateway_metrics_closed(struct gateway_metrics *metrics, enum close_code code);
void gateway_metrics_refused(struct gateway_metrics *metrics, uint32_t outcome);

#endif
