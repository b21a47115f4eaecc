/* The store in RAM, row by row: what is kept, found, pruned, forgotten, and undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/store_memory.h"

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

struct scene {
	struct store *store;
	uint64_t batch;
	uint64_t epoch; /* of the stream that was opened last */
	unsigned ends[2];
	char heard[4096]; /* a word per row, blanks between */
};

static void
on_completed(void *context, uint64_t batch, bool committed)
{
	(void)batch;
	((struct scene *)context)->ends[committed]++;
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->store = store_memory_open(7);
	assert_non_null(scene->store);
	scene->store->completed = on_completed;
	scene->store->context = scene;
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	store_close(&((struct scene *)*state)->store);
	free(*state);
	return 0;
}

static void
hear(struct scene *scene, struct text word)
{
	size_t length = strlen(scene->heard);

	assert_true(length + word.length + 2 < sizeof(scene->heard));
	if (length > 0)
		scene->heard[length++] = ' ';
	memcpy(scene->heard + length, word.data, word.length);
	scene->heard[length + word.length] = '\0';
}

static bool
hear_message(void *context, const struct store_message *message)
{
	hear(context, text_is_empty(message->content) ? TEXT("-") : message->content);
	return true;
}

static bool
hear_user(void *context, const struct store_user *user)
{
	hear(context, user->id);
	return true;
}

static bool
hear_room(void *context, const struct store_room *room)
{
	hear(context, room->name);
	return true;
}

static bool
hear_id(void *context, const struct store_id *id)
{
	hear(context, id->id);
	return true;
}

static bool
hear_outcome(void *context, const struct store_outcome *outcome)
{
	hear(context, (struct text){ &"0123456789"[outcome->number % 10], 1 });
	return true;
}

static void
assert_heard(struct scene *scene, const char *words)
{
	assert_string_equal(scene->heard, words);
	scene->heard[0] = '\0';
}

static struct store_position
open_as(struct scene *scene, const struct store_stream *stream)
{
	struct store_position position;

	assert_true(scene->store->ops->open_stream(scene->store, stream, &position));
	scene->epoch = position.epoch;
	return position;
}

static struct store_position
open_stream(struct scene *scene, const char *name)
{
	return open_as(scene, &(struct store_stream){ .name = text_of(name) });
}

static bool
say_at(struct scene *scene, const char *stream, uint64_t seq, const char *content, int64_t wall_ms)
{
	struct store_message message = {
		.stream = text_of(stream),
		.epoch = scene->epoch,
		.seq = seq,
		.wall_ms = wall_ms,
		.from = 5,
		.from_user = TEXT("ana"),
		.from_name = TEXT("Ana"),
		.content = text_of(content),
	};

	return scene->store->ops->append(scene->store, &message);
}

static bool
say(struct scene *scene, const char *stream, uint64_t seq, const char *content)
{
	return say_at(scene, stream, seq, content, 1000);
}

static void
commit(struct scene *scene)
{
	scene->store->ops->commit(scene->store, ++scene->batch);
}

static void
read_range(struct scene *scene, const char *stream, struct store_range range)
{
	range.stream = text_of(stream);
	range.epoch = range.epoch != 0 ? range.epoch : scene->epoch;
	range.until = range.until != 0 ? range.until : UINT64_MAX;
	range.limit = range.limit != 0 ? range.limit : 100;
	assert_true(scene->store->ops->read(scene->store, &range, hear_message, scene));
}

static void
what_was_said_is_read_in_ranges(void **state)
{
	struct scene *scene = *state;

	(void)open_stream(scene, "room/a");
	assert_in_range(scene->epoch, 1, STORE_NUMBER_MAX);
	for (unsigned i = 0; i < 5; i++)
		assert_true(
		    say(scene, "room/a", i + 1, (const char *[]){ "a", "b", "c", "d", "e" }[i]));
	read_range(scene, "room/a", (struct store_range){ 0 });
	assert_heard(scene, "");
	commit(scene);
	assert_int_equal(scene->ends[true], 1);
	read_range(scene, "room/a", (struct store_range){ 0 });
	assert_heard(scene, "a b c d e");
	read_range(scene, "room/a", (struct store_range){ .after = 1, .until = 4 });
	assert_heard(scene, "b c d");
	read_range(scene, "room/a", (struct store_range){ .after = 1, .limit = 2 });
	assert_heard(scene, "b c");
	read_range(scene, "room/a", (struct store_range){ .until = 4, .limit = 2, .newest = true });
	assert_heard(scene, "c d");
	read_range(scene, "room/a", (struct store_range){ .bytes = 2 });
	assert_heard(scene, "a b");
	read_range(scene, "room/a", (struct store_range){ .bytes = 2, .newest = true });
	assert_heard(scene, "d e");
	read_range(scene, "room/a", (struct store_range){ .after = 5 });
	read_range(scene, "room/a", (struct store_range){ .after = UINT64_MAX });
	read_range(scene, "room/a", (struct store_range){ .epoch = scene->epoch + 1 });
	read_range(scene, "room/b", (struct store_range){ 0 });
	assert_heard(scene, "");
}

