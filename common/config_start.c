/*
 * The start of a program's configuration: command line, file, what is printed instead of
 * running. Goes on behind each mistake, so that all are told at once. Knows no single setting.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/config.h"
#include "common/config_env.h"
#include "common/config_reload.h"

/* One byte more than a file can have tells that it has too many. */
#define FILE_READ_MAX (CONFIG_FILE_MAX + 1)

struct program {
	const char *name;
	const char *does;
};

static const struct program programs[] = {
	[CONFIG_ROLE_HUB] = { "hubbub-hub", "knows who is online and decides who hears what" },
	[CONFIG_ROLE_GATEWAY] = { "hubbub-gateway", "speaks WebSocket to clients" },
};

enum letter {
	OPTION_CONFIG = 'c',
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_SET = 256,
	OPTION_CHECK,
	OPTION_PRINT,
	OPTION_REFERENCE,
	OPTION_MANUAL,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "print-config", no_argument, NULL, OPTION_PRINT },
	{ "print-reference", no_argument, NULL, OPTION_REFERENCE },
	{ "print-manual", no_argument, NULL, OPTION_MANUAL },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* What the command line asked for. */
struct request {
	const char *file;  /* NULL: none                                       */
	const char **sets; /* room for as many as there are arguments          */
	size_t set_count;
	config_checker *check; /* the program's own, or NULL */
	int action;            /* one of enum letter, 0: run **/
};

static void
take_option(struct request *request, int option, struct config_mistakes *mistakes)
{
	const char *value = optarg != NULL ? optarg : "";

	switch (option) {
	case OPTION_CONFIG:
		if (request->file != NULL)
			config_mistake(mistakes, "--config can be given once");
		else if (value[0] == '\0')
			config_mistake(mistakes, "--config is empty: it must name a file");
		else
			request->file = value;
		break;
	case OPTION_SET:
		request->sets[request->set_count++] = value;
		break;
	default:
		/* Of two actions the first is done. */
		if (request->action == 0)
			request->action = option;
		break;
	}
}

/* What getopt_long has found to be wrong with an option. */
static void
refuse_option(int fault, const char *word, struct config_mistakes *mistakes)
{
	bool is_known = strncmp(word, "--", 2) == 0 && optopt != 0;

	if (fault == ':')
		config_mistake(mistakes, "%.80s needs a value; see --help", word);
	else if (is_known)
		config_mistake(
		    mistakes, "%.*s takes no value; see --help", (int)strcspn(word, "="), word);
	else
		config_mistake(mistakes, "%.80s is not an option; see --help", word);
}

static void
refuse_word(const char *word, struct config_mistakes *mistakes)
{
	config_mistake(mistakes, "'%.80s' is one word too many; see --help", word);
}

/*
 * getopt_long has variables of its own; they are put back to where a first call finds them. What is
 * no option comes from it as the value of an option numbered 1.
 */
static void
read_arguments(int argc, char **argv, struct request *request, struct config_mistakes *mistakes)
{
	int option;
	int at = 1;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "-:c:hV", long_options, NULL)) != -1) {
		if (option == ':' || option == '?')
			refuse_option(option, argv[at], mistakes);
		else if (option == 1)
			refuse_word(optarg, mistakes);
		else
			take_option(request, option, mistakes);
		/* Of letters that share a word it stays there until the last of them. */
		at = optind;
	}
	while (optind < argc)
		refuse_word(argv[optind++], mistakes);
	/* Of what was meant to be a file or a setting nothing is known. */
	if (mistakes->count > 0)
		config_doubt(mistakes, "%s", "");
}

static void
print_help(const struct program *program, const struct config *config, FILE *output)
{
	(void)config;
	fprintf(output,
	    "%s %s\n\n"
	    "Usage: %s [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
	    "  -c, --config FILE            read settings from FILE\n"
	    "      --set SECTION.KEY=VALUE  set one setting, over the file; may be repeated\n"
	    "      --check-config           say whether the settings are good, and stop\n"
	    "      --print-config           print a complete file of the settings, and stop\n"
	    "      --print-reference        print what can be set, as Markdown, and stop\n"
	    "      --print-manual           the same as a manual page\n"
	    "  -h, --help                   print this, and stop\n"
	    "  -V, --version                print the version, and stop\n\n"
	    "HUBBUB_SET__SECTION__KEY=VALUE in the environment wins over the file, too, and\n"
	    "loses to --set. The settings are described in hubbub.conf(5).\n",
	    program->name, program->does, program->name);
}

static bool
read_all(int fd, struct buffer *content)
{
	while (content->length < FILE_READ_MAX) {
		char *room = buffer_reserve(content, 4096);
		ssize_t got;

		if (room == NULL) {
			errno = ENOMEM;
			return false;
		}
		got = read(fd, room, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		buffer_advance(content, (size_t)got);
	}
	return true;
}

/* Opened without waiting: a named pipe would hold us up until somebody writes to it. */
static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || (fstat(fd, &status) == 0 && !S_ISFIFO(status.st_mode)))
		return fd;
	close(fd);
	errno = ESPIPE;
	return -1;
}

