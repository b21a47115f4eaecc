/* What the SQLite store lets go: by number, age and bytes, of inboxes, ids and gateways' lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

static uint64_t
open_stream(struct sqlite_rig *rig, const char *name, struct store_keep keep, bool inbox)
{
	struct store_stream wanted = {
		.name = text_of(name),
		.durability = STORE_DISK,
		.keep = keep,
		.inbox = inbox,
	};
	struct store_position position;

	assert_true(rig->store->ops->open_stream(rig->store, &wanted, &position));
	return position.epoch;
}

static void
say(struct sqlite_rig *rig, const char *name, uint64_t epoch, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		struct store_message message = {
			.stream = text_of(name),
			.epoch = epoch,
			.seq = seq,
			.wall_ms = rig->wall_ms,
			.content = TEXT("0123456789"),
		};

		assert_true(rig->store->ops->append(rig->store, &message));
	}
	assert_true(sqlite_rig_commit(rig));
}

/* Lets time pass until the sweep has come by. */
static void
pass(struct sqlite_rig *rig, int64_t ms)
{
	struct store_user user = { .realm = TEXT("r"), .id = TEXT("u") };

	rig->wall_ms += ms;
	assert_true(rig->store->ops->put_user(rig->store, &user));
	assert_true(sqlite_rig_commit(rig));
}

static int64_t
count(struct sqlite_rig *rig)
{
	return sqlite_rig_sql(rig, "SELECT count(*) FROM messages");
}

static int64_t
first(struct sqlite_rig *rig)
{
	return sqlite_rig_sql(rig, "SELECT min(seq) FROM messages");
}

static int64_t
bytes_wrong(struct sqlite_rig *rig)
{
	return sqlite_rig_sql(rig,
	    "SELECT count(*) FROM streams WHERE bytes <>"
	    " (SELECT total(length(content)) FROM messages WHERE stream = streams.id)");
}

static void
keeps_the_newest_by_number(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a", (struct store_keep){ .messages = 10 }, false);
	struct store_position position;

	say(rig, "room/a", epoch, 1, 10);
	assert_int_equal(count(rig), 10);
	say(rig, "room/a", epoch, 11, 13);
	assert_int_equal(count(rig), 10);
	assert_int_equal(first(rig), 4);
	assert_int_equal(bytes_wrong(rig), 0);
	sqlite_rig_reopen(rig);
	position = store_suite_open(rig->store, "room/a", STORE_DISK, false);
	assert_int_equal(position.first, 4);
	assert_int_equal(position.seq, 13);
}

static void
keeps_many_by_number_in_strides(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a", (struct store_keep){ .messages = 2000 }, false);

	for (uint64_t seq = 1; seq < 4000; seq += 100)
		say(rig, "room/a", epoch, seq, seq + 99);
	assert_in_range(count(rig), 2000, 2100);
	assert_int_equal(bytes_wrong(rig), 0);
}

static void
keeps_the_newest_by_bytes(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a", (struct store_keep){ .bytes = 95 }, false);

	say(rig, "room/a", epoch, 1, 9);
	say(rig, "room/a", epoch, 10, 12);
	pass(rig, 1500);
	assert_int_equal(count(rig), 9);
	assert_int_equal(first(rig), 4);
	assert_int_equal(bytes_wrong(rig), 0);
}

static void
keeps_the_newest_by_age(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_keep keep = { .milliseconds = 5000 };
	uint64_t epoch = open_stream(rig, "room/a", keep, false);

	say(rig, "room/a", epoch, 1, 3);
	pass(rig, 4000);
	assert_int_equal(count(rig), 3);
	say(rig, "room/a", epoch, 4, 5);
	pass(rig, 2000);
	assert_int_equal(count(rig), 2);
	/* When all is gone the stream still knows where it stands. */
	pass(rig, 10000);
	assert_int_equal(count(rig), 0);
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 5);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).first, 6);
}

static void
other_rules_bear_upon_what_is_there(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a", (struct store_keep){ 0 }, false);

	say(rig, "room/a", epoch, 1, 20);
	pass(rig, 1500);
	assert_int_equal(count(rig), 20);
	open_stream(rig, "room/a", (struct store_keep){ .messages = 5 }, false);
	pass(rig, 1500);
	pass(rig, 1500);
	assert_int_equal(count(rig), 5);
}

static void
a_round_is_bounded_and_goes_on(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_keep keep = { .milliseconds = 1 };
	uint64_t epoch = open_stream(rig, "room/a", keep, false);

	say(rig, "room/a", epoch, 1, 200);
	pass(rig, 1500);
	assert_in_range(count(rig), 100, 199);
	for (unsigned i = 0; i < 10; i++)
		pass(rig, 1500);
	assert_int_equal(count(rig), 0);
}

static void
mail_waits_for_its_mark(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_keep keep = { .messages = 1, .milliseconds = 1 };
	uint64_t epoch = open_stream(rig, "inbox/r/u", keep, true);

	say(rig, "inbox/r/u", epoch, 1, 5);
	pass(rig, 100000);
	assert_int_equal(count(rig), 5);
	assert_true(rig->store->ops->set_mark(rig->store, TEXT("inbox/r/u"), 2));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(count(rig), 3);
	assert_int_equal(first(rig), 3);
}

