/* Settings: defaults, files, the command line, and one sentence for every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/config.h"

static bool
read_text(struct config *config, const char *text, char *error, size_t size)
{
	error[0] = '\0';
	return config_read(config, "t.conf", text, strlen(text), error, size);
}

static void
assert_bytes_refused(const char *text, size_t length, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_false(config_read(&config, "t.conf", text, length, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
assert_refused(const char *text, const char *expected)
{
	assert_bytes_refused(text, strlen(text), expected);
}

static void
test_defaults(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_string_equal(config.log_level, "info");
	assert_string_equal(config.hub.socket, "/run/hubbub/hub.sock");
	assert_string_equal(config.gateway.hub_socket, config.hub.socket);
	assert_int_equal(config.hub.socket_mode, 0660);
	assert_int_equal(config.listener_count, 1);
	assert_string_equal(config.listeners[0].name, "chat");
	assert_string_equal(config.listeners[0].address, "127.0.0.1:8000");
	assert_int_equal(config.limits.message_bytes, 65536);
	assert_int_equal(config.limits.pinned_bytes, 67108864);
	assert_true(config_check(&config, error, sizeof(error)));
	config_free(&config);
}

static void
test_file(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_true(read_text(&config,
	    "\xef\xbb\xbf# comment\r\n"
	    "; another\n"
	    "\n"
	    "[hub]\r\n"
	    "  socket =  /a b/hub.sock  \n"
	    "socket_mode=600\n"
	    "status = unix:/s\n"
	    "[ listener   own ] # mine\n"
	    "address = [::1]:8001\n"
	    "reuse_port = Yes\n"
	    "origins = https://a;b # c\n"
	    "[listener two]\n"
	    "[limits]\n"
	    "clients = 5\n"
	    "[listener own]\n"
	    "profile = demo",
	    error, sizeof(error)));
	assert_string_equal(config.hub.socket, "/a b/hub.sock");
	assert_int_equal(config.hub.socket_mode, 0600);
	assert_int_equal(config.limits.clients, 5);
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[0].name, "own");
	assert_string_equal(config.listeners[0].address, "[::1]:8001");
	assert_string_equal(config.listeners[0].profile, "demo");
	assert_string_equal(config.listeners[0].origins, "https://a;b # c");
	assert_true(config.listeners[0].reuse_port);
	assert_string_equal(config.listeners[1].name, "two");
	config_free(&config);
}

static void
test_wrong_values(void **state)
{
	(void)state;
	assert_refused("[hub]\ngateways_max = abc\n",
	    "hub.gateways_max: 'abc' is not a whole number from 1 to 1024 (t.conf:2)");
	assert_refused("[hub]\ngateways_max = 1025\n",
	    "hub.gateways_max: '1025' is not a whole number from 1 to 1024 (t.conf:2)");
	assert_refused("[hub]\ngateways_max = -1\n",
	    "hub.gateways_max: '-1' is not a whole number from 1 to 1024 (t.conf:2)");
	assert_refused("[hub]\ngateways_max =\n",
	    "hub.gateways_max: '' is not a whole number from 1 to 1024 (t.conf:2)");
	assert_refused("[hub]\nsocket_mode = 888\n",
	    "hub.socket_mode: '888' is not an octal mode such as 0660 (t.conf:2)");
	assert_refused("[hub]\nsocket = hub.sock\n",
	    "hub.socket: 'hub.sock' is not an absolute path of at most 107 bytes (t.conf:2)");
	assert_refused("[log]\nlevel = loud\n",
	    "log.level: 'loud' is not one of error, warn, info, debug (t.conf:2)");
	assert_refused("[listener a]\nreuse_port = maybe\n",
	    "listener.a.reuse_port: 'maybe' is not yes or no (t.conf:2)");
	assert_refused("[listener a]\naddress = localhost:80\n",
	    "listener.a.address: 'localhost:80' is not a numeric address and port such as "
	    "127.0.0.1:8000 or [::1]:8000 (t.conf:2)");
	assert_refused("[hub]\nstatus = 0.0.0.0:80\n",
	    "hub.status: '0.0.0.0:80' is not a socket such as unix:/run/hubbub/status.sock, a "
	    "loopback address such as 127.0.0.1:9100, or empty (t.conf:2)");
	assert_refused("[gateway]\nname = a b\n",
	    "gateway.name: 'a b' is not a name of 1 to 32 letters, digits, '_' and '-' (t.conf:2)");
}

static void
test_unknown_and_duplicate_keys(void **state)
{
	(void)state;
	assert_refused("[hub]\ngatways_max = 3\n",
	    "hub.gatways_max is not a setting; did you mean hub.gateways_max? (t.conf:2)");
	assert_refused("[hub]\nmessage_bytes = 3\n",
	    "hub.message_bytes is not a setting; did you mean limits.message_bytes? (t.conf:2)");
	assert_refused("[hub]\nfrobnicate_everything = 3\n",
	    "hub.frobnicate_everything is not a setting (t.conf:2)");
	assert_refused("[hub]\nsocket = /a\n\nsocket = /b\n",
	    "hub.socket was already set on line 2 (t.conf:4)");
	assert_refused("[listener a]\nprofile = chat\n[listener b]\nprofile = chat\n"
		       "[listener a]\nprofile = demo\n",
	    "listener.profile was already set on line 2 (t.conf:6)");
}

static void
test_sections(void **state)
{
	(void)state;
	assert_refused(
	    "[limts]\n", "there is no section [limts]; did you mean [limits]? (t.conf:1)");
	assert_refused("[frobnicate]\n", "there is no section [frobnicate] (t.conf:1)");
	assert_refused(
	    "[hub one]\n", "there is no section [hub one]; only listeners have names (t.conf:1)");
	assert_refused(
	    "[listener]\n", "a listener needs a name, for example [listener chat] (t.conf:1)");
	assert_refused("[listener a/b]\n",
	    "'a/b' is no name for a listener: 1 to 32 letters, digits, '_' and '-' (t.conf:1)");
	assert_refused("[listener 1]\n[listener 2]\n[listener 3]\n[listener 4]\n[listener 5]\n"
		       "[listener 6]\n[listener 7]\n[listener 8]\n[listener 9]\n",
	    "[listener 9] is one too many: there can be 8 listeners (t.conf:9)");
	assert_refused("socket = /a\n", "'socket' stands before the first [section] (t.conf:1)");
	assert_refused("[hub\n",
	    "a section is written [name] or [listener name], alone on its line (t.conf:1)");
	assert_refused("[hub] socket = /a\n",
	    "a section is written [name] or [listener name], alone on its line (t.conf:1)");
	assert_refused("[hub]\nwhat is this\n",
	    "the line is no [section], no key = value and no # comment (t.conf:2)");
}

static void
test_files_that_are_no_text(void **state)
{
	static char big[1024 * 1024 + 2];
	char line[1200];

	(void)state;
	assert_bytes_refused(
	    "[hub]\n\0", 7, "the line has a control byte in it; is this a text file? (t.conf:2)");
	assert_refused("\x7f"
		       "ELF\x02",
	    "the line has a control byte in it; is this a text file? (t.conf:1)");
	assert_refused(
	    "[hub]\n# caf\xe9\n", "the line is not UTF-8; is this a text file? (t.conf:2)");
	memset(line, '#', sizeof(line));
	line[1100] = '\0';
	assert_refused(line, "the line is too long (t.conf:1)");
	memset(big, '\n', sizeof(big));
	assert_bytes_refused(
	    big, sizeof(big), "the file is too long: it can have 1048576 bytes (t.conf)");
}

/* A line of the greatest length goes through inih's own buffer. */
static void
test_longest_line(void **state)
{
	struct config config;
	char text[1100];
	char error[512];
	int length;

	(void)state;
	length = snprintf(text, sizeof(text), "[listener a]\norigins = %0900d%90s\n", 0, "");
	assert_int_equal(length, 13 + 1000 + 1);
	config_defaults(&config);
	assert_true(read_text(&config, text, error, sizeof(error)));
	assert_int_equal(strlen(config.listeners[0].origins), 900);
	config_free(&config);
}

