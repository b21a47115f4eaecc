/*
 * Reads, writes and compares addresses. Must not know who asks, or why.
 */
#include "common/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/address_prefix.h"

#define BLANKS " \t"

struct address
address_of_bytes(enum address_kind kind, const void *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct address address = { .kind = (uint8_t)kind };

	if (kind == ADDRESS_IPV6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return address_of_bytes(ADDRESS_IPV4, (const uint8_t *)bytes + sizeof(mapped));
	memcpy(address.bytes, bytes, address_bits(&address) / 8);
	return address;
}

struct address
address_of(const struct sockaddr *socket_address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)socket_address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)socket_address;

	switch (socket_address->sa_family) {
	case AF_INET:
		return address_of_bytes(ADDRESS_IPV4, &v4->sin_addr);
	case AF_INET6:
		return address_of_bytes(ADDRESS_IPV6, &v6->sin6_addr);
	case AF_UNIX:
		return (struct address){ .kind = ADDRESS_UNIX };
	default:
		return (struct address){ .kind = ADDRESS_UNKNOWN };
	}
}

bool
address_parse(struct text text, struct address *address_out)
{
	struct in6_addr bytes;
	char copy[ADDRESS_TEXT_SIZE];

	if (text.length == 0 || text.length >= sizeof(copy) ||
	    memchr(text.data, '\0', text.length) != NULL)
		return false;
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	if (inet_pton(AF_INET, copy, &bytes) == 1)
		*address_out = address_of_bytes(ADDRESS_IPV4, &bytes);
	else if (inet_pton(AF_INET6, copy, &bytes) == 1)
		*address_out = address_of_bytes(ADDRESS_IPV6, &bytes);
	else
		return false;
	return true;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->kind == b->kind && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void
address_print(const struct address *address, char text_out[ADDRESS_TEXT_SIZE])
{
	if (address->kind == ADDRESS_IPV4)
		inet_ntop(AF_INET, address->bytes, text_out, ADDRESS_TEXT_SIZE);
	else if (address->kind == ADDRESS_IPV6)
		inet_ntop(AF_INET6, address->bytes, text_out, ADDRESS_TEXT_SIZE);
	else
		snprintf(text_out, ADDRESS_TEXT_SIZE, "%s",
		    address->kind == ADDRESS_UNIX ? "unix" : "unknown");
}

/* Both have the same first bits. */
static bool
begins_alike(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xffu << (8 - bits % 8) & 0xff;

	return memcmp(a, b, whole) == 0 && (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool
add(struct address_set *set, const struct address_prefix *prefix)
{
	if (set->count == ADDRESS_PREFIXES_MAX)
		return false;
	set->prefixes[set->count++] = *prefix;
	return true;
}

static bool
add_word(struct address_set *set, struct text word)
{
	static const struct address_prefix unix_peers = { { .kind = ADDRESS_UNIX }, 0 };
	struct address_prefix prefix;

	if (text_equal(word, TEXT("unix")))
		return add(set, &unix_peers);
	if (text_equal(word, TEXT("loopback")))
		return add_word(set, TEXT("127.0.0.0/8")) && add_word(set, TEXT("::1"));
	return address_prefix_parse(word, &prefix) && add(set, &prefix);
}

bool
address_set_parse(struct text text, struct address_set *set_out)
{
	struct text rest = text_trimmed(text);

	set_out->count = 0;
	while (rest.length > 0) {
		struct text word = { rest.data, 0 };

		while (word.length < rest.length && strchr(BLANKS, word.data[word.length]) == NULL)
			word.length++;
		if (!add_word(set_out, word))
			return false;
		rest.data += word.length;
		rest.length -= word.length;
		rest = text_trimmed(rest);
	}
	return true;
}

bool
address_set_has(const struct address_set *set, const struct address *address)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct address_prefix *prefix = &set->prefixes[i];

		if (prefix->address.kind == address->kind &&
		    begins_alike(prefix->address.bytes, address->bytes, prefix->bits))
			return true;
	}
	return false;
}
