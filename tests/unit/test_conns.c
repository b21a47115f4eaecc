/* Conns: never the same twice, and an old one finds nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/conns.h"

/* The table never looks at what it points to. */
static char people[1000];

static struct session *
person(unsigned i)
{
	return (struct session *)(void *)&people[i];
}

static void
an_old_conn_finds_nobody(void **state)
{
	struct conns conns;
	uint64_t first, second;

	(void)state;
	conns_init(&conns);
	first = conns_add(&conns, person(0));
	assert_ptr_equal(conns_find(&conns, first), person(0));
	conns_remove(&conns, first);
	assert_null(conns_find(&conns, first));
	second = conns_add(&conns, person(1));
	assert_true(first != second && first != 0 && second != 0);
	assert_null(conns_find(&conns, first));
	assert_ptr_equal(conns_find(&conns, second), person(1));
	assert_null(conns_find(&conns, 12345));
	assert_null(conns_find(&conns, UINT64_MAX));
	conns_free(&conns);
}

static void
places_are_used_again(void **state)
{
	struct conns conns;
	uint64_t numbers[1000];
	uint32_t cursor = 0;
	unsigned met = 0;

	(void)state;
	conns_init(&conns);
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 1000; i++)
			numbers[i] = conns_add(&conns, person(i));
		for (unsigned i = 0; i < 1000; i++)
			assert_ptr_equal(conns_find(&conns, numbers[i]), person(i));
		for (unsigned i = round; i < 1000; i++)
			conns_remove(&conns, numbers[i]);
		for (unsigned i = 0; i < round; i++)
			conns_remove(&conns, numbers[i]);
	}
	assert_int_equal(conns.used, 1000);
	numbers[0] = conns_add(&conns, person(0));
	numbers[1] = conns_add(&conns, person(1));
	while (conns_next(&conns, &cursor) != NULL)
		met++;
	assert_int_equal(met, 2);
	conns_free(&conns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_conn_finds_nobody),
		cmocka_unit_test(places_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
