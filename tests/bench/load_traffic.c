/*
 * Who says what and when, and the books of what was heard. The schedule is open: a message is due
 * when it is due, and its latency counts from there, however late it went out. Likewise those who
 * come and go: a guest leaves when it is due.
 */
#include "tests/bench/load_traffic.h"

#include <stdio.h>
#include <string.h>

#include "tests/bench/histogram.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static uint32_t
lane_count(const struct load_plan *plan)
{
	return plan->mode == LOAD_PRIVATE ? plan->clients / 2 : plan->senders;
}

void
load_traffic_heard(struct load_run *run, const struct load_client *client, enum peer_kind kind,
    const char *bytes, size_t size, uint64_t now_ns)
{
	bool private = run->plan->mode == LOAD_PRIVATE, answer;
	unsigned index = client->peer.index;
	struct marker_book *book;
	struct marker marker;
	uint32_t ear, lane;

	/* What guests hear depends on when they came. */
	if (!run->books_open || index >= run->plan->clients ||
	    !marker_find(bytes, size, &run->finders[kind], &marker))
		return;
	answer = kind == PEER_ANSWER || (private && index % 2 == 0);
	book = answer ? &run->answers : &run->deliveries;
	ear = private ? index / 2 : index;
	lane = marker.lane;
	/* Private messages and answers are meant for one. */
	if (private || answer)
		lane = marker.lane == ear ? 0 : UINT32_MAX;
	if (!marker_book_note(book, ear, lane, marker.number))
		return;
	run->heard_ns = now_ns;
	histogram_record(answer ? run->result->copies : run->result->latency,
	    now_ns > marker.due_ns ? now_ns - marker.due_ns : 0);
}

static void
say(struct load_run *run, uint64_t number, uint64_t due_ns)
{
	const struct load_plan *plan = run->plan;
	bool private = plan->mode == LOAD_PRIVATE;
	uint32_t lanes = lane_count(plan);
	struct marker marker = {
		.lane = (uint32_t)(number % lanes),
		.number = (uint32_t)(number / lanes),
		.due_ns = due_ns,
	};
	struct load_client *from = &run->net.clients[private ? 2 * marker.lane : marker.lane];
	struct peer_message message = {
		.mark = run->content,
		.content = run->content,
		.size = plan->bytes,
		.private = private,
	};

	if (private) {
		message.to = peer_partner(&from->peer);
		message.to_id = run->net.clients[message.to].peer.id;
	}
	marker_write(run->content, &marker);
	load_client_say(&run->net, from, &message);
}

/* Not more on its way than allowed: as fast as the server can, without a queue that grows. */
static bool
may_say(const struct load_run *run, uint64_t sent)
{
	const struct load_plan *plan = run->plan;

	return plan->in_flight == 0 ||
	       sent - run->deliveries.heard / plan->clients < plan->in_flight;
}

/* The next guest leaves and comes again at once, if it is in. */
static void
churn(struct load_run *run, uint64_t turn)
{
	const struct load_plan *plan = run->plan;
	unsigned index = plan->clients + (unsigned)(turn % plan->guests);

	if (!run->net.clients[index].peer.in) {
		run->result->skipped++;
		return;
	}
	load_net_leave(&run->net, index);
	run->result->left++;
	if (!load_net_connect(&run->net, index))
		run->result->gone++;
}

/* Lets all leave that are due, and tells when the next one is. */
static uint64_t
churn_until(struct load_run *run, uint64_t begin_ns, uint64_t now_ns, uint64_t *turn)
{
	double gap_ns;

	if (run->plan->mode != LOAD_CHURN)
		return UINT64_MAX;
	gap_ns = (double)NS_PER_S / run->plan->churn_rate;
	while (begin_ns + (uint64_t)((double)*turn * gap_ns) <= now_ns)
		churn(run, (*turn)++);
	return begin_ns + (uint64_t)((double)*turn * gap_ns);
}

