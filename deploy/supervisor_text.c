/*
 * Owns the words of the supervisor: complaints, shell quoting, the clock.
 * Knows nothing of processes, sockets or folders.
 */
#include "deploy/supervisor_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
complain(const char *format, ...)
{
	char sentence[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	/* One call, so that the lines of the children do not come in between. */
	fprintf(stderr, "hubbub: %s\n", sentence);
}

bool
shell_word(const char *path, char *word_out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./+:=@-";
	size_t used = 0;

	if (path[strspn(path, plain)] == '\0')
		return snprintf(word_out, size, "%s", path) < (int)size;
	/* Room is kept for the longest piece, a quote written as '\'', and the end. */
	if (size < 3)
		return false;
	word_out[used++] = '\'';
	for (; *path != '\0'; path++) {
		if (used + 6 > size)
			return false;
		if (*path == '\'') {
			memcpy(word_out + used, "'\\''", 4);
			used += 4;
		} else {
			word_out[used++] = *path;
		}
	}
	word_out[used++] = '\'';
	word_out[used] = '\0';
	return true;
}

uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
