/*
 * A growing run of bytes. An append that fails for want of memory or because
 * of the limit sets `failed` and leaves the bytes as they were; further
 * appends do nothing, so a writer checks once at its end.
 */
#ifndef HUBBUB_COMMON_BUFFER_H
#define HUBBUB_COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t limit; /* most bytes it may ever hold; 0: no limit */
	bool failed;
};

/* An empty buffer; allocates nothing. `limit` 0 means none. */
void buffer_init(struct buffer *buffer, size_t limit);

/* Gives the memory back and leaves an empty buffer with the same limit. */
void buffer_free(struct buffer *buffer);

/* Forgets content and failure, keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, struct text text);
void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_append_u64(struct buffer *buffer, uint64_t decimal);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `length` more bytes to write to, or NULL (failed); buffer_advance then counts them. */
char *buffer_reserve(struct buffer *buffer, size_t length);
void buffer_advance(struct buffer *buffer, size_t length);

/* Drops the first `length` bytes, moving the rest down. */
void buffer_consume(struct buffer *buffer, size_t length);

/* Back to `length` bytes (at most the present length); clears `failed`. */
void buffer_truncate(struct buffer *buffer, size_t length);

/* The content, valid until the next change. */
struct text buffer_text(const struct buffer *buffer);

#endif
