/* Joins unix_socket and service. Must not know what is spoken on the connections. */
#include "common/unix_listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whom the file lets in. Of one that cannot be seen it is believed to be its owner alone. */
static void
look_at_file(struct unix_listener *listener)
{
	struct stat status;

	listener->mode = S_IRUSR | S_IWUSR;
	listener->group = getegid();
	if (lstat(listener->path, &status) != 0)
		return;
	listener->mode = status.st_mode & 0777;
	listener->group = status.st_gid;
}

/* The name that whoever made it has given it. */
static void
find_path(struct unix_listener *listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);

	if (getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0)
		return;
	memcpy(listener->path, address.sun_path, sizeof(address.sun_path));
	listener->path[sizeof(address.sun_path)] = '\0';
}

bool
unix_listener_open(struct unix_listener *listener_out, const struct unix_listener_setup *setup,
    char *error, size_t error_size)
{
	char why[128];

	*listener_out = (struct unix_listener){ .fd = -1 };
	if (!service_sockets_next(setup->inherited, setup->name, SERVICE_SOCKET_UNIX,
		&listener_out->fd, why, sizeof(why))) {
		snprintf(error, error_size, "socket %s: %s", setup->name, why);
		return false;
	}
	listener_out->inherited = listener_out->fd >= 0;
	if (listener_out->inherited) {
		find_path(listener_out);
	} else {
		listener_out->fd = unix_socket_listen(
		    setup->path, setup->mode, setup->group, error, error_size, &listener_out->file);
		if (listener_out->fd < 0)
			return false;
		snprintf(listener_out->path, sizeof(listener_out->path), "%s", setup->path);
	}
	look_at_file(listener_out);
	return true;
}

void
unix_listener_close(struct unix_listener *listener)
{
	if (listener->fd < 0)
		return;
	if (!listener->inherited)
		unix_socket_remove(listener->path, &listener->file);
	(void)close(listener->fd);
	listener->fd = -1;
}
