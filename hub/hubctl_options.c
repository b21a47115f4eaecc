/*
 * Tells hubctl's own options from the words of the command. The words go to
 * the grammar untouched; nothing here knows a command.
 */
#include "hub/hubctl_options.h"

#include <stdlib.h>
#include <string.h>

#include "common/program_options.h"
#include "hub/admin.h"
#include "hub/admin_commands.h"

#define DEFAULT_TIMEOUT_SECONDS 10
#define TIMEOUT_SECONDS_MAX 3600

/* Of the usage: what stands before the help of a command. */
#define GRAMMAR_COLUMNS 32

/* The help of an option begins where that of a command does. */
#define USAGE_COLUMN 35

#define AT(member) offsetof(struct hubctl_options, member)

static const struct program_option own_options[] = {
	PROGRAM_TEXT("--socket", "PATH", AT(socket), NULL, "the hub's admin socket"),
	PROGRAM_SET("--json", AT(format), ADMIN_FORMAT_JSON, "print JSON"),
	PROGRAM_SET("--tsv", AT(format), ADMIN_FORMAT_TSV, "print tab-separated values"),
	PROGRAM_NUMBER("--timeout", "SECONDS", AT(timeout_seconds), 1, TIMEOUT_SECONDS_MAX,
	    "how long the hub may be silent, 1 to 3600"),
	PROGRAM_FLAG("--help", AT(help), "print this and exit"),
	PROGRAM_FLAG("--version", AT(version), "print the version of hubctl and exit"),
	PROGRAM_OPTIONS_END,
};

/* Keeps a word of the command. */
static void
add_word(struct hubctl_options *options, const char *word)
{
	options->words[options->word_count++] = text_of(word);
}

/* Takes the word, and those behind it that are no options of ours whatever they look like. */
static void
take_words(struct hubctl_options *options, char **argv, int *at)
{
	const char *word = argv[(*at)++];

	add_word(options, word);
	/* An option of the command: what follows is its value. */
	if (strncmp(word, "--", 2) == 0 && word[2] != '\0' && strchr(word, '=') == NULL &&
	    !admin_is_flag(text_of(word)) && argv[*at] != NULL)
		add_word(options, argv[(*at)++]);
	while (strcmp(word, "--") == 0 && argv[*at] != NULL)
		add_word(options, argv[(*at)++]);
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
		enum program_option_result result =
		    program_option_take(own_options, options, argv, &at, sentence);

		if (result == PROGRAM_OPTION_WRONG)
			return false;
		if (result == PROGRAM_OPTION_TAKEN)
			continue;
		/* No command begins so, and a list of commands would be no help. */
		if (options->word_count == 0 && argv[at][0] == '-' && strcmp(argv[at], "--") != 0)
			return program_option_refuse(sentence, argv[at]);
		take_words(options, argv, &at);
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
	program_options_usage(out, own_options, USAGE_COLUMN);
	buffer_append_string(out, "\nWithout --socket, HUBBUB_ADMIN_SOCKET names the socket, ");
	buffer_append_string(out, "else it is\n" HUBCTL_DEFAULT_SOCKET ".\n");
}
