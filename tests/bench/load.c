/* hubbub-load: the command line of the load generator. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "tests/bench/load_modes.h"
#include "tests/bench/load_report.h"
#include "tests/bench/marker.h"

#define EXIT_USAGE 2
#define CONTENT_MAX 16384

static const char help[] =
    "hubbub-load MODE --port PORT [OPTIONS]\n"
    "\n"
    "Loads a server and checks that all is heard once and in order.\n"
    "Exit status: 0 all was, 1 it was not, 2 the command line is wrong.\n"
    "\n"
    "  broadcast   members of a room, messages to all of them at a fixed rate\n"
    "  private     pairs of clients, messages from one to the other\n"
    "  connect     clients come in as fast as they can\n"
    "  churn       a broadcast while guests leave and come again; they are not judged\n"
    "  idle        clients that are in and say nothing\n"
    "\n"
    "  --address IP    where the server is (127.0.0.1)\n"
    "  --port PORT     may be repeated: clients take turns with them\n"
    "  --peer NAME     what it speaks: room, native, native-ids, direct, pair, nats,\n"
    "                  jetstream, nchan or node (room)\n"
    "  --path PATH     what is asked for (the peer's own)\n"
    "  --clients N     how many (100)\n"
    "  --senders N     of a broadcast, taking turns (1)\n"
    "  --rate N        messages per second, all together (50)\n"
    "  --bytes N       of content, at least 34 (128)\n"
    "  --seconds N     of messages or of idling (5)\n"
    "  --messages N    so many of them, however long it takes\n"
    "  --in-flight N   of a broadcast: not by rate, but so many not yet heard by all\n"
    "  --guests N      of churn, beside the clients (100)\n"
    "  --churn N       of churn: so many leave per second and come back at once (50)\n"
    "  --window N      clients on their way in at once (500)\n"
    "  --settle MS     silence before the messages begin (1500)\n"
    "  --patience N    seconds without any progress before giving up (5)\n"
    "  --pid PID       a process of the server, to see what it uses; may be repeated\n"
    "  --json          one JSON object instead of lines\n";

enum option_key {
	OPTION_ADDRESS = 1,
	OPTION_PATH,
	OPTION_PEER,
	OPTION_PORT,
	OPTION_CLIENTS,
	OPTION_SENDERS,
	OPTION_RATE,
	OPTION_BYTES,
	OPTION_SECONDS,
	OPTION_MESSAGES,
	OPTION_IN_FLIGHT,
	OPTION_GUESTS,
	OPTION_CHURN,
	OPTION_WINDOW,
	OPTION_SETTLE,
	OPTION_PATIENCE,
	OPTION_PID,
	OPTION_JSON,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "path", required_argument, NULL, OPTION_PATH },
	{ "peer", required_argument, NULL, OPTION_PEER },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "clients", required_argument, NULL, OPTION_CLIENTS },
	{ "senders", required_argument, NULL, OPTION_SENDERS },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "bytes", required_argument, NULL, OPTION_BYTES },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "messages", required_argument, NULL, OPTION_MESSAGES },
	{ "in-flight", required_argument, NULL, OPTION_IN_FLIGHT },
	{ "guests", required_argument, NULL, OPTION_GUESTS },
	{ "churn", required_argument, NULL, OPTION_CHURN },
	{ "window", required_argument, NULL, OPTION_WINDOW },
	{ "settle", required_argument, NULL, OPTION_SETTLE },
	{ "patience", required_argument, NULL, OPTION_PATIENCE },
	{ "pid", required_argument, NULL, OPTION_PID },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char *const modes[] = {
	[LOAD_BROADCAST] = "broadcast",
	[LOAD_PRIVATE] = "private",
	[LOAD_CONNECT] = "connect",
	[LOAD_CHURN] = "churn",
	[LOAD_IDLE] = "idle",
};

static void
refuse(const char *what, const char *value)
{
	fprintf(stderr, "hubbub-load: %s: %s (see --help)\n", what, value);
	exit(EXIT_USAGE);
}

static double
number(const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value >= least && value <= most))
		refuse("not a number that is allowed here", text);
	return value;
}

static void
take_option(struct load_plan *plan, int key, const char *value)
{
	unsigned *const whole[] = {
		[OPTION_CLIENTS] = &plan->clients,
		[OPTION_SENDERS] = &plan->senders,
		[OPTION_BYTES] = &plan->bytes,
		[OPTION_MESSAGES] = &plan->messages,
		[OPTION_IN_FLIGHT] = &plan->in_flight,
		[OPTION_GUESTS] = &plan->guests,
		[OPTION_WINDOW] = &plan->window,
		[OPTION_SETTLE] = &plan->settle_ms,
		[OPTION_PATIENCE] = &plan->patience_s,
	};

	if (key == OPTION_ADDRESS)
		plan->address = value;
	else if (key == OPTION_PATH)
		plan->path = value;
	else if (key == OPTION_PEER)
		plan->peer = peer_find(value);
	else if (key == OPTION_PORT && plan->port_count < LOAD_PORTS_MAX)
		plan->ports[plan->port_count++] = (int)number(value, 1, 65535);
	else if (key == OPTION_PORT)
		refuse("too many ports", value);
	else if (key == OPTION_CHURN)
		plan->churn_rate = number(value, 0.1, 1e6);
	else if (key == OPTION_RATE)
		plan->rate = number(value, 0.1, 1e6);
	else if (key == OPTION_SECONDS)
		plan->seconds = number(value, 0.1, 3600);
	else if (key == OPTION_PID && plan->pid_count < LOAD_PIDS_MAX)
		plan->pids[plan->pid_count++] = (pid_t)number(value, 1, 1 << 30);
	else if (key == OPTION_PID)
		refuse("too many processes", value);
	else
		*whole[key] = (unsigned)number(value, 1, 1e6);
	if (plan->peer == NULL)
		refuse("no such peer", value);
}

static void
check(struct load_plan *plan)
{
	if (plan->port_count == 0)
		refuse("missing", "--port");
	if (plan->bytes < MARKER_SIZE || plan->bytes > CONTENT_MAX)
		refuse("out of bounds", "--bytes");
	if (plan->in_flight > 0 && plan->mode != LOAD_BROADCAST)
		refuse("only of a broadcast", "--in-flight");
	if (plan->mode == LOAD_CHURN && plan->guests == 0)
		plan->guests = 100;
	if (plan->guests > 0 && plan->mode != LOAD_CHURN)
		refuse("only of churn", "--guests");
	if (plan->senders > plan->clients || (plan->mode == LOAD_PRIVATE && plan->clients % 2 != 0))
		refuse("too few, or odd", "--clients");
}

static bool
parse(int count, char **words, struct load_plan *plan)
{
	bool json = false;
	size_t mode = 0;
	int key;

	while ((key = getopt_long(count, words, "", options, NULL)) != -1) {
		if (key == OPTION_HELP) {
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		}
		if (key == '?')
			exit(EXIT_USAGE);
		if (key == OPTION_JSON)
			json = true;
		else
			take_option(plan, key, optarg);
	}
	if (optind + 1 != count)
		refuse("one mode is wanted", "none, or more than one");
	while (mode < sizeof(modes) / sizeof(modes[0]) && strcmp(modes[mode], words[optind]) != 0)
		mode++;
	if (mode == sizeof(modes) / sizeof(modes[0]))
		refuse("no such mode", words[optind]);
	plan->mode = (enum load_mode)mode;
	check(plan);
	return json;
}

int
main(int count, char **words)
{
	struct load_plan plan = {
		.peer = &peer_room,
		.address = "127.0.0.1",
		.clients = 100,
		.senders = 1,
		.rate = 50,
		.bytes = 128,
		.seconds = 5,
		.churn_rate = 50,
		.window = 500,
		.settle_ms = 1500,
		.patience_s = 5,
	};
	bool json = parse(count, words, &plan);
	struct load_result result;
	struct rlimit files;
	bool done;

	/*
	 * Clients are descriptors, and a timer that is 50 us late is a latency that is not the
	 * server's.
	 */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	prctl(PR_SET_TIMERSLACK, 1);
	done = load_run(&plan, &result);
	if (done)
		load_report(&plan, &result, json);
	done = done && load_result_is_clean(&plan, &result);
	load_result_clear(&result);
	return done && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
