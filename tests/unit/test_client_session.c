/* The client's session on virtual time: attempts, what it says again, what it has heard before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/session.h"

struct rig {
	struct session *session;
	struct session_state state;
	struct buffer sent;  /* frames, a line each */
	struct buffer heard; /* likewise, as programs are told */
	struct buffer unsent;
	char reason[128];
	unsigned attempts;
	unsigned hung_up;
	bool offered;
	uint64_t seed;
	struct now now;
};

static void
on_connect(void *context, bool offer_native)
{
	struct rig *rig = context;

	rig->attempts++;
	rig->offered = offer_native;
}

static void
on_hang_up(void *context)
{
	((struct rig *)context)->hung_up++;
}

static void
on_send(void *context, struct text frame)
{
	struct rig *rig = context;

	buffer_append_text(&rig->sent, frame);
	buffer_append_byte(&rig->sent, '\n');
}

static void
on_state(void *context, const struct session_state *state)
{
	struct rig *rig = context;

	rig->state = *state;
	snprintf(rig->reason, sizeof(rig->reason), "%.*s", (int)state->reason.length,
	    state->reason.length > 0 ? state->reason.data : "");
}

static void
on_heard(void *context, const struct frame *frame)
{
	struct rig *rig = context;

	frame_write_json(frame, &rig->heard);
	buffer_append_byte(&rig->heard, '\n');
}

static void
on_unsent(void *context, const struct outbox_entry *entry, struct text code, struct text why)
{
	struct rig *rig = context;

	(void)why;
	buffer_append_text(&rig->unsent, entry->content);
	buffer_append_byte(&rig->unsent, ':');
	buffer_append_text(&rig->unsent, code);
	buffer_append_byte(&rig->unsent, '\n');
}

static void
on_changed(void *context)
{
	(void)context;
}

static const struct session_effects effects = { on_connect, on_hang_up, on_send, on_state, on_heard,
	on_unsent, on_changed };

static void
start(struct rig *rig, enum dialect_choice dialect)
{
	struct session_settings settings = {
		.name = TEXT("ana"),
		.dialect = dialect,
		.outbox = { .messages_max = 100, .window = 4 },
		.rooms_max = 10,
		.people_max = 100,
		.bad_frames_max = 3,
	};

	*rig = (struct rig){ .seed = 7, .now = { .mono_ms = 1000 } };
	buffer_init(&rig->sent, 0);
	buffer_init(&rig->heard, 0);
	buffer_init(&rig->unsent, 0);
	settings.random = random_seeded(&rig->seed);
	rig->session = session_create(&settings, &effects, rig);
	assert_non_null(rig->session);
	session_start(rig->session, rig->now);
}

static void
stop(struct rig *rig)
{
	session_destroy(&rig->session);
	buffer_free(&rig->sent);
	buffer_free(&rig->heard);
	buffer_free(&rig->unsent);
}

static void
say(struct rig *rig, const char *frame)
{
	session_received(rig->session, text_of(frame), rig->now);
}

static bool
has(const struct buffer *buffer, const char *part)
{
	return buffer->length > 0 && memmem(buffer->data, buffer->length, part, strlen(part));
}

static unsigned
count_of(const struct buffer *buffer, const char *part)
{
	struct text rest = buffer_text(buffer);
	const char *found;
	unsigned count = 0;

	while (rest.length > 0 &&
	       (found = memmem(rest.data, rest.length, part, strlen(part))) != NULL) {
		rest.length -= (size_t)(found + 1 - rest.data);
		rest.data = found + 1;
		count++;
	}
	return count;
}

static void
forget(struct rig *rig)
{
	buffer_clear(&rig->sent);
	buffer_clear(&rig->heard);
}

static void
welcome_as(struct rig *rig, const char *user, unsigned seq, bool resumed)
{
	char frame[512];

	session_opened(rig->session, true, rig->now);
	snprintf(frame, sizeof(frame),
	    "{\"type\":\"welcome\",\"client_id\":\"0000000a\",\"user\":\"%s\",\"username\":\"ana\","
	    "\"resume\":\"%s-secret\",\"rooms\":[{\"room\":\"lobby\",\"epoch\":5,\"seq\":%u,"
	    "\"members\":1}],\"inbox\":[9,3],\"read\":3,\"resumed\":%s,\"limits\":{}}",
	    user, user, seq, resumed ? "true" : "false");
	say(rig, frame);
	assert_int_equal(rig->state.phase, PHASE_ONLINE);
}

