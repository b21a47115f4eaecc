/*
 * One client: who it is, what it may still do, what it has to be sent. Its dialect sees the
 * functions of dialect.h; the rest of the core those below. A session is only ever freed at the
 * end of a turn.
 */
#ifndef HUBBUB_GATEWAY_SESSION_H
#define HUBBUB_GATEWAY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "gateway/dialect.h"
#include "gateway/fanout.h"
#include "gateway/outbound.h"
#include "gateway/ping.h"
#include "gateway/ratelimit.h"

/* Most bytes of a CLOSE frame's reason (RFC 6455 section 5.5). */
#define CLOSE_REASON_MAX 123u

enum session_phase {
	SESSION_CONNECTED, /* nobody yet                                   */
	SESSION_OPENING,   /* has a name; the hub has not yet said OPENED  */
	SESSION_ONLINE,
	SESSION_CLOSING, /* hears and says nothing more                  */
};

/* Which list of struct sessions it stands in. */
enum session_place { PLACE_NONE, PLACE_WAITING, PLACE_OPEN };

/* 100,000 of them stand in a large gateway: fields are ordered by size, flags are bits. */
struct session {
	struct sessions *sessions;
	void *peer; /* the transport's */
	const struct dialect *dialect;
	const char *realm; /* the mount's, which outlives every session */
	char *address;
	char *name;       /* NULL until session_open */
	const char *room; /* the mount's, or a copy of its own */
	const char *close_reason;
	uint64_t conn;
	uint64_t opened_ms; /* monotonic */
	int64_t since_ms;   /* wall clock of session_open */
	struct membership home;
	struct outbound output;
	struct ratelimit messages;
	struct ratelimit offences;
	struct ping_entry ping;
	TAILQ_ENTRY(session) place;
	TAILQ_ENTRY(session) backlog;
	struct session *next_touched;
	struct session *next_ending;
	uint32_t client;
	uint32_t announced; /* the attachment to the hub on which OPEN was sent */
	uint32_t queued;    /* its share of sessions.queue_bytes */
	uint16_t close_code;
	uint8_t phase;
	uint8_t listed;
	uint8_t dialect_metric;
	bool touched : 1;
	bool blocked : 1;     /* the transport took less than offered       */
	bool backlogged : 1;  /* in the backlog list                        */
	bool ending : 1;      /* in the ending list                         */
	bool parted : 1;      /* everybody was told that it goes            */
	bool gone : 1;        /* the transport has no connection any more   */
	bool reason_mine : 1; /* close_reason is to be freed                */
	bool room_mine : 1;   /* and room                                   */
	max_align_t state[];
};

/* Counts, checks and hands a message to the dialect. */
void session_received(struct session *session, enum frame_opcode opcode, struct text message);
void session_ponged(struct session *session, struct text payload);

/* Any frame to this client alone, in order behind what it was already sent. */
void session_send(struct session *session, enum frame_opcode opcode, struct text payload);

/* Queues a range of a slab; for fanout.c. The session may be closing afterwards, never gone. */
void session_queue(struct session *session, struct slab *slab, uint32_t from, uint32_t to);

/* session_close with a reason from outside: copied, cut at CLOSE_REASON_MAX. */
void session_close_text(struct session *session, enum close_code code, struct text reason);

/* Closes at once for reading too slowly: what waits is given up. */
void session_close_slow(struct session *session, const char *what);

/* Hands the end of a command to the dialect. */
void session_outcome(struct session *session, const struct envelope *command,
    const struct envelope_outcome *outcome);

/* The hub said OPENED / JOINED. */
void session_opened(struct session *session, uint32_t client, struct text name);
void session_joined(struct session *session, struct text room, uint64_t ordinal);

/* The hub said REFUSED for its OPEN (empty room) or JOIN. */
void session_refused(struct session *session, struct text room, uint32_t code);

#endif
