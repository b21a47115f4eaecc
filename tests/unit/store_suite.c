/* What every store must do; see store_suite.h. */
#include "store_suite.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A thread that has not answered by then never will. */
#define PATIENCE_MS 30000

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	struct store_ends *ends = context;

	assert_true(batch > ends->heard);
	ends->heard = batch;
	if (committed) {
		ends->kept++;
		return;
	}
	if (ends->failed++ == 0)
		ends->first_failed = batch;
}

void
store_ends_watch(struct store *store, struct store_ends *ends)
{
	*ends = (struct store_ends){ 0 };
	store->completed = on_completed;
	store->context = ends;
}

void
store_wait(struct store *store, struct store_ends *ends, uint64_t batch)
{
	struct pollfd wake = { .fd = store->ops->wake_fd(store), .events = POLLIN };

	store->ops->poll(store);
	while (ends->heard < batch) {
		assert_int_equal(poll(&wake, 1, PATIENCE_MS), 1);
		store->ops->poll(store);
	}
}

bool
store_commit_wait(struct store *store, struct store_ends *ends, uint64_t batch)
{
	unsigned kept = ends->kept;

	store->ops->commit(store, batch);
	store_wait(store, ends, batch);
	return ends->kept > kept;
}

struct store_position
store_suite_open(
    struct store *store, const char *name, enum store_durability durability, bool inbox)
{
	struct store_stream wanted = {
		.name = text_of(name),
		.durability = durability,
		.inbox = inbox,
	};
	struct store_position position = { 0 };

	assert_true(store->ops->open_stream(store, &wanted, &position));
	assert_true(position.epoch > 0 && position.epoch <= STORE_NUMBER_MAX);
	return position;
}

bool
store_suite_append(
    struct store *store, const char *name, uint64_t epoch, uint64_t seq, const char *content)
{
	struct store_message message = {
		.stream = text_of(name),
		.epoch = epoch,
		.seq = seq,
		.wall_ms = 1000 + (int64_t)seq,
		.from = 7,
		.from_user = TEXT("ana"),
		.from_name = TEXT("Ana"),
		.content = text_of(content),
		.extra = TEXT("{}"),
	};

	return store->ops->append(store, &message);
}

struct reading {
	char words[8192];
	uint64_t last;
};

static bool
on_message(void *context, const struct store_message *message)
{
	struct reading *reading = context;
	size_t length = strlen(reading->words);

	assert_true(message->seq > reading->last);
	reading->last = message->seq;
	if (message->content.length > 0) {
		assert_int_equal(message->wall_ms, 1000 + (int64_t)message->seq);
		assert_int_equal(message->from, 7);
		assert_true(text_equal(message->from_user, TEXT("ana")));
		assert_true(text_equal(message->from_name, TEXT("Ana")));
		assert_true(text_equal(message->extra, TEXT("{}")));
	}
	snprintf(reading->words + length, sizeof(reading->words) - length, "%s%.*s",
	    length > 0 ? " " : "", (int)message->content.length, message->content.data);
	return true;
}

const char *
store_suite_read(struct store *store, const char *name, uint64_t epoch, uint64_t after,
    uint64_t until, unsigned limit, size_t bytes, bool newest)
{
	static struct reading reading;
	struct store_range range = {
		.stream = text_of(name),
		.epoch = epoch,
		.after = after,
		.until = until,
		.limit = limit,
		.bytes = bytes,
		.newest = newest,
	};

	memset(&reading, 0, sizeof(reading));
	assert_true(store->ops->read(store, &range, on_message, &reading));
	return reading.words[0] == '\0' ? "-" : reading.words;
}

static void
check_ranges(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	uint64_t epoch = store_suite_open(store, "room/a", suite->durability, false).epoch;
	static const char *const words[] = { "one", "two", "three", "four", "five" };

	for (uint64_t seq = 1; seq <= 5; seq++)
		assert_true(store_suite_append(store, "room/a", epoch, seq, words[seq - 1]));
	assert_true(store_commit_wait(store, ends, 1));
	assert_string_equal(store_suite_read(store, "room/a", epoch, 0, 9, 10, 0, false),
	    "one two three four five");
	assert_string_equal(
	    store_suite_read(store, "room/a", epoch, 1, 4, 10, 0, false), "two three four");
	assert_string_equal(
	    store_suite_read(store, "room/a", epoch, 1, UINT64_MAX, 2, 0, false), "two three");
	assert_string_equal(
	    store_suite_read(store, "room/a", epoch, 0, 4, 2, 0, true), "three four");
	/* 3 + 3 bytes do not reach 7, the next does and is the last. */
	assert_string_equal(
	    store_suite_read(store, "room/a", epoch, 0, 9, 9, 7, false), "one two three");
	assert_string_equal(
	    store_suite_read(store, "room/a", epoch, 0, UINT64_MAX, 9, 5, true), "four five");
	assert_string_equal(store_suite_read(store, "room/a", epoch, 5, 9, 9, 0, false), "-");
	assert_string_equal(store_suite_read(store, "room/a", epoch + 1, 0, 9, 9, 0, false), "-");
	assert_string_equal(store_suite_read(store, "room/none", epoch, 0, 9, 9, 0, false), "-");
}

