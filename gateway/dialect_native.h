/*
 * What the files of the `native` dialect share; nobody else includes it. Wire format:
 * docs/dialects/native.md.
 *
 * A request that is answered later is an `ask`: it keeps the client's id, and what the answer will
 * be made of. Numbered commands carry their id themselves and need none.
 */
#ifndef HUBBUB_GATEWAY_DIALECT_NATIVE_H
#define HUBBUB_GATEWAY_DIALECT_NATIVE_H

#include <sys/queue.h>

#include "common/json.h"
#include "gateway/dialect.h"

#define NATIVE_ID_MAX 64u
#define NATIVE_RESUME_MAX 128u /* a longer one is no secret of ours */
#define NATIVE_TO_MAX 256u
#define NATIVE_ASKS_MAX 64u  /* unanswered at once, beside those of a hello  */
#define NATIVE_PAGE_MAX 500u /* rows of one `who`: a name may take 400 bytes */
#define NATIVE_PAGE 100u
#define NATIVE_GRACE_MS 2000u  /* the hub's linger_ms                          */
#define NATIVE_TYPING_MS 1000u /* one typing frame of a client in so long      */
#define NATIVE_IDS 10000u      /* of one user, remembered ...                  */
#define NATIVE_IDS_SECONDS 600u

/* Errors that are no outcome of a command; their words are those of the page. */
enum native_error {
	NATIVE_BAD_JSON,
	NATIVE_BAD_FRAME,
	NATIVE_UNKNOWN_TYPE,
	NATIVE_MISSING_FIELD,
	NATIVE_BAD_FIELD,
	NATIVE_BAD_SEQ,
	NATIVE_BAD_ROOM,
	NATIVE_NOT_HELLO,
	NATIVE_ALREADY_HELLO,
	NATIVE_ALREADY_MEMBER,
	NATIVE_BUSY,
	NATIVE_UNAUTHORIZED,
	NATIVE_ERRORS, /* one past the last */
};

/* What an error is about; every text may be empty. */
struct native_fault {
	struct text id;
	struct text room;
	const char *field; /* NULL for none */
};

/* A place in a stream, if one was given. */
struct native_position {
	bool given;
	uint64_t epoch;
	uint64_t seq;
};

enum native_ask_kind { ASK_JOIN, ASK_LEAVE, ASK_READ, ASK_HISTORY, ASK_ROOMS };

struct native_ask {
	TAILQ_ENTRY(native_ask) entry;
	enum native_ask_kind kind;
	char *id;                     /* NULL for none                                  */
	size_t id_length;             /* it may contain NUL                             */
	char *room;                   /* ASK_JOIN, ASK_LEAVE, ASK_HISTORY               */
	struct native_position since; /* ASK_JOIN                                       */
	uint64_t seq;                 /* ASK_READ                                       */
	struct buffer rows;           /* ASK_HISTORY, ASK_ROOMS: with commas between    */
	uint32_t *lengths;            /* ASK_HISTORY: of each row, to drop the oldest   */
	unsigned count;
	unsigned limit;
	bool dropped;
	bool of_hello; /* ASK_JOIN: answered by `welcome`                */
	bool answered; /* then: it is in or refused                      */
	uint32_t code; /* of the refusal                                 */
	uint64_t epoch;
	uint64_t joined_seq;
	uint32_t members;
};

TAILQ_HEAD(native_asks, native_ask);

struct native_state {
	struct native_asks asks;
	unsigned ask_count;
	bool said;     /* hello was taken                 */
	bool online;   /* and the hub took it             */
	bool welcomed; /* and `welcome` was sent          */
	bool resumed;
	char *id; /* of the hello                   */
	size_t id_length;
	char *resume; /* for the welcome                */
	struct native_position inbox;
	uint64_t epoch; /* of the inbox at the welcome      */
	uint64_t seq;
	uint64_t read;
};

/* dialect_native_asks.c */

/* NULL without memory, which closes the client, or past NATIVE_ASKS_MAX, which tells it `busy`. */
struct native_ask *native_ask_add(
    struct session *session, enum native_ask_kind kind, struct text room, struct text id);

