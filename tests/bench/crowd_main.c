/*
 * hubbub-crowd: the command line, and the loop. Whoever started it says on its input when to look
 * and when to end, and reads one JSON object for each on its output.
 */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/crowd.h"
#include "tests/bench/histogram.h"

#define EXIT_USAGE 2
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define COMING_IN 500u
#define WORD_MAX 16

static const char help[] =
    "hubbub-crowd --port PORT --group GROUP [OPTIONS]\n"
    "\n"
    "A crowd that talks all the time, while somebody restarts parts of the server.\n"
    "Once all are in and it is quiet it says so, in JSON. Then it reads words, one a line:\n"
    "\n"
    "  look   tells what was seen since the last look\n"
    "  end    stops talking, waits for what is under way, and tells of everything;\n"
    "         the end of the input does the same\n"
    "\n"
    "Exit status: 0 all was heard once and nobody was disconnected, 1 not so, 2 usage.\n"
    "\n"
    "  --group PEER,PATH,CLIENTS,PUBLIC,PRIVATE\n"
    "                     a dialect (hubbub-load --help has them), where, how many clients,\n"
    "                     messages a second in public and in private; may be repeated.\n"
    "                     Groups of one path hear each other in public\n"
    "  --address IP       where the server is (127.0.0.1)\n"
    "  --port PORT        may be repeated: clients take turns with them\n"
    "  --bytes N          of content, at least 34 (128)\n"
    "  --settle MS        silence before the messages begin (1500)\n"
    "  --patience N       seconds without any progress before giving up (10)\n"
    "  --most-seconds N   the longest that it can talk (600)\n";

static void
refuse(const char *what, const char *value)
{
	fprintf(stderr, "hubbub-crowd: %s: %s (see --help)\n", what, value);
	exit(EXIT_USAGE);
}

static unsigned
number(const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value < least || value > most)
		refuse("not a number that is allowed here", text);
	return (unsigned)value;
}

static void
add_group(struct crowd *crowd, char *words)
{
	char *rest = NULL;
	char *peer = strtok_r(words, ",", &rest);
	char *path = strtok_r(NULL, ",", &rest);
	char *clients = strtok_r(NULL, ",", &rest);
	char *publicly = strtok_r(NULL, ",", &rest);
	char *privately = strtok_r(NULL, ",", &rest);
	const struct peer *found = peer == NULL ? NULL : peer_find(peer);

	if (found == NULL || privately == NULL || rest == NULL || *rest != '\0')
		refuse("not a group", words);
	if (!crowd_add(
		crowd, found, path, number(clients, 1, 1000000), atof(publicly), atof(privately)))
		exit(EXIT_USAGE);
}

static void
parse(int count, char **words, struct crowd *crowd)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "group", required_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ "most-seconds", required_argument, NULL, 'm' },
		{ "patience", required_argument, NULL, 't' },
		{ "port", required_argument, NULL, 'p' },
		{ "settle", required_argument, NULL, 's' },
		{ 0 },
	};
	int key;

	while ((key = getopt_long(count, words, "", options, NULL)) != -1) {
		if (key == 'h') {
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		}
		if (key == '?')
			exit(EXIT_USAGE);
		if (key == 'p' && crowd->port_count == LOAD_PORTS_MAX)
			refuse("too many ports", optarg);
		if (key == 'a')
			crowd->address = optarg;
		else if (key == 'b')
			crowd->bytes = number(optarg, MARKER_SIZE, CROWD_CONTENT_MAX);
		else if (key == 'g')
			add_group(crowd, optarg);
		else if (key == 'm')
			crowd->most_seconds = number(optarg, 1, 3600);
		else if (key == 't')
			crowd->patience_s = number(optarg, 1, 3600);
		else if (key == 'p')
			crowd->ports[crowd->port_count++] = (int)number(optarg, 1, 65535);
		else if (key == 's')
			crowd->settle_ms = number(optarg, 0, 3600000);
	}
	if (crowd->port_count == 0 || crowd->group_count == 0 || optind != count)
		refuse("wanted", "--port and --group, and nothing else");
}

