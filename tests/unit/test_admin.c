/* The operator's grammar: what is a command, what is refused and what is then said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/admin.h"

#define WORDS_MAX 16

struct line {
	struct text words[WORDS_MAX];
	unsigned count;
	struct admin_request request;
	struct buffer scratch;
};

/* Parses words given as strings, NULL at the end. */
static bool
parse(struct line *line, const char *const *words)
{
	line->count = 0;
	while (words[line->count] != NULL) {
		assert_true(line->count < WORDS_MAX);
		line->words[line->count] = text_of(words[line->count]);
		line->count++;
	}
	return admin_parse(line->words, line->count, &line->request, &line->scratch);
}

#define PARSE(line, ...) parse((line), (const char *const[]){ __VA_ARGS__, NULL })

static void
assert_text(struct text actual, const char *expected)
{
	if (expected == NULL) {
		assert_null(actual.data);
		return;
	}
	assert_non_null(actual.data);
	assert_int_equal(actual.length, strlen(expected));
	assert_memory_equal(actual.data, expected, actual.length);
}

/* True if what was said to the operator contains `part`. */
static bool
said(const struct line *line, const char *part)
{
	return line->scratch.length > 0 &&
	       memmem(line->scratch.data, line->scratch.length, part, strlen(part)) != NULL;
}

static int
set_up(void **state)
{
	static struct line line;

	buffer_init(&line.scratch, 0);
	*state = &line;
	return 0;
}

static int
tear_down(void **state)
{
	struct line *line = *state;

	buffer_free(&line->scratch);
	return 0;
}

static void
test_each_command(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "status"));
	assert_int_equal(line->request.command, ADMIN_STATUS);
	assert_true(PARSE(line, "gateways"));
	assert_int_equal(line->request.command, ADMIN_GATEWAYS);
	assert_true(PARSE(line, "version"));
	assert_int_equal(line->request.command, ADMIN_VERSION);
	assert_true(PARSE(line, "users"));
	assert_int_equal(line->request.command, ADMIN_USERS);
	assert_text(line->request.room, NULL);
	assert_true(PARSE(line, "users", "--room", "lobby"));
	assert_text(line->request.room, "lobby");
	assert_true(PARSE(line, "kick", "ana", "--reason", "be nice"));
	assert_int_equal(line->request.command, ADMIN_KICK);
	assert_text(line->request.user, "ana");
	assert_text(line->request.reason, "be nice");
	assert_true(PARSE(line, "say", "back", "at", "nine"));
	assert_int_equal(line->request.command, ADMIN_SAY);
	assert_text(line->request.text, "back at nine");
}

static void
test_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++) {
		const struct admin_command_info *info = admin_command_info(i);
		bool write = (i >= ADMIN_KICK && i <= ADMIN_UNBAN_ADDRESS) || i == ADMIN_SAY ||
			     i == ADMIN_DRAIN || (i >= ADMIN_CREATE && i <= ADMIN_RENAME) ||
			     i == ADMIN_STORE_BACKUP || i == ADMIN_STORE_RESTORE ||
			     i == ADMIN_STORE_FORGET || i == ADMIN_LOG_LEVEL;
		bool see = i == ADMIN_HISTORY || i == ADMIN_INBOX || i == ADMIN_STORE_EXPORT;

		assert_true(strlen(info->help) > 0);
		assert_int_equal(info->access == ADMIN_ACCESS_WRITE, write);
		assert_int_equal(info->access == ADMIN_ACCESS_SEE, see);
		assert_memory_equal(
		    admin_command_name(i).data, info->grammar, admin_command_name(i).length);
	}
}

static void
test_options_stand_anywhere(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "kick", "--reason=a=b", "ana"));
	assert_text(line->request.reason, "a=b");
	assert_text(line->request.user, "ana");
	assert_true(PARSE(line, "kick", "--reason", "--room", "ana"));
	assert_text(line->request.reason, "--room");
	assert_true(PARSE(line, "kick", "--", "--ana"));
	assert_text(line->request.user, "--ana");
	assert_true(PARSE(line, "say", "--", "--x", "--", "y"));
	assert_text(line->request.text, "--x -- y");
	assert_true(PARSE(line, "say", "what", "--is", "this"));
	assert_text(line->request.text, "what --is this");
	assert_true(PARSE(line, "kick", "-x"));
	assert_text(line->request.user, "-x");
}

