/* Commands waiting for outcomes: numbers, order, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/commands.h"

static void
take(struct commands *commands, uint64_t number, uint64_t conn)
{
	struct command command;

	assert_true(commands_take(commands, number, &command));
	assert_int_equal(command.number, number);
	assert_int_equal(command.conn, conn);
	assert_memory_equal(command.frame, "frame", 5);
	command_free(&command);
}

static void
numbers_rise_and_outcomes_come_in_any_order(void **state)
{
	struct commands commands;
	struct command command;

	(void)state;
	commands_init(&commands);
	assert_null(commands_oldest(&commands));
	for (uint64_t n = 1; n <= 200; n++) {
		assert_int_equal(commands_next(&commands), n);
		assert_true(commands_add(&commands, n * 10, (struct text){ "frame", 5 }, 0, 1000));
	}
	assert_int_equal(commands.waiting, 200);
	assert_int_equal(commands.bytes, 1000);
	take(&commands, 2, 20);
	assert_false(commands_take(&commands, 2, &command));
	assert_false(commands_take(&commands, 0, &command));
	assert_false(commands_take(&commands, 201, &command));
	assert_int_equal(commands_oldest(&commands)->number, 1);
	assert_int_equal(commands_after(&commands, 1)->number, 3);
	take(&commands, 1, 10);
	assert_int_equal(commands_oldest(&commands)->number, 3);
	for (uint64_t n = 200; n >= 3; n--)
		take(&commands, n, n * 10);
	assert_null(commands_oldest(&commands));
	assert_int_equal(commands.waiting, 0);
	assert_int_equal(commands.bytes, 0);
	assert_int_equal(commands_next(&commands), 201);
	commands_free(&commands);
}

static void
one_that_waits_long_bounds_the_others(void **state)
{
	struct commands commands;

	(void)state;
	commands_init(&commands);
	for (unsigned i = 0; i < 10; i++)
		assert_true(commands_add(&commands, 1, (struct text){ "frame", 5 }, 0, 10));
	assert_false(commands_add(&commands, 1, (struct text){ "frame", 5 }, 0, 10));
	take(&commands, 5, 1);
	assert_false(commands_add(&commands, 1, (struct text){ "frame", 5 }, 0, 10));
	take(&commands, 1, 1);
	assert_true(commands_add(&commands, 1, (struct text){ "frame", 5 }, 0, 10));
	assert_false(commands_add(&commands, 1, (struct text){ "frame", 5 }, 0, 10));
	commands_free(&commands);
}

static void
bytes_are_bounded(void **state)
{
	struct commands commands;
	size_t length = COMMANDS_BYTES_MAX / 4;
	char *frame = calloc(1, length);

	(void)state;
	commands_init(&commands);
	for (unsigned i = 0; i < 4; i++)
		assert_true(commands_add(&commands, 1, (struct text){ frame, length }, 0, 100));
	assert_false(commands_add(&commands, 1, (struct text){ frame, 1 }, 0, 100));
	commands_free(&commands);
	free(frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_rise_and_outcomes_come_in_any_order),
		cmocka_unit_test(one_that_waits_long_bounds_the_others),
		cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
