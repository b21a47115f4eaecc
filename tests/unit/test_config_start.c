/* Settings at a start: the command line, what it prints, and the committed pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/config.h"

/* What config_start wrote and returned. */
struct run {
	struct config config;
	enum config_result result;
	char output[65536];
	char errors[16384];
};

static struct run *
start(const char *const *arguments)
{
	struct run *run = calloc(1, sizeof(*run));
	char *argv[16] = { (char *)"hubbub-hub" };
	FILE *output;
	FILE *errors;
	int argc = 1;

	assert_non_null(run);
	while (*arguments != NULL)
		argv[argc++] = (char *)*arguments++;
	output = fmemopen(run->output, sizeof(run->output), "w");
	errors = fmemopen(run->errors, sizeof(run->errors), "w");
	assert_true(output != NULL && errors != NULL);
	run->result = config_start(&run->config, CONFIG_ROLE_HUB, NULL, argc, argv, output, errors);
	fclose(output);
	fclose(errors);
	return run;
}

static void
finish(struct run *run)
{
	config_free(&run->config);
	free(run);
}

#define START(...) start((const char *const[]){ __VA_ARGS__, NULL })

static void
assert_usage(struct run *run, const char *expected)
{
	assert_int_equal(run->result, CONFIG_BAD);
	assert_string_equal(run->errors, expected);
	assert_string_equal(run->output, "");
	finish(run);
}

static void
test_command_line(void **state)
{
	char path[] = "/tmp/hubbub-XXXXXX";
	int fd = mkstemp(path);
	struct run *run;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[limits]\nclients = 5\nfragments = 6\n", 34), 34);
	close(fd);
	run = START("--config", path, "--set", "limits.clients=7", "--set", "limits.commands=8");
	assert_string_equal(run->errors, "");
	assert_int_equal(run->result, CONFIG_RUN);
	assert_int_equal(run->config.limits.clients, 7);
	assert_int_equal(run->config.limits.fragments, 6);
	assert_int_equal(run->config.limits.commands, 8);
	finish(run);
	run = START("-c", path, "--check-config");
	assert_int_equal(run->result, CONFIG_EXIT);
	assert_string_equal(run->output, "configuration is good\n");
	finish(run);
	unlink(path);
}

static void
test_wrong_command_lines(void **state)
{
	(void)state;
	assert_usage(START("--bad"), "hubbub-hub: --bad is not an option; see --help\n");
	assert_usage(START("--set"), "hubbub-hub: --set needs a value; see --help\n");
	assert_usage(START("-c"), "hubbub-hub: -c needs a value; see --help\n");
	assert_usage(START("--help=me"), "hubbub-hub: --help takes no value; see --help\n");
	assert_usage(START("--nix=1"), "hubbub-hub: --nix=1 is not an option; see --help\n");
	assert_usage(START("-xhy"), "hubbub-hub: -xhy is not an option; see --help\n"
				    "hubbub-hub: -xhy is not an option; see --help\n");
	assert_usage(START(""), "hubbub-hub: '' is one word too many; see --help\n");
	assert_usage(START("word"), "hubbub-hub: 'word' is one word too many; see --help\n");
	assert_usage(START("--set", "hub.socket"),
	    "hubbub-hub: --set hub.socket: it has the form --set SECTION.KEY=VALUE\n");
	assert_usage(START("--set", "hub.sockt=/a", "--check-config"),
	    "hubbub-hub: hub.sockt is not a setting; did you mean hub.socket? (--set)\n");
	assert_usage(START("--config", "/no/such/file"),
	    "hubbub-hub: cannot read /no/such/file: No such file or directory\n");
	assert_usage(START("--config", "/tmp"), "hubbub-hub: cannot read /tmp: Is a directory\n");
	assert_usage(START("-c", "/a", "-c", "/b"),
	    "hubbub-hub: --config can be given once\n"
	    "hubbub-hub: cannot read /a: No such file or directory\n");
	assert_usage(START("--set", "limits.content_bytes=70000", "--print-config"),
	    "hubbub-hub: limits.content_bytes is 70000, more than limits.message_bytes, which is "
	    "65536; lower the one or raise the other\n");
}

