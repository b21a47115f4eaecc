/* What a script wants to hear, in order: regular expressions on the contents of messages. */
#ifndef HUBBUB_CLIENT_SCRIPT_H
#define HUBBUB_CLIENT_SCRIPT_H

#include "client/frame.h"

struct script;

/* Of `count` POSIX extended expressions. NULL with a sentence if one is none. */
struct script *script_create(const char *const *expressions, size_t count, struct buffer *sentence);
void script_destroy(struct script **script);

/* The sender's copy of a private message does not count: it did not come back. */
void script_heard(struct script *script, const struct frame *frame);

/* What is waited for; NULL once all was heard. */
const char *script_wants(const struct script *script);

#endif
