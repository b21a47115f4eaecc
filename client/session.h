/*
 * A client of both protocols without a socket or a screen: what it is (coming
 * in, online, waiting to try again, ended), what it remembers over
 * interruptions, and what it says. Driven by calls with the time; acts through
 * session_effects.
 */
#ifndef HUBBUB_CLIENT_SESSION_H
#define HUBBUB_CLIENT_SESSION_H

#include "client/frame.h"
#include "client/outbox.h"
#include "client/people.h"
#include "common/clock.h"
#include "common/random.h"

enum dialect_choice { DIALECT_AUTO, DIALECT_NATIVE, DIALECT_ROOM };

struct session_settings {
	struct text name;  /* may be empty: the server then gives one */
	struct text token; /* without data: none */
	struct text room;  /* without data: the room of the mount */
	enum dialect_choice dialect;
	unsigned history; /* messages to ask for when coming in */
	struct random_source random;
	struct outbox_limits outbox;
	size_t rooms_max;
	size_t people_max;
	unsigned bad_frames_max; /* on one connection */
};

enum session_phase {
	PHASE_IDLE,
	PHASE_CONNECTING,
	PHASE_JOINING, /* connected, hello is said */
	PHASE_ONLINE,
	PHASE_WAITING, /* tries again by itself */
	PHASE_ENDED,   /* does not */
};

enum session_end {
	END_WISHED,
	END_REFUSED,     /* the server does not want us, or does not understand */
	END_UNREACHABLE, /* there was none, and never had been */
};

struct session_state {
	enum session_phase phase;
	enum protocol protocol; /* while joining or online */
	unsigned code;          /* of the CLOSE, or the HTTP status; 0: none */
	struct text reason;     /* foreign; may be empty */
	uint64_t retry_ms;      /* while waiting */
	enum session_end end;
	bool was_online;
};

/* How a connection ended, or why there is none. */
enum loss_kind {
	LOSS_UNREACHABLE, /* no connection: name, network, TLS */
	LOSS_STATUS,      /* an HTTP status instead of a WebSocket */
	LOSS_CLOSED,
};

struct loss {
	enum loss_kind kind;
	unsigned code; /* the status, or of the CLOSE; 0: none */
	struct text reason;
};

struct session_effects {
	/* Answered by session_opened or session_lost, perhaps within the call. */
	void (*connect)(void *context, bool offer_native);
	/* Forgets the connection; it is not told of any more. */
	void (*hang_up)(void *context);
	void (*send)(void *context, struct text frame);
	void (*state)(void *context, const struct session_state *state);
	/* News, each once; a FRAME_BAD, too. */
	void (*heard)(void *context, const struct frame *frame);
	/* The entry will not be stored; it is gone after the call. */
	void (*unsent)(
	    void *context, const struct outbox_entry *entry, struct text code, struct text why);
	/* What session_write gives has changed. */
	void (*changed)(void *context);
};

struct session;

/* NULL without memory. What the settings borrow must last. */
struct session *session_create(
    const struct session_settings *settings, const struct session_effects *effects, void *context);
void session_destroy(struct session **session);

/*
 * What another run has to know to go on: members of a JSON object without braces. session_read
 * takes such an object, before the start; false if it is none.
 */
void session_write(const struct session *session, struct buffer *out);
bool session_read(struct session *session, const struct json *kept);

void session_start(struct session *session, struct now now);
void session_opened(struct session *session, bool is_native, struct now now);
void session_received(struct session *session, struct text message, struct now now);
void session_lost(struct session *session, const struct loss *loss, struct now now);

/* When session_tick is due by itself, in monotonic milliseconds; UINT64_MAX: never. */
uint64_t session_due(const struct session *session);
void session_tick(struct session *session, struct now now);

/* To the present room, or to a user; false if no more can wait. Kept until it is answered. */
bool session_post(struct session *session, struct text to, struct text content, struct now now);

enum session_question { ASK_JOIN, ASK_LEAVE, ASK_ROOMS, ASK_WHO, ASK_HISTORY };
enum session_asked { ASKED, ASKED_OFFLINE, ASKED_OF_ONE_ROOM, ASKED_NOWHERE };

/*
 * Asks the server; its answer is heard. `room` without data: the present one; ASKED_OF_ONE_ROOM:
 * this protocol has no other room; ASKED_NOWHERE: the client is in none.
 */
enum session_asked session_ask(
    struct session *session, enum session_question question, struct text room, unsigned count);

/* Ends for good and says so; the connection is then the caller's to close. */
void session_leave(struct session *session);

enum session_phase session_phase(const struct session *session);
bool session_knows_native(const struct session *session);
struct text session_room(const struct session *session);
struct text session_user(const struct session *session);
const struct people *session_people(const struct session *session);

/* Messages and questions not yet answered. */
size_t session_unanswered(const struct session *session);
/* Of them the questions. */
size_t session_questions(const struct session *session);
bool session_is_full(const struct session *session);

#endif
