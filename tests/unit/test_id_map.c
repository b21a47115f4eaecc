/* The table of ids against a plain array, through growth and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"
#include "gateway/id_map.h"

#define KEYS 3000

/* Every second one is like a conn: a generation above the number of a slot. */
static uint64_t
key_of(uint32_t n)
{
	return n % 2 == 0 ? n : (uint64_t)n << 32 | n % 8;
}

static void
it_holds_what_a_plain_array_holds(void **state)
{
	static void *truth[KEYS + 1];
	static char values[KEYS + 1];
	uint64_t seed = 3;
	struct random_source random = random_seeded(&seed);
	struct id_map map;
	unsigned count = 0;

	(void)state;
	memset(truth, 0, sizeof(truth));
	id_map_init(&map);
	assert_null(id_map_get(&map, 5));
	assert_null(id_map_remove(&map, 5));
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t key = 1 + (uint32_t)random_below(random, KEYS);
		void *value = &values[random_below(random, KEYS)];

		if (random_below(random, 100) < (step / 50000) * 30 + 5) {
			assert_ptr_equal(id_map_remove(&map, key_of(key)), truth[key]);
			count -= truth[key] != NULL;
			truth[key] = NULL;
		} else {
			assert_true(id_map_put(&map, key_of(key), value));
			count += truth[key] == NULL;
			truth[key] = value;
		}
		assert_int_equal(map.count, count);
		key = 1 + (uint32_t)random_below(random, KEYS);
		assert_ptr_equal(id_map_get(&map, key_of(key)), truth[key]);
	}
	for (uint32_t key = 1; key <= KEYS; key++)
		assert_ptr_equal(id_map_get(&map, key_of(key)), truth[key]);
	id_map_free(&map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_what_a_plain_array_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