static void
lose(struct rig *rig, unsigned code)
{
	session_lost(rig->session, &(struct loss){ .kind = LOSS_CLOSED, .code = code }, rig->now);
}

/* Time passes until the session tries again. */
static void
wait_for_attempt(struct rig *rig)
{
	unsigned attempts = rig->attempts;

	assert_int_equal(rig->state.phase, PHASE_WAITING);
	rig->now.mono_ms += rig->state.retry_ms - 1;
	session_tick(rig->session, rig->now);
	assert_int_equal(rig->attempts, attempts);
	rig->now.mono_ms += 1;
	session_tick(rig->session, rig->now);
	assert_int_equal(rig->attempts, attempts + 1);
}

static void
hear_public(struct rig *rig, unsigned seq, const char *content)
{
	char frame[256];

	snprintf(frame, sizeof(frame),
	    "{\"type\":\"public\",\"room\":\"lobby\",\"epoch\":5,\"seq\":%u,\"user\":\"b\","
	    "\"sender_name\":\"ben\",\"content\":\"%s\"}",
	    seq, content);
	say(rig, frame);
}

static void
test_goes_on_where_it_was(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	assert_true(rig.offered);
	welcome_as(&rig, "u", 7, false);
	assert_true(has(&rig.sent, "\"hello\",\"username\":\"ana\",\"since\":{}}"));
	hear_public(&rig, 8, "first");
	lose(&rig, 1006);
	wait_for_attempt(&rig);
	forget(&rig);
	welcome_as(&rig, "u", 9, true);
	assert_true(has(&rig.sent,
	    "\"resume\":\"u-secret\",\"since\":{\"rooms\":{\"lobby\":[5,8]},\"inbox\":[9,3]}}"));
	hear_public(&rig, 8, "first");
	hear_public(&rig, 9, "second");
	hear_public(&rig, 9, "second");
	assert_int_equal(count_of(&rig.heard, "first"), 0);
	assert_int_equal(count_of(&rig.heard, "second"), 1);
	stop(&rig);
}

/* The id of the last message that was sent. */
static void
last_id(const struct rig *rig, char id[64])
{
	struct text rest = buffer_text(&rig->sent);
	const char *at = memrchr(rest.data, '"', rest.length);
	const char *found = NULL;
	const char *next = rest.data;

	assert_non_null(at);
	while (
	    (next = memmem(next, (size_t)(rest.data + rest.length - next), "\"id\":\"", 6)) != NULL)
		found = next += 6;
	assert_non_null(found);
	snprintf(id, 64, "%.*s", (int)strcspn(found, "\""), found);
}

static void
test_says_again_under_the_same_id(void **state)
{
	struct rig rig;
	char before[64];
	char after[64];
	char ack[256];

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("keep me"), rig.now);
	last_id(&rig, before);
	lose(&rig, 1006);
	wait_for_attempt(&rig);
	forget(&rig);
	welcome_as(&rig, "u", 8, true);
	last_id(&rig, after);
	assert_string_equal(before, after);
	assert_int_equal(session_unanswered(rig.session), 1);
	snprintf(ack, sizeof(ack),
	    "{\"type\":\"ack\",\"id\":\"%s\",\"room\":\"lobby\",\"epoch\":5,\"seq\":8,\"repeated\":"
	    "true}",
	    after);
	say(&rig, ack);
	say(&rig, ack);
	assert_int_equal(session_unanswered(rig.session), 0);
	assert_int_equal(count_of(&rig.heard, "\"ack\""), 1);
	stop(&rig);
}

