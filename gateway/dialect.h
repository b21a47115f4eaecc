/*
 * A dialect translates between one client protocol and what a session can
 * do. One file, one const struct, one page in docs/dialects/. Dialects see
 * neither sockets nor frames nor the link: only the functions of session_api.h.
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
#include "gateway/session_api.h"

/* What a dialect knows of who its clients are. Realms are shared only among equals. */
enum authentication {
	AUTHENTICATION_NONE,  /* names are free; users are client_ids      */
	AUTHENTICATION_PATH,  /* whoever says so in the path is that user  */
	AUTHENTICATION_TOKEN, /* there is a token, which nobody looks at   */
	AUTHENTICATION_PROOF, /* a token proves who it is: auth.mode       */
};

/* What a part of a stream was asked for. An empty room is the inbox. */
enum fetch_purpose {
	FETCH_MISSED,  /* the session catches up: every message of it is news */
	FETCH_HISTORY, /* session_history                                     */
};

/* Users that came to or left a room since the last such word, by user. */
struct presence_change {
	struct text room;
	const struct roster_user *joined;
	size_t joined_count;
	const struct roster_user *left;
	size_t left_count;
	unsigned count; /* of users in the room now */
};

/* Who came and who left in a large room, beyond those that were told one by one. */
struct presence_summary {
	uint64_t joined;
	uint64_t left;
	size_t count; /* who are there now, by connection */
	uint64_t time;
};

/* A list of members: head, entries with separators between them, tail. */
struct list_words {
	const char *head;
	const char *separator;
	void (*entry)(struct buffer *out, const struct roster_member *member);
	/* `count`: how many there are, if the list has not all of them; else 0. */
	void (*tail)(struct buffer *out, size_t count);
};

struct dialect {
	const char *name;
	const char *subprotocol; /* as negotiated; NULL for none                 */
	bool reaches_hub;        /* its clients come online; false: answers here   */
	bool takes_binary;       /* else a binary message is CLOSE 1003          */
	bool token_later;        /* a token may also come once it is connected: session_prove */
	bool takes_token;        /* its mount is for requests with a token       */
	bool many_rooms;         /* JOINED goes to `joined`, not straight to hearing */
	bool lingers;            /* a lost connection may come back without a word */
	bool pong_receipts;      /* a PONG behind private messages is their receipt; else READ */
	enum authentication authentication;
	size_t state_size; /* zeroed and freed by the session; 0 for none  */

	/* The HTTP status of an upgrade that is not granted, 0 to grant; may be NULL. */
	unsigned (*admit)(const struct client_request *request);

	/* True if the path is that of the user whom the request proves; NULL: any path is. */
	bool (*is_users)(const struct client_request *request);

	/* The socket is open; may be NULL. The request is gone afterwards. */
	void (*opened)(struct session *session, const struct client_request *request);
	void (*received)(struct session *session, enum frame_opcode opcode, struct text message);
	void (*closed)(struct session *session); /* free what the state owns; may be NULL */

	/*
	 * The rest only for dialects that reach the hub; what is NULL is not said. OPEN or JOIN
	 * refused / a command's end: `command` is the PUBLISH, TELL or READ as it was sent.
	 */
	void (*refused)(struct session *session, uint32_t code);

	/* A message came too fast and is not handed to `received`; NULL: `refused` is told. */
	void (*limited)(struct session *session, struct text message);

	/* The gateway is about to close it; the client should come again after so long. */
	void (*bye)(struct session *session, enum close_code code, unsigned retry_after_ms);

	void (*outcome)(struct session *session, const struct envelope *command,
	    const struct envelope_outcome *outcome);
	void (*whisper)(struct session *session, const struct envelope_whisper *whisper);

	/* The client is online; once in a session's life. */
	void (*online)(struct session *session, const struct envelope_opened *opened);

	/* With many_rooms: it is a member; the dialect says session_hear when it is ready. */
	void (*joined)(struct session *session, const struct envelope_joined *joined);
	void (*join_refused)(struct session *session, struct text room, uint32_t code);
	void (*left)(struct session *session, const struct envelope_left *left);

	/*
	 * With many_rooms: from now on it hears `render_presence`, and since `joined` users came or
	 * left: who is there is to be said again.
	 */
	void (*presence_missed)(struct session *session, struct text room);

	/* One message of a part that was asked for; `room` is empty for the inbox. */
	void (*item)(
	    struct session *session, enum fetch_purpose purpose, const struct envelope_item *item);

	/* That part is complete; FETCH_MISSED: called only when it names a gap. */
	void (*fetched)(struct session *session, enum fetch_purpose purpose,
	    const struct envelope_fetched *fetched);

	/*
	 * One room of an answer to session_list; NULL at its end, with whether more follow, which
	 * it also says when the hub went away before the answer was whole.
	 */
	void (*listed)(struct session *session, const struct envelope_listed *room, bool more);

	/* Somebody writes to this client alone. */
	void (*typed)(struct session *session, const struct envelope_typed *typed);

	/* This client's own public message has just been said to the members here. */
	void (*spoken)(struct session *session, const struct envelope_deliver *deliver);

	/* A user's last connection left a room that this client is in; for each member. */
	void (*departed)(struct session *session, struct text room, struct text user);

	/* How members are listed; NULL: not at all. */
	const struct list_words *list;

	/*
	 * Rendered once per room and dialect, whatever the number of members: each
	 * appends one message's payload. An empty payload sends nothing. NULL: nothing to say.
	 * `count` is that of the members of a room whose lists do not have all of them, else 0.
	 */
	void (*render_deliver)(struct buffer *payload, const struct envelope_deliver *deliver);
	void (*render_notice)(struct buffer *payload, const struct envelope_notice *notice);
	void (*render_entered)(
	    struct buffer *payload, const struct envelope_entered *entered, size_t count);
	void (*render_exited)(struct buffer *payload, const struct envelope_exited *exited,
	    struct text name, size_t count);
	void (*render_summary)(struct buffer *payload, const struct presence_summary *summary);
	void (*render_presence)(struct buffer *payload, const struct presence_change *change);
	void (*render_typed)(struct buffer *payload, const struct envelope_typed *typed);

	/* The hub is away for longer than a restart takes, or back: to each that is open. */
	void (*render_hub)(struct buffer *payload, bool away);
};

/* The list of dialects, ended by NULL. */
extern const struct dialect *const dialects[];

const struct dialect *dialect_find(struct text name);

#endif
