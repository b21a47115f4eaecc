/* Long work on the SQLite store: check, backup, restore, export, numbers, forgetting. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/store_sqlite_jobs.h"
#include "sqlite_rig.h"

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

struct job_end {
	unsigned ends;
	bool done;
	char sentence[256];
};

static char *
beside(const struct sqlite_rig *rig, const char *suffix, char out[128])
{
	snprintf(out, 128, "%s%s", rig->path, suffix);
	return out;
}

static int
set_up(void **state)
{
	return sqlite_rig_set_up(state);
}

static int
tear_down(void **state)
{
	static const char *const left[] = { ".copy", ".restore", ".replaced", ".replaced-wal",
		".foreign" };
	char path[128];

	for (unsigned i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		(void)unlink(beside(*state, left[i], path));
	return sqlite_rig_tear_down(state);
}

static void
on_done(void *context, bool done, const char *sentence)
{
	struct job_end *end = context;

	end->ends++;
	end->done = done;
	snprintf(end->sentence, sizeof(end->sentence), "%s", sentence);
}

static void
poll_store(struct sqlite_rig *rig)
{
	struct pollfd wake = { .fd = rig->store->ops->wake_fd(rig->store), .events = POLLIN };

	(void)poll(&wake, 1, 20);
	rig->store->ops->poll(rig->store);
}

static struct job_end
do_job(struct sqlite_rig *rig, enum store_job job, const char *path)
{
	struct job_end end = { 0 };

	assert_true(rig->store->ops->start_job(rig->store, job, text_of(path), on_done, &end));
	for (unsigned i = 0; end.ends == 0 && i < 1000; i++)
		poll_store(rig);
	assert_int_equal(end.ends, 1);
	return end;
}

static void
assert_says(struct job_end end, bool done, const char *words)
{
	if (end.done != done || strstr(end.sentence, words) == NULL)
		fail_msg("%s: %s", end.done ? "done" : "not done", end.sentence);
}

static uint64_t
open_stream(struct sqlite_rig *rig, const char *name)
{
	return store_suite_open(rig->store, name, STORE_DISK, strncmp(name, "inbox", 5) == 0).epoch;
}

static void
say(struct sqlite_rig *rig, const char *stream, uint64_t epoch, uint64_t from, uint64_t to)
{
	char content[32];

	for (uint64_t seq = from; seq <= to; seq++) {
		snprintf(content, sizeof(content), "m%u", (unsigned)seq);
		assert_true(store_suite_append(rig->store, stream, epoch, seq, content));
	}
	assert_true(sqlite_rig_commit(rig));
}

static void
a_whole_file_is_said_to_be_whole(void **state)
{
	struct sqlite_rig *rig = *state;

	say(rig, "room/a", open_stream(rig, "room/a"), 1, 3);
	assert_says(do_job(rig, STORE_CHECK, ""), true, "whole");
}

/* The next start finds the file as it was, and able to take more. */
static void
a_stop_does_not_wait_for_a_check(void **state)
{
	struct sqlite_rig *rig = *state;
	struct job_end end = { 0 };
	uint64_t epoch = open_stream(rig, "room/a");

	say(rig, "room/a", epoch, 1, 2000);
	assert_true(rig->store->ops->start_job(rig->store, STORE_CHECK, TEXT(""), on_done, &end));
	sqlite_rig_reopen(rig);
	assert_int_equal(end.ends, 0);
	say(rig, "room/a", open_stream(rig, "room/a"), 2001, 2002);
	assert_says(do_job(rig, STORE_CHECK, ""), true, "whole");
}