static void
test_unambiguous_beginnings(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "us", "--r", "lobby"));
	assert_int_equal(line->request.command, ADMIN_USERS);
	assert_text(line->request.room, "lobby");
	assert_true(PARSE(line, "stat"));
	assert_int_equal(line->request.command, ADMIN_STATUS);
	assert_false(PARSE(line, "s"));
	assert_true(said(line, "\"s\" is ambiguous; possibilities are:\n  status\n  show <USER>"));
	assert_false(said(line, "gateways"));
}

static void
test_times(void **state)
{
	static const char *const bad[] = { "-1", "m", "s", "1h", "3601", "61m", "1.5s", "60 s" };
	struct line *line = *state;

	for (unsigned i = 0; i < 4; i++) {
		static const char *const good[] = { "0", "3600", "90s", "60m" };

		assert_true(PARSE(line, "drain", "gw-1", "--over", good[i]));
		assert_int_equal(line->request.command, ADMIN_DRAIN);
		assert_text(line->request.gateway, "gw-1");
		assert_text(line->request.over, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(PARSE(line, "drain", "gw-1", "--over", bad[i]));
		assert_true(said(line, "--over TIME must be seconds as 90 or 90s, or minutes"));
	}
}

static void
test_names_of_two_words(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "rooms"));
	assert_int_equal(line->request.command, ADMIN_ROOMS);
	assert_true(PARSE(line, "room", "create", "tea", "--class", "team", "--read", "ana ben"));
	assert_int_equal(line->request.command, ADMIN_CREATE);
	assert_text(line->request.room, "tea");
	assert_text(line->request.class_name, "team");
	assert_text(line->request.read, "ana ben");
	assert_text(line->request.write, NULL);
	assert_true(PARSE(line, "room", "ren", "tea", "coffee"));
	assert_int_equal(line->request.command, ADMIN_RENAME);
	assert_text(line->request.renamed, "coffee");
	assert_true(PARSE(line, "sto", "b", "/tmp/x"));
	assert_int_equal(line->request.command, ADMIN_STORE_BACKUP);
	assert_text(line->request.file, "/tmp/x");
	assert_int_equal(admin_command_name(ADMIN_STORE_BACKUP).length, strlen("store backup"));

	assert_false(PARSE(line, "room"));
	assert_true(said(line, "\"room\" is not all of a command; possibilities are:"));
	assert_true(said(line, "\n  room close"));
	assert_false(said(line, "\n  rooms"));
	assert_false(PARSE(line, "roo"));
	assert_true(said(line, "\"roo\" is ambiguous"));
	assert_false(PARSE(line, "room", "c", "x"));
	assert_true(said(line, "\"room c\" is ambiguous; possibilities are:\n  room create"));
	assert_false(PARSE(line, "store", "sell"));
	assert_true(said(line, "\"store sell\" is no command; possibilities are:\n  store stats"));
	assert_false(PARSE(line, "store", ""));
}

static void
test_flags_and_letters(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "room", "close", "--yes", "tea"));
	assert_text(line->request.yes, "--yes");
	assert_text(line->request.room, "tea");
	assert_true(PARSE(line, "room", "close", "tea"));
	assert_text(line->request.yes, NULL);
	assert_false(PARSE(line, "room", "close", "tea", "--yes=no"));
	assert_true(said(line, "no value is taken by \"--yes\""));
	assert_false(PARSE(line, "room", "close", "tea", "--yes", "--yes"));
	assert_true(PARSE(line, "history", "-n", "5", "tea"));
	assert_text(line->request.number, "5");
	assert_true(PARSE(line, "history", "tea", "--num=7"));
	assert_text(line->request.number, "7");
	assert_false(PARSE(line, "history", "tea", "-n", "many"));
	assert_true(said(line, "--number N must be a number"));
	assert_false(PARSE(line, "history", "tea", "-n"));
	assert_true(PARSE(line, "kick", "-n"));
	assert_text(line->request.user, "-n");
	assert_true(admin_is_flag(TEXT("--yes")));
	assert_false(admin_is_flag(TEXT("--number")));
}

