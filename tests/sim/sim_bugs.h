/*
 * Deliberate bugs of the system under test, to see that the judge finds them. hubbub-sim-sabotaged
 * has them, at the seams between the parts of the cores; hubbub-sim is linked without any.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_BUGS_H
#define HUBBUB_TESTS_SIM_SIM_BUGS_H

#include <stdbool.h>

struct sim_bug {
	unsigned first; /* seed to begin with */
	const char *name;
	const char *breaks;   /* the promise                                        */
	const char *how;      /* what the code does instead                         */
	const char *findings; /* pieces of sentences, '|' between: one must be found */
	bool sqlite;          /* only with the real store                            */
};

/* The table's rows; NULL past the last. */
const struct sim_bug *sim_bug_at(unsigned index);

/* The next run has that bug; NULL: none. False for one that is not in the table. */
bool sim_bug_choose(const char *name);

#endif