static void
old_messages_go_by_count_age_and_bytes(void **state)
{
	struct scene *scene = *state;
	struct store_stream stream = { .name = TEXT("room/a"), .keep = { .messages = 2 } };

	(void)open_as(scene, &stream);
	for (uint64_t seq = 1; seq <= 4; seq++)
		assert_true(say(scene, "room/a", seq, "12345"));
	commit(scene);
	assert_int_equal(open_as(scene, &stream).first, 3);
	stream.keep = (struct store_keep){ .milliseconds = 500 };
	(void)open_as(scene, &stream);
	assert_true(say_at(scene, "room/a", 5, "67890", 1500));
	assert_true(say_at(scene, "room/a", 6, "67890", 1501));
	commit(scene);
	assert_int_equal(open_as(scene, &stream).first, 5);
	stream.keep = (struct store_keep){ .bytes = 9 };
	(void)open_as(scene, &stream);
	assert_true(say(scene, "room/a", 7, "last"));
	commit(scene);
	assert_int_equal(open_as(scene, &stream).first, 6);
	read_range(scene, "room/a", (struct store_range){ 0 });
	assert_heard(scene, "67890 last");
}

static void
mail_waits_for_its_mark(void **state)
{
	struct scene *scene = *state;
	const struct store_stream inbox = {
		.name = TEXT("inbox/open/ana"),
		.inbox = true,
		.keep = { .messages = 1 },
	};
	struct store_position position;

	(void)open_as(scene, &inbox);
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_true(say(scene, "inbox/open/ana", seq, "mail"));
	commit(scene);
	scene->store->ops->close_stream(scene->store, inbox.name);
	position = open_as(scene, &inbox);
	assert_int_equal(position.first, 1);
	assert_int_equal(position.seq, 3);
	assert_int_equal(position.unread_bytes, 12);
	assert_false(scene->store->ops->set_mark(scene->store, inbox.name, 4));
	assert_true(scene->store->ops->set_mark(scene->store, inbox.name, 2));
	commit(scene);
	position = open_as(scene, &inbox);
	assert_int_equal(position.mark, 2);
	assert_int_equal(position.first, 3);
	assert_int_equal(position.unread_bytes, 4);
	assert_true(scene->store->ops->set_mark(scene->store, inbox.name, 1));
	commit(scene);
	assert_int_equal(open_as(scene, &inbox).mark, 2);
}

static void
a_failed_batch_leaves_everything_as_it_was(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	uint64_t epoch = open_stream(scene, "room/a").epoch;

	assert_true(say(scene, "room/a", 1, "kept"));
	commit(scene);
	store_memory_hold(scene->store, true);
	assert_true(say(scene, "room/a", 2, "lost"));
	assert_true(does->rename_stream(scene->store, TEXT("room/a"), TEXT("room/b")));
	assert_true(say(scene, "room/b", 3, "lost too"));
	commit(scene);
	assert_true(does->remove_stream(scene->store, TEXT("room/b")));
	assert_true(does->put_room(scene->store, &(struct store_room){ .name = TEXT("b") }));
	commit(scene);
	commit(scene);
	assert_true(store_memory_end(scene->store, false));
	assert_true(store_memory_end(scene->store, true));
	assert_true(store_memory_end(scene->store, true));
	assert_false(store_memory_end(scene->store, true));
	assert_int_equal(scene->ends[false], 3);
	assert_int_equal(open_stream(scene, "room/a").epoch, epoch);
	assert_int_equal(open_stream(scene, "room/a").seq, 1);
	assert_true(does->read_rooms(scene->store, TEXT(""), 10, hear_room, scene));
	assert_true(say(scene, "room/a", 2, "second"));
	commit(scene);
	assert_true(store_memory_end(scene->store, true));
	read_range(scene, "room/a", (struct store_range){ 0 });
	assert_heard(scene, "kept second");
}

