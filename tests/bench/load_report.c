/* Derives the figures of a run and writes them. It measures nothing. */
#include "tests/bench/load_report.h"

#include <stdio.h>

#include "tests/bench/histogram.h"

#define NS_PER_MS 1e6
#define NS_PER_S 1e9

struct figure {
	const char *key;
	const char *meaning;
	double value;
	int decimals;
	bool wanted;
};

struct writer {
	bool as_json;
	bool first;
};

static double
per(uint64_t total, double divisor, uint64_t count)
{
	return count == 0 ? 0 : (double)total / divisor / (double)count;
}

static double
growth(uint64_t before, uint64_t after, unsigned count)
{
	return count == 0 ? 0 : ((double)after - (double)before) / (double)count;
}

/* Of the time from when all were in to the end. */
static double
percent(const struct load_result *r, uint64_t ns)
{
	return r->observed_ns == 0 ? 0 : 100 * (double)ns / (double)r->observed_ns;
}

static double
ms(const struct histogram *histogram, double share)
{
	return (double)histogram_percentile(histogram, share) / NS_PER_MS;
}

static void
write_figures(struct writer *writer, const struct figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct figure *figure = &figures[i];

		if (!figure->wanted)
			continue;
		if (writer->as_json)
			printf("%s\"%s\": %.*f", writer->first ? "" : ", ", figure->key,
			    figure->decimals, figure->value);
		else
			printf("%-28s %14.*f  %s\n", figure->key, figure->decimals, figure->value,
			    figure->meaning);
		writer->first = false;
	}
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

// clang-format off
static void
write_arrival(struct writer *writer, const struct load_plan *plan, const struct load_result *r)
{
	const struct server_usage *from = &r->at_start, *to = &r->when_in;
	const struct kernel_usage *before = &r->kernel_at_start, *after = &r->kernel_when_in;
	bool seen = plan->pid_count > 0;
	unsigned all = plan->clients + plan->guests;
	double cpu = per(to->cpu_ns - from->cpu_ns, 1e3, all);
	double rss = growth(from->rss_bytes, to->rss_bytes, all);
	double pss = growth(from->pss_bytes, to->pss_bytes, all);
	double buffers = growth(before->tcp_buffer_bytes, after->tcp_buffer_bytes, all);
	double slabs = growth(before->slab_bytes, after->slab_bytes, all);
	const struct figure figures[] = {
		{ "clients", "came in", all, 0, true },
		{ "gone", "connections lost", r->gone, 0, true },
		{ "connect_s", "until the last was in", (double)r->connect_ns / NS_PER_S, 3, true },
		{ "quiet_s", "until all had been told", (double)r->quiet_ns / NS_PER_S, 3, true },
		{ "connect_cpu_us", "server CPU per client, all told", cpu, 2, seen },
		{ "rss_per_client", "bytes the server has grown", rss, 0, seen },
		{ "pss_per_client", "likewise, shared pages shared", pss, 0, seen },
		{ "server_rss", "bytes when all were in", (double)to->rss_bytes, 0, seen },
		{ "kernel_tcp_per_client", "bytes of buffers, both ends", buffers, 0, true },
		{ "kernel_slab_per_client", "bytes of slabs, both ends", slabs, 0, true },
	};

	write_figures(writer, figures, COUNT(figures));
}

static void
write_traffic(struct writer *writer, const struct load_plan *plan, const struct load_result *r)
{
	bool answers = r->answers_expected > 0, churn = plan->mode == LOAD_CHURN;
	double lost = (double)(r->expected - r->heard) +
	    (double)(r->answers_expected - r->answers);
	double rate = r->traffic_ns == 0 ? 0 : (double)r->heard * NS_PER_S / (double)r->traffic_ns;
	double latest = (double)histogram_greatest(r->latency) / NS_PER_MS;
	double lag = (double)r->send_lag_ns / NS_PER_MS;
	const struct figure figures[] = {
		{ "sent", "messages", (double)r->sent, 0, true },
		{ "expected", "deliveries", (double)r->expected, 0, true },
		{ "answers", "heard by senders", (double)r->answers, 0, answers },
		{ "lost", "never heard", lost, 0, true },
		{ "duplicates", "heard again", (double)r->duplicates, 0, true },
		{ "misordered", "heard after a later one", (double)r->misordered, 0, true },
		{ "foreign", "not meant for who heard it", (double)r->foreign, 0, true },
		{ "left", "guests that left", (double)r->left, 0, churn },
		{ "left_skipped", "due to leave and not yet in", (double)r->skipped, 0, churn },
		{ "deliveries_per_s", "over the whole run", rate, 0, true },
		{ "latency_p50_ms", "from when it was due", ms(r->latency, 50), 3, true },
		{ "latency_p90_ms", "", ms(r->latency, 90), 3, true },
		{ "latency_p99_ms", "", ms(r->latency, 99), 3, true },
		{ "latency_p999_ms", "", ms(r->latency, 99.9), 3, true },
		{ "latency_max_ms", "", latest, 3, true },
		{ "copy_p50_ms", "the sender's copy or answer", ms(r->copies, 50), 3, answers },
		{ "copy_p99_ms", "", ms(r->copies, 99), 3, answers },
		{ "send_lag_ms", "the generator's latest sending", lag, 3, true },
	};

	write_figures(writer, figures, COUNT(figures));
}

static void
write_cost(struct writer *writer, const struct load_plan *plan, const struct load_result *r)
{
	const struct server_usage *from = &r->when_in, *to = &r->at_end;
	bool seen = plan->pid_count > 0 && plan->mode != LOAD_CONNECT, talk = r->sent > 0;
	uint64_t cpu = to->cpu_ns - from->cpu_ns, user = to->user_ns - from->user_ns;
	uint64_t ticks = user + to->system_ns - from->system_ns;
	double each = per(cpu, 1e3, r->heard + r->answers);
	const struct figure figures[] = {
		{ "cpu_us_per_delivery", "server, answers are some too", each, 3, talk && seen },
		{ "cpu_us_per_message", "", per(cpu, 1e3, r->sent), 3, talk && seen },
		{ "cpu_s", "server, without coming in", (double)cpu / NS_PER_S, 4, seen },
		{ "cpu_user_share", "of that, by ticks", per(user, 1, ticks), 2, seen },
		{ "cpu_percent", "of one processor", percent(r, cpu), 3, seen },
		{ "load_cpu_percent", "the generator's own", percent(r, r->own_cpu_ns), 1, talk },
	};

	write_figures(writer, figures, COUNT(figures));
}
// clang-format on

void
load_report(const struct load_plan *plan, const struct load_result *result, bool as_json)
{
	struct writer writer = { .as_json = as_json, .first = true };

	if (as_json)
		printf("{");
	write_arrival(&writer, plan, result);
	if (plan->mode != LOAD_CONNECT && plan->mode != LOAD_IDLE)
		write_traffic(&writer, plan, result);
	write_cost(&writer, plan, result);
	if (as_json)
		printf(", \"clean\": %s}\n", load_result_is_clean(plan, result) ? "true" : "false");
}