/* A file of the test, with that content. */
static void
put_file(char path[static sizeof("/tmp/hubbub-XXXXXX")], const char *content)
{
	int fd;

	strcpy(path, "/tmp/hubbub-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

/* All of the command line, the file, the environment, and nothing that only follows from them. */
static void
test_all_mistakes_are_told(void **state)
{
	char path[32];
	char expected[1024];

	(void)state;
	put_file(path, "[limits]\ncontent_bytes = many\nmessage_bytes = 1024\n"
		       "[hub]\nsocket = /a\nadmin_socket = /a\n");
	snprintf(expected, sizeof(expected),
	    "hubbub-hub: limits.content_bytes: 'many' is not a whole number from 1 to 524288 "
	    "(%s:2)\n"
	    "hubbub-hub: limits.client is not a setting; did you mean limits.clients? "
	    "(HUBBUB_SET__LIMITS__CLIENT in the environment)\n"
	    "hubbub-hub: log.level: 'x\\ty' is not one of error, warn, info, debug (--set)\n"
	    "hubbub-hub: --set hub: it has the form --set SECTION.KEY=VALUE\n"
	    "hubbub-hub: hub.socket and hub.admin_socket are both /a; give one another path\n",
	    path);
	setenv("HUBBUB_SET__LIMITS__CLIENT", "6", 1);
	assert_usage(START("-c", path, "--set", "log.level=x\ty", "--set", "hub", "--check-config"),
	    expected);
	/* A word too many leaves the rest to be judged, but not held against each other. */
	snprintf(expected, sizeof(expected),
	    "hubbub-hub: 'log.level' is one word too many; see --help\n"
	    "hubbub-hub: --nonsense is not an option; see --help\n"
	    "hubbub-hub: '--' is one word too many; see --help\n"
	    "hubbub-hub: limits.content_bytes: 'many' is not a whole number from 1 to 524288 "
	    "(%s:2)\n"
	    "hubbub-hub: limits.client is not a setting; did you mean limits.clients? "
	    "(HUBBUB_SET__LIMITS__CLIENT in the environment)\n",
	    path);
	assert_usage(START("log.level", "--nonsense", "-c", path, "--", "--"), expected);
	unsetenv("HUBBUB_SET__LIMITS__CLIENT");
	unlink(path);
}

/* Whatever is named as a file: a sentence, and soon. */
static void
test_files_that_are_none(void **state)
{
	char folder[] = "/tmp/hubbub-XXXXXX";
	char pipe[32];
	char expected[256];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(pipe, sizeof(pipe), "%s/pipe", folder);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	snprintf(expected, sizeof(expected),
	    "hubbub-hub: cannot read %s: it is a pipe, give a file\n", pipe);
	assert_usage(START("--config", pipe), expected);
	unlink(pipe);
	rmdir(folder);
	assert_usage(START("--config", "/dev/zero"),
	    "hubbub-hub: the file is too long: it can have 1048576 bytes (/dev/zero)\n");
	assert_usage(START("--config="), "hubbub-hub: --config is empty: it must name a file\n");
}

/* Starts with one variable in the environment, and puts that back. */
static struct run *
start_with(const char *name, const char *value, const char *const *arguments)
{
	struct run *run;

	setenv(name, value, 1);
	run = start(arguments);
	unsetenv(name);
	return run;
}

#define START_WITH(name, value, ...) \
	start_with(name, value, (const char *const[]){ __VA_ARGS__, NULL })

/* Over the file and below the command line, for sections with names as well. */
static void
test_environment(void **state)
{
	static const char content[] = "[limits]\nclients = 5\n[listener My-Chat]\norigins = a\n";
	char path[] = "/tmp/hubbub-XXXXXX";
	int fd = mkstemp(path);
	struct run *run;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	run = START_WITH("HUBBUB_SET__LIMITS__CLIENTS", "6", "-c", path);
	assert_int_equal(run->config.limits.clients, 6);
	finish(run);
	run =
	    START_WITH("HUBBUB_SET__LIMITS__CLIENTS", "6", "-c", path, "--set", "limits.clients=7");
	assert_int_equal(run->config.limits.clients, 7);
	finish(run);
	run = START_WITH("HUBBUB_SET__LISTENER__MY_CHAT__ORIGINS", "b", "-c", path);
	assert_string_equal(run->errors, "");
	assert_int_equal(run->config.listener_count, 1);
	assert_string_equal(run->config.listeners[0].name, "My-Chat");
	assert_string_equal(run->config.listeners[0].origins, "b");
	finish(run);
	run = START_WITH("HUBBUB_SET__CLASS__NEW_ONE__ROOMS", "tea coffee*", "-c", path);
	assert_int_equal(run->config.class_count, 1);
	assert_string_equal(run->config.classes[0].name, "new_one");
	assert_string_equal(run->config.classes[0].rooms, "tea coffee*");
	finish(run);
	/* What is not ours is nobody's business. */
	run = START_WITH("HUBBUB_BIN_DIR", "/usr/bin", "-c", path);
	assert_int_equal(run->result, CONFIG_RUN);
	finish(run);
	unlink(path);
}

static void
test_wrong_environments(void **state)
{
	static const char form[] = "hubbub-hub: it has the form HUBBUB_SET__SECTION__KEY or "
				   "HUBBUB_SET__SECTION__NAME__KEY (%s in the environment)\n";
	static const char *const malformed[] = { "HUBBUB_SET_LIMITS_CLIENTS", "HUBBUB_SET",
		"HUBBUB_SET__CLIENTS" };

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		char expected[256];

		snprintf(expected, sizeof(expected), form, malformed[i]);
		assert_usage(START_WITH(malformed[i], "6", "--check-config"), expected);
	}
	assert_usage(START_WITH("HUBBUB_SET__LIMITS__CLIENT", "6", "--check-config"),
	    "hubbub-hub: limits.client is not a setting; did you mean limits.clients? "
	    "(HUBBUB_SET__LIMITS__CLIENT in the environment)\n");
	assert_usage(START_WITH("HUBBUB_SET__LIMITS__CLIENTS", "many", "--check-config"),
	    "hubbub-hub: limits.clients: 'many' is not a whole number from 1 to 1000000 "
	    "(HUBBUB_SET__LIMITS__CLIENTS in the environment)\n");
}

/* Two that differ only in what a variable's name cannot tell. */
static void
test_an_environment_that_can_mean_two(void **state)
{
	static const char content[] = "[class a-b]\nrooms = a\n[class A_b]\nrooms = b\n";
	char path[] = "/tmp/hubbub-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	assert_usage(START_WITH("HUBBUB_SET__CLASS__A_B__ROOMS", "c", "-c", path),
	    "hubbub-hub: two sections [class ...] have a name like a_b; use --set for them "
	    "(HUBBUB_SET__CLASS__A_B__ROOMS in the environment)\n");
	unlink(path);
}

