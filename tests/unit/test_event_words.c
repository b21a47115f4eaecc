/* Every event has words, and those with codes and reasons say them. */
#include "hub/event_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/envelope.h"
#include "common/outcomes.h"

static void
assert_words(const struct event *event, const char *expected)
{
	struct buffer words;

	buffer_init(&words, 0);
	event_words(&words, event);
	buffer_append_byte(&words, '\0');
	assert_string_equal(words.data, expected);
	buffer_free(&words);
}

static void
codes_and_reasons_are_said(void **state)
{
	static const struct {
		struct event event;
		const char *words;
	} cases[] = {
		{ { .kind = EVENT_CONNECTED }, "it connected" },
		{ { .kind = EVENT_CLOSED,
		      .code = 1013,
		      .texts[EVENT_REASON] = { "slow reader", 11 } },
		    "its gateway closed it with 1013: slow reader" },
		{ { .kind = EVENT_CLOSED, .texts[EVENT_REASON] = { "no answer to a ping", 19 } },
		    "its gateway closed it without a word: no answer to a ping" },
		{ { .kind = EVENT_TURNED_AWAY, .code = 401 },
		    "its request was refused with 401: it had no valid token" },
		{ { .kind = EVENT_TURNED_AWAY, .code = 499 }, "its request was refused with 499" },
		{ { .kind = EVENT_LEFT }, "it left the room" },
		{ { .kind = EVENT_LEFT, .code = LEFT_ROOM_CLOSED },
		    "it left the room: the room was closed" },
		{ { .kind = EVENT_LEFT, .code = 99 }, "it left the room" },
	};
	struct event refused = { .kind = EVENT_REFUSED, .code = OUTCOME_READ_ONLY };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_words(&cases[i].event, cases[i].words);
	assert_words(
	    &refused, "what it wanted was refused: You may read in this room but not write.");
}

static void
every_kind_has_a_word_and_words(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		struct event event = { .kind = (enum event_kind)kind };
		struct buffer words;

		buffer_init(&words, 0);
		event_words(&words, &event);
		assert_true(words.length > 5);
		buffer_free(&words);
		assert_true(strlen(event_word(event.kind)) > 3);
		assert_int_equal(strspn(event_word(event.kind), "abcdefghijklmnopqrstuvwxyz_"),
		    strlen(event_word(event.kind)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_and_reasons_are_said),
		cmocka_unit_test(every_kind_has_a_word_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
