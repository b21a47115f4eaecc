/* The pair dialect, frame by frame, against the sentences in docs/dialects/pair.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_session.h"

#define PARTNERS_MAX 1024

extern const struct dialect dialect_pair;

static void
open_as(struct session *session, const char *id)
{
	struct client_request request = { .segment = text_of(id) };

	fake_session_open(session, &dialect_pair, &request);
	session->user = text_of(id);
	fake_session_forget(session);
}

static void
comes_online_as_its_number(void **state)
{
	static const struct {
		const char *segment;
		const char *asked; /* NULL: refused */
	} rows[] = {
		{ "7", "open [7] lobby user=7" },
		{ "007", "open [7] lobby user=7" },
		{ "000", "open [0] lobby user=0" },
		{ "999999999999999999", "open [999999999999999999] lobby user=999999999999999999" },
		{ "", NULL },
		{ "-7", NULL },
		{ "7a", NULL },
		{ "1000000000000000000", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client_request request = { .segment = text_of(rows[i].segment) };
		struct session session;

		assert_int_equal(dialect_pair.admit(&request), rows[i].asked == NULL ? 400 : 0);
		if (rows[i].asked == NULL)
			continue;
		fake_session_open(&session, &dialect_pair, &request);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
		fake_session_close(&session);
	}
}

static void
the_first_colon_splits(void **state)
{
	static const struct {
		const char *said;
		const char *asked;
	} rows[] = {
		{ "7:hello", "tell 7 [hello] flags=4" },
		{ " 007\t: a:b ", "tell 7 [ a:b ] flags=4" },
		{ "+7:", "tell 7 [] flags=4" },
		{ "-0:x", "tell 0 [x] flags=4" },
		{ "000000000000000000000000000008:x", "tell 8 [x] flags=4" },
		{ "999999999999999999:x", "tell 999999999999999999 [x] flags=4" },
	};
	struct session session;

	(void)state;
	assert_int_equal(TELL_USER, 4);
	open_as(&session, "1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_session_receive(&session, rows[i].said);
		assert_string_equal(session.asked, rows[i].asked);
		assert_int_equal(session.reply_count, 0);
	}
	fake_session_close(&session);
}

static void
who_cannot_write_is_told_how(void **state)
{
	static const char *const said[] = { "", "hello", ":hello", " : ", "x:hello", "7.0:x",
		"7 8:x", "+-7:x", "0x7:x", "７:x", "- 7:x",
		"00000000000000000000000000000000000000000000000000000000000000007:x" };
	struct session session;

	(void)state;
	open_as(&session, "1");
	for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		fake_session_receive(&session, said[i]);
		assert_string_equal(fake_session_reply(&session, 0),
		    "Write NUMBER:text to send text to client NUMBER, for example 7:hello");
		assert_int_equal(session.offences, i + 1);
		assert_int_equal(session.wish_count, 0);
		fake_session_forget(&session);
	}
	fake_session_close(&session);
}

static void
numbers_that_nobody_has_are_not_here(void **state)
{
	struct session session;

	(void)state;
	open_as(&session, "1");
	fake_session_receive(&session, "-7:x");
	assert_string_equal(fake_session_reply(&session, 0), "Client #-7 is not here");
	fake_session_receive(&session, "0099999999999999999999:x");
	assert_string_equal(
	    fake_session_reply(&session, 1), "Client #99999999999999999999 is not here");
	assert_int_equal(session.wish_count, 0);
	assert_int_equal(session.offences, 0);
	fake_session_close(&session);
}

static void
told(struct session *session, const char *to, uint32_t code)
{
	struct envelope command = { .kind = ENVELOPE_TELL, .tell = { .to = text_of(to) } };
	struct envelope_outcome outcome = { .code = code, .user = text_of(to) };

	dialect_pair.outcome(session, &command, &outcome);
}

static void
hears(struct session *session, const char *from, const char *content)
{
	struct envelope_whisper whisper = { .from_user = text_of(from),
		.content = text_of(content) };

	dialect_pair.whisper(session, &whisper);
}

