/*
 * Tells hubctl's own options from the words of the command. The words go to
 * the grammar untouched; nothing here knows a command.
 */
#include "hub/hubctl_options.h"

#include <stdlib.h>
#include <string.h>

#include "common/terminal_text.h"
#include "hub/admin.h"
#include "hub/admin_commands.h"

#define DEFAULT_TIMEOUT_SECONDS 10
#define TIMEOUT_SECONDS_MAX 3600

/* Of the usage: what stands before the help of a command. */
#define GRAMMAR_COLUMNS 32

/* One of hubctl's options; `take` is given the value, NULL for an option without one. */
struct option {
	const char *name;
	const char *value;
	const char *help;
	bool (*take)(struct hubctl_options *options, const char *value);
};

static bool
take_socket(struct hubctl_options *options, const char *value)
{
	options->socket = value;
	return *value != '\0';
}

static bool
take_json(struct hubctl_options *options, const char *value)
{
	(void)value;
	options->format = ADMIN_FORMAT_JSON;
	return true;
}

static bool
take_tsv(struct hubctl_options *options, const char *value)
{
	(void)value;
	options->format = ADMIN_FORMAT_TSV;
	return true;
}

static bool
take_timeout(struct hubctl_options *options, const char *value)
{
	uint64_t seconds;

	if (!text_to_u64(text_of(value), &seconds) || seconds == 0 || seconds > TIMEOUT_SECONDS_MAX)
		return false;
	options->timeout_seconds = (unsigned)seconds;
	return true;
}

static bool
take_help(struct hubctl_options *options, const char *value)
{
	(void)value;
	options->help = true;
	return true;
}

static bool
take_version(struct hubctl_options *options, const char *value)
{
	(void)value;
	options->version = true;
	return true;
}

static const struct option own_options[] = {
	{ "--socket", "PATH", "the hub's admin socket", take_socket },
	{ "--json", NULL, "print JSON", take_json },
	{ "--tsv", NULL, "print tab-separated values", take_tsv },
	{ "--timeout", "SECONDS", "how long the hub may be silent, 1 to 3600", take_timeout },
	{ "--help", NULL, "print this and exit", take_help },
	{ "--version", NULL, "print the version of hubctl and exit", take_version },
};

#define OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

/* The option that a word is, by its full name; *value_out is what stands behind "=", or NULL. */
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
refuse(struct buffer *sentence, const struct option *option, const char *why)
{
	buffer_printf(sentence, "%s %s", option->name, why);
	return false;
}

/* Takes the option; *at stands on the word behind it and passes its value. */
static bool
take_option(struct hubctl_options *options, const struct option *option, const char *value,
    char **argv, int *at, struct buffer *sentence)
{
	if (option->value == NULL && value != NULL)
		return refuse(sentence, option, "takes no value");
	if (option->value != NULL && value == NULL) {
		if (argv[*at] == NULL)
			return refuse(sentence, option, "needs a value");
		value = argv[(*at)++];
	}
	if (option->take(options, value))
		return true;
	buffer_printf(sentence, "%s does not take ", option->name);
	terminal_text_quote(sentence, text_of(value));
	return false;
}

/* Keeps a word of the command. */
static void
add_word(struct hubctl_options *options, const char *word)
{
	options->words[options->word_count++] = text_of(word);
}

bool
hubctl_options_read(struct hubctl_options *options, int argc, char **argv, struct buffer *sentence)
{
	const char *environment = getenv("HUBBUB_ADMIN_SOCKET");
	int at = 1;

	*options = (struct hubctl_options){
		.socket = HUBCTL_DEFAULT_SOCKET,
		.timeout_seconds = DEFAULT_TIMEOUT_SECONDS,
		.words = calloc((size_t)argc + 1, sizeof(struct text)),
	};
	if (environment != NULL && *environment != '\0')
		options->socket = environment;
	if (options->words == NULL) {
		buffer_append_string(sentence, "out of memory");
		return false;
	}
	while (at < argc) {
		const char *word = argv[at++];
		const char *value;
		const struct option *option = find_option(word, &value);

		if (option != NULL) {
			if (!take_option(options, option, value, argv, &at, sentence))
				return false;
			continue;
		}
		/* No command begins so, and a list of commands would be no help. */
		if (options->word_count == 0 && word[0] == '-' && strcmp(word, "--") != 0) {
			buffer_append_string(sentence, "no such option: ");
			terminal_text_quote(sentence, text_of(word));
			buffer_append_string(sentence, "; see --help");
			return false;
		}
		add_word(options, word);
		/* An option of the command: what follows is its value, whatever it looks like. */
		if (strncmp(word, "--", 2) == 0 && word[2] != '\0' && strchr(word, '=') == NULL &&
		    !admin_is_flag(text_of(word)) && at < argc)
			add_word(options, argv[at++]);
		if (strcmp(word, "--") == 0) {
			while (at < argc)
				add_word(options, argv[at++]);
		}
	}
	return true;
}

void
hubctl_options_free(struct hubctl_options *options)
{
	free(options->words);
	options->words = NULL;
	options->word_count = 0;
}

static void
append_command(struct buffer *out, const char *grammar, const char *help)
{
	bool fits = strlen(grammar) <= GRAMMAR_COLUMNS;

	/* A long one has a line to itself. */
	buffer_printf(out, "  %-*s %s", GRAMMAR_COLUMNS, grammar, fits ? help : "");
	if (!fits)
		buffer_printf(out, "\n  %-*s %s", GRAMMAR_COLUMNS, "", help);
	buffer_append_byte(out, '\n');
}

#define APPEND_LOCAL(identifier, grammar, help) append_command(out, grammar, help);

void
hubctl_usage(struct buffer *out)
{
	buffer_append_string(out, "usage: hubctl [OPTION ...] COMMAND [ARGUMENT ...]\n\n");
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		const struct admin_command_info *info = admin_command_info(i);

		append_command(out, info->grammar, info->help);
	}
	ADMIN_LOCAL_COMMANDS(APPEND_LOCAL)
	buffer_append_byte(out, '\n');
	for (size_t i = 0; i < OWN_OPTIONS; i++) {
		const char *value = own_options[i].value;
		size_t start = out->length;

		buffer_printf(out, "  %s%s%s", own_options[i].name, value != NULL ? " " : "",
		    value != NULL ? value : "");
		buffer_printf(
		    out, "%*s%s\n", (int)(start + 35 - out->length), "", own_options[i].help);
	}
	buffer_append_string(out, "\nWithout --socket, HUBBUB_ADMIN_SOCKET names the socket, ");
	buffer_append_string(out, "else it is\n" HUBCTL_DEFAULT_SOCKET ".\n");
}
