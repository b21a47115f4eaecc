/* The ping wheel on virtual time: who is asked when, which PONG counts, who is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/ping.h"

#define CLIENTS 3

struct bench {
	struct ping_wheel wheel;
	struct ping_entry clients[CLIENTS];
	char tokens[CLIENTS][PING_TOKEN_SIZE];
	unsigned asked[CLIENTS];
	unsigned lost[CLIENTS];
	uint64_t seed;
};

static unsigned
index_of(const struct bench *bench, const struct ping_entry *entry)
{
	return (unsigned)(entry - bench->clients);
}

static void
on_send(void *context, struct ping_entry *entry, struct text token)
{
	struct bench *bench = context;
	unsigned i = index_of(bench, entry);

	assert_int_equal(token.length, PING_TOKEN_SIZE);
	for (size_t k = 0; k < token.length; k++)
		assert_in_range((unsigned char)token.data[k], ' ', '~');
	memcpy(bench->tokens[i], token.data, PING_TOKEN_SIZE);
	bench->asked[i]++;
}

static void
on_lost(void *context, struct ping_entry *entry)
{
	struct bench *bench = context;

	bench->lost[index_of(bench, entry)]++;
}

static struct text
token_of(const struct bench *bench, unsigned i)
{
	return (struct text){ bench->tokens[i], PING_TOKEN_SIZE };
}

/* PING after 20 s of silence, lost 10 s later. */
static void
bench_init(struct bench *bench)
{
	struct ping_effects effects = { on_send, on_lost, bench };

	memset(bench, 0, sizeof(*bench));
	bench->seed = 9;
	ping_wheel_init(&bench->wheel, 20, 10, random_seeded(&bench->seed), effects);
}

static void
nobody_needs_no_timer(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	assert_true(ping_deadline_ms(&bench.wheel) == UINT64_MAX);
	ping_add(&bench.wheel, &bench.clients[0], 1000);
	assert_int_equal(ping_deadline_ms(&bench.wheel), 21000);
	ping_remove(&bench.wheel, &bench.clients[0]);
	assert_true(ping_deadline_ms(&bench.wheel) == UINT64_MAX);
}

static void
who_answers_stays(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	ping_add(&bench.wheel, &bench.clients[0], 0);
	for (uint64_t ms = 0; ms < 600000; ms += 100) {
		unsigned before = bench.asked[0];

		ping_batch(&bench.wheel, ms);
		if (bench.asked[0] > before)
			assert_int_equal(ping_pong(&bench.wheel, &bench.clients[0],
					     token_of(&bench, 0), ms + 50),
			    PING_ANSWERED);
	}
	assert_in_range(bench.asked[0], 28, 30);
	assert_int_equal(bench.lost[0], 0);
}

static void
who_does_not_answer_is_lost(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	ping_add(&bench.wheel, &bench.clients[0], 0);
	ping_add(&bench.wheel, &bench.clients[1], 0);
	ping_batch(&bench.wheel, 20000);
	assert_int_equal(bench.asked[0] + bench.asked[1], 2);
	assert_memory_not_equal(bench.tokens[0], bench.tokens[1], PING_TOKEN_SIZE);
	ping_pong(&bench.wheel, &bench.clients[1], token_of(&bench, 1), 20500);
	assert_int_equal(ping_deadline_ms(&bench.wheel), 30000);
	ping_batch(&bench.wheel, 29999);
	assert_int_equal(bench.lost[0], 0);
	ping_batch(&bench.wheel, 30000);
	assert_int_equal(bench.lost[0], 1);
	assert_int_equal(bench.lost[1], 0);
	ping_batch(&bench.wheel, 31000);
	assert_int_equal(bench.lost[0], 1);
}

static void
any_message_counts_as_heard(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	ping_add(&bench.wheel, &bench.clients[0], 0);
	for (uint64_t ms = 0; ms < 100000; ms += 1000) {
		ping_heard(&bench.wheel, &bench.clients[0], ms);
		ping_batch(&bench.wheel, ms);
	}
	assert_int_equal(bench.asked[0], 0);
	ping_batch(&bench.wheel, 119000);
	assert_int_equal(bench.asked[0], 1);
	ping_heard(&bench.wheel, &bench.clients[0], 120000);
	ping_batch(&bench.wheel, 130000);
	assert_int_equal(bench.lost[0], 0);
	/* The PONG is late but it is the answer to the last PING all the same. */
	assert_int_equal(
	    ping_pong(&bench.wheel, &bench.clients[0], token_of(&bench, 0), 131000), PING_ANSWERED);
}

static void
only_the_token_counts_and_only_once(void **state)
{
	struct bench bench;
	char wrong[PING_TOKEN_SIZE] = "wrong!!";
	char zero[PING_TOKEN_SIZE] = { 0 };

	(void)state;
	bench_init(&bench);
	ping_add(&bench.wheel, &bench.clients[0], 0);
	assert_int_equal(
	    ping_pong(&bench.wheel, &bench.clients[0], (struct text){ zero, PING_TOKEN_SIZE }, 1),
	    PING_STRAY);
	ping_batch(&bench.wheel, 20000);
	assert_int_equal(ping_pong(&bench.wheel, &bench.clients[0],
			     (struct text){ wrong, PING_TOKEN_SIZE }, 21000),
	    PING_STRAY);
	assert_int_equal(ping_pong(&bench.wheel, &bench.clients[0], TEXT(""), 21000), PING_STRAY);
	ping_batch(&bench.wheel, 30000);
	assert_int_equal(bench.lost[0], 1);
	assert_int_equal(
	    ping_pong(&bench.wheel, &bench.clients[0], token_of(&bench, 0), 30000), PING_ANSWERED);
	assert_int_equal(
	    ping_pong(&bench.wheel, &bench.clients[0], token_of(&bench, 0), 30000), PING_STRAY);
}

static void
a_flood_of_stray_pongs_is_told(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	ping_add(&bench.wheel, &bench.clients[0], 0);
	for (unsigned second = 1; second < 5; second++) {
		for (unsigned i = 0; i < PING_STRAY_MAX; i++)
			assert_int_equal(
			    ping_pong(&bench.wheel, &bench.clients[0], TEXT(""), second * 1000 + i),
			    PING_STRAY);
	}
	assert_int_equal(ping_pong(&bench.wheel, &bench.clients[0], TEXT(""), 4999), PING_FLOOD);
}

static void
batches_are_a_second_apart(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	for (unsigned i = 0; i < CLIENTS; i++)
		ping_add(&bench.wheel, &bench.clients[i], i * 100);
	ping_batch(&bench.wheel, 20000);
	assert_int_equal(bench.asked[0], 1);
	assert_int_equal(ping_deadline_ms(&bench.wheel), 21000);
	ping_batch(&bench.wheel, 20999);
	assert_int_equal(bench.asked[1] + bench.asked[2], 0);
	ping_batch(&bench.wheel, 21000);
	assert_int_equal(bench.asked[1] + bench.asked[2], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_needs_no_timer),
		cmocka_unit_test(who_answers_stays),
		cmocka_unit_test(who_does_not_answer_is_lost),
		cmocka_unit_test(any_message_counts_as_heard),
		cmocka_unit_test(only_the_token_counts_and_only_once),
		cmocka_unit_test(a_flood_of_stray_pongs_is_told),
		cmocka_unit_test(batches_are_a_second_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
