/*
 * hubbub-gateway: configuration, log and limits of the process, then the
 * gateway. Owns the exit status.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/config.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/reload.h"
#include "gateway/gateway.h"

/* Descriptors beside those of clients: logs, the hub, page requests, listeners. */
#define OTHER_DESCRIPTORS 512

/* As many descriptors as the system lets us have: one for each client. */
static void
raise_descriptor_limit(struct log *log, unsigned clients)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn(log, "cannot raise the limit of descriptors",
		    log_string("error", strerror(errno)));
	if (limit.rlim_cur < (rlim_t)clients + OTHER_DESCRIPTORS)
		log_info(log, "the process's limit of open files comes before limits.clients",
		    log_u64("descriptors", limit.rlim_cur), log_u64("clients", clients));
}

static int
run(const struct gateway_setup *setup)
{
	struct gateway *gateway;
	char error[512];

	raise_descriptor_limit(setup->log, setup->config->limits.clients);
	gateway = gateway_create(setup, error, sizeof(error));
	if (gateway == NULL) {
		fprintf(stderr, "hubbub-gateway: %s\n", error);
		return EXIT_CODE_REFUSED;
	}
	gateway_run(gateway);
	gateway_destroy(&gateway);
	return EXIT_CODE_DONE;
}

static int
start(struct gateway_setup *setup)
{
	enum log_level level = LOG_LEVEL_INFO;
	struct log *root;
	int status = EXIT_CODE_REFUSED;

	(void)log_level_of_name(text_of(setup->config->log_level), &level);
	root = log_create("gateway", level);
	setup->log = log_child(root, "gateway", text_of(setup->config->gateway.name));
	if (setup->log == NULL)
		fprintf(stderr, "hubbub-gateway: cannot start: no memory\n");
	else
		status = run(setup);
	log_destroy(&setup->log);
	log_destroy(&root);
	return status;
}

int
main(int argc, char **argv)
{
	struct config config = { .listener_count = 0 };
	struct gateway_setup setup = { .config = &config, .argc = argc, .argv = argv };
	enum config_result result;
	int status = EXIT_CODE_DONE;

	signal(SIGPIPE, SIG_IGN);
	reload_hold();
	result =
	    config_start(&config, CONFIG_ROLE_GATEWAY, gateway_check, argc, argv, stdout, stderr);
	if (result == CONFIG_BAD) {
		status = EXIT_CODE_USAGE;
	} else if (result == CONFIG_RUN) {
		status = start(&setup);
	}
	config_free(&config);
	return status;
}
