/* The queue of gateways' questions: order, fairness, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hub/questions.h"

static bool
ask(struct questions *questions, unsigned slot, uint32_t client, uint64_t token)
{
	const struct envelope envelope = {
		.kind = ENVELOPE_FETCH,
		.fetch = { .token = token, .room = TEXT("lobby") },
	};

	return questions_add(questions, slot, client, 4, 2, &envelope);
}

static void
assert_next(struct questions *questions, uint64_t slots, uint64_t token)
{
	struct question *question = questions_take(questions, slots);

	assert_non_null(question);
	assert_int_equal(question->envelope.fetch.token, token);
	assert_true(text_equal(question->envelope.fetch.room, TEXT("lobby")));
	free(question);
}

static void
gateways_take_turns(void **state)
{
	struct questions questions;

	(void)state;
	questions_init(&questions);
	assert_true(ask(&questions, 0, 1, 10));
	assert_true(ask(&questions, 0, 2, 11));
	assert_true(ask(&questions, 63, 3, 20));
	assert_true(ask(&questions, 63, 4, 21));
	assert_true(ask(&questions, 5, 5, 30));
	assert_next(&questions, UINT64_MAX, 10);
	assert_next(&questions, UINT64_MAX, 30);
	assert_next(&questions, UINT64_MAX, 20);
	assert_next(&questions, UINT64_MAX, 11);
	assert_next(&questions, UINT64_MAX, 21);
	assert_null(questions_take(&questions, UINT64_MAX));
	assert_int_equal(questions.waiting, 0);
	questions_clear(&questions);
}

static void
only_those_who_can_hear_are_answered(void **state)
{
	struct questions questions;

	(void)state;
	questions_init(&questions);
	assert_true(ask(&questions, 1, 1, 10));
	assert_true(ask(&questions, 2, 2, 20));
	assert_next(&questions, UINT64_C(1) << 2, 20);
	assert_null(questions_take(&questions, UINT64_C(1) << 2));
	assert_next(&questions, UINT64_C(1) << 1, 10);
	questions_clear(&questions);
}

static void
questions_have_an_end(void **state)
{
	struct questions questions;

	(void)state;
	questions_init(&questions);
	/* Two of one client, four of one gateway. */
	assert_true(ask(&questions, 0, 7, 1));
	assert_true(ask(&questions, 0, 7, 2));
	assert_false(ask(&questions, 0, 7, 3));
	assert_true(ask(&questions, 0, 8, 4));
	assert_true(ask(&questions, 0, 9, 5));
	assert_false(ask(&questions, 0, 10, 6));
	assert_true(ask(&questions, 1, 10, 7));
	/* An answer makes room. */
	assert_next(&questions, 1, 1);
	assert_true(ask(&questions, 0, 7, 8));
	questions_clear(&questions);
}

static void
what_a_gateway_asked_ends_with_its_link(void **state)
{
	struct questions questions;

	(void)state;
	questions_init(&questions);
	assert_true(ask(&questions, 0, 7, 1));
	assert_true(ask(&questions, 1, 7, 2));
	questions_forget(&questions, 0);
	assert_int_equal(questions.waiting, 2);
	assert_true(ask(&questions, 1, 7, 3));
	assert_next(&questions, UINT64_MAX, 2);
	questions_clear(&questions);
	assert_int_equal(questions.waiting, 0);
	assert_int_equal(questions.of_clients[7], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways_take_turns),
		cmocka_unit_test(only_those_who_can_hear_are_answered),
		cmocka_unit_test(questions_have_an_end),
		cmocka_unit_test(what_a_gateway_asked_ends_with_its_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
