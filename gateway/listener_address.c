/*
 * Reads and writes the addresses of listeners. Pure text work: resolving and
 * binding are the listener's.
 */
#include "gateway/listener_address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/address.h"
#include "common/text.h"

static bool
refuse(char *error, size_t error_size, const char *why)
{
	snprintf(error, error_size, "%s", why);
	return false;
}

static bool
is_port(const char *digits, size_t length)
{
	uint64_t value;

	return length > 0 && length <= 5 && text_to_u64((struct text){ digits, length }, &value) &&
	       value <= UINT16_MAX;
}

bool
listener_address_parse(
    const char *text, struct listener_address *address_out, char *error, size_t error_size)
{
	const char *host = text;
	const char *end;
	const char *port;
	size_t length;

	if (text[0] == '[') {
		host = text + 1;
		end = strchr(host, ']');
		if (end == NULL || end[1] != ':')
			return refuse(error, error_size, "must be [IPV6]:PORT");
		port = end + 2;
	} else {
		end = strrchr(text, ':');
		if (end == NULL)
			return refuse(error, error_size, "must be HOST:PORT, like 127.0.0.1:8000");
		if (memchr(text, ':', (size_t)(end - text)) != NULL)
			return refuse(error, error_size,
			    "has an IPv6 host, which needs brackets: [HOST]:PORT");
		port = end + 1;
	}
	length = (size_t)(end - host);
	if (length == 0)
		return refuse(
		    error, error_size, "has no host; write 0.0.0.0:PORT for every address");
	if (length > LISTENER_HOST_MAX)
		return refuse(error, error_size, "has a host that is no IP address");
	if (!is_port(port, strlen(port)))
		return refuse(error, error_size, "needs a port between 0 and 65535");
	*address_out = (struct listener_address){ .host = "" };
	memcpy(address_out->host, host, length);
	memcpy(address_out->port, port, strlen(port));
	return true;
}

bool
listener_address_is_local(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;

	if (address->sa_family == AF_UNIX)
		return true;
	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address->sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return v6->sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

void
listener_address_print(const struct sockaddr *address, char text_out[LISTENER_ADDRESS_TEXT_SIZE])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct address host_address = address_of(address);
	char host[ADDRESS_TEXT_SIZE];
	bool colons;

	address_print(&host_address, host);
	colons = strchr(host, ':') != NULL;
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
		snprintf(text_out, LISTENER_ADDRESS_TEXT_SIZE, "%s", host);
		return;
	}
	/* The port is at the same place in both families. */
	snprintf(text_out, LISTENER_ADDRESS_TEXT_SIZE, "%s%s%s:%u", colons ? "[" : "", host,
	    colons ? "]" : "", (unsigned)ntohs(v4->sin_port));
}