/* All nets, and the input if `input` is not -1: true if there is something to read in it. */
static bool
turn(struct crowd *crowd, int input, uint64_t until_ns)
{
	struct pollfd fds[CROWD_GROUPS_MAX + 1];
	uint64_t now = load_now_ns(), wait = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = { (time_t)(wait / NS_PER_S), (long)(wait % NS_PER_S) };
	unsigned count = crowd->group_count;

	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = crowd->groups[i].net.epoll, .events = POLLIN };
	fds[count] = (struct pollfd){ .fd = input, .events = POLLIN };
	if (ppoll(fds, count + 1, &timeout, NULL) <= 0)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (fds[i].revents != 0)
			load_net_turn(&crowd->groups[i].net, 0);
	}
	return fds[count].revents != 0;
}

static bool
everybody_in(struct crowd *crowd)
{
	uint64_t progress_ns = load_now_ns();
	unsigned before, started = 0, first = 0, group = 0;

	while (group < crowd->group_count || crowd->joined < started) {
		before = crowd->joined;
		while (group < crowd->group_count && started - crowd->joined < COMING_IN) {
			if (!load_net_connect(&crowd->groups[group].net, started - first)) {
				perror("crowd: no more connections");
				return false;
			}
			if (++started - first == crowd->groups[group].clients) {
				first = started;
				group++;
			}
		}
		turn(crowd, -1, load_now_ns() + 100 * NS_PER_MS);
		if (crowd->joined > before)
			progress_ns = load_now_ns();
		if (crowd->sums.gone > 0 ||
		    load_now_ns() - progress_ns > crowd->patience_s * NS_PER_S) {
			fprintf(stderr, "crowd: only %u of %u came in\n", crowd->joined, started);
			return false;
		}
	}
	return true;
}

static uint64_t
bytes_in(const struct crowd *crowd)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < crowd->group_count; i++)
		sum += crowd->groups[i].net.bytes_in;
	return sum;
}

/* Everybody has been told of everybody: what is heard of that from now on is noise. */
static bool
is_quiet(struct crowd *crowd)
{
	uint64_t last_ns = load_now_ns(), bytes = bytes_in(crowd);
	uint64_t give_up_ns = last_ns + 30 * crowd->patience_s * NS_PER_S;

	while (load_now_ns() - last_ns < crowd->settle_ms * NS_PER_MS) {
		turn(crowd, -1, load_now_ns() + 20 * NS_PER_MS);
		if (bytes_in(crowd) != bytes)
			last_ns = load_now_ns();
		bytes = bytes_in(crowd);
		if (last_ns > give_up_ns || crowd->sums.gone > 0) {
			fprintf(stderr, "crowd: it never gets quiet\n");
			return false;
		}
	}
	return true;
}

