/*
 * Reads X-Forwarded-For from the right to the left. Must not know connections.
 */
#include "gateway/forwarded_for.h"

#include <string.h>

/* Cuts the rightmost entry off the list; false if there is none left. */
static bool
take_last(struct text *list, bool *more, struct text *entry_out)
{
	size_t start = list->length;

	if (!*more)
		return false;
	while (start > 0 && list->data[start - 1] != ',')
		start--;
	*entry_out = text_trimmed((struct text){ list->data + start, list->length - start });
	*more = start > 0;
	list->length = start > 0 ? start - 1 : 0;
	return true;
}

static bool
is_port(struct text digits)
{
	uint64_t port;

	return text_to_u64(digits, &port) && port <= UINT16_MAX;
}

/* An address as proxies write it: some put a port behind it, some brackets around IPv6. */
static bool
parse_hop(struct text entry, struct address *hop_out)
{
	const char *end;
	struct text host = entry;
	struct text rest;

	if (address_parse(entry, hop_out))
		return true;
	if (entry.length == 0)
		return false;
	if (entry.data[0] == '[') {
		host.data++;
		host.length--;
		end = memchr(host.data, ']', host.length);
		if (end == NULL)
			return false;
		rest = (struct text){ end + 1, entry.length - (size_t)(end + 1 - entry.data) };
	} else {
		end = memchr(host.data, ':', host.length);
		if (end == NULL)
			return false;
		rest = (struct text){ end, entry.length - (size_t)(end - entry.data) };
	}
	host.length = (size_t)(end - host.data);
	if (rest.length > 0 &&
	    (rest.data[0] != ':' || !is_port((struct text){ rest.data + 1, rest.length - 1 })))
		return false;
	return address_parse(host, hop_out);
}

struct address
forwarded_for(struct text header, struct address peer, const struct address_set *trusted)
{
	struct address client = peer;
	struct text list = text_trimmed(header);
	struct text entry;
	bool more = list.length > 0;

	while (address_set_has(trusted, &client) && take_last(&list, &more, &entry)) {
		if (!parse_hop(entry, &client))
			return peer;
	}
	return client;
}