static void
a_backup_is_taken_while_others_write(void **state)
{
	static const char whole[] = "SELECT count(*) - max(seq) FROM messages WHERE"
				    " (SELECT seq FROM streams) = (SELECT max(seq) FROM messages)";
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a");
	struct job_end end = { 0 };
	struct stat facts;
	char copy[128];
	uint64_t seq = 2000;
	sqlite3 *db = NULL;
	int64_t value = -1;

	say(rig, "room/a", epoch, 1, seq);
	(void)beside(rig, ".copy", copy);
	assert_true(
	    rig->store->ops->start_job(rig->store, STORE_BACKUP, text_of(copy), on_done, &end));
	assert_false(rig->store->ops->start_job(rig->store, STORE_CHECK, TEXT(""), on_done, &end));
	do {
		seq++;
		say(rig, "room/a", epoch, seq, seq);
	} while (end.ends == 0);
	assert_says(end, true, "bytes");
	assert_int_equal(stat(copy, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0600);
	assert_int_equal(sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sq_ask(db, whole, &value), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	/* Of one moment: as many messages as the stream's number says, whatever that is. */
	assert_int_equal(value, 0);
	assert_says(do_job(rig, STORE_BACKUP, copy), false, "there already");
}

static void
a_path_that_cannot_be_is_refused(void **state)
{
	struct sqlite_rig *rig = *state;
	struct job_end end = { 0 };

	assert_false(
	    rig->store->ops->start_job(rig->store, STORE_BACKUP, TEXT("copy.db"), on_done, &end));
	assert_false(
	    rig->store->ops->start_job(rig->store, STORE_RESTORE, TEXT(""), on_done, &end));
	assert_says(do_job(rig, STORE_BACKUP, "/nowhere/at/all"), false, "cannot be created");
	assert_says(do_job(rig, STORE_RESTORE, "/nowhere/at/all"), false, "cannot be opened");
	assert_says(do_job(rig, STORE_RESTORE, "/dev/null"), false, "not a copy");
	assert_int_equal(end.ends, 0);
}

static bool
take_epoch(void *context, const struct store_id *id)
{
	assert_int_equal(id->seq, 3);
	*(uint64_t *)context = id->epoch;
	return true;
}

/* The epoch in which ana's message "m" is said to be. */
static uint64_t
epoch_of_id(struct sqlite_rig *rig)
{
	uint64_t epoch = 0;

	assert_true(
	    rig->store->ops->find_id(rig->store, TEXT("open/ana"), TEXT("m"), take_epoch, &epoch));
	return epoch;
}

static void
a_copy_comes_back_under_new_epochs(void **state)
{
	const struct store_id id = {
		.sender = TEXT("open/ana"),
		.id = TEXT("m"),
		.room = TEXT("a"),
		.epoch = open_stream(*state, "room/a"),
		.seq = 3,
	};
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a");
	struct store_position position;
	char copy[128];
	uint32_t given;
	uint32_t first;
	uint64_t key;
	uint64_t other_key;

	assert_true(rig->store->ops->put_id(rig->store, &id));
	say(rig, "room/a", epoch, 1, 3);
	assert_int_equal(epoch_of_id(rig), epoch);
	assert_says(do_job(rig, STORE_BACKUP, beside(rig, ".copy", copy)), true, "bytes");
	say(rig, "room/a", epoch, 4, 5);
	assert_true(rig->store->ops->reserve_clients(rig->store, 100000, &given, &key));
	assert_says(do_job(rig, STORE_RESTORE, copy), true, "next");
	/* Until then everything is as it was. */
	assert_string_equal(
	    store_suite_read(rig->store, "room/a", epoch, 0, UINT64_MAX, 10, 0, false),
	    "m1 m2 m3 m4 m5");
	sqlite_rig_reopen(rig);
	position = store_suite_open(rig->store, "room/a", STORE_DISK, false);
	assert_int_not_equal(position.epoch, epoch);
	assert_int_equal(position.seq, 3);
	assert_int_equal(epoch_of_id(rig), position.epoch);
	assert_string_equal(
	    store_suite_read(rig->store, "room/a", position.epoch, 0, UINT64_MAX, 10, 0, false),
	    "m1 m2 m3");
	assert_true(rig->store->ops->reserve_clients(rig->store, 1, &first, &other_key));
	assert_int_equal(other_key, key);
	assert_true(first >= given + 100000);
	assert_int_equal(access(beside(rig, ".restore", copy), F_OK), -1);
	assert_int_equal(access(beside(rig, ".replaced", copy), F_OK), 0);
	/* Once. */
	sqlite_rig_reopen(rig);
	assert_int_equal(open_stream(rig, "room/a"), position.epoch);
}

static void
write_file(const char *path, const char *from, const char *sql)
{
	sqlite3 *db = NULL;

	if (from != NULL)
		sqlite_rig_copy(from, path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
write_bytes(const char *path, const char *words)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(words, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* It ended when the store had stepped aside, but neither its log nor the copy had moved. */
static void
an_interrupted_restore_is_finished(void **state)
{
	struct sqlite_rig *rig = *state;
	uint64_t epoch = open_stream(rig, "room/a");
	char from[128];
	char to[128];

	say(rig, "room/a", epoch, 1, 3);
	assert_says(do_job(rig, STORE_BACKUP, beside(rig, ".copy", from)), true, "bytes");
	assert_says(do_job(rig, STORE_RESTORE, from), true, "next");
	sqlite_rig_close(rig);
	write_file(beside(rig, ".restore", from), NULL,
	    "INSERT INTO meta(name, value) VALUES('restore_ready', 1)");
	assert_int_equal(rename(rig->path, beside(rig, ".replaced", to)), 0);
	write_bytes(beside(rig, "-wal", from), "the log of the other file");
	if (!sqlite_rig_open(rig))
		fail_msg("%s", rig->error);
	/* Its epochs had been renewed before it began to move, so they are not renewed again. */
	assert_int_equal(open_stream(rig, "room/a"), epoch);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 3);
	assert_true(sqlite_rig_has(beside(rig, ".replaced-wal", to), "the log of the other file"));
	assert_int_equal(access(beside(rig, ".restore", to), F_OK), -1);
}

/* This is what backups are for: the present file cannot even be read. */
static void
a_ruined_store_is_replaced_all_the_same(void **state)
{
	struct sqlite_rig *rig = *state;
	char path[128];
	uint32_t given;
	uint32_t first;
	uint64_t key;

	say(rig, "room/a", open_stream(rig, "room/a"), 1, 3);
	assert_true(rig->store->ops->reserve_clients(rig->store, 100000, &given, &key));
	assert_says(do_job(rig, STORE_BACKUP, beside(rig, ".copy", path)), true, "bytes");
	assert_says(do_job(rig, STORE_RESTORE, path), true, "next");
	sqlite_rig_close(rig);
	write_bytes(
	    rig->path, "what the disk has made of it, which is no database at all any more");
	if (!sqlite_rig_open(rig))
		fail_msg("%s", rig->error);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 3);
	assert_true(rig->store->ops->reserve_clients(rig->store, 1, &first, &key));
	assert_true(first > given + 1000000);
}

static void
what_is_not_a_copy_of_a_store_is_refused(void **state)
{
	struct sqlite_rig *rig = *state;
	char copy[128];
	char foreign[128];
	FILE *file;

	say(rig, "room/a", open_stream(rig, "room/a"), 1, 500);
	assert_says(do_job(rig, STORE_BACKUP, beside(rig, ".copy", copy)), true, "bytes");
	(void)beside(rig, ".foreign", foreign);
	write_file(foreign, NULL, "CREATE TABLE t(a)");
	assert_says(do_job(rig, STORE_RESTORE, foreign), false, "not a Hubbub store");
	write_file(foreign, copy, "PRAGMA user_version = 99");
	assert_says(do_job(rig, STORE_RESTORE, foreign), false, "newer");
	write_file(foreign, copy, "PRAGMA user_version");
	file = fopen(foreign, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 2 * 4096, SEEK_SET), 0);
	for (unsigned i = 0; i < 2 * 4096; i++)
		assert_int_equal(fputc('x', file), 'x');
	assert_int_equal(fclose(file), 0);
	assert_says(do_job(rig, STORE_RESTORE, foreign), false, "damaged");
	file = fopen(foreign, "w");
	assert_non_null(file);
	assert_true(fputs("not a database, but long enough to be looked at", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_says(do_job(rig, STORE_RESTORE, foreign), false, "not a Hubbub store");
	assert_int_equal(access(beside(rig, ".restore", copy), F_OK), -1);
	assert_int_equal(access(beside(rig, ".restore-part", copy), F_OK), -1);
	sqlite_rig_reopen(rig);
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 500);
}

static bool
count_row(void *context, const struct store_message *message)
{
	assert_false(text_is_empty(message->stream));
	assert_int_not_equal(message->epoch, 0);
	++*(unsigned *)context;
	return true;
}

static void
everything_is_exported_and_counted(void **state)
{
	struct sqlite_rig *rig = *state;
	struct store_stats stats;
	unsigned rows = 0;
	unsigned pages = 0;
	uint64_t cursor = 0;
	uint64_t epoch;

	say(rig, "room/a", open_stream(rig, "room/a"), 1, 25);
	say(rig, "room/b", open_stream(rig, "room/b"), 1, 1);
	epoch = store_suite_open(rig->store, "room/c", STORE_MEMORY, false).epoch;
	say(rig, "room/c", epoch, 1, 12);
	do {
		assert_true(
		    rig->store->ops->export_page(rig->store, &cursor, 10, count_row, &rows));
		pages++;
	} while (cursor != 0);
	assert_int_equal(rows, 38);
	assert_in_range(pages, 5, 7);
	rig->store->ops->stats(rig->store, &stats);
	assert_int_equal(stats.messages, 38);
	assert_int_equal(stats.streams, 3);
	assert_int_equal(stats.batches, 3);
	assert_int_equal(stats.schema_version, sq_schema_version);
	assert_true(stats.file_bytes > 0);
	assert_string_equal(stats.state, "ok");
}

static bool
store_has(const struct sqlite_rig *rig, const char *bytes)
{
	char wal[128];

	return sqlite_rig_has(rig->path, bytes) || sqlite_rig_has(beside(rig, "-wal", wal), bytes);
}

static void
say_as(struct sqlite_rig *rig, const char *stream, uint64_t epoch, uint64_t seq, const char *user,
    size_t padding)
{
	char content[6000];
	char name[64];
	struct store_message message = {
		.stream = text_of(stream),
		.epoch = epoch,
		.seq = seq,
		.wall_ms = 5,
		.from = 9,
		.from_user = text_of(user),
	};

	memset(content, '.', sizeof(content));
	snprintf(content + padding, sizeof(content) - padding, "words-of-%s", user);
	snprintf(name, sizeof(name), "name-of-%s", user);
	message.content = text_of(content);
	message.from_name = text_of(name);
	assert_true(rig->store->ops->append(rig->store, &message));
}

static void
a_forgotten_user_leaves_no_trace(void **state)
{
	struct sqlite_rig *rig = *state;
	const struct store_ops *does = rig->store->ops;
	uint64_t room = open_stream(rig, "room/a");
	uint64_t hers = open_stream(rig, "inbox/open/ana-maria");
	uint64_t his = open_stream(rig, "inbox/open/ben");
	struct store_user user = {
		.realm = TEXT("open"), .id = TEXT("ana-maria"), .name = TEXT("name-of-ana-maria")
	};

	assert_true(does->put_user(rig->store, &user));
	for (uint64_t seq = 1; seq <= 200; seq++) {
		say_as(
		    rig, "room/a", room, seq, seq % 3 == 0 ? "ana-maria" : "ben", seq * 131 % 5900);
		say_as(rig, "inbox/open/ana-maria", hers, seq, "carl", seq * 37 % 5900);
		say_as(rig, "inbox/open/ben", his, seq, "ana-maria", seq % 700);
		if (seq % 20 == 0)
			assert_true(sqlite_rig_commit(rig));
	}
	assert_true(store_has(rig, "words-of-ana-maria"));
	assert_true(store_has(rig, "words-of-carl"));
	assert_true(does->forget(rig->store, TEXT("open"), TEXT("ana-maria")));
	assert_true(sqlite_rig_commit(rig));
	for (unsigned i = 0; i < 500 && store_has(rig, "ana-maria"); i++)
		poll_store(rig);
	assert_false(store_has(rig, "words-of-ana-maria"));
	assert_false(store_has(rig, "name-of-ana-maria"));
	assert_false(store_has(rig, "ana-maria"));
	assert_false(store_has(rig, "words-of-carl"));
	assert_true(store_has(rig, "words-of-ben"));
	assert_int_equal(store_suite_open(rig->store, "room/a", STORE_DISK, false).seq, 200);
	assert_int_equal(sqlite_rig_sql(rig, "SELECT count(*) FROM messages"), 400);
	assert_int_equal(
	    sqlite_rig_sql(rig, "SELECT count(*) FROM messages WHERE content = x''"), 200 + 66);
}

static void
what_was_not_cleared_is_cleared_by_the_next_life(void **state)
{
	struct sqlite_rig *rig = *state;
	static const char due[] = "SELECT count(*) FROM meta WHERE name = 'clear_due'";

	assert_true(rig->store->ops->forget(rig->store, TEXT("open"), TEXT("ana")));
	rig->store->ops->commit(rig->store, ++rig->batch);
	/* Closed before anybody asked how it went: nothing was cleared. */
	sqlite_rig_close(rig);
	assert_int_equal(sqlite_rig_sql(rig, due), 1);
	if (!sqlite_rig_open(rig))
		fail_msg("%s", rig->error);
	for (unsigned i = 0; i < 500 && sqlite_rig_sql(rig, due) != 0; i++)
		poll_store(rig);
	assert_int_equal(sqlite_rig_sql(rig, due), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_whole_file_is_said_to_be_whole),
		WITH_RIG(a_stop_does_not_wait_for_a_check),
		WITH_RIG(a_backup_is_taken_while_others_write),
		WITH_RIG(a_path_that_cannot_be_is_refused),
		WITH_RIG(a_copy_comes_back_under_new_epochs),
		WITH_RIG(an_interrupted_restore_is_finished),
		WITH_RIG(a_ruined_store_is_replaced_all_the_same),
		WITH_RIG(what_is_not_a_copy_of_a_store_is_refused),
		WITH_RIG(everything_is_exported_and_counted),
		WITH_RIG(a_forgotten_user_leaves_no_trace),
		WITH_RIG(what_was_not_cleared_is_cleared_by_the_next_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
