/*
 * One run of one seed, and what is made of many.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_RUN_H
#define HUBBUB_TESTS_SIM_SIM_RUN_H

#include "sim_check.h"

struct sim_order {
	uint64_t seed;
	unsigned steps;
	bool verify;     /* twice, and compare */
	const char *lie; /* NULL: none */
	const char *bug; /* likewise   */
	struct sim_plan plan;
};

struct sim_verdict {
	char finding[512]; /* empty: all held */
	uint64_t digest;   /* of all that anybody heard */
};

void sim_run(const struct sim_order *order, struct sim_verdict *verdict_out);

/*
 * The same in a process of its own, whose end before its time is a finding too. `quiet`: without
 * what it has to say on stderr.
 */
void sim_run_apart(const struct sim_order *order, bool quiet, struct sim_verdict *verdict_out);

/* The seeds from order->seed on, spread over so many processes; the number of those that failed. */
uint64_t sim_run_many(const struct sim_order *order, uint64_t count, unsigned jobs);

/* Prints the fewest steps with which the seed still fails in the same way. False: it holds. */
bool sim_minimise(const struct sim_order *order);

/*
 * Within `count` seeds the bug is found, in one of its sentences, and without it the same seeds
 * hold.
 */
bool sim_prove(const struct sim_order *order, uint64_t count);

#endif
