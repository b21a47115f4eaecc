/*
 * The PROXY protocol's header, versions 1 and 2: what a load balancer writes before the first byte
 * of its client, to say who that is. Pure: bytes come in.
 */
#ifndef HUBBUB_GATEWAY_PROXY_HEADER_H
#define HUBBUB_GATEWAY_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"

/* The longest line of version 1, and the longest header of version 2 that is taken. */
#define PROXY_LINE_MAX 107
#define PROXY_HEADER_MAX 4096

/* What becomes of a connection that owes a header. */
enum proxy_outcome {
	PROXY_INCOMPLETE, /* more bytes are needed */
	PROXY_COMPLETE,
	/* It is closed, for */
	PROXY_UNTRUSTED,   /* its peer is none who may send a header        */
	PROXY_MISSING,     /* it begins with something else                 */
	PROXY_MALFORMED,   /* the header says what no header can            */
	PROXY_TOO_LONG,    /* see above                                     */
	PROXY_UNSUPPORTED, /* a version, command or protocol that we do not know */
	PROXY_LATE,        /* it was not complete in time                   */
	PROXY_ENDED,       /* its peer closed before it was complete        */
	PROXY_OUTCOMES,
};

struct proxy_header {
	size_t length; /* what follows it is the client's */
	/* False if the client is the peer itself, such as a balancer that looks whether we live. */
	bool has_client;
	struct address client;
};

/* Looks at the first bytes of a connection; *header_out is set if they are PROXY_COMPLETE. */
enum proxy_outcome proxy_header_parse(
    const uint8_t *bytes, size_t length, struct proxy_header *header_out);

/* One word, for metrics and logs. */
const char *proxy_outcome_name(enum proxy_outcome outcome);

#endif
