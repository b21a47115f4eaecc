/*
 * Addresses of listeners as text: HOST:PORT in the configuration, and socket
 * addresses for logs. Pure.
 */
#ifndef HUBBUB_GATEWAY_LISTENER_ADDRESS_H
#define HUBBUB_GATEWAY_LISTENER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Of an IPv6 address with its interface. */
#define LISTENER_HOST_MAX 63

/* "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%interface]:65535" and a NUL. */
#define LISTENER_ADDRESS_TEXT_SIZE 80

struct listener_address {
	char host[LISTENER_HOST_MAX + 1]; /* without brackets     */
	char port[6];                     /* decimal, 0 to 65535  */
};

/*
 * HOST:PORT or [IPV6]:PORT; port 0 lets the kernel choose. False with what is wrong in `error`, to
 * be put behind "address '...'".
 */
bool listener_address_parse(
    const char *text, struct listener_address *address_out, char *error, size_t error_size);

/* Only this machine can reach it; a Unix socket counts. */
bool listener_address_is_local(const struct sockaddr *address);

/* "127.0.0.1:8000", "[::1]:8000" or "unix". */
void listener_address_print(
    const struct sockaddr *address, char text_out[LISTENER_ADDRESS_TEXT_SIZE]);

#endif
