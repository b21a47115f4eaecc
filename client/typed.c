/* The grammar of an input line, as one table. Who is called how is not known here. */
#include "client/typed.h"

#include <string.h>

#include "common/names.h"

enum argument { ARGUMENT_NONE, ARGUMENT_ROOM, ARGUMENT_MAYBE_ROOM, ARGUMENT_MAYBE_COUNT };

struct typed_command {
	const char *name;
	enum typed_kind kind;
	enum argument argument;
	const char *usage;
	const char *help;
};

static const struct typed_command commands[] = {
	{ "rooms", TYPED_ROOMS, ARGUMENT_NONE, "/rooms", "which rooms there are" },
	{ "join", TYPED_JOIN, ARGUMENT_ROOM, "/join ROOM", "enter a room, or go on in it" },
	{ "leave", TYPED_LEAVE, ARGUMENT_MAYBE_ROOM, "/leave [ROOM]", "leave this room, or that" },
	{ "who", TYPED_WHO, ARGUMENT_MAYBE_ROOM, "/who [ROOM]", "who is there" },
	{ "history", TYPED_HISTORY, ARGUMENT_MAYBE_COUNT, "/history [COUNT]",
	    "what was said last in this room" },
	{ "help", TYPED_HELP, ARGUMENT_NONE, "/help", "this" },
	{ "quit", TYPED_QUIT, ARGUMENT_NONE, "/quit", "leave" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static struct typed
mistake(const char *why)
{
	return (struct typed){ .kind = TYPED_MISTAKE, .why = why };
}

/* The first word; `rest` is left with what follows it, without blanks at both ends. */
static struct text
take_word(struct text *rest)
{
	struct text word = { rest->data, 0 };

	while (word.length < rest->length && rest->data[word.length] != ' ' &&
	       rest->data[word.length] != '\t')
		word.length++;
	*rest = text_trimmed((struct text){ rest->data + word.length, rest->length - word.length });
	return word;
}

static struct typed
with_argument(const struct typed_command *command, struct text argument)
{
	struct typed typed = { .kind = command->kind, .words = argument };

	switch (command->argument) {
	case ARGUMENT_NONE:
		return argument.length == 0 ? typed : mistake("that command stands alone");
	case ARGUMENT_ROOM:
	case ARGUMENT_MAYBE_ROOM:
		if (argument.length == 0)
			return command->argument == ARGUMENT_MAYBE_ROOM
				   ? typed
				   : mistake("which room? /join ROOM");
		return names_is_room(argument)
			   ? typed
			   : mistake("no room can be called so: 1 to 64 of a-z 0-9 . _ -");
	default:
		typed.words = (struct text){ NULL, 0 };
		typed.count = HISTORY_DEFAULT;
		if (argument.length == 0)
			return typed;
		if (!text_to_u64(argument, &typed.count) || typed.count == 0 ||
		    typed.count > HISTORY_MAX)
			return mistake("how many? /history 1 to 100");
		return typed;
	}
}

static struct typed
read_command(struct text rest)
{
	struct text name = take_word(&rest);

	for (size_t i = 0; i < COMMANDS; i++) {
		if (text_equal(name, text_of(commands[i].name)))
			return with_argument(&commands[i], rest);
	}
	return mistake("no such command; /help lists them, // begins a text with a slash");
}

struct typed
typed_read(struct text line)
{
	struct text words = text_trimmed(line);
	struct text rest;

	if (words.length == 0)
		return (struct typed){ .kind = TYPED_NOTHING };
	rest = (struct text){ words.data + 1, words.length - 1 };
	if (words.data[0] != '/' && words.data[0] != '@')
		return (struct typed){ .kind = TYPED_SAY, .words = words };
	if (rest.length > 0 && rest.data[0] == words.data[0])
		return (struct typed){ .kind = TYPED_SAY, .words = rest };
	if (words.data[0] == '/')
		return read_command(rest);
	if (rest.length == 0 || rest.data[0] == ' ' || memchr(rest.data, ' ', rest.length) == NULL)
		return mistake("to whom, and what? @NAME TEXT");
	return (struct typed){ .kind = TYPED_TELL, .words = rest };
}

void
typed_help(struct buffer *out)
{
	buffer_append_string(out, "TEXT             said to everybody in the room\n"
				  "@NAME TEXT       told to NAME alone\n");
	for (size_t i = 0; i < COMMANDS; i++)
		buffer_printf(out, "%-16s %s\n", commands[i].usage, commands[i].help);
}
