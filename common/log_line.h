/* One bounded log line under construction: escaping, quoting and the visible cut. */
#ifndef HUBBUB_COMMON_LOG_LINE_H
#define HUBBUB_COMMON_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"

/* Longest line, its end mark included. */
#define LOG_LINE_SIZE 2048

struct log_line {
	char bytes[LOG_LINE_SIZE];
	size_t length;
	bool full; /* something did not fit: nothing more is taken */
};

void log_line_begin(struct log_line *line);

/* Takes the string as it is: for our own literals. All of it or nothing. */
void log_line_literal(struct log_line *line, const char *literal);

/* Takes bytes that an earlier line rendered. All of them or nothing. */
void log_line_rendered(struct log_line *line, struct text rendered);

/* A blank and key=value, the value escaped and, if it needs that, quoted. */
void log_line_field(struct log_line *line, const struct log_field *field);

/* Marks a line that was cut; the text is valid until the line changes. */
struct text log_line_end(struct log_line *line);

#endif
