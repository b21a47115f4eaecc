/*
 * Every bound of the hub's core, and what each is unless somebody says otherwise.
 */
#ifndef HUBBUB_HUB_CORE_LIMITS_H
#define HUBBUB_HUB_CORE_LIMITS_H

#include <stdint.h>

/* What a gateway may have unanswered unless the limits say otherwise. */
#define CORE_COMMANDS_MAX 10000

/* Names that the hub gives itself fit in this, whatever the limit. */
#define CORE_NAME_BYTES_MIN 16

/* For how long a client stays without its connection, unless the limits say otherwise. */
#define CORE_LINGER_MS 2000

/* For how long a client stays whose gateway lives but has lost its link, likewise. */
#define CORE_DETACH_MS 5000

/* For how long a user may come again by its secret, likewise. */
#define CORE_RESUME_MS (UINT64_C(24) * 60 * 60 * 1000)

/* What may wait in one inbox, likewise. */
#define CORE_INBOX_MESSAGES 1000
#define CORE_INBOX_BYTES ((uint64_t)4 * 1024 * 1024)

/* Connections of one user, likewise. */
#define CORE_CONNECTIONS_MAX 64

/* Rooms at once unless the limits say otherwise. */
#define CORE_ROOMS_MAX 10000

/* Bans, likewise. */
#define CORE_BANS_MAX 10000

struct core_limits {
	unsigned gateways_max;
	unsigned clients_max;
	unsigned content_bytes;
	unsigned name_bytes;   /* what a gateway may send at most; gateways clean names */
	uint64_t settle_ms;    /* after a restart: how long to wait for known gateways  */
	unsigned commands_max; /* of one gateway, not yet answered; 0: CORE_COMMANDS_MAX */
	unsigned rooms_max;    /* with members, and as many remembered; 0: CORE_ROOMS_MAX */
	/* 0 each: the number above that is called like it */
	unsigned connections_max; /* of one user, over all gateways          */
	unsigned bans_max;        /* those there are already stay            */
	uint64_t linger_ms;       /* without a connection, when it was lost  */
	uint64_t detach_ms;       /* without the gateway's link, likewise    */
	uint64_t resume_ms;       /* to come again                           */
	uint64_t inbox_messages;  /* not received, of one user               */
	uint64_t inbox_bytes;
	uint64_t read_keep_ms; /* what was received is kept for other devices; 0: CORE_RESUME_MS */
};

#endif
