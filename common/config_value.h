/* One setting's value: from text, to text, and what is allowed. For the config_*.c files only. */
#ifndef HUBBUB_COMMON_CONFIG_VALUE_H
#define HUBBUB_COMMON_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/un.h>

#include "common/config_schema.h"

/* Longest path of a Unix socket. */
#define CONFIG_SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* Longest sentence about what is allowed. */
#define CONFIG_ALLOWED_SIZE 160

/*
 * Sets the value at `place` (see config_key_value) from text; blanks at its ends are cut. False
 * leaves it as it was: the text is not what config_value_allowed says. Ends the process without
 * memory.
 */
bool config_value_set(const struct config_key *key, void *place, const char *text);

/* Writes a blank and the value as config_value_set takes it; nothing for an empty one. */
void config_value_print(const struct config_key *key, const void *place, FILE *output);

/* True for the same value; two strings with the same characters are. */
bool config_value_equal(const struct config_key *key, const void *one, const void *other);

/* Frees what was there; a string is copied. Ends the process without memory. */
void config_value_copy(const struct config_key *key, void *to, const void *from);

/* Each gets the other's, strings with their memory. */
void config_value_swap(const struct config_key *key, void *one, void *other);

/* Frees a value that is a string. */
void config_value_free(const struct config_key *key, void *place);

/* "a whole number from 1 to 1024": fits behind "is not" and behind "Value:". */
void config_value_allowed(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE]);

/* The same to begin a sentence, with the unit: "A whole number from 1 to 9 (seconds)". */
void config_value_describe(const struct config_key *key, char out[CONFIG_ALLOWED_SIZE]);

/* True for a name that is safe in paths, log lines and metrics. */
bool config_is_word(const char *text, size_t max);

#endif
