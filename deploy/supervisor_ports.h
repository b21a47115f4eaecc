/*
 * The listening descriptors. The supervisor owns them for its whole life and gives a copy to each
 * gateway, so a gateway that dies loses no connection that waits to be accepted.
 */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_PORTS_H
#define HUBBUB_DEPLOY_SUPERVISOR_PORTS_H

#include <stdbool.h>

#include "deploy/supervisor_options.h"

/* One port for all gateways. */
struct supervisor_shared {
	unsigned port;                    /* as really bound               */
	int fds[SUPERVISOR_GATEWAYS_MAX]; /* one per gateway, SO_REUSEPORT */
};

struct supervisor_ports {
	unsigned count;
	struct supervisor_shared chat;
	struct supervisor_shared demo;              /* -1 each unless it is wanted */
	unsigned own_port[SUPERVISOR_GATEWAYS_MAX]; /* as really bound             */
	int own[SUPERVISOR_GATEWAYS_MAX];
};

/* False, after naming the address and the way out, if one cannot be had; none is open then. */
bool supervisor_ports_open(
    struct supervisor_ports *ports_out, const struct supervisor_options *options);
void supervisor_ports_close(struct supervisor_ports *ports);

/* Whether only this machine can reach `address`. */
bool supervisor_ports_loopback(const char *address);

/* "127.0.0.1:8000"; if `visit`, an address that means "all" is written as the loopback one. */
void supervisor_ports_name(
    const char *address, unsigned port, bool visit, char *name_out, unsigned size);

#endif
