/*
 * One prefix of IP addresses as something to look up by: cut, compared and written in one way.
 */
#ifndef HUBBUB_COMMON_ADDRESS_PREFIX_H
#define HUBBUB_COMMON_ADDRESS_PREFIX_H

#include "common/address.h"

/* The longest address, its length and a NUL. */
#define ADDRESS_PREFIX_TEXT_SIZE (ADDRESS_TEXT_SIZE + 4)

#define ADDRESS_IPV4_BITS 32u
#define ADDRESS_IPV6_BITS 128u

/* Bits of all of an address: 0 if it is none of IP. */
unsigned address_bits(const struct address *address);

/* The prefix of that length that an address is in; at most all of it. */
struct address_prefix address_prefix_of(const struct address *address, unsigned bits);

/*
 * An address, or a prefix as "192.0.2.0/24". False also if bits are set behind it: whoever writes
 * them means something else. A prefix of mapped IPv4 addresses is one of IPv4.
 */
bool address_prefix_parse(struct text text, struct address_prefix *prefix_out);

/* A length stands there unless it is all of the address. */
void address_prefix_print(
    const struct address_prefix *prefix, char text_out[ADDRESS_PREFIX_TEXT_SIZE]);

/* Its bytes, to be hashed: equal ones are equal byte by byte. Borrows. */
struct text address_prefix_bytes(const struct address_prefix *prefix);

#endif
