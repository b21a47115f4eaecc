/* The direct dialect, frame by frame, against the shapes in docs/dialects/direct.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_session.h"

extern const struct dialect dialect_direct;

static const struct text token = { "token=secret", 12 };

static void
open_as(struct session *session, const char *user)
{
	struct client_request request = {
		.segment = text_of(user), .args = &token, .arg_count = 1
	};

	fake_session_open(session, &dialect_direct, &request);
	session->user = text_of(user);
	fake_session_forget(session);
}

static void
comes_online_as_the_user_of_the_path(void **state)
{
	static const struct {
		const char *segment;
		const char *asked;
	} rows[] = {
		{ "ana", "open [ana]  user=ana flags=1" },
		{ "小明 😀", "open [小明 😀]  user=小明 😀 flags=1" },
		{ "e\xcc\x81", "open [\xc3\xa9]  user=\xc3\xa9 flags=1" },
		{ "7", "open [7]  user=7 flags=1" },
	};

	(void)state;
	assert_int_equal(OPEN_KEEPS_MAIL, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client_request request = {
			.segment = text_of(rows[i].segment), .args = &token, .arg_count = 1
		};
		struct session session;

		assert_int_equal(dialect_direct.admit(&request), 0);
		fake_session_open(&session, &dialect_direct, &request);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
		fake_session_close(&session);
	}
}

static void
wants_a_token_and_an_id_that_can_be_seen(void **state)
{
	static const char *const bad_ids[] = { "", "a\nb", "a\x01", "a\x7f",
		"\xe2\x80\xaexyz\xe2\x80\xac", "a\xe2\x80\x8b", " ana", "ana ", "\xff\xfe",
		"01234567890123456789012345678901234567890123456789012345678901234" };
	const struct text empty = TEXT("token=");
	struct client_request request = { .segment = TEXT("ana"), .args = &token };

	(void)state;
	assert_int_equal(dialect_direct.admit(&request), 401);
	request.args = &empty;
	request.arg_count = 1;
	assert_int_equal(dialect_direct.admit(&request), 401);
	request.args = &token;
	assert_int_equal(dialect_direct.admit(&request), 0);
	for (size_t i = 0; i < sizeof(bad_ids) / sizeof(bad_ids[0]); i++) {
		request.segment = text_of(bad_ids[i]);
		assert_int_equal(dialect_direct.admit(&request), 400);
	}
}

static void
messages_are_told_to_their_user(void **state)
{
	static const struct {
		const char *frame;
		const char *asked;
	} rows[] = {
		{ "{\"content\": \"hi\", \"to_user\": \"ben\"}", "tell ben [hi] flags=6" },
		{ "{\"content\":\"\",\"to_user\":\"ben\",\"timestamp\":null,\"more\":[1]}",
		    "tell ben [] extra=null flags=6" },
		{ "{\"content\": \"小\", \"to_user\": \"明\", \"timestamp\": \"05:05 小\\/\"}",
		    "tell 明 [小] extra=\"05:05 \\u5c0f/\" flags=6" },
		{ "{\"content\": \"x\", \"to_user\": \"ben\", \"timestamp\":1741928740123}",
		    "tell ben [x] extra=1741928740123 flags=6" },
		{ "{\"content\": \"x\", \"to_user\": \"ben\", \"timestamp\":{\"a\":[1,2.50]}}",
		    "tell ben [x] extra={\"a\": [1, 2.50]} flags=6" },
		{ "{\"content\": \"x\", \"content\": \"y\", \"to_user\": \"ana\", "
		  "\"to_user\": \"e\\u0301\"}",
		    "tell \xc3\xa9 [y] flags=6" },
	};
	struct session session;

	(void)state;
	assert_int_equal(TELL_KEEP | TELL_USER, 6);
	open_as(&session, "ana");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].frame);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
		assert_int_equal(session.offences, 0);
	}
	fake_session_close(&session);
}

static void
timestamps_are_bounded(void **state)
{
	char frame[512];
	char asked[400];
	struct session session;

	(void)state;
	open_as(&session, "ana");
	snprintf(frame, sizeof(frame),
	    "{\"content\":\"x\",\"to_user\":\"ben\",\"timestamp\":\"%0254d\"}", 0);
	snprintf(asked, sizeof(asked), "tell ben [x] extra=\"%0254d\" flags=6", 0);
	fake_session_receive(&session, frame);
	assert_string_equal(session.asked, asked);
	snprintf(frame, sizeof(frame),
	    "{\"content\":\"x\",\"to_user\":\"ben\",\"timestamp\":\"%0255d\"}", 0);
	fake_session_receive(&session, frame);
	assert_string_equal(session.asked, "tell ben [x] flags=6");
	fake_session_close(&session);
}

static void
nobody_writes_to_oneself(void **state)
{
	struct session session;

	(void)state;
	open_as(&session, "\xc3\xa9");
	fake_session_receive(&session, "{\"content\": \"hi\", \"to_user\": \"\\u00e9\"}");
	fake_session_receive(&session, "{\"content\": \"hi\", \"to_user\": \"e\\u0301\"}");
	assert_int_equal(session.wish_count, 0);
	assert_int_equal(session.reply_count, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_string_equal(fake_session_reply(&session, i),
		    "{\"type\": \"error\", \"content\": \"\\u4e0d\\u80fd\\u53d1\\u9001"
		    "\\u6d88\\u606f\\u7ed9\\u81ea\\u5df1\"}");
	fake_session_close(&session);
}

static void
ids_that_nobody_can_have_are_nobody(void **state)
{
	static const char *const frames[] = {
		"{\"content\": \"hi\", \"to_user\": \"\"}",
		"{\"content\": \"hi\", \"to_user\": \"b\\u0000\"}",
		"{\"content\": \"hi\", \"to_user\": \"b\\u202e\"}",
		"{\"content\": \"hi\", \"to_user\": "
		"\"01234567890123456789012345678901234567890123456789012345678901234\"}",
	};
	struct session session;

	(void)state;
	open_as(&session, "ana");
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		fake_session_receive(&session, frames[i]);
		assert_int_equal(session.wish_count, 0);
		assert_int_equal(session.reply_count, 1);
		assert_non_null(strstr(fake_session_reply(&session, 0),
		    "{\"type\": \"error\", \"code\": \"no_such_user\", \"content\": \""));
		fake_session_forget(&session);
	}
	fake_session_close(&session);
}

static void
bad_messages_cost_an_error_frame(void **state)
{
	static const char *const frames[] = {
		"",
		"hello",
		"[]",
		"7",
		"{}",
		"{\"content\": \"hi\"}",
		"{\"to_user\": \"ben\"}",
		"{\"content\": 1, \"to_user\": \"ben\"}",
		"{\"content\": \"hi\", \"to_user\": 7}",
		"{\"content\": null, \"to_user\": \"ben\"}",
		"{\"content\": \"hi\", \"to_user\": \"ben\", \"timestamp\": NaN}",
		"{\"content\": \"\\ud800\", \"to_user\": \"ben\"}",
		("{\"content\": \"hi\", \"to_user\": \"ben\", \"timestamp\": "
		 "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
	};
	struct session session;

	(void)state;
	open_as(&session, "ana");
	for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		fake_session_receive(&session, frames[i]);
		assert_int_equal(session.reply_count, 1);
		assert_non_null(strstr(fake_session_reply(&session, 0),
		    "{\"type\": \"error\", \"code\": \"bad_message\", \"content\": \""));
		assert_int_equal(session.offences, i + 1);
		assert_int_equal(session.close_code, 0);
		assert_int_equal(session.wish_count, 0);
		fake_session_forget(&session);
	}
	fake_session_close(&session);
}

static void
only_an_absent_recipient_is_spoken_of(void **state)
{
	struct envelope command = { .kind = ENVELOPE_TELL, .tell = { .to = TEXT("b\"小") } };
	struct envelope_outcome outcome = { .code = OUTCOME_OK, .user = TEXT("b\"小") };
	struct session session;

	(void)state;
	open_as(&session, "ana");
	dialect_direct.outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 0);
	outcome.flags = OUTCOME_WAS_ABSENT;
	dialect_direct.outcome(&session, &command, &outcome);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\": \"info\", \"content\": \"\\u6d88\\u606f\\u5df2\\u4fdd\\u5b58,\\u5c06\\u5728"
	    "\\u7528\\u6237 b\\\"\\u5c0f \\u4e0a\\u7ebf\\u65f6\\u9001\\u8fbe\"}");
	command.kind = ENVELOPE_READ;
	outcome.code = OUTCOME_BAD_SEQ;
	dialect_direct.outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 1);
	fake_session_close(&session);
}

static void
refusals_are_error_frames(void **state)
{
	static const uint32_t codes[] = { OUTCOME_MAILBOX_FULL, OUTCOME_TOO_LONG,
		OUTCOME_NOT_STORED, OUTCOME_UNAVAILABLE, OUTCOME_NO_SUCH_USER };
	struct envelope command = { .kind = ENVELOPE_TELL, .tell = { .to = TEXT("ben") } };
	struct session session;
	char expected[256];

	(void)state;
	open_as(&session, "ana");
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct envelope_outcome outcome = { .code = codes[i] };

		dialect_direct.outcome(&session, &command, &outcome);
		snprintf(expected, sizeof(expected),
		    "{\"type\": \"error\", \"code\": \"%s\", \"content\": \"%s\"}",
		    outcome_word(codes[i]), outcome_sentence(codes[i]));
		assert_string_equal(fake_session_reply(&session, i), expected);
	}
	fake_session_forget(&session);
	dialect_direct.refused(&session, OUTCOME_RATE_LIMITED);
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"rate_limited\""));
	fake_session_close(&session);
}

static void
messages_arrive_live_and_from_the_mailbox_alike(void **state)
{
	static const char *const expected =
	    "{\"from\": \"ana\", \"content\": \"a\\\"b/<\\u00e9\\ud83d\\ude00\", "
	    "\"timestamp\": \"05:05\", \"type\": \"message\"}";
	struct envelope_whisper whisper = { .from_user = TEXT("ana"),
		.from_name = TEXT("other"),
		.content = TEXT("a\"b/<é😀"),
		.extra = TEXT("\"05:05\"") };
	struct envelope_item item = {
		.from_user = TEXT("ana"), .content = TEXT("a\"b/<é😀"), .extra = TEXT("\"05:05\"")
	};
	struct session session;

	(void)state;
	assert_true(dialect_direct.pong_receipts);
	open_as(&session, "ben");
	dialect_direct.whisper(&session, &whisper);
	dialect_direct.item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 0), expected);
	assert_string_equal(fake_session_reply(&session, 1), expected);
	item.extra = TEXT("");
	dialect_direct.item(&session, FETCH_MISSED, &item);
	assert_non_null(strstr(fake_session_reply(&session, 2), ", \"timestamp\": null, "));
	fake_session_close(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_online_as_the_user_of_the_path),
		cmocka_unit_test(wants_a_token_and_an_id_that_can_be_seen),
		cmocka_unit_test(messages_are_told_to_their_user),
		cmocka_unit_test(timestamps_are_bounded),
		cmocka_unit_test(nobody_writes_to_oneself),
		cmocka_unit_test(ids_that_nobody_can_have_are_nobody),
		cmocka_unit_test(bad_messages_cost_an_error_frame),
		cmocka_unit_test(only_an_absent_recipient_is_spoken_of),
		cmocka_unit_test(refusals_are_error_frames),
		cmocka_unit_test(messages_arrive_live_and_from_the_mailbox_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
