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
#include "common/reload.h"
#include "common/service.h"
#include "hub/hub.h"
#include "hub/hub_check.h"

static int
run(struct hub_setup *setup)
{
	struct service_sockets inherited;
	char error[512];
	enum exit_code code;
	struct hub *hub;
	int unknown;

	setup->inherited = &inherited;
	hub = service_sockets_take(&inherited, error, sizeof(error))
		  ? hub_create(setup, error, sizeof(error))
		  : NULL;
	setup->inherited = NULL;
	unknown = service_sockets_close_rest(&inherited);
	if (unknown > 0)
		log_warn(setup->log, "inherited sockets are closed: only hub and admin are taken",
		    log_i64("sockets", unknown));
	if (hub == NULL) {
		fprintf(stderr, "hubbub-hub: %s\n", error);
		return EXIT_CODE_REFUSED;
	}
	code = hub_run(hub);
	hub_destroy(&hub);
	return (int)code;
}

static int
start(struct hub_setup *setup)
{
	enum log_level level = LOG_LEVEL_INFO;
	int code = EXIT_CODE_REFUSED;

	(void)log_level_of_name(text_of(setup->config->log_level), &level);
	setup->log = log_create("hub", level);
	if (setup->log == NULL)
		fputs("hubbub-hub: there is not enough memory to start\n", stderr);
	else
		code = run(setup);
	log_destroy(&setup->log);
	return code;
}

int
main(int argc, char **argv)
{
	struct config config = { 0 };
	struct hub_setup setup = { .config = &config, .argc = argc, .argv = argv };
	int code = EXIT_CODE_USAGE;

	signal(SIGPIPE, SIG_IGN);
	reload_hold();
	switch (config_start(&config, CONFIG_ROLE_HUB, hub_check, argc, argv, stdout, stderr)) {
	case CONFIG_BAD:
		break;
	case CONFIG_EXIT:
		code = EXIT_CODE_DONE;
		break;
	case CONFIG_RUN:
		code = start(&setup);
		break;
	}
	config_free(&config);
	libevent_global_shutdown();
	return code;
}
