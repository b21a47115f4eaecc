/* Options by table, from which the help follows. Opens no file and asks no terminal. */
#include "client/options.h"

#include <stdlib.h>
#include <string.h>

#include "client/typed.h"
#include "common/names.h"
#include "common/terminal_text.h"

#define DEFAULT_TIMEOUT_SECONDS 10
#define TIMEOUT_SECONDS_MAX 86400

/* Of the usage: what stands before the help of an option. */
#define USAGE_COLUMNS 24

/* `take` is given the value, NULL for an option without one; false if it does not take it. */
struct option {
	const char *name;
	const char *value;
	const char *help;
	bool (*take)(struct options *options, const char *value);
};

static bool
take_name(struct options *options, const char *value)
{
	options->name = value;
	return text_is_utf8(text_of(value));
}

static bool
take_room(struct options *options, const char *value)
{
	options->room = value;
	return names_is_room(text_of(value));
}

static bool
take_token_file(struct options *options, const char *value)
{
	options->token_file = value;
	return *value != '\0';
}

static bool
take_resume_file(struct options *options, const char *value)
{
	options->resume_file = value;
	return *value != '\0';
}

static bool
take_ca(struct options *options, const char *value)
{
	options->ca_file = value;
	return *value != '\0';
}

/* The place of a word in a list that ends with NULL; -1 if it is not there. */
static int
word_in(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

static bool
take_dialect(struct options *options, const char *value)
{
	static const char *const words[] = { "auto", "native", "room", NULL };
	int choice = word_in(words, value);

	if (choice >= 0)
		options->dialect = (enum dialect_choice)choice;
	return choice >= 0;
}

static bool
take_color(struct options *options, const char *value)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	int choice = word_in(words, value);

	if (choice >= 0)
		options->color = (enum color_choice)choice;
	return choice >= 0;
}

static bool
take_number(unsigned *to, const char *value, uint64_t least, uint64_t most)
{
	uint64_t number;

	if (!text_to_u64(text_of(value), &number) || number < least || number > most)
		return false;
	*to = (unsigned)number;
	return true;
}

static bool
take_history(struct options *options, const char *value)
{
	return take_number(&options->history, value, 0, HISTORY_MAX);
}

static bool
take_timeout(struct options *options, const char *value)
{
	return take_number(&options->timeout_seconds, value, 1, TIMEOUT_SECONDS_MAX);
}

static bool
take_json(struct options *options, const char *value)
{
	(void)value;
	options->json = true;
	return true;
}

static bool
take_send(struct options *options, const char *value)
{
	options->sends[options->send_count++] = value;
	return *value != '\0' && text_is_utf8(text_of(value));
}

static bool
take_expect(struct options *options, const char *value)
{
	options->expects[options->expect_count++] = value;
	return *value != '\0';
}

static bool
take_help(struct options *options, const char *value)
{
	(void)value;
	options->help = true;
	return true;
}

static bool
take_version(struct options *options, const char *value)
{
	(void)value;
	options->version = true;
	return true;
}

static const struct option own_options[] = {
	{ "--name", "NAME", "how others see you", take_name },
	{ "--room", "ROOM", "the room to enter, else the server's", take_room },
	{ "--history", "COUNT", "show what was said last there, at most 100", take_history },
	{ "--dialect", "WORD", "auto, native or room: the protocol to speak", take_dialect },
	{ "--token-file", "FILE", "a file with the token of a login", take_token_file },
	{ "--resume-file", "FILE", "go on where the last run ended", take_resume_file },
	{ "--ca", "FILE", "trust these certificates and no others", take_ca },
	{ "--color", "WHEN", "auto, always or never", take_color },
	{ "--json", NULL, "print what is heard as lines of JSON", take_json },
	{ "--send", "TEXT", "say this and end; may be repeated", take_send },
	{ "--expect", "REGEX", "end once this was heard; may be repeated", take_expect },
	{ "--timeout", "SECONDS", "how long that may take, 10 by default", take_timeout },
	{ "--help", NULL, "print this and exit", take_help },
	{ "--version", NULL, "print the version and exit", take_version },
};

#define OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

/* The option that a word is; *value_out is what stands behind "=", or NULL. */
static const struct option *
find_option(const char *word, const char **value_out)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < OWN_OPTIONS; i++) {
		if (strlen(own_options[i].name) == length &&
		    memcmp(own_options[i].name, word, length) == 0) {
			*value_out = word[length] == '=' ? word + length + 1 : NULL;
			return &own_options[i];
		}
	}
	return NULL;
}

static bool
refuse(struct buffer *sentence, const char *name, const char *why)
{
	buffer_printf(sentence, "%s %s", name, why);
	return false;
}

/* Takes the option; *at stands on the word behind it and passes its value. */
static bool
take_option(struct options *options, const struct option *option, const char *value, char **argv,
    int *at, struct buffer *sentence)
{
	if (option->value == NULL && value != NULL)
		return refuse(sentence, option->name, "takes no value");
	if (option->value != NULL && value == NULL) {
		if (argv[*at] == NULL)
			return refuse(sentence, option->name, "needs a value");
		value = argv[(*at)++];
	}
	if (option->take(options, value))
		return true;
	buffer_printf(sentence, "%s does not take ", option->name);
	terminal_text_quote(sentence, text_of(value));
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
	const char *word = argv[(*at)++];
	const char *value;
	const struct option *option = find_option(word, &value);

	if (option != NULL)
		return take_option(options, option, value, argv, at, sentence);
	if (word[0] != '-')
		return take_address(options, word, sentence);
	buffer_append_string(sentence, "no such option: ");
	terminal_text_quote(sentence, text_of(word));
	buffer_append_string(sentence, "; see --help");
	return false;
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
		.sends = calloc((size_t)argc + 1, sizeof(char *)),
		.expects = calloc((size_t)argc + 1, sizeof(char *)),
	};
	if (options->sends == NULL || options->expects == NULL)
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
	free(options->sends);
	free(options->expects);
	options->sends = NULL;
	options->expects = NULL;
}

bool
options_are_script(const struct options *options)
{
	return options->send_count > 0 || options->expect_count > 0;
}

void
options_usage(struct buffer *out)
{
	buffer_append_string(out, "usage: hubbub-chat [OPTION ...] [URL]\n\n");
	for (size_t i = 0; i < OWN_OPTIONS; i++) {
		const char *value = own_options[i].value;
		size_t start = out->length;

		buffer_printf(out, "  %s%s%s", own_options[i].name, value != NULL ? " " : "",
		    value != NULL ? value : "");
		buffer_printf(out, "%*s %s\n", (int)(start + USAGE_COLUMNS - out->length), "",
		    own_options[i].help);
	}
	buffer_append_string(out, "\nThe URL is " URL_DEFAULT " by default. "
				  "A line is said to the room;\n"
				  "/help tells what else can be typed.\n");
}
