/* The probe dialects: what they answer and whom they let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_session.h"

static struct client_request
items_request(const char *cookies, const struct text *args, size_t arg_count)
{
	struct client_request request = { .args = args, .arg_count = arg_count };

	request.cookies = text_of(cookies);
	request.segment = text_of("hammer");
	return request;
}

static void
echo_answers_with_its_prefix(void **state)
{
	struct session session;

	(void)state;
	fake_session_open(&session, dialect_find(TEXT("echo")), NULL);
	fake_session_receive(&session, "hi");
	fake_session_receive(&session, "");
	assert_string_equal(fake_session_reply(&session, 0), "小菠萝收到的消息是: hi");
	assert_string_equal(fake_session_reply(&session, 1), "小菠萝收到的消息是: ");
	fake_session_close(&session);
}

static void
mirror_keeps_bytes_and_opcode(void **state)
{
	const struct dialect *mirror = dialect_find(TEXT("mirror"));
	struct session session;

	(void)state;
	assert_true(mirror->takes_binary);
	fake_session_open(&session, mirror, NULL);
	mirror->received(&session, FRAME_BINARY, TEXT("\x00\xff"));
	assert_int_equal(session.opcodes[0], FRAME_BINARY);
	assert_memory_equal(fake_session_reply(&session, 0), "\x00\xff", 2);
	fake_session_close(&session);
}

static void
items_wants_a_credential(void **state)
{
	const struct dialect *items = dialect_find(TEXT("items"));
	struct text token = TEXT("token=t");
	struct text empty = TEXT("token=");
	struct text other = TEXT("tokens=t");
	struct text hostile = TEXT("token=\xff\xfe");
	struct client_request request = items_request("", NULL, 0);

	(void)state;
	assert_int_equal(items->admit(&request), 401);
	request = items_request("session=", &empty, 1);
	assert_int_equal(items->admit(&request), 401);
	request = items_request("xsession=a; sessio=b", &other, 1);
	assert_int_equal(items->admit(&request), 401);
	request = items_request("", &hostile, 1);
	assert_int_equal(items->admit(&request), 400);
	request = items_request("", &token, 1);
	assert_int_equal(items->admit(&request), 0);
	request = items_request("a=1;session=s; b=2", NULL, 0);
	assert_int_equal(items->admit(&request), 0);
}

static void
items_answers_in_order(void **state)
{
	const struct dialect *items = dialect_find(TEXT("items"));
	struct text args[] = { TEXT("token=t"), TEXT("q=a b") };
	struct client_request request = items_request("session=s", args, 2);
	struct session session;

	(void)state;
	fake_session_open(&session, items, &request);
	fake_session_receive(&session, "hi");
	assert_int_equal(session.reply_count, 3);
	assert_string_equal(fake_session_reply(&session, 0), "cookie or token value is:s");
	assert_string_equal(fake_session_reply(&session, 1), "query param value is:a b");
	assert_string_equal(
	    fake_session_reply(&session, 2), "Message text was: hi, for item ID: hammer");
	fake_session_close(&session);

	request = items_request("", args, 1);
	fake_session_open(&session, items, &request);
	fake_session_receive(&session, "hi");
	assert_int_equal(session.reply_count, 2);
	assert_string_equal(fake_session_reply(&session, 0), "cookie or token value is:t");
	fake_session_close(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_answers_with_its_prefix),
		cmocka_unit_test(mirror_keeps_bytes_and_opcode),
		cmocka_unit_test(items_wants_a_credential),
		cmocka_unit_test(items_answers_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
