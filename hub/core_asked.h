/*
 * What operators wait for: gateways that were asked, long work of the store.
 */
#ifndef HUBBUB_HUB_CORE_ASKED_H
#define HUBBUB_HUB_CORE_ASKED_H

#include <stdbool.h>
#include <stdint.h>

/* Questions to gateways whose answers operators wait for; older ones give way. */
#define CORE_INSPECTIONS_MAX 256u

struct inspection {
	uint64_t token;
	unsigned slot;
	bool answered;
	bool found;
	uint64_t queue_bytes;
};

/* Long work of the store, one at a time. */
struct store_work {
	uint64_t serial; /* of the last that was begun */
	bool runs;
	bool done;
	bool restores; /* what runs is to be taken at the next start ... */
	bool staged;   /* ... and some such work has come to its end     */
	char sentence[256];
};

#endif
