/* The lobby dialect, frame by frame, against the sentences in docs/dialects/lobby.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_session.h"

extern const struct dialect dialect_lobby;

static void
open_as(struct session *session, const char *name)
{
	struct client_request request = { .segment = text_of(name) };

	fake_session_open(session, &dialect_lobby, &request);
	session->name = text_of(name);
}

static void
enters_the_room_of_its_mount_by_the_name_in_the_path(void **state)
{
	struct session session;

	(void)state;
	assert_null(dialect_lobby.admit);
	open_as(&session, "小明");
	assert_string_equal(session.asked, "open [小明] lobby");
	assert_int_equal(session.reply_count, 0);
	fake_session_close(&session);
}

static void
whatever_is_said_is_published(void **state)
{
	static const struct {
		const char *said;
		const char *asked;
	} rows[] = {
		{ "hello", "publish lobby [hello]" },
		{ "", "publish lobby []" },
		{ "{\"type\": \"public\"}", "publish lobby [{\"type\": \"public\"}]" },
	};
	struct session session;

	(void)state;
	open_as(&session, "7");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].said);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
	}
	fake_session_close(&session);
}

static void
the_server_answers_who_spoke(void **state)
{
	struct envelope_deliver deliver = { .from_name = TEXT("7"), .content = TEXT("hello:\n") };
	struct session session;

	(void)state;
	open_as(&session, "7");
	dialect_lobby.spoken(&session, &deliver);
	assert_string_equal(fake_session_reply(&session, 0), "服务端回复7:你发送的信息是:hello:\n");
	fake_session_close(&session);
}

static void
refusals_are_sentences(void **state)
{
	struct envelope command = { .kind = ENVELOPE_PUBLISH };
	struct envelope_outcome outcome = { .code = OUTCOME_OK };
	struct session session;

	(void)state;
	open_as(&session, "7");
	dialect_lobby.outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 0);
	outcome.code = OUTCOME_TOO_LONG;
	dialect_lobby.outcome(&session, &command, &outcome);
	assert_string_equal(fake_session_reply(&session, 0), outcome_sentence(OUTCOME_TOO_LONG));
	dialect_lobby.refused(&session, OUTCOME_RATE_LIMITED);
	assert_string_equal(
	    fake_session_reply(&session, 1), outcome_sentence(OUTCOME_RATE_LIMITED));
	command.kind = ENVELOPE_READ;
	dialect_lobby.outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 2);
	fake_session_close(&session);
}

static void
others_can_write_to_it_alone(void **state)
{
	struct envelope_whisper whisper = { .from_name = TEXT("ana"), .content = TEXT("psst") };
	struct envelope_item item = { .from_name = TEXT("ana"), .content = TEXT("psst") };
	struct session session;

	(void)state;
	assert_true(dialect_lobby.pong_receipts);
	open_as(&session, "7");
	dialect_lobby.whisper(&session, &whisper);
	dialect_lobby.item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 0), "ana 私信:psst");
	assert_string_equal(fake_session_reply(&session, 1), "ana 私信:psst");
	fake_session_close(&session);
}

static void
assert_rendered(struct buffer *payload, const char *expected)
{
	assert_false(payload->failed);
	assert_true(text_equal(buffer_text(payload), text_of(expected)));
	buffer_clear(payload);
}

static void
room_frames_are_rendered_as_the_old_server_did(void **state)
{
	struct envelope_deliver deliver = { .from_name = TEXT("小明"), .content = TEXT("") };
	struct envelope_entered entered = { .name = TEXT("小明") };
	struct envelope_exited exited = { .client = 1 };
	struct envelope_notice notice = { .content = TEXT("back at nine") };
	struct buffer payload;

	(void)state;
	buffer_init(&payload, 0);
	dialect_lobby.render_entered(&payload, &entered, 0);
	assert_rendered(&payload, "小明 进入了聊天室");
	dialect_lobby.render_deliver(&payload, &deliver);
	assert_rendered(&payload, "小明 发送消息:");
	dialect_lobby.render_exited(&payload, &exited, TEXT("小明"), 501);
	assert_rendered(&payload, "小明 离开了聊天室");
	dialect_lobby.render_notice(&payload, &notice);
	assert_rendered(&payload, "back at nine");
	assert_null(dialect_lobby.list);
	dialect_lobby.render_summary(&payload, &(struct presence_summary){ 37, 5, 1204, 0 });
	assert_rendered(&payload, "另有 37 人进入了聊天室,5 人离开了聊天室,当前在线 1204 人");
	dialect_lobby.render_summary(&payload, &(struct presence_summary){ 37, 0, 1204, 0 });
	assert_rendered(&payload, "另有 37 人进入了聊天室,当前在线 1204 人");
	buffer_free(&payload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enters_the_room_of_its_mount_by_the_name_in_the_path),
		cmocka_unit_test(whatever_is_said_is_published),
		cmocka_unit_test(the_server_answers_who_spoke),
		cmocka_unit_test(refusals_are_sentences),
		cmocka_unit_test(others_can_write_to_it_alone),
		cmocka_unit_test(room_frames_are_rendered_as_the_old_server_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
