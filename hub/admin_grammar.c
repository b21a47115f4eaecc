/*
 * The table of commands taken apart: names of one word or two, arguments and what they may be.
 * Knows nothing of command lines.
 */
#include "hub/admin_grammar.h"

#include <stddef.h>
#include <string.h>

#include "common/names.h"
#include "hub/admin_text.h"
#include "hub/room_rules.h"

#define ADMIN_ROW(identifier, usage, mode, meaning) \
	[ADMIN_##identifier] = { (usage), ADMIN_ACCESS_##mode, (meaning) },
static const struct admin_command_info commands[] = { ADMIN_COMMANDS(ADMIN_ROW) };
#undef ADMIN_ROW

#define ARGUMENT(spelt, member) \
	.spelling = { (spelt), sizeof(spelt) - 1 }, .offset = offsetof(struct admin_request, member)

static bool
is_number(struct text value)
{
	uint64_t number;

	return text_to_u64(value, &number);
}

#define ROOM_EXPECTED "a room name: a-z 0-9 . _ -, beginning with a letter or digit"
#define LINE_EXPECTED "one line without control or invisible characters"
#define WHO_EXPECTED "\"everyone\", \"operators\" or user ids between blanks"

/* A reason travels in a WebSocket close frame, which has room for 123 bytes. */
static const struct admin_argument arguments[] = {
	{ ARGUMENT("--room ROOM", room), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("ROOM", room), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("NEW", renamed), .bytes_max = 64, .fits = names_is_room,
	    .expected = ROOM_EXPECTED },
	{ ARGUMENT("USER|ID", user), .bytes_max = 512 },
	{ ARGUMENT("USER", user), .bytes_max = 512 },
	{ ARGUMENT("--reason TEXT", reason), .bytes_max = 123, .fits = admin_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("TEXT", text), .bytes_max = 4096, .fits = admin_text_is_plain,
	    .expected = LINE_EXPECTED, .takes_rest = true },
	{ ARGUMENT("--class CLASS", class_name), .bytes_max = 64, .fits = admin_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--read WHO", read), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--write WHO", write), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--list WHO", list), .bytes_max = ROOM_WHO_MAX, .fits = room_who_is_valid,
	    .expected = WHO_EXPECTED },
	{ ARGUMENT("--number N", number), .bytes_max = 20, .fits = is_number,
	    .expected = "a number", .letter = 'n' },
	{ ARGUMENT("--after CURSOR", after), .bytes_max = 20, .fits = is_number,
	    .expected = "a number" },
	{ ARGUMENT("FILE", file), .bytes_max = 4095, .fits = admin_text_is_plain,
	    .expected = LINE_EXPECTED },
	{ ARGUMENT("--yes", yes), .bytes_max = 8, .is_flag = true },
};

#define ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

const struct admin_command_info *
admin_command_info(enum admin_command command)
{
	return &commands[command];
}

struct text
admin_first_word(struct text t)
{
	const char *blank = t.length > 0 ? memchr(t.data, ' ', t.length) : NULL;

	return (struct text){ t.data, blank != NULL ? (size_t)(blank - t.data) : t.length };
}

struct text
admin_command_name(enum admin_command command)
{
	struct text grammar = text_of(commands[command].grammar);

	grammar.length = strcspn(grammar.data, "<[");
	return text_trimmed(grammar);
}

struct text
admin_name_word(enum admin_command command, unsigned depth)
{
	struct text rest = admin_command_name(command);
	struct text word = admin_first_word(rest);

	for (; depth > 0; depth--) {
		rest = text_trimmed(
		    (struct text){ rest.data + word.length, rest.length - word.length });
		word = admin_first_word(rest);
	}
	return word;
}

bool
admin_is_flag(struct text word)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (arguments[i].is_flag && text_equal(arguments[i].spelling, word))
			return true;
	}
	return false;
}

static const struct admin_argument *
find_argument(struct text spelling)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (text_equal(arguments[i].spelling, spelling))
			return &arguments[i];
	}
	return NULL;
}

bool
admin_next_slot(const char **grammar, struct admin_slot *slot_out)
{
	const char *open = strpbrk(*grammar, "<[");
	const char *end = open != NULL ? strpbrk(open, ">]") : NULL;

	if (end == NULL)
		return false;
	*grammar = end + 1;
	slot_out->optional = *open == '[';
	slot_out->argument = find_argument((struct text){ open + 1, (size_t)(end - open) - 1 });
	return slot_out->argument != NULL;
}

struct text *
admin_member(struct admin_request *request, const struct admin_argument *argument)
{
	return (struct text *)(void *)((char *)request + argument->offset);
}

struct text
admin_value(const struct admin_request *request, const struct admin_argument *argument)
{
	struct text value;

	memcpy(&value, (const char *)request + argument->offset, sizeof(value));
	return value;
}
