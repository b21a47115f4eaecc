/*
 * What operators wait for: gateways that were asked, long work of the store.
 */
#ifndef HUBBUB_HUB_CORE_ASKED_H
#define HUBBUB_HUB_CORE_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/envelope.h"

/* Questions to gateways whose answers operators wait for; older ones give way. */
#define CORE_INSPECTIONS_MAX 256u

struct inspection {
	uint64_t token;
	unsigned slot;
	bool answered;
	bool found;
	uint64_t queue_bytes;
};

/* What a gateway was asked of itself last, and said. */
struct gateway_asked {
	uint64_t level_asked; /* tokens; 0: never */
	uint64_t level_said;
	uint64_t load_asked;
	uint64_t load_said;
	uint32_t level;
	struct envelope_load load;
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
