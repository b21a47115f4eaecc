/*
 * Registers the gateway's metrics and maps codes to them. Knows the names shown to operators
 * and nothing of what happens.
 */
#include "gateway/gateway_metrics.h"

#include <stdio.h>

#include "common/outcomes.h"

#define LABEL_SIZE 96

struct close_row {
	enum close_code code;
	const char *labels;
};

static const struct close_row close_rows[CLOSE_METRIC_COUNT] = {
	[CLOSE_METRIC_CLIENT] = { CLOSE_GOING_AWAY, "reason=\"client\"" },
	[CLOSE_METRIC_DROP] = { CLOSE_DROP, "reason=\"drop\"" },
	[CLOSE_METRIC_NORMAL] = { CLOSE_NORMAL, "reason=\"normal\"" },
	[CLOSE_METRIC_PROTOCOL] = { CLOSE_PROTOCOL, "reason=\"protocol\"" },
	[CLOSE_METRIC_UNSUPPORTED] = { CLOSE_UNSUPPORTED, "reason=\"unsupported\"" },
	[CLOSE_METRIC_POLICY] = { CLOSE_POLICY, "reason=\"policy\"" },
	[CLOSE_METRIC_INTERNAL] = { CLOSE_INTERNAL, "reason=\"internal\"" },
	[CLOSE_METRIC_RESTART] = { CLOSE_RESTART, "reason=\"restart\"" },
	[CLOSE_METRIC_TRY_LATER] = { CLOSE_TRY_LATER, "reason=\"try_later\"" },
	[CLOSE_METRIC_OTHER] = { CLOSE_BAD_DATA, "reason=\"other\"" },
};

static const char *const presence_labels[PRESENCE_METRIC_COUNT] = {
	[PRESENCE_LIST] = "kind=\"list\"",
	[PRESENCE_NEWCOMER_LIST] = "kind=\"newcomer_list\"",
	[PRESENCE_NOTICE] = "kind=\"notice\"",
	[PRESENCE_SUMMARY] = "kind=\"summary\"",
	[PRESENCE_DIFFERENCE] = "kind=\"difference\"",
	[PRESENCE_SNAPSHOT] = "kind=\"snapshot\"",
};

static void
register_presence(struct gateway_metrics *m, struct metrics *registry)
{
	for (unsigned i = 0; i < PRESENCE_METRIC_COUNT; i++) {
		m->presence_bytes[i] =
		    metrics_counter(registry, "hubbub_gateway_presence_bytes_total",
			presence_labels[i], "Bytes handed to clients of who is there, by kind.");
	}
	m->notices_summarised = metrics_counter(registry, "hubbub_gateway_notices_summarised_total",
	    NULL, "Comings and goings that a channel was told as part of a summary.");
	m->lists_deferred = metrics_counter(registry, "hubbub_gateway_lists_deferred_total", NULL,
	    "User lists that had to wait for the budget.");
	m->lists_shortened = metrics_counter(registry, "hubbub_gateway_lists_shortened_total", NULL,
	    "User lists of newcomers that the budget made shorter.");
}

static void
register_dialect(struct dialect_metrics *m, struct metrics *registry, const char *name)
{
	static const char *const commands[] = { "public", "private", "read" };
	static const char *const deliveries[] = { "public", "private", "notice" };
	char labels[LABEL_SIZE];

	snprintf(labels, sizeof(labels), "dialect=\"%s\"", name);
	m->clients = metrics_gauge(
	    registry, "hubbub_gateway_clients", labels, "Clients connected to this gateway.");
	m->messages_in = metrics_counter(registry, "hubbub_gateway_messages_in_total", labels,
	    "Messages received from clients.");
	for (unsigned i = 0; i < COMMAND_METRIC_COUNT; i++) {
		snprintf(labels, sizeof(labels), "dialect=\"%s\",kind=\"%s\"", name, commands[i]);
		m->commands[i] = metrics_counter(registry, "hubbub_gateway_commands_total", labels,
		    "What clients asked the hub to do, refusals included.");
	}
	for (unsigned i = 0; i < DELIVERY_METRIC_COUNT; i++) {
		snprintf(labels, sizeof(labels), "dialect=\"%s\",kind=\"%s\"", name, deliveries[i]);
		m->deliveries[i] = metrics_counter(registry, "hubbub_gateway_deliveries_total",
		    labels, "Messages handed to clients, once per client and message.");
	}
}

