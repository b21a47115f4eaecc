/* The native dialect, frame by frame: hello and what it leads to, and what the hub answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_native.h"

#define WELCOME_HEAD                                                              \
	"{\"type\":\"welcome\",\"client_id\":\"bf0c711b\",\"user\":\"bf0c711b\"," \
	"\"username\":\"ana\",\"resume\":\"s3cret\","

static void
hello_asks_for_the_room_of_the_mount(void **state)
{
	struct session session;

	(void)state;
	fake_native_open(&session);
	fake_session_receive(&session, "{\"type\":\"hello\",\"username\":\"ana\"}");
	assert_string_equal(fake_session_wish(&session, 0), "open [ana]  flags=7");
	assert_int_equal(session.wish_count, 1);
	fake_native_online(&session, false);
	assert_string_equal(fake_session_wish(&session, 1), "join lobby");
	assert_int_equal(session.reply_count, 0);
	fake_native_joined(&session, "lobby", 5, 41, 2);
	fake_native_assert_begins(fake_session_reply(&session, 0),
	    WELCOME_HEAD "\"rooms\":[{\"room\":\"lobby\",\"epoch\":5,\"seq\":41,\"members\":2}],"
			 "\"inbox\":[77,9],\"read\":7,\"limits\":{\"message_bytes\":65536,");
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"bf0c711b\",\"username\":\"ana\"}],\"left\":[],\"count\":1}");
	assert_int_equal(session.reply_count, 2);
	assert_string_equal(fake_session_wish(&session, 2), "hear lobby 5 41");
	assert_string_equal(fake_session_wish(&session, 3), "hear 77 7");
	assert_int_equal(session.wish_count, 4);
	fake_session_close(&session);
}

static void
hello_says_where_it_stands(void **state)
{
	struct session session;

	(void)state;
	fake_native_open(&session);
	fake_session_receive(&session,
	    "{\"type\":\"hello\",\"username\":\"ana\",\"resume\":\"old\",\"token\":\"t\","
	    "\"since\":{\"rooms\":{\"tea\":[5,3],\"lobby\":null,\"new\":[4,9],\"all\":[0,0],"
	    "\"far\":[5,12]},\"inbox\":[77,8]},\"id\":\"h\\\"1\"}");
	assert_string_equal(session.asked, "open [ana]  resume=old flags=7");
	fake_native_online(&session, true);
	assert_int_equal(session.wish_count, 6);
	assert_string_equal(fake_session_wish(&session, 1), "join tea");
	assert_string_equal(fake_session_wish(&session, 5), "join far");
	/* In whatever order the hub answers. */
	fake_native_joined(&session, "far", 5, 11, 1);
	session.dialect->join_refused(&session, TEXT("lobby"), OUTCOME_NO_SUCH_ROOM);
	fake_native_joined(&session, "all", 6, 2, 1);
	fake_native_joined(&session, "new", 5, 1, 1);
	assert_int_equal(session.reply_count, 0);
	fake_native_joined(&session, "tea", 5, 10, 1);

	assert_non_null(strstr(fake_session_reply(&session, 0),
	    "\"rooms\":[{\"room\":\"tea\",\"epoch\":5,\"seq\":10,\"members\":1},"
	    "{\"room\":\"new\","));
	assert_non_null(
	    strstr(fake_session_reply(&session, 0), ",\"resumed\":true,\"id\":\"h\\\"1\"}"));
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"error\",\"code\":\"no_such_room\",\"content\":\"There is no such room "
	    "here.\",\"room\":\"lobby\"}");
	fake_native_assert_begins(fake_session_reply(&session, 2),
	    "{\"type\":\"presence\",\"room\":\"tea\",\"snapshot\":true");
	assert_string_equal(fake_session_wish(&session, 6), "hear tea 5 3");
	assert_string_equal(fake_session_wish(&session, 7), "hear new 4 9");
	assert_string_equal(fake_session_wish(&session, 8), "hear all 6 0");
	/* Nobody can have heard what was never said. */
	fake_native_assert_begins(
	    fake_session_reply(&session, 6), "{\"type\":\"error\",\"code\":\"bad_seq\",");
	assert_string_equal(fake_session_wish(&session, 9), "hear far 5 11");
	assert_string_equal(fake_session_wish(&session, 10), "hear 77 8");
	fake_session_close(&session);
}

