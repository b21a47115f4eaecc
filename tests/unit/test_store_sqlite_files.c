/* The SQLite store's file: what is refused, carried forward, and what is left after a kill. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

static void
expect_refused(struct sqlite_rig *rig, const char *words)
{
	assert_false(sqlite_rig_open(rig));
	assert_null(rig->store);
	if (strstr(rig->error, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", rig->error, words);
	if (strstr(rig->error, rig->path) == NULL)
		fail_msg("\"%s\" does not name the file", rig->error);
}

static void
put_file(struct sqlite_rig *rig, const char *content)
{
	FILE *file;

	sqlite_rig_close(rig);
	sqlite_rig_remove(rig);
	file = fopen(rig->path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(rig->path, 0600), 0);
}

static void
a_file_that_is_no_database_is_left_alone(void **state)
{
	struct sqlite_rig *rig = *state;
	char content[16] = { 0 };
	FILE *file;

	put_file(rig, "keep me, I am somebody's notes, and not a database at all");
	expect_refused(rig, "not a Hubbub store");
	file = fopen(rig->path, "r");
	assert_non_null(file);
	assert_int_equal(fread(content, 1, 7, file), 7);
	(void)fclose(file);
	assert_string_equal(content, "keep me");
}

static void
a_database_of_others_is_left_alone(void **state)
{
	struct sqlite_rig *rig = *state;

	put_file(rig, "");
	sqlite_rig_sql(rig, "CREATE TABLE photos(name)");
	expect_refused(rig, "another program");
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM sqlite_schema"), 1);
	sqlite_rig_sql(rig, "PRAGMA application_id = 5");
	expect_refused(rig, "another program");
}

static void
an_empty_file_becomes_ours(void **state)
{
	struct sqlite_rig *rig = *state;

	put_file(rig, "");
	assert_true(sqlite_rig_open(rig));
}

static void
a_newer_schema_is_refused(void **state)
{
	struct sqlite_rig *rig = *state;

	sqlite_rig_close(rig);
	sqlite_rig_sql(rig, "PRAGMA user_version = 999");
	expect_refused(rig, "newer");
	assert_int_equal(sqlite_rig_sql(rig, "PRAGMA user_version"), 999);
}

static void
others_may_not_read_or_write_it(void **state)
{
	static const mode_t modes[] = { 0644, 0660, 0602 };
	struct sqlite_rig *rig = *state;
	struct stat facts;

	assert_int_equal(stat(rig->path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0600);
	sqlite_rig_close(rig);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(rig->path, modes[i]), 0);
		expect_refused(rig, "open to other users");
	}
	assert_int_equal(chmod(rig->path, 0600), 0);
	assert_true(sqlite_rig_open(rig));
}

static void
links_folders_and_nothing_are_refused(void **state)
{
	struct sqlite_rig *rig = *state;
	char target[128];

	sqlite_rig_close(rig);
	sqlite_rig_remove(rig);
	snprintf(target, sizeof(target), "%s/elsewhere", rig->folder);
	assert_int_equal(symlink(target, rig->path), 0);
	expect_refused(rig, "symbolic link");
	assert_int_not_equal(access(target, F_OK), 0);
	assert_int_equal(unlink(rig->path), 0);
	assert_int_equal(mkdir(rig->path, 0700), 0);
	expect_refused(rig, "folder");
	assert_int_equal(rmdir(rig->path), 0);
	sqlite_rig_remove(rig);
	assert_int_equal(rmdir(rig->folder), 0);
	expect_refused(rig, "No such file");
	assert_int_equal(mkdir(rig->folder, 0700), 0);
}

static void
a_second_hub_is_refused(void **state)
{
	struct sqlite_rig *rig = *state;
	struct sqlite_rig second = *rig;

	second.store = NULL;
	second.setup.path = rig->path;
	expect_refused(&second, "another hub");
	sqlite_rig_reopen(rig);
}

static bool
on_user(void *context, const struct store_user *user)
{
	assert_true(text_equal(user->name, TEXT("Ana")));
	++*(unsigned *)context;
	return true;
}

static void
older_schemas_are_carried_forward(void **state)
{
	struct sqlite_rig *rig = *state;
	unsigned found = 0;
	sqlite3 *db;

	put_file(rig, "");
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(sq_migrate(db, 1), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "INSERT INTO users VALUES(x'6f', x'61', 'Ana', zeroblob(32), 5);"
			     "INSERT INTO meta VALUES('clients_reserved', 77)",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(sqlite_rig_sql(rig, "PRAGMA user_version"), 1);
	assert_true(sqlite_rig_open(rig));
	assert_int_equal(sqlite_rig_sql(rig, "PRAGMA user_version"), sq_schema_version);
	assert_true(sq_schema_version > 1);
	assert_true(rig->store->ops->stale_users(rig->store, 6, 9, on_user, &found));
	assert_int_equal(found, 1);
	assert_int_equal(
	    sqlite_rig_sql(rig, "SELECT count(*) FROM sqlite_schema WHERE name = 'users_by_seen'"),
	    1);
}

static bool
on_gateway(void *context, const struct store_gateway *gateway)
{
	assert_true(text_equal(gateway->name, TEXT("gw-1")));
	++*(unsigned *)context;
	return true;
}

static unsigned
count_gateways(struct sqlite_rig *rig)
{
	unsigned count = 0;

	assert_true(rig->store->ops->read_gateways(rig->store, on_gateway, &count));
	return count;
}

static void
put_gateway(struct sqlite_rig *rig)
{
	struct store_gateway gateway = { .name = TEXT("gw-1"), .epoch = 5, .process = { 7, 8, 9 } };

	assert_true(rig->store->ops->put_gateway(rig->store, &gateway));
	assert_true(sqlite_rig_commit(rig));
	assert_int_equal(count_gateways(rig), 1);
}

/* The schema before that list; the hub's next life finds it. */
static void
a_file_without_known_gateways_gets_the_list(void **state)
{
	struct sqlite_rig *rig = *state;
	sqlite3 *db;

	put_file(rig, "");
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(sq_migrate(db, 3), SQLITE_OK);
	sqlite3_close(db);
	assert_true(sqlite_rig_open(rig));
	assert_int_equal(sqlite_rig_sql(rig, "PRAGMA user_version"), sq_schema_version);
	assert_int_equal(count_gateways(rig), 0);
	put_gateway(rig);
	sqlite_rig_reopen(rig);
	assert_int_equal(count_gateways(rig), 1);
}

