/* Tables against a plain array, and the spread of their hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"
#include "hub/table.h"

#define ITEMS 500u

struct item {
	uint64_t hash;
	bool in;
};

static bool
is_same(const void *item, const void *key)
{
	return item == key;
}

static void
survives_insertions_and_removals_in_any_order(void **state)
{
	static struct item items[ITEMS];
	uint64_t seed = 1;
	struct random_source random = random_seeded(&seed);
	struct table table;
	size_t count = 0;

	(void)state;
	table_init(&table);
	for (unsigned i = 0; i < ITEMS; i++)
		/* Few different hashes: runs of equal and of neighbouring ones. */
		items[i] = (struct item){ .hash = random_below(random, 64) };
	for (unsigned step = 0; step < 20000; step++) {
		struct item *item = &items[random_below(random, ITEMS)];

		if (item->in)
			table_remove(&table, item->hash, item);
		else
			assert_true(table_insert(&table, item->hash, item));
		item->in = !item->in;
		count += item->in ? 1 : (size_t)-1;
		assert_int_equal(table.count, count);
		item = &items[random_below(random, ITEMS)];
		assert_ptr_equal(
		    table_find(&table, item->hash, is_same, item), item->in ? item : NULL);
	}
	for (unsigned i = 0; i < ITEMS; i++)
		assert_ptr_equal(table_find(&table, items[i].hash, is_same, &items[i]),
		    items[i].in ? &items[i] : NULL);
	table_free(&table);
}

static void
replaces_in_place(void **state)
{
	struct table table;
	int one;
	int other;

	(void)state;
	table_init(&table);
	assert_null(table_find(&table, 7, is_same, &one));
	assert_true(table_insert(&table, 7, &one));
	table_replace(&table, 7, &one, &other);
	assert_null(table_find(&table, 7, is_same, &one));
	assert_ptr_equal(table_find(&table, 7, is_same, &other), &other);
	assert_int_equal(table.count, 1);
	table_free(&table);
}

static void
hashes_depend_on_every_byte_and_on_the_key(void **state)
{
	struct table_key key = { { 1, 2 } };
	struct table_key other = { { 1, 3 } };
	char bytes[24] = { 0 };

	(void)state;
	for (size_t length = 0; length < sizeof(bytes); length++) {
		struct text text = { bytes, length };
		uint64_t hash = table_hash_text(key, text);

		assert_int_equal(hash, table_hash_text(key, text));
		assert_int_not_equal(hash, table_hash_text(other, text));
		assert_int_not_equal(
		    hash, table_hash_text(key, (struct text){ bytes, length + 1 }));
		for (size_t i = 0; i < length; i++) {
			bytes[i] = 1;
			assert_int_not_equal(hash, table_hash_text(key, text));
			bytes[i] = 0;
		}
	}
	assert_int_equal(table_hash_text(key, (struct text){ 0 }), table_hash_text(key, TEXT("")));
	assert_int_not_equal(table_hash_u64(key, 1), table_hash_u64(other, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_insertions_and_removals_in_any_order),
		cmocka_unit_test(replaces_in_place),
		cmocka_unit_test(hashes_depend_on_every_byte_and_on_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
