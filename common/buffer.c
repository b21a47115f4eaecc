/*
 * Growing bytes with a bound. Capacity doubles, so a run of appends costs a
 * constant per byte; nothing is ever allocated because a stranger declared a
 * size, only because bytes are there to be kept.
 */
#include "common/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void
buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->limit);
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

/* The capacity to have for `needed` bytes, within the limit; 0 if that cannot be. */
static size_t
capacity_for(const struct buffer *buffer, size_t needed)
{
	size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;

	if (buffer->limit > 0 && needed > buffer->limit)
		return 0;
	while (capacity < needed) {
		if (capacity > SIZE_MAX / 2)
			return 0;
		capacity *= 2;
	}
	if (buffer->limit > 0 && capacity > buffer->limit)
		capacity = buffer->limit;
	return capacity;
}

char *
buffer_reserve(struct buffer *buffer, size_t length)
{
	size_t needed = buffer->length + length;
	size_t capacity;
	char *grown;

	if (buffer->failed)
		return NULL;
	/* Within the capacity is within the limit: nearly every call ends here. */
	if (buffer->data != NULL && length <= buffer->capacity - buffer->length)
		return buffer->data + buffer->length;
	capacity = needed >= length ? capacity_for(buffer, needed) : 0;
	if (capacity == 0) {
		buffer->failed = true;
		return NULL;
	}
	grown = realloc(buffer->data, capacity);
	if (grown == NULL) {
		buffer->failed = true;
		return NULL;
	}
	buffer->data = grown;
	buffer->capacity = capacity;
	return buffer->data + buffer->length;
}

void
buffer_advance(struct buffer *buffer, size_t length)
{
	assert(length <= buffer->capacity - buffer->length);
	buffer->length += length;
}

void
buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	char *room;

	if (length == 0)
		return;
	room = buffer_reserve(buffer, length);
	if (room == NULL)
		return;
	memcpy(room, bytes, length);
	buffer->length += length;
}

void
buffer_append_text(struct buffer *buffer, struct text text)
{
	buffer_append(buffer, text.data, text.length);
}

void
buffer_append_string(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, string, strlen(string));
}

void
buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
	buffer_append(buffer, &byte, 1);
}

void
buffer_append_u64(struct buffer *buffer, uint64_t decimal)
{
	char digits[20]; /* UINT64_MAX has as many */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + decimal % 10);
		decimal /= 10;
	} while (decimal > 0);
	buffer_append(buffer, digits + at, sizeof(digits) - at);
}

void
buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	char brief[256];
	char *whole = NULL;
	int length;

	va_start(arguments, format);
	length = vsnprintf(brief, sizeof(brief), format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < sizeof(brief)) {
		buffer_append(buffer, brief, (size_t)length);
		return;
	}
	va_start(arguments, format);
	length = vasprintf(&whole, format, arguments);
	va_end(arguments);
	if (length < 0) {
		buffer->failed = true;
		return;
	}
	buffer_append(buffer, whole, (size_t)length);
	free(whole);
}

void
buffer_consume(struct buffer *buffer, size_t length)
{
	assert(length <= buffer->length);
	buffer->length -= length;
	if (buffer->length > 0)
		memmove(buffer->data, buffer->data + length, buffer->length);
}

void
buffer_truncate(struct buffer *buffer, size_t length)
{
	assert(length <= buffer->length);
	buffer->length = length;
	buffer->failed = false;
}

struct text
buffer_text(const struct buffer *buffer)
{
	return (struct text){ buffer->data != NULL ? buffer->data : "", buffer->length };
}
