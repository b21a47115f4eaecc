/* Held commands: copies, order, bounds, forgetting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/held.h"

static bool
hold(struct held *held, unsigned slot, uint64_t number, const char *content)
{
	char passing[64];
	struct envelope envelope = { .kind = ENVELOPE_TELL };
	bool taken;

	/* What the frame's bytes were is soon something else. */
	assert_in_range(strlen(content), 0, sizeof(passing) - 1);
	memcpy(passing, content, strlen(content) + 1);
	envelope.tell = (struct envelope_tell){
		.number = number,
		.to = TEXT("ben"),
		.content = text_of(passing),
	};
	taken = held_add(held, slot, 3, &envelope);
	memset(passing, 'x', sizeof(passing));
	return taken;
}

static void
expect(struct held *held, unsigned slot, uint64_t number, const char *content)
{
	struct held_command *command = held_take(held);

	assert_non_null(command);
	assert_int_equal(command->slot, slot);
	assert_int_equal(command->envelope.tell.number, number);
	assert_true(text_equal(command->envelope.tell.to, TEXT("ben")));
	assert_true(text_equal(command->envelope.tell.content, text_of(content)));
	free(command);
}

static void
gives_back_copies_in_order(void **state)
{
	struct held held;
	struct envelope publish = { .kind = ENVELOPE_PUBLISH };
	struct held_command *command;

	(void)state;
	held_init(&held);
	assert_null(held_take(&held));
	assert_true(hold(&held, 0, 1, "one"));
	assert_true(hold(&held, 1, 1, "two"));
	publish.publish.room = TEXT("lobby");
	assert_true(held_add(&held, 0, 3, &publish));
	expect(&held, 0, 1, "one");
	expect(&held, 1, 1, "two");
	command = held_take(&held);
	assert_int_equal(command->envelope.kind, ENVELOPE_PUBLISH);
	assert_true(text_equal(command->envelope.publish.room, TEXT("lobby")));
	free(command);
	assert_null(held_take(&held));
	assert_true(hold(&held, 0, 2, "again"));
	held_clear(&held);
	assert_null(held_take(&held));
}

static void
one_gateway_cannot_take_the_place_of_others(void **state)
{
	struct held held;

	(void)state;
	held_init(&held);
	for (uint64_t n = 1; n <= 3; n++)
		assert_true(hold(&held, 0, n, "x"));
	assert_false(hold(&held, 0, 4, "x"));
	assert_true(hold(&held, 1, 1, "y"));
	held.bytes[1] = HELD_BYTES_MAX;
	assert_false(hold(&held, 1, 2, "y"));
	held_clear(&held);
}

static void
forgets_one_gateway(void **state)
{
	struct held held;

	(void)state;
	held_init(&held);
	assert_true(hold(&held, 0, 1, "a"));
	assert_true(hold(&held, 1, 1, "b"));
	assert_true(hold(&held, 0, 2, "c"));
	held_forget(&held, 0);
	held_forget(&held, 5);
	assert_true(hold(&held, 0, 3, "d"));
	expect(&held, 1, 1, "b");
	expect(&held, 0, 3, "d");
	assert_null(held_take(&held));
	assert_int_equal(held.bytes[0], 0);
	assert_int_equal(held.counts[0], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_copies_in_order),
		cmocka_unit_test(one_gateway_cannot_take_the_place_of_others),
		cmocka_unit_test(forgets_one_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
