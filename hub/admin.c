/*
 * The operator's grammar at work: which words are a command, which of its
 * arguments each word is, and what an argument may contain. Knows nothing of
 * sockets or of what commands do. Sentences are for people: they name the word
 * that is wrong and say what would be right.
 */
#include "hub/admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/terminal_text.h"
#include "hub/admin_grammar.h"

static const char *
grammar_of(enum admin_command command)
{
	return admin_command_info(command)->grammar;
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
	buffer_printf(
	    reading->scratch, "%s; usage:\n  %s", sentence, grammar_of(reading->request->command));
	return false;
}

/* The same for a sentence that ends in a word of the operator's. */
static bool
refuse_word(struct reading *reading, const char *sentence, struct text word)
{
	buffer_clear(reading->scratch);
	buffer_append_string(reading->scratch, sentence);
	buffer_append_byte(reading->scratch, ' ');
	terminal_text_quote(reading->scratch, word);
	buffer_printf(reading->scratch, "; usage:\n  %s", grammar_of(reading->request->command));
	return false;
}

static bool
begins_with(struct text t, struct text prefix)
{
	return t.length >= prefix.length &&
	       text_equal((struct text){ t.data, prefix.length }, prefix);
}

/* Commands that the words so far may mean, as bits. */
_Static_assert(ADMIN_COMMAND_COUNT <= 64, "a set of commands is one word");

static bool
refuse_command(struct reading *reading, const char *what, unsigned words, uint64_t possible)
{
	struct buffer said;

	buffer_init(&said, 0);
	for (unsigned i = 0; i < words; i++) {
		buffer_append_string(&said, i > 0 ? " " : "");
		buffer_append_text(&said, reading->words[i]);
	}
	buffer_clear(reading->scratch);
	if (words > 0) {
		terminal_text_quote(reading->scratch, buffer_text(&said));
		buffer_append_byte(reading->scratch, ' ');
	}
	buffer_free(&said);
	buffer_printf(reading->scratch, "%s; possibilities are:", what);
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		if ((possible >> i & 1) != 0)
			buffer_printf(reading->scratch, "\n  %s", grammar_of(i));
	}
	return false;
}

/* Of `possible`, those whose word at that depth is `word`, or else begins so. */
static uint64_t
narrow(uint64_t possible, unsigned depth, struct text word)
{
	uint64_t equal = 0;
	uint64_t longer = 0;

	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		struct text own = admin_name_word(i, depth);

		if ((possible >> i & 1) == 0 || word.length == 0 || !begins_with(own, word))
			continue;
		if (own.length == word.length)
			equal |= UINT64_C(1) << i;
		else
			longer |= UINT64_C(1) << i;
	}
	return equal != 0 ? equal : longer;
}

/* Do all of them have the same word at that depth? */
static bool
agree(uint64_t possible, unsigned depth)
{
	struct text first = admin_name_word((enum admin_command)__builtin_ctzll(possible), depth);

	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		if ((possible >> i & 1) != 0 && !text_equal(admin_name_word(i, depth), first))
			return false;
	}
	return true;
}

static bool
read_command(struct reading *reading)
{
	uint64_t possible = (UINT64_C(1) << ADMIN_COMMAND_COUNT) - 1;
	uint64_t before;

	do {
		unsigned depth = reading->at++;

		if (depth >= reading->count)
			return refuse_command(reading,
			    depth == 0 ? "a command is missing" : "is not all of a command", depth,
			    possible);
		before = possible;
		possible = narrow(possible, depth, reading->words[depth]);
		if (possible == 0)
			return refuse_command(reading, "is no command", depth + 1, before);
		if (!agree(possible, depth))
			return refuse_command(reading, "is ambiguous", depth + 1, possible);
	} while (
	    !agree(possible, reading->at) ||
	    admin_name_word((enum admin_command)__builtin_ctzll(possible), reading->at).length > 0);
	reading->request->command = (enum admin_command)__builtin_ctzll(possible);
	return true;
}

