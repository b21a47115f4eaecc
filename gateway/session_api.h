/*
 * What a session can do for its dialect. Everything happens in the turn it is asked for; answers
 * come through the hooks of dialect.h.
 */
#ifndef HUBBUB_GATEWAY_SESSION_API_H
#define HUBBUB_GATEWAY_SESSION_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/envelope.h"
#include "common/text.h"
#include "gateway/transport.h"

struct config_limits;
struct config_store;
struct roster_room;
struct session;

/* How a client comes online. Texts are borrowed; an empty one is none. */
struct session_opening {
	struct text user;   /* id in the mount's realm; empty: the client_id it will get */
	struct text name;   /* shown; cleaned; empty: the hub gives one                  */
	struct text room;   /* to enter at once                                          */
	struct text resume; /* secret of an earlier welcome                              */
	uint32_t flags;     /* OPEN_...; OPEN_HAS_RECEIPTS is added where due            */
};

/* A message that a client wants said. Texts are borrowed; an empty one is none. */
struct session_message {
	struct text to; /* room, or whom */
	struct text content;
	struct text id;    /* the client's own, for saying it once */
	struct text extra; /* comes back with the message in the same dialect */
	uint32_t flags;    /* TELL_... */
};

void *session_state(struct session *session); /* state_size zeroed bytes */

/* One message to this client alone, in order behind what it was already sent. */
void session_reply(struct session *session, enum frame_opcode opcode, struct text payload);

/* The same for one text message made of parts. */
void session_reply_parts(struct session *session, const struct text *parts, size_t count);

/* True once session_open was called. */
bool session_is_open(const struct session *session);

/*
 * Identifies the client to the hub: comes online under `name` (cleaned; empty: the hub
 * gives the fallback name) and enters `room` when that is not empty. Waits for the hub if
 * it is away.
 */
void session_open(struct session *session, struct text name, struct text room);

/* The same with all there is to say; false if it could not be taken up (the client is closing). */
bool session_open_as(struct session *session, const struct session_opening *opening);

/*
 * Where the mount demands a proof: true once the client has proved who it is / judges a token that
 * it sent, false if it proves nothing; an empty one stands for what was proved before. Where none
 * is demanded both are true. What was proved takes the place of user and name in session_open.
 */
bool session_is_proved(const struct session *session);
bool session_prove(struct session *session, struct text token);

/*
 * Commands. Each ends in exactly one dialect->outcome call, possibly from within when
 * the hub is away (OUTCOME_UNAVAILABLE) or a limit is passed.
 */
void session_publish(struct session *session, struct text room, struct text content);
void session_tell(struct session *session, struct text to, struct text content);
void session_publish_as(struct session *session, const struct session_message *message);
void session_tell_as(struct session *session, const struct session_message *message);

/* The user received its inbox up to `seq` of the inbox's present epoch. */
void session_read(struct session *session, uint64_t seq);

/*
 * Rooms of dialects with many_rooms. A join ends in `joined` or `join_refused`, a leave in `left`.
 * While the hub is away both wait for it.
 */
void session_join(struct session *session, struct text name);
void session_leave(struct session *session, struct text name);
bool session_is_member(const struct session *session, struct text room);
unsigned session_rooms(const struct session *session); /* joined or asked for */

/*
 * From here on the client hears the stream of a room it is a member of, or its inbox (empty
 * name), from behind (epoch, seq): what it missed comes as `item`s and at most one gap per part, at
 * the pace it reads; then what is said, as it is said. Dialects with pong_receipts hear their inbox
 * from its mark on without asking.
 */
void session_hear(struct session *session, struct text name, uint64_t epoch, uint64_t seq);

/*
 * Asks for the `limit` messages before `before` (0: the newest) of a room, which end in `fetched`.
 * One at a time: false while another is under way or the hub is away.
 */
bool session_history(struct session *session, struct text room, uint64_t before, unsigned limit);

/* Asks for rooms behind `after` by name; likewise. */
bool session_list(struct session *session, struct text after, unsigned limit);

/* Tells a room (or, if that is empty, a user) that this client is writing. May be shed. */
void session_typing(struct session *session, struct text room, struct text to);

/* As the hub knows it; empty until then. */
struct text session_user(const struct session *session);
struct text session_realm(const struct session *session);

/* The settings that bind this client. */
const struct config_limits *session_limits(const struct session *session);

/* What is kept and how long, as the hub does if both were given one configuration. */
const struct config_store *session_store(const struct session *session);

/* Who is in a room that this client is in; NULL if it is not, or nobody is known to be. */
const struct roster_room *session_roster(const struct session *session, struct text name);

/*
 * Bytes that telling this client of others in a room may cost now; SIZE_MAX in a room where
 * everybody is told of everybody. What was said is charged, and counted as shortened if there was
 * more.
 */
size_t session_snapshot_share(const struct session *session, struct text room);
void session_snapshot_said(struct session *session, struct text room, size_t bytes, bool shortened);

/* Counts an offence; too many of them close the client with 1008. False if that happened. */
bool session_offence(struct session *session);

/* Closes at the end of the turn; the first reason wins. `reason` must be a literal. */
void session_close(struct session *session, enum close_code code, const char *reason);

/* 0 until the hub gave one. */
uint32_t session_client(const struct session *session);
struct text session_name(const struct session *session);
struct text session_room(const struct session *session);

/* The most bytes of one chat message's text, for error sentences. */
unsigned session_content_max(const struct session *session);

/* The members of a room in joining order: a row per call until false; `cursor` begins as 0. */
struct roster_member {
	uint32_t client;
	struct text name;
};
size_t roster_room_size(const struct roster_room *room);
bool roster_room_next(
    const struct roster_room *room, size_t *cursor, struct roster_member *member_out);

/*
 * The users of a room in the order of their first connection there; `cursor` begins as 0, and any
 * other number is a place to go on from. What has no user of its own (it is online in an older way)
 * counts as one by its client_id.
 */
struct roster_user {
	uint32_t client; /* its first connection there */
	struct text user;
	struct text name;
};
size_t roster_room_users(const struct roster_room *room);
bool roster_room_has_user(const struct roster_room *room, struct text user);
bool roster_room_next_user(
    const struct roster_room *room, size_t *cursor, struct roster_user *user_out);

#endif
