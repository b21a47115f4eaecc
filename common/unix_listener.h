/* A Unix socket that a daemon listens on: its own, or one that the service manager handed over. */
#ifndef HUBBUB_COMMON_UNIX_LISTENER_H
#define HUBBUB_COMMON_UNIX_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "common/service.h"
#include "common/unix_socket.h"

struct unix_listener {
	int fd; /* -1: closed */
	bool inherited;
	unsigned mode; /* of the file, as it was found */
	gid_t group;
	struct unix_socket_file file; /* of one of our own */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
};

/* Where to listen. A descriptor that was handed over under `name` comes before all else. */
struct unix_listener_setup {
	const char *name;
	struct service_sockets *inherited; /* may be NULL */
	const char *path;
	unsigned mode;
	const char *group; /* "" keeps the process's */
};

/* False with one sentence in `error`, and the listener closed. */
bool unix_listener_open(struct unix_listener *listener_out, const struct unix_listener_setup *setup,
    char *error, size_t error_size);

/*
 * Closes it and removes its file, unless it was handed over: whoever comes in then waits for the
 * next process. Accepts one that is closed, or was never opened and has -1.
 */
void unix_listener_close(struct unix_listener *listener);

#endif