static void
streams_are_renamed_and_removed(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	uint64_t epoch = open_stream(scene, "room/a").epoch;

	assert_true(say(scene, "room/a", 1, "one"));
	(void)open_stream(scene, "room/taken");
	assert_false(does->rename_stream(scene->store, TEXT("room/a"), TEXT("room/taken")));
	assert_false(does->rename_stream(scene->store, TEXT("room/none"), TEXT("room/c")));
	assert_true(does->rename_stream(scene->store, TEXT("room/a"), TEXT("room/b")));
	scene->epoch = epoch;
	assert_false(say(scene, "room/a", 2, "two"));
	assert_true(say(scene, "room/b", 2, "two"));
	commit(scene);
	assert_int_equal(open_stream(scene, "room/b").epoch, epoch);
	read_range(scene, "room/b", (struct store_range){ 0 });
	assert_heard(scene, "one two");
	assert_true(does->remove_stream(scene->store, TEXT("room/b")));
	assert_true(does->remove_stream(scene->store, TEXT("room/none")));
	commit(scene);
	assert_int_not_equal(open_stream(scene, "room/b").epoch, epoch);
	assert_int_equal(open_stream(scene, "room/b").seq, 0);
}

static void
outcomes_stay_until_they_are_confirmed(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	struct store_outcome outcome = { .gateway = TEXT("gw"), .gateway_epoch = 8 };
	uint64_t last;

	for (outcome.number = 1; outcome.number <= 4; outcome.number++)
		assert_true(does->put_outcome(scene->store, &outcome));
	assert_true(does->last_outcome(scene->store, TEXT("gw"), 8, &last));
	assert_int_equal(last, 0);
	assert_true(does->prune_outcomes(scene->store, TEXT("gw"), 8, 2));
	commit(scene);
	assert_true(does->last_outcome(scene->store, TEXT("gw"), 8, &last));
	assert_int_equal(last, 4);
	assert_true(does->last_outcome(scene->store, TEXT("gw"), 9, &last));
	assert_int_equal(last, 0);
	assert_true(does->read_outcomes(scene->store, TEXT("gw"), 8, 0, hear_outcome, scene));
	assert_heard(scene, "3 4");
	assert_true(does->read_outcomes(scene->store, TEXT("gw"), 8, 3, hear_outcome, scene));
	assert_heard(scene, "4");
	assert_true(does->prune_outcomes(scene->store, TEXT("gw"), 8, 4));
	commit(scene);
	assert_true(does->read_outcomes(scene->store, TEXT("gw"), 8, 0, hear_outcome, scene));
	assert_heard(scene, "");
	/* What was the last is known even so. */
	assert_true(does->last_outcome(scene->store, TEXT("gw"), 8, &last));
	assert_int_equal(last, 4);
}

static void
ids_are_found_for_ten_minutes(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	struct store_id id = { .sender = TEXT("open/ana"), .id = TEXT("x"), .wall_ms = 1 };

	assert_true(does->put_id(scene->store, &id));
	commit(scene);
	assert_true(does->find_id(scene->store, TEXT("open/ana"), TEXT("x"), hear_id, scene));
	assert_true(does->find_id(scene->store, TEXT("open/ben"), TEXT("x"), hear_id, scene));
	assert_heard(scene, "x");
	id = (struct store_id){ .sender = TEXT("open/ana"), .id = TEXT("y"), .wall_ms = 600001 };
	assert_true(does->put_id(scene->store, &id));
	commit(scene);
	assert_true(does->find_id(scene->store, TEXT("open/ana"), TEXT("x"), hear_id, scene));
	assert_heard(scene, "x");
	id.id = TEXT("z");
	id.wall_ms++;
	assert_true(does->put_id(scene->store, &id));
	commit(scene);
	assert_true(does->find_id(scene->store, TEXT("open/ana"), TEXT("x"), hear_id, scene));
	assert_heard(scene, "");
}

static void
stale_users_come_by_age(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	static const int64_t seen[] = { 50, 10, 30, 10, 90 };
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	for (unsigned i = 0; i < 5; i++)
		assert_true(does->put_user(scene->store, &(struct store_user){
							     .realm = TEXT("open"),
							     .id = text_of(names[i]),
							     .has_secret = i != 2,
							     .seen_ms = seen[i],
							 }));
	commit(scene);
	assert_true(does->stale_users(scene->store, 90, 10, hear_user, scene));
	assert_heard(scene, "b d a");
	assert_true(does->stale_users(scene->store, 90, 2, hear_user, scene));
	assert_heard(scene, "b d");
	assert_true(does->remove_user(scene->store, TEXT("open"), TEXT("b")));
	commit(scene);
	assert_true(does->stale_users(scene->store, 100, 10, hear_user, scene));
	assert_true(does->find_user(scene->store, TEXT("open"), TEXT("b"), hear_user, scene));
	assert_true(does->find_user(scene->store, TEXT("open"), TEXT("c"), hear_user, scene));
	assert_heard(scene, "d a e c");
}

