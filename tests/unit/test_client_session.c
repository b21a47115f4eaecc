/* The client's session on virtual time: attempts, what it says again, what it has heard before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client_rig.h"

static void
test_goes_on_where_it_was(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	assert_true(rig.offered);
	rig_welcome(&rig, "u", 7, false);
	assert_true(rig_has(&rig.sent, "\"hello\",\"username\":\"ana\",\"since\":{}}"));
	rig_hear_public(&rig, 8, "first");
	rig_lose(&rig, 1006);
	rig_wait_for_attempt(&rig);
	rig_forget(&rig);
	rig_welcome(&rig, "u", 9, true);
	assert_true(rig_has(&rig.sent,
	    "\"resume\":\"u-secret\",\"since\":{\"rooms\":{\"lobby\":[5,8]},\"inbox\":[9,3]}}"));
	rig_hear_public(&rig, 8, "first");
	rig_hear_public(&rig, 9, "second");
	rig_hear_public(&rig, 9, "second");
	assert_int_equal(rig_count(&rig.heard, "first"), 0);
	assert_int_equal(rig_count(&rig.heard, "second"), 1);
	rig_stop(&rig);
}

static void
test_says_again_under_the_same_id(void **state)
{
	struct client_rig rig;
	char before[64];
	char after[64];
	char ack[256];

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("keep me"), rig.now);
	rig_last_id(&rig, before);
	rig_lose(&rig, 1006);
	rig_wait_for_attempt(&rig);
	rig_forget(&rig);
	rig_welcome(&rig, "u", 8, true);
	rig_last_id(&rig, after);
	assert_string_equal(before, after);
	assert_int_equal(session_unanswered(rig.session), 1);
	snprintf(ack, sizeof(ack),
	    "{\"type\":\"ack\",\"id\":\"%s\",\"room\":\"lobby\",\"epoch\":5,\"seq\":8,\"repeated\":"
	    "true}",
	    after);
	rig_hear(&rig, ack);
	rig_hear(&rig, ack);
	assert_int_equal(session_unanswered(rig.session), 0);
	assert_int_equal(rig_count(&rig.heard, "\"ack\""), 1);
	rig_stop(&rig);
}

static void
test_says_nothing_again_as_somebody_else_or_too_late(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("mine"), rig.now);
	rig_lose(&rig, 1006);
	rig_wait_for_attempt(&rig);
	rig_welcome(&rig, "another", 7, false);
	assert_true(rig_has(&rig.unsent, "mine:unconfirmed"));
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("old"), rig.now);
	rig_lose(&rig, 1006);
	rig_wait_for_attempt(&rig);
	rig.now.mono_ms += 10 * 60 * 1000;
	rig_welcome(&rig, "another", 7, true);
	assert_true(rig_has(&rig.unsent, "old:unconfirmed"));
	assert_int_equal(session_unanswered(rig.session), 0);
	rig_stop(&rig);
}

static void
test_waits_as_long_as_it_must(void **state)
{
	static const struct {
		unsigned code;
		uint64_t least;
		uint64_t most;
	} cases[] = { { 1006, 250, 500 }, { 1012, 750, 1500 }, { 1013, 2000, 4000 } };
	struct client_rig rig;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rig_start(&rig, DIALECT_AUTO);
		rig_welcome(&rig, "u", 7, false);
		rig.now.mono_ms += 60000;
		rig_lose(&rig, cases[i].code);
		assert_in_range(rig.state.retry_ms, cases[i].least, cases[i].most);
		rig_stop(&rig);
	}
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	rig_hear(&rig, "{\"type\":\"bye\",\"code\":1012,\"retry_after_ms\":5000}");
	rig_lose(&rig, 1012);
	assert_in_range(rig.state.retry_ms, 5000, 10000);
	for (unsigned i = 0; i < 20; i++) {
		rig_wait_for_attempt(&rig);
		session_lost(rig.session, &(struct loss){ .kind = LOSS_UNREACHABLE }, rig.now);
	}
	assert_in_range(rig.state.retry_ms, 15000, 30000);
	rig_stop(&rig);
}

static void
test_ends_when_it_is_not_wanted(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	session_lost(rig.session,
	    &(struct loss){ .kind = LOSS_CLOSED, .code = 1008, .reason = TEXT("spam") }, rig.now);
	assert_int_equal(rig.state.phase, PHASE_ENDED);
	assert_int_equal(rig.state.end, END_REFUSED);
	assert_string_equal(rig.reason, "spam");
	assert_true(session_due(rig.session) == UINT64_MAX);
	rig_stop(&rig);

	rig_start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_UNREACHABLE }, rig.now);
	assert_int_equal(rig.state.end, END_UNREACHABLE);
	rig_stop(&rig);

	rig_start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 403 }, rig.now);
	assert_int_equal(rig.state.end, END_REFUSED);
	rig_stop(&rig);
}

static void
test_native_is_not_given_up_for_room(void **state)
{
	struct client_rig rig;

	(void)state;
	/* A server that refuses the subprotocol is asked without it, at once. */
	rig_start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 400 }, rig.now);
	assert_int_equal(rig.attempts, 2);
	assert_false(rig.offered);
	session_opened(rig.session, false, rig.now);
	assert_true(rig_has(&rig.sent, "{\"username\":\"ana\"}"));
	rig_stop(&rig);

	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	rig_lose(&rig, 1006);
	rig_wait_for_attempt(&rig);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 400 }, rig.now);
	rig_wait_for_attempt(&rig);
	assert_true(rig.offered);
	session_opened(rig.session, false, rig.now);
	assert_int_equal(rig.hung_up, 1);
	assert_int_equal(rig.state.phase, PHASE_WAITING);
	rig_stop(&rig);
}

