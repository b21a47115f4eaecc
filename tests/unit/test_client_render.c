/* Lines for people: nothing foreign moves a cursor, paints, or speaks for somebody else. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "client/render.h"

/* 2025-03-14 12:00 UTC */
#define NOON 1741953600000

static struct people *people;

static void
assert_shown(enum protocol protocol, bool color, const char *heard, const char *shown)
{
	struct render look = { .color = color,
		.room = TEXT("lobby"),
		.people = people,
		.user = TEXT("self"),
		.wall_ms = NOON };
	struct frame frame;
	struct buffer out;

	buffer_init(&out, 0);
	frame_read(&frame, protocol, text_of(heard));
	render_frame(&look, &frame, &out);
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data, shown);
	frame_free(&frame);
	buffer_free(&out);
}

#define SENDER(name) "\"user\":\"b\",\"sender_name\":\"" name "\","
#define TODAY "\"timestamp\":\"2025-03-14T05:06:07.000Z\"}"

static void
test_messages(void **state)
{
	(void)state;
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"public\",\"room\":\"lobby\"," SENDER("ben") "\"content\":\"hi\"," TODAY,
	    "05:06 <ben> hi\n");
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"public\",\"room\":\"tea\"," SENDER(
		"ben") "\"content\":\"hi\","
		       "\"timestamp\":\"2025-03-13T05:06:07.000Z\"}",
	    "2025-03-13 05:06 [tea] <ben> hi\n");
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"private\"," SENDER("ben") "\"to\":\"self\",\"content\":\"psst\"," TODAY,
	    "05:06 *ben* psst\n");
	assert_shown(PROTOCOL_ROOM, false,
	    "{\"type\":\"public\",\"from\":\"b\",\"sender_name\":\"ben\",\"content\":\"hi\","
	    "\"timestamp\":\"2025-03-14 23:59:00\"}",
	    "23:59 <ben> hi\n");
	assert_shown(PROTOCOL_NATIVE, true,
	    "{\"type\":\"public\",\"room\":\"lobby\"," SENDER("ben") "\"content\":\"hi\"," TODAY,
	    "\033[2m05:06 \033[0m<\033[32mben\033[0m> hi\n");
}

static void
test_nothing_is_forged(void **state)
{
	static const char forger[] = "{\"type\":\"public\",\"room\":\"lobby\",\"user\":\"b\","
				     "\"sender_name\":\"a> hi\\u001b[31m\",\"content\":"
				     "\"\\u001b]0;x\\u0007\\r05:06 <ana> no\\n05:07 <ana> no"
				     "\\u202e\\u009b2J\\n\"," TODAY;

	(void)state;
	assert_shown(PROTOCOL_NATIVE, false, forger,
	    "05:06 <a_ hi\\x1b[31m> \\x1b]0;x\\x07\\r05:06 <ana> no\n"
	    "      | 05:07 <ana> no\\u202e\\u009b2J\n");
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"system\",\"content\":\"a\\u001bb\"," TODAY, "05:06 *** a\\x1bb\n");
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"error\",\"code\":\"x\\n-- y\",\"content\":\"\\u0008\","
	    "\"room\":\"\\u001b\"}",
	    "!! [\\x1b] \\x08 (x\\n-- y)\n");
	assert_shown(PROTOCOL_NATIVE, false, "{\"type\":\"joined\",\"room\":\"a\\nb\\u001b\"}",
	    "-- you are in a\\nb\\x1b\n");
	assert_shown(
	    PROTOCOL_NATIVE, false, "\033[2J", "!! an unfit frame of the server: not valid JSON\n");
	assert_shown(PROTOCOL_NATIVE, false, "{\"type\":\"\\u001b\"}", "");
	/* Times that are none are not shown. */
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"public\",\"room\":\"lobby\"," SENDER(
		"ben") "\"content\":\"hi\","
		       "\"timestamp\":\"9999-99-99T99:99:99\\u001b\"}",
	    "12:00 <ben> hi\n");
}

static void
test_presence(void **state)
{
	(void)state;
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"presence\",\"room\":\"lobby\",\"snapshot\":true,\"joined\":[{\"user\":"
	    "\"self\",\"username\":\"ana\"}],\"left\":[],\"count\":7}",
	    "-- 7 here: ana\n");
	assert_shown(PROTOCOL_NATIVE, false,
	    "{\"type\":\"presence\",\"room\":\"tea\",\"joined\":[{\"user\":\"b\",\"username\":"
	    "\"be\\u001bn\"},{\"user\":\"self\",\"username\":\"ana\"}],\"left\":[{\"user\":\"c\","
	    "\"username\":\"eve\"}],\"count\":7}",
	    "-- [tea] be\\x1bn came\n-- [tea] eve left\n");
	assert_shown(PROTOCOL_ROOM, false,
	    "{\"type\":\"system\",\"content\":\"ben 进入聊天室\",\"timestamp\":\"x\"}",
	    "-- ben came\n");
}

static void
test_endings(void **state)
{
	struct session_state state_of = { .phase = PHASE_ENDED,
		.end = END_REFUSED,
		.was_online = true,
		.code = 1008,
		.reason = TEXT("spam\033[2J") };
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	render_ending(&state_of, &out);
	assert_true(text_equal(
	    buffer_text(&out), TEXT("the server ended the connection: spam\\x1b[2J (1008)")));
	buffer_clear(&out);
	render_json_state(&state_of, &out);
	assert_true(text_equal(
	    buffer_text(&out), TEXT("{\"type\":\"connection\",\"state\":\"ended\",\"code\":1008,"
				    "\"reason\":\"spam\\u001b[2J\"}\n")));
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_nothing_is_forged),
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_endings),
	};
	int failures;

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	people = people_create(10);
	failures = cmocka_run_group_tests(tests, NULL, NULL);
	people_destroy(&people);
	return failures;
}
