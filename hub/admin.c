/*
 * The operator's grammar at work: which words are a command, which of its
 * arguments each word is, and what an argument may contain. Knows nothing of
 * sockets or of what commands do. Sentences are for people: they name the word
 * that is wrong and say what would be right.
 */
#include "hub/admin.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/names.h"
#include "hub/admin_text.h"

#define ADMIN_ROW(identifier, usage, mode, meaning) \
	[ADMIN_##identifier] = { (usage), ADMIN_ACCESS_##mode, (meaning) },
static const struct admin_command_info commands[] = { ADMIN_COMMANDS(ADMIN_ROW) };
#undef ADMIN_ROW

/* What an argument may be, by its spelling in the grammar. */
struct argument {
	struct text spelling;
	size_t offset; /* of its struct text in struct admin_request */
	size_t bytes_max;
	bool (*fits)(struct text value); /* NULL: any text */
	const char *expected;            /* completes "... must be" */
	bool takes_rest;                 /* all words that are left are one value */
};

#define ARGUMENT(spelt, member) \
	.spelling = { (spelt), sizeof(spelt) - 1 }, .offset = offsetof(struct admin_request, member)

/* A reason travels in a WebSocket close frame, which has room for 123 bytes. */
static const struct argument arguments[] = {
	{ ARGUMENT("--room ROOM", room), .bytes_max = 64, .fits = names_is_room,
	    .expected = "a room name: a-z 0-9 . _ -, beginning with a letter or digit" },
	{ ARGUMENT("USER|ID", user), .bytes_max = 512 },
	{ ARGUMENT("--reason TEXT", reason), .bytes_max = 123, .fits = admin_text_is_plain,
	    .expected = "one line without control or invisible characters" },
	{ ARGUMENT("TEXT", text), .bytes_max = 4096, .fits = admin_text_is_plain,
	    .expected = "one line without control or invisible characters", .takes_rest = true },
};

#define ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

const struct admin_command_info *
admin_command_info(enum admin_command command)
{
	return &commands[command];
}

static struct text
first_word(struct text t)
{
	const char *blank = memchr(t.data, ' ', t.length);

	return (struct text){ t.data, blank != NULL ? (size_t)(blank - t.data) : t.length };
}

struct text
admin_command_name(enum admin_command command)
{
	return first_word(text_of(commands[command].grammar));
}

/* One argument of a command's grammar. */
struct slot {
	const struct argument *argument;
	bool optional;
};

static const struct argument *
find_argument(struct text spelling)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (text_equal(arguments[i].spelling, spelling))
			return &arguments[i];
	}
	return NULL;
}

/* Steps through a grammar: *grammar begins as the whole of it. False past the last argument. */
static bool
next_slot(const char **grammar, struct slot *slot_out)
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

static struct text *
member_of(struct admin_request *request, const struct argument *argument)
{
	return (struct text *)(void *)((char *)request + argument->offset);
}

static struct text
value_of(const struct admin_request *request, const struct argument *argument)
{
	struct text value;

	memcpy(&value, (const char *)request + argument->offset, sizeof(value));
	return value;
}

/* What is being read, and where the reason goes if it cannot be. */
struct reading {
	const struct text *words;
	unsigned count;
	unsigned at;  /* the next word */
	bool literal; /* "--" was there */
	struct admin_request *request;
	struct buffer *scratch;
};

static bool refuse(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what is wrong, then how the command is used. */
static bool
refuse(struct reading *reading, const char *format, ...)
{
	char sentence[256];
	va_list values;

	va_start(values, format);
	vsnprintf(sentence, sizeof(sentence), format, values);
	va_end(values);
	buffer_clear(reading->scratch);
	buffer_printf(reading->scratch, "%s; usage:\n  %s", sentence,
	    commands[reading->request->command].grammar);
	return false;
}

/* The same for a sentence that ends in a word of the operator's. */
static bool
refuse_word(struct reading *reading, const char *sentence, struct text word)
{
	buffer_clear(reading->scratch);
	buffer_append_string(reading->scratch, sentence);
	buffer_append_byte(reading->scratch, ' ');
	admin_text_quote(reading->scratch, word);
	buffer_printf(
	    reading->scratch, "; usage:\n  %s", commands[reading->request->command].grammar);
	return false;
}

static bool
begins_with(struct text t, struct text prefix)
{
	return t.length >= prefix.length &&
	       text_equal((struct text){ t.data, prefix.length }, prefix);
}

static bool
refuse_command(struct reading *reading, const char *what, struct text word, struct text prefix)
{
	buffer_clear(reading->scratch);
	if (reading->count > 0) {
		admin_text_quote(reading->scratch, word);
		buffer_append_byte(reading->scratch, ' ');
	}
	buffer_printf(reading->scratch, "%s; possibilities are:", what);
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		if (begins_with(text_of(commands[i].grammar), prefix))
			buffer_printf(reading->scratch, "\n  %s", commands[i].grammar);
	}
	return false;
}

static bool
read_command(struct reading *reading)
{
	struct text none = TEXT("");
	struct text word = reading->count > 0 ? reading->words[0] : none;
	unsigned matches = 0;

	if (text_is_empty(word))
		return refuse_command(reading,
		    reading->count > 0 ? "is no command" : "a command is missing", word, none);
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		if (!begins_with(admin_command_name(i), word))
			continue;
		matches++;
		reading->request->command = i;
		if (admin_command_name(i).length == word.length) {
			matches = 1;
			break;
		}
	}
	if (matches == 0)
		return refuse_command(reading, "is no command", word, none);
	if (matches > 1)
		return refuse_command(reading, "is ambiguous", word, word);
	reading->at = 1;
	return true;
}

