/* What the supervisor says to the person at the terminal, and the clock it waits by. */
#ifndef HUBBUB_DEPLOY_SUPERVISOR_TEXT_H
#define HUBBUB_DEPLOY_SUPERVISOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one sentence to standard error, behind the program's name. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes `path` so that a shell reads it back as one word. False if `size` is too small. */
bool shell_word(const char *path, char *word_out, size_t size);

/* Milliseconds of a clock that never jumps. */
uint64_t now_ms(void);

#endif
