/* The command line of hubbub-chat. */
#ifndef HUBBUB_CLIENT_OPTIONS_H
#define HUBBUB_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/session.h"
#include "client/url.h"
#include "common/program_options.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Texts borrow from argv; the lists are owned. */
struct options {
	const char *address;
	struct url url;
	const char *name;
	const char *room;
	const char *token_file;
	const char *resume_file;
	const char *ca_file;
	enum dialect_choice dialect;
	enum color_choice color;
	unsigned history;
	unsigned timeout_seconds;
	bool json;
	struct program_texts sends;
	struct program_texts expects;
	bool help;
	bool version;
};

/* False with a sentence for people. options_free is due either way. */
bool options_read(struct options *options, int argc, char **argv, struct buffer *sentence);
void options_free(struct options *options);

/* True if it is a script's: standard input is not read then. */
bool options_are_script(const struct options *options);

void options_usage(struct buffer *out);

#endif