/* Says all of it; false if the server has stopped telling it on. */
static bool
speak(struct load_run *run, uint64_t begin_ns, uint64_t total)
{
	struct load_result *result = run->result;
	double gap_ns = (double)NS_PER_S / run->plan->rate;
	uint64_t turn = 0;

	while (result->sent < total) {
		uint64_t due_ns = begin_ns + (uint64_t)((double)result->sent * gap_ns);
		uint64_t now_ns = load_now_ns();
		uint64_t churn_ns = churn_until(run, begin_ns, now_ns, &turn);

		if (run->plan->in_flight > 0)
			due_ns = now_ns;
		if (!may_say(run, result->sent)) {
			load_net_turn(&run->net, now_ns + NS_PER_MS);
			if (now_ns > run->heard_ns + run->plan->patience_s * NS_PER_S)
				return false;
			continue;
		}
		if (now_ns < due_ns) {
			load_net_turn(&run->net, due_ns < churn_ns ? due_ns : churn_ns);
			continue;
		}
		say(run, result->sent, due_ns);
		result->sent++;
		if (now_ns - due_ns > result->send_lag_ns)
			result->send_lag_ns = now_ns - due_ns;
		/* When late, what has come in meanwhile must not wait for all that is due. */
		load_net_turn(&run->net, 0);
	}
	return true;
}

static bool
all_heard(const struct load_run *run)
{
	return run->deliveries.heard >= run->result->expected &&
	       run->answers.heard >= run->result->answers_expected;
}

static void
hear_the_rest(struct load_run *run)
{
	uint64_t last_ns = load_now_ns();

	while (!all_heard(run)) {
		load_net_turn(&run->net, load_now_ns() + 10 * NS_PER_MS);
		last_ns = run->heard_ns > last_ns ? run->heard_ns : last_ns;
		if (load_now_ns() - last_ns > run->plan->patience_s * NS_PER_S)
			break;
	}
}

/* Guests that are on their way are waited for, so that the next figure is not theirs. */
static void
let_guests_in(struct load_run *run)
{
	const struct load_plan *plan = run->plan;
	uint64_t until_ns = load_now_ns() + plan->patience_s * NS_PER_S;

	for (unsigned i = plan->clients; i < plan->clients + plan->guests;) {
		if (run->net.clients[i].peer.in || load_now_ns() > until_ns)
			i++;
		else
			load_net_turn(&run->net, load_now_ns() + 10 * NS_PER_MS);
	}
	for (unsigned i = plan->clients; i < plan->clients + plan->guests; i++)
		run->result->returned += run->net.clients[i].peer.in;
}

static bool
open_books(struct load_run *run, uint64_t numbers)
{
	const struct load_plan *plan = run->plan;
	bool private = plan->mode == LOAD_PRIVATE;
	uint32_t lanes = lane_count(plan);
	uint32_t ears = private ? lanes : plan->clients;

	run->books_open =
	    numbers < UINT32_MAX &&
	    marker_book_open(&run->deliveries, ears, private ? 1 : lanes, (uint32_t)numbers) &&
	    marker_book_open(&run->answers, lanes, 1, (uint32_t)numbers);
	if (!run->books_open)
		fprintf(stderr, "load: not enough memory to keep the books\n");
	return run->books_open;
}

bool
load_traffic(struct load_run *run)
{
	const struct load_plan *plan = run->plan;
	struct load_result *result = run->result;
	bool private = plan->mode == LOAD_PRIVATE;
	bool answers = private ? plan->peer->answers_private : plan->peer->answers_public;
	uint64_t total =
	    plan->messages > 0 ? plan->messages : (uint64_t)(plan->rate * plan->seconds);
	uint64_t begin_ns;

	if (lane_count(plan) == 0) {
		fprintf(stderr, "load: nobody would speak\n");
		return false;
	}
	if (!open_books(run, total / lane_count(plan) + 1))
		return false;
	result->expected = total * (private ? 1 : plan->clients);
	result->answers_expected = answers ? total : 0;
	begin_ns = load_now_ns() + 10 * NS_PER_MS;
	run->heard_ns = begin_ns;
	if (speak(run, begin_ns, total))
		hear_the_rest(run);
	result->traffic_ns = run->heard_ns - begin_ns;
	let_guests_in(run);
	result->heard = run->deliveries.heard;
	result->answers = run->answers.heard;
	result->duplicates = run->deliveries.duplicates + run->answers.duplicates;
	result->misordered = run->deliveries.misordered + run->answers.misordered;
	result->foreign = run->deliveries.foreign + run->answers.foreign;
	return true;
}