/* The oldest of its kind, and of that room; NULL for none. An empty room is any. */
struct native_ask *native_ask_find(
    const struct native_state *state, enum native_ask_kind kind, struct text room);
void native_ask_end(struct native_state *state, struct native_ask **ask);

/* What the client gave as id, for answers. */
struct text native_ask_id(const struct native_ask *ask);

/* Ends all and frees what the state owns. */
void native_state_free(struct native_state *state);

/* A frame of a client that is JSON and whose id can be read. */
struct native_frame {
	const struct json *json;
	struct text id; /* empty for none */
};

/*
 * dialect_native_fields.c: each reads one member. False once the client was told what is wrong with
 * it. What is absent and not needed leaves *value_out alone.
 */
bool native_take_text(struct session *session, const struct native_frame *frame, const char *key,
    bool needed, struct text *value_out);
/* Without the member it is the room of the mount. */
bool native_take_room(
    struct session *session, const struct native_frame *frame, struct text *room_out);
bool native_take_seq(struct session *session, const struct native_frame *frame, const char *key,
    bool needed, uint64_t *value_out);
/* 1 or more; what is above `max` is `max`, which is also the value without the member. */
bool native_take_limit(
    struct session *session, const struct native_frame *frame, unsigned max, unsigned *limit_out);
bool native_take_position(struct session *session, const struct native_frame *frame,
    const struct json_node *pair, struct native_position *position_out);

/* dialect_native_commands.c */
void native_received(struct session *session, enum frame_opcode opcode, struct text message);
void native_limited(struct session *session, struct text message);

/* dialect_native_hello.c */
void native_hello(struct session *session, const struct native_frame *frame);

/* dialect_native_parts.c */
void native_item(
    struct session *session, enum fetch_purpose purpose, const struct envelope_item *item);
void native_fetched(
    struct session *session, enum fetch_purpose purpose, const struct envelope_fetched *fetched);
void native_listed(struct session *session, const struct envelope_listed *room, bool more);

/* dialect_native.c */

/* Tells of an error; those that only a wrong client makes are offences. */
void native_fail(
    struct session *session, enum native_error error, const struct native_fault *fault);
void native_refuse(struct session *session, uint32_t code, const struct native_fault *fault);

/* dialect_native_render.c: each appends one frame, or a part of one. */
void native_append_member(struct buffer *out, const char *key, struct text value);
void native_append_number(struct buffer *out, const char *key, uint64_t value);
void native_append_client(struct buffer *out, const char *key, uint32_t client);
void native_append_time(struct buffer *out, uint64_t wall_ms);
void native_append_id(struct buffer *out, struct text id); /* nothing for an empty one */
void native_append_user(struct buffer *out, const struct roster_user *user);
void native_render_error(
    struct buffer *out, const char *word, const char *sentence, const struct native_fault *fault);
void native_render_item(struct buffer *out, struct text me, const struct envelope_item *item);
void native_render_whisper(
    struct buffer *out, struct text me, const struct envelope_whisper *whisper);
void native_render_gap(struct buffer *out, const struct envelope_fetched *fetched);
void native_render_ack(
    struct buffer *out, const struct envelope *command, const struct envelope_outcome *outcome);
/* True if the budget made it shorter than `limit`. */
bool native_render_snapshot(
    struct buffer *out, const struct session *session, struct text room, unsigned limit);
void native_render_limits(struct buffer *out, const struct session *session);
void native_render_deliver(struct buffer *payload, const struct envelope_deliver *deliver);
void native_render_notice(struct buffer *payload, const struct envelope_notice *notice);
void native_render_presence(struct buffer *payload, const struct presence_change *change);
void native_render_typed(struct buffer *payload, const struct envelope_typed *typed);
void native_render_hub(struct buffer *payload, bool away);

/* Sends what was built and frees it; without memory the client is closed. */
void native_send(struct session *session, struct buffer *payload);

#endif
