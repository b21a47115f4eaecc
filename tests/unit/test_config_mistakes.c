/* Mistakes: how many are told, where, in what letters, and what they make doubtful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"

static void
assert_printed(const struct config_mistakes *mistakes, const char *expected)
{
	char *text = NULL;
	size_t length = 0;
	FILE *output = open_memstream(&text, &length);

	assert_non_null(output);
	config_mistakes_print(mistakes, "hub", output);
	assert_int_equal(fclose(output), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void
test_each_has_its_place(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	assert_printed(&mistakes, "");
	assert_false(config_mistake(&mistakes, "one is %d", 1));
	config_mistakes_at(&mistakes, "%s:%u", "a.conf", 7u);
	assert_false(config_mistake(&mistakes, "two"));
	config_mistakes_at(&mistakes, "%s", "");
	assert_false(config_mistake(&mistakes, "three"));
	assert_printed(&mistakes, "hub: one is 1\nhub: two (a.conf:7)\nhub: three\n");
}

static void
test_beyond_the_bound_they_are_counted(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };
	char expected[1024] = "";

	(void)state;
	for (unsigned i = 0; i < CONFIG_MISTAKES_MAX; i++) {
		config_mistake(&mistakes, "number %u", i);
		sprintf(expected + strlen(expected), "hub: number %u\n", i);
	}
	assert_printed(&mistakes, expected);
	config_mistake(&mistakes, "not told");
	config_mistake(&mistakes, "nor this");
	assert_int_equal(mistakes.count, CONFIG_MISTAKES_MAX + 2);
	assert_int_equal(config_mistakes_told(&mistakes), CONFIG_MISTAKES_MAX);
	sprintf(expected + strlen(expected), "hub: and 2 more\n");
	assert_printed(&mistakes, expected);
}

/* Foreign bytes can be in the sentence and in the place, and both can be long. */
static void
test_a_sentence_is_one_line(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };
	char first[64] = "unchanged";
	char longest[900];

	(void)state;
	config_mistakes_first(&mistakes, first, sizeof(first));
	assert_string_equal(first, "unchanged");
	config_mistakes_at(&mistakes, "%s", "a\nb");
	config_mistake(&mistakes, "%s", "x\033[2J\xff\ny");
	config_mistakes_first(&mistakes, first, sizeof(first));
	assert_string_equal(first, "x\\x1b[2J\\xff\\ny (a\\nb)");
	memset(longest, 'l', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	config_mistakes_at(&mistakes, "%.20s:1", longest);
	config_mistake(&mistakes, "%s", longest);
	assert_int_equal(strlen(mistakes.sentences[1]), CONFIG_MISTAKE_SIZE - 1);
	assert_non_null(strstr(mistakes.sentences[1], "l (llllllllllllllllllll:1)"));
}

static void
test_doubts_go_for_all_below(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	config_doubt(&mistakes, "hub.%s", "socket");
	config_doubt(&mistakes, "listener.a");
	assert_true(config_is_doubted(&mistakes, "hub.socket"));
	assert_false(config_is_doubted(&mistakes, "hub.socket_mode"));
	assert_false(config_is_doubted(&mistakes, "hub"));
	assert_true(config_is_doubted(&mistakes, "listener.%s.%s", "a", "address"));
	assert_false(config_is_doubted(&mistakes, "listener.ab.address"));
	config_doubt(&mistakes, "%s", "");
	assert_true(config_is_doubted(&mistakes, "listener.ab.address"));
	assert_int_equal(mistakes.count, 0);
}

static void
test_too_many_doubts_doubt_all(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };

	(void)state;
	for (unsigned i = 0; i < CONFIG_DOUBTS_MAX; i++)
		config_doubt(&mistakes, "a.b%u", i);
	assert_true(config_is_doubted(&mistakes, "a.b0"));
	assert_false(config_is_doubted(&mistakes, "a.c"));
	config_doubt(&mistakes, "a.one_more");
	assert_true(config_is_doubted(&mistakes, "a.c"));
}

