/* Classes, permissions and the order of rooms, as docs/rooms.md has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hub/room_rules.h"

static char everyone[] = "everyone";
static char operators[] = "operators";
static char nobody[] = "";

/* Settings have strings that may be changed; the tests' may not. */
static char *
s(const char *string)
{
	return (char *)(uintptr_t)string;
}

static struct room_rules *
example(void)
{
	const struct config_class classes[] = {
		{ .name = s("news"),
		    .rooms = s("news  news-*\tannounce"),
		    .durability = s("disk"),
		    .keep_messages = 5,
		    .keep_kilobytes = 2,
		    .keep_hours = 3,
		    .read = everyone,
		    .write = operators,
		    .list = everyone,
		    .create = nobody },
		{ .name = s("team"),
		    .rooms = s("t*"),
		    .durability = s("memory"),
		    .read = s("ana ben operators direct/eva"),
		    .write = s("ana operators"),
		    .list = s("ana"),
		    .create = s("operators") },
	};
	struct room_rules *rules = room_rules_create(classes, 2, "root open/boss");

	assert_non_null(rules);
	return rules;
}

static bool
may(const struct room_rules *rules, const char *room, enum room_right right, const char *realm,
    const char *id)
{
	const struct room_user user = { text_of(realm), text_of(id) };

	return room_rules_allow(rules, text_of(room), right, &user);
}

static void
assert_class(const struct room_rules *rules, const char *room, const char *class)
{
	if (!text_equal(room_rules_class(rules, text_of(room))->name, text_of(class)))
		fail_msg("%s is not of class %s", room, class);
}

static void
the_first_pattern_that_fits_wins(void **state)
{
	struct room_rules *rules = example();

	(void)state;
	assert_class(rules, "news", "news");
	assert_class(rules, "news-eu", "news");
	assert_class(rules, "announce", "news");
	assert_class(rules, "newsroom", "default");
	assert_class(rules, "announce2", "default");
	assert_class(rules, "t", "team");
	assert_class(rules, "tea", "team");
	assert_class(rules, "lobby", "default");
	assert_non_null(room_rules_class_named(rules, TEXT("default")));
	assert_null(room_rules_class_named(rules, TEXT("none")));
	room_rules_destroy(&rules);
	assert_null(rules);
	room_rules_destroy(&rules);
}

static void
everybody_may_everything_by_default(void **state)
{
	struct room_rules *rules = room_rules_create(NULL, 0, NULL);

	(void)state;
	for (unsigned right = 0; right < ROOM_RIGHTS; right++)
		assert_true(may(rules, "lobby", (enum room_right)right, "open", "0badcafe"));
	room_rules_destroy(&rules);
}

static void
rights_are_for_those_named(void **state)
{
	struct room_rules *rules = example();

	(void)state;
	assert_true(may(rules, "news", ROOM_READ, "open", "eva"));
	assert_false(may(rules, "news", ROOM_WRITE, "open", "eva"));
	assert_true(may(rules, "news", ROOM_WRITE, "open", "root"));
	assert_false(may(rules, "news", ROOM_CREATE, "open", "root"));
	assert_true(may(rules, "tea", ROOM_READ, "open", "ana"));
	assert_true(may(rules, "tea", ROOM_READ, "pair", "ben"));
	assert_false(may(rules, "tea", ROOM_WRITE, "pair", "ben"));
	assert_true(may(rules, "tea", ROOM_READ, "direct", "eva"));
	assert_false(may(rules, "tea", ROOM_READ, "open", "eva"));
	/* An operator of one realm is nobody in another. */
	assert_true(may(rules, "tea", ROOM_CREATE, "open", "boss"));
	assert_false(may(rules, "tea", ROOM_CREATE, "direct", "boss"));
	room_rules_destroy(&rules);
}

static void
nobody_is_called_by_our_words(void **state)
{
	struct room_rules *rules = example();

	(void)state;
	assert_false(may(rules, "tea", ROOM_READ, "direct", "operators"));
	assert_false(may(rules, "news", ROOM_WRITE, "direct", "operators"));
	assert_false(may(rules, "tea", ROOM_LIST, "direct", "everyone"));
	assert_false(may(rules, "tea", ROOM_READ, "open", "direct/eva"));
	assert_false(may(rules, "tea", ROOM_READ, "open", ""));
	room_rules_destroy(&rules);
}

static void
an_operator_overrides_the_class(void **state)
{
	struct room_rules *rules = example();
	const struct store_room room = {
		.name = TEXT("tea"),
		.class_name = TEXT("news"),
		.write = TEXT("eva"),
		.created_ms = 7,
	};
	struct store_room row;

	(void)state;
	assert_true(room_rules_make(rules, &room));
	assert_int_equal(room_rules_made(rules), 1);
	assert_true(may(rules, "tea", ROOM_READ, "open", "anybody"));
	assert_true(may(rules, "tea", ROOM_WRITE, "open", "eva"));
	assert_false(may(rules, "tea", ROOM_WRITE, "open", "root"));
	row = room_rules_row(room_rules_find(rules, TEXT("tea")));
	assert_true(text_equal(row.write, TEXT("eva")));
	assert_true(text_equal(row.class_name, TEXT("news")));
	assert_int_equal(row.created_ms, 7);
	/* Said again, it is said anew. */
	assert_true(room_rules_make(rules, &(struct store_room){ .name = TEXT("tea") }));
	assert_int_equal(room_rules_made(rules), 1);
	assert_false(may(rules, "tea", ROOM_WRITE, "open", "eva"));
	room_rules_unmake(rules, TEXT("tea"));
	assert_null(room_rules_find(rules, TEXT("tea")));
	assert_int_equal(room_rules_made(rules), 0);
	room_rules_unmake(rules, TEXT("tea"));
	assert_int_equal(room_rules_made(rules), 0);
	room_rules_destroy(&rules);
}

