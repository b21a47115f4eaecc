/*
 * A dialect translates between one client protocol and what a session can
 * do. One file, one const struct, one page in docs/dialects/. Dialects see
 * neither sockets nor frames nor the link: only the session_*() functions below.
 */
#ifndef HUBBUB_GATEWAY_DIALECT_H
#define HUBBUB_GATEWAY_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/envelope.h"
#include "common/outcomes.h"
#include "common/text.h"
#include "gateway/request.h"
#include "gateway/transport.h"

struct session;
struct roster_room;

struct dialect {
	const char *name;
	const char *subprotocol; /* as negotiated; NULL for none                 */
	bool reaches_hub;        /* its clients come online; false: answers here   */
	bool takes_binary;       /* else a binary message is CLOSE 1003          */
	size_t state_size;       /* zeroed and freed by the session; 0 for none  */

	/* The HTTP status of an upgrade that is not granted, 0 to grant; may be NULL. */
	unsigned (*admit)(const struct client_request *request);

	/* The socket is open; may be NULL. The request is gone afterwards. */
	void (*opened)(struct session *session, const struct client_request *request);
	void (*received)(struct session *session, enum frame_opcode opcode, struct text message);
	void (*closed)(struct session *session); /* free what the state owns; may be NULL */

	/*
	 * The rest only for dialects that reach the hub. OPEN or JOIN refused / a command's
	 * end: `command` is the PUBLISH or TELL as it was sent.
	 */
	void (*refused)(struct session *session, uint32_t code);
	void (*outcome)(struct session *session, const struct envelope *command,
	    const struct envelope_outcome *outcome);
	void (*whisper)(struct session *session, const struct envelope_whisper *whisper);

	/*
	 * Rendered once per room and dialect, whatever the number of members: each
	 * appends one message's payload. An empty payload sends nothing. NULL: nothing to say.
	 */
	void (*render_deliver)(struct buffer *payload, const struct envelope_deliver *deliver);
	void (*render_notice)(struct buffer *payload, const struct envelope_notice *notice);
	void (*render_list)(struct buffer *payload, const struct roster_room *room);
	void (*render_entered)(struct buffer *payload, const struct envelope_entered *entered);
	void (*render_exited)(
	    struct buffer *payload, const struct envelope_exited *exited, struct text name);
};

/* What a session can do for its dialect. */

void *session_state(struct session *session); /* state_size zeroed bytes */

/* One message to this client alone, in order behind what it was already sent. */
void session_reply(struct session *session, enum frame_opcode opcode, struct text payload);

/* True once session_open was called. */
bool session_is_open(const struct session *session);

/*
 * Identifies the client to the hub: comes online under `name` (cleaned; empty: the hub
 * gives the fallback name) and enters `room` when that is not empty. Waits for the hub if
 * it is away.
 */
void session_open(struct session *session, struct text name, struct text room);

/*
 * Commands. Each ends in exactly one dialect->outcome call, possibly from within when
 * the hub is away (OUTCOME_UNAVAILABLE) or a limit is passed.
 */
void session_publish(struct session *session, struct text room, struct text content);
void session_tell(struct session *session, struct text to, struct text content);

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

/* The list of dialects, ended by NULL. */
extern const struct dialect *const dialects[];

const struct dialect *dialect_find(struct text name);

#endif
