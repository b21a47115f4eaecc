/* Runs of seeds, here or in processes of their own. What a run does is the world's. */
#include "sim_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "sim_bugs.h"
#include "sim_deeds.h"

#define PROGRESS_SECONDS 10

/* What processes of one run of many share. */
struct share {
	uint64_t under_way; /* index of the seed; UINT64_MAX: none */
	uint64_t done;
	uint64_t failed;
};

static void
run_once(const struct sim_order *order, struct sim_verdict *verdict_out)
{
	struct sim_world *world = malloc(sizeof(*world));
	const char *problem;

	if (world == NULL)
		abort();
	if (!sim_bug_choose(order->bug) || (order->lie != NULL && !sim_lie_is_known(order->lie))) {
		fprintf(stderr, "hubbub-sim: no bug or lie of that name\n");
		exit(EXIT_CODE_DONE); /* so that a test that expects failure fails */
	}
	sim_world_create(world, order->seed, order->plan);
	for (unsigned i = 0; i < order->steps; i++)
		sim_world_step(world, i);
	sim_world_settle(world);
	if (order->lie != NULL)
		sim_lie(world, order->lie);
	problem = sim_check(world);
	*verdict_out = (struct sim_verdict){ .digest = sim_digest(world) };
	if (problem != NULL)
		snprintf(verdict_out->finding, sizeof(verdict_out->finding), "%s", problem);
	sim_world_destroy(world);
	free(world);
}

void
sim_run(const struct sim_order *order, struct sim_verdict *verdict_out)
{
	struct sim_verdict again;

	run_once(order, verdict_out);
	if (verdict_out->finding[0] != '\0' || !order->verify)
		return;
	run_once(order, &again);
	if (again.finding[0] != '\0' || again.digest != verdict_out->digest)
		snprintf(verdict_out->finding, sizeof(verdict_out->finding),
		    "two runs of one seed differ");
}

static void *
shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	sim_must(memory != MAP_FAILED, "no shared memory");
	return memory;
}

static pid_t
apart(void)
{
	pid_t child;

	fflush(stdout);
	fflush(stderr);
	child = fork();
	sim_must(child >= 0, "no process");
	return child;
}

void
sim_run_apart(const struct sim_order *order, bool quiet, struct sim_verdict *verdict_out)
{
	struct sim_verdict *result = shared(sizeof(*result));
	pid_t child = apart();
	int status;

	if (child == 0) {
		if (quiet && freopen("/dev/null", "w", stderr) == NULL)
			_exit(EXIT_CODE_REFUSED);
		sim_run(order, result);
		fflush(stdout);
		_exit(EXIT_CODE_DONE);
	}
	sim_must(waitpid(child, &status, 0) == child, "no end of a process");
	*verdict_out = *result;
	munmap(result, sizeof(*result));
	if (status != 0)
		snprintf(verdict_out->finding, sizeof(verdict_out->finding),
		    "the process ended by %s", WIFSIGNALED(status) ? "a signal" : "itself");
}

/* Every `jobs`-th seed from `first` on. */
static void
work(const struct sim_order *order, struct share *share, uint64_t first, uint64_t count,
    unsigned jobs)
{
	struct sim_order mine = *order;
	struct sim_verdict verdict;

	for (uint64_t i = first; i < count; i += jobs) {
		share->under_way = i;
		mine.seed = order->seed + i;
		sim_run(&mine, &verdict);
		share->done++;
		share->failed += verdict.finding[0] != '\0';
		if (verdict.finding[0] != '\0')
			fprintf(stderr, "seed %" PRIu64 ": %s\n", mine.seed, verdict.finding);
	}
	share->under_way = UINT64_MAX;
}

static pid_t
begin(const struct sim_order *order, struct share *share, uint64_t first, uint64_t count,
    unsigned jobs)
{
	pid_t child = apart();

	if (child == 0) {
		work(order, share, first, count, jobs);
		_exit(EXIT_CODE_DONE);
	}
	return child;
}

static void
progress(const struct share *shares, unsigned jobs, uint64_t count)
{
	uint64_t done = 0;
	uint64_t failed = 0;

	for (unsigned i = 0; i < jobs; i++) {
		done += shares[i].done;
		failed += shares[i].failed;
	}
	fprintf(
	    stderr, "%" PRIu64 " of %" PRIu64 " seeds, %" PRIu64 " failed\n", done, count, failed);
}

/* A process that ended before its time took one seed along; another goes on behind it. */
static bool
went_on(
    const struct sim_order *order, struct share *share, pid_t *child, uint64_t count, unsigned jobs)
{
	uint64_t lost = share->under_way;

	if (lost == UINT64_MAX)
		return false;
	fprintf(stderr, "seed %" PRIu64 ": the process ended\n", order->seed + lost);
	share->done++;
	share->failed++;
	*child = begin(order, share, lost + jobs, count, jobs);
	return true;
}

static uint64_t
run_shared(const struct sim_order *order, uint64_t count, unsigned jobs, struct share *shares,
    pid_t *children)
{
	unsigned running = jobs;
	uint64_t failed = 0;
	pid_t ended;

	for (unsigned i = 0; i < jobs; i++)
		children[i] = begin(order, &shares[i], i, count, jobs);
	while (running > 0) {
		ended = waitpid(-1, NULL, WNOHANG);
		if (ended == 0) {
			for (unsigned i = 0; i < PROGRESS_SECONDS * 10 && ended == 0; i++) {
				usleep(100 * 1000);
				ended = waitpid(-1, NULL, WNOHANG);
			}
			if (ended == 0)
				progress(shares, jobs, count);
		}
		for (unsigned i = 0; i < jobs; i++) {
			if (children[i] == ended)
				running -= !went_on(order, &shares[i], &children[i], count, jobs);
		}
	}
	for (unsigned i = 0; i < jobs; i++)
		failed += shares[i].failed;
	return failed;
}

uint64_t
sim_run_many(const struct sim_order *order, uint64_t count, unsigned jobs)
{
	struct share *shares = shared(jobs * sizeof(*shares));
	pid_t *children = calloc(jobs, sizeof(*children));
	uint64_t failed;

	if (children == NULL || jobs == 0)
		abort();
	failed = run_shared(order, count, jobs, shares, children);
	free(children);
	munmap(shares, jobs * sizeof(*shares));
	return failed;
}
