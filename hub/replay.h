/*
 * Makes a core do again what a record says that one did: feeds it the inputs, answers for its
 * store, and compares everything that it asks and says with what is in the record. The record is
 * foreign bytes: whatever they are, the result is a sentence.
 */
#ifndef HUBBUB_HUB_REPLAY_H
#define HUBBUB_HUB_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

enum replay_end {
	REPLAY_IDENTICAL, /* as far as the record goes          */
	REPLAY_DIFFERS,   /* `said` tells where                 */
	REPLAY_BAD,       /* it is no record, or a damaged one  */
};

struct replay_setup {
	struct text record;
	bool any_version; /* a record of other software is taken, too        */
	uint64_t until;   /* stop behind that turn; 0: go on to the end      */
	/* Gets every input and output in a line of its own; NULL: nobody. */
	void (*line)(void *context, struct text line);
	void *context;
};

#define REPLAY_SENTENCE_BYTES 1024u

struct replay_result {
	enum replay_end end;
	uint64_t turns;
	uint64_t envelopes; /* in  */
	uint64_t frames;    /* out */
	bool complete;      /* the record was ended, not cut off */
	bool redacted;
	bool other_version; /* than this software's */
	char said[REPLAY_SENTENCE_BYTES];
};

struct replay_result replay_run(const struct replay_setup *setup);

#endif