static void
read_file(struct config *config, const char *path, struct config_mistakes *mistakes)
{
	int fd = open_file(path);
	struct buffer content;
	struct text text;

	buffer_init(&content, 0);
	if (fd < 0 || !read_all(fd, &content)) {
		config_mistake(mistakes, "cannot read %.200s: %s", path,
		    errno == ESPIPE ? "it is a pipe, give a file" : strerror(errno));
		config_doubt(mistakes, "%s", "");
	} else {
		text = buffer_text(&content);
		config_read(config, path, text.data, text.length, mistakes);
	}
	if (fd >= 0)
		close(fd);
	buffer_free(&content);
}

static void
apply_set(struct config *config, const char *assignment, struct config_mistakes *mistakes)
{
	const char *equals = strchr(assignment, '=');
	char key[CONFIG_NAME_SIZE];

	if (equals == NULL || (size_t)(equals - assignment) >= sizeof(key)) {
		config_mistake(
		    mistakes, "--set %.80s: it has the form --set SECTION.KEY=VALUE", assignment);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)(equals - assignment), assignment);
	config_mistakes_at(mistakes, "--set");
	config_set(config, key, equals + 1, mistakes);
	config_mistakes_at(mistakes, "%s", "");
}

static void
gather(struct config *config, const struct request *request, struct config_mistakes *mistakes)
{
	if (request->file != NULL)
		read_file(config, request->file, mistakes);
	config_set_environment(config, environ, mistakes);
	for (size_t i = 0; i < request->set_count; i++)
		apply_set(config, request->sets[i], mistakes);
	config_check(config, mistakes);
	if (request->check != NULL)
		request->check(config, request->action == 0, mistakes);
}

static void
print_version(const struct program *program, const struct config *config, FILE *output)
{
	(void)config;
	fprintf(output, "%s %s\n", program->name, HUBBUB_VERSION);
}

static void
print_reference(const struct program *program, const struct config *config, FILE *output)
{
	(void)program;
	(void)config;
	config_print_reference(output);
}

static void
print_manual(const struct program *program, const struct config *config, FILE *output)
{
	(void)program;
	(void)config;
	config_print_manual(output);
}

static void
print_settings(const struct program *program, const struct config *config, FILE *output)
{
	(void)program;
	config_print(config, output);
}

static void
print_verdict(const struct program *program, const struct config *config, FILE *output)
{
	(void)program;
	(void)config;
	fprintf(output, "configuration is good\n");
}

/* What is done instead of running, and whether the settings must be good for it. */
static const struct action {
	enum letter option;
	bool needs_settings;
	void (*act)(const struct program *program, const struct config *config, FILE *output);
} actions[] = {
	{ OPTION_HELP, false, print_help },
	{ OPTION_VERSION, false, print_version },
	{ OPTION_REFERENCE, false, print_reference },
	{ OPTION_MANUAL, false, print_manual },
	{ OPTION_PRINT, true, print_settings },
	{ OPTION_CHECK, true, print_verdict },
};

/* NULL: run. */
static const struct action *
find_action(int option)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if ((int)actions[i].option == option)
			return &actions[i];
	}
	return NULL;
}

static void
do_action(const struct action *action, const struct program *program, const struct config *config,
    FILE *output, struct config_mistakes *mistakes)
{
	action->act(program, config, output);
	if (fflush(output) != 0)
		config_mistake(mistakes, "cannot write: %s", strerror(errno));
}

enum config_result
config_start(struct config *config, enum config_role role, config_checker *check, int argc,
    char **argv, FILE *output, FILE *errors)
{
	const struct program *program = &programs[role];
	struct config_mistakes mistakes = { .count = 0 };
	struct request request = { .check = check };
	const struct action *action;

	config_defaults(config);
	request.sets = calloc((size_t)argc + 1, sizeof(*request.sets));
	if (request.sets == NULL) {
		fprintf(errors, "%s: no memory\n", program->name);
		return CONFIG_BAD;
	}
	read_arguments(argc, argv, &request, &mistakes);
	action = find_action(request.action);
	if (action == NULL || action->needs_settings)
		gather(config, &request, &mistakes);
	free(request.sets);
	if (mistakes.count == 0 && action != NULL)
		do_action(action, program, config, output, &mistakes);
	if (mistakes.count == 0)
		return action == NULL ? CONFIG_RUN : CONFIG_EXIT;
	config_mistakes_print(&mistakes, program->name, errors);
	return CONFIG_BAD;
}

bool
config_read_again(struct config *config, config_checker *check, int argc, char **argv,
    struct config_mistakes *mistakes)
{
	struct request request = { .check = check };
	unsigned before = mistakes->count;

	config_defaults(config);
	request.sets = calloc((size_t)argc + 1, sizeof(*request.sets));
	if (request.sets == NULL)
		return config_mistake(mistakes, "no memory");
	read_arguments(argc, argv, &request, mistakes);
	gather(config, &request, mistakes);
	free(request.sets);
	return mistakes->count == before;
}
