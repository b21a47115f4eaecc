/* Operators' questions: why, what happens, what is done, how much is logged. */
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

	admin_action_free(&stage->action);
	fake_core_free(&stage->core);
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
note(struct stage *stage, enum event_kind kind, const char *user, const char *room)
{
	const struct event event = {
		.kind = kind,
		.wall_ms = 1700000000000,
		.client = 10,
		.texts = {
			[EVENT_USER] = text_of(user),
			[EVENT_REALM] = TEXT("open"),
			[EVENT_NAME] = TEXT("Twin"),
			[EVENT_ROOM] = text_of(room),
			[EVENT_ADDRESS] = TEXT("192.0.2.1"),
		},
		.content = TEXT("what was said"),
	};

	events_note(core_events(&stage->core), &event);
}

static void
test_why(void **state)
{
	struct stage *stage = *state;

	note(stage, EVENT_JOINED, "ana", "tea");
	run(stage, "why ana");
	assert_int_equal(stage->answer.end, ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 1);
	assert_value(stage, 0, "event", "joined");
	assert_value(stage, 0, "client_id", "0000000a");
	assert_value(stage, 0, "room", "tea");
	assert_value(stage, 0, "words", "it entered the room");
	tear_down(state);
	set_up(state);
	note(stage, EVENT_JOINED, "ana", "tea");
	run(stage, "why --address 192.0.2.1");
	assert_int_equal(stage->answer.row_count, 1);
}

static void
test_why_refused(void **state)
{
	static const struct {
		const char *line;
		enum admin_end end;
		const char *sentence;
	} cases[] = {
		{ "why eve", ADMIN_END_REFUSED, "nothing is remembered of \"eve\"" },
		{ "why Twin", ADMIN_END_REFUSED, "several users may be meant" },
		{ "why --address 192.0.2.2", ADMIN_END_REFUSED, "\"192.0.2.2\"" },
		{ "why", ADMIN_END_USAGE, "name a user or" },
		{ "why ana --address 192.0.2.1", ADMIN_END_USAGE, "name a user or" },
	};
	struct stage *stage = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct buffer *sentence = &stage->answer.sentence;

		note(stage, EVENT_JOINED, "ana", "tea");
		note(stage, EVENT_JOINED, "ben", "tea");
		run(stage, cases[i].line);
		assert_int_equal(stage->answer.end, cases[i].end);
		assert_non_null(memmem(sentence->data, sentence->length, cases[i].sentence,
		    strlen(cases[i].sentence)));
		tear_down(state);
		set_up(state);
	}
}

/* Takes what came since the last look. */
static void
look(struct stage *stage, struct now at)
{
	size_t used;

	admin_answer_drop_rows(&stage->answer);
	assert_true(admin_action_more(&stage->action, &stage->core, at, SIZE_MAX, &stage->out));
	assert_true(admin_answer_add(&stage->answer, buffer_text(&stage->out), &used));
	assert_int_equal(used, stage->out.length);
	buffer_clear(&stage->out);
}

static void
test_tail(void **state)
{
	struct stage *stage = *state;

	begin(stage, "tail --room tea");
	assert_true(admin_action_watches(&stage->action));
	look(stage, now);
	assert_int_equal(stage->answer.row_count, 0);
	note(stage, EVENT_SAID, "ana", "tea");
	note(stage, EVENT_SAID, "ana", "lobby");
	assert_true(admin_action_has_news(&stage->action));
	look(stage, now);
	assert_false(admin_action_has_news(&stage->action));
	assert_int_equal(stage->answer.row_count, 1);
	assert_value(stage, 0, "event", "said");
	assert_null(admin_answer_value(&stage->answer, 0, 15).data);
	admin_action_free(&stage->action);
	assert_false(events_are_watched(core_events(&stage->core)));
	stage->action = (struct admin_action){ .end = ADMIN_END_DONE };
}

static void
test_tail_of_one_with_contents(void **state)
{
	struct stage *stage = *state;

	begin(stage, "tail --user ben --contents");
	for (unsigned i = 0; i < EVENTS_WATCHED_MAX; i++)
		note(stage, EVENT_SAID, "ana", "tea");
	for (unsigned i = 0; i < 3; i++)
		note(stage, EVENT_SAID, "ben", "tea");
	look(stage, now);
	assert_int_equal(stage->answer.row_count, 4);
	assert_value(stage, 0, "event", "skipped");
	assert_value(stage, 0, "count", "3");
	assert_value(stage, 1, "user", "ben");
	assert_value(stage, 3, "content", "what was said");
}

static void
test_tail_shows_that_it_lives(void **state)
{
	struct now later = { .mono_ms = now.mono_ms + 1000, .wall_ms = now.wall_ms };
	struct stage *stage = *state;

	begin(stage, "tail");
	buffer_clear(&stage->out);
	assert_true(admin_action_more(&stage->action, &stage->core, now, 1, &stage->out));
	assert_int_equal(stage->out.length, 0);
	assert_true(admin_action_more(&stage->action, &stage->core, later, 1, &stage->out));
	assert_true(text_equal(buffer_text(&stage->out), TEXT("wait\n")));
}

static void
test_top(void **state)
{
	struct stage *stage = *state;

	stage->core.answers = true;
	run(stage, "top");
	assert_int_equal(stage->answer.row_count, 4);
	assert_value(stage, 0, "kind", "hub");
	assert_value(stage, 0, "joins", "11");
	assert_value(stage, 1, "name", "gw-1");
	assert_value(stage, 1, "queue_bytes", "22");
	assert_value(stage, 2, "name", "gw-2");
	assert_null(admin_answer_value(&stage->answer, 2, 10).data);
	assert_value(stage, 3, "kind", "room");
	assert_value(stage, 3, "clients", "5");
}

static void
test_top_does_not_wait_for_ever(void **state)
{
	struct now later = { .mono_ms = now.mono_ms + 1000, .wall_ms = now.wall_ms };
	struct stage *stage = *state;

	begin(stage, "top");
	assert_true(admin_action_more(&stage->action, &stage->core, now, SIZE_MAX, &stage->out));
	assert_false(admin_action_more(&stage->action, &stage->core, later, SIZE_MAX, &stage->out));
}

static void
test_log_level_of_gateways(void **state)
{
	struct stage *stage = *state;

	stage->core.answers = true;
	run(stage, "log-level warn --gateway gw-1");
	assert_string_equal(stage->core.asked_name, "gw-1");
	assert_int_equal(stage->core.asked_level, 2);
	assert_int_equal(stage->answer.row_count, 1);
	assert_value(stage, 0, "level", "debug");
	tear_down(state);
	set_up(state);
	stage->core.answers = true;
	run(stage, "log-level --all");
	assert_int_equal(stage->core.asked_level, LOG_LEVEL_AS_IT_IS);
	assert_int_equal(stage->answer.row_count, 2);
	assert_null(admin_answer_value(&stage->answer, 1, 1).data);
	tear_down(state);
	set_up(state);
	stage->core.is_old = true;
	run(stage, "log-level --gateway gw-9");
	assert_refused(stage, "too old to be asked");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_why),
		TEST(test_why_refused),
		TEST(test_tail),
		TEST(test_tail_of_one_with_contents),
		TEST(test_tail_shows_that_it_lives),
		TEST(test_top),
		TEST(test_top_does_not_wait_for_ever),
		TEST(test_log_level_of_gateways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
