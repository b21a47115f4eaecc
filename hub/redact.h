/*
 * Takes out of a record what people said, so that what is left still replays: lengths stay, what
 * was equal stays equal where the core compares it, and nothing can be turned back. Names of users
 * and rooms stay, for the core looks them up and sorts by them.
 */
#ifndef HUBBUB_HUB_REDACT_H
#define HUBBUB_HUB_REDACT_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/digest.h"
#include "common/envelope.h"
#include "common/random.h"

/* Holds the key of one record, which is written nowhere. */
struct redactor;

/* NULL without memory. */
struct redactor *redactor_create(struct random_source random);
void redactor_destroy(struct redactor **redactor);

/* What becomes of a field of text. */
enum redact_as {
	REDACT_KEEP,   /* stays                                                           */
	REDACT_SHAPE,  /* each code point becomes another of as many bytes, always the same */
	REDACT_SECRET, /* a resume secret: the user's id stays, zeros follow               */
	REDACT_ID,     /* what a sender called its message: a keyed digest                 */
};

/* By the name of an envelope's field; false for one that nobody has thought about. */
bool redact_as_of(struct text field, enum redact_as *as_out);

/* Append what stands for it. */
void redact_shape(struct buffer *out, struct text text);
void redact_secret(struct buffer *out, struct text text);
void redact_id(const struct redactor *redactor, struct buffer *out, struct text id);

/* In place; one of zeros, which stands for none, stays. */
void redact_digest(const struct redactor *redactor, unsigned char digest[DIGEST_SIZE]);

/*
 * Replaces the texts of an envelope by what stands for them, in `scratch`. Without a redactor, for
 * an envelope of the hub's, which has no ids. Doing it twice changes nothing more. False without
 * memory.
 */
bool redact_envelope(
    const struct redactor *redactor, struct envelope *envelope, struct buffer *scratch);

#endif
