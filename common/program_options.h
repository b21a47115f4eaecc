/*
 * Options of a command line by table. A name is taken in full only: getopt_long(3) would take
 * "--token" for "--token-file", and could not leave alone what another table knows.
 */
#ifndef HUBBUB_COMMON_PROGRAM_OPTIONS_H
#define HUBBUB_COMMON_PROGRAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/text.h"

enum program_option_type {
	PROGRAM_OPTION_FLAG,   /* bool: it was given                              */
	PROGRAM_OPTION_SET,    /* an enum: becomes `min`                          */
	PROGRAM_OPTION_NUMBER, /* unsigned: `min` to `max`                        */
	PROGRAM_OPTION_CHOICE, /* an enum: the place of the word among `choices`  */
	PROGRAM_OPTION_TEXT,   /* const char *                                    */
	PROGRAM_OPTION_TEXTS,  /* struct program_texts: as often as it is given   */
};

/* Texts in the order in which they were given; there has to be room for all of them. */
struct program_texts {
	const char **items;
	size_t count;
};

struct program_option {
	const char *name;  /* with its dashes; NULL ends a table */
	const char *value; /* what its value is called, NULL if it has none */
	const char *help;
	enum program_option_type type;
	size_t offset; /* in the struct of the program's options */
	unsigned min;
	unsigned max;
	const char *const *choices;         /* ended by NULL */
	bool (*is_good)(struct text value); /* of texts; NULL: it must not be empty */
};

/* Rows of a table. */
/* clang-format off */
#define PROGRAM_OPTION(n, v, at, h, t, ...) \
	{ .name = (n), .value = (v), .help = (h), .type = (t), .offset = (at), __VA_ARGS__ }
#define PROGRAM_FLAG(name, at, help) \
	PROGRAM_OPTION(name, NULL, at, help, PROGRAM_OPTION_FLAG, .min = 0)
#define PROGRAM_SET(name, at, to, help) \
	PROGRAM_OPTION(name, NULL, at, help, PROGRAM_OPTION_SET, .min = (to))
#define PROGRAM_NUMBER(name, value, at, least, most, help) \
	PROGRAM_OPTION(name, value, at, help, PROGRAM_OPTION_NUMBER, .min = (least), .max = (most))
#define PROGRAM_CHOICE(name, value, at, words, help) \
	PROGRAM_OPTION(name, value, at, help, PROGRAM_OPTION_CHOICE, .choices = (words))
#define PROGRAM_TEXT(name, value, at, good, help) \
	PROGRAM_OPTION(name, value, at, help, PROGRAM_OPTION_TEXT, .is_good = (good))
#define PROGRAM_TEXTS(name, value, at, good, help) \
	PROGRAM_OPTION(name, value, at, help, PROGRAM_OPTION_TEXTS, .is_good = (good))
#define PROGRAM_OPTIONS_END { .name = NULL }
/* clang-format on */

enum program_option_result {
	PROGRAM_OPTION_UNKNOWN, /* the word is none of the table's */
	PROGRAM_OPTION_TAKEN,
	PROGRAM_OPTION_WRONG, /* a sentence says why */
};

/*
 * Looks at the word argv[*at] and takes it, if it is an option, with its value, which may stand
 * behind "=" or be the next word, whatever that looks like. *at then stands behind both. `argv`
 * ends with NULL, and texts are borrowed from it. Of an option given twice the last one counts.
 */
enum program_option_result program_option_take(const struct program_option *table, void *options,
    char **argv, int *at, struct buffer *sentence);

/* Says that the word is no option; false, so that it can be returned. */
bool program_option_refuse(struct buffer *sentence, const char *word);

/* A line for each option, whose help begins in that column. */
void program_options_usage(struct buffer *out, const struct program_option *table, unsigned column);

#endif
