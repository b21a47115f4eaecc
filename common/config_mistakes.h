/*
 * What is wrong with settings: a sentence for each mistake, up to a bound, and which settings have
 * no value that others could be held against, so that one mistake is not said twice.
 */
#ifndef HUBBUB_COMMON_CONFIG_MISTAKES_H
#define HUBBUB_COMMON_CONFIG_MISTAKES_H

#include <stdbool.h>
#include <stdio.h>

/* So many are told; of the others only their number is. */
#define CONFIG_MISTAKES_MAX 20u

/* Longest sentence, with where it happened and its NUL; a longer one is cut. */
#define CONFIG_MISTAKE_SIZE 512

/* Doubtful settings that are told apart; with more of them all are doubtful. */
#define CONFIG_DOUBTS_MAX 64u

/* Longest name of a setting, with its NUL. */
#define CONFIG_NAME_SIZE 128

/* Begins as all zeros, owns nothing. */
struct config_mistakes {
	unsigned count; /* all; the first CONFIG_MISTAKES_MAX of them have a sentence */
	char sentences[CONFIG_MISTAKES_MAX][CONFIG_MISTAKE_SIZE];
	char where[256];
	unsigned doubt_count;
	char doubts[CONFIG_DOUBTS_MAX][CONFIG_NAME_SIZE];
};

/* Where the next mistakes are made, for example "FILE:LINE"; "" for no place in particular. */
void config_mistakes_at(struct config_mistakes *mistakes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds a sentence, fit for one line of a terminal, and behind it where that was; always false, so
 * that it can be returned.
 */
bool config_mistake(struct config_mistakes *mistakes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What of a bad setting is in force is not what was meant. */
void config_doubt(struct config_mistakes *mistakes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * True if the setting of that name was doubted, or all of its section: "listener" and
 * "listener.chat" go for "listener.chat.address"; "" goes for all.
 */
bool config_is_doubted(const struct config_mistakes *mistakes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Those that have a sentence. */
unsigned config_mistakes_told(const struct config_mistakes *mistakes);

/* The first one as an error's sentence, for who has room for one; nothing if there is none. */
void config_mistakes_first(const struct config_mistakes *mistakes, char *error, size_t error_size);

/* Writes "PROGRAM: SENTENCE" for each, and how many there are beyond these. */
void config_mistakes_print(
    const struct config_mistakes *mistakes, const char *program, FILE *output);

#endif
