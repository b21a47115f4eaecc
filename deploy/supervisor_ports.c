/*
 * Owns the listening descriptors: finds out whether a port is free, binds, listens.
 * Never accepts; knows nothing of processes.
 */
#include "deploy/supervisor_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deploy/supervisor_text.h"

struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};

static bool
address_read(const char *text, unsigned port, struct address *address_out)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char service[16];

	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(text, service, &hints, &found) != 0)
		return false;
	memcpy(&address_out->storage, found->ai_addr, found->ai_addrlen);
	address_out->length = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static unsigned
port_of(int fd)
{
	struct address bound = { .length = sizeof bound.storage };
	char service[16];

	if (getsockname(fd, (struct sockaddr *)&bound.storage, &bound.length) == 0 &&
	    getnameinfo((struct sockaddr *)&bound.storage, bound.length, NULL, 0, service,
		sizeof service, NI_NUMERICSERV) == 0)
		return (unsigned)strtoul(service, NULL, 10);
	return 0;
}

/* A bound and listening descriptor, or -1 with errno. */
static int
listen_on(const struct address *address, bool shared)
{
	const int on = 1;
	int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
	    bind(fd, (const struct sockaddr *)&address->storage, address->length) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

void
supervisor_ports_name(const char *address, unsigned port, bool visit, char *name_out, unsigned size)
{
	if (visit && strcmp(address, "0.0.0.0") == 0)
		address = "127.0.0.1";
	else if (visit && strcmp(address, "::") == 0)
		address = "::1";
	snprintf(name_out, size, strchr(address, ':') == NULL ? "%s:%u" : "[%s]:%u", address, port);
}

static void
complain_about(const char *text, unsigned port, int error, const char *option)
{
	char name[128];

	supervisor_ports_name(text, port, false, name, sizeof name);
	switch (error) {
	case EADDRINUSE:
		complain(
		    "%s is taken by another program; stop that one, or choose another port with %s",
		    name, option);
		break;
	case EACCES:
		complain("%s may not be used without privileges; choose a port above 1023 with %s",
		    name, option);
		break;
	case EADDRNOTAVAIL:
		complain("%s is not an address of this machine; choose another with --bind", text);
		break;
	default:
		complain("%s cannot be listened on: %s; choose another with %s or --bind", name,
		    strerror(error), option);
		break;
	}
}

/*
 * With SO_REUSEPORT the kernel lets us join another program of this user on its port without a
 * word. So the port is first tried without it.
 */
static bool
shared_is_free(const struct address *address)
{
	int fd = listen_on(address, false);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool
shared_open(struct supervisor_shared *shared, const struct supervisor_options *options,
    unsigned port, const char *option)
{
	struct address address;

	shared->port = port;
	for (unsigned slot = 0; slot < options->gateways; slot++) {
		if (!address_read(options->address, shared->port, &address)) {
			complain("--bind is \"%s\": it must be a numeric address such as 127.0.0.1",
			    options->address);
			return false;
		}
		if (slot == 0 && !shared_is_free(&address))
			break;
		shared->fds[slot] = listen_on(&address, true);
		if (shared->fds[slot] < 0)
			break;
		shared->port = port_of(shared->fds[slot]);
	}
	if (shared->fds[options->gateways - 1] >= 0)
		return true;
	complain_about(options->address, port, errno, option);
	return false;
}

static bool
own_open(struct supervisor_ports *ports, const struct supervisor_options *options)
{
	struct address address;
	unsigned port;

	for (unsigned slot = 0; slot < options->gateways; slot++) {
		port = options->own_port == 0 ? 0 : options->own_port + slot;
		if (!address_read(options->address, port, &address))
			return false;
		ports->own[slot] = listen_on(&address, false);
		if (ports->own[slot] < 0) {
			complain_about(options->address, port, errno, "--own-port");
			return false;
		}
		ports->own_port[slot] = port_of(ports->own[slot]);
	}
	return true;
}

bool
supervisor_ports_open(struct supervisor_ports *ports_out, const struct supervisor_options *options)
{
	ports_out->count = options->gateways;
	for (unsigned slot = 0; slot < SUPERVISOR_GATEWAYS_MAX; slot++)
		ports_out->chat.fds[slot] = ports_out->demo.fds[slot] = ports_out->own[slot] = -1;
	if (shared_open(&ports_out->chat, options, options->port, "--port") &&
	    (!options->demo ||
		shared_open(&ports_out->demo, options, options->demo_port, "--demo-port")) &&
	    own_open(ports_out, options))
		return true;
	supervisor_ports_close(ports_out);
	return false;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
supervisor_ports_close(struct supervisor_ports *ports)
{
	for (unsigned slot = 0; slot < ports->count; slot++) {
		close_one(&ports->chat.fds[slot]);
		close_one(&ports->demo.fds[slot]);
		close_one(&ports->own[slot]);
	}
}

bool
supervisor_ports_loopback(const char *address)
{
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return strcmp(address, "::1") == 0;
}
