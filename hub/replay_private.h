/*
 * The inside of a replay, for the replay_*.c files.
 */
#ifndef HUBBUB_HUB_REPLAY_PRIVATE_H
#define HUBBUB_HUB_REPLAY_PRIVATE_H

#include "hub/admin_actions.h"
#include "hub/record_rows.h"
#include "hub/record_setup.h"
#include "hub/replay.h"

enum replay_state {
	REPLAY_RUNS,
	REPLAY_OVER, /* the record has no more: what the core still does is not compared */
	REPLAY_STOPS /* there is a result */
};

struct replay_link {
	bool connected;
	bool over; /* the core wants no more of it */
};

struct replay_visit {
	bool used;
	struct admin_action action;
};

struct replay {
	const struct replay_setup *setup;
	struct replay_result result;
	enum replay_state state;
	struct text left;
	struct record_entry entry; /* the next; RECORD_NONE: not looked at */
	struct record_setup_read made;
	struct now last;

	struct core *core;
	struct bus *bus;
	struct store store;
	struct store_ops ops;
	char store_name[32];
	store_job_fn *job_done;
	void *job_context;
	uint64_t seed; /* for a core that draws when nothing is recorded */

	struct replay_link links[CORE_GATEWAYS_MAX];
	struct replay_visit visits[RECORD_VISITS_MAX];
	struct envelope_decoder *decoder; /* of what gateways said */
	struct envelope_decoder *reader;  /* of what the core says */
	struct buffer arguments;
	struct buffer texts;
	struct buffer frames;
	struct buffer line;
	struct buffer came; /* what the core does, for people */
};

/* The first result stays. */
void replay_differs(struct replay *replay, const char *recorded, const char *came);
void replay_bad(struct replay *replay, const char *why);

/* Looks at the next entry; false if there is none, or nothing is to be compared any more. */
bool replay_peek(struct replay *replay);

/*
 * The fields of the next entry, which must be of that kind: the core does what `came` says. False
 * otherwise, with the result.
 */
bool replay_take(struct replay *replay, enum record_kind kind, const char *came,
    struct record_fields *fields_out);

/* The fields that were taken are all read; false, with the result, if they were not these. */
bool replay_fields_end(struct replay *replay, const struct record_fields *fields);

/* replay_store.c: a store that answers as it is recorded. */
void replay_store_init(struct replay *replay);

/* replay_input.c: gives the core the entry that was looked at, an input. */
void replay_input(struct replay *replay);
void replay_visits_free(struct replay *replay);

/* replay_print.c: one line for people, if somebody reads them. */
void replay_print(struct replay *replay, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void replay_print_envelope(
    struct replay *replay, const char *who, unsigned slot, const struct envelope *envelope);

/* Appends an entry, or frames, as people read them. */
void replay_describe(struct buffer *out, const struct record_entry *entry);
void replay_describe_frames(struct buffer *out, struct envelope_decoder *reader, unsigned slot,
    const void *frames, size_t length);

#endif
