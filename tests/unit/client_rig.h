/* A client's session on virtual time, and everything it did. */
#ifndef HUBBUB_TESTS_UNIT_CLIENT_RIG_H
#define HUBBUB_TESTS_UNIT_CLIENT_RIG_H

#include "client/session.h"

struct client_rig {
	struct session *session;
	struct session_state state;
	struct buffer sent;  /* frames, a line each */
	struct buffer heard; /* likewise, as programs are told */
	struct buffer unsent;
	char reason[128];
	unsigned attempts;
	unsigned hung_up;
	bool offered;
	uint64_t seed;
	struct now now;
};

void rig_start(struct client_rig *rig, enum dialect_choice dialect);
void rig_stop(struct client_rig *rig);

/* The server says this frame. */
void rig_hear(struct client_rig *rig, const char *frame);
void rig_hear_public(struct client_rig *rig, unsigned seq, const char *content);

/* A native connection, up to its welcome. */
void rig_welcome(struct client_rig *rig, const char *user, unsigned seq, bool resumed);

/* The connection closes with this code. */
void rig_lose(struct client_rig *rig, unsigned code);

/* Time passes until the session tries again. */
void rig_wait_for_attempt(struct client_rig *rig);

bool rig_has(const struct buffer *buffer, const char *part);
unsigned rig_count(const struct buffer *buffer, const char *part);

/* What was sent and heard up to now does not count. */
void rig_forget(struct client_rig *rig);

/* The id of the last frame that was sent with one. */
void rig_last_id(const struct client_rig *rig, char id[64]);

extern const struct session_effects rig_effects;

#endif
