/*
 * One link between a gateway and the hub: framing, opening order, bounds,
 * heartbeats and the reason of its end. Pure: bytes and time in, envelopes and
 * bytes out; sockets are link_socket's. Rules: docs/protocol.md.
 */
#ifndef HUBBUB_COMMON_LINK_H
#define HUBBUB_COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/envelope.h"

enum link_side { LINK_SIDE_GATEWAY, LINK_SIDE_HUB };

/* Why a link ended: logged, counted, shown by `hubctl gateways`. */
enum link_loss {
	LINK_ALIVE = 0,
	LINK_CLOSED_BY_PEER, /* end of file, reset                                  */
	LINK_SAID_GOODBYE,   /* a planned end                                       */
	LINK_BAD_FRAME,      /* length, msgpack, kind, field type or range          */
	LINK_BAD_VERSION,    /* no link version in common                           */
	LINK_WRONG_SENDER,   /* a kind that only the other side may send            */
	LINK_OUT_OF_ORDER,   /* not HELLO / WELCOME first, or twice                 */
	LINK_BAD_CONTENT,    /* well-formed but not allowed to this peer            */
	LINK_TOO_SLOW,       /* does not read: our queue for it is full             */
	LINK_SILENT,         /* nothing heard for too long, or half a frame         */
	LINK_REFUSED,        /* credentials, name taken, too many gateways          */
	LINK_NO_MEMORY,
	LINK_STOPPED, /* we end it                                           */
	LINK_LOSS_COUNT,
};

/* Stable word ("too_slow") for logs, metrics and tables. */
const char *link_loss_word(enum link_loss loss);

struct link_limits {
	size_t frame_max;      /* msgpack bytes of one frame, at most ENVELOPE_FRAME_MAX */
	size_t queue_max;      /* bytes waiting to be taken by the socket                */
	uint64_t opening_ms;   /* from connection to HELLO / WELCOME                     */
	uint64_t partial_ms;   /* from the first to the last byte of a frame             */
	uint64_t heartbeat_ms; /* we send one when we sent nothing for so long           */
	uint64_t silent_ms;    /* the peer is lost when it sent nothing for so long      */
};

struct link_limits link_limits_default(void);

struct link;

/* Gets each envelope in order. What it returns other than LINK_ALIVE ends the link. */
struct link_receiver {
	enum link_loss (*envelope)(void *context, const struct envelope *envelope);
	void *context;
};

/* NULL without memory. The link begins at `now`; one struct link is one connection. */
struct link *link_create(
    enum link_side side, struct link_limits limits, struct link_receiver receiver, struct now now);
void link_destroy(struct link **link);

/*
 * Takes bytes from the peer, calls the receiver for each whole frame. Checks
 * length, sender, opening order and (in HELLO / WELCOME) the version before the receiver sees it.
 * After any result but LINK_ALIVE the link takes nothing more and keeps answering the same.
 * The receiver must not destroy the link.
 */
enum link_loss link_receive(struct link *link, struct now now, const void *bytes, size_t length);

/*
 * Queues one envelope / ready frames. False when the link is dead or now is (queue full:
 * LINK_TOO_SLOW), and for an envelope larger than a frame may be, which leaves the link alive.
 */
bool link_send(struct link *link, enum envelope_kind kind, const void *body);
bool link_send_frames(struct link *link, const void *frames, size_t length);

/* What waits for the socket; call link_sent with what it took. */
struct text link_output(const struct link *link);
void link_sent(struct link *link, size_t length, struct now now);

/*
 * Deadlines and heartbeats; to be called at link_deadline_ms and at least every heartbeat_ms.
 * Returns the link's state.
 */
enum link_loss link_tick(struct link *link, struct now now);

/* Monotonic: when link_tick has something to do unless bytes come or go before. */
uint64_t link_deadline_ms(const struct link *link);

/* Monotonic: when the peer was last heard, or the link began. */
uint64_t link_heard_ms(const struct link *link);

enum link_loss link_state(const struct link *link);

/* Ends the link for a reason that is not in its bytes. The first reason stays. */
void link_end(struct link *link, enum link_loss why);

/* The version both speak, 0 before the opening is done. */
unsigned link_version(const struct link *link);

#endif
