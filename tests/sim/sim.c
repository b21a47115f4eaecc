/*
 * hubbub-sim: runs the real cores of hub and gateways against fake clients, one
 * seed after another, and judges each run. Exit 0: all seeds held.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit_codes.h"
#include "sim_check.h"

struct options {
	uint64_t first;
	uint64_t count;
	unsigned steps;
	bool verify;
	const char *lie;
};

static const char *
run(uint64_t seed, const struct options *options, uint64_t *digest_out)
{
	struct sim_world *world = malloc(sizeof(*world));
	const char *problem;

	if (world == NULL)
		abort();
	sim_world_create(world, seed);
	for (unsigned i = 0; i < options->steps; i++)
		sim_world_step(world);
	sim_world_settle(world);
	if (options->lie != NULL && !sim_lie(world, options->lie)) {
		fprintf(stderr, "hubbub-sim: no lie is called '%s'\n", options->lie);
		exit(EXIT_CODE_DONE); /* so that a test that expects failure fails */
	}
	problem = sim_check(world);
	*digest_out = sim_digest(world);
	sim_world_destroy(world);
	free(world);
	return problem;
}

static bool
run_seed(uint64_t seed, const struct options *options)
{
	uint64_t digest;
	uint64_t again;
	const char *problem = run(seed, options, &digest);

	if (problem == NULL && options->verify) {
		problem = run(seed, options, &again);
		if (problem == NULL && again != digest)
			problem = "two runs of one seed differ";
	}
	if (problem != NULL)
		fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, problem);
	return problem == NULL;
}

static int
usage(FILE *to)
{
	fputs("usage: hubbub-sim [--seed N | --seeds N] [--steps N] [--verify] [--lie WORD]\n"
	      "  --seeds N   run the seeds 1 to N (default 20); odd ones with faults\n"
	      "  --seed N    run one seed\n"
	      "  --steps N   steps of one run (default 3000)\n"
	      "  --verify    run each seed twice and compare\n"
	      "  --lie WORD  falsify what clients heard; the words are in sim_lies.c\n",
	    to);
	return to == stdout ? EXIT_CODE_DONE : EXIT_CODE_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "steps", required_argument, NULL, 't' },
		{ "verify", no_argument, NULL, 'v' },
		{ "lie", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .first = 1, .count = 20, .steps = 3000 };
	uint64_t failed = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 's') {
			options.first = strtoull(optarg, NULL, 10);
			options.count = 1;
		} else if (option == 'n')
			options.count = strtoull(optarg, NULL, 10);
		else if (option == 't')
			options.steps = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'v')
			options.verify = true;
		else if (option == 'l')
			options.lie = optarg;
		else
			return usage(option == 'h' ? stdout : stderr);
	}
	for (uint64_t i = 0; i < options.count; i++)
		failed += !run_seed(options.first + i, &options);
	printf("%llu passed, %llu failed\n", (unsigned long long)(options.count - failed),
	    (unsigned long long)failed);
	return failed == 0 ? EXIT_CODE_DONE : EXIT_CODE_REFUSED;
}
