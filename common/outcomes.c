/*
 * What each outcome code is called and what it says to people. The only place of these words;
 * knows nothing of who sends them. The words are part of the protocol: docs/protocol.md.
 */
#include "common/outcomes.h"

#include <stddef.h>

static const struct outcome {
	const char *word;
	const char *sentence;
} outcomes[] = {
	[OUTCOME_OK] = { "ok", "Done." },
	[OUTCOME_NO_SUCH_USER] = { "no_such_user", "There is no such user here." },
	[OUTCOME_NO_SUCH_ROOM] = { "no_such_room", "There is no such room here." },
	[OUTCOME_TOO_LONG] = { "too_long", "The message is too long." },
	[OUTCOME_UNAVAILABLE] = { "unavailable",
	    "The server cannot take messages at the moment; please try again." },
	[OUTCOME_NOT_STORED] = { "not_stored",
	    "The message could not be stored and was not delivered." },
	[OUTCOME_FULL] = { "full", "There is no room for more at the moment." },
	[OUTCOME_BAD_MESSAGE] = { "bad_message", "The message could not be understood." },
	[OUTCOME_RATE_LIMITED] = { "rate_limited",
	    "Too many messages in a short time; this one was not delivered." },
	[OUTCOME_MAILBOX_FULL] = { "mailbox_full",
	    "The recipient's mailbox is full; the message was not delivered." },
	[OUTCOME_READ_ONLY] = { "read_only", "You may read in this room but not write." },
	[OUTCOME_ID_REUSED] = { "id_reused", "This id was used for another message." },
	[OUTCOME_BAD_SEQ] = { "bad_seq", "There is no message of that number." },
	[OUTCOME_TOO_MANY_ROOMS] = { "too_many_rooms", "You are in as many rooms as you may be." },
};

#define OUTCOME_COUNT (sizeof(outcomes) / sizeof(outcomes[0]))

_Static_assert(OUTCOME_COUNT == OUTCOME_CODES, "every code has its words");

const char *
outcome_word(uint32_t code)
{
	return code < OUTCOME_COUNT ? outcomes[code].word : "unknown";
}

const char *
outcome_sentence(uint32_t code)
{
	return code < OUTCOME_COUNT ? outcomes[code].sentence : "The message was not delivered.";
}
