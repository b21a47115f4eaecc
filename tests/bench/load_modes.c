/*
 * The runs: all come in, it gets quiet, then what the mode wants. What is said and heard is
 * load_traffic's.
 */
#include "tests/bench/load_modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/histogram.h"
#include "tests/bench/load_traffic.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static void
on_joined(void *context, struct load_client *client)
{
	struct load_run *run = context;

	(void)client;
	run->result->joined++;
}

static void
on_gone(void *context, struct load_client *client, const char *why)
{
	struct load_run *run = context;

	if (run->result->gone++ < 3)
		fprintf(stderr, "load: client %u: %s\n", client->peer.index, why);
}

static void
on_heard(void *context, struct load_client *client, enum peer_kind kind, const char *bytes,
    size_t size, uint64_t now_ns)
{
	load_traffic_heard(context, client, kind, bytes, size, now_ns);
}

static bool
everybody_in(struct load_run *run)
{
	uint64_t started_ns = load_now_ns(), progress_ns = started_ns;
	unsigned started = 0, before = 0, all = run->net.count;

	while (run->result->joined < all) {
		while (started < all &&
		       started - run->result->joined - run->result->gone < run->plan->window) {
			if (!load_net_connect(&run->net, started++)) {
				perror("load: no more connections");
				return false;
			}
		}
		load_net_turn(&run->net, load_now_ns() + 100 * NS_PER_MS);
		if (run->result->joined > before)
			progress_ns = load_now_ns();
		before = run->result->joined;
		if (run->result->gone > 0 ||
		    load_now_ns() - progress_ns > run->plan->patience_s * NS_PER_S) {
			fprintf(stderr, "load: only %u of %u came in\n", run->result->joined, all);
			return false;
		}
	}
	run->result->connect_ns = progress_ns - started_ns;
	return true;
}

/*
 * Waits until nothing has been heard for a while: the notices of so many newcomers take their
 * time.
 */
static bool
settled(struct load_run *run, uint64_t started_ns)
{
	uint64_t last_ns = load_now_ns(), bytes = run->net.bytes_in;
	uint64_t quiet_ns = run->plan->settle_ms * NS_PER_MS;
	uint64_t give_up_ns = last_ns + 10 * run->plan->patience_s * NS_PER_S;

	while (load_now_ns() - last_ns < quiet_ns) {
		load_net_turn(&run->net, load_now_ns() + 20 * NS_PER_MS);
		if (run->net.bytes_in != bytes)
			last_ns = load_now_ns();
		bytes = run->net.bytes_in;
		if (last_ns > give_up_ns) {
			fprintf(stderr, "load: it never gets quiet\n");
			return false;
		}
	}
	run->result->quiet_ns = last_ns - started_ns;
	return true;
}

static bool
usage(struct load_run *run, struct server_usage *usage_out)
{
	if (server_usage_read(run->plan->pids, run->plan->pid_count, usage_out))
		return true;
	fprintf(stderr, "load: cannot read what the server's processes use\n");
	return false;
}

static void
idle(struct load_run *run)
{
	uint64_t until_ns = load_now_ns() + (uint64_t)(run->plan->seconds * (double)NS_PER_S);

	while (load_now_ns() < until_ns)
		load_net_turn(&run->net, until_ns);
}

static uint64_t
own_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

static bool
run_it(struct load_run *run)
{
	const struct load_plan *plan = run->plan;
	struct load_result *result = run->result;
	uint64_t started_ns = load_now_ns();

	kernel_usage_read(&result->kernel_at_start);
	if (!usage(run, &result->at_start) || !everybody_in(run) || !settled(run, started_ns))
		return false;
	kernel_usage_read(&result->kernel_when_in);
	started_ns = load_now_ns();
	result->own_cpu_ns = own_cpu_ns();
	if (!usage(run, &result->when_in))
		return false;
	if (plan->mode == LOAD_IDLE)
		idle(run);
	else if (plan->mode != LOAD_CONNECT && !load_traffic(run))
		return false;
	result->observed_ns = load_now_ns() - started_ns;
	result->own_cpu_ns = own_cpu_ns() - result->own_cpu_ns;
	return usage(run, &result->at_end);
}

bool
load_run(const struct load_plan *plan, struct load_result *result_out)
{
	struct load_run *run = calloc(1, sizeof(*run));
	bool done = false;

	memset(result_out, 0, sizeof(*result_out));
	result_out->latency = histogram_new();
	result_out->copies = histogram_new();
	if (run == NULL || result_out->latency == NULL || result_out->copies == NULL) {
		free(run);
		return false;
	}
	memset(run->content, 'x', sizeof(run->content));
	run->plan = plan;
	run->result = result_out;
	run->net.address = plan->address;
	run->net.ports = plan->ports;
	run->net.port_count = plan->port_count;
	run->net.path = plan->path != NULL ? plan->path : plan->peer->path;
	run->net.peer = plan->peer;
	run->net.private = plan->mode == LOAD_PRIVATE;
	run->net.events = (struct load_events){
		.context = run, .joined = on_joined, .heard = on_heard, .gone = on_gone
	};
	if (load_net_open(&run->net, plan->clients + plan->guests)) {
		done = run_it(run);
		load_net_close(&run->net);
	}
	marker_book_close(&run->deliveries);
	marker_book_close(&run->answers);
	free(run);
	return done;
}

void
load_result_clear(struct load_result *result)
{
	histogram_destroy(&result->latency);
	histogram_destroy(&result->copies);
}

bool
load_result_is_clean(const struct load_plan *plan, const struct load_result *result)
{
	return result->joined == plan->clients + plan->guests + result->left && result->gone == 0 &&
	       result->heard == result->expected && result->answers == result->answers_expected &&
	       result->duplicates == 0 && result->misordered == 0 && result->foreign == 0 &&
	       result->returned == plan->guests;
}