static void
assert_set_refused(const char *key, const char *value, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_false(config_set(&config, key, value, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
test_set(void **state)
{
	struct config config;
	char error[512];

	(void)state;
	config_defaults(&config);
	assert_true(config_set(&config, "limits.clients", " 7 ", error, sizeof(error)));
	assert_int_equal(config.limits.clients, 7);
	assert_true(config_set(&config, "listener.own.address", "0.0.0.0:1", error, sizeof(error)));
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[0].name, "chat");
	assert_string_equal(config.listeners[1].name, "own");
	assert_string_equal(config.listeners[1].profile, "chat");
	config_free(&config);
	assert_set_refused(
	    "clients", "7", "'clients' is not a setting: it has the form SECTION.KEY");
	assert_set_refused("", "", "'' is not a setting: it has the form SECTION.KEY");
	assert_set_refused("listener.address", "0.0.0.0:1",
	    "a listener needs a name, for example [listener chat]");
	assert_set_refused(
	    "limits.client", "7", "limits.client is not a setting; did you mean limits.clients?");
	assert_set_refused("hub.allow_users", "a\nb",
	    "hub.allow_users: 'a\nb' is not a text of at most 512 bytes");
}

static void
assert_check_refused(const char *key, const char *value, const char *expected)
{
	struct config config;
	char error[512];

	config_defaults(&config);
	assert_true(config_set(&config, key, value, error, sizeof(error)));
	assert_false(config_check(&config, error, sizeof(error)));
	assert_string_equal(error, expected);
	config_free(&config);
}

static void
test_settings_held_against_each_other(void **state)
{
	(void)state;
	assert_check_refused("limits.content_bytes", "70000",
	    "limits.content_bytes is 70000, more than limits.message_bytes, which is 65536; lower "
	    "the one or raise the other");
	assert_check_refused("limits.messages_burst", "10",
	    "limits.messages_per_second is 50, more than limits.messages_burst, which is 10; lower "
	    "the one or raise the other");
	assert_check_refused("hub.admin_socket", "/run/hubbub/hub.sock",
	    "hub.socket and hub.admin_socket are both /run/hubbub/hub.sock; give one another path");
	assert_check_refused("hub.status", "unix:/run/hubbub/admin.sock",
	    "hub.status is unix:/run/hubbub/admin.sock, another socket of the hub; give it another "
	    "path");
	assert_check_refused("listener.two.profile", "demo",
	    "listener.chat.address and listener.two.address are both 127.0.0.1:8000; give one "
	    "another port");
}

/* What config_start wrote and returned. */
struct run {
	struct config config;
	enum config_result result;
	char output[65536];
	char errors[1024];
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
	run->result = config_start(&run->config, CONFIG_ROLE_HUB, argc, argv, output, errors);
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
	assert_usage(START("word"), "hubbub-hub: 'word' is one word too many; see --help\n");
	assert_usage(START("--set", "hub.socket"),
	    "hubbub-hub: --set hub.socket: it has the form --set SECTION.KEY=VALUE\n");
	assert_usage(START("--set", "hub.sockt=/a", "--check-config"),
	    "hubbub-hub: hub.sockt is not a setting; did you mean hub.socket? (--set)\n");
	assert_usage(START("--config", "/no/such/file"),
	    "hubbub-hub: cannot read /no/such/file: No such file or directory\n");
	assert_usage(START("--config", "/tmp"), "hubbub-hub: cannot read /tmp: Is a directory\n");
	assert_usage(START("-c", "a", "-c", "b"), "hubbub-hub: --config can be given once\n");
	assert_usage(START("--set", "limits.content_bytes=70000", "--print-config"),
	    "hubbub-hub: limits.content_bytes is 70000, more than limits.message_bytes, which is "
	    "65536; lower the one or raise the other\n");
}

static bool
refuse_all(const struct config *config, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s is not what I want", config->gateway.name);
	return false;
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
	    config_start_checked(&config, CONFIG_ROLE_GATEWAY, refuse_all, 2, argv, output, errors),
	    CONFIG_BAD);
	assert_int_equal(ftell(output), 0);
	fclose(output);
	fclose(errors);
	assert_string_equal(said, "hubbub-gateway: gw-1 is not what I want\n");
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
	    "listener.own.reuse_port=on", "--set", "log.level=debug");
	struct config config;
	char error[512];
	char *again = NULL;
	size_t length;
	FILE *output;

	(void)state;
	assert_int_equal(first->result, CONFIG_EXIT);
	config_defaults(&config);
	if (!read_text(&config, first->output, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(config.listener_count, 2);
	assert_string_equal(config.listeners[1].origins, "https://a.b");
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
	struct run *config = START("--print-config");
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
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_unknown_and_duplicate_keys),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_files_that_are_no_text),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_settings_held_against_each_other),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_wrong_command_lines),
		cmocka_unit_test(test_program_has_its_own_check),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_print_is_read_back),
		cmocka_unit_test(test_every_key_is_documented),
		cmocka_unit_test(test_pages_are_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
