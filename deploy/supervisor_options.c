/*
 * Owns the command line of the supervisor: its options, their defaults and their bounds.
 * Opens and creates nothing.
 */
#include "deploy/supervisor_options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deploy/supervisor_text.h"

static const char usage_text[] =
    "Usage: %s [OPTION]...\n"
    "Runs one hub and several gateways, restarts what dies, stops all of it on Ctrl-C.\n"
    "\n"
    "  --port N        port that all gateways share (8000; 0 lets the system choose)\n"
    "  --own-port N    port of the first gateway alone, the next ones follow (one above --port)\n"
    "  --demo-port N   port, also shared, for the demonstration protocols (none)\n"
    "  --gateways N    number of gateways (2)\n"
    "  --bind ADDRESS  numeric address to listen on (127.0.0.1: this machine only)\n"
    "  --state DIR     folder for sockets and data ($XDG_STATE_HOME/hubbub)\n"
    "  --config FILE   configuration file for the hub and the gateways (none)\n"
    "  --tls-certificate FILE  TLS on all ports: the certificate, PEM, with those above it (none)\n"
    "  --tls-key FILE          and its key, which no one else may read\n"
    "  --programs DIR  folder with hubbub-hub and hubbub-gateway (next to this program)\n"
    "  --help          this text\n"
    "  --version       the version\n"
    "\n"
    "SIGUSR2 replaces the gateways by the program that is there now, one after another and\n"
    "without refusing a connection; SIGUSR1 replaces the hub, and nobody is disconnected.\n"
    "SIGHUP has hub and gateways read their settings and certificates again; if the terminal is\n"
    "gone that all was started from, all ends.\n";

enum {
	OPTION_PORT = 256,
	OPTION_OWN_PORT,
	OPTION_DEMO_PORT,
	OPTION_GATEWAYS,
	OPTION_BIND,
	OPTION_STATE,
	OPTION_CONFIG,
	OPTION_TLS_CERTIFICATE,
	OPTION_TLS_KEY,
	OPTION_PROGRAMS,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "own-port", required_argument, NULL, OPTION_OWN_PORT },
	{ "demo-port", required_argument, NULL, OPTION_DEMO_PORT },
	{ "gateways", required_argument, NULL, OPTION_GATEWAYS },
	{ "bind", required_argument, NULL, OPTION_BIND },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "tls-certificate", required_argument, NULL, OPTION_TLS_CERTIFICATE },
	{ "tls-key", required_argument, NULL, OPTION_TLS_KEY },
	{ "programs", required_argument, NULL, OPTION_PROGRAMS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static bool
number_read(const char *option, const char *text, unsigned min, unsigned max, unsigned *number_out)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < min ||
	    number > max) {
		complain("%s is \"%s\": it must be a number from %u to %u", option, text, min, max);
		return false;
	}
	*number_out = (unsigned)number;
	return true;
}

/* The folder of this program, or the place of the daemons beside it in an installed tree. */
static const char *
programs_default(void)
{
	static char folder[PATH_MAX + 16];
	char self[PATH_MAX], hub[PATH_MAX + 32];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length <= 0)
		return ".";
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(hub, sizeof hub, "%s/hubbub-hub", self);
	snprintf(folder, sizeof folder, "%s%s", self, access(hub, X_OK) == 0 ? "" : "/../../sbin");
	return folder;
}

static const char *
state_default(void)
{
	static char folder[PATH_MAX];
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (xdg != NULL && xdg[0] == '/')
		snprintf(folder, sizeof folder, "%s/hubbub", xdg);
	else if (home != NULL && home[0] == '/')
		snprintf(folder, sizeof folder, "%s/.local/state/hubbub", home);
	else
		snprintf(folder, sizeof folder, "/tmp/hubbub-%u", (unsigned)geteuid());
	return folder;
}

/* Two ports that are one, or one in the midst of the gateways' own, would be found out too late. */
static bool
demo_port_check(const struct supervisor_options *options)
{
	unsigned last = options->own_port + options->gateways - 1;

	if (!options->demo || options->demo_port == 0)
		return true;
	if (options->demo_port == options->port) {
		complain("--demo-port and the shared port are both %u: choose another for one",
		    options->port);
		return false;
	}
	if (options->own_port != 0 && options->demo_port >= options->own_port &&
	    options->demo_port <= last) {
		complain("the gateways' own ports, %u to %u, contain --demo-port, %u: move them "
			 "with --own-port",
		    options->own_port, last, options->demo_port);
		return false;
	}
	return true;
}

