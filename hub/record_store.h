/*
 * How a call of the store is recorded: its arguments as a check, what it answers, its end. For the
 * record_store*.c files.
 */
#ifndef HUBBUB_HUB_RECORD_STORE_H
#define HUBBUB_HUB_RECORD_STORE_H

#include "hub/record_private.h"

static inline struct record_store *
own_of(struct store *store)
{
	return (struct record_store *)((char *)store - offsetof(struct record_store, store));
}

/* Where the arguments of the call that begins go. */
static inline struct buffer *
arguments(struct record_store *own)
{
	buffer_clear(&own->arguments);
	return &own->arguments;
}

static inline void
call(struct record_store *own, enum record_op op)
{
	struct buffer *out = record_begin(own->record);

	record_put_u64(out, op);
	record_put_check(out, record_check(buffer_text(&own->arguments)));
	if (own->arguments.failed)
		out->failed = true;
	record_write(own->record, RECORD_CALL);
}

static inline bool
returned(struct record_store *own, bool done)
{
	record_write_number(own->record, RECORD_RETURN, done);
	return done;
}

/* The same with what was found, which goes into what this returns and is then written. */
static inline struct buffer *
answer(struct record_store *own, bool done)
{
	struct buffer *out = record_begin(own->record);

	record_put_bool(out, done);
	return out;
}

/* record_store_reads.c: puts in the functions that give rows. */
void record_store_add_reads(struct store_ops *ops);

#endif
