/*
 * A session that only remembers: stands in for gateway/session.c and what else is behind
 * gateway/session_api.h, so that a dialect is tested with nothing but itself. What a test
 * wants the session to say it writes into the struct; what the dialect asked of it is in
 * `asked`.
 */
#ifndef HUBBUB_TESTS_UNIT_FAKE_SESSION_H
#define HUBBUB_TESTS_UNIT_FAKE_SESSION_H

#include "common/buffer.h"
#include "common/config.h"
#include "gateway/dialect.h"

#define FAKE_REPLIES_MAX 64
#define FAKE_WISHES_MAX 64

struct session {
	const struct dialect *dialect;
	void *state;
	bool open;
	uint32_t client;
	struct text name;
	struct text user;
	struct text realm;
	struct text room;            /* of the mount: "lobby" unless a test says otherwise */
	struct config_limits limits; /* the defaults, with a content_bytes of 1000 */

	struct config_store store; /* the defaults */

	/* The rooms it is a member of, ended by NULL; NULL for none. */
	const char *const *rooms;
	const struct roster_room *roster; /* of each of its rooms */
	bool busy;                        /* history and list are refused */
	bool refuses_open;                /* session_open_as fails */
	const char *proof;                /* what session_prove takes; NULL: none is demanded */
	bool is_proved;

	size_t snapshot_share; /* bytes of others in a snapshot; 0: any number */
	size_t snapshot_bytes; /* said, all together */
	unsigned snapshots_shortened;

	char *replies[FAKE_REPLIES_MAX];
	enum frame_opcode opcodes[FAKE_REPLIES_MAX];
	unsigned reply_count;
	unsigned offences;
	enum close_code close_code;
	const char *close_reason;

	/*
	 * The last thing asked of the hub, and all of them in order. In brackets what clients say:
	 *   open [NAME] ROOM         publish ROOM [CONTENT]   tell TO [CONTENT]
	 *   join ROOM                leave ROOM               hear ROOM EPOCH SEQ
	 *   history ROOM BEFORE LIM  list AFTER LIM           typing ROOM TO
	 *   read SEQ
	 * followed, each only where given, by " user=U", " resume=R", " id=I", " extra=E" and
	 * " flags=N". What an empty text stands for is left out with its blank.
	 */
	char asked[512];
	char *wishes[FAKE_WISHES_MAX];
	unsigned wish_count;
};

/* Calls the dialect's opened hook if it has one. */
void fake_session_open(
    struct session *session, const struct dialect *dialect, const struct client_request *request);

/* Gives one text message to the dialect. */
void fake_session_receive(struct session *session, const char *message);

/* The n-th reply; fails the test if there are not so many. */
const char *fake_session_reply(const struct session *session, unsigned n);

/* The n-th thing asked since the last fake_session_forget; likewise. */
const char *fake_session_wish(const struct session *session, unsigned n);

/* Forgets replies and wishes. */
void fake_session_forget(struct session *session);

/* Calls the closed hook and frees everything. */
void fake_session_close(struct session *session);

/* The members that roster_room_next and the users that roster_room_next_user list. */
struct roster_room {
	const struct roster_member *members;
	size_t count;
	const struct roster_user *users;
	size_t user_count;
};

#endif