static void
inbox_is_heard_from_where_the_client_says(void **state)
{
	static const struct {
		const char *since;
		const char *heard;
		unsigned errors;
	} rows[] = {
		{ "[77,9]", "hear 77 9", 0 },
		{ "[77,0]", "hear 77 0", 0 },
		{ "[0,0]", "hear 77 0", 0 },
		{ "[76,3]", "hear 76 3", 0 },
		{ "[77,10]", "hear 77 9", 1 },
	};
	char hello[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session session;

		fake_native_open(&session);
		snprintf(hello, sizeof(hello),
		    "{\"type\":\"hello\",\"since\":{\"rooms\":{},\"inbox\":%s}}", rows[i].since);
		fake_session_receive(&session, hello);
		fake_native_online(&session, true);
		assert_string_equal(session.asked, rows[i].heard);
		assert_int_equal(session.reply_count, 1 + rows[i].errors);
		fake_session_close(&session);
	}
}

static void
a_hello_proves_who_it_is_or_ends(void **state)
{
	static const struct {
		const char *hello;
		bool before; /* the request had a good token */
		bool taken;
	} rows[] = {
		{ "{\"type\":\"hello\",\"token\":\"good\"}", false, true },
		{ "{\"type\":\"hello\",\"token\":\"good\"}", true, true },
		{ "{\"type\":\"hello\"}", true, true },
		{ "{\"type\":\"hello\",\"token\":\"\"}", true, true },
		{ "{\"type\":\"hello\"}", false, false },
		{ "{\"type\":\"hello\",\"token\":\"bad\"}", false, false },
		/* What is said last counts. */
		{ "{\"type\":\"hello\",\"token\":\"bad\"}", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session session;

		fake_native_open(&session);
		session.proof = "good";
		session.is_proved = rows[i].before;
		fake_session_receive(&session, rows[i].hello);
		assert_int_equal(session.wish_count > 0, rows[i].taken);
		assert_int_equal(session.close_code, rows[i].taken ? 0 : CLOSE_POLICY);
		if (!rows[i].taken)
			fake_native_assert_error(&session, 0, "unauthorized", NULL);
		fake_session_close(&session);
	}
}

static void
a_bad_hello_may_be_followed_by_a_good_one(void **state)
{
	static const struct {
		const char *hello;
		const char *code;
	} rows[] = {
		{ "{\"type\":\"hello\",\"username\":7}", "bad_field" },
		{ "{\"type\":\"hello\",\"token\":null}", "bad_field" },
		{ "{\"type\":\"hello\",\"resume\":[]}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":[]}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":[]}}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[1]}}}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[1,2,3]}}}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[1,\"2\"]}}}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[1,-2]}}}", "bad_seq" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[1,9007199254740992]}}}",
		    "bad_seq" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":[0,1]}}}", "bad_seq" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"ok\":null,\"No\":null}}}",
		    "bad_room" },
		{ "{\"type\":\"hello\",\"since\":{\"inbox\":[1.5,2]}}", "bad_seq" },
		{ "{\"type\":\"hello\",\"since\":{\"inbox\":null}}", "bad_field" },
		{ "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":null,\"b\":null,\"c\":null}}}",
		    "too_many_rooms" },
	};
	struct session session;

	(void)state;
	fake_native_open(&session);
	session.limits.rooms_per_client = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].hello);
		fake_native_assert_error(&session, 0, rows[i].code, NULL);
		assert_int_equal(session.wish_count, 0);
		fake_session_forget(&session);
	}
	fake_session_receive(
	    &session, "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":null,\"b\":null}}}");
	assert_string_equal(session.asked, "open []  flags=7");
	fake_native_online(&session, false);
	assert_string_equal(session.asked, "join b");
	fake_session_close(&session);
}

static void
nothing_else_is_understood_before_welcome(void **state)
{
	struct session session;

	(void)state;
	fake_native_open(&session);
	fake_session_receive(&session, "{\"type\":\"public\",\"content\":\"hi\",\"id\":\"1\"}");
	fake_native_assert_error(&session, 0, "not_hello", "1");
	fake_session_forget(&session);
	fake_session_receive(&session, "{\"type\":\"hello\"}");
	fake_session_receive(&session, "{\"type\":\"hello\",\"id\":\"2\"}");
	fake_native_assert_error(&session, 0, "already_hello", "2");
	fake_session_receive(&session, "{\"type\":\"who\",\"id\":\"3\"}");
	fake_native_assert_error(&session, 1, "not_hello", "3");
	assert_int_equal(session.wish_count, 1);
	assert_int_equal(session.close_code, 0);
	fake_session_close(&session);
}

