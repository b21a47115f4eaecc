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

static double
ms(const struct histogram *histogram, double percent)
{
	return (double)histogram_percentile(histogram, percent) / NS_PER_MS;
}

static void
write_figure(const struct figure *figure, bool as_json, bool first)
{
	if (as_json)
		printf("%s\"%s\": %.*f", first ? "" : ", ", figure->key, figure->decimals,
		    figure->value);
	else
		printf("%-28s %14.*f  %s\n", figure->key, figure->decimals, figure->value,
		    figure->meaning);
}

// clang-format off
void
load_report(const struct load_plan *plan, const struct load_result *r, bool as_json)
{
	bool talk = plan->mode == LOAD_BROADCAST || plan->mode == LOAD_PRIVATE;
	bool copies = plan->mode == LOAD_PRIVATE, seen = plan->pid_count > 0;
	uint64_t cpu_in = r->when_in.cpu_ns - r->at_start.cpu_ns;
	uint64_t cpu = r->at_end.cpu_ns - r->when_in.cpu_ns;
	uint64_t user = r->at_end.user_ns - r->when_in.user_ns;
	uint64_t ticks = user + r->at_end.system_ns - r->when_in.system_ns;
	double seconds = (double)r->traffic_ns / NS_PER_S;
	double rate = talk ? per(r->heard, seconds, 1) : 0;
	double cpu_each = per(cpu_in, 1e3, r->joined), cpu_of_one = per(cpu, 1e3, r->heard);
	double latest = (double)histogram_greatest(r->latency) / NS_PER_MS;
	double lag = (double)r->send_lag_ns / NS_PER_MS;
	double rss = growth(r->at_start.rss_bytes, r->when_in.rss_bytes, r->joined);
	double pss = growth(r->at_start.pss_bytes, r->when_in.pss_bytes, r->joined);
	const struct figure figures[] = {
		{ "clients", "came in", r->joined, 0, true },
		{ "gone", "connections lost", r->gone, 0, true },
		{ "connect_s", "until the last was in", (double)r->connect_ns / NS_PER_S, 3, true },
		{ "quiet_s", "until all had been told", (double)r->quiet_ns / NS_PER_S, 3, true },
		{ "connect_cpu_us", "server CPU per client, all told", cpu_each, 2, seen },
		{ "rss_per_client", "bytes the server has grown", rss, 0, seen },
		{ "pss_per_client", "likewise, shared pages shared", pss, 0, seen },
		{ "server_rss", "bytes when all were in", (double)r->when_in.rss_bytes, 0, seen },
		{ "sent", "messages", (double)r->sent, 0, talk },
		{ "expected", "deliveries", (double)r->expected, 0, talk },
		{ "lost", "never heard", (double)(r->expected - r->heard), 0, talk },
		{ "duplicates", "heard again", (double)r->duplicates, 0, talk },
		{ "misordered", "heard after a later one", (double)r->misordered, 0, talk },
		{ "foreign", "not meant for who heard it", (double)r->foreign, 0, talk },
		{ "deliveries_per_s", "over the whole run", rate, 0, talk },
		{ "latency_p50_ms", "from when it was due", ms(r->latency, 50), 3, talk },
		{ "latency_p90_ms", "", ms(r->latency, 90), 3, talk },
		{ "latency_p99_ms", "", ms(r->latency, 99), 3, talk },
		{ "latency_p999_ms", "", ms(r->latency, 99.9), 3, talk },
		{ "latency_max_ms", "", latest, 3, talk },
		{ "copy_p50_ms", "the sender's own copy", ms(r->copies, 50), 3, copies },
		{ "copy_p99_ms", "", ms(r->copies, 99), 3, copies },
		{ "send_lag_ms", "the generator's latest sending", lag, 3, talk },
		{ "cpu_us_per_delivery", "server, user and system", cpu_of_one, 3, talk && seen },
		{ "cpu_s", "server, without coming in", (double)cpu / NS_PER_S, 4, seen },
		{ "cpu_user_share", "of that, by ticks", per(user, 1, ticks), 2, seen },
	};
	bool first = true;

	if (as_json)
		printf("{");
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (!figures[i].wanted)
			continue;
		write_figure(&figures[i], as_json, first);
		first = false;
	}
	if (as_json)
		printf(", \"clean\": %s}\n", load_result_is_clean(plan, r) ? "true" : "false");
}
// clang-format on