static void
refuse_all(const struct config *config, bool will_run, struct config_mistakes *mistakes)
{
	config_mistake(mistakes, "%s is not what I want, %s", config->gateway.name,
	    will_run ? "and I will run" : "but I need not run");
}

static void
test_program_has_its_own_check(void **state)
{
	char *argv[] = { (char *)"hubbub-gateway", (char *)"--check-config", NULL };
	char said[256] = "";
	struct config config;
	FILE *output = fopen("/dev/null", "we");
	FILE *errors = fmemopen(said, sizeof(said), "w");

	(void)state;
	assert_true(output != NULL && errors != NULL);
	assert_int_equal(
	    config_start(&config, CONFIG_ROLE_GATEWAY, refuse_all, 2, argv, output, errors),
	    CONFIG_BAD);
	assert_int_equal(ftell(output), 0);
	fclose(output);
	fclose(errors);
	assert_string_equal(said, "hubbub-gateway: gw-1 is not what I want, but I need not run\n");
	config_free(&config);
}

static void
test_help_and_version(void **state)
{
	struct run *run = START("--version");

	(void)state;
	assert_int_equal(run->result, CONFIG_EXIT);
	assert_string_equal(run->output, "hubbub-hub " HUBBUB_VERSION "\n");
	finish(run);
	run = START("--help", "--config", "/no/such/file");
	assert_int_equal(run->result, CONFIG_EXIT);
	assert_non_null(strstr(run->output, "Usage: hubbub-hub "));
	finish(run);
}

