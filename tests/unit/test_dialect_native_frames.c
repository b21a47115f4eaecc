/* The native dialect: what clients may say and may not, and the frames that everybody hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_native.h"

static void
frames_become_wishes(void **state)
{
	static const struct {
		const char *frame;
		const char *wish;
	} rows[] = {
		{ "{\"type\":\"public\",\"content\":\"hi\"}", "publish lobby [hi]" },
		{ "{\"type\":\"public\",\"content\":\"\",\"room\":\"tea\",\"id\":\"m1\"}",
		    "publish tea [] id=m1" },
		{ "{\"content\":\"a\",\"x\":[{}],\"type\":\"public\",\"content\":\"b\"}",
		    "publish lobby [b]" },
		{ "{\"type\":\"private\",\"to\":\"0153e2a8\",\"content\":\"psst\",\"id\":\"2\"}",
		    "tell 0153e2a8 [psst] id=2" },
		{ "{\"type\":\"read\",\"inbox\":9007199254740991}", "read 9007199254740991" },
		{ "{\"type\":\"join\",\"room\":\"tea\"}", "join tea" },
		{ "{\"type\":\"leave\"}", "leave lobby" },
		{ "{\"type\":\"rooms\"}", "list 100" },
		{ "{\"type\":\"typing\",\"room\":\"lobby\"}", "typing lobby" },
		{ "{\"type\":\"typing\"}", "typing lobby" },
		{ "{\"type\":\"typing\",\"to\":\"0153e2a8\",\"id\":\"t\"}", "typing 0153e2a8" },
		{ "{\"type\":\"history\",\"before\":7,\"limit\":3}", "history lobby 7 3" },
	};
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].frame);
		assert_string_equal(session.asked, rows[i].wish);
		assert_int_equal(session.reply_count, 0);
	}
	fake_session_close(&session);
}

static const struct {
	const char *frame;
	const char *code;
	const char *id;
} bad_frames[] = {
	{ "", "bad_json", NULL },
	{ "hi", "bad_json", NULL },
	{ "{\"type\":\"public\",\"content\":NaN,\"id\":\"1\"}", "bad_json", NULL },
	{ "{\"type\":\"public\",\"content\":\"\\ud800\"}", "bad_json", NULL },
	{ "{\"a\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", "bad_json", NULL },
	{ "[]", "bad_frame", NULL },
	{ "null", "bad_frame", NULL },
	{ "{}", "unknown_type", NULL },
	{ "{\"id\":\"1\"}", "unknown_type", "1" },
	{ "{\"type\":7,\"id\":\"1\"}", "unknown_type", "1" },
	{ "{\"type\":\"Public\",\"id\":\"1\"}", "unknown_type", "1" },
	{ "{\"type\":\"public\",\"content\":\"a\",\"id\":7}", "bad_field", NULL },
	{ "{\"type\":\"public\",\"content\":\"a\",\"id\":\"\"}", "bad_field", NULL },
	{ "{\"type\":\"public\",\"content\":\"a\",\"id\":"
	  "\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345\"}",
	    "bad_field", NULL },
	{ "{\"type\":\"public\",\"id\":\"1\"}", "missing_field", "1" },
	{ "{\"type\":\"public\",\"content\":1,\"id\":\"1\"}", "bad_field", "1" },
	{ "{\"type\":\"public\",\"content\":\"a\",\"room\":null}", "bad_field", NULL },
	{ "{\"type\":\"public\",\"content\":\"a\",\"room\":\"A b\"}", "bad_room", NULL },
	{ "{\"type\":\"public\",\"content\":\"a\",\"room\":\"\"}", "bad_room", NULL },
	{ "{\"type\":\"private\",\"content\":\"a\"}", "missing_field", NULL },
	{ "{\"type\":\"private\",\"content\":\"a\",\"to\":\"\"}", "bad_field", NULL },
	{ "{\"type\":\"private\",\"to\":\"x\"}", "missing_field", NULL },
	{ "{\"type\":\"read\"}", "missing_field", NULL },
	{ "{\"type\":\"read\",\"inbox\":\"7\"}", "bad_field", NULL },
	{ "{\"type\":\"read\",\"inbox\":-1,\"id\":\"r\"}", "bad_seq", "r" },
	{ "{\"type\":\"read\",\"inbox\":9007199254740992}", "bad_seq", NULL },
	{ "{\"type\":\"join\",\"room\":\"../x\"}", "bad_room", NULL },
	{ "{\"type\":\"join\",\"room\":\"tea\",\"since\":7}", "bad_field", NULL },
	{ "{\"type\":\"join\",\"room\":\"tea\",\"since\":[7,-1]}", "bad_seq", NULL },
	{ "{\"type\":\"join\",\"room\":\"lobby\",\"id\":\"j\"}", "already_member", "j" },
	{ "{\"type\":\"leave\",\"room\":\"tea\",\"id\":\"l\"}", "no_such_room", "l" },
	{ "{\"type\":\"rooms\",\"limit\":0}", "bad_field", NULL },
	{ "{\"type\":\"rooms\",\"limit\":2.5}", "bad_field", NULL },
	{ "{\"type\":\"rooms\",\"after\":\"../\"}", "bad_room", NULL },
	{ "{\"type\":\"history\",\"room\":\"tea\"}", "no_such_room", NULL },
	{ "{\"type\":\"history\",\"before\":0}", "bad_seq", NULL },
	{ "{\"type\":\"history\",\"before\":-3}", "bad_seq", NULL },
	{ "{\"type\":\"history\",\"before\":\"x\"}", "bad_field", NULL },
	{ "{\"type\":\"history\",\"limit\":-1}", "bad_field", NULL },
	{ "{\"type\":\"who\",\"room\":\"tea\"}", "no_such_room", NULL },
	{ "{\"type\":\"who\",\"after\":\"x\"}", "bad_field", NULL },
	{ "{\"type\":\"who\",\"after\":7}", "bad_field", NULL },
	{ "{\"type\":\"typing\",\"to\":\"x\",\"room\":\"lobby\"}", "bad_field", NULL },
	{ "{\"type\":\"typing\",\"to\":\"\"}", "bad_field", NULL },
	{ "{\"type\":\"typing\",\"room\":\"tea\"}", "no_such_room", NULL },
};

static void
bad_frames_cost_an_error_with_their_id(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	for (size_t i = 0; i < sizeof(bad_frames) / sizeof(bad_frames[0]); i++) {
		fake_session_receive(&session, bad_frames[i].frame);
		assert_int_equal(session.reply_count, 1);
		fake_native_assert_error(&session, 0, bad_frames[i].code, bad_frames[i].id);
		assert_int_equal(session.wish_count, 0);
		assert_int_equal(session.close_code, 0);
		fake_session_forget(&session);
	}
	assert_true(session.offences > 30);
	fake_session_close(&session);
}

static void
an_error_names_the_field(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(&session, "{\"type\":\"public\",\"content\":5,\"id\":\"1\"}");
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"error\",\"code\":\"bad_field\",\"content\":\"A member of the message is "
	    "not what it must be.\",\"field\":\"content\",\"id\":\"1\"}");
	fake_session_close(&session);
}

static void
too_fast_is_told_with_its_id(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.dialect->limited(&session, TEXT("{\"type\":\"public\",\"id\":\"m7\"}"));
	fake_native_assert_error(&session, 0, "rate_limited", "m7");
	session.dialect->limited(&session, TEXT("{"));
	fake_native_assert_error(&session, 1, "rate_limited", NULL);
	assert_int_equal(session.offences, 0);
	fake_session_close(&session);
}

static void
too_many_unanswered_requests_are_busy(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	for (unsigned i = 0; i < 64; i++) {
		fake_session_receive(&session, "{\"type\":\"read\",\"inbox\":1,\"id\":\"r\"}");
		assert_int_equal(session.reply_count, 0);
		fake_session_forget(&session);
	}
	fake_session_receive(&session, "{\"type\":\"read\",\"inbox\":1,\"id\":\"r\"}");
	fake_native_assert_error(&session, 0, "busy", "r");
	assert_int_equal(session.wish_count, 0);
	fake_session_close(&session);
}

static struct envelope_item
item_of(uint64_t seq, const char *content)
{
	return (struct envelope_item){
		.room = TEXT("lobby"),
		.epoch = 5,
		.seq = seq,
		.from = 0x0153e2a8,
		.from_user = TEXT("u1"),
		.from_name = TEXT("小鹏"),
		.time = FAKE_NOON_MS,
		.content = text_of(content),
	};
}

#define ITEM(seq, content)                                                                       \
	"{\"type\":\"public\",\"room\":\"lobby\",\"epoch\":5,\"seq\":" #seq                      \
	",\"from\":\"0153e2a8\",\"user\":\"u1\",\"sender_name\":\"小鹏\",\"content\":\"" content \
	"\",\"timestamp\":\"2025-03-14T05:05:40.123Z\"}"

static void
history_is_one_answer(void **state)
{
	struct envelope_fetched fetched = { .room = TEXT("lobby"), .epoch = 5, .more = 1 };
	struct envelope_item item = item_of(41, "hi");
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(&session, "{\"type\":\"history\",\"limit\":1000,\"id\":\"y\"}");
	assert_string_equal(session.asked, "history lobby 0 100");
	fake_session_receive(&session, "{\"type\":\"history\",\"id\":\"z\"}");
	fake_native_assert_error(&session, 0, "busy", "z");
	session.dialect->item(&session, FETCH_HISTORY, &item);
	item = item_of(42, "ho");
	session.dialect->item(&session, FETCH_HISTORY, &item);
	assert_int_equal(session.reply_count, 1);
	session.dialect->fetched(&session, FETCH_HISTORY, &fetched);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"history\",\"room\":\"lobby\",\"epoch\":5,\"messages\":[" ITEM(
		41, "hi") "," ITEM(42, "ho") "],\"more\":true,\"id\":\"y\"}");
	fake_session_receive(&session, "{\"type\":\"history\",\"id\":\"w\"}");
	fetched = (struct envelope_fetched){ .room = TEXT("lobby"), .code = OUTCOME_NO_SUCH_ROOM };
	session.dialect->fetched(&session, FETCH_HISTORY, &fetched);
	fake_native_assert_error(&session, 2, "no_such_room", "w");
	session.busy = true;
	fake_session_receive(&session, "{\"type\":\"history\",\"id\":\"v\"}");
	fake_native_assert_error(&session, 3, "unavailable", "v");
	fake_session_close(&session);
}

static void
history_fits_the_queue(void **state)
{
	struct envelope_fetched fetched = { .room = TEXT("lobby"), .epoch = 5 };
	static char content[1001];
	struct session session;

	(void)state;
	memset(content, 'x', 1000);
	fake_native_welcome(&session);
	session.limits.queue_bytes = 12000;
	fake_session_receive(&session, "{\"type\":\"history\"}");
	for (unsigned seq = 1; seq <= 50; seq++) {
		struct envelope_item item = item_of(seq, content);

		session.dialect->item(&session, FETCH_HISTORY, &item);
	}
	session.dialect->fetched(&session, FETCH_HISTORY, &fetched);
	assert_true(strlen(fake_session_reply(&session, 0)) < 4200);
	/* The newest stay; the rest can be asked for. */
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"messages\":[{\"type\":"));
	assert_null(strstr(fake_session_reply(&session, 0), "\"seq\":47,"));
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"seq\":48,"));
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"seq\":50,"));
	assert_non_null(strstr(fake_session_reply(&session, 0), "],\"more\":true}"));
	fake_session_close(&session);
}

