/*
 * What a native client waits for an answer to, oldest first. Each is bounded in number and in
 * size. Knows nothing of frames.
 */
#include <stdlib.h>

#include "gateway/dialect_native.h"

static bool
fill(struct native_ask *ask, struct text room, struct text id)
{
	if (!text_is_empty(id) && (ask->id = text_duplicate(id)) == NULL)
		return false;
	ask->id_length = id.length;
	return text_is_empty(room) || (ask->room = text_duplicate(room)) != NULL;
}

static void
ask_free(struct native_ask *ask)
{
	if (ask == NULL)
		return;
	buffer_free(&ask->rows);
	free(ask->lengths);
	free(ask->room);
	free(ask->id);
	free(ask);
}

struct native_ask *
native_ask_add(struct session *session, enum native_ask_kind kind, struct text room, struct text id)
{
	struct native_state *state = session_state(session);
	struct native_fault fault = { .id = id };
	struct native_ask *ask;

	/* A hello's joins are bounded by the rooms that a client may be in. */
	if (state->welcomed && state->ask_count >= NATIVE_ASKS_MAX) {
		native_fail(session, NATIVE_BUSY, &fault);
		return NULL;
	}
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL || !fill(ask, room, id)) {
		ask_free(ask);
		session_close(session, CLOSE_INTERNAL, "out of memory");
		return NULL;
	}
	ask->kind = kind;
	buffer_init(&ask->rows, 0);
	TAILQ_INSERT_TAIL(&state->asks, ask, entry);
	state->ask_count++;
	return ask;
}

struct native_ask *
native_ask_find(const struct native_state *state, enum native_ask_kind kind, struct text room)
{
	struct native_ask *ask;

	TAILQ_FOREACH (ask, &state->asks, entry) {
		if (ask->kind == kind &&
		    (text_is_empty(room) || text_equal(text_of(ask->room), room)))
			return ask;
	}
	return NULL;
}

void
native_ask_end(struct native_state *state, struct native_ask **ask)
{
	struct native_ask *doomed = *ask;

	if (doomed == NULL)
		return;
	*ask = NULL;
	TAILQ_REMOVE(&state->asks, doomed, entry);
	state->ask_count--;
	ask_free(doomed);
}

struct text
native_ask_id(const struct native_ask *ask)
{
	return ask == NULL || ask->id == NULL ? TEXT("") : (struct text){ ask->id, ask->id_length };
}

void
native_state_free(struct native_state *state)
{
	struct native_ask *ask;

	while ((ask = TAILQ_FIRST(&state->asks)) != NULL)
		native_ask_end(state, &ask);
	free(state->id);
	free(state->resume);
	state->id = NULL;
	state->resume = NULL;
}
