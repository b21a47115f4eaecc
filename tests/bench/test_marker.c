/* The book that judges what listeners heard must see every kind of unfaithfulness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/bench/marker.h"

static void
markers_survive_the_way(void **state)
{
	const struct marker sent = { .lane = 7, .number = 123456, .due_ns = 0x0123456789abcdef };
	struct marker found;
	char frame[100];
	struct marker_finder finder = { 0 };

	(void)state;
	memset(frame, 'x', sizeof(frame));
	marker_write(frame + 40, &sent);
	for (int i = 0; i < 2; i++) {
		assert_true(marker_find(frame, sizeof(frame), &finder, &found));
		assert_int_equal(finder.at, 40);
		assert_int_equal(found.lane, sent.lane);
		assert_int_equal(found.number, sent.number);
		assert_true(found.due_ns == sent.due_ns);
	}
	assert_false(marker_find(frame, 40 + MARKER_SIZE - 1, &finder, &found));
	assert_false(marker_find(frame, 0, &finder, &found));
}

static void
a_marker_like_an_earlier_one_is_not_taken_for_it(void **state)
{
	struct marker sent = { .lane = 1, .number = 0x5a }, found;
	struct marker_finder finder = { 0 };
	char mark[MARKER_SIZE];

	(void)state;
	/* All share the last two digits, by which the finder remembers. */
	for (uint32_t turn = 0; turn < 8; turn++, sent.number += 256, sent.due_ns++) {
		sent.lane = turn % 2;
		marker_write(mark, &sent);
		for (int again = 0; again < 2; again++) {
			assert_true(marker_find(mark, sizeof(mark), &finder, &found));
			assert_int_equal(found.lane, sent.lane);
			assert_int_equal(found.number, sent.number);
			assert_true(found.due_ns == sent.due_ns);
		}
		mark[MARKER_SIZE - 1] = 'x';
		assert_false(marker_find(mark, sizeof(mark), &finder, &found));
	}
}

static void
a_faithful_server_leaves_a_clean_book(void **state)
{
	struct marker_book book;

	(void)state;
	assert_true(marker_book_open(&book, 2, 2, 3));
	for (uint32_t number = 0; number < 3; number++) {
		for (uint32_t ear = 0; ear < 2; ear++) {
			assert_true(marker_book_note(&book, ear, 0, number));
			assert_true(marker_book_note(&book, ear, 1, number));
		}
	}
	assert_int_equal(book.heard, 12);
	assert_int_equal(book.duplicates + book.misordered + book.foreign, 0);
	marker_book_close(&book);
}

static void
loss_doubles_disorder_and_strangers_are_seen(void **state)
{
	struct marker_book book;

	(void)state;
	assert_true(marker_book_open(&book, 1, 1, 5));
	assert_true(marker_book_note(&book, 0, 0, 0));
	assert_true(marker_book_note(&book, 0, 0, 2)); /* 1 is late */
	assert_true(marker_book_note(&book, 0, 0, 1));
	assert_int_equal(book.misordered, 1);
	assert_false(marker_book_note(&book, 0, 0, 2));
	assert_int_equal(book.duplicates, 1);
	assert_false(marker_book_note(&book, 0, 0, 5));
	assert_false(marker_book_note(&book, 0, 1, 0));
	assert_int_equal(book.foreign, 2);
	/* 3 and 4 never came: of 5 only 3 were heard. */
	assert_int_equal(book.heard, 3);
	marker_book_close(&book);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers_survive_the_way),
		cmocka_unit_test(a_marker_like_an_earlier_one_is_not_taken_for_it),
		cmocka_unit_test(a_faithful_server_leaves_a_clean_book),
		cmocka_unit_test(loss_doubles_disorder_and_strangers_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
