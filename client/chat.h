/* One run of the program, from its options to its exit status. */
#ifndef HUBBUB_CLIENT_CHAT_H
#define HUBBUB_CLIENT_CHAT_H

#include "client/options.h"
#include "common/exit_codes.h"

/* Whatever went wrong is said in *sentence, which is for people and not yet made harmless. */
enum exit_code chat_run(const struct options *options, struct buffer *sentence);

#endif
