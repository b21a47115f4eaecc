/* Operators' commands about rooms, users and the store: what is answered now, what later. */
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

/* One command against a fake core, in time that the test moves. */
struct stage {
	struct core core;
	struct admin_action action;
	struct buffer out;
	struct admin_answer answer;
	struct now now;
};

static void
begin(struct stage *stage, unsigned clients, const char *line)
{
	struct admin_request request;
	struct text words[16];
	struct buffer scratch;
	unsigned count = 0;

	*stage = (struct stage){ .now = { 5000, 1700000000000 } };
	fake_core_fill(&stage->core, clients);
	buffer_init(&stage->out, 0);
	buffer_init(&scratch, 0);
	admin_answer_init(&stage->answer);
	while (*line != '\0') {
		size_t length = strcspn(line, " ");

		words[count++] = (struct text){ line, length };
		line += length + strspn(line + length, " ");
	}
	assert_true(admin_parse(words, count, &request, &scratch));
	admin_action_begin(&stage->action, &stage->core, stage->now, &request, &stage->out);
	buffer_free(&scratch);
}

static bool
go_on(struct stage *stage, uint64_t ms)
{
	stage->now.mono_ms += ms;
	return admin_action_more(&stage->action, &stage->core, stage->now, SIZE_MAX, &stage->out);
}

/* The answer is complete and ends so. */
static void
assert_end(struct stage *stage, enum admin_end end, size_t rows)
{
	while (go_on(stage, 0))
		assert_false(admin_action_waits(&stage->action));
	assert_true(admin_answer_read(&stage->answer, buffer_text(&stage->out)));
	assert_int_equal(stage->answer.end, end);
	assert_int_equal(stage->answer.row_count, rows);
}

static void
assert_value(const struct stage *stage, size_t row, const char *name, const char *expected)
{
	for (unsigned i = 0; i < stage->answer.column_count; i++) {
		struct text value = admin_answer_value(&stage->answer, row, i);

		if (!text_equal(admin_answer_name(&stage->answer, i), text_of(name)))
			continue;
		if (expected == NULL) {
			assert_null(value.data);
			return;
		}
		assert_int_equal(value.length, strlen(expected));
		assert_memory_equal(value.data, expected, value.length);
		return;
	}
	fail_msg("there is no column %s", name);
}

static void
end(struct stage *stage)
{
	fake_core_free(&stage->core);
	admin_action_free(&stage->action);
	admin_answer_free(&stage->answer);
	buffer_free(&stage->out);
}

static void
rooms_are_listed(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "rooms");
	assert_end(&stage, ADMIN_END_DONE, 2);
	assert_value(&stage, 0, "room", "lobby");
	assert_value(&stage, 0, "made", "false");
	assert_value(&stage, 1, "room", "tea");
	assert_value(&stage, 1, "made", "true");
	assert_value(&stage, 1, "members", "2");
	assert_value(&stage, 1, "durability", "disk");
	end(&stage);
}

static void
history_has_no_holes(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "history tea");
	assert_int_equal(stage.core.limit, 20);
	assert_end(&stage, ADMIN_END_DONE, 2);
	assert_value(&stage, 0, "seq", "5");
	assert_value(&stage, 0, "content", "a\x1b[2J\n");
	assert_value(&stage, 0, "client_id", "1c0ffee5");
	assert_value(&stage, 1, "seq", "7");
	assert_value(&stage, 1, "client_id", NULL);
	end(&stage);
	begin(&stage, 0, "history tea -n 1000");
	assert_int_equal(stage.core.limit, 1000);
	end(&stage);
	begin(&stage, 0, "history tea -n 1001");
	assert_end(&stage, ADMIN_END_USAGE, 0);
	end(&stage);
	begin(&stage, 0, "history tea -n 0");
	assert_end(&stage, ADMIN_END_USAGE, 0);
	end(&stage);
	begin(&stage, 0, "history coffee");
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
}

static void
a_change_is_answered_when_it_is_kept(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "room create x --class c --read r --write=w --list l");
	assert_string_equal(stage.core.who, "x");
	assert_string_equal(stage.core.text, "c|r|w|l");
	assert_true(admin_action_waits(&stage.action));
	assert_int_equal(stage.out.length, 0);
	assert_true(go_on(&stage, 10));
	assert_int_equal(stage.out.length, 0);
	/* Whoever waits for long hears that there will be an answer. */
	assert_true(go_on(&stage, 1000));
	assert_true(go_on(&stage, 10));
	assert_int_equal(stage.out.length, strlen("wait\n"));
	stage.core.batch = CORE_BATCH_KEPT;
	assert_false(go_on(&stage, 10));
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_value(&stage, 0, "room", "x");
	assert_value(&stage, 0, "members_removed", "3");
	assert_int_equal(stage.action.affected, 3);
	end(&stage);
}

static void
a_change_that_is_lost_is_refused(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "room rename tea coffee");
	assert_string_equal(stage.core.text, "coffee");
	stage.core.batch = CORE_BATCH_LOST;
	assert_false(go_on(&stage, 1));
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
}

