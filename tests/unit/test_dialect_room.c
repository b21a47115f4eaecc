/* The room dialect, frame by frame, against the shapes in docs/dialects/room.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fake_session.h"

#define NOON_MS 1741928740000 /* 2025-03-14 05:05:40 UTC */

static const struct dialect *
room(void)
{
	return dialect_find(TEXT("room"));
}

static int
use_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static void
open_as_ana(struct session *session)
{
	fake_session_open(session, room(), NULL);
	fake_session_receive(session, "{\"username\": \"ana\"}");
	session->client = 0xbf0c711b;
	session->name = text_of("ana");
	session->user = text_of("bf0c711b");
	fake_session_forget(session);
}

static void
first_frame_is_the_name(void **state)
{
	static const struct {
		const char *frame;
		const char *asked;
	} rows[] = {
		{ "{\"username\": \"ana\"}", "open [ana] lobby" },
		{ " {\"x\":[1,2], \"username\":\"\\u5c0f\\u9e4f\"} ", "open [小鹏] lobby" },
		{ "{\"username\": \"\"}", "open [] lobby" },
		{ "{}", "open [] lobby" },
		{ "{\"username\": null}", "open [] lobby" },
		{ "{\"username\": 7}", "open [] lobby" },
		{ "{\"username\": \"a\", \"username\": \"b\"}", "open [b] lobby" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session session;

		fake_session_open(&session, room(), NULL);
		assert_int_equal(session.reply_count, 0);
		fake_session_receive(&session, rows[i].frame);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
		fake_session_close(&session);
	}
}

static void
first_frame_that_is_no_object_ends_it(void **state)
{
	static const char *const frames[] = {
		"",
		"hello",
		"[]",
		"\"ana\"",
		"7",
		"null",
		"{\"username\": \"ana\"",
		"{} x",
		"{\"username\": NaN}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct session session;

		fake_session_open(&session, room(), NULL);
		fake_session_receive(&session, frames[i]);
		assert_false(session.open);
		assert_string_equal(session.asked, "");
		assert_int_equal(session.reply_count, 1);
		assert_non_null(strstr(fake_session_reply(&session, 0),
		    "{\"type\": \"error\", \"code\": \"bad_message\", "
		    "\"content\": \""));
		assert_int_equal(session.close_code, CLOSE_POLICY);
		fake_session_close(&session);
	}
}

static void
messages_are_public_unless_private(void **state)
{
	static const struct {
		const char *frame;
		const char *asked;
	} rows[] = {
		{ "{\"type\": \"public\", \"content\": \"hi\"}", "publish lobby [hi]" },
		{ "{\"type\": \"anything\", \"content\": \"\"}", "publish lobby []" },
		{ "{\"type\": \"public\", \"content\": \"hi\", \"to\": \"x\"}",
		    "publish lobby [hi]" },
		{ "{\"type\": \"private\", \"to\": \"0a1b2c3d\", \"content\": \"psst\"}",
		    "tell 0a1b2c3d [psst] flags=1" },
	};
	struct session session;

	(void)state;
	open_as_ana(&session);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].frame);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
	}
	fake_session_close(&session);
}

static void
bad_messages_cost_an_error_frame(void **state)
{
	static const char *const frames[] = {
		"hello",
		"[]",
		"{}",
		"{\"type\": \"public\"}",
		"{\"content\": \"hi\"}",
		"{\"type\": 1, \"content\": \"hi\"}",
		"{\"type\": \"public\", \"content\": 1}",
		"{\"type\": \"public\", \"content\": null}",
		"{\"type\": \"private\", \"content\": \"hi\"}",
		"{\"type\": \"private\", \"content\": \"hi\", \"to\": 5}",
		"{\"type\": \"public\", \"content\": NaN}",
		"{\"type\": \"public\", \"content\": \"\\ud800\"}",
	};
	struct session session;

	(void)state;
	open_as_ana(&session);
	for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		fake_session_receive(&session, frames[i]);
		assert_int_equal(session.reply_count, 1);
		assert_non_null(strstr(fake_session_reply(&session, 0), "\"bad_message\""));
		assert_int_equal(session.offences, i + 1);
		assert_int_equal(session.close_code, 0);
		assert_string_equal(session.asked, "");
		fake_session_forget(&session);
	}
	fake_session_close(&session);
}

