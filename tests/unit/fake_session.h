/*
 * A session that only remembers: stands in for gateway/session.c, so that a
 * dialect is tested with nothing but itself.
 */
#ifndef HUBBUB_TESTS_UNIT_FAKE_SESSION_H
#define HUBBUB_TESTS_UNIT_FAKE_SESSION_H

#include "common/buffer.h"
#include "gateway/dialect.h"

#define FAKE_REPLIES_MAX 16

struct session {
	const struct dialect *dialect;
	void *state;
	bool open;
	uint32_t client;
	struct text name;

	char *replies[FAKE_REPLIES_MAX];
	enum frame_opcode opcodes[FAKE_REPLIES_MAX];
	unsigned reply_count;
	unsigned offences;
	enum close_code close_code;
	const char *close_reason;

	/*
	 * The last thing asked of the hub: "open NAME ROOM", "publish ROOM CONTENT", "tell
	 * TO CONTENT".
	 */
	char asked[512];
};

/* Calls the dialect's opened hook if it has one. */
void fake_session_open(
    struct session *session, const struct dialect *dialect, const struct client_request *request);

/* Gives one text message to the dialect. */
void fake_session_receive(struct session *session, const char *message);

/* The n-th reply; fails the test if there are not so many. */
const char *fake_session_reply(const struct session *session, unsigned n);

/* Forgets replies and wishes. */
void fake_session_forget(struct session *session);

/* Calls the closed hook and frees everything. */
void fake_session_close(struct session *session);

/* The members that roster_room_next lists. */
struct roster_room {
	const struct roster_member *members;
	size_t count;
};

#endif