static void
rooms_are_one_answer(void **state)
{
	struct envelope_listed room = { .room = TEXT("lobby"),
		.members = 12,
		.epoch = 5,
		.seq = 42,
		.rights = ROOM_MAY_READ | ROOM_MAY_WRITE | ROOM_IS_MEMBER };
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(
	    &session, "{\"type\":\"rooms\",\"after\":\"a\",\"limit\":2,\"id\":\"r\"}");
	assert_string_equal(session.asked, "list a 2");
	fake_session_receive(&session, "{\"type\":\"rooms\"}");
	fake_native_assert_error(&session, 0, "busy", NULL);
	session.dialect->listed(&session, &room, false);
	room = (struct envelope_listed){ .room = TEXT("tea"), .rights = ROOM_MAY_READ };
	session.dialect->listed(&session, &room, false);
	session.dialect->listed(&session, NULL, true);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"rooms\",\"rooms\":[{\"room\":\"lobby\",\"members\":12,\"epoch\":5,"
	    "\"seq\":42,\"member\":true,\"write\":true},{\"room\":\"tea\",\"members\":0,"
	    "\"epoch\":0,\"seq\":0,\"member\":false,\"write\":false}],\"more\":true,\"id\":"
	    "\"r\"}");
	fake_session_receive(&session, "{\"type\":\"rooms\"}");
	session.dialect->listed(&session, NULL, false);
	assert_string_equal(
	    fake_session_reply(&session, 2), "{\"type\":\"rooms\",\"rooms\":[],\"more\":false}");
	fake_session_close(&session);
}

