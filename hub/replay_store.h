/*
 * How a call of a replay's store is compared and answered. For the replay_store*.c files.
 */
#ifndef HUBBUB_HUB_REPLAY_STORE_H
#define HUBBUB_HUB_REPLAY_STORE_H

#include "hub/replay_private.h"

/* What a call gives rows to. */
struct replay_rows {
	void *context;
	union {
		store_message_fn *message;
		store_outcome_fn *outcome;
		store_id_fn *id;
		store_user_fn *user;
		store_room_fn *room;
		store_gateway_fn *gateway;
		store_ban_fn *ban;
	} take;
	/* Reads a row and hands it over; false: no more is wanted. */
	bool (*give)(const struct replay_rows *rows, struct record_fields *fields);
};

static inline struct replay *
replay_of(struct store *store)
{
	return (struct replay *)((char *)store - offsetof(struct replay, store));
}

/* Where the arguments of the call go, as the recorder put them. */
static inline struct buffer *
replay_arguments(struct replay *replay)
{
	buffer_clear(&replay->arguments);
	return &replay->arguments;
}

/* The call with these arguments is the one that is recorded. */
bool replay_call(struct replay *replay, enum record_op op);

/*
 * What happened within the call, up to its end, whose fields are left to the caller. False with
 * nothing answered.
 */
bool replay_answered(
    struct replay *replay, const struct replay_rows *rows, struct record_fields *fields_out);

/* The end of a call that says only whether it was done. */
bool replay_returned(struct replay *replay, const struct replay_rows *rows);

/* replay_store_reads.c: puts in the functions that give rows. */
void replay_store_add_reads(struct store_ops *ops);

#endif
