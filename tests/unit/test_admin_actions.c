/* What operators' commands do to a core and answer, with long lists in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/admin_actions.h"
#include "hub/admin_answer.h"
#include "tests/unit/fake_core.h"

static const struct now now = { .mono_ms = 5000, .wall_ms = 1700000000000 };

/* One command against a fake core. */
struct stage {
	struct core core;
	struct admin_action action;
	struct buffer out;
	struct admin_answer answer;
};

static int
set_up(void **state)
{
	static struct stage stage;

	stage = (struct stage){ .core = { .gateways = 2 } };
	fake_core_fill(&stage.core, 3);
	buffer_init(&stage.out, 0);
	admin_answer_init(&stage.answer);
	*state = &stage;
	return 0;
}

static int
tear_down(void **state)
{
	struct stage *stage = *state;

	fake_core_free(&stage->core);
	admin_action_free(&stage->action);
	admin_answer_free(&stage->answer);
	buffer_free(&stage->out);
	return 0;
}

static void
begin(struct stage *stage, const char *line)
{
	struct admin_request request;
	struct text words[8];
	struct buffer scratch;
	unsigned count = 0;

	buffer_init(&scratch, 0);
	while (*line != '\0') {
		size_t length = strcspn(line, " ");

		words[count++] = (struct text){ line, length };
		line += length + strspn(line + length, " ");
	}
	assert_true(admin_parse(words, count, &request, &scratch));
	admin_action_begin(&stage->action, &stage->core, now, &request, &stage->out);
	buffer_free(&scratch);
}

static void
finish(struct stage *stage)
{
	while (admin_action_more(&stage->action, &stage->core, now, SIZE_MAX, &stage->out))
		continue;
	assert_true(admin_answer_read(&stage->answer, buffer_text(&stage->out)));
}

static void
run(struct stage *stage, const char *line)
{
	begin(stage, line);
	finish(stage);
}

static void
assert_value(const struct stage *stage, size_t row, const char *name, const char *expected)
{
	for (unsigned i = 0; i < stage->answer.column_count; i++) {
		struct text value = admin_answer_value(&stage->answer, row, i);

		if (!text_equal(admin_answer_name(&stage->answer, i), text_of(name)))
			continue;
		assert_int_equal(value.length, strlen(expected));
		assert_memory_equal(value.data, expected, value.length);
		return;
	}
	fail_msg("there is no column %s", name);
}

static void
assert_refused(const struct stage *stage, const char *part)
{
	const struct buffer *sentence = &stage->answer.sentence;

	assert_int_equal(stage->answer.end, ADMIN_END_REFUSED);
	assert_int_equal(stage->action.affected, 0);
	assert_non_null(memmem(sentence->data, sentence->length, part, strlen(part)));
}

static void
test_status(void **state)
{
	struct stage *stage = *state;

	run(stage, "status");
	assert_true(stage->answer.single);
	assert_value(stage, 0, "version", HUBBUB_VERSION);
	assert_value(stage, 0, "started", "1700000000000");
	assert_value(stage, 0, "gateways", "2");
	assert_value(stage, 0, "clients", "3");
	assert_value(stage, 0, "rooms", "1");
	assert_value(stage, 0, "messages_public", "7");
	assert_value(stage, 0, "messages_private", "8");
	assert_value(stage, 0, "commands_refused", "9");
	assert_value(stage, 0, "settling", "true");
	assert_value(stage, 0, "awaited", "gw-2 gw-3");
	assert_value(stage, 0, "store", "memory");
	assert_value(stage, 0, "epoch", "fedcba9876543210");
}

static void
test_gateways(void **state)
{
	struct stage *stage = *state;

	run(stage, "gateways");
	assert_false(stage->answer.single);
	assert_int_equal(stage->answer.row_count, 2);
	assert_value(stage, 1, "name", "gw\t\x1b");
	assert_value(stage, 1, "pid", "0");
	assert_value(stage, 1, "clients", "3");
	assert_value(stage, 1, "attached", "true");
	assert_value(stage, 1, "last_loss", "bad_frame");
	assert_value(stage, 0, "state", "attached");
	assert_value(stage, 1, "state", "draining");
}

static void
test_drain(void **state)
{
	struct stage *stage = *state;

	begin(stage, "drain gw-1 --over 90s");
	assert_true(admin_action_waits(&stage->action));
	assert_int_equal(stage->core.drain_ms, 90000);
	assert_string_equal(stage->core.who, "gw-1");
	stage->core.drains = true;
	finish(stage);
	assert_true(stage->answer.single);
	assert_int_equal(stage->answer.end, ADMIN_END_DONE);
	assert_value(stage, 0, "gateway", "gw-1");
	assert_value(stage, 0, "clients", "3");
	assert_value(stage, 0, "over_ms", "90000");
	assert_int_equal(stage->action.affected, 3);
}

static void
test_drain_as_configured(void **state)
{
	struct stage *stage = *state;

	stage->core.drains = true;
	run(stage, "drain gw-1");
	assert_true(stage->core.drain_ms == DRAIN_AS_CONFIGURED);
	assert_value(stage, 0, "over_ms", "5000");
}