/* What is printed is read back as the same settings, and printed the same again. */
static void
test_print_is_read_back(void **state)
{
	struct run *first = START("--print-config", "--set", "hub.socket_mode=0600", "--set",
	    "listener.own.address=[::]:0", "--set", "listener.own.origins=https://a.b", "--set",
	    "listener.own.reuse_port=on", "--set", "log.level=debug", "--set",
	    "class.staff.rooms=staff staff-*", "--set", "class.staff.read=ana ben");
	struct config config;
	struct config_mistakes mistakes = { .count = 0 };
	char *again = NULL;
	size_t length;
	FILE *output;

	(void)state;
	assert_int_equal(first->result, CONFIG_EXIT);
	config_defaults(&config);
	if (!config_read(&config, "printed", first->output, strlen(first->output), &mistakes))
		fail_msg("%s", mistakes.sentences[0]);
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[1].origins, "https://a.b");
	assert_int_equal(config.class_count, 1);
	assert_string_equal(config.classes[0].rooms, "staff staff-*");
	output = open_memstream(&again, &length);
	config_print(&config, output);
	fclose(output);
	assert_string_equal(again, first->output);
	free(again);
	config_free(&config);
	finish(first);
}

static void
test_every_key_is_documented(void **state)
{
	struct run *config = START("--print-config", "--set", "class.a.rooms=a");
	struct run *reference = START("--print-reference");
	struct run *manual = START("--print-manual");
	char name[64];
	char line[80];
	int count = 0;

	(void)state;
	for (char *at = config->output; at != NULL; at = strchr(at + 1, '\n')) {
		if (sscanf(at, "\n%63[a-z_] =", name) != 1)
			continue;
		snprintf(line, sizeof(line), "\n| `%s` |", name);
		assert_non_null(strstr(reference->output, line));
		snprintf(line, sizeof(line), "\n.It Cm %s\n", name);
		assert_non_null(strstr(manual->output, line));
		count++;
	}
	assert_true(count > 30);
	finish(config);
	finish(reference);
	finish(manual);
}

/* The committed pages are what the program prints; the tests run in the root of the tree. */
static void
assert_current(const char *path, const char *option)
{
	static char page[65536];
	struct run *run = START(option);
	FILE *file = fopen(path, "re");

	if (file == NULL)
		fail_msg("cannot read %s", path);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	if (strcmp(page, run->output) != 0)
		fail_msg("%s is not current: write it with hubbub-hub %s", path, option);
	finish(run);
}

static void
test_pages_are_current(void **state)
{
	(void)state;
	assert_current("docs/configuration.md", "--print-reference");
	assert_current("docs/man/hubbub.conf.5", "--print-manual");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_wrong_command_lines),
		cmocka_unit_test(test_all_mistakes_are_told),
		cmocka_unit_test(test_files_that_are_none),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_wrong_environments),
		cmocka_unit_test(test_an_environment_that_can_mean_two),
		cmocka_unit_test(test_program_has_its_own_check),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_print_is_read_back),
		cmocka_unit_test(test_every_key_is_documented),
		cmocka_unit_test(test_pages_are_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