static void
test_room_is_told_like_native(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_ROOM);
	assert_false(rig.offered);
	session_opened(rig.session, false, rig.now);
	rig_hear(&rig,
	    "{\"type\":\"user_list\",\"users\":[{\"client_id\":\"b\",\"username\":\"ben\"},"
	    "{\"client_id\":\"a\",\"username\":\"ana\"}]}");
	assert_true(rig_has(&rig.heard, "\"welcome\",\"client_id\":\"a\",\"user\":\"a\""));
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("hi"), rig.now);
	session_post(rig.session, TEXT("b"), TEXT("hi"), rig.now);
	session_post(rig.session, TEXT("c"), TEXT("nobody"), rig.now);
	assert_true(rig_has(&rig.sent, "{\"type\":\"private\",\"to\":\"b\",\"content\":\"hi\"}"));
	rig_hear(&rig,
	    "{\"type\":\"public\",\"from\":\"a\",\"sender_name\":\"ana\",\"content\":\"hi\"}");
	assert_true(rig_has(&rig.heard, "\"ack\",\"id\":"));
	assert_true(rig_has(&rig.heard, "\"own\":true"));
	rig_hear(&rig, "{\"type\":\"private\",\"from\":\"a\",\"to\":\"b\",\"sender_name\":\"ana\","
		       "\"content\":\"hi\"}");
	rig_hear(&rig, "{\"type\":\"error\",\"code\":\"no_such_user\",\"content\":\"x\"}");
	assert_true(rig_has(&rig.unsent, "nobody:no_such_user"));
	assert_int_equal(session_unanswered(rig.session), 0);
	/* What was said and not heard back may be stored or not. */
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("lost"), rig.now);
	rig_lose(&rig, 1006);
	assert_true(rig_has(&rig.unsent, "lost:unconfirmed"));
	rig_stop(&rig);
}

static void
test_follows_a_renamed_room(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	rig_hear_public(&rig, 8, "x");
	rig_forget(&rig);
	rig_hear(&rig,
	    "{\"type\":\"left\",\"room\":\"lobby\",\"reason\":\"renamed\",\"renamed\":\"hall\"}");
	assert_true(rig_has(&rig.sent, "\"join\""));
	assert_true(rig_has(&rig.sent, "\"room\":\"hall\",\"since\":[5,8]}"));
	assert_true(text_equal(session_room(rig.session), TEXT("hall")));
	rig_stop(&rig);
}

