/*
 * A crowd of several dialects that talks all the time, whatever becomes of the server meanwhile:
 * who is where, who says what, and the books of what each must hear.
 */
#ifndef HUBBUB_TESTS_BENCH_CROWD_H
#define HUBBUB_TESTS_BENCH_CROWD_H

#include "tests/bench/load_client.h"
#include "tests/bench/marker.h"

#define CROWD_GROUPS_MAX 32
#define CROWD_CONTENT_MAX 4096

/* Of a group, each at another port; a lane is what one of them says in public. */
#define CROWD_SPEAKERS 4u

/* All that have asked for the same path; in public they hear each other. */
struct crowd_hall {
	const char *path;
	unsigned ears;
	unsigned lanes;
	struct marker_book book;
	uint64_t said;
};

/* What is said at a fixed rate, the next one when it is due. */
struct crowd_stream {
	double rate; /* per second; 0: nothing */
	uint64_t said;
	uint64_t most; /* as far as the books go */
};

/* The last seq that a native client has heard. */
struct crowd_place {
	uint64_t room;
	uint64_t inbox;
};

/* Clients of one dialect in one hall: client 2i writes to client 2i + 1. */
struct crowd_group {
	struct crowd *crowd;
	struct crowd_hall *hall;
	const struct peer *peer;
	const char *path;
	unsigned clients;
	unsigned first_ear; /* in its hall */
	unsigned first_lane;
	unsigned lanes;
	unsigned pairs;
	struct load_net net;
	struct crowd_stream publicly;
	struct crowd_stream privately;
	struct marker_book told;    /* by recipients                     */
	struct marker_book copies;  /* of that, by senders: copy or ack  */
	struct marker_book answers; /* to what was said in public        */
	struct marker_finder finders[2];
	struct crowd_place *places; /* NULL: its messages have no seq    */
};

/* Sums since all were in. */
struct crowd_sums {
	unsigned gone;
	uint64_t notices;  /* of who comes, who goes and who is there     */
	uint64_t refused;  /* errors, and "is not there"                  */
	uint64_t degraded; /* "the hub is away", and that it is back      */
	uint64_t repeated; /* by seq                                      */
	uint64_t skipped;  /* likewise                                    */
};

struct histogram;

/* What was seen since the last look. Times in nanoseconds. */
struct crowd_window {
	uint64_t began_ns;
	uint64_t said;
	uint64_t heard;
	uint64_t send_lag_ns;                /* the latest sending, behind its time */
	uint64_t heard_ns[LOAD_PORTS_MAX];   /* the last message, by port           */
	uint64_t silence_ns[LOAD_PORTS_MAX]; /* the longest time without one        */
	struct histogram *latency;           /* from due to heard, answers too      */
};

struct crowd {
	const char *address;
	int ports[LOAD_PORTS_MAX];
	unsigned port_count;
	unsigned bytes;
	unsigned most_seconds;
	unsigned patience_s;
	unsigned settle_ms;
	struct crowd_hall halls[CROWD_GROUPS_MAX];
	unsigned hall_count;
	struct crowd_group groups[CROWD_GROUPS_MAX];
	unsigned group_count;
	unsigned joined;
	bool talking;
	uint64_t begun_ns;
	uint64_t heard_ns; /* any message */
	struct crowd_sums sums;
	struct crowd_window window;
	char content[CROWD_CONTENT_MAX];
};

/* What the books say of all that was said. */
struct crowd_account {
	uint64_t said, expected, heard, duplicates, misordered, foreign;
};

/* Adds a group; false, said on stderr, if it cannot be. */
bool crowd_add(struct crowd *crowd, const struct peer *peer, const char *path, unsigned clients,
    double publicly, double privately);

/* Opens nets and books; false, said on stderr, without memory. */
bool crowd_open(struct crowd *crowd);
void crowd_close(struct crowd *crowd);

/* A new window begins. */
void crowd_look(struct crowd *crowd, uint64_t now_ns);

/* Says what is due; when the next is. */
uint64_t crowd_talk(struct crowd *crowd, uint64_t now_ns);

void crowd_count(const struct crowd *crowd, struct crowd_account *account_out);

#endif
