/*
 * The inside of a record, for the record_*.c files that write it.
 */
#ifndef HUBBUB_HUB_RECORD_PRIVATE_H
#define HUBBUB_HUB_RECORD_PRIVATE_H

#include "hub/record.h"
#include "hub/record_file.h"
#include "hub/record_rows.h"

/* The store that the core is given: another one behind a record. */
struct record_store {
	struct store store;
	struct store_ops ops; /* without those that the other has not */
	struct store *inner;
	struct record *record;
	struct buffer arguments; /* of the call that begins, as fields */
	store_job_fn *job_done;
	void *job_context;
};

struct record {
	struct record_file *file;  /* NULL: it has ended */
	struct redactor *redactor; /* NULL: contents are recorded */
	struct log *log;
	struct buffer fields; /* of the entry that is put together */
	struct buffer texts;  /* that stand for others */
	struct buffer frames; /* likewise */
	struct envelope_decoder *decoder;
	struct now last;
	struct core_links links; /* the process's own */
	struct random_source random;
	struct record_store store;
};

static inline bool
record_is_on(const struct record *record)
{
	return record->file != NULL;
}

/* Begins an entry; its fields go into what is returned. */
static inline struct buffer *
record_begin(struct record *record)
{
	buffer_clear(&record->fields);
	return &record->fields;
}

/* Writes the entry that was begun. If that cannot be done the record ends here, with a line. */
void record_write(struct record *record, enum record_kind kind);

/* The same for one without fields or with one number. */
void record_write_empty(struct record *record, enum record_kind kind);
void record_write_number(struct record *record, enum record_kind kind, uint64_t number);

/* record_store.c: what the core takes in place of `inner`, which must outlive it. */
struct store *record_store_wrap(
    struct record_store *own, struct store *inner, struct record *record);
void record_store_free(struct record_store *own);

/* record_output.c: what stands for frames, those of one gateway. */
struct record_frames {
	uint64_t check;
	unsigned count;
	bool whole; /* they were envelopes, one behind the other */
};
struct record_frames record_frames_check(const void *frames, size_t length, bool redacted,
    struct envelope_decoder *decoder, struct buffer *texts, struct buffer *rewritten);

#endif