static void
private_message_is_confirmed_from_its_outcome(void **state)
{
	struct envelope command = { .kind = ENVELOPE_TELL };
	struct envelope_outcome outcome = { .code = OUTCOME_OK, .to = 0x00000abc, .time = NOON_MS };
	struct session session;

	(void)state;
	open_as_ana(&session);
	command.tell.content = text_of("a\"b/<é😀");
	room()->outcome(&session, &command, &outcome);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\": \"private\", \"from\": \"bf0c711b\", \"to\": \"00000abc\", "
	    "\"sender_name\": \"ana\", \"content\": "
	    "\"a\\\"b/<\\u00e9\\ud83d\\ude00\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\"}");

	/* A user of another dialect who is not there, but whose mail is kept. */
	outcome.to = 0;
	outcome.user = text_of("12345678");
	outcome.flags = OUTCOME_WAS_ABSENT;
	room()->outcome(&session, &command, &outcome);
	assert_non_null(strstr(fake_session_reply(&session, 1), ", \"to\": \"12345678\", "));
	fake_session_close(&session);
}

static void
to_oneself_is_delivered_once(void **state)
{
	struct envelope command = { .kind = ENVELOPE_TELL };
	struct envelope_outcome outcome = {
		.code = OUTCOME_OK,
		.to = 0xbf0c711b,
		.user = TEXT("bf0c711b"),
	};
	struct envelope_whisper whisper = {
		.to = 0xbf0c711b,
		.from = 0xbf0c711b,
		.from_user = TEXT("bf0c711b"),
		.time = NOON_MS,
	};
	struct session session;

	(void)state;
	open_as_ana(&session);
	command.tell.content = text_of("note");
	whisper.from_name = text_of("ana");
	whisper.content = text_of("note");
	room()->whisper(&session, &whisper);
	room()->outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 1);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\": \"private\", \"from\": \"bf0c711b\", \"to\": \"bf0c711b\", "
	    "\"sender_name\": \"ana\", \"content\": \"note\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\"}");
	fake_session_close(&session);
}

static void
public_message_is_confirmed_by_its_echo_only(void **state)
{
	struct envelope command = { .kind = ENVELOPE_PUBLISH };
	struct envelope_outcome outcome = { .code = OUTCOME_OK };
	struct session session;

	(void)state;
	open_as_ana(&session);
	command.publish.content = text_of("hi");
	room()->outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 0);
	outcome.code = OUTCOME_UNAVAILABLE;
	room()->outcome(&session, &command, &outcome);
	assert_non_null(strstr(fake_session_reply(&session, 0),
	    "{\"type\": \"error\", \"code\": \"unavailable\", \"content\": \""));
	command.kind = ENVELOPE_READ;
	room()->outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 1);
	fake_session_close(&session);
}

static void
whisper_reaches_its_recipient(void **state)
{
	struct envelope_whisper whisper = {
		.to = 0xbf0c711b,
		.from = 0x1234,
		.time = NOON_MS,
	};
	struct session session;

	(void)state;
	open_as_ana(&session);
	whisper.from_name = text_of("ben");
	whisper.content = text_of("psst");
	room()->whisper(&session, &whisper);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\": \"private\", \"from\": \"00001234\", \"to\": \"bf0c711b\", "
	    "\"sender_name\": \"ben\", \"content\": \"psst\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\"}");
	fake_session_close(&session);
}

static void
what_was_missed_comes_as_it_would_have(void **state)
{
	struct envelope_item item = { .from = 0x1234, .time = NOON_MS };
	struct session session;

	(void)state;
	assert_true(room()->pong_receipts);
	open_as_ana(&session);
	item.from_name = text_of("ben");
	item.content = text_of("psst");
	room()->item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\": \"private\", \"from\": \"00001234\", \"to\": \"bf0c711b\", "
	    "\"sender_name\": \"ben\", \"content\": \"psst\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\"}");
	fake_session_close(&session);
}

static void
assert_rendered(struct buffer *payload, const char *expected)
{
	assert_false(payload->failed);
	buffer_append_byte(payload, 0);
	assert_string_equal(payload->data, expected);
	buffer_clear(payload);
}

static void
render_list(
    struct buffer *payload, const struct roster_member *members, size_t listed, size_t count)
{
	const struct list_words *words = room()->list;

	buffer_append_string(payload, words->head);
	for (size_t i = 0; i < listed; i++) {
		if (i > 0)
			buffer_append_string(payload, words->separator);
		words->entry(payload, &members[i]);
	}
	words->tail(payload, count);
}

