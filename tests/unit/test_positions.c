/* Which message is news to whom, and for how long a room's position is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gateway/positions.h"

static void
the_next_is_news(void **state)
{
	struct position at = { 7, 5 };

	(void)state;
	assert_int_equal(position_judge(&at, 7, 6), POSITION_NEWS);
	assert_int_equal(position_judge(&at, 7, 5), POSITION_OLD);
	assert_int_equal(position_judge(&at, 7, 1), POSITION_OLD);
	assert_int_equal(position_judge(&at, 7, 7), POSITION_GAP);
	assert_int_equal(position_judge(&at, 8, 6), POSITION_GAP);
	assert_int_equal(position_judge(&at, 8, 1), POSITION_GAP);
}

static void
what_has_no_number_is_news(void **state)
{
	struct position at = { 7, 5 };

	(void)state;
	assert_int_equal(position_judge(&at, 0, 0), POSITION_NEWS);
}

static void
the_first_message_begins_a_stream(void **state)
{
	struct position at = { 0, 0 };

	(void)state;
	assert_int_equal(position_judge(&at, 9, 1), POSITION_NEWS);
	assert_int_equal(position_judge(&at, 9, 2), POSITION_GAP);
}

static void
the_last_holder_drops_it(void **state)
{
	struct positions positions = { 0 };
	struct room_position *room = positions_hold(&positions, TEXT("lobby"));

	(void)state;
	assert_non_null(room);
	room->at = (struct position){ 3, 4 };
	assert_ptr_equal(positions_hold(&positions, TEXT("lobby")), room);
	assert_ptr_not_equal(positions_hold(&positions, TEXT("lob")), room);
	assert_true(text_equal(room_position_name(room), TEXT("lobby")));
	assert_false(positions_drop(&positions, room));
	assert_ptr_equal(positions_find(&positions, TEXT("lobby")), room);
	assert_true(positions_drop(&positions, room));
	assert_null(positions_find(&positions, TEXT("lobby")));
	room = positions_hold(&positions, TEXT("lobby"));
	assert_int_equal(room->at.epoch, 0);
	positions_free(&positions);
	assert_null(positions_find(&positions, TEXT("lob")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_is_news),
		cmocka_unit_test(what_has_no_number_is_news),
		cmocka_unit_test(the_first_message_begins_a_stream),
		cmocka_unit_test(the_last_holder_drops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
