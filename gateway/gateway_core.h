/*
 * The gateway's mind: clients' messages, the hub's envelopes and time in;
 * frames for clients and for the hub out, through two small tables of
 * effects. No socket, no clock: the daemon, the tests and the simulator drive the same code.
 *
 * One turn: any number of gateway_core_*() calls, then gateway_core_turn(), which writes
 * to every client once whatever happened to it in the turn.
 */
#ifndef HUBBUB_GATEWAY_GATEWAY_CORE_H
#define HUBBUB_GATEWAY_GATEWAY_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/config.h"
#include "common/envelope.h"
#include "common/link.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/random.h"
#include "gateway/dialect.h"
#include "gateway/transport.h"

struct admission;
struct auth;
struct gateway_core;
struct session;

/* Effects on the link to the hub. Never calls back into the core. */
struct gateway_uplink {
	/* Begin connecting; gateway_core_hub_connected or gateway_core_hub_lost follows. */
	void (*connect)(void *context);
	void (*send)(void *context, const void *frames, size_t length);
	/* Bytes that were sent and not yet taken by the system. */
	size_t (*queued)(void *context);
	/* End the link; gateway_core_hub_lost follows. */
	void (*drop)(void *context, enum link_loss why);
	void *context;
};

struct gateway_core_setup {
	const char *name; /* copied */
	struct config_limits limits;
	struct config_store store; /* for what clients are told of it */
	uint32_t drain_ms;         /* over which clients go when the hub names no other time */
	struct transport transport;
	struct gateway_uplink uplink;
	struct random_source random;
	struct log *log;             /* borrowed; may be NULL */
	struct auth *auth;           /* borrowed; NULL where no mount demands a proof */
	struct metrics *metrics;     /* borrowed; may be NULL */
	struct admission *admission; /* likewise */
	/* Microseconds of a steady clock, for metrics only; NULL: nothing is measured. */
	uint64_t (*measure_us)(void);
	struct now now;
};

/* Asks at once for the first connection to the hub. NULL without memory. */
struct gateway_core *gateway_core_create(const struct gateway_core_setup *setup);

/* Frees all; sessions still open are forgotten without effects. */
void gateway_core_destroy(struct gateway_core **core);

/*
 * A WebSocket was opened. NULL: no room (the transport closes with CLOSE_TRY_LATER).
 * `request` is borrowed.
 */
struct session *gateway_core_client_opened(
    struct gateway_core *core, struct now now, void *peer, const struct client_request *request);

/* One whole message. The transport has checked size and UTF-8. */
void gateway_core_client_received(struct gateway_core *core, struct session *session,
    struct now now, enum frame_opcode opcode, struct text message);

void gateway_core_client_pong(
    struct gateway_core *core, struct session *session, struct now now, struct text payload);

/* There is room in the socket after a short write. */
void gateway_core_client_writable(
    struct gateway_core *core, struct session *session, struct now now);

/* The transport closes it: its messages, or how they came, were against the rules. */
void gateway_core_client_broke(struct gateway_core *core, struct session *session, struct now now,
    enum close_code code, const char *reason);

/* A request that does not become a client was refused. */
struct turned_away {
	unsigned status; /* of HTTP */
	struct text address;
	struct text path;
	const char *reason; /* beside the status; may be NULL */
	struct text realm;  /* with `user`: who it surely was; else empty */
	struct text user;
};
void gateway_core_turned_away(
    struct gateway_core *core, struct now now, const struct turned_away *away);

/*
 * The connection is gone; the peer is never used again and the session is the core's to
 * free.
 */
void gateway_core_client_closed(struct gateway_core *core, struct session *session, struct now now);

/* The link's connection stands: the core opens it with HELLO. */
void gateway_core_hub_connected(struct gateway_core *core, struct now now);

/* One envelope from the hub; anything but LINK_ALIVE ends the link. */
enum link_loss gateway_core_hub_envelope(
    struct gateway_core *core, struct now now, const struct envelope *envelope);

/*
 * The link, or the attempt, is over. Clients stay; the core asks for a new connection by
 * itself.
 */
void gateway_core_hub_lost(struct gateway_core *core, struct now now, enum link_loss why);

/* What can be set while it runs. */
struct gateway_core_settings {
	const struct config_limits *limits;
	const struct config_store *store;
	uint32_t drain_ms;
};

/* Other settings from now on, for clients that are here as well; copied. */
void gateway_core_set(
    struct gateway_core *core, struct now now, const struct gateway_core_settings *settings);

/* Ends a turn: fan-out, flush, timers, closes. */
void gateway_core_turn(struct gateway_core *core, struct now now);

/* Milliseconds until gateway_core_turn is next needed without input; UINT64_MAX for never. */
uint64_t gateway_core_next_deadline(const struct gateway_core *core, struct now now);

/* True if a probe came back through the hub within the last 2 s; else a literal reason. */
bool gateway_core_ready(const struct gateway_core *core, struct now now, const char **reason_out);

/*
 * Begins to let clients go, evenly over that time, with CLOSE 1012 and a time to come back at; each
 * is sent before what waits for it and the outcomes of its commands. The hub is told. Begun again,
 * it goes on with those who are left.
 */
void gateway_core_drain(struct gateway_core *core, struct now now, uint32_t over_ms);

/* True from then on, also if it was the hub that asked for it. */
bool gateway_core_is_draining(const struct gateway_core *core);

/* Monotonic: the end of that time; UINT64_MAX without a drain. */
uint64_t gateway_core_drain_ends_ms(const struct gateway_core *core);

/* True once nobody is left, or all have been told to go and the time is over. */
bool gateway_core_drained(const struct gateway_core *core, struct now now);

/*
 * Closes every client with CLOSE 1012 and tells the hub goodbye: the last act before the
 * process ends.
 */
void gateway_core_stop(struct gateway_core *core, struct now now);

unsigned gateway_core_clients(const struct gateway_core *core);

#endif
