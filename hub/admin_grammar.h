/*
 * What the grammar's parser asks of the table in admin_commands.h.
 */
#ifndef HUBBUB_HUB_ADMIN_GRAMMAR_H
#define HUBBUB_HUB_ADMIN_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/admin.h"

/* What an argument may be, by its spelling in the grammar. */
struct admin_argument {
	struct text spelling;
	size_t offset; /* of its struct text in struct admin_request */
	size_t bytes_max;
	bool (*fits)(struct text value); /* NULL: any text */
	const char *expected;            /* completes "... must be" */
	bool takes_rest;                 /* all words that are left are one value */
	bool is_flag;                    /* there is no value: its presence says it */
	char letter;                     /* another way to write the option; 0: none */
};

/* One argument of a command's grammar. */
struct admin_slot {
	const struct admin_argument *argument;
	bool optional;
	bool positional; /* a word that is known by its place */
};

/* The bytes before the first blank. */
struct text admin_first_word(struct text t);

/* The word at that depth of a command's name; empty behind the last. */
struct text admin_name_word(enum admin_command command, unsigned depth);

/* Steps through a grammar: *grammar begins as the whole of it. False past the last argument. */
bool admin_next_slot(const char **grammar, struct admin_slot *slot_out);

/* Where an argument's value is in a request, and the value. */
struct text *admin_member(struct admin_request *request, const struct admin_argument *argument);
struct text admin_value(const struct admin_request *request, const struct admin_argument *argument);

/* "90s", "5m", "12h", "7d" or "4w" as milliseconds; false for anything else and above ten years. */
bool admin_read_span(struct text value, int64_t *ms_out);

/* "90", "90s" or "5m" as milliseconds; false for anything else and above an hour. */
bool admin_read_time(struct text value, uint32_t *ms_out);

#endif