static void
test_drain_refused(void **state)
{
	static const struct {
		enum core_drain why;
		const char *sentence;
	} cases[] = {
		{ CORE_DRAIN_UNKNOWN,
		    "no gateway of that name is linked (see \"hubctl gateways\"): "
		    "\"gw-1\"" },
		{ CORE_DRAIN_SETTLING, "try again in a moment" },
	};
	struct stage *stage = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stage->core.drain = cases[i].why;
		run(stage, "drain gw-1");
		assert_refused(stage, cases[i].sentence);
		tear_down(state);
		set_up(state);
	}
}

static void
test_drain_without_a_word(void **state)
{
	struct stage *stage = *state;
	struct now later = { .mono_ms = now.mono_ms + 1000, .wall_ms = now.wall_ms };

	begin(stage, "drain gw-1");
	assert_true(admin_action_more(&stage->action, &stage->core, now, 1, &stage->out));
	buffer_clear(&stage->out);
	assert_false(admin_action_more(&stage->action, &stage->core, later, 1, &stage->out));
	assert_true(admin_answer_read(&stage->answer, buffer_text(&stage->out)));
	assert_int_equal(stage->answer.end, ADMIN_END_REFUSED);
}

static void
test_users(void **state)
{
	struct stage *stage = *state;

	run(stage, "users --room lobby");
	assert_int_equal(stage->answer.end, ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 3);
	assert_value(stage, 0, "client_id", "00000001");
	assert_value(stage, 2, "name", "user 3");
	assert_value(stage, 2, "gateway", "gw-1");
	assert_value(stage, 2, "rooms", "lobby");
}

static void
test_users_of_no_room(void **state)
{
	struct stage *stage = *state;

	run(stage, "users --room nowhere");
	assert_refused(stage, "nobody is in a room called \"nowhere\"");
	assert_int_equal(stage->answer.column_count, 0);
}

static void
test_nobody(void **state)
{
	struct stage *stage = *state;

	fake_core_free(&stage->core);
	run(stage, "users");
	assert_int_equal(stage->answer.end, ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 0);
	assert_true(stage->answer.column_count > 0);
}

/* A slow operator: pieces stay small, and who leaves in between is left out. */
static void
test_long_list_in_pieces(void **state)
{
	struct stage *stage = *state;
	struct buffer piece;
	unsigned pieces = 0;
	bool more = true;

	fake_core_free(&stage->core);
	fake_core_fill(&stage->core, 5000);
	begin(stage, "users");
	stage->core.clients[4999].client = 0;
	buffer_init(&piece, 0);
	while (more) {
		buffer_clear(&piece);
		more = admin_action_more(&stage->action, &stage->core, now, 4096, &piece);
		assert_true(piece.length < 4096 + 256);
		buffer_append_text(&stage->out, buffer_text(&piece));
		pieces++;
	}
	buffer_free(&piece);
	assert_true(pieces > 50);
	finish(stage);
	assert_int_equal(stage->answer.row_count, 4999);
	assert_value(stage, 4998, "client_id", "00001387");
}

static void
test_kick(void **state)
{
	struct stage *stage = *state;

	stage->core.clients[1].rooms = "";
	free((void *)(uintptr_t)stage->core.clients[1].name);
	stage->core.clients[1].name = strdup("ana");
	run(stage, "kick ana --reason spam");
	assert_string_equal(stage->core.who, "ana");
	assert_string_equal(stage->core.text, "spam");
	assert_int_equal(stage->core.now.mono_ms, now.mono_ms);
	assert_int_equal(stage->action.affected, 1);
	assert_value(stage, 0, "user", "ana");
	assert_value(stage, 0, "connections", "1");
}

static void
test_kick_without_a_reason(void **state)
{
	struct stage *stage = *state;

	run(stage, "kick nobody");
	assert_string_equal(stage->core.text, "removed by an operator");
	assert_refused(stage, "nobody is online as \"nobody\"");
}

static void
test_kick_of_twins(void **state)
{
	struct stage *stage = *state;

	for (size_t i = 0; i < 3; i++) {
		free((void *)(uintptr_t)stage->core.clients[i].name);
		stage->core.clients[i].name = strdup("twin");
	}
	run(stage, "kick twin");
	assert_refused(stage, "3 connections are named \"twin\"");
	assert_refused(stage, "\n  00000001\n  00000002\n  00000003");
}

static void
test_say(void **state)
{
	struct stage *stage = *state;

	run(stage, "say back at nine");
	assert_string_equal(stage->core.text, "back at nine");
	assert_value(stage, 0, "gateways", "2");
	assert_int_equal(stage->action.affected, 2);
}

static void
test_say_to_nobody(void **state)
{
	struct stage *stage = *state;

	stage->core.gateways = 0;
	run(stage, "say hello");
	assert_refused(stage, "nobody was told");
}

static void
test_version(void **state)
{
	struct stage *stage = *state;

	run(stage, "version");
	assert_value(stage, 0, "hub", HUBBUB_VERSION);
	assert_value(stage, 0, "protocol", "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_gateways),
		TEST(test_drain),
		TEST(test_drain_as_configured),
		TEST(test_drain_refused),
		TEST(test_drain_without_a_word),
		TEST(test_users),
		TEST(test_users_of_no_room),
		TEST(test_nobody),
		TEST(test_long_list_in_pieces),
		TEST(test_kick),
		TEST(test_kick_without_a_reason),
		TEST(test_kick_of_twins),
		TEST(test_say),
		TEST(test_say_to_nobody),
		TEST(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
