/* The replica of presence: order, changes, and the difference after a link opened again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"
#include "gateway/roster.h"

static struct roster *roster;
static char told[4096];

static void
on_changed(void *context, struct text name, struct roster_room *room)
{
	(void)context;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%.*s%s ", (int)name.length,
	    name.data, room == NULL ? "(empty)" : "");
}

static void
on_exited(void *context, const struct envelope_exited *exited, struct text name)
{
	(void)context;
	assert_int_equal(exited->time, 99);
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "-%.*s ", (int)name.length,
	    name.data);
}

static void
on_entered(void *context, const struct envelope_entered *entered)
{
	(void)context;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "+%.*s ",
	    (int)entered->name.length, entered->name.data);
}

static enum roster_change
enter(const char *room, uint32_t client, const char *name, uint64_t ordinal)
{
	struct envelope_entered entered = {
		.room = text_of(room),
		.client = client,
		.name = text_of(name),
		.ordinal = ordinal,
		.time = 1,
	};

	return roster_enter(roster, &entered);
}

static enum roster_change
leave(const char *room, uint32_t client, const char *name)
{
	struct envelope_exited exited = { text_of(room), client, 2 };
	struct buffer seen;
	enum roster_change change;

	buffer_init(&seen, 0);
	change = roster_exit(roster, &exited, &seen);
	assert_true(text_equal(buffer_text(&seen), text_of(name)));
	buffer_free(&seen);
	return change;
}

static const char *
commit(void)
{
	struct roster_watcher watcher = { on_changed, on_exited, on_entered, NULL };

	told[0] = '\0';
	roster_commit(roster, 99, &watcher);
	return told;
}

static const char *
members(const char *name)
{
	static char line[4096];
	struct roster_room *room = roster_find(roster, text_of(name));
	struct roster_member member;
	size_t cursor = 0;

	line[0] = '\0';
	while (room != NULL && roster_room_next(room, &cursor, &member))
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%.*s ",
		    (int)member.name.length, member.name.data);
	return line;
}

static int
set_up(void **state)
{
	(void)state;
	roster = roster_create(SIZE_MAX);
	roster_begin(roster);
	assert_false(roster_is_known(roster));
	assert_string_equal(commit(), "");
	assert_true(roster_is_known(roster));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	roster_destroy(&roster);
	assert_null(roster);
	return 0;
}

static void
members_stand_in_joining_order(void **state)
{
	(void)state;
	assert_int_equal(enter("lobby", 1, "ana", 10), ROSTER_CHANGED);
	assert_int_equal(enter("lobby", 2, "ben", 30), ROSTER_CHANGED);
	assert_int_equal(enter("lobby", 3, "eve", 20), ROSTER_CHANGED);
	assert_int_equal(enter("cellar", 1, "ana", 40), ROSTER_CHANGED);
	assert_int_equal(enter("lobby", 4, "", 5), ROSTER_CHANGED);
	assert_string_equal(members("lobby"), " ana eve ben ");
	assert_int_equal(roster_room_size(roster_find(roster, TEXT("lobby"))), 4);
	assert_int_equal(leave("lobby", 3, "eve"), ROSTER_CHANGED);
	assert_string_equal(members("lobby"), " ana ben ");
	assert_string_equal(members("cellar"), "ana ");
}

static void
what_is_known_already_is_no_change(void **state)
{
	(void)state;
	enter("lobby", 1, "ana", 1);
	assert_int_equal(enter("lobby", 1, "ana", 1), ROSTER_SAME);
	assert_int_equal(leave("lobby", 2, ""), ROSTER_SAME);
	assert_int_equal(leave("nowhere", 1, ""), ROSTER_SAME);
	assert_int_equal(leave("lobby", 1, "ana"), ROSTER_CHANGED);
	assert_int_equal(leave("lobby", 1, ""), ROSTER_SAME);
}

static void
an_emptied_room_is_there_for_a_moment(void **state)
{
	(void)state;
	enter("lobby", 1, "ana", 1);
	leave("lobby", 1, "ana");
	assert_non_null(roster_find(roster, TEXT("lobby")));
	assert_int_equal(roster_room_size(roster_find(roster, TEXT("lobby"))), 0);
	enter("cellar", 1, "ana", 2);
	assert_null(roster_find(roster, TEXT("lobby")));
	leave("cellar", 1, "ana");
	enter("cellar", 1, "ana", 3);
	assert_string_equal(members("cellar"), "ana ");
}

static void
the_same_again_is_told_to_nobody(void **state)
{
	(void)state;
	enter("lobby", 1, "ana", 1);
	enter("lobby", 2, "ben", 2);
	roster_begin(roster);
	assert_int_equal(enter("lobby", 2, "ben", 2), ROSTER_SAME);
	assert_string_equal(members("lobby"), "ana ben ");
	enter("lobby", 1, "ana", 1);
	assert_string_equal(commit(), "");
	assert_string_equal(members("lobby"), "ana ben ");
}

static void
the_difference_is_what_happened(void **state)
{
	(void)state;
	enter("lobby", 1, "ana", 1);
	enter("lobby", 2, "ben", 2);
	enter("cellar", 3, "eve", 3);
	roster_begin(roster);
	enter("lobby", 5, "zoe", 9);
	enter("lobby", 4, "max", 8);
	enter("lobby", 2, "ben", 2);
	enter("attic", 6, "kim", 10);
	enter("attic", 7, "joe", 11);
	leave("attic", 7, "joe");
	assert_string_equal(commit(), "lobby -ana +max +zoe cellar(empty) -eve attic +kim ");
	assert_string_equal(members("lobby"), "ben max zoe ");
	assert_null(roster_find(roster, TEXT("cellar")));
}

static void
a_lost_link_leaves_the_replica(void **state)
{
	(void)state;
	enter("lobby", 1, "ana", 1);
	roster_begin(roster);
	enter("lobby", 2, "ben", 2);
	roster_abandon(roster);
	assert_string_equal(commit(), "");
	assert_string_equal(members("lobby"), "ana ");
}

static struct roster_room *
lobby(void)
{
	return roster_find(roster, TEXT("lobby"));
}

static void
only_the_first_are_shown(void **state)
{
	struct roster_member member;

	(void)state;
	roster_destroy(&roster);
	roster = roster_create(2);
	enter("lobby", 2, "ben", 2);
	enter("lobby", 3, "eve", 3);
	assert_string_equal(members("lobby"), "ben eve ");
	enter("lobby", 4, "zoe", 4);
	assert_string_equal(members("lobby"), "ben eve ");
	assert_int_equal(roster_room_size(lobby()), 3);
	assert_true(roster_room_shows(lobby(), 3));
	assert_false(roster_room_shows(lobby(), 4));
	assert_false(roster_room_shows(lobby(), 5));
	assert_true(roster_room_member(lobby(), 4, &member));
	assert_true(text_equal(member.name, TEXT("zoe")));
	assert_false(roster_room_member(lobby(), 5, &member));
	/* Whoever comes in front pushes the last one out; whoever goes lets the next one in. */
	enter("lobby", 1, "ana", 1);
	assert_string_equal(members("lobby"), "ana ben ");
	leave("lobby", 4, "zoe");
	assert_string_equal(members("lobby"), "ana ben ");
	leave("lobby", 2, "ben");
	assert_string_equal(members("lobby"), "ana eve ");
	leave("lobby", 3, "eve");
	assert_string_equal(members("lobby"), "ana ");
	enter("lobby", 5, "kim", 5);
	assert_string_equal(members("lobby"), "ana kim ");
	leave("lobby", 5, "kim");
	leave("lobby", 1, "ana");
	enter("lobby", 6, "max", 6);
	assert_string_equal(members("lobby"), "max ");
}

