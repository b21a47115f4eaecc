/*
 * Who a client has proved to be, and until when. Stands behind the state of sessions whose mount
 * demands a proof, so that no other has memory for it.
 */
#ifndef HUBBUB_GATEWAY_SESSION_PROOF_H
#define HUBBUB_GATEWAY_SESSION_PROOF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "gateway/session.h"

/* Ends are looked for once a second, in one list of so many. */
#define PROOF_LISTS 64u

struct session_proof {
	LIST_ENTRY(session_proof) place; /* in the list of its last second */
	struct session *session;
	int64_t ends_s; /* wall clock */
	char *user;     /* NULL: nothing is proved yet; the name stands behind its NUL */
	bool listed;
};

LIST_HEAD(session_proof_list, session_proof);

/* All zero is an empty one. */
struct proof_ends {
	struct session_proof_list lists[PROOF_LISTS];
	int64_t looked_s;   /* wall clock */
	uint64_t looked_ms; /* monotonic  */
	unsigned count;
};

/* Bytes that a session of this request needs for one, and where they begin behind its struct. */
size_t session_proof_room(const struct client_request *request);

/* NULL if the session's mount demands none. */
struct session_proof *session_proof_of(struct session *session);

/* Keeps what was proved. False without memory. */
bool session_proof_keep(struct session *session, const struct proof *proof);

/*
 * Puts who the client has proved to be in the place of what it says. False if it has to prove it
 * and has not.
 */
bool session_proof_apply(struct session *session, struct session_opening *opening);

void session_proof_free(struct session *session);

/* Closes those whose proof has ended; when to look again, monotonic, UINT64_MAX for never. */
void session_proofs_tick(struct sessions *sessions);
uint64_t session_proofs_deadline_ms(const struct sessions *sessions);

#endif
