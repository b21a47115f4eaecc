/*
 * Gets listening sockets, from the service manager or from the kernel, and says
 * in one sentence why it could not. Must not know events or connections.
 */
#include "gateway/listener_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/listener_address.h"

struct opening {
	const struct config_listener *config;
	struct listener_sockets *sockets;
	char *error;
	size_t error_size;
};

static bool refuse(const struct opening *opening, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
refuse(const struct opening *opening, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(opening->error, opening->error_size, format, arguments);
	va_end(arguments);
	return false;
}

static bool
take_inherited(const struct opening *opening, struct service_sockets *inherited)
{
	const char *name = opening->config->name;
	char why[128];
	int fd;

	for (;;) {
		if (!service_sockets_next(
			inherited, name, SERVICE_SOCKET_STREAM, &fd, why, sizeof(why)))
			return refuse(opening, "listener %s: %s", name, why);
		if (fd < 0)
			return true;
		if (opening->sockets->count == LISTENER_SOCKETS_MAX) {
			close(fd);
			return refuse(opening, "listener %s: more than %d sockets were handed over",
			    name, LISTENER_SOCKETS_MAX);
		}
		opening->sockets->inherited = true;
		opening->sockets->fds[opening->sockets->count++] = fd;
	}
}

/* What to do about the errors that operators really meet. */
static const char *
advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; stop what listens there or choose another port";
	case EACCES:
	case EPERM:
		return "; choose a port from 1024 up, or allow the process to bind lower ones";
	case EADDRNOTAVAIL:
		return "; this machine has no such address";
	default:
		return "";
	}
}

static bool
refuse_address(const struct opening *opening, const char *what, int error)
{
	return refuse(opening, "listener %s: cannot %s %s: %s%s", opening->config->name, what,
	    opening->config->address, strerror(error), advice(error));
}

static bool
bind_to(const struct opening *opening, const struct addrinfo *info)
{
	const int on = 1;
	int error;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return refuse_address(opening, "make a socket for", errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (opening->config->reuse_port)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
		error = errno;
		close(fd);
		return refuse_address(opening, "listen on", error);
	}
	opening->sockets->fds[opening->sockets->count++] = fd;
	return true;
}

static bool
bind_own(const struct opening *opening)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	const struct config_listener *config = opening->config;
	struct listener_address address;
	struct addrinfo *found = NULL;
	char why[128];
	bool bound;
	int result;

	if (!listener_address_parse(config->address, &address, why, sizeof(why)))
		return refuse(
		    opening, "listener %s: address '%s' %s", config->name, config->address, why);
	result = getaddrinfo(address.host, address.port, &hints, &found);
	if (result != 0)
		return refuse(opening, "listener %s: '%s' is no IP address: %s", config->name,
		    address.host, gai_strerror(result));
	bound = bind_to(opening, found);
	freeaddrinfo(found);
	return bound;
}

/* An accepted socket has the options of the listening one: no call for each of them. */
static void
send_without_delay(const struct listener_sockets *sockets)
{
	const int on = 1;

	/* Fails on a Unix socket, which has no such delay. */
	for (unsigned i = 0; i < sockets->count; i++)
		setsockopt(sockets->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool
listener_sockets_open(const struct config_listener *config, struct service_sockets *inherited,
    struct listener_sockets *sockets_out, char *error, size_t error_size)
{
	const struct opening opening = { config, sockets_out, error, error_size };

	*sockets_out = (struct listener_sockets){ .count = 0 };
	if (take_inherited(&opening, inherited) && (sockets_out->count > 0 || bind_own(&opening))) {
		send_without_delay(sockets_out);
		return true;
	}
	while (sockets_out->count > 0)
		close(sockets_out->fds[--sockets_out->count]);
	return false;
}