static void
what_is_shown_has_a_version(void **state)
{
	uint64_t version;

	(void)state;
	roster_destroy(&roster);
	roster = roster_create(2);
	enter("lobby", 2, "ben", 2);
	version = roster_room_shown_version(lobby());
	assert_true(version > 0);
	/* More at the end is none, nor is what happens behind it. */
	enter("lobby", 3, "eve", 3);
	enter("lobby", 4, "zoe", 4);
	leave("lobby", 4, "zoe");
	assert_int_equal(roster_room_shown_version(lobby()), version);
	assert_int_equal(roster_room_list_version(lobby()), version);
	enter("lobby", 1, "ana", 1);
	assert_true(roster_room_shown_version(lobby()) > version);
	version = roster_room_shown_version(lobby());
	leave("lobby", 2, "ben");
	assert_true(roster_room_shown_version(lobby()) > version);
	version = roster_room_shown_version(lobby());
	assert_int_equal(roster_room_list_version(lobby()), version);
	/* The same again: a list of it is still right, a cursor into it is not. */
	roster_begin(roster);
	enter("lobby", 3, "eve", 3);
	enter("lobby", 1, "ana", 1);
	assert_string_equal(commit(), "");
	assert_string_equal(members("lobby"), "ana eve ");
	assert_true(roster_room_shown_version(lobby()) > version);
	assert_int_equal(roster_room_list_version(lobby()), version);
	roster_begin(roster);
	enter("lobby", 1, "ana", 1);
	commit();
	assert_true(roster_room_list_version(lobby()) > version);
	/* No room begins with the version of an earlier one. */
	version = roster_room_shown_version(lobby());
	leave("lobby", 1, "ana");
	enter("lobby", 1, "ana", 1);
	assert_true(roster_room_shown_version(lobby()) > version);
}

