/*
 * What it costs to keep messages: rows a second and processor time of each, in batches as turns
 * make them, for one durability. Prints one line.
 */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "hub/store_sqlite.h"

#define CONTENT_BYTES 128

/* Batches that the core may have under way at once: it does not wait for each. */
#define UNDER_WAY 2

struct run {
	const char *path;
	uint64_t rows;
	unsigned batch;
	bool ids;
	bool outcomes;
	uint64_t ended;
	bool failed;
};

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct run *run = context;

	run->ended = batch;
	run->failed |= !committed;
}

static bool
put(struct store *store, const struct run *run, uint64_t epoch, uint64_t seq)
{
	char content[CONTENT_BYTES];
	char name[32];
	struct store_message message = {
		.stream = TEXT("room/lobby"),
		.epoch = epoch,
		.seq = seq,
		.wall_ms = 1700000000000 + (int64_t)seq,
		.from = 7,
		.from_user = TEXT("12345678"),
		.from_name = TEXT("somebody"),
		.content = { content, sizeof(content) },
	};
	struct store_outcome outcome = {
		.gateway = TEXT("gw-1"),
		.gateway_epoch = 5,
		.number = seq,
		.room = TEXT("lobby"),
		.epoch = epoch,
		.seq = seq,
	};
	struct store_id id = { .room = TEXT("lobby"), .epoch = epoch, .seq = seq };
	char key[40];

	memset(content, 'x', sizeof(content));
	if (!store->ops->append(store, &message) ||
	    (run->outcomes && !store->ops->put_outcome(store, &outcome)))
		return false;
	if (!run->ids)
		return true;
	/* Ids of many users, each of which counts or draws its own. */
	snprintf(name, sizeof(name), "open/%08x", (unsigned)(seq * 2654435761u) % 1000u);
	snprintf(key, sizeof(key), "%016llx", (unsigned long long)seq * 0x9e3779b97f4a7c15u);
	id.sender = text_of(name);
	id.id = text_of(key);
	return store->ops->put_id(store, &id);
}

static void
wait_for(struct store *store, const struct run *run, uint64_t batch)
{
	struct pollfd wake = { .fd = store->ops->wake_fd(store), .events = POLLIN };

	store->ops->poll(store);
	while (run->ended < batch) {
		(void)poll(&wake, 1, 1000);
		store->ops->poll(store);
	}
}

static bool
write_all(struct store *store, struct run *run)
{
	struct store_stream wanted = {
		.name = TEXT("room/lobby"),
		.durability = STORE_DISK,
		.keep = { .messages = 10000 },
	};
	struct store_position position;
	uint64_t batch = 0;

	store->completed = on_completed;
	store->context = run;
	if (!store->ops->open_stream(store, &wanted, &position))
		return false;
	for (uint64_t seq = 1; seq <= run->rows; seq++) {
		if (!put(store, run, position.epoch, seq))
			return false;
		if (seq % run->batch != 0)
			continue;
		/* Confirmed about once a thousand, as gateways do. */
		if (run->outcomes && !store->ops->prune_outcomes(store, TEXT("gw-1"), 5, seq - 500))
			return false;
		store->ops->commit(store, ++batch);
		if (batch > UNDER_WAY)
			wait_for(store, run, batch - UNDER_WAY);
	}
	wait_for(store, run, batch);
	return !run->failed;
}

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int
measure(struct run *run, enum store_durability durability)
{
	struct store_sqlite_setup setup = { .path = run->path, .durability = durability };
	char error[512];
	struct store *store = store_sqlite_open(&setup, error, sizeof(error));
	double began = seconds(CLOCK_MONOTONIC);
	double cpu = cpu_seconds();
	double took;

	if (store == NULL) {
		fprintf(stderr, "store-bench: %s\n", error);
		return 1;
	}
	if (!write_all(store, run)) {
		fprintf(stderr, "store-bench: not stored\n");
		return 1;
	}
	took = seconds(CLOCK_MONOTONIC) - began;
	cpu = cpu_seconds() - cpu;
	printf("%-6s ids=%d outcomes=%d batch=%u: %8.0f rows/s, %5.2f us cpu each\n",
	    durability == STORE_DISK ? "disk" : "normal", run->ids, run->outcomes, run->batch,
	    (double)run->rows / took, cpu * 1e6 / (double)run->rows);
	store_close(&store);
	return 0;
}

int
main(int argc, char **argv)
{
	struct run run = { .rows = 300000, .batch = 500 };
	enum store_durability durability = STORE_DISK;
	int option;

	while ((option = getopt(argc, argv, "nior:b:")) != -1) {
		switch (option) {
		case 'n':
			durability = STORE_NORMAL;
			break;
		case 'i':
			run.ids = true;
			break;
		case 'o':
			run.outcomes = true;
			break;
		case 'r':
			run.rows = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			run.batch = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			optind = argc;
			break;
		}
	}
	if (optind + 1 != argc || run.batch == 0) {
		fputs("usage: hubbub-store-bench [-n] [-i] [-o] [-r ROWS] [-b BATCH] NEW-FILE\n"
		      "-n: durability normal; -i: with ids; -o: with outcomes\n",
		    stderr);
		return 2;
	}
	run.path = argv[optind];
	return measure(&run, durability);
}