/* The option that a word before any "=" means, by name or unambiguous beginning. */
static const struct admin_argument *
find_option(const struct reading *reading, struct text name)
{
	const char *grammar = grammar_of(reading->request->command);
	const struct admin_argument *found = NULL;
	struct admin_slot slot;

	while (admin_next_slot(&grammar, &slot)) {
		struct text full = admin_first_word(slot.argument->spelling);

		if (name.length == 2 && !slot.positional && slot.argument->letter != 0 &&
		    name.data[1] == slot.argument->letter)
			return slot.argument;
		if (name.length <= 2)
			continue;

		if (slot.positional || !begins_with(full, name))
			continue;
		if (full.length == name.length)
			return slot.argument;
		if (found != NULL)
			return NULL;
		found = slot.argument;
	}
	return found;
}

/* "-n" is one where there is such an option; elsewhere it is what it is. */
static bool
is_option(const struct reading *reading, struct text word)
{
	return begins_with(word, TEXT("--")) ||
	       (word.length == 2 && word.data[0] == '-' && find_option(reading, word) != NULL);
}

static bool
read_option(struct reading *reading)
{
	struct text word = reading->words[reading->at++];
	const char *equals = memchr(word.data, '=', word.length);
	size_t length = equals != NULL ? (size_t)(equals - word.data) : word.length;
	const struct admin_argument *argument =
	    find_option(reading, (struct text){ word.data, length });
	struct text *member;

	if (argument == NULL)
		return refuse_word(reading, "no such option:", word);
	member = admin_member(reading->request, argument);
	if (member->data != NULL)
		return refuse_word(reading, "given twice:", admin_first_word(argument->spelling));
	if (argument->is_flag && equals != NULL)
		return refuse_word(
		    reading, "no value is taken by", admin_first_word(argument->spelling));
	if (argument->is_flag)
		*member = argument->spelling;
	else if (equals != NULL)
		*member = (struct text){ equals + 1, word.length - length - 1 };
	else if (reading->at < reading->count)
		*member = reading->words[reading->at++];
	else
		return refuse_word(reading, "a value is missing after", word);
	return true;
}

/* The first argument that has a place and no value yet. */
static const struct admin_argument *
find_positional(const struct reading *reading)
{
	const char *grammar = grammar_of(reading->request->command);
	struct admin_slot slot;

	while (admin_next_slot(&grammar, &slot)) {
		if (slot.positional && admin_value(reading->request, slot.argument).data == NULL)
			return slot.argument;
	}
	return NULL;
}

static bool
read_positional(struct reading *reading)
{
	const struct admin_argument *argument = find_positional(reading);
	struct text word = reading->words[reading->at++];
	struct text *member;

	if (argument == NULL)
		return refuse_word(reading, "one word too many:", word);
	member = admin_member(reading->request, argument);
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
check_value(struct reading *reading, const struct admin_argument *argument, struct text value)
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
	const char *grammar = grammar_of(reading->request->command);
	struct admin_slot slot;

	while (admin_next_slot(&grammar, &slot)) {
		struct text value = admin_value(reading->request, slot.argument);

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
		} else if (!reading.literal && is_option(&reading, word)) {
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
	const char *grammar = grammar_of(request->command);
	struct text positional[ADMIN_WORDS_MAX];
	unsigned positionals = 0;
	unsigned count = 0;
	struct admin_slot slot;

	for (struct text word; (word = admin_name_word(request->command, count)).length > 0;)
		words_out[count++] = word;
	while (admin_next_slot(&grammar, &slot)) {
		struct text value = admin_value(request, slot.argument);

		if (value.data == NULL)
			continue;
		if (slot.positional) {
			positional[positionals++] = value;
			continue;
		}
		words_out[count++] = admin_first_word(slot.argument->spelling);
		if (!slot.argument->is_flag)
			words_out[count++] = value;
	}
	if (positionals > 0)
		words_out[count++] = TEXT("--");
	for (unsigned i = 0; i < positionals; i++)
		words_out[count++] = positional[i];
	return count;
}