static const struct roster_user users[] = {
	{ 1, { "u1", 2 }, { "ana", 3 } },
	{ 0xbf0c711b, { "bf0c711b", 8 }, { "ana", 3 } },
	{ 3, { "", 0 }, { "b\"n", 3 } },
};
static const struct roster_room roster = { .users = users, .user_count = 3 };

static void
who_comes_in_pages(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	fake_session_receive(&session, "{\"type\":\"who\",\"id\":\"0\"}");
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"who\",\"room\":\"lobby\",\"users\":[],\"count\":0,\"id\":\"0\"}");
	session.roster = &roster;
	fake_session_receive(&session, "{\"type\":\"who\",\"limit\":2,\"id\":\"1\"}");
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"who\",\"room\":\"lobby\",\"users\":[{\"user\":\"u1\","
	    "\"username\":\"ana\"},{\"user\":\"bf0c711b\",\"username\":\"ana\"}],"
	    "\"count\":3,\"next\":\"2\",\"id\":\"1\"}");
	fake_session_receive(&session, "{\"type\":\"who\",\"after\":\"2\"}");
	assert_string_equal(fake_session_reply(&session, 2),
	    "{\"type\":\"who\",\"room\":\"lobby\",\"users\":[{\"user\":\"00000003\",\"username\":"
	    "\"b\\\"n\"}],\"count\":3}");
	fake_session_receive(&session, "{\"type\":\"who\",\"after\":\"18446744073709551615\"}");
	assert_non_null(strstr(fake_session_reply(&session, 3), "\"users\":[],\"count\":3}"));
	fake_session_close(&session);
}