static void
check_turns(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_position position =
	    store_suite_open(store, "room/a", suite->durability, false);

	assert_int_equal(position.seq, 0);
	assert_int_equal(position.first, 1);
	assert_false(store_suite_append(store, "room/a", position.epoch, 0, "x"));
	assert_false(store_suite_append(store, "room/a", position.epoch, 2, "x"));
	assert_false(store_suite_append(store, "room/a", position.epoch + 1, 1, "x"));
	assert_false(store_suite_append(store, "room/unknown", position.epoch, 1, "x"));
	assert_true(store_suite_append(store, "room/a", position.epoch, 1, "x"));
	assert_true(store_suite_append(store, "room/a", position.epoch, 2, "y"));
	assert_true(store_commit_wait(store, ends, 1));
	position = store_suite_open(store, "room/a", suite->durability, false);
	assert_int_equal(position.seq, 2);
	assert_int_equal(position.first, 1);
}

static void
check_marks(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_position position =
	    store_suite_open(store, "inbox/r/ana", suite->durability, true);
	uint64_t epoch = position.epoch;

	for (uint64_t seq = 1; seq <= 4; seq++)
		assert_true(store_suite_append(store, "inbox/r/ana", epoch, seq, "four"));
	assert_false(store->ops->set_mark(store, TEXT("inbox/r/ana"), 5));
	assert_true(store->ops->set_mark(store, TEXT("inbox/r/ana"), 3));
	assert_true(store->ops->set_mark(store, TEXT("inbox/r/ana"), 2));
	assert_true(store_commit_wait(store, ends, 1));
	position = store_suite_open(store, "inbox/r/ana", suite->durability, true);
	assert_int_equal(position.mark, 3);
	assert_int_equal(position.seq, 4);
	assert_int_equal(position.unread_bytes, 4);
}

static void
check_names(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	uint64_t epoch = store_suite_open(store, "room/a", suite->durability, false).epoch;

	assert_true(store_suite_append(store, "room/a", epoch, 1, "one"));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store->ops->rename_stream(store, TEXT("room/a"), TEXT("room/b")));
	assert_true(store_commit_wait(store, ends, 2));
	assert_string_equal(store_suite_read(store, "room/b", epoch, 0, 9, 9, 0, false), "one");
	assert_true(store_suite_append(store, "room/b", epoch, 2, "two"));
	assert_false(store_suite_append(store, "room/a", epoch, 2, "two"));
	assert_true(store_commit_wait(store, ends, 3));
	assert_true(store->ops->remove_stream(store, TEXT("room/b")));
	assert_int_equal(store_suite_open(store, "room/b", suite->durability, false).seq, 0);
	assert_true(store_commit_wait(store, ends, 4));
	assert_string_equal(store_suite_read(store, "room/b", epoch, 0, 9, 9, 0, false), "-");
	assert_int_equal(store_suite_open(store, "room/b", suite->durability, false).seq, 0);
	assert_int_not_equal(
	    store_suite_open(store, "room/b", suite->durability, false).epoch, epoch);
}

static void
check_spoiled(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_position position =
	    store_suite_open(store, "room/a", suite->durability, false);

	assert_true(store_suite_append(store, "room/a", position.epoch, 1, "one"));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store_suite_append(store, "room/a", position.epoch, 2, "two"));
	store->ops->spoil(store);
	assert_false(store_commit_wait(store, ends, 2));
	store->ops->spoil(store);
	assert_false(store_commit_wait(store, ends, 3));
	assert_string_equal(
	    store_suite_read(store, "room/a", position.epoch, 0, UINT64_MAX, 10, 0, false), "one");
	assert_true(store_suite_append(store, "room/a", position.epoch, 2, "again"));
	assert_true(store_commit_wait(store, ends, 4));
	assert_string_equal(
	    store_suite_read(store, "room/a", position.epoch, 0, UINT64_MAX, 10, 0, false),
	    "one again");
	assert_int_equal(ends->failed, 2);
	ends->failed = 0;
}

static store_check *const checks[] = {
	check_ranges,
	check_turns,
	check_marks,
	check_names,
	store_check_outcomes,
	store_check_ids,
	store_check_users,
	store_check_rooms,
	store_check_gateways,
	store_check_bans,
	check_spoiled,
};

void
store_suite(const struct store_suite *suite)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct store *store = suite->open(suite->context);
		struct store_ends ends;

		assert_non_null(store);
		store_ends_watch(store, &ends);
		checks[i](suite, store, &ends);
		assert_int_equal(ends.failed, 0);
		suite->close(suite->context, &store);
		assert_null(store);
	}
}
