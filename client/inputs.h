/* What comes beside the network: signals and standard input, behind one descriptor. */
#ifndef HUBBUB_CLIENT_INPUTS_H
#define HUBBUB_CLIENT_INPUTS_H

#include <stdbool.h>

#include "common/buffer.h"

enum input {
	INPUT_READABLE = 1, /* of standard input, if that is wanted */
	INPUT_STOP = 2,     /* asked to end */
	INPUT_RESIZED = 4,
	INPUT_SUSPEND = 8, /* asked to stop for a while */
};

struct inputs {
	int epoll;
	int signals;
	bool wants_standard;
	bool is_always_ready; /* a file: there is no waiting for it */
};

/* From now on signals are asked for, not delivered. False with errno. */
bool inputs_open(struct inputs *inputs);

/* Closes what nobody else does; the descriptor of inputs_fd belongs to whoever waits for it. */
void inputs_close(struct inputs *inputs);
int inputs_fd(const struct inputs *inputs);

void inputs_want_standard(struct inputs *inputs, bool wants);

/* Which of enum input there are, without waiting. */
unsigned inputs_ready(struct inputs *inputs);

/* Appends what is there; false at the end. */
bool inputs_read(struct buffer *out);

#endif
