/* Receipts by PONG: one PING at a time, only its own payload counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/receipts.h"

static struct receipts_desk desk;
static struct receipts ana, ben;
static uint64_t seed;

static int
set_up(void **state)
{
	(void)state;
	seed = 5;
	ana = (struct receipts){ .conn = 1 };
	ben = (struct receipts){ .conn = 2 };
	receipts_desk_init(&desk, 20, random_seeded(&seed));
	return 0;
}

static void
the_ping_names_the_highest(void **state)
{
	char token[RECEIPT_TOKEN_SIZE];

	(void)state;
	receipts_sent(&desk, &ana, 3);
	receipts_sent(&desk, &ana, 4);
	assert_ptr_equal(receipts_ask(&desk, 100, token), &ana);
	assert_null(receipts_ask(&desk, 100, token));
	assert_int_equal(strlen(token), 10);
	assert_memory_equal(token, "4.", 2);
	assert_int_equal(strspn(token + 2, "0123456789abcdef"), 8);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token)), 4);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token)), 0);
	assert_null(receipts_ask(&desk, 100, token));
}

static void
what_follows_waits_for_the_answer(void **state)
{
	char first[RECEIPT_TOKEN_SIZE], second[RECEIPT_TOKEN_SIZE];

	(void)state;
	receipts_sent(&desk, &ana, 1);
	receipts_ask(&desk, 100, first);
	receipts_sent(&desk, &ana, 2);
	receipts_sent(&desk, &ana, 3);
	assert_null(receipts_ask(&desk, 200, second));
	assert_int_equal(receipts_answered(&desk, &ana, text_of(first)), 1);
	assert_ptr_equal(receipts_ask(&desk, 200, second), &ana);
	assert_memory_equal(second, "3.", 2);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(first)), 0);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(second)), 3);
}

static void
no_other_payload_counts(void **state)
{
	char token[RECEIPT_TOKEN_SIZE];

	(void)state;
	assert_int_equal(receipts_answered(&desk, &ana, TEXT("")), 0);
	assert_int_equal(receipts_answered(&desk, &ana, TEXT("0.00000000")), 0);
	receipts_sent(&desk, &ana, 5);
	receipts_sent(&desk, &ben, 5);
	receipts_ask(&desk, 100, token);
	receipts_ask(&desk, 100, token);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token)), 0);
	assert_int_equal(receipts_answered(&desk, &ben, TEXT("5")), 0);
	assert_int_equal(receipts_answered(&desk, &ben, TEXT("5.")), 0);
	assert_int_equal(
	    receipts_answered(&desk, &ben, (struct text){ token, strlen(token) - 1 }), 0);
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token)), 5);
}

static void
who_does_not_answer_is_lost(void **state)
{
	char token[RECEIPT_TOKEN_SIZE];

	(void)state;
	assert_int_equal(receipts_deadline_ms(&desk), UINT64_MAX);
	receipts_sent(&desk, &ana, 1);
	receipts_sent(&desk, &ben, 1);
	receipts_ask(&desk, 1000, token);
	receipts_ask(&desk, 2000, token);
	assert_int_equal(receipts_deadline_ms(&desk), 21000);
	assert_null(receipts_lost(&desk, 20999));
	assert_ptr_equal(receipts_lost(&desk, 21000), &ana);
	assert_null(receipts_lost(&desk, 21000));
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token)), 1);
	assert_null(receipts_lost(&desk, 99000));
}

static void
who_goes_is_neither_asked_nor_lost(void **state)
{
	char token[RECEIPT_TOKEN_SIZE];

	(void)state;
	receipts_sent(&desk, &ana, 1);
	receipts_remove(&desk, &ana);
	assert_null(receipts_ask(&desk, 1000, token));
	receipts_sent(&desk, &ben, 1);
	receipts_ask(&desk, 1000, token);
	receipts_remove(&desk, &ben);
	receipts_remove(&desk, &ben);
	assert_null(receipts_lost(&desk, 99000));
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_ping_names_the_highest, set_up),
		cmocka_unit_test_setup(what_follows_waits_for_the_answer, set_up),
		cmocka_unit_test_setup(no_other_payload_counts, set_up),
		cmocka_unit_test_setup(who_does_not_answer_is_lost, set_up),
		cmocka_unit_test_setup(who_goes_is_neither_asked_nor_lost, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
