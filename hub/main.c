/*
 * hubbub-hub: reads the configuration, starts the hub, keeps it until it is told to stop. What the
 * hub does is hub.c's.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "hub/hub.h"

struct process {
	int argc;
	char **argv;
	struct log *log;
};

static bool
set_level(struct log *log, const char *name)
{
	enum log_level level;

	if (!log_level_of_name(text_of(name), &level))
		return false;
	log_set_level(log, level);
	return true;
}

/* Only the log's level can change in a running hub. */
static void
reload(void *context)
{
	struct process *process = context;
	struct config config = { 0 };

	if (config_start(&config, CONFIG_ROLE_HUB, process->argc, process->argv, stdout, stderr) ==
		CONFIG_RUN &&
	    set_level(process->log, config.log_level))
		log_info(process->log,
		    "configuration read again; all but the log level needs a restart",
		    log_string("log_level", config.log_level));
	else
		log_plain(process->log, LOG_LEVEL_ERROR,
		    "configuration not read again, it has an error; the old one stays");
	config_free(&config);
}

static int
run(struct process *process, const struct config *config)
{
	char error[512];
	enum exit_code code;
	struct hub *hub;
	struct hub_setup setup = {
		.config = config,
		.log = process->log,
		.reload = reload,
		.context = process,
	};

	hub = hub_create(&setup, error, sizeof(error));
	if (hub == NULL) {
		fprintf(stderr, "hubbub-hub: %s\n", error);
		return EXIT_CODE_REFUSED;
	}
	code = hub_run(hub);
	hub_destroy(&hub);
	return (int)code;
}

int
main(int argc, char **argv)
{
	struct process process = { .argc = argc, .argv = argv };
	struct config config = { 0 };
	int code = EXIT_CODE_USAGE;

	signal(SIGPIPE, SIG_IGN);
	switch (config_start(&config, CONFIG_ROLE_HUB, argc, argv, stdout, stderr)) {
	case CONFIG_BAD:
		break;
	case CONFIG_EXIT:
		code = EXIT_CODE_DONE;
		break;
	case CONFIG_RUN:
		process.log = log_create("hub", LOG_LEVEL_INFO);
		code = EXIT_CODE_REFUSED;
		if (process.log == NULL || !set_level(process.log, config.log_level))
			fputs("hubbub-hub: there is not enough memory to start\n", stderr);
		else
			code = run(&process, &config);
		break;
	}
	log_destroy(&process.log);
	config_free(&config);
	libevent_global_shutdown();
	return code;
}
