/* Bans in the SQLite store's file: an older schema, another life of the machine, a copy. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

static bool
on_ban(void *context, const struct store_ban *ban)
{
	assert_true(text_equal(ban->value, TEXT("ana")));
	++*(unsigned *)context;
	return true;
}

static unsigned
count_bans(struct sqlite_rig *rig)
{
	unsigned count = 0;

	assert_true(rig->store->ops->read_bans(rig->store, on_ban, &count));
	return count;
}

static void
put_ban(struct sqlite_rig *rig)
{
	const struct store_ban ban = {
		.kind = STORE_BAN_USER, .realm = TEXT("open"), .value = TEXT("ana")
	};

	assert_true(rig->store->ops->put_ban(rig->store, &ban));
	assert_true(sqlite_rig_commit(rig));
}

static void
a_file_without_bans_gets_the_list(void **state)
{
	struct sqlite_rig *rig = *state;
	sqlite3 *db;

	(void)sqlite_rig_sql(rig, "DROP TABLE bans");
	(void)sqlite_rig_sql(rig, "PRAGMA user_version = 4");
	sqlite_rig_reopen(rig);
	assert_int_equal(sqlite_rig_sql(rig, "PRAGMA user_version"), sq_schema_version);
	assert_int_equal(count_bans(rig), 0);
	put_ban(rig);
	sqlite_rig_close(rig);
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(sq_migrate(db, 0), SQLITE_OK);
	sqlite3_close(db);
	assert_true(sqlite_rig_open(rig));
	assert_int_equal(count_bans(rig), 1);
}

/* Unlike known gateways. */
static void
they_are_the_same_for_another_life_of_the_machine(void **state)
{
	struct sqlite_rig *rig = *state;

	put_ban(rig);
	rig->boot[0] = 'b';
	sqlite_rig_reopen(rig);
	assert_int_equal(count_bans(rig), 1);
}

static void
on_job(void *context, bool done, const char *sentence)
{
	(void)sentence;
	assert_true(done);
	*(bool *)context = true;
}

static void
do_job(struct sqlite_rig *rig, enum store_job job, const char *path)
{
	struct pollfd wake = { .fd = rig->store->ops->wake_fd(rig->store), .events = POLLIN };
	bool ended = false;

	assert_true(rig->store->ops->start_job(rig->store, job, text_of(path), on_job, &ended));
	for (unsigned i = 0; !ended && i < 1000; i++) {
		(void)poll(&wake, 1, 20);
		rig->store->ops->poll(rig->store);
	}
	assert_true(ended);
}

static void
a_restored_copy_has_those_of_its_moment(void **state)
{
	struct sqlite_rig *rig = *state;
	char copy[128];

	put_ban(rig);
	snprintf(copy, sizeof(copy), "%s.copy", rig->path);
	do_job(rig, STORE_BACKUP, copy);
	assert_true(rig->store->ops->remove_ban(
	    rig->store, &(struct store_ban){
			    .kind = STORE_BAN_USER, .realm = TEXT("open"), .value = TEXT("ana") }));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(count_bans(rig), 0);
	do_job(rig, STORE_RESTORE, copy);
	sqlite_rig_reopen(rig);
	assert_int_equal(count_bans(rig), 1);
	assert_int_equal(unlink(copy), 0);
	snprintf(copy, sizeof(copy), "%s.replaced", rig->path);
	assert_int_equal(unlink(copy), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_file_without_bans_gets_the_list),
		WITH_RIG(they_are_the_same_for_another_life_of_the_machine),
		WITH_RIG(a_restored_copy_has_those_of_its_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
