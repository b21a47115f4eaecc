/* The replica of presence by user: who counts as one, in which order, and what a move was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"
#include "gateway/roster.h"

#define MANY 20000u

static struct roster *roster;
static char told[4096];

static void
note(const char *sign)
{
	const struct roster_move *move = roster_last_move(roster);

	if (move->edge)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%.*s/%.*s ", sign,
		    (int)move->who.user.length, move->who.user.data, (int)move->who.name.length,
		    move->who.name.data);
}

static void
on_changed(void *context, struct text name, struct roster_room *room)
{
	(void)context;
	(void)name;
	(void)room;
}

static void
on_exited(void *context, const struct envelope_exited *exited, struct text name)
{
	(void)context;
	(void)exited;
	(void)name;
	note("-");
}

static void
on_entered(void *context, const struct envelope_entered *entered)
{
	(void)context;
	(void)entered;
	note("+");
}

static void
enter(uint32_t client, const char *user, const char *name, uint64_t ordinal)
{
	struct envelope_entered entered = {
		.room = TEXT("lobby"),
		.client = client,
		.name = text_of(name),
		.ordinal = ordinal,
		.time = 1,
		.user = text_of(user),
	};

	told[0] = '\0';
	assert_int_not_equal(roster_enter(roster, &entered), ROSTER_FAILED);
	note("+");
}

static void
leave(uint32_t client)
{
	struct envelope_exited exited = { TEXT("lobby"), client, 2 };
	struct buffer name;

	told[0] = '\0';
	buffer_init(&name, 0);
	roster_exit(roster, &exited, &name);
	buffer_free(&name);
	note("-");
}

static const char *
commit(void)
{
	struct roster_watcher watcher = { on_changed, on_exited, on_entered, NULL };

	told[0] = '\0';
	roster_commit(roster, 99, &watcher);
	assert_false(roster_last_move(roster)->edge);
	return told;
}

static struct roster_room *
lobby(void)
{
	return roster_find(roster, TEXT("lobby"));
}

/* "id/name#first connection" of every user behind a place. */
static const char *
users_behind(size_t cursor)
{
	static char line[4096];
	struct roster_user user;

	line[0] = '\0';
	while (lobby() != NULL && roster_room_next_user(lobby(), &cursor, &user))
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%.*s/%.*s#%u ",
		    (int)user.user.length, user.user.data, (int)user.name.length, user.name.data,
		    (unsigned)user.client);
	return line;
}

static int
set_up(void **state)
{
	(void)state;
	roster = roster_create(SIZE_MAX);
	roster_begin(roster);
	commit();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	roster_destroy(&roster);
	return 0;
}

static void
connections_of_one_user_count_once(void **state)
{
	(void)state;
	enter(1, "u", "ana", 10);
	assert_string_equal(told, "+u/ana ");
	enter(2, "v", "ben", 20);
	enter(3, "u", "ana at work", 30);
	assert_string_equal(told, "");
	assert_int_equal(roster_room_size(lobby()), 3);
	assert_int_equal(roster_room_users(lobby()), 2);
	assert_string_equal(users_behind(0), "u/ana#1 v/ben#2 ");
	leave(1);
	assert_string_equal(told, "");
	/* It keeps its place; the connection that came next stands for it. */
	assert_string_equal(users_behind(0), "u/ana at work#3 v/ben#2 ");
	leave(3);
	assert_string_equal(told, "-u/ana at work ");
	assert_string_equal(users_behind(0), "v/ben#2 ");
	assert_false(roster_room_has_user(lobby(), TEXT("u")));
	assert_true(roster_room_has_user(lobby(), TEXT("v")));
	leave(2);
	assert_string_equal(told, "-v/ben ");
	assert_int_equal(roster_room_users(lobby()), 0);
}

static void
who_has_no_user_is_one_by_the_client_id(void **state)
{
	(void)state;
	enter(0xbf0c711b, "", "ana", 1);
	assert_string_equal(told, "+bf0c711b/ana ");
	enter(7, "", "ana", 2);
	assert_string_equal(users_behind(0), "bf0c711b/ana#3205263643 00000007/ana#7 ");
	leave(7);
	assert_string_equal(told, "-00000007/ana ");
}

static void
what_is_said_twice_is_no_move(void **state)
{
	uint64_t version;

	(void)state;
	enter(1, "u", "ana", 1);
	version = roster_users_version(roster, TEXT("lobby"));
	enter(1, "u", "ana", 1);
	assert_string_equal(told, "");
	leave(9);
	assert_string_equal(told, "");
	enter(2, "u", "ana", 2);
	assert_true(roster_users_version(roster, TEXT("lobby")) == version);
	enter(3, "v", "ben", 3);
	assert_true(roster_users_version(roster, TEXT("lobby")) != version);
}

/* Who counted two users in the first of them must not take the second for it. */
static void
a_room_that_comes_again_has_other_versions(void **state)
{
	uint64_t version;

	(void)state;
	enter(1, "u", "ana", 1);
	leave(1);
	version = roster_users_version(roster, TEXT("lobby"));
	enter(2, "v", "ben", 2);
	assert_true(roster_users_version(roster, TEXT("lobby")) == version + 1);
	leave(2);
	enter(3, "w", "cem", 3);
	assert_true(roster_users_version(roster, TEXT("lobby")) > version + 2);
	roster_begin(roster);
	roster_commit(
	    roster, 3, &(struct roster_watcher){ on_changed, on_exited, on_entered, NULL });
	version = roster_users_version(roster, TEXT("lobby"));
	enter(4, "x", "dan", 4);
	assert_true(roster_users_version(roster, TEXT("lobby")) == version + 1);
}

