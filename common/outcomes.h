/*
 * What can become of a command, an OPEN or a JOIN: a number on the link, a
 * stable word in error frames, a sentence for people. Numbers are never reused.
 */
#ifndef HUBBUB_COMMON_OUTCOMES_H
#define HUBBUB_COMMON_OUTCOMES_H

#include <stdint.h>

enum outcome_code {
	OUTCOME_OK = 0,
	OUTCOME_NO_SUCH_USER = 1, /* unknown, ambiguous or not to be told: one answer for all */
	OUTCOME_NO_SUCH_ROOM = 2, /* likewise                                                  */
	OUTCOME_TOO_LONG = 3,
	OUTCOME_UNAVAILABLE = 4,     /* the hub is away and the command was not taken             */
	OUTCOME_NOT_STORED = 5,      /* the store refused; nothing was delivered                  */
	OUTCOME_FULL = 6,            /* a limit on clients is reached                             */
	OUTCOME_BAD_MESSAGE = 7,     /* not what the dialect expects                              */
	OUTCOME_RATE_LIMITED = 8,    /* too fast; nothing was delivered                           */
	OUTCOME_MAILBOX_FULL = 9,    /* the recipient has to read first                           */
	OUTCOME_READ_ONLY = 10,      /* a member that may not write                               */
	OUTCOME_ID_REUSED = 11,      /* the id names another message                              */
	OUTCOME_BAD_SEQ = 12,        /* a place in a stream that never was                        */
	OUTCOME_TOO_MANY_ROOMS = 13, /* of one client                                          */

	OUTCOME_CODES, /* one past the last */
};

/* The stable word, e.g. "no_such_user"; "unknown" for a number this build does not know. */
const char *outcome_word(uint32_t code);

/* One sentence for people, in English. */
const char *outcome_sentence(uint32_t code);

#endif