static void
test_arguments_that_may_be_left_out(void **state)
{
	struct line *line = *state;

	assert_true(PARSE(line, "why", "ana"));
	assert_int_equal(line->request.command, ADMIN_WHY);
	assert_text(line->request.user, "ana");
	assert_true(PARSE(line, "why", "--address", "192.0.2.1"));
	assert_text(line->request.user, NULL);
	assert_text(line->request.address, "192.0.2.1");
	assert_true(PARSE(line, "why"));
	assert_false(PARSE(line, "why", "ana", "ben"));
	assert_true(said(line, "one word too many: \"ben\""));
	assert_true(PARSE(line, "tail", "--user", "ana", "--room", "tea", "--contents"));
	assert_text(line->request.contents, "--contents");
	assert_false(PARSE(line, "tail", "ana"));
	assert_false(PARSE(line, "tail", "--room", "Tea Room"));
	assert_true(PARSE(line, "log-level", "debug", "--gateway", "gw-1"));
	assert_text(line->request.level, "debug");
	assert_false(PARSE(line, "log-level", "loud"));
	assert_true(said(line, "LEVEL must be error, warn, info or debug"));
	for (unsigned i = 0; i < 3; i++)
		assert_false(
		    PARSE(line, "top", "--every", ((const char *[]){ "0", "3601", "x" })[i]));
	assert_true(said(line, "--every SECONDS must be seconds, 1 to 3600"));
	assert_true(PARSE(line, "top", "--once", "--every", "3600"));
}

/* What a command may show or change can be an option's affair. */
static void
test_access(void **state)
{
	static const struct {
		const char *words[4];
		enum admin_access access;
	} cases[] = {
		{ { "tail" }, ADMIN_ACCESS_READ },
		{ { "tail", "--contents" }, ADMIN_ACCESS_SEE },
		{ { "log-level" }, ADMIN_ACCESS_READ },
		{ { "log-level", "--all" }, ADMIN_ACCESS_READ },
		{ { "log-level", "warn" }, ADMIN_ACCESS_WRITE },
		{ { "kick", "ana" }, ADMIN_ACCESS_WRITE },
		{ { "history", "tea" }, ADMIN_ACCESS_SEE },
		{ { "status" }, ADMIN_ACCESS_READ },
	};
	struct line *line = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(parse(line, cases[i].words));
		assert_int_equal(admin_access(&line->request), cases[i].access);
	}
}

static void
test_possibilities(void **state)
{
	struct line *line = *state;

	assert_false(admin_parse(NULL, 0, &line->request, &line->scratch));
	assert_true(said(line, "a command is missing; possibilities are:"));
	assert_false(PARSE(line, "frobnicate"));
	assert_true(said(line, "\"frobnicate\" is no command; possibilities are:"));
	for (unsigned i = 0; i < ADMIN_COMMAND_COUNT; i++)
		assert_true(said(line, admin_command_info(i)->grammar));
	assert_false(PARSE(line, ""));
	assert_true(said(line, "\"\" is no command"));
	assert_false(PARSE(line, "statuses"));
	assert_false(PARSE(line, "Status"));
}

static void
test_wrong_arguments(void **state)
{
	struct line *line = *state;

	assert_false(PARSE(line, "status", "now"));
	assert_true(said(line, "one word too many: \"now\"; usage:\n  status"));
	assert_false(PARSE(line, "kick"));
	assert_true(
	    said(line, "USER|ID is missing; usage:\n  kick <USER|ID> [--id] [--reason TEXT]"));
	assert_false(PARSE(line, "kick", "a", "b"));
	assert_true(said(line, "one word too many: \"b\""));
	assert_false(PARSE(line, "users", "--roof", "x"));
	assert_true(said(line, "no such option: \"--roof\""));
	assert_false(PARSE(line, "users", "--=x"));
	assert_false(PARSE(line, "users", "--room"));
	assert_true(said(line, "a value is missing after \"--room\""));
	assert_false(PARSE(line, "users", "--room", "a", "--room", "b"));
	assert_true(said(line, "given twice: \"--room\""));
	assert_false(PARSE(line, "say"));
	assert_false(PARSE(line, "say", "--"));
	assert_true(said(line, "TEXT is missing"));
}

