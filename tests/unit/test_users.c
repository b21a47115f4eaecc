/* Users: by realm and id, with their clients; who is due to be recorded again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/users.h"

static const struct table_key key = { { 1, 2 } };

static void
an_id_is_one_user_in_each_realm(void **state)
{
	struct users *users = users_create(key);
	struct user *ana = users_get(users, TEXT("open"), TEXT("ana"));
	struct user *other = users_get(users, TEXT("direct"), TEXT("ana"));

	(void)state;
	assert_non_null(ana);
	assert_ptr_not_equal(ana, other);
	assert_ptr_equal(users_get(users, TEXT("open"), TEXT("ana")), ana);
	assert_ptr_equal(users_find(users, TEXT("direct"), TEXT("ana")), other);
	assert_null(users_find(users, TEXT("open"), TEXT("an")));
	assert_null(users_find(users, TEXT("opena"), TEXT("na")));
	assert_string_equal(ana->id.data, "ana");
	assert_string_equal(ana->realm.data, "open");
	assert_int_equal(users_count(users), 2);
	users_forget(users, ana);
	assert_null(users_find(users, TEXT("open"), TEXT("ana")));
	assert_ptr_equal(users_find(users, TEXT("direct"), TEXT("ana")), other);
	users_destroy(&users);
	assert_null(users);
	users_destroy(&users);
}

static void
a_thousand_are_found(void **state)
{
	struct users *users = users_create(key);
	char id[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%u", i);
		assert_non_null(users_get(users, TEXT("open"), text_of(id)));
	}
	for (unsigned i = 0; i < 1000; i += 2) {
		snprintf(id, sizeof(id), "%u", i);
		users_forget(users, users_find(users, TEXT("open"), text_of(id)));
	}
	assert_int_equal(users_count(users), 500);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%u", i);
		assert_int_equal(users_find(users, TEXT("open"), text_of(id)) != NULL, i % 2);
	}
	users_destroy(&users);
}

static void
clients_come_linger_return_and_go(void **state)
{
	struct users *users = users_create(key);
	struct user *ana = users_get(users, TEXT("open"), TEXT("ana"));
	struct client one = { .id = 1, .has_receipts = true };
	struct client two = { .id = 2 };

	(void)state;
	users_attach(ana, &one);
	users_attach(ana, &two);
	assert_ptr_equal(one.user, ana);
	assert_int_equal(ana->connections, 2);
	assert_int_equal(ana->receipts, 1);
	users_linger(&two);
	two.lingers = true;
	assert_int_equal(ana->connections, 1);
	assert_ptr_equal(users_connected(ana), &one);
	users_linger(&one);
	one.lingers = true;
	assert_int_equal(ana->receipts, 0);
	assert_null(users_connected(ana));
	one.lingers = false;
	users_return(&one);
	assert_int_equal(ana->connections, 1);
	assert_int_equal(ana->receipts, 1);
	users_detach(&two);
	assert_int_equal(ana->connections, 1);
	assert_ptr_equal(ana->clients, &one);
	users_detach(&one);
	assert_null(ana->clients);
	assert_null(one.user);
	assert_int_equal(ana->connections, 0);
	assert_int_equal(ana->receipts, 0);
	users_destroy(&users);
}

static void
the_one_recorded_longest_ago_is_due_first(void **state)
{
	struct users *users = users_create(key);
	struct user *ana = users_get(users, TEXT("open"), TEXT("ana"));
	struct user *ben = users_get(users, TEXT("open"), TEXT("ben"));

	(void)state;
	assert_null(users_recorded_before(users, INT64_MAX));
	users_recorded(users, ana, 100, 1);
	users_recorded(users, ben, 200, 2);
	assert_null(users_recorded_before(users, 100));
	assert_ptr_equal(users_recorded_before(users, 101), ana);
	users_recorded(users, ana, 300, 3);
	assert_ptr_equal(users_recorded_before(users, 301), ben);
	users_forget(users, ben);
	assert_ptr_equal(users_recorded_before(users, 301), ana);
	assert_null(users_recorded_before(users, 300));
	users_destroy(&users);
}

static void
who_was_recorded_in_vain_is_due_at_once(void **state)
{
	struct users *users = users_create(key);
	struct user *ana = users_get(users, TEXT("open"), TEXT("ana"));
	struct user *ben = users_get(users, TEXT("open"), TEXT("ben"));
	struct user *eva = users_get(users, TEXT("open"), TEXT("eva"));

	(void)state;
	users_recorded(users, ana, 100, 1);
	users_recorded(users, ben, 100, 2);
	users_recorded(users, eva, 100, 3);
	users_roll_back(users, 3);
	assert_null(users_recorded_before(users, 100));
	users_roll_back(users, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct user *due = users_recorded_before(users, 100);

		assert_true(due == ben || due == eva);
		users_recorded(users, due, 400, 4);
	}
	assert_null(users_recorded_before(users, 100));
	assert_ptr_equal(users_recorded_before(users, 101), ana);
	users_destroy(&users);
}

static void
whom_the_store_refused_is_due_at_once(void **state)
{
	struct users *users = users_create(key);
	struct user *ana = users_get(users, TEXT("open"), TEXT("ana"));
	struct user *ben = users_get(users, TEXT("open"), TEXT("ben"));

	(void)state;
	assert_false(users_has_record(ana));
	users_recorded(users, ana, 100, 1);
	assert_true(users_has_record(ana));
	users_not_recorded(users, ben);
	users_not_recorded(users, ben);
	assert_false(users_has_record(ben));
	assert_ptr_equal(users_recorded_before(users, 50), ben);
	users_recorded(users, ben, 200, 2);
	assert_true(users_has_record(ben));
	assert_ptr_equal(users_recorded_before(users, 300), ana);
	users_roll_back(users, 1);
	assert_false(users_has_record(ben));
	users_forget(users, ben);
	assert_null(users_recorded_before(users, 50));
	users_destroy(&users);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_one_user_in_each_realm),
		cmocka_unit_test(a_thousand_are_found),
		cmocka_unit_test(clients_come_linger_return_and_go),
		cmocka_unit_test(the_one_recorded_longest_ago_is_due_first),
		cmocka_unit_test(who_was_recorded_in_vain_is_due_at_once),
		cmocka_unit_test(whom_the_store_refused_is_due_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