static void
departs(struct session *session, const char *id)
{
	dialect_pair.departed(session, TEXT("lobby"), text_of(id));
}

static void
outcomes_are_said_only_when_they_are_bad(void **state)
{
	struct envelope command = { .kind = ENVELOPE_READ };
	struct envelope_outcome outcome = { .code = OUTCOME_BAD_SEQ };
	struct session session;

	(void)state;
	open_as(&session, "1");
	told(&session, "7", OUTCOME_OK);
	dialect_pair.outcome(&session, &command, &outcome);
	assert_int_equal(session.reply_count, 0);
	told(&session, "7", OUTCOME_NO_SUCH_USER);
	assert_string_equal(fake_session_reply(&session, 0), "Client #7 is not here");
	told(&session, "7", OUTCOME_TOO_LONG);
	assert_string_equal(fake_session_reply(&session, 1), outcome_sentence(OUTCOME_TOO_LONG));
	dialect_pair.refused(&session, OUTCOME_RATE_LIMITED);
	assert_string_equal(
	    fake_session_reply(&session, 2), outcome_sentence(OUTCOME_RATE_LIMITED));
	fake_session_close(&session);
}

static void
partners_are_told_of_a_leave_once(void **state)
{
	struct envelope_item item = { .from_user = TEXT("4"), .content = TEXT("missed") };
	struct session session;

	(void)state;
	open_as(&session, "1");
	told(&session, "2", OUTCOME_OK);
	told(&session, "9", OUTCOME_NO_SUCH_USER);
	hears(&session, "3", "a: b");
	dialect_pair.item(&session, FETCH_MISSED, &item);
	assert_string_equal(fake_session_reply(&session, 1), "Client #3 says: a: b");
	assert_string_equal(fake_session_reply(&session, 2), "Client #4 says: missed");
	fake_session_forget(&session);
	departs(&session, "8");
	departs(&session, "9");
	assert_int_equal(session.reply_count, 0);
	departs(&session, "2");
	departs(&session, "3");
	departs(&session, "4");
	departs(&session, "2");
	assert_int_equal(session.reply_count, 3);
	assert_string_equal(fake_session_reply(&session, 0), "Client #2 left the chat");
	assert_string_equal(fake_session_reply(&session, 1), "Client #3 left the chat");
	assert_string_equal(fake_session_reply(&session, 2), "Client #4 left the chat");
	fake_session_close(&session);
}

static void
of_too_many_partners_the_oldest_is_forgotten(void **state)
{
	struct session session;
	char id[24];

	(void)state;
	open_as(&session, "0");
	for (int i = 1; i <= PARTNERS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		told(&session, id, OUTCOME_OK);
	}
	told(&session, "1", OUTCOME_OK);
	told(&session, "999999999999999999", OUTCOME_OK);
	departs(&session, "2");
	assert_int_equal(session.reply_count, 0);
	departs(&session, "1");
	departs(&session, "3");
	departs(&session, "999999999999999999");
	assert_int_equal(session.reply_count, 3);
	fake_session_close(&session);
}

static void
the_operator_is_heard(void **state)
{
	struct envelope_notice notice = { .content = TEXT("back at nine") };
	struct buffer payload;

	(void)state;
	buffer_init(&payload, 0);
	dialect_pair.render_notice(&payload, &notice);
	assert_true(text_equal(buffer_text(&payload), TEXT("back at nine")));
	buffer_free(&payload);
	assert_null(dialect_pair.render_entered);
	assert_null(dialect_pair.render_exited);
	assert_null(dialect_pair.list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_online_as_its_number),
		cmocka_unit_test(the_first_colon_splits),
		cmocka_unit_test(who_cannot_write_is_told_how),
		cmocka_unit_test(numbers_that_nobody_has_are_not_here),
		cmocka_unit_test(outcomes_are_said_only_when_they_are_bad),
		cmocka_unit_test(partners_are_told_of_a_leave_once),
		cmocka_unit_test(of_too_many_partners_the_oldest_is_forgotten),
		cmocka_unit_test(the_operator_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
