/*
 * The fields of a record's entries as bytes, both ways: numbers in groups of seven bits, texts
 * behind their length. A reader over foreign bytes stays failed once something is missing and
 * yields zeroes; it is asked once at its end.
 */
#ifndef HUBBUB_HUB_RECORD_FIELDS_H
#define HUBBUB_HUB_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/text.h"
#include "hub/record_format.h"

/* Signed numbers go so far from 0: sums and differences of a few of them never overflow. */
#define RECORD_SIGNED_MAX (INT64_C(1) << 53)

void record_put_u64(struct buffer *out, uint64_t number);
void record_put_i64(struct buffer *out, int64_t number);
void record_put_bool(struct buffer *out, bool value);
void record_put_text(struct buffer *out, struct text text);

/* A time as its distance from the one before, which it becomes. */
void record_put_now(struct buffer *out, struct now *last, struct now now);

/* What stands for bytes that are not in the record: SipHash of them under a known key. */
uint64_t record_check(struct text bytes);
void record_put_check(struct buffer *out, uint64_t check);

struct record_fields {
	const unsigned char *next;
	size_t left;
	bool failed;
};

struct record_fields record_fields_of(struct text bytes);

uint64_t record_u64(struct record_fields *fields);
uint32_t record_u32(struct record_fields *fields);
int64_t record_i64(struct record_fields *fields);
bool record_bool(struct record_fields *fields);

/* A number below `bound`. */
unsigned record_below(struct record_fields *fields, unsigned bound);

/* Borrowed from the fields. */
struct text record_text(struct record_fields *fields);
void record_bytes(struct record_fields *fields, void *out, size_t length);
struct now record_now(struct record_fields *fields, struct now *last);
uint64_t record_read_check(struct record_fields *fields);

/* All was there and nothing is left. */
bool record_fields_end(const struct record_fields *fields);

/* One entry. */
struct record_entry {
	enum record_kind kind; /* RECORD_NONE: none follows */
	struct text fields;
};

/*
 * Takes the next entry off the bytes. False if what follows is none; RECORD_NONE where the bytes
 * end or were never written to, also in the middle of an entry.
 */
bool record_next(struct text *left, struct record_entry *entry_out);

#endif
