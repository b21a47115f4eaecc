/* Rendered lists of a room: what is kept, what is added, what one member gets of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/roster.h"
#include "gateway/user_list.h"

#define SHOWN 3

static struct roster *roster;
static struct user_list list;
static unsigned rendered;

static void
entry(struct buffer *out, const struct roster_member *member)
{
	rendered++;
	buffer_append_text(out, member->name);
}

static void
tail(struct buffer *out, size_t count)
{
	buffer_printf(out, "]%zu", count);
}

static const struct list_words words = { "[", ", ", entry, tail };

static int
set_up(void **state)
{
	(void)state;
	roster = roster_create(SHOWN);
	list = (struct user_list){ .count = 0 };
	rendered = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	user_list_free(&list);
	roster_destroy(&roster);
	return 0;
}

static void
enter(uint32_t client, const char *name, uint64_t ordinal)
{
	struct envelope_entered entered = { TEXT("lobby"), client, text_of(name), ordinal, 1,
		TEXT("") };

	assert_int_equal(roster_enter(roster, &entered), ROSTER_CHANGED);
}

static void
leave(uint32_t client)
{
	struct envelope_exited exited = { TEXT("lobby"), client, 1 };
	struct buffer name;

	buffer_init(&name, 0);
	assert_int_equal(roster_exit(roster, &exited, &name), ROSTER_CHANGED);
	buffer_free(&name);
}

/* For all, or for one. */
static void
assert_list(const char *expected)
{
	const struct roster_room *room = roster_find(roster, TEXT("lobby"));
	struct buffer out;

	buffer_init(&out, 0);
	assert_true(user_list_refresh(&list, &words, room));
	user_list_render(&list, &out, &words, room);
	buffer_append_byte(&out, 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void
assert_list_for(uint32_t client, uint64_t bytes, bool shortened, const char *expected)
{
	const struct roster_room *room = roster_find(roster, TEXT("lobby"));
	struct roster_member member;
	struct buffer out;

	buffer_init(&out, 0);
	assert_true(user_list_refresh(&list, &words, room));
	assert_true(roster_room_member(room, client, &member));
	assert_int_equal(
	    user_list_render_for(&list, &out, &words, room, &member, bytes), shortened);
	buffer_append_byte(&out, 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void
one_more_costs_one_rendering(void **state)
{
	(void)state;
	enter(1, "ana", 1);
	assert_list("[ana]0");
	enter(2, "ben", 2);
	assert_list("[ana, ben]0");
	assert_int_equal(rendered, 2);
	enter(3, "eve", 3);
	enter(4, "kim", 4);
	assert_list("[ana, ben, eve]4");
	enter(5, "max", 5);
	leave(4);
	assert_list("[ana, ben, eve]4");
	assert_int_equal(rendered, 3);
}

static void
any_other_change_is_rendered_anew(void **state)
{
	(void)state;
	for (uint32_t i = 2; i <= 5; i++)
		enter(i, "x", i);
	assert_list("[x, x, x]4");
	enter(1, "ana", 1);
	assert_list("[ana, x, x]5");
	leave(2);
	assert_list("[ana, x, x]4");
	leave(1);
	leave(3);
	assert_list("[x, x]0");
	leave(4);
	leave(5);
	enter(6, "new", 6);
	assert_list("[new]0");
}

static void
one_is_in_the_last_place_of_its_own(void **state)
{
	(void)state;
	enter(1, "ana", 1);
	assert_list_for(1, UINT64_MAX, false, "[ana]0");
	enter(2, "ben", 2);
	enter(3, "eve", 3);
	assert_list_for(3, UINT64_MAX, false, "[ana, ben, eve]0");
	assert_list_for(2, UINT64_MAX, false, "[ana, eve, ben]0");
	assert_list_for(1, UINT64_MAX, false, "[ben, eve, ana]0");
	enter(4, "kim", 4);
	enter(5, "max", 5);
	assert_list_for(5, UINT64_MAX, false, "[ana, ben, max]5");
	assert_list_for(4, UINT64_MAX, false, "[ana, ben, kim]5");
	assert_list_for(1, UINT64_MAX, false, "[ben, eve, ana]5");
}

static void
it_has_as_many_others_as_may_be(void **state)
{
	(void)state;
	enter(1, "ana", 1);
	enter(2, "ben", 2);
	enter(3, "eve", 3);
	enter(4, "kim", 4);
	assert_list_for(4, 0, true, "[kim]4");
	assert_list_for(4, 2, true, "[kim]4");
	assert_list_for(4, 3, true, "[ana, kim]4");
	assert_list_for(4, 7, true, "[ana, kim]4");
	assert_list_for(4, 8, false, "[ana, ben, kim]4");
	assert_list_for(1, 3, true, "[ben, ana]4");
	assert_list_for(2, 3, true, "[ana, ben]4");
	assert_list_for(3, 0, true, "[eve]4");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_more_costs_one_rendering),
		TEST(any_other_change_is_rendered_anew),
		TEST(one_is_in_the_last_place_of_its_own),
		TEST(it_has_as_many_others_as_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
