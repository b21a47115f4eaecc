/*
 * Gets listening sockets, from the service manager or from the kernel, and says
 * in one sentence why it could not. Must not know events or connections.
 */
#include "gateway/listener_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
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

bool
inherited_sockets_take(struct inherited_sockets *inherited_out, char *error, size_t error_size)
{
	*inherited_out = (struct inherited_sockets){ 0, NULL, 0 };
	inherited_out->count = sd_listen_fds_with_names(1, &inherited_out->names);
	if (inherited_out->count >= 0 && inherited_out->count <= 8 * (int)sizeof(unsigned long))
		return true;
	snprintf(error, error_size, "cannot take over listening sockets: %s",
	    inherited_out->count < 0 ? strerror(-inherited_out->count) : "there are too many");
	inherited_out->count = 0;
	return false;
}

int
inherited_sockets_close_rest(struct inherited_sockets *inherited)
{
	int closed = 0;

	for (int i = 0; i < inherited->count; i++) {
		if (inherited->used >> i & 1)
			continue;
		close(SD_LISTEN_FDS_START + i);
		closed++;
	}
	for (int i = 0; inherited->names != NULL && inherited->names[i] != NULL; i++)
		free(inherited->names[i]);
	free(inherited->names);
	*inherited = (struct inherited_sockets){ 0, NULL, 0 };
	return closed;
}

void
inherited_sockets_say_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

static bool
take_inherited(const struct opening *opening, struct inherited_sockets *inherited)
{
	const char *name = opening->config->name;

	for (int i = 0; i < inherited->count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (inherited->names == NULL || strcmp(inherited->names[i], name) != 0)
			continue;
		if (opening->sockets->count == LISTENER_SOCKETS_MAX)
			return refuse(opening, "listener %s: more than %d sockets were handed over",
			    name, LISTENER_SOCKETS_MAX);
		if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
			return refuse(opening,
			    "listener %s: descriptor %d was handed over but is no listening "
			    "stream socket",
			    name, fd);
		if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
			return refuse(
			    opening, "listener %s: descriptor %d: %s", name, fd, strerror(errno));
		inherited->used |= 1ul << i;
		opening->sockets->inherited = true;
		opening->sockets->fds[opening->sockets->count++] = fd;
	}
	return true;
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
listener_sockets_open(const struct config_listener *config, struct inherited_sockets *inherited,
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
