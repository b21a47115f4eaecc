/*
 * The listening descriptors of one configured listener: inherited from whoever started us, or bound
 * by ourselves. Knows nothing of what is accepted from them.
 */
#ifndef HUBBUB_GATEWAY_LISTENER_SOCKET_H
#define HUBBUB_GATEWAY_LISTENER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "common/service.h"

#define LISTENER_SOCKETS_MAX 4

struct listener_sockets {
	int fds[LISTENER_SOCKETS_MAX];
	unsigned count;
	bool inherited;
};

/*
 * Takes every inherited descriptor whose name is the listener's, else binds its address. All are
 * nonblocking, close-on-exec and owned by the caller; what is accepted from them sends without
 * delay. False with a sentence for the operator, and nothing left open.
 */
bool listener_sockets_open(const struct config_listener *config, struct service_sockets *inherited,
    struct listener_sockets *sockets_out, char *error, size_t error_size);

#endif