static void
room_frames_are_rendered_as_the_old_servers_did(void **state)
{
	struct envelope_deliver deliver = { .from = 0xbf0c711b, .time = NOON_MS };
	struct envelope_entered entered = { .client = 1, .time = NOON_MS };
	struct envelope_exited exited = { .client = 1, .time = NOON_MS };
	struct envelope_notice notice = { .time = NOON_MS };
	struct roster_member members[] = {
		{ 0xbf0c711b, { "ana", 3 } },
		{ 0x00000001, { "小", 3 } },
	};
	struct buffer payload;

	(void)state;
	buffer_init(&payload, 0);
	deliver.from_name = text_of("ana");
	deliver.content = text_of("hi\n");
	room()->render_deliver(&payload, &deliver);
	assert_rendered(&payload,
	    "{\"type\": \"public\", \"from\": \"bf0c711b\", \"sender_name\": \"ana\", "
	    "\"content\": \"hi\\n\", \"timestamp\": \"2025-03-14 05:05:40\"}");
	entered.name = text_of("ben");
	room()->render_entered(&payload, &entered, 0);
	assert_rendered(&payload, "{\"type\": \"system\", \"content\": "
				  "\"ben \\u8fdb\\u5165\\u804a\\u5929\\u5ba4\", "
				  "\"timestamp\": \"2025-03-14 05:05:40\"}");
	room()->render_exited(&payload, &exited, TEXT("ben"), 0);
	assert_rendered(&payload,
	    "{\"type\": \"system\", \"content\": \"ben \\u5df2\\u79bb\\u5f00\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\"}");
	notice.content = text_of("back at nine");
	room()->render_notice(&payload, &notice);
	assert_rendered(&payload, "{\"type\": \"system\", \"content\": \"back at nine\", "
				  "\"timestamp\": \"2025-03-14 05:05:40\"}");
	render_list(&payload, members, 2, 0);
	assert_rendered(&payload,
	    "{\"type\": \"user_list\", \"users\": [{\"client_id\": \"bf0c711b\", "
	    "\"username\": \"ana\"}, {\"client_id\": \"00000001\", "
	    "\"username\": \"\\u5c0f\"}]}");
	render_list(&payload, members, 0, 0);
	assert_rendered(&payload, "{\"type\": \"user_list\", \"users\": []}");
	buffer_free(&payload);
}

/* What old clients do not know is an extra key behind all that they know. */
static void
a_large_room_has_a_count(void **state)
{
	struct envelope_entered entered = { .name = { "ben", 3 }, .time = NOON_MS };
	struct envelope_exited exited = { .time = NOON_MS };
	struct presence_summary summary = { 37, 5, 1204, NOON_MS };
	struct roster_member member = { 1, { "ana", 3 } };
	struct buffer payload;

	(void)state;
	buffer_init(&payload, 0);
	render_list(&payload, &member, 1, 501);
	assert_rendered(&payload,
	    "{\"type\": \"user_list\", \"users\": [{\"client_id\": \"00000001\", "
	    "\"username\": \"ana\"}], \"count\": 501}");
	room()->render_entered(&payload, &entered, 501);
	assert_rendered(&payload, "{\"type\": \"system\", \"content\": "
				  "\"ben \\u8fdb\\u5165\\u804a\\u5929\\u5ba4\", "
				  "\"timestamp\": \"2025-03-14 05:05:40\", \"count\": 501}");
	room()->render_exited(&payload, &exited, TEXT("ben"), 501);
	assert_rendered(&payload,
	    "{\"type\": \"system\", \"content\": \"ben \\u5df2\\u79bb\\u5f00\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\", \"count\": 501}");
	/* 另有 37 人进入聊天室,5 人已离开,当前在线 1204 人 */
	room()->render_summary(&payload, &summary);
	assert_rendered(&payload,
	    "{\"type\": \"system\", \"content\": \"\\u53e6\\u6709 37 "
	    "\\u4eba\\u8fdb\\u5165\\u804a\\u5929\\u5ba4,5 \\u4eba\\u5df2\\u79bb\\u5f00,"
	    "\\u5f53\\u524d\\u5728\\u7ebf 1204 \\u4eba\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\", \"count\": 1204}");
	summary.joined = 0;
	room()->render_summary(&payload, &summary);
	assert_rendered(&payload,
	    "{\"type\": \"system\", \"content\": \"\\u53e6\\u6709 5 "
	    "\\u4eba\\u5df2\\u79bb\\u5f00,\\u5f53\\u524d\\u5728\\u7ebf 1204 \\u4eba\", "
	    "\"timestamp\": \"2025-03-14 05:05:40\", \"count\": 1204}");
	buffer_free(&payload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_frame_is_the_name),
		cmocka_unit_test(a_large_room_has_a_count),
		cmocka_unit_test(first_frame_that_is_no_object_ends_it),
		cmocka_unit_test(messages_are_public_unless_private),
		cmocka_unit_test(bad_messages_cost_an_error_frame),
		cmocka_unit_test(private_message_is_confirmed_from_its_outcome),
		cmocka_unit_test(to_oneself_is_delivered_once),
		cmocka_unit_test(public_message_is_confirmed_by_its_echo_only),
		cmocka_unit_test(whisper_reaches_its_recipient),
		cmocka_unit_test(what_was_missed_comes_as_it_would_have),
		cmocka_unit_test(room_frames_are_rendered_as_the_old_servers_did),
	};

	return cmocka_run_group_tests(tests, use_utc, NULL);
}
