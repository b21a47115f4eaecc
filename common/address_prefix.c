/*
 * What is behind a prefix is zero, so that prefixes can be keys. Addresses are address.c's.
 */
#include "common/address_prefix.h"

#include <stdio.h>
#include <string.h>

/* In front of an IPv4 address that is mapped into IPv6. */
#define MAPPED_BITS (ADDRESS_IPV6_BITS - ADDRESS_IPV4_BITS)

unsigned
address_bits(const struct address *address)
{
	if (address->kind == ADDRESS_IPV4)
		return ADDRESS_IPV4_BITS;
	return address->kind == ADDRESS_IPV6 ? ADDRESS_IPV6_BITS : 0;
}

struct address_prefix
address_prefix_of(const struct address *address, unsigned bits)
{
	struct address_prefix prefix = { *address, (uint8_t)address_bits(address) };
	unsigned at = bits / 8;

	if (bits >= prefix.bits)
		return prefix;
	prefix.bits = (uint8_t)bits;
	if (bits % 8 != 0)
		prefix.address.bytes[at++] &= (uint8_t)(0xff00u >> bits % 8);
	memset(prefix.address.bytes + at, 0, sizeof(prefix.address.bytes) - at);
	return prefix;
}

bool
address_prefix_parse(struct text text, struct address_prefix *prefix_out)
{
	const char *slash = text.length > 0 ? memchr(text.data, '/', text.length) : NULL;
	struct text host = text;
	struct text digits;
	struct address address;
	uint64_t bits;

	if (slash != NULL)
		host.length = (size_t)(slash - text.data);
	if (!address_parse(host, &address))
		return false;
	*prefix_out = address_prefix_of(&address, address_bits(&address));
	if (slash == NULL)
		return true;
	digits = (struct text){ slash + 1, text.length - host.length - 1 };
	if (!text_to_u64(digits, &bits) || (digits.length > 1 && digits.data[0] == '0'))
		return false;
	if (address.kind == ADDRESS_IPV4 && memchr(host.data, ':', host.length) != NULL)
		bits = bits < MAPPED_BITS ? UINT64_MAX : bits - MAPPED_BITS;
	if (bits > address_bits(&address))
		return false;
	*prefix_out = address_prefix_of(&address, (unsigned)bits);
	return address_equal(&prefix_out->address, &address);
}

void
address_prefix_print(const struct address_prefix *prefix, char text_out[ADDRESS_PREFIX_TEXT_SIZE])
{
	size_t length;

	address_print(&prefix->address, text_out);
	length = strlen(text_out);
	if (prefix->bits < address_bits(&prefix->address))
		snprintf(text_out + length, ADDRESS_PREFIX_TEXT_SIZE - length, "/%u", prefix->bits);
}

struct text
address_prefix_bytes(const struct address_prefix *prefix)
{
	_Static_assert(sizeof(*prefix) == 18, "there is nothing between the members");
	return (struct text){ (const char *)prefix, sizeof(*prefix) };
}
