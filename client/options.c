/* Options by table, from which the help follows. Opens no file and asks no terminal. */
#include "client/options.h"

#include <stdlib.h>
#include <string.h>

#include "client/typed.h"
#include "common/names.h"
#include "common/terminal_text.h"

#define DEFAULT_TIMEOUT_SECONDS 10
#define TIMEOUT_SECONDS_MAX 86400

/* Of the usage: where the help of an option begins. */
#define USAGE_COLUMN 25

static bool
is_message(struct text value)
{
	return value.length > 0 && text_is_utf8(value);
}

static const char *const dialect_words[] = { "auto", "native", "room", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };

#define AT(member) offsetof(struct options, member)

static const struct program_option own_options[] = {
	PROGRAM_TEXT("--name", "NAME", AT(name), text_is_utf8, "how others see you"),
	PROGRAM_TEXT(
	    "--room", "ROOM", AT(room), names_is_room, "the room to enter, else the server's"),
	PROGRAM_NUMBER("--history", "COUNT", AT(history), 0, HISTORY_MAX,
	    "show what was said last there, at most 100"),
	PROGRAM_CHOICE("--dialect", "WORD", AT(dialect), dialect_words,
	    "auto, native or room: the protocol to speak"),
	PROGRAM_TEXT(
	    "--token-file", "FILE", AT(token_file), NULL, "a file with the token of a login"),
	PROGRAM_TEXT(
	    "--resume-file", "FILE", AT(resume_file), NULL, "go on where the last run ended"),
	PROGRAM_TEXT("--ca", "FILE", AT(ca_file), NULL, "trust these certificates and no others"),
	PROGRAM_CHOICE("--color", "WHEN", AT(color), color_words, "auto, always or never"),
	PROGRAM_FLAG("--json", AT(json), "print what is heard as lines of JSON"),
	PROGRAM_TEXTS("--send", "TEXT", AT(sends), is_message, "say this and end; may be repeated"),
	PROGRAM_TEXTS(
	    "--expect", "REGEX", AT(expects), NULL, "end once this was heard; may be repeated"),
	PROGRAM_NUMBER("--timeout", "SECONDS", AT(timeout_seconds), 1, TIMEOUT_SECONDS_MAX,
	    "how long that may take, 10 by default"),
	PROGRAM_FLAG("--help", AT(help), "print this and exit"),
	PROGRAM_FLAG("--version", AT(version), "print the version and exit"),
	PROGRAM_OPTIONS_END,
};

static bool
refuse(struct buffer *sentence, const char *name, const char *why)
{
	buffer_printf(sentence, "%s %s", name, why);
	return false;
}

static bool
take_address(struct options *options, const char *word, struct buffer *sentence)
{
	const char *why = url_read(text_of(word), &options->url);

	if (options->address != NULL)
		return refuse(sentence, "one address", "at most");
	options->address = word;
	if (why == NULL)
		return true;
	terminal_text_quote(sentence, text_of(word));
	buffer_printf(sentence, ": %s", why);
	return false;
}

static bool
take_word(struct options *options, char **argv, int *at, struct buffer *sentence)
{
	enum program_option_result result =
	    program_option_take(own_options, options, argv, at, sentence);
	const char *word;

	if (result != PROGRAM_OPTION_UNKNOWN)
		return result == PROGRAM_OPTION_TAKEN;
	word = argv[(*at)++];
	return word[0] == '-' ? program_option_refuse(sentence, word)
			      : take_address(options, word, sentence);
}

static bool
check_together(const struct options *options, struct buffer *sentence)
{
	if (options->dialect == DIALECT_ROOM &&
	    (options->room != NULL || options->resume_file != NULL || options->history > 0))
		return refuse(sentence, "--dialect room",
		    "has one room, no history and nothing to resume: leave those options out");
	if (options->ca_file != NULL && !options->url.tls)
		return refuse(sentence, "--ca", "is for addresses that begin with wss://");
	return true;
}

bool
options_read(struct options *options, int argc, char **argv, struct buffer *sentence)
{
	int at = 1;

	*options = (struct options){
		.timeout_seconds = DEFAULT_TIMEOUT_SECONDS,
		.sends.items = calloc((size_t)argc + 1, sizeof(char *)),
		.expects.items = calloc((size_t)argc + 1, sizeof(char *)),
	};
	if (options->sends.items == NULL || options->expects.items == NULL)
		return refuse(sentence, "out of", "memory");
	while (at < argc) {
		if (!take_word(options, argv, &at, sentence))
			return false;
	}
	if (options->address == NULL && !take_address(options, URL_DEFAULT, sentence))
		return false;
	return check_together(options, sentence);
}

void
options_free(struct options *options)
{
	free(options->sends.items);
	free(options->expects.items);
	options->sends.items = NULL;
	options->expects.items = NULL;
}

bool
options_are_script(const struct options *options)
{
	return options->sends.count > 0 || options->expects.count > 0;
}

void
options_usage(struct buffer *out)
{
	buffer_append_string(out, "usage: hubbub-chat [OPTION ...] [URL]\n\n");
	program_options_usage(out, own_options, USAGE_COLUMN);
	buffer_append_string(out, "\nThe URL is " URL_DEFAULT " by default. "
				  "A line is said to the room;\n"
				  "/help tells what else can be typed.\n");
}
