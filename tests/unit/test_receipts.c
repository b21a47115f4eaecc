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
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token), 100), 4);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token), 100), 0);
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
	assert_int_equal(receipts_answered(&desk, &ana, text_of(first), 100), 1);
	assert_ptr_equal(receipts_ask(&desk, 200, second), &ana);
	assert_memory_equal(second, "3.", 2);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(first), 100), 0);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(second), 100), 3);
}

static void
no_other_payload_counts(void **state)
{
	char token[RECEIPT_TOKEN_SIZE];

	(void)state;
	assert_int_equal(receipts_answered(&desk, &ana, TEXT(""), 100), 0);
	assert_int_equal(receipts_answered(&desk, &ana, TEXT("0.00000000"), 100), 0);
	receipts_sent(&desk, &ana, 5);
	receipts_sent(&desk, &ben, 5);
	receipts_ask(&desk, 100, token);
	receipts_ask(&desk, 100, token);
	assert_int_equal(receipts_answered(&desk, &ana, text_of(token), 100), 0);
	assert_int_equal(receipts_answered(&desk, &ben, TEXT("5"), 100), 0);
	assert_int_equal(receipts_answered(&desk, &ben, TEXT("5."), 100), 0);
	assert_int_equal(
	    receipts_answered(&desk, &ben, (struct text){ token, strlen(token) - 1 }, 100), 0);
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token), 100), 5);
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
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token), 100), 1);
	assert_int_equal(receipts_take(&desk, &ben), 1);
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
	assert_int_equal(receipts_answered(&desk, &ben, text_of(token), 100), 0);
}

/* As if everything up to `seq` was sent and answered. */
static void
answer(struct receipts *receipts, uint64_t seq, uint64_t now_ms)
{
	char token[RECEIPT_TOKEN_SIZE];

	receipts_sent(&desk, receipts, seq);
	assert_ptr_equal(receipts_ask(&desk, now_ms, token), receipts);
	assert_int_equal(receipts_answered(&desk, receipts, text_of(token), now_ms), seq);
}

static void
receipts_are_told_together(void **state)
{
	(void)state;
	answer(&ana, 1, 1000);
	assert_null(receipts_gathered(&desk, 1000 + desk.gather_ms - 1));
	assert_int_equal(receipts_deadline_ms(&desk), 1000 + desk.gather_ms);
	answer(&ben, 7, 1000 + desk.gather_ms - 1);
	answer(&ana, 3, 1000 + desk.gather_ms - 1);
	assert_ptr_equal(receipts_gathered(&desk, 1000 + desk.gather_ms), &ana);
	assert_int_equal(receipts_take(&desk, &ana), 3);
	assert_ptr_equal(receipts_gathered(&desk, 1000 + desk.gather_ms), &ben);
	assert_int_equal(receipts_take(&desk, &ben), 7);
	assert_null(receipts_gathered(&desk, UINT64_MAX));
	assert_int_equal(receipts_take(&desk, &ben), 0);
	assert_int_equal(receipts_deadline_ms(&desk), UINT64_MAX);
	answer(&ben, 8, 5000);
	assert_null(receipts_gathered(&desk, 5000));
	assert_ptr_equal(receipts_gathered(&desk, UINT64_MAX), &ben);
}

static void
what_was_gathered_of_another_epoch_is_not_told(void **state)
{
	(void)state;
	answer(&ana, 4, 1000);
	receipts_remove(&desk, &ana);
	assert_null(receipts_gathered(&desk, UINT64_MAX));
	assert_int_equal(receipts_take(&desk, &ana), 0);
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
		cmocka_unit_test_setup(receipts_are_told_together, set_up),
		cmocka_unit_test_setup(what_was_gathered_of_another_epoch_is_not_told, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