/* Against the plain way of counting, whatever comes and goes, and however many are shown. */
static void
the_first_are_the_first_whatever_happens(void **state)
{
	bool there[40] = { false };
	uint32_t seed = 9;

	(void)state;
	roster_destroy(&roster);
	roster = roster_create(7);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned shown = 7 + step / 100 % 5;
		struct roster_member member;
		unsigned expected = 0, who;
		size_t cursor = 0;

		seed = seed * 1664525u + 1013904223u;
		who = seed >> 16 & 31;
		if (there[who])
			leave("lobby", who + 1, "x");
		else
			enter("lobby", who + 1, "x", who + 1);
		there[who] = !there[who];
		roster_set_shown(roster, shown);
		for (unsigned i = 0; i < 40 && expected < shown; i++) {
			if (!there[i])
				continue;
			expected++;
			assert_true(roster_room_next(lobby(), &cursor, &member));
			assert_int_equal(member.client, i + 1);
			assert_true(roster_room_shows(lobby(), i + 1));
		}
		assert_false(lobby() != NULL && roster_room_next(lobby(), &cursor, &member));
	}
}

/* Half of them come back late, below the others: quick, and in order all the same. */
static void
late_members_find_their_place(void **state)
{
	struct roster_member member;
	struct roster_room *room;
	uint32_t last = 0;
	size_t cursor = 0;

	(void)state;
	for (uint32_t i = 1; i <= 10000; i += 2)
		enter("lobby", i, "x", i);
	for (uint32_t i = 2; i <= 10000; i += 2)
		enter("lobby", i, "x", i);
	room = roster_find(roster, TEXT("lobby"));
	while (roster_room_next(room, &cursor, &member)) {
		assert_int_equal(member.client, last + 1);
		last = member.client;
	}
	assert_int_equal(last, 10000);
}

/* What a hostile gateway can make the hub say: every member stands before the one before it. */
static void
members_may_come_backwards(void **state)
{
	struct roster_member member;
	uint32_t last = 0;
	size_t cursor = 0;

	(void)state;
	enter("lobby", 10001, "x", 10001);
	for (uint32_t i = 10000; i > 0; i--)
		enter("lobby", i, "x", i);
	while (roster_room_next(roster_find(roster, TEXT("lobby")), &cursor, &member)) {
		assert_int_equal(member.client, last + 1);
		last = member.client;
	}
	assert_int_equal(last, 10001);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_stand_in_joining_order),
		TEST(what_is_known_already_is_no_change),
		TEST(an_emptied_room_is_there_for_a_moment),
		TEST(the_same_again_is_told_to_nobody),
		TEST(the_difference_is_what_happened),
		TEST(a_lost_link_leaves_the_replica),
		TEST(only_the_first_are_shown),
		TEST(what_is_shown_has_a_version),
		TEST(the_first_are_the_first_whatever_happens),
		TEST(late_members_find_their_place),
		TEST(members_may_come_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
