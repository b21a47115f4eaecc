/* What people give the client: addresses, options, typed lines, names, expectations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/options.h"
#include "client/people.h"
#include "client/script.h"
#include "client/typed.h"
#include "client/url.h"

static void
test_addresses(void **state)
{
	static const char *const bad[] = { "", "http://a", "ws://", "ws://:80", "ws://a:0",
		"ws://a:65536", "ws://a:b", "ws://u@a", "ws://a/#x", "ws://a /", "ws://[::1",
		"ws://a?x", "ws://a/\r\nx", "ws://ä" };
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(url_read(text_of(bad[i]), &url));
	assert_null(url_read(TEXT("wss://[::1]:9000/chat?x=1"), &url));
	assert_true(url.tls && url.port == 9000 && text_equal(url.host, TEXT("::1")));
	assert_true(text_equal(url.path, TEXT("/chat?x=1")));
	assert_null(url_read(TEXT("ws://chat.example"), &url));
	assert_true(!url.tls && url.port == 80 && text_equal(url.path, TEXT("/ws")));
	assert_null(url_read(TEXT("wss://chat.example/"), &url));
	assert_true(url.port == 443 && text_equal(url.path, TEXT("/")));
}

static void
assert_typed(const char *line, enum typed_kind kind, const char *words)
{
	struct typed typed = typed_read(text_of(line));

	assert_int_equal(typed.kind, kind);
	assert_true(text_equal(typed.words, text_of(words)));
}

static void
test_typed_lines(void **state)
{
	(void)state;
	assert_typed("", TYPED_NOTHING, "");
	assert_typed(" \t", TYPED_NOTHING, "");
	assert_typed(" hello  you ", TYPED_SAY, "hello  you");
	assert_typed("//etc", TYPED_SAY, "/etc");
	assert_typed("@@here", TYPED_SAY, "@here");
	assert_typed("@ben hi there", TYPED_TELL, "ben hi there");
	assert_typed("@ben", TYPED_MISTAKE, "");
	assert_typed("@ ben", TYPED_MISTAKE, "");
	assert_typed("/join tea", TYPED_JOIN, "tea");
	assert_typed("/join", TYPED_MISTAKE, "");
	assert_typed("/join Tea", TYPED_MISTAKE, "");
	assert_typed("/join a b", TYPED_MISTAKE, "");
	assert_typed("/leave", TYPED_LEAVE, "");
	assert_typed("/who  tea ", TYPED_WHO, "tea");
	assert_typed("/quit now", TYPED_MISTAKE, "");
	assert_typed("/frob", TYPED_MISTAKE, "");
	assert_int_equal(typed_read(TEXT("/history 7")).count, 7);
	assert_int_equal(typed_read(TEXT("/history")).count, HISTORY_DEFAULT);
	assert_typed("/history 101", TYPED_MISTAKE, "");
	assert_typed("/history -1", TYPED_MISTAKE, "");
}

static void
hear(struct people *people, const char *bytes)
{
	struct frame frame;

	frame_read(&frame, PROTOCOL_NATIVE, text_of(bytes));
	assert_int_not_equal(frame.kind, FRAME_BAD);
	people_heard(people, &frame);
	frame_free(&frame);
}

static void
test_names(void **state)
{
	struct people *people = people_create(5);
	struct text user;
	struct text rest;

	(void)state;
	hear(people,
	    "{\"type\":\"presence\",\"room\":\"a\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"1\",\"username\":\"ana\"},{\"user\":\"2\",\"username\":\"ana maria\"},"
	    "{\"user\":\"3\",\"username\":\"1\"}],\"left\":[]}");
	assert_int_equal(people_find(people, TEXT("ana hi"), &user, &rest), PEOPLE_ONE);
	assert_true(text_equal(user, TEXT("1")) && text_equal(rest, TEXT("hi")));
	assert_int_equal(people_find(people, TEXT("ana maria hi"), &user, &rest), PEOPLE_ONE);
	assert_true(text_equal(user, TEXT("2")) && text_equal(rest, TEXT("hi")));
	/* Who is called like somebody's id does not get their mail. */
	assert_int_equal(people_find(people, TEXT("1 hi"), &user, &rest), PEOPLE_ONE);
	assert_true(text_equal(user, TEXT("1")));
	assert_int_equal(people_find(people, TEXT("an hi"), &user, &rest), PEOPLE_NONE);
	hear(people,
	    "{\"type\":\"presence\",\"room\":\"a\",\"joined\":[{\"user\":\"4\",\"username\":"
	    "\"ana\"}],\"left\":[]}");
	assert_int_equal(people_find(people, TEXT("ana hi"), &user, &rest), PEOPLE_SEVERAL);
	hear(people,
	    "{\"type\":\"presence\",\"room\":\"a\",\"joined\":[],\"left\":[{\"user\":\"4\","
	    "\"username\":\"ana\"}]}");
	assert_int_equal(people_find(people, TEXT("ana hi"), &user, &rest), PEOPLE_ONE);
	/* In two rooms one is still one; and no more are kept than are allowed. */
	hear(people,
	    "{\"type\":\"presence\",\"room\":\"b\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"1\",\"username\":\"ana\"},{\"user\":\"5\",\"username\":\"eve\"},{\"user\":"
	    "\"6\",\"username\":\"joe\"}],\"left\":[]}");
	assert_int_equal(people_find(people, TEXT("ana hi"), &user, &rest), PEOPLE_ONE);
	assert_int_equal(people_find(people, TEXT("joe hi"), &user, &rest), PEOPLE_NONE);
	people_destroy(&people);
}