static void
what_cannot_be_a_secret_is_not_carried_on(void **state)
{
	char hello[400];
	struct session session;

	(void)state;
	fake_native_open(&session);
	snprintf(hello, sizeof(hello), "{\"type\":\"hello\",\"resume\":\"%0200d\"}", 7);
	fake_session_receive(&session, hello);
	assert_string_equal(session.asked, "open []  resume=- flags=7");
	fake_session_close(&session);
	fake_native_open(&session);
	fake_session_receive(&session, "{\"type\":\"hello\",\"resume\":\"a\\u0000b\"}");
	assert_string_equal(session.asked, "open []  resume=- flags=7");
	fake_session_close(&session);
}

static void
a_refused_hello_is_told_with_its_id(void **state)
{
	struct session session;

	(void)state;
	fake_native_open(&session);
	fake_session_receive(&session, "{\"type\":\"hello\",\"id\":\"h\"}");
	session.dialect->refused(&session, OUTCOME_FULL);
	fake_native_assert_error(&session, 0, "full", "h");
	fake_session_close(&session);
}

static void
messages_are_acknowledged_by_id(void **state)
{
	struct envelope command = { .kind = ENVELOPE_PUBLISH };
	struct envelope_outcome outcome = {
		.epoch = 5, .seq = 42, .time = FAKE_NOON_MS, .durability = 2
	};
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	command.publish.room = text_of("lobby");
	session.dialect->outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 0);
	command.publish.id = text_of("m\n1");
	session.dialect->outcome(&session, &command, &outcome);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"ack\",\"id\":\"m\\n1\",\"room\":\"lobby\",\"epoch\":5,\"seq\":42,"
	    "\"timestamp\":\"2025-03-14T05:05:40.123Z\",\"durability\":\"disk\"}");
	command = (struct envelope){ .kind = ENVELOPE_TELL };
	command.tell.id = text_of("m2");
	outcome.user = text_of("0153e2a8");
	outcome.flags = OUTCOME_WAS_ABSENT | OUTCOME_REPEATED;
	outcome.durability = 0;
	session.dialect->outcome(&session, &command, &outcome);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"ack\",\"id\":\"m2\",\"to\":\"0153e2a8\",\"epoch\":5,\"seq\":42,"
	    "\"timestamp\":\"2025-03-14T05:05:40.123Z\",\"durability\":\"memory\","
	    "\"absent\":true,\"repeated\":true}");
	outcome.code = OUTCOME_ID_REUSED;
	session.dialect->outcome(&session, &command, &outcome);
	fake_native_assert_error(&session, 2, "id_reused", "m2");
	command.tell.id = text_of("");
	session.dialect->outcome(&session, &command, &outcome);
	fake_native_assert_error(&session, 3, "id_reused", NULL);
	assert_int_equal(session.offences, 0);
	fake_session_close(&session);
}

static void
reads_are_answered_only_by_id(void **state)
{
	struct envelope command = { .kind = ENVELOPE_READ, .read = { .seq = 8 } };
	struct envelope_outcome outcome = { .code = OUTCOME_OK };
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(&session, "{\"type\":\"read\",\"inbox\":7}");
	fake_session_receive(&session, "{\"type\":\"read\",\"inbox\":9,\"id\":\"r9\"}");
	fake_session_receive(&session, "{\"type\":\"read\",\"inbox\":8,\"id\":\"r8\"}");
	assert_string_equal(fake_session_wish(&session, 0), "read 7");
	session.dialect->outcome(&session, &command, &outcome);
	assert_string_equal(
	    fake_session_reply(&session, 0), "{\"type\":\"read\",\"inbox\":8,\"id\":\"r8\"}");
	command.read.seq = 7;
	session.dialect->outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 1);
	command.read.seq = 9;
	outcome.code = OUTCOME_BAD_SEQ;
	session.dialect->outcome(&session, &command, &outcome);
	fake_native_assert_error(&session, 1, "bad_seq", "r9");
	fake_session_close(&session);
}

