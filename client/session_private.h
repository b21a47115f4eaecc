/* Between the files of session.h: nobody else includes it. */
#ifndef HUBBUB_CLIENT_SESSION_PRIVATE_H
#define HUBBUB_CLIENT_SESSION_PRIVATE_H

#include "client/session.h"
#include "client/streams.h"

#define NEVER UINT64_MAX

struct session {
	struct session_settings settings;
	const struct session_effects *effects;
	void *context;

	enum session_phase phase;
	enum protocol protocol;
	bool offers;       /* native, at the next attempt */
	bool offered;      /* at the present one */
	bool knows_native; /* the server has spoken it: room is no substitute any more */
	bool was_welcomed;
	bool awaits_notice; /* of the room protocol: that we came */
	unsigned failures;
	unsigned bad_frames;
	uint64_t online_since_ms;
	uint64_t patience_ms; /* the server said when it wants us back */
	uint64_t due_ms;      /* of the attempt: when it is given up, or the next one */
	uint64_t read_due_ms;
	uint64_t outbox_due_ms;

	struct buffer user; /* who we are; empty before the first welcome */
	struct buffer name; /* as the server made it */
	struct buffer resume;
	char room[ROOM_NAME_MAX + 1]; /* the present one */
	char wished[ROOM_NAME_MAX + 1];
	struct streams streams;
	struct people *people;
	struct outbox outbox;
	struct buffer last_list; /* of the room protocol */
	uint64_t id_prefix;
	uint64_t id_count;
	size_t open_questions;
	uint64_t safe_to_repeat_ms;
	unsigned rooms_pages; /* that are asked for by ourselves */
	unsigned who_pages;
};

void session_heard(struct session *session, const struct frame *frame);
void session_send(struct session *session, struct buffer *frame);
void session_set_room(struct session *session, struct text room);
void session_new_id(struct session *session, char out[OUTBOX_ID_SIZE]);

/* Begins a question with an id of its own: {"type":"...","id":"...","room":"..." */
void session_begin_question(
    struct session *session, struct buffer *frame, const char *type, struct text room);

/* Ends for good. */
void session_end(struct session *session, enum session_end end, unsigned code, struct text reason);

/* The server has taken us in. */
void session_online(struct session *session, struct now now);

/* Says what may be said now. */
void session_flush(struct session *session, struct now now);

void session_unsent(
    struct session *session, struct outbox_entry *entry, struct text code, struct text why);

/* Frames of each protocol, before and after its welcome. */
void session_take_native(struct session *session, struct frame *frame, struct now now);
void session_take_room(
    struct session *session, struct frame *frame, struct text message, struct now now);

#endif