static void
test_says_nothing_again_as_somebody_else_or_too_late(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("mine"), rig.now);
	lose(&rig, 1006);
	wait_for_attempt(&rig);
	welcome_as(&rig, "another", 7, false);
	assert_true(has(&rig.unsent, "mine:unconfirmed"));
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("old"), rig.now);
	lose(&rig, 1006);
	wait_for_attempt(&rig);
	rig.now.mono_ms += 10 * 60 * 1000;
	welcome_as(&rig, "another", 7, true);
	assert_true(has(&rig.unsent, "old:unconfirmed"));
	assert_int_equal(session_unanswered(rig.session), 0);
	stop(&rig);
}

static void
test_waits_as_long_as_it_must(void **state)
{
	static const struct {
		unsigned code;
		uint64_t least;
		uint64_t most;
	} cases[] = { { 1006, 250, 500 }, { 1012, 750, 1500 }, { 1013, 2000, 4000 } };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start(&rig, DIALECT_AUTO);
		welcome_as(&rig, "u", 7, false);
		rig.now.mono_ms += 60000;
		lose(&rig, cases[i].code);
		assert_in_range(rig.state.retry_ms, cases[i].least, cases[i].most);
		stop(&rig);
	}
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	say(&rig, "{\"type\":\"bye\",\"code\":1012,\"retry_after_ms\":5000}");
	lose(&rig, 1012);
	assert_in_range(rig.state.retry_ms, 5000, 10000);
	for (unsigned i = 0; i < 20; i++) {
		wait_for_attempt(&rig);
		session_lost(rig.session, &(struct loss){ .kind = LOSS_UNREACHABLE }, rig.now);
	}
	assert_in_range(rig.state.retry_ms, 15000, 30000);
	stop(&rig);
}

static void
test_ends_when_it_is_not_wanted(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	session_lost(rig.session,
	    &(struct loss){ .kind = LOSS_CLOSED, .code = 1008, .reason = TEXT("spam") }, rig.now);
	assert_int_equal(rig.state.phase, PHASE_ENDED);
	assert_int_equal(rig.state.end, END_REFUSED);
	assert_string_equal(rig.reason, "spam");
	assert_true(session_due(rig.session) == UINT64_MAX);
	stop(&rig);

	start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_UNREACHABLE }, rig.now);
	assert_int_equal(rig.state.end, END_UNREACHABLE);
	stop(&rig);

	start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 403 }, rig.now);
	assert_int_equal(rig.state.end, END_REFUSED);
	stop(&rig);
}

static void
test_native_is_not_given_up_for_room(void **state)
{
	struct rig rig;

	(void)state;
	/* A server that refuses the subprotocol is asked without it, at once. */
	start(&rig, DIALECT_AUTO);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 400 }, rig.now);
	assert_int_equal(rig.attempts, 2);
	assert_false(rig.offered);
	session_opened(rig.session, false, rig.now);
	assert_true(has(&rig.sent, "{\"username\":\"ana\"}"));
	stop(&rig);

	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	lose(&rig, 1006);
	wait_for_attempt(&rig);
	session_lost(rig.session, &(struct loss){ .kind = LOSS_STATUS, .code = 400 }, rig.now);
	wait_for_attempt(&rig);
	assert_true(rig.offered);
	session_opened(rig.session, false, rig.now);
	assert_int_equal(rig.hung_up, 1);
	assert_int_equal(rig.state.phase, PHASE_WAITING);
	stop(&rig);
}

static void
test_room_is_told_like_native(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_ROOM);
	assert_false(rig.offered);
	session_opened(rig.session, false, rig.now);
	say(&rig, "{\"type\":\"user_list\",\"users\":[{\"client_id\":\"b\",\"username\":\"ben\"},"
		  "{\"client_id\":\"a\",\"username\":\"ana\"}]}");
	assert_true(has(&rig.heard, "\"welcome\",\"client_id\":\"a\",\"user\":\"a\""));
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("hi"), rig.now);
	session_post(rig.session, TEXT("b"), TEXT("hi"), rig.now);
	session_post(rig.session, TEXT("c"), TEXT("nobody"), rig.now);
	assert_true(has(&rig.sent, "{\"type\":\"private\",\"to\":\"b\",\"content\":\"hi\"}"));
	say(&rig,
	    "{\"type\":\"public\",\"from\":\"a\",\"sender_name\":\"ana\",\"content\":\"hi\"}");
	assert_true(has(&rig.heard, "\"ack\",\"id\":"));
	assert_true(has(&rig.heard, "\"own\":true"));
	say(&rig, "{\"type\":\"private\",\"from\":\"a\",\"to\":\"b\",\"sender_name\":\"ana\","
		  "\"content\":\"hi\"}");
	say(&rig, "{\"type\":\"error\",\"code\":\"no_such_user\",\"content\":\"x\"}");
	assert_true(has(&rig.unsent, "nobody:no_such_user"));
	assert_int_equal(session_unanswered(rig.session), 0);
	/* What was said and not heard back may be stored or not. */
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("lost"), rig.now);
	lose(&rig, 1006);
	assert_true(has(&rig.unsent, "lost:unconfirmed"));
	stop(&rig);
}

