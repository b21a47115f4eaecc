/* Ids at hand: found by sender and id, bounded by age, taken back with their batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/ids.h"

static const struct table_key key = { { 3, 4 } };

static void
add(struct ids *ids, const char *sender, const char *name, uint64_t seq, uint64_t batch,
    uint64_t kept)
{
	char passing[32];
	struct store_id id = {
		.sender = text_of(sender),
		.room = TEXT("lobby"),
		.user = TEXT("ben"),
		.epoch = 9,
		.seq = seq,
		.wall_ms = (int64_t)seq * 10,
	};

	/* What the frame's bytes were is soon something else. */
	snprintf(passing, sizeof(passing), "%s", name);
	id.id = text_of(passing);
	memset(id.digest, (int)seq, sizeof(id.digest));
	assert_true(ids_add(ids, &id, batch, kept));
	memset(passing, 'x', sizeof(passing));
}

static uint64_t
seq_of(const struct ids *ids, const char *sender, const char *name)
{
	const struct store_id *found = ids_find(ids, text_of(sender), text_of(name));

	return found == NULL ? 0 : found->seq;
}

static void
an_id_is_its_senders(void **state)
{
	struct ids *ids = ids_create(key, 10);
	const struct store_id *found;

	(void)state;
	add(ids, "open/ana", "1", 1, 1, 0);
	add(ids, "open/ben", "1", 2, 1, 0);
	add(ids, "open/ana", "12", 3, 1, 0);
	assert_int_equal(seq_of(ids, "open/ana", "1"), 1);
	assert_int_equal(seq_of(ids, "open/ben", "1"), 2);
	assert_int_equal(seq_of(ids, "open/ana", "12"), 3);
	assert_int_equal(seq_of(ids, "open/ana1", "2"), 0);
	found = ids_find(ids, TEXT("open/ana"), TEXT("12"));
	assert_true(text_equal(found->room, TEXT("lobby")));
	assert_true(text_equal(found->user, TEXT("ben")));
	assert_int_equal(found->digest[31], 3);
	assert_int_equal(found->epoch, 9);
	ids_destroy(&ids);
	assert_null(ids);
	ids_destroy(&ids);
}

static void
beyond_the_bound_the_oldest_go(void **state)
{
	struct ids *ids = ids_create(key, 2);

	(void)state;
	assert_int_equal(ids_complete_since(ids, 5), 5);
	add(ids, "open/ana", "1", 1, 1, 9);
	add(ids, "open/ana", "2", 2, 1, 9);
	add(ids, "open/ana", "3", 3, 1, 9);
	assert_int_equal(ids_count(ids), 2);
	assert_int_equal(seq_of(ids, "open/ana", "1"), 0);
	assert_int_equal(seq_of(ids, "open/ana", "2"), 2);
	assert_int_equal(ids_complete_since(ids, 5), 10);
	assert_int_equal(ids_complete_since(ids, 500), 500);
	ids_destroy(&ids);
}

static void
what_is_under_way_stays_whatever_the_bound(void **state)
{
	struct ids *ids = ids_create(key, 1);

	(void)state;
	add(ids, "open/ana", "1", 1, 7, 6);
	add(ids, "open/ana", "2", 2, 7, 6);
	add(ids, "open/ana", "3", 3, 8, 6);
	assert_int_equal(ids_count(ids), 3);
	/* Batch 7 is kept: those of it may go when the next comes. */
	add(ids, "open/ana", "4", 4, 8, 7);
	assert_int_equal(seq_of(ids, "open/ana", "1"), 0);
	assert_int_equal(seq_of(ids, "open/ana", "2"), 0);
	assert_int_equal(seq_of(ids, "open/ana", "3"), 3);
	assert_int_equal(seq_of(ids, "open/ana", "4"), 4);
	ids_destroy(&ids);
}

static void
what_was_not_kept_was_never_said(void **state)
{
	struct ids *ids = ids_create(key, 10);

	(void)state;
	add(ids, "open/ana", "1", 1, 1, 0);
	add(ids, "open/ana", "2", 2, 2, 0);
	add(ids, "open/ana", "3", 3, 3, 0);
	ids_roll_back(ids, 1);
	assert_int_equal(seq_of(ids, "open/ana", "1"), 1);
	assert_int_equal(seq_of(ids, "open/ana", "2"), 0);
	assert_int_equal(seq_of(ids, "open/ana", "3"), 0);
	add(ids, "open/ana", "2", 5, 4, 1);
	assert_int_equal(seq_of(ids, "open/ana", "2"), 5);
	ids_roll_back(ids, 0);
	assert_int_equal(ids_count(ids), 0);
	ids_destroy(&ids);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_its_senders),
		cmocka_unit_test(beyond_the_bound_the_oldest_go),
		cmocka_unit_test(what_is_under_way_stays_whatever_the_bound),
		cmocka_unit_test(what_was_not_kept_was_never_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