static void
no_gateway_is_known_to_another_life_of_the_machine(void **state)
{
	struct sqlite_rig *rig = *state;

	put_gateway(rig);
	sqlite_rig_reopen(rig);
	assert_int_equal(count_gateways(rig), 1);
	rig->boot[0] = 'b';
	sqlite_rig_reopen(rig);
	assert_int_equal(count_gateways(rig), 0);
}

/* A life that is ended from outside: commits, reserves, and says what it was told. */
struct word {
	uint64_t seq;
	uint64_t ordinal;
};

static void
live(struct sqlite_rig *rig, enum store_durability durability, int out)
{
	struct store_position position;
	struct word word = { 0 };
	uint32_t first;
	uint64_t key;

	if (!sqlite_rig_open(rig))
		_exit(2);
	position = store_suite_open(rig->store, "room/a", durability, false);
	for (word.seq = position.seq + 1;; word.seq++) {
		if (!store_suite_append(rig->store, "room/a", position.epoch, word.seq, "x") ||
		    !sqlite_rig_commit(rig) ||
		    !rig->store->ops->reserve_clients(rig->store, 7000, &first, &key))
			_exit(3);
		word.ordinal = (uint64_t)first + 7000;
		if (write(out, &word, sizeof(word)) != sizeof(word))
			_exit(4);
	}
}

/* The last that it said before it was killed, `words` later. */
static struct word
live_and_die(struct sqlite_rig *rig, enum store_durability durability, unsigned words)
{
	struct word word = { 0 };
	struct word next;
	int pipes[2];
	pid_t child;

	sqlite_rig_close(rig);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipes[0]);
		live(rig, durability, pipes[1]);
	}
	close(pipes[1]);
	for (unsigned i = 0; i < words; i++)
		assert_int_equal(read(pipes[0], &word, sizeof(word)), sizeof(word));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	while (read(pipes[0], &next, sizeof(next)) == sizeof(next))
		word = next;
	close(pipes[0]);
	return word;
}

static void
a_kill_loses_nothing_that_was_told(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = 0;

	for (unsigned life = 1; life <= 8; life++) {
		struct word last = live_and_die(rig, STORE_DISK, life * 3);
		struct store_position position;
		uint32_t first;
		uint64_t key;

		assert_true(sqlite_rig_open(rig));
		position = store_suite_open(rig->store, "room/a", STORE_DISK, false);
		assert_in_range(position.seq, last.seq, last.seq + 1);
		assert_true(epoch == 0 || epoch == position.epoch);
		epoch = position.epoch;
		assert_int_equal(
		    sqlite_rig_sql(rig, "SELECT count(*) FROM messages"), position.seq);
		assert_int_equal(
		    sqlite_rig_sql(rig, "SELECT max(seq) FROM messages"), position.seq);
		assert_true(rig->store->ops->reserve_clients(rig->store, 1, &first, &key));
		assert_true(first >= last.ordinal);
	}
}

