/* A growing list of lines: what somebody heard, in order. */
#ifndef HUBBUB_TESTS_SIM_SIM_LOG_H
#define HUBBUB_TESTS_SIM_SIM_LOG_H

#include <stddef.h>

#include "common/text.h"

struct sim_log {
	char **lines;
	size_t count;
	size_t capacity;
};

/* Appends a printf-formatted line; ends the process without memory. */
void sim_log_add(struct sim_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first place of `line` at or behind `from`, or log->count. */
size_t sim_log_find(const struct sim_log *log, size_t from, const char *line);

/* Takes out the line at `at`. */
void sim_log_remove(struct sim_log *log, size_t at);

void sim_log_free(struct sim_log *log);

#endif