static void
what_cannot_be_undone_needs_a_yes(void **state)
{
	static const char *const lines[] = { "room close tea", "store forget ben",
		"store restore /tmp/x" };
	struct stage stage;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(&stage, 0, lines[i]);
		assert_end(&stage, ADMIN_END_USAGE, 0);
		assert_string_equal(stage.core.who, "");
		assert_string_equal(stage.core.text, "");
		end(&stage);
	}
	begin(&stage, 0, "room close tea --yes");
	assert_string_equal(stage.core.who, "tea");
	end(&stage);
}

static void
a_user_is_shown_when_gateways_have_answered(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 2, "show ana");
	assert_true(admin_action_waits(&stage.action));
	assert_true(go_on(&stage, 100));
	stage.core.inspected = 2;
	assert_false(go_on(&stage, 100));
	assert_end(&stage, ADMIN_END_DONE, 2);
	assert_value(&stage, 0, "user", "open/ana");
	assert_value(&stage, 0, "queue_bytes", "1001");
	assert_value(&stage, 1, "queue_bytes", "1002");
	assert_value(&stage, 1, "inbox", "2");
	assert_value(&stage, 1, "inbox_bytes", "99");
	end(&stage);
}

static void
gateways_have_a_second(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 2, "show ana");
	stage.core.inspected = 1;
	assert_true(go_on(&stage, 999));
	assert_false(go_on(&stage, 1));
	assert_end(&stage, ADMIN_END_DONE, 2);
	assert_value(&stage, 0, "queue_bytes", "1001");
	assert_value(&stage, 1, "queue_bytes", NULL);
	end(&stage);
}

static void
an_absent_user_has_an_inbox(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "show ben");
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_value(&stage, 0, "user", "open/ben");
	assert_value(&stage, 0, "inbox", "2");
	end(&stage);
	begin(&stage, 0, "inbox ben");
	assert_end(&stage, ADMIN_END_DONE, 2);
	assert_value(&stage, 0, "received", "true");
	assert_value(&stage, 1, "received", "false");
	end(&stage);
	begin(&stage, 0, "inbox eva");
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
	begin(&stage, 0, "show nobody");
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
}

static void
long_work_is_waited_for(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "store backup copy.db");
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
	begin(&stage, 0, "store backup /tmp/copy.db");
	assert_string_equal(stage.core.text, "1 /tmp/copy.db");
	assert_true(go_on(&stage, 20));
	stage.core.job = CORE_JOB_DONE;
	stage.core.job_sentence = "12 messages";
	assert_false(go_on(&stage, 20));
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_value(&stage, 0, "file", "/tmp/copy.db");
	assert_value(&stage, 0, "result", "12 messages");
	assert_false(stage.action.ends_hub);
	end(&stage);
	begin(&stage, 0, "store restore /tmp/copy.db --yes");
	stage.core.job = CORE_JOB_FAILED;
	stage.core.job_sentence = "that is no store";
	assert_false(go_on(&stage, 20));
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	assert_false(stage.action.ends_hub);
	end(&stage);
	begin(&stage, 0, "store restore /tmp/copy.db --yes");
	stage.core.job = CORE_JOB_DONE;
	assert_false(go_on(&stage, 20));
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_true(stage.action.ends_hub);
	end(&stage);
}

static void
an_export_says_where_it_goes_on(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 0, "store export");
	assert_end(&stage, ADMIN_END_DONE, 3);
	assert_true(text_equal(buffer_text(&stage.answer.sentence), TEXT("77")));
	assert_value(&stage, 0, "stream", "room/tea");
	end(&stage);
	begin(&stage, 0, "store export --after 77");
	assert_end(&stage, ADMIN_END_DONE, 3);
	assert_true(text_equal(buffer_text(&stage.answer.sentence), TEXT("0")));
	end(&stage);
	begin(&stage, 0, "store stats");
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_value(&stage, 0, "state", "ok");
	assert_value(&stage, 0, "messages", "4");
	end(&stage);
}

static void
who_is_online_is_not_forgotten(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, 1, "store forget ana --yes");
	assert_end(&stage, ADMIN_END_REFUSED, 0);
	end(&stage);
	begin(&stage, 1, "store forget ben --yes");
	assert_string_equal(stage.core.who, "open/ben");
	assert_true(go_on(&stage, 1));
	stage.core.batch = CORE_BATCH_KEPT;
	assert_end(&stage, ADMIN_END_DONE, 1);
	assert_value(&stage, 0, "user", "open/ben");
	end(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rooms_are_listed),
		cmocka_unit_test(history_has_no_holes),
		cmocka_unit_test(a_change_is_answered_when_it_is_kept),
		cmocka_unit_test(a_change_that_is_lost_is_refused),
		cmocka_unit_test(what_cannot_be_undone_needs_a_yes),
		cmocka_unit_test(a_user_is_shown_when_gateways_have_answered),
		cmocka_unit_test(gateways_have_a_second),
		cmocka_unit_test(an_absent_user_has_an_inbox),
		cmocka_unit_test(long_work_is_waited_for),
		cmocka_unit_test(an_export_says_where_it_goes_on),
		cmocka_unit_test(who_is_online_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