static void
register_plain(struct gateway_metrics *m, struct metrics *registry)
{
	m->fanout_clients = metrics_histogram(registry, "hubbub_gateway_fanout_clients", NULL,
	    "Clients that one message in a room goes to, by dialect and gateway.", 1, 18, 1);
	m->hub_round_trip = metrics_histogram(registry, "hubbub_gateway_hub_round_trip_seconds",
	    NULL, "From a probe to its answer, through the loops of both.", 50, 18, 1e6);
	m->frames = metrics_counter(registry, "hubbub_gateway_frames_total", NULL,
	    "WebSocket frames made, once for all clients that share one.");
	m->slow_readers = metrics_counter(registry, "hubbub_gateway_slow_readers_total", NULL,
	    "Clients closed because they did not read fast enough.");
	m->stray_pongs = metrics_counter(registry, "hubbub_gateway_stray_pongs_total", NULL,
	    "PONG frames that answer no PING of ours.");
	m->queue_bytes = metrics_gauge(
	    registry, "hubbub_gateway_queue_bytes", NULL, "Bytes that wait for clients to read.");
	m->pinned_bytes = metrics_gauge(registry, "hubbub_gateway_pinned_bytes", NULL,
	    "Memory of frames that some client still has to be sent.");
	m->hub_link_up = metrics_gauge(registry, "hubbub_gateway_hub_link_up", NULL,
	    "1 while this gateway is attached to the hub.");
	m->fetches = metrics_counter(registry, "hubbub_gateway_fetches_total", NULL,
	    "Parts of streams asked for from the hub.");
	m->receipts = metrics_counter(registry, "hubbub_gateway_receipts_total", NULL,
	    "PONG frames that were the receipt of private messages.");
	m->resumes = metrics_counter(registry, "hubbub_gateway_resumes_total", NULL,
	    "Clients that came back as who they were.");
	m->commands_held = metrics_gauge(registry, "hubbub_gateway_commands_held", NULL,
	    "Commands that wait for the hub to come back.");
	m->clients_closing = metrics_gauge(registry, "hubbub_gateway_clients_closing", NULL,
	    "Clients that are gone and have commands without an outcome.");
}

static void
register_labelled(struct gateway_metrics *m, struct metrics *registry)
{
	char labels[LABEL_SIZE];
	unsigned i;

	for (i = 0; i < CLOSE_METRIC_COUNT; i++) {
		m->closes[i] = metrics_counter(registry, "hubbub_gateway_closes_total",
		    close_rows[i].labels, "Connections ended, by reason.");
	}
	for (i = 1; i < LINK_LOSS_COUNT; i++) {
		snprintf(
		    labels, sizeof(labels), "reason=\"%s\"", link_loss_word((enum link_loss)i));
		m->hub_link_lost[i] =
		    metrics_counter(registry, "hubbub_gateway_hub_link_lost_total", labels,
			"Links to the hub lost, by reason.");
	}
	for (i = 1; i < METRICS_OUTCOMES; i++) {
		snprintf(labels, sizeof(labels), "code=\"%s\"", outcome_word(i));
		m->refused[i] = metrics_counter(registry, "hubbub_gateway_refused_total", labels,
		    "Commands and clients refused, by code.");
	}
	m->refused_other = metrics_counter(registry, "hubbub_gateway_refused_total",
	    "code=\"unknown\"", "Commands and clients refused, by code.");
}

void
gateway_metrics_init(struct gateway_metrics *metrics, struct metrics *registry)
{
	*metrics = (struct gateway_metrics){ .registry = registry };
	if (registry == NULL)
		return;
	for (unsigned i = 0; i < METRICS_DIALECTS_MAX && dialects[i] != NULL; i++)
		register_dialect(&metrics->dialects[i], registry, dialects[i]->name);
	register_plain(metrics, registry);
	register_labelled(metrics, registry);
	register_presence(metrics, registry);
}

void
gateway_metrics_life(struct gateway_metrics *metrics, uint64_t epoch)
{
	metrics_info(metrics->registry, "hubbub_gateway_epoch_info", "epoch", epoch,
	    "Always 1; this life of the gateway is its label.");
}

unsigned
gateway_metrics_dialect(const struct dialect *dialect)
{
	unsigned i;

	for (i = 0; i < METRICS_DIALECTS_MAX && dialects[i] != NULL; i++) {
		if (dialects[i] == dialect)
			return i;
	}
	return METRICS_DIALECTS_MAX;
}

void
gateway_metrics_delivered(
    struct gateway_metrics *metrics, unsigned dialect, enum delivery_metric kind)
{
	metric_increment(metrics->dialects[dialect].deliveries[kind]);
}

void
gateway_metrics_closed(struct gateway_metrics *metrics, enum close_code code)
{
	unsigned i = CLOSE_METRIC_DROP;

	while (i < CLOSE_METRIC_OTHER && close_rows[i].code != code)
		i++;
	metric_increment(metrics->closes[i]);
}

void
gateway_metrics_refused(struct gateway_metrics *metrics, uint32_t outcome)
{
	if (outcome < METRICS_OUTCOMES)
		metric_increment(metrics->refused[outcome]);
	else
		metric_increment(metrics->refused_other);
}