/* The option that a word before any "=" means, by name or unambiguous beginning. */
static const struct argument *
find_option(const struct reading *reading, struct text name)
{
	const char *grammar = commands[reading->request->command].grammar;
	const struct argument *found = NULL;
	struct slot slot;

	if (name.length <= 2)
		return NULL;
	while (next_slot(&grammar, &slot)) {
		struct text full = first_word(slot.argument->spelling);

		if (!slot.optional || !begins_with(full, name))
			continue;
		if (full.length == name.length)
			return slot.argument;
		if (found != NULL)
			return NULL;
		found = slot.argument;
	}
	return found;
}

static bool
read_option(struct reading *reading)
{
	struct text word = reading->words[reading->at++];
	const char *equals = memchr(word.data, '=', word.length);
	size_t length = equals != NULL ? (size_t)(equals - word.data) : word.length;
	const struct argument *argument = find_option(reading, (struct text){ word.data, length });
	struct text *member;

	if (argument == NULL)
		return refuse_word(reading, "no such option:", word);
	member = member_of(reading->request, argument);
	if (member->data != NULL)
		return refuse_word(reading, "given twice:", first_word(argument->spelling));
	if (equals != NULL)
		*member = (struct text){ equals + 1, word.length - length - 1 };
	else if (reading->at < reading->count)
		*member = reading->words[reading->at++];
	else
		return refuse_word(reading, "a value is missing after", word);
	return true;
}

/* The first required argument that has no value yet. */
static const struct argument *
find_required(const struct reading *reading)
{
	const char *grammar = commands[reading->request->command].grammar;
	struct slot slot;

	while (next_slot(&grammar, &slot)) {
		if (!slot.optional && value_of(reading->request, slot.argument).data == NULL)
			return slot.argument;
	}
	return NULL;
}

static bool
read_positional(struct reading *reading)
{
	const struct argument *argument = find_required(reading);
	struct text word = reading->words[reading->at++];
	struct text *member;

	if (argument == NULL)
		return refuse_word(reading, "one word too many:", word);
	member = member_of(reading->request, argument);
	*member = word;
	if (!argument->takes_rest || reading->at == reading->count)
		return true;
	buffer_append_text(reading->scratch, word);
	while (reading->at < reading->count) {
		buffer_append_byte(reading->scratch, ' ');
		buffer_append_text(reading->scratch, reading->words[reading->at++]);
	}
	*member = buffer_text(reading->scratch);
	return !reading->scratch->failed || refuse(reading, "out of memory");
}

static bool
check_value(struct reading *reading, const struct argument *argument, struct text value)
{
	const char *name = argument->spelling.data;

	if (value.length == 0)
		return refuse(reading, "%s is empty", name);
	if (value.length > argument->bytes_max)
		return refuse(reading, "%s has %zu bytes, at most %zu are taken", name,
		    value.length, argument->bytes_max);
	if (!text_is_utf8(value))
		return refuse(reading, "%s is not valid UTF-8", name);
	if (argument->fits != NULL && !argument->fits(value))
		return refuse(reading, "%s must be %s", name, argument->expected);
	return true;
}

static bool
check_arguments(struct reading *reading)
{
	const char *grammar = commands[reading->request->command].grammar;
	struct slot slot;

	while (next_slot(&grammar, &slot)) {
		struct text value = value_of(reading->request, slot.argument);

		if (value.data == NULL && slot.optional)
			continue;
		if (value.data == NULL)
			return refuse(reading, "%s is missing", slot.argument->spelling.data);
		if (!check_value(reading, slot.argument, value))
			return false;
	}
	return true;
}

bool
admin_parse(const struct text *words, unsigned count, struct admin_request *request_out,
    struct buffer *scratch)
{
	struct reading reading = {
		.words = words,
		.count = count,
		.request = request_out,
		.scratch = scratch,
	};

	*request_out = (struct admin_request){ .command = ADMIN_COMMAND_COUNT };
	buffer_clear(scratch);
	if (!read_command(&reading))
		return false;
	while (reading.at < count) {
		struct text word = words[reading.at];
		bool taken = true;

		if (!reading.literal && text_equal(word, TEXT("--"))) {
			reading.literal = true;
			reading.at++;
		} else if (!reading.literal && begins_with(word, TEXT("--"))) {
			taken = read_option(&reading);
		} else {
			taken = read_positional(&reading);
		}
		if (!taken)
			return false;
	}
	return check_arguments(&reading);
}

unsigned
admin_words(const struct admin_request *request, struct text words_out[ADMIN_WORDS_MAX])
{
	const char *grammar = commands[request->command].grammar;
	struct text positional[ADMIN_WORDS_MAX];
	unsigned positionals = 0;
	unsigned count = 0;
	struct slot slot;

	words_out[count++] = admin_command_name(request->command);
	while (next_slot(&grammar, &slot)) {
		struct text value = value_of(request, slot.argument);

		if (value.data == NULL)
			continue;
		if (!slot.optional) {
			positional[positionals++] = value;
			continue;
		}
		words_out[count++] = first_word(slot.argument->spelling);
		words_out[count++] = value;
	}
	if (positionals > 0)
		words_out[count++] = TEXT("--");
	for (unsigned i = 0; i < positionals; i++)
		words_out[count++] = positional[i];
	return count;
}