static void
test_follows_a_renamed_room(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	hear_public(&rig, 8, "x");
	forget(&rig);
	say(&rig,
	    "{\"type\":\"left\",\"room\":\"lobby\",\"reason\":\"renamed\",\"renamed\":\"hall\"}");
	assert_true(has(&rig.sent, "\"join\""));
	assert_true(has(&rig.sent, "\"room\":\"hall\",\"since\":[5,8]}"));
	assert_true(text_equal(session_room(rig.session), TEXT("hall")));
	stop(&rig);
}

static void
test_a_window_and_a_pace(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	for (unsigned i = 0; i < 10; i++)
		session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now);
	assert_int_equal(count_of(&rig.sent, "\"public\""), 4);
	for (unsigned i = 0; i < 90; i++)
		session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now);
	assert_true(session_is_full(rig.session));
	assert_false(session_post(rig.session, (struct text){ NULL, 0 }, TEXT("m"), rig.now));
	stop(&rig);
}

static void
test_too_fast_is_said_again_later(void **state)
{
	struct rig rig;
	char id[64];
	char error[256];

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	session_post(rig.session, (struct text){ NULL, 0 }, TEXT("fast"), rig.now);
	last_id(&rig, id);
	snprintf(error, sizeof(error),
	    "{\"type\":\"error\",\"code\":\"rate_limited\",\"content\":\"x\",\"id\":\"%s\"}", id);
	forget(&rig);
	say(&rig, error);
	assert_int_equal(rig.sent.length, 0);
	rig.now.mono_ms = session_due(rig.session);
	assert_in_range(rig.now.mono_ms, 1900, 2500);
	session_tick(rig.session, rig.now);
	assert_true(has(&rig.sent, "fast"));
	assert_true(has(&rig.sent, id));
	assert_int_equal(rig.unsent.length, 0);
	stop(&rig);
}

static void
test_gives_up_on_what_is_no_chat(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, DIALECT_AUTO);
	session_opened(rig.session, true, rig.now);
	say(&rig, "hello?");
	say(&rig, "[]");
	say(&rig, "{\"type\":\"welcome\"}");
	assert_int_equal(rig.hung_up, 1);
	assert_int_equal(rig.state.end, END_REFUSED);
	say(&rig, "more");
	stop(&rig);

	start(&rig, DIALECT_AUTO);
	rig.now.mono_ms += 10000;
	session_tick(rig.session, rig.now);
	assert_int_equal(rig.state.end, END_UNREACHABLE);
	assert_int_equal(rig.hung_up, 1);
	stop(&rig);
}

static void
test_another_run_goes_on(void **state)
{
	struct rig rig;
	struct session *next;
	struct buffer kept;
	struct json *json;
	const char *why;
	struct buffer again;

	(void)state;
	start(&rig, DIALECT_AUTO);
	welcome_as(&rig, "u", 7, false);
	hear_public(&rig, 8, "x");
	buffer_init(&kept, 0);
	buffer_append_byte(&kept, '{');
	session_write(rig.session, &kept);
	buffer_append_byte(&kept, '}');
	json = json_parse_object(buffer_text(&kept), &why);
	assert_non_null(json);
	next = session_create(
	    &(struct session_settings){ .random = random_seeded(&rig.seed), .rooms_max = 10 },
	    &effects, &rig);
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
	stop(&rig);
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
