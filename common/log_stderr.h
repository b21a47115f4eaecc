/* The sink of a daemon's log: standard error, written without ever waiting. */
#ifndef HUBBUB_COMMON_LOG_STDERR_H
#define HUBBUB_COMMON_LOG_STDERR_H

#include "common/log.h"

struct log_stderr;

/*
 * Lines begin with local time, program and pid, or with "<priority>" if the
 * environment says that the journal reads them. NULL without memory.
 */
struct log_stderr *log_stderr_create(const char *program);
void log_stderr_destroy(struct log_stderr **sink);

/* The write function of struct log_sink; `context` is the struct log_stderr. */
void log_stderr_write(void *context, enum log_level level, struct text line);

/* Tries to write what is left of a begun line and how many lines were lost. */
void log_stderr_flush(struct log_stderr *sink);

#endif
