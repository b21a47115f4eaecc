/*
 * The runs: who comes in, who says what and when, and what everybody must hear. The schedule is
 * open: a message is due when it is due, and its latency counts from there, however late it went
 * out.
 */
#include "tests/bench/load_modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/histogram.h"
#include "tests/bench/load_client.h"
#include "tests/bench/marker.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define MESSAGE_MAX 32768
#define FRAME_EXTRA 128

struct load_run {
	const struct load_plan *plan;
	struct load_result *result;
	struct load_net net;
	struct marker_book book;
	bool book_open;
	size_t marker_at;
	uint64_t heard_ns; /* when the last new message was heard */
	char filler[MESSAGE_MAX];
};

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
		fprintf(stderr, "load: client %u: %s\n", client->index, why);
}

static void
on_heard(void *context, struct load_client *client, const char *text, size_t size, uint64_t now)
{
	struct load_run *run = context;
	bool private = run->plan->mode == LOAD_PRIVATE;
	struct marker marker;
	uint32_t lane;

	if (!run->book_open || !marker_find(text, size, &run->marker_at, &marker))
		return;
	lane = marker.lane;
	if (private)
		lane = marker.lane == client->index / 2 ? 0 : UINT32_MAX;
	if (!marker_book_note(&run->book, client->index, lane, marker.number))
		return;
	run->heard_ns = now;
	histogram_record(
	    private && client->index % 2 == 0 ? run->result->copies : run->result->latency,
	    now > marker.due_ns ? now - marker.due_ns : 0);
}

static bool
everybody_in(struct load_run *run)
{
	uint64_t started_ns = load_now_ns(), progress_ns = started_ns;
	unsigned started = 0, before = 0;

	while (run->result->joined < run->plan->clients) {
		while (started < run->plan->clients &&
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
			fprintf(stderr, "load: only %u of %u came in\n", run->result->joined,
			    run->plan->clients);
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

static void
say(struct load_run *run, uint64_t number, uint64_t due_ns)
{
	const struct load_plan *plan = run->plan;
	bool private = plan->mode == LOAD_PRIVATE;
	uint32_t lanes = private ? plan->clients / 2 : plan->senders;
	struct marker marker = {
		.lane = (uint32_t)(number % lanes),
		.number = (uint32_t)(number / lanes),
		.due_ns = due_ns,
	};
	struct load_client *from = &run->net.clients[private ? 2 * marker.lane : marker.lane];
	char mark[MARKER_SIZE + 1] = { 0 };
	char text[MESSAGE_MAX + FRAME_EXTRA];
	int size, fill = (int)(plan->bytes - MARKER_SIZE);

	marker_write(mark, &marker);
	if (private)
		size = snprintf(text, sizeof(text),
		    "{\"type\": \"private\", \"to\": \"%s\", \"content\": \"%s%.*s\"}", from[1].id,
		    mark, fill, run->filler);
	else
		size = snprintf(text, sizeof(text),
		    "{\"type\": \"public\", \"content\": \"%s%.*s\"}", mark, fill, run->filler);
	load_client_say(&run->net, from, text, (size_t)size);
}

/* Not more on its way than allowed: as fast as the server can, without a queue that grows. */
static bool
may_say(const struct load_run *run, uint64_t sent)
{
	const struct load_plan *plan = run->plan;

	return plan->in_flight == 0 || sent - run->book.heard / plan->clients < plan->in_flight;
}

static void
traffic(struct load_run *run, uint64_t total)
{
	uint64_t begin_ns = load_now_ns() + 10 * NS_PER_MS;
	double gap_ns = (double)NS_PER_S / run->plan->rate;
	struct load_result *result = run->result;

	run->heard_ns = begin_ns;
	while (result->sent < total) {
		uint64_t due_ns = begin_ns + (uint64_t)((double)result->sent * gap_ns);
		uint64_t now_ns = load_now_ns();

		if (run->plan->in_flight > 0)
			due_ns = now_ns;
		if (!may_say(run, result->sent)) {
			load_net_turn(&run->net, now_ns + NS_PER_MS);
			if (now_ns > run->heard_ns + run->plan->patience_s * NS_PER_S)
				break;
			continue;
		}
		if (now_ns < due_ns) {
			load_net_turn(&run->net, due_ns);
			continue;
		}
		say(run, result->sent, due_ns);
		result->sent++;
		if (now_ns - due_ns > result->send_lag_ns)
			result->send_lag_ns = now_ns - due_ns;
		/* When late, what has come in meanwhile must not wait for all that is due. */
		load_net_turn(&run->net, 0);
	}
	result->expected = total * (run->plan->mode == LOAD_PRIVATE ? 2 : run->plan->clients);
	for (uint64_t last_ns = load_now_ns(); run->book.heard < result->expected;) {
		load_net_turn(&run->net, load_now_ns() + 10 * NS_PER_MS);
		last_ns = run->heard_ns > last_ns ? run->heard_ns : last_ns;
		if (load_now_ns() - last_ns > run->plan->patience_s * NS_PER_S)
			break;
	}
	result->traffic_ns = run->heard_ns - begin_ns;
}

static bool
talk(struct load_run *run)
{
	const struct load_plan *plan = run->plan;
	bool private = plan->mode == LOAD_PRIVATE;
	uint64_t total =
	    plan->messages > 0 ? plan->messages : (uint64_t)(plan->rate * plan->seconds);
	uint32_t lanes = private ? plan->clients / 2 : plan->senders;
	uint64_t numbers;

	if (lanes == 0) {
		fprintf(stderr, "load: nobody would speak\n");
		return false;
	}
	numbers = total / lanes + 1;
	run->book_open = numbers < UINT32_MAX && marker_book_open(&run->book, plan->clients,
						     private ? 1 : lanes, (uint32_t)numbers);
	if (!run->book_open) {
		fprintf(stderr, "load: not enough memory to keep the book\n");
		return false;
	}
	traffic(run, total);
	run->result->heard = run->book.heard;
	run->result->duplicates = run->book.duplicates;
	run->result->misordered = run->book.misordered;
	run->result->foreign = run->book.foreign;
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

static bool
run_it(struct load_run *run)
{
	const struct load_plan *plan = run->plan;
	struct load_result *result = run->result;
	uint64_t started_ns = load_now_ns();

	if (!usage(run, &result->at_start) || !everybody_in(run) || !settled(run, started_ns) ||
	    !usage(run, &result->when_in))
		return false;
	if (plan->mode == LOAD_BROADCAST || plan->mode == LOAD_PRIVATE) {
		if (!talk(run))
			return false;
	} else if (plan->mode == LOAD_IDLE) {
		uint64_t until_ns = load_now_ns() + (uint64_t)(plan->seconds * (double)NS_PER_S);

		while (load_now_ns() < until_ns)
			load_net_turn(&run->net, until_ns);
	}
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
	memset(run->filler, 'x', sizeof(run->filler));
	run->plan = plan;
	run->result = result_out;
	run->net.address = plan->address;
	run->net.port = plan->port;
	run->net.path = plan->path;
	run->net.events = (struct load_events){
		.context = run, .joined = on_joined, .heard = on_heard, .gone = on_gone
	};
	if (load_net_open(&run->net, plan->clients)) {
		done = run_it(run);
		load_net_close(&run->net);
	}
	marker_book_close(&run->book);
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
	return result->joined == plan->clients && result->gone == 0 &&
	       result->heard == result->expected && result->duplicates == 0 &&
	       result->misordered == 0 && result->foreign == 0;
}
