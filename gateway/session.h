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
#include "gateway/session_more.h"

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

/*
 * 100,000 of them stand in a large gateway: fields are ordered by size, flags are bits. What is
 * looked at for every message to it stands first and together: it is in few lines of the cache.
 */
struct session {
	struct membership home; /* the only room of most dialects */
	struct sessions *sessions;
	void *peer; /* the transport's */
	uint8_t phase;
	uint8_t listed;
	uint8_t dialect_metric;
	uint8_t open_flags;
	bool hears_inbox : 1; /* else private messages are left to session_hear */
	bool home_held : 1;   /* the position of its room   */
	bool homeless : 1;    /* its room was closed        */
	bool closed_by_us : 1;
	bool touched : 1;
	bool blocked : 1;     /* the transport took less than offered       */
	bool backlogged : 1;  /* in the backlog list                        */
	bool ending : 1;      /* in the ending list                         */
	bool parted : 1;      /* everybody was told that it goes            */
	bool gone : 1;        /* the transport has no connection any more   */
	bool reason_mine : 1; /* close_reason is to be freed                */
	bool room_mine : 1;   /* and room                                   */
	bool leaving : 1;     /* it is to go: nothing more is heard from it */
	bool list_owed : 1;   /* its user list is older or shorter than it could be */
	bool unlisted : 1;    /* a member that has heard no user list yet           */
	bool verified : 1;    /* its mount demands a proof: session_proof.h         */
	bool kicked : 1;      /* by the hub: what it said is not sent for it any more */
	bool late : 1;        /* it came during a drain, see sessions.late          */
	uint16_t close_code;
	struct outbound output;
	struct session_more *more;
	const struct dialect *dialect;
	const char *realm;              /* the mount's, which outlives every session */
	const char *address;            /* behind the dialect's state */
	struct admission_place *origin; /* of that, while there is a connection; may be NULL */
	char *name;       /* NULL until session_open; user and secret stand behind its NUL */
	const char *room; /* the mount's, or a copy of its own */
	const char *close_reason;
	uint64_t conn;
	uint64_t opened_ms;    /* monotonic */
	int64_t since_ms;      /* wall clock of session_open */
	struct position inbox; /* heard up to here; its end, if it does not hear it */
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
	uint32_t commands;  /* that have no outcome yet          */
	max_align_t state[];
};

/*
 * session_limits.c: neither it alone nor all of its user or address are too fast; the hub has no
 * place for it, so it ends and is told when to come again.
 */
bool session_may_say(struct session *session);
void session_end_full(struct session *session);

/* Counts, checks and hands a message to the dialect. */
void session_received(struct session *session, enum frame_opcode opcode, struct text message);
void session_ponged(struct session *session, struct text payload);

/* Any frame to this client alone, in order behind what it was already sent. */
void session_send(struct session *session, enum frame_opcode opcode, struct text payload);

/* Queues a range of a slab; for fanout.c. The session may be closing afterwards, never gone. */
void session_queue(struct session *session, struct slab *slab, uint32_t from, uint32_t to);

/*
 * The same for one that hears no other channel: if nothing else is to be said to it in this turn,
 * the range is written at once and only what the transport leaves is queued.
 */
void session_deliver(struct session *session, struct slab *slab, uint32_t from, uint32_t to);

/* session_close with a reason from outside: copied, cut at CLOSE_REASON_MAX. */
void session_close_text(struct session *session, enum close_code code, struct text reason);

/* Closes at once for reading too slowly: what waits is given up. */
void session_close_slow(struct session *session, const char *what);

/* True if a PONG is the receipt for private messages / tells the hub now, also when closing. */
bool session_takes_receipt(struct session *session, struct text payload);
void session_tell_receipt(struct session *session);

/* Its memory for more, now; NULL (and it closes) without memory. */
struct session_more *session_more_get(struct session *session);
void session_more_free(struct session *session);

/* The secret of an OPENED, or that it came with. */
struct text session_resume(const struct session *session);

/* Its place in the room of that name, NULL if it has none; the same in a channel. */
struct membership *session_membership(const struct session *session, struct text name);
struct membership *session_membership_in(struct session *session, const struct channel *channel);

/*
 * What a client with many rooms knows of who is there. It entered itself, which is no news to it /
 * true if others came or left between `joined` and now that it hears the room.
 */
void session_room_entered(struct session *session, struct text name);
bool session_room_missed_presence(const struct membership *membership);

/* Hands over what its rooms said so far, so that something personal can come behind it. */
void session_settle(struct session *session);

/* Out of all rooms: it is a member no longer for anybody here. */
void session_leave_all(struct session *session);

/* True if its connection was lost in a way that lets it come back without a word. */
bool session_lingers(const struct session *session);

/* Hands the end of a command to the dialect. */
void session_outcome(struct session *session, const struct envelope *command,
    const struct envelope_outcome *outcome);

/* What the hub said of this client. */
void session_opened(struct session *session, const struct envelope_opened *opened);
void session_joined(struct session *session, const struct envelope_joined *joined);
void session_left(struct session *session, const struct envelope_left *left);
void session_whispered(struct session *session, const struct envelope_whisper *whisper);
void session_listed(struct session *session, const struct envelope_listed *listed);
void session_list_ended(struct session *session, const struct envelope_list_end *end);

/* The hub said REFUSED for its OPEN (empty room) or JOIN; the latter is session_rooms.c's. */
bool session_room_refused(struct session *session, struct text room, uint32_t code);
void session_refused(struct session *session, struct text room, uint32_t code);

/* The link is lost: what was asked and ends with it is answered; rooms left until the next one. */
void session_link_lost(struct session *session);
void session_left_meanwhile(struct session *session);

/* For session_rooms.c: adds a room that is to be joined; NULL (and it closes) without memory. */
struct session_room *session_room_add(struct session *session, struct text name);

#endif
