/* What a person types: words for the room, for somebody, or a command. */
#ifndef HUBBUB_CLIENT_TYPED_H
#define HUBBUB_CLIENT_TYPED_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"

enum typed_kind {
	TYPED_NOTHING,
	TYPED_SAY,     /* `words` to the room */
	TYPED_TELL,    /* `words`: a name, a blank, and what to tell */
	TYPED_JOIN,    /* `words`: the room */
	TYPED_LEAVE,   /* `words`: the room, or nothing for the present one */
	TYPED_ROOMS,   /* */
	TYPED_WHO,     /* `words`: the room, or nothing */
	TYPED_HISTORY, /* `count` messages */
	TYPED_HELP,
	TYPED_QUIT,
	TYPED_MISTAKE, /* `why`, a literal */
};

struct typed {
	enum typed_kind kind;
	struct text words; /* borrows from the line */
	uint64_t count;
	const char *why;
};

/* The most that /history and --history ask for at once. */
#define HISTORY_MAX 100
#define HISTORY_DEFAULT 20

struct typed typed_read(struct text line);

/* Appends the help, a line for each command. */
void typed_help(struct buffer *out);

#endif
