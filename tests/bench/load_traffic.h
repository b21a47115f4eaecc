/* The talking part of a run: who says what and when, and what must be heard of it. */
#ifndef HUBBUB_TESTS_BENCH_LOAD_TRAFFIC_H
#define HUBBUB_TESTS_BENCH_LOAD_TRAFFIC_H

#include "tests/bench/load_modes.h"
#include "tests/bench/marker.h"

#define LOAD_CONTENT_MAX 32768

struct load_run {
	const struct load_plan *plan;
	struct load_result *result;
	struct load_net net;
	struct marker_book deliveries; /* by those that messages are for       */
	struct marker_book answers;    /* by their senders                     */
	bool books_open;
	struct marker_finder finders[2]; /* by peer_kind                        */
	uint64_t heard_ns;               /* when the last new message was heard */
	char content[LOAD_CONTENT_MAX];
};

/* For the events of the net: something with a marker was heard. */
void load_traffic_heard(struct load_run *run, const struct load_client *client, enum peer_kind kind,
    const char *bytes, size_t size, uint64_t now_ns);

/* Talks as planned and fills in the result; false, said on stderr, if it cannot be done. */
bool load_traffic(struct load_run *run);

#endif