/* Each line for itself, and what a section that is none would have is left alone. */
static void
test_all_mistakes_of_a_file(void **state)
{
	static const char text[] = "socket = /a\n"
				   "mode = 1\n"
				   "[hub]\n"
				   "socket /b\n"
				   "socket_mode = 999\n"
				   "# caf\xe9\n"
				   "[listner own]\n"
				   "address = nonsense\n"
				   "[limits]\n"
				   "clients = 5\n"
				   "clients = 6\n"
				   "[log]\n"
				   "level = \033[2J\n";
	static const char *const expected[] = {
		"'socket' stands before the first [section] (t.conf:1)",
		"the line is no [section], no key = value and no # comment (t.conf:4)",
		"hub.socket_mode: '999' is not an octal mode such as 0660 (t.conf:5)",
		"the line is not UTF-8; is this a text file? (t.conf:6)",
		("there is no section [listner own]; only listeners and classes have names "
		 "(t.conf:7)"),
		"limits.clients was already set on line 10 (t.conf:11)",
	};
	struct config_mistakes mistakes = { .count = 0 };
	struct config config;
	const char *level = strstr(text, "[log]");

	(void)state;
	config_defaults(&config);
	assert_false(config_read(&config, "t.conf", text, (size_t)(level - text), &mistakes));
	assert_int_equal(mistakes.count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(mistakes.sentences[i], expected[i]);
	config_free(&config);
	/* What is no text is not read at all. */
	config_defaults(&config);
	mistakes.count = 0;
	assert_false(config_read(&config, "t.conf", text, strlen(text), &mistakes));
	assert_int_equal(mistakes.count, 1);
	assert_string_equal(mistakes.sentences[0],
	    "the line has a control byte in it; is this a text file? (t.conf:13)");
	config_free(&config);
}

/* Text, and whether the check across settings has nothing to say of it. */
static void
assert_follows_nothing(const char *text, unsigned count)
{
	struct config_mistakes mistakes = { .count = 0 };
	struct config config;

	config_defaults(&config);
	assert_false(config_read(&config, "t.conf", text, strlen(text), &mistakes));
	assert_int_equal(mistakes.count, 1);
	config_check(&config, &mistakes);
	if (mistakes.count != 1 + count)
		fail_msg("%s: %u mistakes, the last is %s", text, mistakes.count,
		    mistakes.sentences[mistakes.count - 1]);
	config_free(&config);
}

static void
test_one_mistake_is_told_once(void **state)
{
	(void)state;
	assert_follows_nothing("[limits]\ncontent_bytes=70000\nmesage_bytes = 80000\n", 0);
	assert_follows_nothing("[limits]\ncontent_bytes=70000\nqueue_bytes = -1\n", 1);
	assert_follows_nothing("[listener a]\ntls_key=/a\ntls_certificat = /b\n", 0);
	assert_follows_nothing("[listener a]\ntls_key=/a\n[listener b]\naddress = no\n", 1);
	assert_follows_nothing("[listener a]\naddress 1.2.3.4:1\n[listener b]\n", 0);
	assert_follows_nothing("[listener a]\naddress 1.2.3.4\n[listener b]\n", 0);
	assert_follows_nothing("[listener a]\n[listener b]\nreuse_port = maybe\n", 1);
	assert_follows_nothing("[auth]\ncookie = c\n[listner]\norigins = o\n", 0);
	assert_follows_nothing("[auth]\ncookie = c\n[listner a]\norigins = o\n", 0);
	assert_follows_nothing("[auth]\ncookie = c\n[listener a]\norigin = o\n", 0);
	assert_follows_nothing("[auth]\ncookie = c\n[nonsense]\norigins = o\n", 1);
	assert_follows_nothing("[auth]\nmode = jwt\nkey = k:/a\n", 0);
	assert_follows_nothing("[auth]\nmode = jwt\n[store\npath =\n", 0);
	assert_follows_nothing("[store]\npath=\ndurability = tape\n", 0);
	assert_follows_nothing("[store]\ndurability = memory\n[class a]\ndurability = x\n", 0);
	assert_follows_nothing("[hub]\nstatus=unix:/a\nsocket=/a\nadmin_socket = a\n", 1);
	assert_follows_nothing("[hub]\nadmin_socket=/a\nsocket = a\nsocket_mode = 0600\n", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_its_place),
		cmocka_unit_test(test_beyond_the_bound_they_are_counted),
		cmocka_unit_test(test_a_sentence_is_one_line),
		cmocka_unit_test(test_doubts_go_for_all_below),
		cmocka_unit_test(test_too_many_doubts_doubt_all),
		cmocka_unit_test(test_all_mistakes_of_a_file),
		cmocka_unit_test(test_one_mistake_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