static void
any_number_is_a_place_to_go_on_from(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 5; i++) {
		char id[8];

		snprintf(id, sizeof(id), "u%u", (unsigned)i);
		enter(i, id, "x", i * 10);
	}
	assert_string_equal(users_behind(20), "u3/x#3 u4/x#4 u5/x#5 ");
	leave(2);
	leave(3);
	assert_string_equal(users_behind(20), "u4/x#4 u5/x#5 ");
	assert_string_equal(users_behind(19), "u4/x#4 u5/x#5 ");
	assert_string_equal(users_behind(50), "");
	assert_string_equal(users_behind(SIZE_MAX), "");
	/* Later by its coming, earlier by its ordinal. */
	enter(9, "u9", "x", 15);
	assert_string_equal(users_behind(10), "u9/x#9 u4/x#4 u5/x#5 ");
	/* The hub gives no ordinal twice; if it did, nobody would be lost. */
	enter(10, "u10", "x", 15);
	enter(11, "u11", "x", 0);
	assert_string_equal(users_behind(40), "u5/x#5 u10/x#10 u11/x#11 ");
	assert_int_equal(roster_room_users(lobby()), 6);
}

static void
leaving_in_numbers_keeps_the_places_of_the_rest(void **state)
{
	struct roster_user user;
	size_t cursor = 0;
	unsigned seen = 0;
	char id[16];

	(void)state;
	for (uint32_t i = 1; i <= MANY; i++) {
		snprintf(id, sizeof(id), "u%u", (unsigned)i);
		enter(i, id, "x", i);
	}
	for (unsigned i = 0; i < MANY / 2; i++)
		assert_true(roster_room_next_user(lobby(), &cursor, &user));
	for (uint32_t i = 1; i <= MANY; i++) {
		if (i % 4 != 0)
			leave(i);
	}
	assert_int_equal(roster_room_users(lobby()), MANY / 4);
	while (roster_room_next_user(lobby(), &cursor, &user)) {
		seen++;
		assert_int_equal(user.client, MANY / 2 + seen * 4);
	}
	assert_int_equal(seen, MANY / 8);
}

static void
a_new_roster_tells_who_changed_as_a_user(void **state)
{
	(void)state;
	enter(1, "u", "ana", 1);
	enter(2, "u", "ana two", 2);
	enter(3, "v", "ben", 3);
	enter(4, "w", "eve", 4);
	enter(5, "w", "eve two", 5);
	roster_begin(roster);
	enter(3, "v", "ben", 3);
	/* Another connection of the same user; one user is gone with both; one is new with two. */
	enter(6, "u", "ana three", 6);
	enter(8, "x", "max two", 8);
	enter(7, "x", "max", 7);
	assert_string_equal(commit(), "-w/eve two +x/max ");
	assert_string_equal(users_behind(0), "v/ben#3 u/ana three#6 x/max#7 ");
	roster_begin(roster);
	enter(3, "v", "ben", 3);
	enter(6, "u", "ana three", 6);
	enter(7, "x", "max", 7);
	assert_string_equal(commit(), "");
	roster_begin(roster);
	assert_string_equal(commit(), "-v/ben -u/ana three -x/max ");
}

static void
who_left_while_a_roster_is_collected_is_not_in_it(void **state)
{
	(void)state;
	roster_begin(roster);
	enter(2, "v", "ben", 2);
	enter(1, "u", "ana", 1);
	leave(2);
	enter(3, "v", "ben again", 3);
	leave(1);
	assert_string_equal(commit(), "+v/ben again ");
	assert_string_equal(users_behind(0), "v/ben again#3 ");
}

/* In whatever order a new link tells of many, it takes no time worth speaking of. */
static void
many_come_in_any_order(void **state)
{
	static uint32_t order[MANY];
	struct roster_member member;
	struct roster_user user;
	size_t cursor = 0;
	uint64_t seed = 7;
	struct random_source random = random_seeded(&seed);
	char id[16];

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		order[i] = i + 1;
	for (uint32_t i = MANY - 1; i > 0; i--) {
		uint32_t other = (uint32_t)random_below(random, i + 1);
		uint32_t kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
	roster_begin(roster);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "u%u", (unsigned)(order[i] / 2));
		enter(order[i], id, "x", order[i]);
	}
	commit();
	for (uint32_t i = 1; i <= MANY; i++) {
		assert_true(roster_room_next(lobby(), &cursor, &member));
		assert_int_equal(member.client, i);
	}
	assert_int_equal(roster_room_users(lobby()), MANY / 2 + 1);
	cursor = 0;
	for (uint32_t i = 0; i <= MANY / 2; i++) {
		assert_true(roster_room_next_user(lobby(), &cursor, &user));
		assert_int_equal(user.client, i == 0 ? 1 : i * 2);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connections_of_one_user_count_once),
		TEST(who_has_no_user_is_one_by_the_client_id),
		TEST(what_is_said_twice_is_no_move),
		TEST(a_room_that_comes_again_has_other_versions),
		TEST(any_number_is_a_place_to_go_on_from),
		TEST(leaving_in_numbers_keeps_the_places_of_the_rest),
		TEST(a_new_roster_tells_who_changed_as_a_user),
		TEST(who_left_while_a_roster_is_collected_is_not_in_it),
		TEST(many_come_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