static void
test_hostile_values(void **state)
{
	struct line *line = *state;
	char text[5000];

	assert_false(PARSE(line, "kick", ""));
	assert_true(said(line, "USER|ID is empty"));
	assert_false(PARSE(line, "kick", "\xff\xfe"));
	assert_true(said(line, "USER|ID is not valid UTF-8"));
	assert_false(PARSE(line, "kick", "ana", "--reason="));
	assert_true(said(line, "--reason TEXT is empty"));
	assert_false(PARSE(line, "users", "--room", "No Such"));
	assert_true(said(line, "--room ROOM must be a room name"));
	assert_false(PARSE(line, "say", "a\x1b[31m"));
	assert_true(said(line, "TEXT must be one line"));
	assert_false(PARSE(line, "say", "a\xe2\x80\x8b c"));
	assert_false(PARSE(line, "\x1b[31m\n"));
	assert_true(said(line, "\"\\x1b[31m\\n\" is no command"));

	memset(text, 'x', sizeof(text));
	text[124] = '\0';
	assert_false(PARSE(line, "kick", "ana", "--reason", text));
	assert_true(said(line, "--reason TEXT has 124 bytes, at most 123 are taken"));
	assert_true(PARSE(line, "kick", "ana", "--reason", text + 1));
	text[124] = 'x';
	text[4097] = '\0';
	assert_false(PARSE(line, "say", text));
	assert_true(said(line, "TEXT has 4097 bytes"));
	assert_true(PARSE(line, "say", text + 1));
	assert_false(PARSE(line, text));
	assert_true(line->scratch.length < 1200);
}

static void
test_words_come_back(void **state)
{
	static const char *const lines[][12] = {
		{ "status" },
		{ "users", "--room", "lobby" },
		{ "kick", "--reason=why not", "--", "--ana" },
		{ "kick", "ana" },
		{ "say", "one", "two", "--", "three" },
		{ "room", "create", "tea", "--class=a", "--read=a b", "--write=c", "--list=d" },
		{ "room", "close", "--yes", "tea" },
		{ "room", "rename", "tea", "coffee" },
		{ "history", "tea", "-n", "3" },
		{ "store", "export", "--after", "77" },
		{ "kick", "--id", "0000002a" },
		{ "ban", "user", "ana", "--realm", "open", "--for", "7d", "--reason", "so" },
		{ "ban", "client", "0000002a" },
		{ "unban", "address", "2001:db8::/32" },
	};
	struct line *line = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct text words[ADMIN_WORDS_MAX];
		struct admin_request again;
		struct buffer scratch;
		unsigned count;

		buffer_init(&scratch, 0);
		assert_true(parse(line, lines[i]));
		count = admin_words(&line->request, words);
		assert_true(count <= ADMIN_WORDS_MAX);
		assert_true(admin_parse(words, count, &again, &scratch));
		assert_int_equal(again.command, line->request.command);
		assert_true(text_equal(again.room, line->request.room));
		assert_true(text_equal(again.user, line->request.user));
		assert_true(text_equal(again.reason, line->request.reason));
		assert_true(text_equal(again.text, line->request.text));
		assert_true(text_equal(again.renamed, line->request.renamed));
		assert_true(text_equal(again.class_name, line->request.class_name));
		assert_true(text_equal(again.list, line->request.list));
		assert_true(text_equal(again.number, line->request.number));
		assert_true(text_equal(again.after, line->request.after));
		assert_true(text_equal(again.yes, line->request.yes));
		assert_true(text_equal(again.id, line->request.id));
		assert_true(text_equal(again.realm, line->request.realm));
		assert_true(text_equal(again.span, line->request.span));
		assert_true(text_equal(again.client, line->request.client));
		assert_true(text_equal(again.address, line->request.address));
		buffer_free(&scratch);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_command, set_up, tear_down),
		cmocka_unit_test(test_table),
		cmocka_unit_test_setup_teardown(test_options_stand_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unambiguous_beginnings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_of_two_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flags_and_letters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_arguments_that_may_be_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_access, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_possibilities, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_arguments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words_come_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