static void
a_snapshot_begins_with_oneself(void **state)
{
	static const char *const rooms[] = { "tea", NULL };
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.roster = &roster;
	session.limits.list_members = 2;
	fake_session_receive(&session, "{\"type\":\"join\",\"room\":\"tea\"}");
	session.rooms = rooms;
	fake_native_joined(&session, "tea", 5, 3, 3);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"presence\",\"room\":\"tea\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"bf0c711b\",\"username\":\"ana\"},{\"user\":\"u1\",\"username\":"
	    "\"ana\"}],\"left\":[],\"count\":3}");
	fake_session_close(&session);
}

/* The budget of the room, which the session knows. */
static void
a_snapshot_has_as_many_as_may_be(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.roster = &roster;
	session.snapshots_shortened = 0;
	session.snapshot_bytes = 0;
	session.snapshot_share = 1;
	session.dialect->presence_missed(&session, TEXT("lobby"));
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"bf0c711b\",\"username\":\"ana\"},{\"user\":\"u1\",\"username\":"
	    "\"ana\"}],\"left\":[],\"count\":3}");
	assert_int_equal(session.snapshots_shortened, 1);
	assert_int_equal(session.snapshot_bytes, strlen(fake_session_reply(&session, 0)));
	session.snapshot_share = 1000;
	session.dialect->presence_missed(&session, TEXT("lobby"));
	assert_int_equal(session.snapshots_shortened, 1);
	fake_session_close(&session);
}

static void
a_snapshot_that_got_old_is_said_again(void **state)
{
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.roster = &roster;
	session.dialect->presence_missed(&session, TEXT("lobby"));
	fake_native_assert_begins(fake_session_reply(&session, 0),
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"snapshot\":true,");
	assert_non_null(strstr(fake_session_reply(&session, 0), "\"count\":3}"));
	fake_session_close(&session);
}

