/*
 * What a server says, in one form for both protocols: frames of strangers read
 * into a struct, and that struct written as a line of JSON for programs.
 */
#ifndef HUBBUB_CLIENT_FRAME_H
#define HUBBUB_CLIENT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"

enum protocol { PROTOCOL_NATIVE, PROTOCOL_ROOM };

/* The subprotocol that is offered for PROTOCOL_NATIVE. */
#define SUBPROTOCOL_NATIVE "hubbub.v1"

/* What the room protocol, which names no rooms, is told to be in. */
#define ROOM_OF_THE_MOUNT "lobby"

enum frame_kind {
	FRAME_BAD,     /* `why` tells what is wrong with it */
	FRAME_UNKNOWN, /* of a later version: to be ignored */
	FRAME_WELCOME,
	FRAME_PRESENCE,
	FRAME_PUBLIC,
	FRAME_PRIVATE,
	FRAME_SYSTEM,
	FRAME_ACK,
	FRAME_GAP,
	FRAME_JOINED,
	FRAME_LEFT,
	FRAME_ROOMS,
	FRAME_WHO,
	FRAME_HISTORY,
	FRAME_TYPING,
	FRAME_READ,
	FRAME_ERROR,
	FRAME_HUB_DEGRADED,
	FRAME_HUB_BACK,
	FRAME_BYE,
};

/* A number that the frame does not have. */
#define NUMBER_ABSENT UINT64_MAX

struct place {
	uint64_t epoch;
	uint64_t seq;
};

/*
 * Texts and nodes borrow from `json`; a text without `data` is absent. Which of them a kind has is
 * told by the table in frame.c.
 */
struct frame {
	enum frame_kind kind;
	enum protocol protocol;
	struct json *json; /* owned; NULL for a frame within a frame, and for one that we made */
	char why[64];
	struct text room, user, from, to, name, content, timestamp;
	struct text id, code, field, reason, renamed, durability, next, resume;
	struct place at;
	struct place inbox;
	uint64_t read, first, last, count, members, close_code, retry_after_ms;
	bool snapshot, more, absent, repeated, resumed;
	bool own;  /* said by this client's user: told by the session */
	bool gone; /* of a presence with a single `name` */
	const struct json_node *people, *left, *messages, *rooms, *limits;
};

/* Reads one message of the server's. Always fills the frame; frame_free gives it back. */
void frame_read(struct frame *frame, enum protocol protocol, struct text bytes);
void frame_free(struct frame *frame);

/* A frame of our own, empty but for its kind. */
struct frame frame_make(enum frame_kind kind, enum protocol protocol);

struct person {
	struct text user; /* absent if only the name was told */
	struct text name;
};

/*
 * What follows walks a list: `cursor` begins as 0, false behind the last. An entry that is not what
 * it must be is skipped. First who is there or came, then who left.
 */
bool frame_person(const struct frame *frame, size_t *cursor, struct person *person_out);
bool frame_person_left(const struct frame *frame, size_t *cursor, struct person *person_out);

/* The messages of a FRAME_HISTORY, borrowing from it. */
bool frame_message(const struct frame *history, size_t *cursor, struct frame *message_out);

struct room_entry {
	struct text room;
	uint64_t members;
	struct place at;
	bool member;
};

/* The rooms of a FRAME_ROOMS or FRAME_WELCOME. */
bool frame_room(const struct frame *frame, size_t *cursor, struct room_entry *room_out);

/* The frame as one JSON object, without a secret that it may have. */
void frame_write_json(const struct frame *frame, struct buffer *out);

#endif