static void
joins_and_leaves_are_answered(void **state)
{
	static const char *const rooms[] = { "lobby", "tea", NULL };
	struct envelope_left left = { .room = TEXT("tea"), .reason = LEFT_WISHED };
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(
	    &session, "{\"type\":\"join\",\"room\":\"tea\",\"since\":[5,1],\"id\":\"j\"}");
	assert_string_equal(session.asked, "join tea");
	fake_session_receive(&session, "{\"type\":\"join\",\"room\":\"tea\",\"id\":\"k\"}");
	fake_native_assert_error(&session, 0, "already_member", "k");
	session.rooms = rooms;
	fake_native_joined(&session, "tea", 5, 3, 1);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"joined\",\"room\":\"tea\",\"epoch\":5,\"seq\":3,\"members\":1,"
	    "\"id\":\"j\"}");
	fake_native_assert_begins(
	    fake_session_reply(&session, 2), "{\"type\":\"presence\",\"room\":\"tea\"");
	assert_string_equal(session.asked, "hear tea 5 1");
	/* A gateway that comes back to the hub joins again: nothing the client should hear of. */
	fake_native_joined(&session, "tea", 5, 3, 1);
	assert_int_equal(session.reply_count, 3);
	fake_session_receive(&session, "{\"type\":\"leave\",\"room\":\"tea\",\"id\":\"l\"}");
	assert_string_equal(session.asked, "leave tea");
	session.dialect->left(&session, &left);
	assert_string_equal(fake_session_reply(&session, 3),
	    "{\"type\":\"left\",\"room\":\"tea\",\"reason\":\"wished\",\"id\":\"l\"}");
	left = (struct envelope_left){
		.room = TEXT("lobby"), .reason = LEFT_ROOM_RENAMED, .renamed = TEXT("hall")
	};
	session.dialect->left(&session, &left);
	assert_string_equal(fake_session_reply(&session, 4),
	    "{\"type\":\"left\",\"room\":\"lobby\",\"reason\":\"renamed\",\"renamed\":\"hall\"}");
	fake_session_close(&session);
}

static void
refused_joins_are_told(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(&session, "{\"type\":\"join\",\"room\":\"tea\",\"id\":\"j\"}");
	session.dialect->join_refused(&session, TEXT("tea"), OUTCOME_TOO_MANY_ROOMS);
	fake_native_assert_error(&session, 0, "too_many_rooms", "j");
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"room\":\"tea\""));
	/* Not asked for: a hub that came back does not let it in again. */
	session.dialect->join_refused(&session, TEXT("lobby"), OUTCOME_NO_SUCH_ROOM);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"left\",\"room\":\"lobby\",\"reason\":\"forbidden\"}");
	fake_session_close(&session);
}

static void
closed_in_the_middle_of_hello_is_refused(void **state)
{
	struct envelope_left left = { .room = TEXT("a"), .reason = LEFT_ROOM_CLOSED };
	struct session session;

	(void)state;
	fake_native_open(&session);
	fake_session_receive(
	    &session, "{\"type\":\"hello\",\"since\":{\"rooms\":{\"a\":null,\"b\":null}}}");
	fake_native_online(&session, false);
	fake_native_joined(&session, "a", 1, 0, 1);
	session.dialect->left(&session, &left);
	fake_native_joined(&session, "b", 2, 0, 1);
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"rooms\":[{\"room\":\"b\""));
	fake_native_assert_error(&session, 1, "no_such_room", NULL);
	fake_session_close(&session);
}

static void
bye_names_the_time_to_come_again(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.dialect->bye(&session, CLOSE_RESTART, 1740);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"bye\",\"code\":1012,\"retry_after_ms\":1740}");
	fake_session_receive(&session, "{\"type\":\"bye\"}");
	assert_int_equal(session.close_code, CLOSE_NORMAL);
	fake_session_close(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_asks_for_the_room_of_the_mount),
		cmocka_unit_test(hello_says_where_it_stands),
		cmocka_unit_test(inbox_is_heard_from_where_the_client_says),
		cmocka_unit_test(a_hello_proves_who_it_is_or_ends),
		cmocka_unit_test(a_bad_hello_may_be_followed_by_a_good_one),
		cmocka_unit_test(nothing_else_is_understood_before_welcome),
		cmocka_unit_test(what_cannot_be_a_secret_is_not_carried_on),
		cmocka_unit_test(a_refused_hello_is_told_with_its_id),
		cmocka_unit_test(messages_are_acknowledged_by_id),
		cmocka_unit_test(reads_are_answered_only_by_id),
		cmocka_unit_test(joins_and_leaves_are_answered),
		cmocka_unit_test(refused_joins_are_told),
		cmocka_unit_test(closed_in_the_middle_of_hello_is_refused),
		cmocka_unit_test(bye_names_the_time_to_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
