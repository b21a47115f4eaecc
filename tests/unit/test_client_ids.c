/* client_ids: no repeats, never 0, a bijection, ends when the store says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/client_ids.h"

#define MANY (UINT32_C(1) << 20)

/* A store that reserves from a counter of the test's. */
struct counter {
	struct store store;
	uint64_t next;
	uint64_t end;
	unsigned reservations;
	uint64_t key;
};

static bool
reserve(struct store *store, uint32_t count, uint32_t *first_out, uint64_t *key_out)
{
	struct counter *counter = (struct counter *)store;

	if (counter->next + count > counter->end)
		return false;
	counter->reservations++;
	*first_out = (uint32_t)counter->next;
	*key_out = counter->key;
	counter->next += count;
	return true;
}

static const struct store_ops ops = { .name = "counter", .reserve_clients = reserve };

static bool
mark(uint8_t *seen, uint32_t id)
{
	bool was = (seen[id / 8] >> (id % 8) & 1) != 0;

	seen[id / 8] = (uint8_t)(seen[id / 8] | 1u << (id % 8));
	return was;
}

static void
never_gives_one_twice(void **state)
{
	struct counter counter = { .store = { .ops = &ops }, .end = MANY * 2ull, .key = 42 };
	uint8_t *seen = calloc(1, UINT64_C(1) << 29);
	struct client_ids ids;
	uint32_t id;

	(void)state;
	assert_non_null(seen);
	client_ids_init(&ids, &counter.store);
	assert_int_equal(counter.reservations, 0);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(client_ids_next(&ids, &id));
		assert_int_not_equal(id, 0);
		assert_false(mark(seen, id));
	}
	assert_int_equal(counter.reservations, MANY / CLIENT_IDS_BLOCK);
	/* A hub that starts again wastes the rest of its block and repeats nothing. */
	client_ids_init(&ids, &counter.store);
	for (uint32_t i = 0; i < MANY / 4; i++) {
		assert_true(client_ids_next(&ids, &id));
		assert_false(mark(seen, id));
	}
	free(seen);
}

static void
permutes_differently_with_each_key(void **state)
{
	uint64_t keys[] = { 0, 1, UINT64_MAX, 0x123456789abcdef0u };
	unsigned same = 0;
	unsigned neighbours = 0;

	(void)state;
	for (unsigned k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		for (uint32_t i = 0; i < 1000; i++) {
			uint32_t id = client_ids_permute(keys[k], i);

			same += id == client_ids_permute(keys[k] + 1, i);
			neighbours += client_ids_permute(keys[k], i + 1) - id == 1;
			assert_int_equal(id, client_ids_permute(keys[k], i));
		}
	}
	assert_in_range(same, 0, 2);
	assert_in_range(neighbours, 0, 2);
}

/* The one ordinal that key 7 turns into 0. */
#define ZERO_KEY 7u
#define ZERO_ORDINAL UINT32_C(615850631)

static void
skips_the_one_that_would_be_zero(void **state)
{
	struct counter counter = { .store = { .ops = &ops }, .end = UINT64_MAX, .key = ZERO_KEY };
	struct client_ids ids;
	uint32_t id;

	(void)state;
	assert_int_equal(client_ids_permute(ZERO_KEY, ZERO_ORDINAL), 0);
	counter.next = ZERO_ORDINAL;
	client_ids_init(&ids, &counter.store);
	assert_true(client_ids_next(&ids, &id));
	assert_int_equal(id, client_ids_permute(ZERO_KEY, ZERO_ORDINAL + 1));
}

static void
ends_with_the_store(void **state)
{
	struct counter counter = { .store = { .ops = &ops }, .end = CLIENT_IDS_BLOCK, .key = 1 };
	struct client_ids ids;
	uint32_t id = 5;

	(void)state;
	client_ids_init(&ids, &counter.store);
	for (uint32_t i = 0; i < CLIENT_IDS_BLOCK; i++)
		assert_true(client_ids_next(&ids, &id));
	assert_false(client_ids_next(&ids, &id));
	assert_false(client_ids_next(&ids, &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_gives_one_twice),
		cmocka_unit_test(permutes_differently_with_each_key),
		cmocka_unit_test(skips_the_one_that_would_be_zero),
		cmocka_unit_test(ends_with_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