static void
test_a_window_and_a_pace(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	for (unsigned i = 0; i < 10; i++)
		session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now);
	assert_int_equal(rig_count(&rig.sent, "\"public\""), 4);
	for (unsigned i = 0; i < 90; i++)
		session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now);
	assert_true(session_is_full(rig.session));
	assert_false(session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now));
	rig_stop(&rig);
}

static void
test_too_fast_is_said_again_later(void **state)
{
	struct client_rig rig;
	char id[64];
	char error[256];

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("fast"), rig.now);
	rig_last_id(&rig, id);
	snprintf(error, sizeof(error),
	    "{\"type\":\"error\",\"code\":\"rate_limited\",\"content\":\"x\",\"id\":\"%s\"}", id);
	rig_forget(&rig);
	rig_hear(&rig, error);
	assert_int_equal(rig.sent.length, 0);
	rig.now.mono_ms = session_due(rig.session);
	assert_in_range(rig.now.mono_ms, 1900, 2500);
	session_tick(rig.session, rig.now);
	assert_true(rig_has(&rig.sent, "fast"));
	assert_true(rig_has(&rig.sent, id));
	assert_int_equal(rig.unsent.length, 0);
	rig_stop(&rig);
}

static void
test_gives_up_on_what_is_no_chat(void **state)
{
	struct client_rig rig;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	session_opened(rig.session, true, rig.now);
	rig_hear(&rig, "hello?");
	rig_hear(&rig, "[]");
	rig_hear(&rig, "{\"type\":\"welcome\"}");
	assert_int_equal(rig.hung_up, 1);
	assert_int_equal(rig.state.end, END_REFUSED);
	rig_hear(&rig, "more");
	rig_stop(&rig);

	rig_start(&rig, DIALECT_AUTO);
	rig.now.mono_ms += 10000;
	session_tick(rig.session, rig.now);
	assert_int_equal(rig.state.end, END_UNREACHABLE);
	assert_int_equal(rig.hung_up, 1);
	rig_stop(&rig);
}

static void
test_another_run_goes_on(void **state)
{
	struct client_rig rig;
	struct session *next;
	struct buffer kept;
	struct json *json;
	const char *why;
	struct buffer again;

	(void)state;
	rig_start(&rig, DIALECT_AUTO);
	rig_welcome(&rig, "u", 7, false);
	rig_hear_public(&rig, 8, "x");
	buffer_init(&kept, 0);
	buffer_append_byte(&kept, '{');
	session_write(rig.session, &kept);
	buffer_append_byte(&kept, '}');
	json = json_parse_object(buffer_text(&kept), &why);
	assert_non_null(json);
	next = session_create(
	    &(struct session_settings){ .random = random_seeded(&rig.seed), .rooms_max = 10 },
	    &rig_effects, &rig);
	assert_true(session_read(next, json));
	assert_true(session_knows_native(next));
	buffer_init(&again, 0);
	buffer_append_byte(&again, '{');
	session_write(next, &again);
	buffer_append_byte(&again, '}');
	assert_true(text_equal(buffer_text(&kept), buffer_text(&again)));
	buffer_free(&again);
	buffer_free(&kept);
	json_destroy(&json);
	session_destroy(&next);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on_where_it_was),
		cmocka_unit_test(test_says_again_under_the_same_id),
		cmocka_unit_test(test_says_nothing_again_as_somebody_else_or_too_late),
		cmocka_unit_test(test_waits_as_long_as_it_must),
		cmocka_unit_test(test_ends_when_it_is_not_wanted),
		cmocka_unit_test(test_native_is_not_given_up_for_room),
		cmocka_unit_test(test_room_is_told_like_native),
		cmocka_unit_test(test_follows_a_renamed_room),
		cmocka_unit_test(test_a_window_and_a_pace),
		cmocka_unit_test(test_too_fast_is_said_again_later),
		cmocka_unit_test(test_gives_up_on_what_is_no_chat),
		cmocka_unit_test(test_another_run_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
