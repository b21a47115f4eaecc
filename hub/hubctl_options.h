/* hubctl's command line: its own options, wherever they stand, and the words of the command. */
#ifndef HUBBUB_HUB_HUBCTL_OPTIONS_H
#define HUBBUB_HUB_HUBCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/text.h"
#include "hub/admin_print.h"

#define HUBCTL_DEFAULT_SOCKET "/run/hubbub/admin.sock"

struct hubctl_options {
	const char *socket;
	enum admin_format format;
	unsigned timeout_seconds;
	bool help;
	bool version; /* of hubctl alone */
	struct text *words;
	unsigned word_count;
};

/* Borrows from `argv`. False with the reason in `sentence`. Freed either way. */
bool hubctl_options_read(
    struct hubctl_options *options, int argc, char **argv, struct buffer *sentence);
void hubctl_options_free(struct hubctl_options *options);

/* Appends how hubctl is used. */
void hubctl_usage(struct buffer *out);

#endif
