/*
 * What operators see beyond presence: what happened lately, which rooms are big, and what gateways
 * say of themselves when they are asked.
 */
#ifndef HUBBUB_HUB_CORE_ASKS_H
#define HUBBUB_HUB_CORE_ASKS_H

#include "hub/core.h"
#include "hub/events.h"

/* What happened lately; the core's. */
struct events *core_events(struct core *core);

/* Rooms with most members first; how many were written to `rooms_out`, at most `most`. */
struct core_big_room {
	const char *name; /* borrowed until the core changes */
	unsigned members;
	uint64_t seq;
};
unsigned core_big_rooms(const struct core *core, struct core_big_room *rooms_out, unsigned most);

/* How often clients entered rooms so far. */
uint64_t core_joins(const struct core *core);

enum core_question {
	CORE_ASK_LEVEL, /* which lines it logs */
	CORE_ASK_LOAD,  /* what it does        */
};

/*
 * Asks the gateway of that name, or all with the empty one. `level` is that of LOG_LEVEL. A number
 * for core_answer; 0: there is no such gateway, or none that knows the question.
 */
uint64_t core_ask(struct core *core, enum core_question question, struct text name, uint32_t level);

/* True once all that were asked have answered or are gone. */
bool core_all_answered(const struct core *core, enum core_question question, uint64_t token);

struct core_answer {
	const char *name;
	unsigned clients; /* as the hub knows */
	bool answered;    /* the rest is known */
	uint32_t level;
	struct envelope_load load;
};

/* One gateway after the other, asked or not: *cursor begins as 0. False past the last. */
bool core_next_answer(const struct core *core, enum core_question question, uint64_t token,
    unsigned *cursor, struct core_answer *answer_out);

#endif
