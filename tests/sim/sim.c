/*
 * hubbub-sim: runs the real cores of hub and gateways against fake clients, one
 * seed after another, and judges each run. Exit 0: all seeds held.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit_codes.h"
#include "sim_bugs.h"
#include "sim_run.h"

struct options {
	struct sim_order order;
	uint64_t count;
	unsigned jobs; /* 0: in this process */
	bool minimise;
	bool prove;
};

static int
usage(FILE *to)
{
	fputs("usage: hubbub-sim [--seed N | --seeds N [--from N]] [--jobs N] [--steps N]\n"
	      "                  [--store sqlite] [--verify] [--minimise | --trace] [--lie WORD]\n"
	      "       hubbub-sim-sabotaged --bugs | --bug NAME [--prove] [the same]\n"
	      "  --seeds N   run so many seeds (default 20), from 1 on; odd ones with faults\n"
	      "  --from N    the first of them\n"
	      "  --seed N    run one seed\n"
	      "  --jobs N    in so many processes, with a word every ten seconds\n"
	      "  --steps N   steps of one run (default 3000)\n"
	      "  --store WORD  ram (default), or sqlite: the real one on a disk that forgets\n"
	      "  --verify    run each seed twice and compare\n"
	      "  --minimise  print the fewest steps with which the seed still fails\n"
	      "  --trace     print what is done\n"
	      "  --lie WORD  falsify what clients heard; the words are in sim_lies.c\n"
	      "  --bugs      print the table of deliberate bugs\n"
	      "  --bug NAME  with one of them\n"
	      "  --prove     the bug must be found, and nothing without it\n",
	    to);
	return to == stdout ? EXIT_CODE_DONE : EXIT_CODE_USAGE;
}

static void
print_bugs(void)
{
	const struct sim_bug *bug;

	puts("| bug | what it breaks | how |\n|---|---|---|");
	for (unsigned i = 0; (bug = sim_bug_at(i)) != NULL; i++)
		printf("| `%s` | %s | %s |\n", bug->name, bug->breaks, bug->how);
}

static uint64_t
run_here(const struct options *options)
{
	struct sim_order order = options->order;
	struct sim_verdict verdict;
	uint64_t failed = 0;

	for (uint64_t i = 0; i < options->count; i++) {
		order.seed = options->order.seed + i;
		sim_run(&order, &verdict);
		failed += verdict.finding[0] != '\0';
		if (verdict.finding[0] != '\0')
			fprintf(stderr, "seed %" PRIu64 ": %s\n", order.seed, verdict.finding);
	}
	return failed;
}

static int
run_all(const struct options *options)
{
	uint64_t failed;

	if (options->prove)
		return sim_prove(&options->order, options->count) ? EXIT_CODE_DONE
								  : EXIT_CODE_REFUSED;
	if (options->minimise && sim_minimise(&options->order))
		return EXIT_CODE_REFUSED;
	failed = options->jobs == 0 ? run_here(options)
				    : sim_run_many(&options->order, options->count, options->jobs);
	printf("%" PRIu64 " passed, %" PRIu64 " failed\n", options->count - failed, failed);
	return failed == 0 ? EXIT_CODE_DONE : EXIT_CODE_REFUSED;
}

static bool
set_number(struct options *options, int option, uint64_t value)
{
	if (option == 's' || option == 'f')
		options->order.seed = value;
	if (option == 's')
		options->count = 1;
	else if (option == 'n')
		options->count = value;
	else if (option == 'j')
		options->jobs = (unsigned)value;
	else if (option == 't')
		options->order.steps = (unsigned)value;
	else
		return option == 'f';
	return true;
}

static bool
set_word(struct options *options, int option)
{
	if (option == 'v')
		options->order.verify = true;
	else if (option == 'm')
		options->minimise = true;
	else if (option == 'r')
		options->order.plan.trace = stdout;
	else if (option == 'l')
		options->order.lie = optarg;
	else if (option == 'b')
		options->order.bug = optarg;
	else if (option == 'p')
		options->prove = true;
	else if (option == 'd' && optarg != NULL && strcmp(optarg, "sqlite") == 0)
		options->order.plan.sqlite = true;
	else if (option == 'd')
		return optarg != NULL && strcmp(optarg, "ram") == 0;
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "steps", required_argument, NULL, 't' },
		{ "store", required_argument, NULL, 'd' },
		{ "verify", no_argument, NULL, 'v' },
		{ "minimise", no_argument, NULL, 'm' },
		{ "trace", no_argument, NULL, 'r' },
		{ "lie", required_argument, NULL, 'l' },
		{ "bugs", no_argument, NULL, 'B' },
		{ "bug", required_argument, NULL, 'b' },
		{ "prove", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .order = { .seed = 1, .steps = 3000 }, .count = 20 };
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		bool is_number = option != '?' && optarg != NULL && strchr("lbd", option) == NULL;

		if (option == 'B') {
			print_bugs();
			return EXIT_CODE_DONE;
		}
		if (is_number ? !set_number(&options, option, strtoull(optarg, NULL, 10))
			      : !set_word(&options, option))
			return usage(option == 'h' ? stdout : stderr);
	}
	return run_all(&options);
}
