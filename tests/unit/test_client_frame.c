/* Frames of both protocols in one form, and what is no frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/frame.h"

/* What a program is told of a frame. */
static void
assert_told(enum protocol protocol, const char *heard, const char *told)
{
	struct frame frame;
	struct buffer out;

	buffer_init(&out, 0);
	frame_read(&frame, protocol, text_of(heard));
	frame_write_json(&frame, &out);
	buffer_append_byte(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.data, told);
	frame_free(&frame);
	buffer_free(&out);
}

static void
assert_bad(enum protocol protocol, const char *heard, const char *why)
{
	struct frame frame;

	frame_read(&frame, protocol, text_of(heard));
	assert_int_equal(frame.kind, FRAME_BAD);
	assert_string_equal(frame.why, why);
	frame_free(&frame);
}

static void
test_both_protocols_are_told_alike(void **state)
{
	(void)state;
	assert_told(PROTOCOL_NATIVE,
	    "{\"type\":\"public\",\"room\":\"lobby\",\"epoch\":5,\"seq\":7,\"from\":\"0000000a\","
	    "\"user\":\"0000000a\",\"sender_name\":\"ana\",\"content\":\"hi\\u001b\","
	    "\"timestamp\":\"2025-03-14T05:05:40.123Z\",\"later\":[1]}",
	    "{\"type\":\"public\",\"room\":\"lobby\",\"epoch\":5,\"seq\":7,\"from\":\"0000000a\","
	    "\"user\":\"0000000a\",\"sender_name\":\"ana\",\"content\":\"hi\\u001b\","
	    "\"timestamp\":\"2025-03-14T05:05:40.123Z\"}");
	assert_told(PROTOCOL_ROOM,
	    "{\"type\": \"public\", \"from\": \"0000000a\", \"sender_name\": \"ana\", \"content\": "
	    "\"hi\", \"timestamp\": \"2025-03-14 05:05:41\"}",
	    "{\"type\":\"public\",\"room\":\"lobby\",\"from\":\"0000000a\",\"user\":\"0000000a\","
	    "\"sender_name\":\"ana\",\"content\":\"hi\",\"timestamp\":\"2025-03-14 05:05:41\"}");
	assert_told(PROTOCOL_ROOM,
	    "{\"type\":\"user_list\",\"users\":[{\"client_id\":\"0000000a\",\"username\":\"ana\"},"
	    "{\"client_id\":7},[]]}",
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"0000000a\",\"username\":\"ana\"}],\"left\":[],\"count\":3}");
	assert_told(PROTOCOL_ROOM,
	    "{\"type\":\"system\",\"content\":\"ben 已离开\",\"timestamp\":\"x\",\"count\":9}",
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"joined\":[],\"left\":[{\"username\":"
	    "\"ben\"}],\"count\":9}");
	assert_told(PROTOCOL_ROOM, "{\"type\":\"system\",\"content\":\"back soon\"}",
	    "{\"type\":\"system\",\"content\":\"back soon\"}");
}

static void
test_lists_and_secrets(void **state)
{
	(void)state;
	assert_told(PROTOCOL_NATIVE,
	    "{\"type\":\"welcome\",\"client_id\":\"0000000a\",\"user\":\"u\",\"username\":\"ana\","
	    "\"resume\":\"secret\",\"rooms\":[{\"room\":\"tea\",\"epoch\":1,\"seq\":2,\"members\":"
	    "3},"
	    "{\"room\":5}],\"inbox\":[1,2],\"read\":2,\"resumed\":true}",
	    "{\"type\":\"welcome\",\"client_id\":\"0000000a\",\"user\":\"u\",\"username\":\"ana\","
	    "\"rooms\":[{\"room\":\"tea\",\"epoch\":1,\"seq\":2,\"members\":3,\"member\":true}],"
	    "\"read\":2,\"resumed\":true}");
	assert_told(PROTOCOL_NATIVE,
	    "{\"type\":\"history\",\"room\":\"tea\",\"epoch\":1,\"messages\":[{\"type\":\"public\","
	    "\"room\":\"tea\",\"user\":\"u\",\"sender_name\":\"a\",\"content\":\"c\"},{}],\"more\":"
	    "false}",
	    "{\"type\":\"history\",\"room\":\"tea\",\"epoch\":1,\"messages\":[{\"type\":\"public\","
	    "\"room\":\"tea\",\"user\":\"u\",\"sender_name\":\"a\",\"content\":\"c\"}]}");
}

static void
test_unfit_frames_say_why(void **state)
{
	(void)state;
	assert_bad(PROTOCOL_NATIVE, "", "not valid JSON");
	assert_bad(PROTOCOL_NATIVE, "[]", "not a JSON object");
	assert_bad(PROTOCOL_NATIVE, "{\"type\":7}", "without type");
	assert_bad(PROTOCOL_NATIVE, "{\"type\":\"ack\"}", "without id");
	assert_bad(PROTOCOL_NATIVE, "{\"type\":\"ack\",\"id\":{}}", "with an unfit id");
	assert_bad(PROTOCOL_NATIVE,
	    "{\"type\":\"presence\",\"room\":\"a\",\"joined\":\"all\",\"left\":[]}",
	    "with an unfit joined");
	assert_bad(PROTOCOL_NATIVE,
	    "{\"type\":\"gap\",\"epoch\":-1,\"from\":1,\"to\":2,\"reason\":\"x\"}",
	    "with an unfit epoch");
	assert_bad(PROTOCOL_ROOM, "{\"type\":\"user_list\",\"users\":{}}", "without users");
	assert_bad(PROTOCOL_ROOM, "{\"type\":\"public\",\"content\":1}", "without content");
	assert_bad(PROTOCOL_ROOM, "{\"type\":\"public\",\"content\":\"\",\"sender_name\":\"\"}",
	    "without from");
}

static void
test_what_is_new_is_ignored(void **state)
{
	struct frame frame;

	(void)state;
	frame_read(&frame, PROTOCOL_NATIVE, TEXT("{\"type\":\"reaction\"}"));
	assert_int_equal(frame.kind, FRAME_UNKNOWN);
	frame_free(&frame);
	assert_told(PROTOCOL_ROOM, "{\"type\":\"reaction\"}", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_protocols_are_told_alike),
		cmocka_unit_test(test_lists_and_secrets),
		cmocka_unit_test(test_unfit_frames_say_why),
		cmocka_unit_test(test_what_is_new_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
