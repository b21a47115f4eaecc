/*
 * The start of a program's configuration: command line, file, what is printed instead of
 * running. Knows no single setting.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/config.h"
#include "common/config_complain.h"
#include "common/config_env.h"
#include "common/config_reload.h"

#define FILE_READ_MAX (4 * 1024 * 1024)
#define SENTENCE_SIZE 512

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

static bool
take_option(struct request *request, int option, char *error, size_t size)
{
	const char *value = optarg != NULL ? optarg : "";

	switch (option) {
	case OPTION_CONFIG:
		if (request->file != NULL)
			return config_complain(error, size, "--config can be given once");
		request->file = value;
		return true;
	case OPTION_SET:
		request->sets[request->set_count++] = value;
		return true;
	default:
		/* Of two actions the first is done. */
		if (request->action == 0)
			request->action = option;
		return true;
	}
}

/* getopt_long has variables of its own; they are put back to where a first call finds them. */
static bool
read_arguments(int argc, char **argv, struct request *request, char *error, size_t size)
{
	int option;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:hV", long_options, NULL)) != -1) {
		const char *word = argv[optind - 1];

		if (option == ':')
			return config_complain(
			    error, size, "%.80s needs a value; see --help", word);
		if (option == '?')
			return config_complain(
			    error, size, "%.80s is not an option; see --help", word);
		if (!take_option(request, option, error, size))
			return false;
	}
	if (optind < argc)
		return config_complain(
		    error, size, "'%.80s' is one word too many; see --help", argv[optind]);
	return true;
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
	for (;;) {
		char *room = buffer_reserve(content, 4096);
		ssize_t got;

		if (room == NULL) {
			errno = EFBIG;
			return false;
		}
		got = read(fd, room, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		buffer_advance(content, (size_t)got);
	}
}

static bool
read_file(struct config *config, const char *path, char *error, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buffer content;
	struct text text;
	bool good;

	buffer_init(&content, FILE_READ_MAX);
	if (fd < 0 || !read_all(fd, &content)) {
		config_complain(error, size, "cannot read %.200s: %s", path, strerror(errno));
		good = false;
	} else {
		text = buffer_text(&content);
		good = config_read(config, path, text.data, text.length, error, size);
	}
	if (fd >= 0)
		close(fd);
	buffer_free(&content);
	return good;
}

static bool
apply_set(struct config *config, const char *assignment, char *error, size_t size)
{
	const char *equals = strchr(assignment, '=');
	char key[128];
	size_t used;

	if (equals == NULL || (size_t)(equals - assignment) >= sizeof(key))
		return config_complain(error, size,
		    "--set %.80s: it has the form --set SECTION.KEY=VALUE", assignment);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - assignment), assignment);
	if (config_set(config, key, equals + 1, error, size))
		return true;
	used = strlen(error);
	snprintf(error + used, size - used, " (--set)");
	return false;
}

static bool
gather(struct config *config, const struct request *request, char *error, size_t size)
{
	if (request->file != NULL && !read_file(config, request->file, error, size))
		return false;
	if (!config_set_environment(config, environ, error, size))
		return false;
	for (size_t i = 0; i < request->set_count; i++) {
		if (!apply_set(config, request->sets[i], error, size))
			return false;
	}
	return config_check(config, error, size) &&
	       (request->check == NULL || request->check(config, error, size));
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

static bool
do_action(const struct action *action, const struct program *program, const struct config *config,
    FILE *output, char *error, size_t size)
{
	action->act(program, config, output);
	if (fflush(output) == 0)
		return true;
	return config_complain(error, size, "cannot write: %s", strerror(errno));
}

enum config_result
config_start(
    struct config *config, enum config_role role, int argc, char **argv, FILE *output, FILE *errors)
{
	return config_start_checked(config, role, NULL, argc, argv, output, errors);
}

enum config_result
config_start_checked(struct config *config, enum config_role role, config_checker *check, int argc,
    char **argv, FILE *output, FILE *errors)
{
	const struct program *program = &programs[role];
	struct request request = { .check = check };
	const struct action *action = NULL;
	char error[SENTENCE_SIZE] = "no memory";
	bool good;

	config_defaults(config);
	request.sets = calloc((size_t)argc + 1, sizeof(*request.sets));
	good = request.sets != NULL && read_arguments(argc, argv, &request, error, sizeof(error));
	if (good)
		action = find_action(request.action);
	if (good && (action == NULL || action->needs_settings))
		good = gather(config, &request, error, sizeof(error));
	if (good && action != NULL)
		good = do_action(action, program, config, output, error, sizeof(error));
	free(request.sets);
	if (good)
		return action == NULL ? CONFIG_RUN : CONFIG_EXIT;
	fprintf(errors, "%s: %s\n", program->name, error);
	return CONFIG_BAD;
}

bool
config_read_again(struct config *config, config_checker *check, int argc, char **argv, char *error,
    size_t error_size)
{
	struct request request = { .check = check };
	bool good;

	config_defaults(config);
	request.sets = calloc((size_t)argc + 1, sizeof(*request.sets));
	if (request.sets == NULL)
		return config_complain(error, error_size, "no memory");
	good = read_arguments(argc, argv, &request, error, error_size) &&
	       gather(config, &request, error, error_size);
	free(request.sets);
	return good;
}
