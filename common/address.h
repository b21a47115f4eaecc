/*
 * Addresses of peers without their ports, and sets of them given as prefixes. An IPv4 address that
 * is mapped into IPv6 is the IPv4 address. Pure: no name is ever looked up.
 */
#ifndef HUBBUB_COMMON_ADDRESS_H
#define HUBBUB_COMMON_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

/* An IPv6 address and a NUL. */
#define ADDRESS_TEXT_SIZE 46

/* Prefixes of one set. */
#define ADDRESS_PREFIXES_MAX 64

enum address_kind {
	ADDRESS_UNKNOWN,
	ADDRESS_UNIX, /* a process of this machine */
	ADDRESS_IPV4,
	ADDRESS_IPV6,
};

struct address {
	uint8_t kind;      /* enum address_kind */
	uint8_t bytes[16]; /* in network order; zero behind an IPv4 address's four */
};

struct address_prefix {
	struct address address;
	uint8_t bits;
};

struct address_set {
	struct address_prefix prefixes[ADDRESS_PREFIXES_MAX];
	unsigned count;
};

struct sockaddr;

/* Whose family is not known is ADDRESS_UNKNOWN. */
struct address address_of(const struct sockaddr *socket_address);

/* From 4 or 16 bytes in network order. */
struct address address_of_bytes(enum address_kind kind, const void *bytes);

/* Numeric IPv4 or IPv6, nothing around it; false leaves *address_out alone. */
bool address_parse(struct text text, struct address *address_out);

bool address_equal(const struct address *a, const struct address *b);

/* "192.0.2.1", "2001:db8::1", "unix" or "unknown". */
void address_print(const struct address *address, char text_out[ADDRESS_TEXT_SIZE]);

/*
 * Blank-separated addresses, prefixes such as 10.0.0.0/8, and the words "loopback" and "unix".
 * False if a word is none of them, has bits behind its prefix, or there are too many.
 */
bool address_set_parse(struct text text, struct address_set *set_out);

bool address_set_has(const struct address_set *set, const struct address *address);

#endif
