/* The check of a large store, part by part: what it reads, what it finds, and that it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/store_sqlite_check.h"
#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

/* Small tables first, each a part; then the rows in portions. */
#define SMALL_TABLES 9u

static int
never(void *context)
{
	(void)context;
	return 0;
}

static void
fill(struct sqlite_rig *rig, unsigned messages)
{
	uint64_t epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;
	static char content[3001];

	memset(content, 'x', sizeof(content) - 1);
	for (uint64_t seq = 1; seq <= messages; seq++)
		assert_true(store_suite_append(rig->store, "room/a", epoch, seq, content));
	assert_true(sqlite_rig_commit(rig));
}

/* The result of the last part; how many there were. */
static int
check_all(struct sqlite_rig *rig, unsigned portion, struct sq_check *check, unsigned *parts_out)
{
	sqlite3 *db;
	int result;

	sq_check_begin(check, rig->check_whole_bytes, portion);
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	*parts_out = 0;
	do {
		result = sq_check_go_on(check, db, never, NULL);
		/* Between two parts nothing holds up a checkpoint. */
		assert_int_equal(sqlite3_txn_state(db, NULL), SQLITE_TXN_NONE);
		(*parts_out)++;
	} while (result == SQLITE_ROW);
	sqlite3_close(db);
	return result;
}

static void
a_small_file_is_checked_as_a_whole(void **state)
{
	struct sqlite_rig *rig = *state;
	struct sq_check check;
	unsigned parts;

	fill(rig, 20);
	assert_int_equal(check_all(rig, 5, &check, &parts), SQLITE_DONE);
	assert_int_equal(parts, 1);
}

static void
a_large_one_part_by_part(void **state)
{
	struct sqlite_rig *rig = *state;
	struct sq_check check;
	unsigned parts;

	fill(rig, 20);
	rig->check_whole_bytes = 0;
	assert_int_equal(check_all(rig, 5, &check, &parts), SQLITE_DONE);
	/* Four full portions and an empty one of messages, an empty one of ids. */
	assert_int_equal(parts, SMALL_TABLES + 6);
	assert_string_equal(check.why, "");
}

static void
many_bytes_end_a_portion(void **state)
{
	struct sqlite_rig *rig = *state;
	struct sq_check check;
	unsigned parts;

	fill(rig, 1000);
	rig->check_whole_bytes = 0;
	assert_int_equal(check_all(rig, 100000, &check, &parts), SQLITE_DONE);
	assert_int_equal(parts, SMALL_TABLES + 3);
}

/* Writes over the file in pages beyond those that the start reads. */
static void
damage(struct sqlite_rig *rig, long from, long to)
{
	FILE *file;

	sqlite_rig_close(rig);
	file = fopen(rig->path, "r+");
	assert_non_null(file);
	for (long page = from; page < to; page++) {
		assert_int_equal(fseek(file, page * SQ_PAGE_BYTES, SEEK_SET), 0);
		for (unsigned i = 0; i < 64; i++)
			assert_int_not_equal(fputc(0xee, file), EOF);
	}
	assert_int_equal(fclose(file), 0);
}

static void
damage_is_found(void **state)
{
	struct sqlite_rig *rig = *state;
	struct sq_check check;
	unsigned parts;

	fill(rig, 1000);
	damage(rig, 200, 240);
	rig->check_whole_bytes = 0;
	assert_int_equal(check_all(rig, 100, &check, &parts), SQLITE_CORRUPT);
	assert_true(parts > SMALL_TABLES);
	/* By the keeper as well, and it stops what is durable. */
	assert_true(sqlite_rig_open(rig));
	while (!sq_self(rig->store)->refusing) {
		rig->store->ops->poll(rig->store);
		usleep(1000);
	}
	assert_non_null(strstr(sq_self(rig->store)->state, "damaged"));
}

/* A user without a name, where the table has been told that there are none such. */
static void
damage_of_small_tables_is_found(void **state)
{
	static const char bend[] =
	    "INSERT INTO users VALUES(x'61', x'62', NULL, x'63', 1);"
	    "PRAGMA writable_schema = ON;"
	    "UPDATE sqlite_schema SET sql = replace(sql, 'name BLOB', 'name BLOB NOT NULL')"
	    " WHERE name = 'users';";
	struct sqlite_rig *rig = *state;
	struct sq_check check;
	unsigned parts;
	sqlite3 *db;

	fill(rig, 20);
	sqlite_rig_close(rig);
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, bend, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	rig->check_whole_bytes = 0;
	assert_int_equal(check_all(rig, 100, &check, &parts), SQLITE_CORRUPT);
	assert_non_null(strstr(check.why, "users.name"));
	assert_true(parts <= SMALL_TABLES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_small_file_is_checked_as_a_whole),
		WITH_RIG(a_large_one_part_by_part),
		WITH_RIG(many_bytes_end_a_portion),
		WITH_RIG(damage_is_found),
		WITH_RIG(damage_of_small_tables_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