static double
ms(uint64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

static void
tell_window(struct crowd *crowd)
{
	struct crowd_window *window = &crowd->window;
	uint64_t now = load_now_ns(), silence = 0;

	for (unsigned port = 0; port < crowd->port_count; port++) {
		uint64_t last = now - window->heard_ns[port];
		uint64_t longest = window->silence_ns[port];

		longest = last > longest ? last : longest;
		silence = longest > silence ? longest : silence;
	}
	printf("{\"seconds\": %.3f, \"said\": %lu, \"heard\": %lu, \"latency_p50_ms\": %.3f, "
	       "\"latency_p99_ms\": %.3f, \"latency_max_ms\": %.3f, \"silence_ms\": %.3f, "
	       "\"send_lag_ms\": %.3f",
	    ms(now - window->began_ns) / 1000, window->said, window->heard,
	    ms(histogram_percentile(window->latency, 50)),
	    ms(histogram_percentile(window->latency, 99)), ms(histogram_greatest(window->latency)),
	    ms(silence), ms(window->send_lag_ns));
	crowd_look(crowd, now);
}

static void
tell_sums(const struct crowd *crowd)
{
	const struct crowd_sums *sums = &crowd->sums;

	printf(", \"gone\": %u, \"notices\": %lu, \"refused\": %lu, \"degraded\": %lu, "
	       "\"repeated\": %lu, \"skipped\": %lu",
	    sums->gone, sums->notices, sums->refused, sums->degraded, sums->repeated,
	    sums->skipped);
}

/* True if it was as promised. */
static bool
tell_all(const struct crowd *crowd)
{
	const struct crowd_sums *sums = &crowd->sums;
	struct crowd_account account;
	bool clean;

	crowd_count(crowd, &account);
	clean = sums->gone == 0 && sums->notices == 0 && sums->refused == 0 &&
		sums->repeated == 0 && sums->skipped == 0 && account.heard == account.expected &&
		account.duplicates == 0 && account.misordered == 0 && account.foreign == 0;
	printf("{\"clients\": %u, \"said\": %lu, \"expected\": %lu, \"heard\": %lu, "
	       "\"duplicates\": %lu, \"misordered\": %lu, \"foreign\": %lu",
	    crowd->joined, account.said, account.expected, account.heard, account.duplicates,
	    account.misordered, account.foreign);
	tell_sums(crowd);
	printf(", \"clean\": %s}\n", clean ? "true" : "false");
	return clean;
}

/* False at the end. */
static bool
obey(struct crowd *crowd)
{
	char word[WORD_MAX];

	if (fgets(word, sizeof(word), stdin) == NULL || strcmp(word, "end\n") == 0)
		return false;
	if (strcmp(word, "look\n") == 0) {
		tell_window(crowd);
		tell_sums(crowd);
		printf("}\n");
	} else {
		fprintf(stderr, "crowd: nothing known: %s", word);
	}
	fflush(stdout);
	return true;
}

static void
hear_the_rest(struct crowd *crowd)
{
	uint64_t last_ns = load_now_ns();
	struct crowd_account account;

	crowd_count(crowd, &account);
	while (account.heard < account.expected &&
	       load_now_ns() - last_ns < crowd->patience_s * NS_PER_S) {
		turn(crowd, -1, load_now_ns() + 10 * NS_PER_MS);
		last_ns = crowd->heard_ns > last_ns ? crowd->heard_ns : last_ns;
		crowd_count(crowd, &account);
	}
	/* What nobody should hear comes behind it. */
	last_ns = load_now_ns();
	while (load_now_ns() - last_ns < crowd->settle_ms * NS_PER_MS)
		turn(crowd, -1, load_now_ns() + 10 * NS_PER_MS);
}

static bool
run(struct crowd *crowd)
{
	if (!crowd_open(crowd) || !everybody_in(crowd) || !is_quiet(crowd))
		return false;
	printf("{\"clients\": %u}\n", crowd->joined);
	fflush(stdout);
	crowd->talking = true;
	crowd->begun_ns = load_now_ns();
	crowd_look(crowd, crowd->begun_ns);
	do {
		uint64_t next_ns;

		/* One turn at least between two words, and all that is due before it. */
		do
			next_ns = crowd_talk(crowd, load_now_ns());
		while (!turn(crowd, STDIN_FILENO, next_ns));
	} while (obey(crowd));
	hear_the_rest(crowd);
	return tell_all(crowd);
}

int
main(int count, char **words)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct rlimit files;
	bool clean;

	if (crowd == NULL)
		return EXIT_FAILURE;
	crowd->address = "127.0.0.1";
	crowd->bytes = 128;
	crowd->most_seconds = 600;
	crowd->patience_s = 10;
	crowd->settle_ms = 1500;
	/* Words are looked for with poll: none may wait in a buffer. */
	setvbuf(stdin, NULL, _IONBF, 0);
	parse(count, words, crowd);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	prctl(PR_SET_TIMERSLACK, 1);
	clean = run(crowd);
	crowd_close(crowd);
	free(crowd);
	return clean && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