static void
what_was_received_stays_for_a_while(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch;

	rig->setup.read_keep_ms = 10000;
	sqlite_rig_reopen(rig);
	epoch = open_stream(rig, "inbox/r/u", (struct store_keep){ 0 }, true);
	say(rig, "inbox/r/u", epoch, 1, 5);
	assert_true(rig->store->ops->set_mark(rig->store, TEXT("inbox/r/u"), 2));
	assert_true(sqlite_rig_commit(rig));
	pass(rig, 6000);
	assert_true(rig->store->ops->set_mark(rig->store, TEXT("inbox/r/u"), 4));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(count(rig), 5);
	pass(rig, 6000);
	assert_int_equal(first(rig), 3);
	/* What was marked later stays for as long again. */
	pass(rig, 11000);
	pass(rig, 2000);
	assert_int_equal(count(rig), 1);
	assert_int_equal(first(rig), 5);
	assert_int_equal(bytes_wrong(rig), 0);
}

static bool
on_id(void *context, const struct store_id *id)
{
	(void)id;
	++*(unsigned *)context;
	return true;
}

static bool
knows_id(struct sqlite_rig *rig, struct text id)
{
	unsigned found = 0;

	assert_true(rig->store->ops->find_id(rig->store, TEXT("r/u"), id, on_id, &found));
	return found > 0;
}

static void
put_id(struct sqlite_rig *rig, struct text id)
{
	struct store_id row = { .sender = TEXT("r/u"), .id = id };

	assert_true(rig->store->ops->put_id(rig->store, &row));
	assert_true(sqlite_rig_commit(rig));
}

static void
ids_last_ten_to_twenty_minutes(void **state)
{
	struct sqlite_rig *rig = *state;

	put_id(rig, TEXT("one"));
	pass(rig, 9 * 60000);
	assert_true(knows_id(rig, TEXT("one")));
	put_id(rig, TEXT("two"));
	pass(rig, 60000);
	assert_true(knows_id(rig, TEXT("one")));
	put_id(rig, TEXT("three"));
	pass(rig, 9 * 60000);
	assert_true(knows_id(rig, TEXT("two")));
	pass(rig, 60000);
	assert_false(knows_id(rig, TEXT("one")));
	assert_false(knows_id(rig, TEXT("two")));
	assert_true(knows_id(rig, TEXT("three")));
	pass(rig, 1500);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM ids"), 1);
}

static void
ids_outlive_a_restart(void **state)
{
	struct sqlite_rig *rig = *state;

	put_id(rig, TEXT("one"));
	sqlite_rig_reopen(rig);
	assert_true(knows_id(rig, TEXT("one")));
	assert_false(knows_id(rig, TEXT("two")));
	put_id(rig, TEXT("two"));
	assert_true(knows_id(rig, TEXT("two")));
	pass(rig, 10 * 60000);
	pass(rig, 10 * 60000);
	pass(rig, 1500);
	assert_false(knows_id(rig, TEXT("one")));
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM ids"), 0);
}

static void
all_ids_outlive_restarts_in_a_row(void **state)
{
	struct sqlite_rig *rig = *state;
	char name[16];

	for (unsigned i = 0; i < 10000; i++) {
		struct store_id row = { .sender = TEXT("r/u") };

		snprintf(name, sizeof(name), "id %u", i);
		row.id = text_of(name);
		assert_true(rig->store->ops->put_id(rig->store, &row));
	}
	assert_true(sqlite_rig_commit(rig));
	/* They are being read then, or have been: nobody has asked. */
	sqlite_rig_reopen(rig);
	sqlite_rig_reopen(rig);
	put_id(rig, TEXT("new"));
	pass(rig, 599000);
	assert_true(knows_id(rig, TEXT("id 0")));
	assert_true(knows_id(rig, TEXT("id 9999")));
	assert_true(knows_id(rig, TEXT("new")));
	pass(rig, 1000);
	assert_false(knows_id(rig, TEXT("id 0")));
	assert_false(knows_id(rig, TEXT("id 9999")));
	assert_true(knows_id(rig, TEXT("new")));
}

static void
lives_of_gateways_are_bounded(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_outcome outcome = { .gateway = TEXT("gw-1"), .number = 1 };
	uint64_t last;

	for (uint64_t epoch = 1; epoch <= 300; epoch++) {
		outcome.gateway_epoch = epoch;
		assert_true(rig->store->ops->put_outcome(rig->store, &outcome));
	}
	assert_true(sqlite_rig_commit(rig));
	pass(rig, 1500);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM lives"), 256);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM outcomes"), 256);
	assert_true(rig->store->ops->last_outcome(rig->store, TEXT("gw-1"), 300, &last));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(keeps_the_newest_by_number),
		WITH_RIG(keeps_many_by_number_in_strides),
		WITH_RIG(keeps_the_newest_by_bytes),
		WITH_RIG(keeps_the_newest_by_age),
		WITH_RIG(other_rules_bear_upon_what_is_there),
		WITH_RIG(a_round_is_bounded_and_goes_on),
		WITH_RIG(mail_waits_for_its_mark),
		WITH_RIG(what_was_received_stays_for_a_while),
		WITH_RIG(ids_last_ten_to_twenty_minutes),
		WITH_RIG(ids_outlive_a_restart),
		WITH_RIG(all_ids_outlive_restarts_in_a_row),
		WITH_RIG(lives_of_gateways_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