static void
another_life_of_the_machine_renews_what_was_not_synced(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_position before;
	struct store_position after;

	live_and_die(rig, STORE_NORMAL, 3);
	live_and_die(rig, STORE_NORMAL, 1);
	assert_true(sqlite_rig_open(rig));
	before = store_suite_open(rig->store, "room/a", STORE_NORMAL, false);
	sqlite_rig_close(rig);
	/* It ended well: nothing can be missing. */
	rig->boot[0] = 'b';
	assert_true(sqlite_rig_open(rig));
	after = store_suite_open(rig->store, "room/a", STORE_NORMAL, false);
	assert_int_equal(after.epoch, before.epoch);
	live_and_die(rig, STORE_NORMAL, 2);
	rig->boot[0] = 'c';
	assert_true(sqlite_rig_open(rig));
	after = store_suite_open(rig->store, "room/a", STORE_NORMAL, false);
	assert_int_not_equal(after.epoch, before.epoch);
	assert_true(after.seq >= before.seq + 2);
	assert_true(store_suite_append(rig->store, "room/a", after.epoch, after.seq + 1, "x"));
	assert_true(sqlite_rig_commit(rig));
}

static void
another_life_of_the_machine_leaves_what_was_synced(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch;

	live_and_die(rig, STORE_DISK, 2);
	assert_true(sqlite_rig_open(rig));
	epoch = store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch;
	live_and_die(rig, STORE_DISK, 2);
	rig->boot[0] = 'b';
	assert_true(sqlite_rig_open(rig));
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).epoch, epoch);
}

static void
on_job(void *context, bool done, const char *sentence)
{
	if (!done)
		fail_msg("%s", sentence);
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
say_up_to(struct sqlite_rig *rig, uint64_t seq)
{
	struct store_position at = store_suite_open(rig->store, "room/a", STORE_DISK, false);

	while (at.seq < seq)
		assert_true(store_suite_append(rig->store, "room/a", at.epoch, ++at.seq, "x"));
	assert_true(sqlite_rig_commit(rig));
}

/* Leaves the journal of a transaction on that file that never ended. */
static void
interrupt(const char *path)
{
	char journal[256];
	char kept[256];
	sqlite3 *db = NULL;

	snprintf(journal, sizeof(journal), "%s-journal", path);
	snprintf(kept, sizeof(kept), "%s-kept", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN; DELETE FROM messages",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	/* The end of the connection would roll back: what a kill leaves is taken aside. */
	sqlite_rig_copy(journal, kept);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(rename(kept, journal), 0);
}

/* A life ended in the middle of examining a copy: its journal is none of the next copy's. */
static void
what_an_interrupted_copy_left_does_not_touch_the_next(void **state)
{
	struct sqlite_rig *rig = *state;
	char part[128];
	char copy[128];

	snprintf(part, sizeof(part), "%s.restore-part", rig->path);
	snprintf(copy, sizeof(copy), "%s.copy", rig->path);
	say_up_to(rig, 300);
	do_job(rig, STORE_BACKUP, part);
	interrupt(part);
	say_up_to(rig, 600);
	do_job(rig, STORE_BACKUP, copy);
	do_job(rig, STORE_RESTORE, copy);
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 600);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM messages"), 600);
	assert_int_equal(unlink(copy), 0);
	snprintf(copy, sizeof(copy), "%s.replaced", rig->path);
	assert_int_equal(unlink(copy), 0);
}

static void
a_restored_copy_knows_no_gateways(void **state)
{
	struct sqlite_rig *rig = *state;
	char copy[128];

	put_gateway(rig);
	snprintf(copy, sizeof(copy), "%s.copy", rig->path);
	do_job(rig, STORE_BACKUP, copy);
	do_job(rig, STORE_RESTORE, copy);
	sqlite_rig_reopen(rig);
	assert_int_equal(count_gateways(rig), 0);
	assert_int_equal(unlink(copy), 0);
	snprintf(copy, sizeof(copy), "%s.replaced", rig->path);
	assert_int_equal(unlink(copy), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_file_that_is_no_database_is_left_alone),
		WITH_RIG(a_database_of_others_is_left_alone),
		WITH_RIG(an_empty_file_becomes_ours),
		WITH_RIG(a_newer_schema_is_refused),
		WITH_RIG(others_may_not_read_or_write_it),
		WITH_RIG(links_folders_and_nothing_are_refused),
		WITH_RIG(a_second_hub_is_refused),
		WITH_RIG(older_schemas_are_carried_forward),
		WITH_RIG(a_file_without_known_gateways_gets_the_list),
		WITH_RIG(no_gateway_is_known_to_another_life_of_the_machine),
		WITH_RIG(a_restored_copy_knows_no_gateways),
		WITH_RIG(a_kill_loses_nothing_that_was_told),
		WITH_RIG(another_life_of_the_machine_renews_what_was_not_synced),
		WITH_RIG(another_life_of_the_machine_leaves_what_was_synced),
		WITH_RIG(what_an_interrupted_copy_left_does_not_touch_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
