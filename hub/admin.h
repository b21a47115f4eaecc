/*
 * From words to a command with arguments, as the table in admin_commands.h has
 * it. The hub and hubctl read words with the same function, so neither takes
 * what the other refuses.
 */
#ifndef HUBBUB_HUB_ADMIN_H
#define HUBBUB_HUB_ADMIN_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/text.h"
#include "hub/admin_commands.h"

#define ADMIN_ENUM(identifier, grammar, access, help) ADMIN_##identifier,
enum admin_command { ADMIN_COMMANDS(ADMIN_ENUM) ADMIN_COMMAND_COUNT };
#undef ADMIN_ENUM

enum admin_access { ADMIN_ACCESS_READ, ADMIN_ACCESS_SEE, ADMIN_ACCESS_WRITE };

struct admin_command_info {
	const char *grammar;
	enum admin_access access;
	const char *help;
};

/* An argument that was not given has no data (NULL); one that was is never empty. */
struct admin_request {
	enum admin_command command;
	struct text room;
	struct text user;
	struct text reason;
	struct text text;
	struct text renamed; /* the new name of a room */
	struct text class_name;
	struct text read; /* who may */
	struct text write;
	struct text list;
	struct text number;
	struct text after;
	struct text file;
	struct text yes;
	struct text gateway;
	struct text over; /* a time */
	struct text id;
	struct text client;
	struct text address;
	struct text realm;
	struct text span;    /* a time */
	struct text made_by; /* no argument: the operator, as far as the hub knows */
	struct text contents;
	struct text every;
	struct text once;
	struct text level;
	struct text all;
};

/* Words of any request as admin_words writes it. */
#define ADMIN_WORDS_MAX 16

/* A row of the table, for a valid command. */
const struct admin_command_info *admin_command_info(enum admin_command command);

/* Its access, as its options have it. */
enum admin_access admin_access(const struct admin_request *request);

/* Its name, of one word or two. */
struct text admin_command_name(enum admin_command command);

/* True for an option of some command's that takes no value, as in "--yes". */
bool admin_is_flag(struct text word);

/*
 * Reads a command line. The command's words and its options may be shortened as long as they are
 * unambiguous; -n is --number; "--" ends the options; <TEXT> takes all words that are left, joined
 * by blanks.
 * The request borrows from `words` and from `scratch`, which must outlive it. False: `scratch` then
 * holds the reason for people, over several lines where possibilities are listed, free of control
 * bytes other than line ends.
 */
bool admin_parse(const struct text *words, unsigned count, struct admin_request *request_out,
    struct buffer *scratch);

/* The words that admin_parse takes back to the same request; their number. Borrows from it. */
unsigned admin_words(const struct admin_request *request, struct text words_out[ADMIN_WORDS_MAX]);

#endif
