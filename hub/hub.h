/*
 * The hub's process: its event loop and what lives on it, from start to stop.
 */
#ifndef HUBBUB_HUB_HUB_H
#define HUBBUB_HUB_HUB_H

#include <stddef.h>

#include "common/config.h"
#include "common/exit_codes.h"
#include "common/log.h"

struct hub;
struct service_sockets;

/* All of it is borrowed until the hub is destroyed. */
struct hub_setup {
	struct config *config; /* changed when settings are read again (SIGHUP) */
	int argc;
	char **argv;                       /* of the start: settings are read again by it */
	struct service_sockets *inherited; /* until it listens; may be NULL */
	struct log *log;
};

/* Starts everything and listens. NULL with one sentence in `error`, nothing left behind. */
struct hub *hub_create(const struct hub_setup *setup, char *error, size_t error_size);

/* Runs until SIGTERM or SIGINT and everybody has been told goodbye, or it cannot go on. */
enum exit_code hub_run(struct hub *hub);

void hub_destroy(struct hub **hub);

#endif