static void
a_class_that_is_gone_bears_no_longer(void **state)
{
	struct room_rules *rules = example();
	const struct store_room room = { .name = TEXT("x"), .class_name = TEXT("gone") };

	(void)state;
	assert_true(room_rules_make(rules, &room));
	assert_true(
	    text_equal(room_rules_find(rules, TEXT("x"))->class->name, TEXT(ROOM_CLASS_DEFAULT)));
	room_rules_destroy(&rules);
}

static void
rooms_are_walked_by_name(void **state)
{
	static const char *const names[] = { "m", "b", "zz", "a", "z", "c" };
	static const char *const sorted[] = { "a", "b", "c", "m", "z", "zz" };
	struct room_rules *rules = example();
	const struct room_rule *rule = NULL;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		assert_true(room_rules_live(rules, text_of(names[i]), true));
	for (unsigned i = 0; i < 6; i++) {
		rule = room_rules_next(rules, rule != NULL ? rule->name : TEXT(""));
		assert_true(text_equal(rule->name, text_of(sorted[i])));
		assert_true(rule->is_live && !rule->is_made);
	}
	assert_null(room_rules_next(rules, rule->name));
	assert_true(text_equal(room_rules_next(rules, TEXT("bb"))->name, TEXT("c")));
	room_rules_destroy(&rules);
}

static void
a_room_is_there_while_it_lives_or_was_made(void **state)
{
	struct room_rules *rules = example();
	const struct store_room room = { .name = TEXT("x") };

	(void)state;
	assert_true(room_rules_live(rules, TEXT("x"), true));
	assert_true(room_rules_make(rules, &room));
	assert_true(room_rules_live(rules, TEXT("x"), false));
	assert_true(room_rules_find(rules, TEXT("x"))->is_made);
	assert_true(room_rules_live(rules, TEXT("x"), true));
	room_rules_unmake(rules, TEXT("x"));
	assert_true(room_rules_find(rules, TEXT("x"))->is_live);
	assert_true(room_rules_live(rules, TEXT("x"), false));
	assert_null(room_rules_find(rules, TEXT("x")));
	assert_true(room_rules_live(rules, TEXT("never"), false));
	room_rules_destroy(&rules);
}

static void
classes_say_how_messages_are_kept(void **state)
{
	struct room_rules *rules = example();
	struct store_stream stream;

	(void)state;
	stream = room_rules_stream(rules, TEXT("news"), TEXT("room/news"), STORE_NORMAL);
	assert_int_equal(stream.durability, STORE_NORMAL);
	assert_int_equal(stream.keep.messages, 5);
	assert_int_equal(stream.keep.bytes, 2048);
	assert_int_equal(stream.keep.milliseconds, 3 * 3600000);
	assert_true(text_equal(stream.name, TEXT("room/news")));
	stream = room_rules_stream(rules, TEXT("news"), TEXT("room/news"), STORE_DISK);
	assert_int_equal(stream.durability, STORE_DISK);
	stream = room_rules_stream(rules, TEXT("tea"), TEXT("room/tea"), STORE_DISK);
	assert_int_equal(stream.durability, STORE_MEMORY);
	stream = room_rules_stream(rules, TEXT("lobby"), TEXT("room/lobby"), STORE_DISK);
	assert_int_equal(stream.durability, STORE_DISK);
	assert_int_equal(stream.keep.messages, 10000);
	assert_int_equal(stream.keep.bytes, 0);
	assert_int_equal(stream.keep.milliseconds, UINT64_C(720) * 3600000);
	assert_false(stream.inbox);
	room_rules_destroy(&rules);
}

static void
lists_of_people_are_plain_text(void **state)
{
	(void)state;
	assert_true(room_who_is_valid(TEXT("everyone")));
	assert_true(room_who_is_valid(TEXT("ana direct/b\xc3\xa9n")));
	assert_false(room_who_is_valid(TEXT("")));
	assert_false(room_who_is_valid(TEXT("  ")));
	assert_false(room_who_is_valid(TEXT("a\nb")));
	assert_false(room_who_is_valid(TEXT("a\x1b[2J")));
	assert_false(room_who_is_valid(TEXT("\xff")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_pattern_that_fits_wins),
		cmocka_unit_test(everybody_may_everything_by_default),
		cmocka_unit_test(rights_are_for_those_named),
		cmocka_unit_test(nobody_is_called_by_our_words),
		cmocka_unit_test(an_operator_overrides_the_class),
		cmocka_unit_test(a_class_that_is_gone_bears_no_longer),
		cmocka_unit_test(rooms_are_walked_by_name),
		cmocka_unit_test(a_room_is_there_while_it_lives_or_was_made),
		cmocka_unit_test(classes_say_how_messages_are_kept),
		cmocka_unit_test(lists_of_people_are_plain_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