static void
rooms_are_read_by_name(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	static const char *const names[] = { "zoo", "bar", "pub", "bar" };

	for (unsigned i = 0; i < 4; i++)
		assert_true(does->put_room(
		    scene->store, &(struct store_room){ .name = text_of(names[i]) }));
	assert_true(does->remove_room(scene->store, TEXT("pub")));
	commit(scene);
	assert_true(does->read_rooms(scene->store, TEXT(""), 10, hear_room, scene));
	assert_true(does->read_rooms(scene->store, TEXT("bar"), 1, hear_room, scene));
	assert_heard(scene, "bar zoo zoo");
}

static void
everything_is_exported_in_pages(void **state)
{
	struct scene *scene = *state;
	uint64_t cursor = 0;
	unsigned pages = 0;

	for (unsigned i = 0; i < 3; i++) {
		const char *name = (const char *[]){ "room/a", "room/b", "room/c" }[i];

		(void)open_stream(scene, name);
		for (uint64_t seq = 1; seq <= 3 && i != 1; seq++)
			assert_true(say(scene, name, seq, i == 0 ? "a" : "c"));
	}
	commit(scene);
	do {
		assert_true(
		    scene->store->ops->export_page(scene->store, &cursor, 2, hear_message, scene));
		pages++;
	} while (cursor != 0);
	assert_heard(scene, "a a a c c c");
	assert_in_range(pages, 3, 4);
}

static void
a_forgotten_user_leaves_holes(void **state)
{
	struct scene *scene = *state;
	const struct store_ops *does = scene->store->ops;
	struct store_message other = {
		.stream = TEXT("room/a"), .seq = 2, .from_user = TEXT("ben"), .content = TEXT("bye")
	};
	struct store_stats stats;

	other.epoch = open_stream(scene, "room/a").epoch;
	assert_true(say(scene, "room/a", 1, "secret"));
	assert_true(does->append(scene->store, &other));
	(void)open_stream(scene, "inbox/open/ana");
	assert_true(say(scene, "inbox/open/ana", 1, "for ana"));
	(void)open_stream(scene, "inbox/open/ben");
	assert_true(say(scene, "inbox/open/ben", 1, "for ben"));
	(void)open_stream(scene, "inbox/other/ana");
	assert_true(say(scene, "inbox/other/ana", 1, "elsewhere"));
	assert_true(does->put_user(
	    scene->store, &(struct store_user){ .realm = TEXT("open"), .id = TEXT("ana") }));
	assert_true(does->put_id(
	    scene->store, &(struct store_id){ .sender = TEXT("open/ana"), .id = TEXT("x") }));
	commit(scene);
	assert_true(does->forget(scene->store, TEXT("open"), TEXT("ana")));
	commit(scene);
	read_range(scene, "room/a", (struct store_range){ .epoch = other.epoch });
	assert_heard(scene, "- bye");
	read_range(scene, "inbox/open/ana",
	    (struct store_range){ .epoch = open_stream(scene, "inbox/open/ana").epoch });
	assert_heard(scene, "");
	read_range(scene, "inbox/open/ben",
	    (struct store_range){ .epoch = open_stream(scene, "inbox/open/ben").epoch });
	read_range(scene, "inbox/other/ana",
	    (struct store_range){ .epoch = open_stream(scene, "inbox/other/ana").epoch });
	assert_heard(scene, "- elsewhere");
	assert_true(does->find_id(scene->store, TEXT("open/ana"), TEXT("x"), hear_id, scene));
	assert_true(does->find_user(scene->store, TEXT("open"), TEXT("ana"), hear_user, scene));
	assert_heard(scene, "");
	does->stats(scene->store, &stats);
	assert_int_equal(stats.users, 0);
	assert_int_equal(stats.messages, 4);
	assert_int_equal(stats.batches, 2);
	assert_string_equal(stats.state, "ok");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(what_was_said_is_read_in_ranges),
		WITH_SCENE(old_messages_go_by_count_age_and_bytes),
		WITH_SCENE(mail_waits_for_its_mark),
		WITH_SCENE(a_failed_batch_leaves_everything_as_it_was),
		WITH_SCENE(streams_are_renamed_and_removed),
		WITH_SCENE(outcomes_stay_until_they_are_confirmed),
		WITH_SCENE(ids_are_found_for_ten_minutes),
		WITH_SCENE(stale_users_come_by_age),
		WITH_SCENE(rooms_are_read_by_name),
		WITH_SCENE(everything_is_exported_in_pages),
		WITH_SCENE(a_forgotten_user_leaves_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