static bool
read_options(
    struct options *options, struct buffer *sentence, const char *a, const char *b, const char *c)
{
	char *argv[] = { (char *)"hubbub-chat", (char *)a, (char *)b, (char *)c, NULL };
	int argc = 1;

	while (argv[argc] != NULL)
		argc++;
	buffer_clear(sentence);
	return options_read(options, argc, argv, sentence);
}

static void
test_options(void **state)
{
	struct options options;
	struct buffer sentence;

	(void)state;
	buffer_init(&sentence, 0);
	assert_true(read_options(&options, &sentence, NULL, NULL, NULL));
	assert_string_equal(options.address, URL_DEFAULT);
	assert_int_equal(options.timeout_seconds, 10);
	options_free(&options);
	assert_true(read_options(&options, &sentence, "--send", "--help", "--expect=a"));
	assert_true(options.sends.count == 1 && options.expects.count == 1 && !options.help);
	options_free(&options);

	static const char *const bad[][3] = { { "--name" }, { "--nix" }, { "-x" }, { "--json=1" },
		{ "--timeout", "0" }, { "--history", "101" }, { "--room", "A" },
		{ "--color", "blue" }, { "--dialect", "irc" }, { "--send", "" },
		{ "ws://a", "ws://b" }, { "http://a" }, { "--ca", "f" }, { "--token", "t" },
		{ "--dialect=room", "--room", "tea" } };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_options(&options, &sentence, bad[i][0], bad[i][1], bad[i][2]));
		assert_true(sentence.length > 0);
		options_free(&options);
	}
	buffer_free(&sentence);
}

static void
script_hears(struct script *script, const char *type, const char *content, bool own)
{
	struct frame frame =
	    frame_make(strcmp(type, "public") == 0 ? FRAME_PUBLIC : FRAME_PRIVATE, PROTOCOL_NATIVE);

	frame.content = text_of(content);
	frame.user = TEXT("a");
	frame.to = TEXT("b");
	frame.own = own;
	script_heard(script, &frame);
}

static void
test_expectations(void **state)
{
	static const char *const wanted[] = { "^a+$", "b" };
	struct buffer sentence;
	struct script *script;

	(void)state;
	buffer_init(&sentence, 0);
	script = script_create(wanted, 2, &sentence);
	assert_non_null(script);
	script_hears(script, "public", "b", false);
	script_hears(script, "public", "aab", false);
	assert_string_equal(script_wants(script), "^a+$");
	script_hears(script, "public", "aa", false);
	script_hears(script, "private", "b", true);
	assert_string_equal(script_wants(script), "b");
	script_hears(script, "private", "abc", false);
	assert_null(script_wants(script));
	script_destroy(&script);

	static const char *const broken[] = { "a", "(" };
	assert_null(script_create(broken, 2, &sentence));
	assert_true(sentence.length > 0);
	buffer_free(&sentence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_typed_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_expectations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
