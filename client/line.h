/*
 * The line that a person edits, and what is printed above it meanwhile. The
 * only file that knows libedit is line.c.
 */
#ifndef HUBBUB_CLIENT_LINE_H
#define HUBBUB_CLIENT_LINE_H

#include <stdbool.h>

#include "common/buffer.h"

struct line_handlers {
	/* Waits until a key can be read; false if there is nothing to wait for any more. */
	bool (*wait)(void *context);
	/* A line was entered; line_print and line_set_prompt may be called. */
	void (*entered)(void *context, struct text line);
};

struct line;

/* On standard input and output, which are terminals. NULL without memory or terminal. */
struct line *line_create(const struct line_handlers *handlers, void *context, unsigned history_max);

/* Gives the terminal back as it was. */
void line_destroy(struct line **line);

/* Edits one line after the other; returns at the end of input, or when wait() is false. */
void line_run(struct line *line);

/* Prints whole lines above the one that is edited. */
void line_print(struct line *line, struct text lines);

/* Takes effect with the next key or line_print. */
void line_set_prompt(struct line *line, struct text prompt);

/* The terminal has another size. */
void line_resized(struct line *line);

/* Leaves the terminal to others while the process is stopped, and takes it again. */
void line_leave_terminal(struct line *line);
void line_take_terminal(struct line *line);

#endif
