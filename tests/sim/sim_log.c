#include "sim_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sim_log_add(struct sim_log *log, const char *format, ...)
{
	va_list arguments;

	if (log->count == log->capacity) {
		size_t capacity = log->capacity == 0 ? 64 : log->capacity * 2;
		char **lines = realloc(log->lines, capacity * sizeof(*lines));

		if (lines == NULL)
			abort();
		log->lines = lines;
		log->capacity = capacity;
	}
	va_start(arguments, format);
	if (vasprintf(&log->lines[log->count], format, arguments) < 0)
		abort();
	va_end(arguments);
	log->count++;
}

size_t
sim_log_find(const struct sim_log *log, size_t from, const char *line)
{
	while (from < log->count && strcmp(log->lines[from], line) != 0)
		from++;
	return from;
}

void
sim_log_remove(struct sim_log *log, size_t at)
{
	free(log->lines[at]);
	log->count--;
	memmove(&log->lines[at], &log->lines[at + 1], (log->count - at) * sizeof(*log->lines));
}

void
sim_log_free(struct sim_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->lines[i]);
	free(log->lines);
	memset(log, 0, sizeof(*log));
}