static void
missed_messages_and_gaps(void **state)
{
	struct envelope_item item = item_of(42, "a\"/<é😀\n");
	struct envelope_fetched gap = { .room = TEXT("lobby"),
		.epoch = 5,
		.gap_from = 12,
		.gap_to = 40,
		.gap_reason = GAP_EXPIRED };
	struct session session;

	(void)state;
	fake_native_welcome(&session);
	session.dialect->item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 0), ITEM(42, "a\\\"/<é😀\\n"));
	item.room = text_of("");
	session.dialect->item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 1),
	    "{\"type\":\"private\",\"epoch\":5,\"seq\":42,\"from\":\"0153e2a8\",\"user\":\"u1\","
	    "\"to\":\"bf0c711b\",\"sender_name\":\"小鹏\",\"content\":\"a\\\"/<é😀\\n\","
	    "\"timestamp\":\"2025-03-14T05:05:40.123Z\"}");
	session.dialect->fetched(&session, FETCH_MISSED, &gap);
	assert_string_equal(fake_session_reply(&session, 2),
	    "{\"type\":\"gap\",\"room\":\"lobby\",\"epoch\":5,\"from\":12,\"to\":40,"
	    "\"reason\":\"expired\"}");
	gap = (struct envelope_fetched){
		.room = TEXT(""), .epoch = 5, .gap_from = 8, .gap_reason = GAP_EPOCH, .gap_epoch = 4
	};
	session.dialect->fetched(&session, FETCH_MISSED, &gap);
	assert_string_equal(fake_session_reply(&session, 3),
	    "{\"type\":\"gap\",\"epoch\":4,\"from\":8,\"to\":0,\"reason\":\"epoch\"}");
	gap.gap_reason = GAP_READ;
	session.dialect->fetched(&session, FETCH_MISSED, &gap);
	assert_non_null(strstr(fake_session_reply(&session, 4), "\"reason\":\"read\"}"));
	gap.gap_reason = GAP_NONE;
	session.dialect->fetched(&session, FETCH_MISSED, &gap);
	assert_int_equal(session.reply_count, 5);
	fake_session_close(&session);
}

static void
assert_rendered(struct buffer *payload, const char *expected)
{
	buffer_append_byte(payload, '\0');
	assert_string_equal(payload->data, expected);
	buffer_clear(payload);
}

static void
what_all_members_hear(void **state)
{
	struct envelope_deliver deliver = { .room = TEXT("lobby"),
		.epoch = 5,
		.seq = 42,
		.from = 0x0153e2a8,
		.from_name = TEXT("小鹏"),
		.from_user = TEXT("u1"),
		.time = FAKE_NOON_MS,
		.content = TEXT("hi") };
	struct envelope_notice notice = {
		.room = TEXT(""), .time = FAKE_NOON_MS, .content = TEXT("tea?")
	};
	struct envelope_typed typed = { .room = TEXT("lobby"),
		.from = 0x0153e2a8,
		.from_user = TEXT("u1"),
		.from_name = TEXT("ben") };
	struct presence_change change = { .room = TEXT("lobby"),
		.joined = users,
		.joined_count = 2,
		.left = users + 2,
		.left_count = 1,
		.count = 9 };
	struct session session;
	struct buffer out;

	(void)state;
	fake_native_welcome(&session);
	buffer_init(&out, 0);
	session.dialect->render_deliver(&out, &deliver);
	assert_rendered(&out, ITEM(42, "hi"));
	session.dialect->render_notice(&out, &notice);
	assert_rendered(&out, "{\"type\":\"system\",\"content\":\"tea?\","
			      "\"timestamp\":\"2025-03-14T05:05:40.123Z\"}");
	session.dialect->render_typed(&out, &typed);
	assert_rendered(&out,
	    "{\"type\":\"typing\",\"room\":\"lobby\",\"from\":\"0153e2a8\",\"user\":\"u1\","
	    "\"sender_name\":\"ben\"}");
	session.dialect->render_presence(&out, &change);
	assert_rendered(&out,
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"joined\":[{\"user\":\"u1\",\"username\":"
	    "\"ana\"},{\"user\":\"bf0c711b\",\"username\":\"ana\"}],\"left\":["
	    "{\"user\":\"00000003\","
	    "\"username\":\"b\\\"n\"}],\"count\":9}");
	buffer_free(&out);
	typed.room = text_of("");
	session.dialect->typed(&session, &typed);
	assert_string_equal(fake_session_reply(&session, 0),
	    "{\"type\":\"typing\",\"from\":\"0153e2a8\",\"user\":\"u1\",\"sender_name\":\"ben\"}");
	fake_session_close(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_become_wishes),
		cmocka_unit_test(bad_frames_cost_an_error_with_their_id),
		cmocka_unit_test(an_error_names_the_field),
		cmocka_unit_test(too_fast_is_told_with_its_id),
		cmocka_unit_test(too_many_unanswered_requests_are_busy),
		cmocka_unit_test(history_is_one_answer),
		cmocka_unit_test(history_fits_the_queue),
		cmocka_unit_test(rooms_are_one_answer),
		cmocka_unit_test(who_comes_in_pages),
		cmocka_unit_test(a_snapshot_begins_with_oneself),
		cmocka_unit_test(a_snapshot_has_as_many_as_may_be),
		cmocka_unit_test(a_snapshot_that_got_old_is_said_again),
		cmocka_unit_test(missed_messages_and_gaps),
		cmocka_unit_test(what_all_members_hear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
