/*
 * The listening descriptors of one configured listener: inherited from whoever started us, or bound
 * by ourselves. Knows nothing of what is accepted from them.
 */
#ifndef HUBBUB_GATEWAY_LISTENER_SOCKET_H
#define HUBBUB_GATEWAY_LISTENER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"

#define LISTENER_SOCKETS_MAX 4

/* The descriptors handed over in LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)). */
struct inherited_sockets {
	int count;
	char **names;       /* NULL without any             */
	unsigned long used; /* a bit for each that is taken */
};

/* False with a sentence if the environment is malformed. Once per process. */
bool inherited_sockets_take(
    struct inherited_sockets *inherited_out, char *error, size_t error_size);

/* Closes those that no listener took; returns how many there were. */
int inherited_sockets_close_rest(struct inherited_sockets *inherited);

/* Tells whoever started us and wants to know (sd_notify(3)) that we accept nobody any more. */
void inherited_sockets_say_stopping(void);

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
bool listener_sockets_open(const struct config_listener *config,
    struct inherited_sockets *inherited, struct listener_sockets *sockets_out, char *error,
    size_t error_size);

#endif
