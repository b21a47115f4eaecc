/* What a run does and what it finds out. */
#ifndef HUBBUB_TESTS_BENCH_LOAD_MODES_H
#define HUBBUB_TESTS_BENCH_LOAD_MODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/bench/load_client.h"
#include "tests/bench/server_usage.h"

#define LOAD_PIDS_MAX 32

enum load_mode {
	LOAD_BROADCAST, /* to everybody in the room                         */
	LOAD_PRIVATE,   /* client 2i to client 2i + 1                       */
	LOAD_CONNECT,   /* come in as fast as possible, then be quiet       */
	LOAD_CHURN,     /* a broadcast while others leave and come again    */
	LOAD_IDLE,      /* be in and say nothing                            */
};

struct load_plan {
	enum load_mode mode;
	const struct peer *peer;
	const char *address;
	int ports[LOAD_PORTS_MAX]; /* clients take turns with them */
	unsigned port_count;
	const char *path; /* NULL: the peer's own */
	unsigned clients; /* those that stay */
	unsigned senders; /* of a broadcast; they take turns */
	double rate;      /* messages per second, all senders together */
	unsigned bytes;   /* of content */
	double seconds;
	unsigned messages;   /* instead of seconds; 0: as rate and seconds say */
	unsigned in_flight;  /* of a broadcast: said and not yet heard by all, instead of a rate */
	unsigned guests;     /* of churn: those that come and go, beside the clients */
	double churn_rate;   /* leaves per second; each comes back at once */
	unsigned window;     /* clients on their way in at the same time */
	unsigned settle_ms;  /* this long nothing may be heard before it begins */
	unsigned patience_s; /* without any progress, before giving up */
	pid_t pids[LOAD_PIDS_MAX];
	size_t pid_count;
};

struct histogram;

/* Times in nanoseconds. */
struct load_result {
	unsigned joined;
	unsigned gone;       /* connections that ended before we wanted it */
	uint64_t connect_ns; /* from the first connect() until the last was in */
	uint64_t quiet_ns;   /* until the last byte that their coming in caused */
	uint64_t sent, expected, heard, duplicates, misordered, foreign;
	uint64_t answers_expected, answers; /* what told senders that it was taken */
	uint64_t left, returned;            /* of churn */
	uint64_t skipped;                   /* leaves of guests that were not yet in again */
	uint64_t send_lag_ns;      /* the latest that a message was sent after it was due */
	uint64_t traffic_ns;       /* from the first due message to the last that was heard */
	uint64_t observed_ns;      /* from when_in to at_end */
	uint64_t own_cpu_ns;       /* of the generator in that time */
	struct histogram *latency; /* from due to heard, by those it was sent to */
	struct histogram *copies;  /* from due to the answer heard by the sender */
	struct server_usage at_start, when_in, at_end;
	struct kernel_usage kernel_at_start, kernel_when_in;
};

/*
 * Does what the plan says. False if it could not be done at all, which is said
 * on stderr. The caller clears the result in either case.
 */
bool load_run(const struct load_plan *plan, struct load_result *result_out);
void load_result_clear(struct load_result *result);

/* Everybody came in and stayed, and all was heard once and in order. */
bool load_result_is_clean(const struct load_plan *plan, const struct load_result *result);

#endif
