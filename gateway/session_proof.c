/*
 * Proofs of sessions and their ends. A client is looked at every PROOF_LISTS seconds at most,
 * whatever the number of others: its list is that of the second in which its proof ends. What a
 * token proves is auth.c's.
 */
#include "gateway/session_proof.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/auth.h"
#include "gateway/mounts.h"
#include "gateway/sessions.h"

#define LOOK_MS 1000u

static size_t
aligned(size_t size)
{
	size_t step = _Alignof(struct session_proof);

	return (size + step - 1) / step * step;
}

size_t
session_proof_room(const struct client_request *request)
{
	size_t state = request->mount->dialect->state_size;

	if (request->mount->authentication != AUTHENTICATION_PROOF)
		return state;
	return aligned(state) + sizeof(struct session_proof);
}

struct session_proof *
session_proof_of(struct session *session)
{
	if (!session->verified)
		return NULL;
	return (void *)((char *)session->state + aligned(session->dialect->state_size));
}

static void
unlist(struct session *session, struct session_proof *proof)
{
	if (!proof->listed)
		return;
	LIST_REMOVE(proof, place);
	proof->listed = false;
	session->sessions->proof_ends.count--;
}

static void
list(struct session *session, struct session_proof *proof)
{
	struct proof_ends *ends = &session->sessions->proof_ends;

	if (ends->count++ == 0) {
		ends->looked_s = session->sessions->now.wall_ms / 1000;
		ends->looked_ms = session->sessions->now.mono_ms;
	}
	LIST_INSERT_HEAD(&ends->lists[(uint64_t)proof->ends_s % PROOF_LISTS], proof, place);
	proof->listed = true;
}

bool
session_proof_keep(struct session *session, const struct proof *proof)
{
	struct session_proof *own = session_proof_of(session);
	char *copy = malloc(proof->user.length + proof->name.length + 2);
	char *end = copy;

	if (copy == NULL)
		return false;
	text_copy(proof->user, &end);
	text_copy(proof->name, &end);
	unlist(session, own);
	free(own->user);
	own->session = session;
	own->user = copy;
	own->ends_s = proof->ends_s;
	if (auth_closes_at_expiry(session->sessions->auth))
		list(session, own);
	return true;
}

/*
 * Who names no other user than the path, which the proof was held against, is that. A secret of an
 * earlier welcome proves nothing here.
 */
bool
session_proof_apply(struct session *session, struct session_opening *opening)
{
	const struct session_proof *own = session_proof_of(session);

	if (own == NULL)
		return true;
	if (own->user == NULL)
		return false;
	if (text_is_empty(opening->user))
		opening->user = text_of(own->user);
	opening->name = text_of(own->user + strlen(own->user) + 1);
	opening->resume = TEXT("");
	opening->flags &= ~(uint32_t)OPEN_WANTS_SECRET;
	return true;
}

void
session_proof_free(struct session *session)
{
	struct session_proof *own = session_proof_of(session);

	if (own == NULL)
		return;
	unlist(session, own);
	free(own->user);
	own->user = NULL;
}

bool
session_is_proved(const struct session *session)
{
	const struct session_proof *own = session_proof_of((struct session *)(uintptr_t)session);

	return own == NULL || own->user != NULL;
}

static void
say_unproved(const struct session *session)
{
	const struct session_uplink *uplink = &session->sessions->uplink;
	struct auth_refusal refusal = auth_last_refusal(session->sessions->auth);

	uplink->unproved(uplink->context, session, refusal.user, refusal.reason);
}

bool
session_prove(struct session *session, struct text token)
{
	struct sessions *sessions = session->sessions;
	struct proof proof;

	if (session_proof_of(session) == NULL)
		return true;
	if (text_is_empty(token)) {
		if (session_is_proved(session))
			return true;
		auth_lacks_token(sessions->auth, text_of(session->address));
		say_unproved(session);
		return false;
	}
	if (!auth_judge(sessions->auth, token, text_of(session->address), sessions->now, &proof)) {
		say_unproved(session);
		return false;
	}
	if (session_proof_keep(session, &proof))
		return true;
	session_close(session, CLOSE_INTERNAL, "out of memory");
	return false;
}

static void
look(struct session_proof_list *proofs, int64_t now_s)
{
	struct session_proof *proof = LIST_FIRST(proofs);
	struct session_proof *next;

	for (; proof != NULL; proof = next) {
		next = LIST_NEXT(proof, place);
		if (proof->ends_s > now_s)
			continue;
		unlist(proof->session, proof);
		session_close(proof->session, CLOSE_POLICY, "token expired");
	}
}

void
session_proofs_tick(struct sessions *sessions)
{
	struct proof_ends *ends = &sessions->proof_ends;
	int64_t now_s = sessions->now.wall_ms / 1000;
	int64_t from_s = ends->looked_s + 1;

	if (sessions->now.mono_ms < session_proofs_deadline_ms(sessions))
		return;
	/* A clock that has jumped leaves out no list, and looks at none twice. */
	if (now_s - from_s >= (int64_t)PROOF_LISTS)
		from_s = now_s - (int64_t)PROOF_LISTS + 1;
	for (int64_t second = from_s; second <= now_s; second++)
		look(&ends->lists[(uint64_t)second % PROOF_LISTS], now_s);
	ends->looked_s = now_s;
	ends->looked_ms = sessions->now.mono_ms;
}

uint64_t
session_proofs_deadline_ms(const struct sessions *sessions)
{
	const struct proof_ends *ends = &sessions->proof_ends;

	return ends->count == 0 ? UINT64_MAX : ends->looked_ms + LOOK_MS;
}
