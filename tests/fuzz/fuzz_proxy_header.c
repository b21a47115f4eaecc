/*
 * What load balancers say of their clients: PROXY headers, and X-Forwarded-For. The input is both:
 * the beginning of a connection, and the value of a header.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/forwarded_for.h"
#include "gateway/proxy_header.h"
#include "tests/fuzz/fuzz.h"

/* The outcome is that of the first bytes that decide it, however they arrive. */
static void
look_at_header(const uint8_t *bytes, size_t length)
{
	struct proxy_header header;
	struct proxy_header again;
	enum proxy_outcome outcome = proxy_header_parse(bytes, length, &header);
	size_t decisive = 0;

	while (
	    decisive <= length && proxy_header_parse(bytes, decisive, &again) == PROXY_INCOMPLETE)
		decisive++;
	if (outcome == PROXY_INCOMPLETE) {
		if (decisive != length + 1 || length > PROXY_HEADER_MAX)
			abort();
		return;
	}
	if (decisive > length || proxy_header_parse(bytes, decisive, &again) != outcome)
		abort();
	if (outcome != PROXY_COMPLETE)
		return;
	if (header.length != decisive || header.length > PROXY_HEADER_MAX ||
	    again.has_client != header.has_client ||
	    !address_equal(&again.client, &header.client) ||
	    (header.has_client && header.client.kind == ADDRESS_UNKNOWN))
		abort();
}

/* What is believed is an address, and its text is one again. */
static void
look_at_forwarded_for(struct text text)
{
	struct address peer = { .kind = ADDRESS_UNIX };
	struct address again;
	struct address client;
	struct address_set trusted;
	char printed[ADDRESS_TEXT_SIZE];

	if (!address_set_parse(TEXT("10.0.0.0/8 2001:db8::/32 unix"), &trusted))
		abort();
	client = forwarded_for(text, peer, &trusted);
	address_print(&client, printed);
	if (client.kind != ADDRESS_UNIX &&
	    (!address_parse(text_of(printed), &again) || !address_equal(&again, &client)))
		abort();
	client = forwarded_for(text, (struct address){ .kind = ADDRESS_UNKNOWN }, &trusted);
	if (client.kind != ADDRESS_UNKNOWN)
		abort();
	(void)address_set_parse(text, &trusted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	look_at_header(bytes, length);
	look_at_forwarded_for((struct text){ (const char *)bytes, length });
	return 0;
}