static bool
ports_check(struct supervisor_options *options, bool own_port_given)
{
	unsigned last;

	if (!own_port_given)
		options->own_port = options->port == 0 ? 0 : options->port + 1;
	if (options->own_port == 0)
		return true;
	last = options->own_port + options->gateways - 1;
	if (last > 65535) {
		complain(
		    "the gateways' own ports would end at %u, above 65535: choose lower ones with "
		    "--port or --own-port",
		    last);
		return false;
	}
	if (options->port >= options->own_port && options->port <= last) {
		complain(
		    "the gateways' own ports, %u to %u, contain the shared one, %u: move them with "
		    "--own-port",
		    options->own_port, last, options->port);
		return false;
	}
	return true;
}

/*
 * As an absolute path, which settings have to be. Symbolic links stay: whoever renews a certificate
 * may have them lead to another file.
 */
static bool
file_take(const char *option, const char *text, char path_out[PATH_MAX])
{
	char folder[PATH_MAX] = "";
	int length;

	if (text[0] == '\0') {
		complain("%s is empty: it must name a file", option);
		return false;
	}
	if (text[0] != '/' && getcwd(folder, sizeof folder) == NULL) {
		complain("%s is \"%s\", but this folder has no name: %s; give the whole path",
		    option, text, strerror(errno));
		return false;
	}
	length = snprintf(path_out, PATH_MAX, "%s%s%s", folder, text[0] == '/' ? "" : "/", text);
	if (length < PATH_MAX)
		return true;
	complain("%s is too long by %d bytes", option, length - PATH_MAX + 1);
	return false;
}

static bool
tls_check(const struct supervisor_options *options)
{
	bool has_certificate = options->tls_certificate[0] != '\0';

	if (has_certificate == (options->tls_key[0] != '\0'))
		return true;
	complain("%s is given without %s: TLS needs both",
	    has_certificate ? "--tls-certificate" : "--tls-key",
	    has_certificate ? "--tls-key" : "--tls-certificate");
	return false;
}

/* As supervisor_ports reads it. */
static bool
is_numeric(const char *address)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (getaddrinfo(address, NULL, &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

/* What an empty value would be taken for is nothing that anybody means. */
static bool
texts_check(const struct supervisor_options *options)
{
	if (options->state[0] == '\0')
		complain("--state is empty: it must name a folder");
	else if (options->programs[0] == '\0')
		complain("--programs is empty: it must name a folder");
	else if (options->config != NULL && options->config[0] == '\0')
		complain("--config is empty: it must name a file");
	else if (!is_numeric(options->address))
		complain("--bind is \"%s\": it must be a numeric address such as 127.0.0.1",
		    options->address);
	else
		return true;
	return false;
}

static bool
option_take(int option, struct supervisor_options *options, bool *own_port_given)
{
	switch (option) {
	case OPTION_PORT:
		return number_read("--port", optarg, 0, 65535, &options->port);
	case OPTION_OWN_PORT:
		*own_port_given = true;
		return number_read("--own-port", optarg, 0, 65535, &options->own_port);
	case OPTION_DEMO_PORT:
		options->demo = true;
		return number_read("--demo-port", optarg, 0, 65535, &options->demo_port);
	case OPTION_GATEWAYS:
		return number_read(
		    "--gateways", optarg, 1, SUPERVISOR_GATEWAYS_MAX, &options->gateways);
	case OPTION_BIND:
		options->address = optarg;
		return true;
	case OPTION_STATE:
		options->state = optarg;
		return true;
	case OPTION_CONFIG:
		options->config = optarg;
		return true;
	case OPTION_TLS_CERTIFICATE:
		return file_take("--tls-certificate", optarg, options->tls_certificate);
	case OPTION_TLS_KEY:
		return file_take("--tls-key", optarg, options->tls_key);
	case OPTION_PROGRAMS:
		options->programs = optarg;
		return true;
	default:
		/* getopt has named the mistake. */
		fprintf(stderr, "Try --help for the options.\n");
		return false;
	}
}

enum supervisor_request
supervisor_options_read(int argc, char **argv, struct supervisor_options *options_out)
{
	bool own_port_given = false;
	int option;

	*options_out = (struct supervisor_options){
		.programs = programs_default(),
		.state = state_default(),
		.address = "127.0.0.1",
		.port = 8000,
		.gateways = 2,
	};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			printf(usage_text, argv[0]);
			return SUPERVISOR_TOLD;
		}
		if (option == OPTION_VERSION) {
			printf("hubbub-supervisor %s\n", HUBBUB_VERSION);
			return SUPERVISOR_TOLD;
		}
		if (!option_take(option, options_out, &own_port_given))
			return SUPERVISOR_BAD;
	}
	if (optind < argc) {
		complain("\"%s\" is not an option; try --help", argv[optind]);
		return SUPERVISOR_BAD;
	}
	return texts_check(options_out) && ports_check(options_out, own_port_given) &&
		       demo_port_check(options_out) && tls_check(options_out)
		   ? SUPERVISOR_RUN
		   : SUPERVISOR_BAD;
}
