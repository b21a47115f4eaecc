/*
 * A store for tests of the hub's core: the one in RAM, whose batches wait until the test ends
 * them, well or not, and which refuses to take anything when it is told to.
 */
#ifndef HUBBUB_TESTS_STORE_DOUBLE_H
#define HUBBUB_TESTS_STORE_DOUBLE_H

#include "hub/store.h"

struct store_double {
	struct store store;
	struct store *memory;
	uint64_t asked; /* last batch to be committed */
	uint64_t told;  /* last whose end was told    */
	bool slow;      /* batches wait for store_double_end ... */
	unsigned due;   /* ... but so many for the polls to come */
	bool late;      /* ... or for the next poll              */
	bool fails;     /* what ends by itself is not kept       */
	bool full;      /* nothing is taken                      */
	bool no_ids;    /* no id is taken                        */
	bool no_outcomes;
	const char *in_memory; /* a stream that is gone with the hub's process; may be NULL */
	unsigned appended;
	unsigned outcomes;
};

/* False without memory. */
bool store_double_open(struct store_double *store, uint64_t seed);
void store_double_close(struct store_double *store);

/* Ends the oldest batch that waits; false if none does. */
bool store_double_end(struct store_double *store, bool committed);

/*
 * The hub's process ended: of the batches that wait the first `kept` were written all the same, the
 * rest and what was not yet asked for is gone. A new core may take the store.
 */
void store_double_crash(struct store_double *store, unsigned kept);

#endif
