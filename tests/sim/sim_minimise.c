/*
 * What is left of a failing run when all is left out that it can fail without (delta debugging):
 * steps go in halves, quarters and so on down to one, and stay out if the finding stays the same.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_run.h"

#define RUNS_MAX 600

struct search {
	struct sim_order order;
	char kind[512];
	bool *left_out; /* the best so far */
	bool *attempt;
	unsigned runs;
};

/* Findings that differ in nothing but names and numbers are of one kind. */
static void
kind_of(const char *finding, char kind[512])
{
	size_t length = 0;
	bool quoted = false;

	for (; *finding != '\0' && length + 1 < 512; finding++) {
		if (*finding == '\'')
			quoted = !quoted;
		else if (!quoted && !isxdigit((unsigned char)*finding))
			kind[length++] = *finding;
	}
	kind[length] = '\0';
}

/* Does it still fail, and in the same way? */
static bool
still_fails(struct search *search, const bool *left_out)
{
	struct sim_verdict verdict;
	char kind[512];

	search->runs++;
	search->order.plan.left_out = left_out;
	sim_run_apart(&search->order, true, &verdict);
	kind_of(verdict.finding, kind);
	return verdict.finding[0] != '\0' && strcmp(kind, search->kind) == 0;
}

/* Leaves out `count` of the steps that are left, from `*at` on, which moves behind them. */
static bool
try_without(struct search *search, unsigned *at, unsigned count)
{
	size_t size = search->order.steps * sizeof(bool);

	memcpy(search->attempt, search->left_out, size);
	for (; *at < search->order.steps && count > 0; (*at)++) {
		count -= !search->attempt[*at];
		search->attempt[*at] = true;
	}
	if (memcmp(search->attempt, search->left_out, size) == 0 ||
	    !still_fails(search, search->attempt))
		return false;
	memcpy(search->left_out, search->attempt, size);
	return true;
}

/* The tail first: nothing behind the deed that did it is needed. */
static void
cut_tail(struct search *search)
{
	unsigned low = 0;
	unsigned high = search->order.steps;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		for (unsigned i = 0; i < search->order.steps; i++)
			search->attempt[i] = i >= middle;
		if (still_fails(search, search->attempt))
			high = middle;
		else
			low = middle + 1;
	}
	for (unsigned i = 0; i < search->order.steps; i++)
		search->left_out[i] = i >= high;
}

static unsigned
left(const struct search *search)
{
	unsigned count = 0;

	for (unsigned i = 0; i < search->order.steps; i++)
		count += !search->left_out[i];
	return count;
}

static void
thin_out(struct search *search)
{
	unsigned part = left(search) / 2;
	bool smaller = false;

	while (part > 0 && search->runs < RUNS_MAX) {
		for (unsigned at = 0; at < search->order.steps && search->runs < RUNS_MAX;)
			smaller |= try_without(search, &at, part);
		/* What could not be left out before may be now. */
		if (part > 1 || !smaller)
			part /= 2;
		smaller = false;
	}
}

static void
show(struct search *search)
{
	struct sim_verdict verdict;

	printf("seed %" PRIu64 " with %u of its %u steps (found in %u runs):\n", search->order.seed,
	    left(search), search->order.steps, search->runs);
	search->order.plan.left_out = search->left_out;
	search->order.plan.trace = stdout;
	sim_run_apart(&search->order, false, &verdict);
	printf("found: %s\n", verdict.finding);
}

bool
sim_minimise(const struct sim_order *order)
{
	struct search search = { .order = *order };
	struct sim_verdict verdict;

	search.order.verify = false;
	search.order.plan = (struct sim_plan){ .sqlite = order->plan.sqlite };
	sim_run_apart(&search.order, false, &verdict);
	if (verdict.finding[0] == '\0')
		return false;
	kind_of(verdict.finding, search.kind);
	search.left_out = calloc(order->steps + 1, sizeof(bool));
	search.attempt = calloc(order->steps + 1, sizeof(bool));
	if (search.left_out == NULL || search.attempt == NULL)
		abort();
	cut_tail(&search);
	thin_out(&search);
	show(&search);
	free(search.left_out);
	free(search.attempt);
	return true;
}
