/*
 * The gateway's process: what is made in which order, the turn of its loop, and how it stops.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_H
#define HUBBUB_GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "common/log.h"

struct gateway;

/*
 * What only a gateway can check of a configuration: mounts, certificates and keys of every
 * listener, keys of tokens.
 */
void gateway_check(const struct config *config, bool will_run, struct config_mistakes *mistakes);

/* All of it is borrowed until the gateway is destroyed. */
struct gateway_setup {
	struct config *config; /* changed when settings are read again (SIGHUP) */
	int argc;
	char **argv; /* of the start: settings are read again by it */
	struct log *log;
};

/*
 * Listens and is ready to run; a hub need not be there yet. NULL with one sentence for the
 * operator.
 */
struct gateway *gateway_create(const struct gateway_setup *setup, char *error, size_t error_size);

/*
 * Returns when all clients have been told and are gone: after SIGTERM, or if the hub asks for it,
 * over gateway.drain_seconds or the time asked for; after SIGINT without that time. A second signal
 * ends it at once.
 */
void gateway_run(struct gateway *gateway);

void gateway_destroy(struct gateway **gateway);

#endif
