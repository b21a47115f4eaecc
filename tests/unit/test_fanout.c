/* Channels against a stand-in for sessions that writes down which bytes each one was handed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/session.h"

static const struct dialect quiet = { .name = "quiet" };
static const struct dialect loud = { .name = "loud" };
static const struct dialect busy = { .name = "busy", .many_rooms = true };

struct bench {
	struct slab_pool pool;
	struct gateway_metrics metrics;
	struct fanout fanout;
	struct session people[8];
	struct buffer heard[8];
	unsigned handed[8];
	unsigned directly; /* of all that were handed */
};

static struct bench bench;

/* Stands in for gateway_metrics.c. */
unsigned
gateway_metrics_dialect(const struct dialect *dialect)
{
	(void)dialect;
	return 0;
}

/* Stand in for session.c. */
void
session_deliver(struct session *session, struct slab *slab, uint32_t from, uint32_t to)
{
	bench.directly++;
	session_queue(session, slab, from, to);
}

void
session_queue(struct session *session, struct slab *slab, uint32_t from, uint32_t to)
{
	unsigned i = (unsigned)(session - bench.people);

	bench.handed[i]++;
	while (from < to) {
		/* Short text frames only. */
		uint32_t length = (unsigned char)slab->data[from + 1];

		buffer_append(&bench.heard[i], slab->data + from + 2, length);
		buffer_append_byte(&bench.heard[i], ' ');
		from += 2 + length;
	}
	assert_int_equal(from, to);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	slab_pool_init(&bench.pool);
	fanout_init(&bench.fanout, &bench.pool, &bench.metrics);
	for (unsigned i = 0; i < 8; i++) {
		bench.people[i].dialect = &quiet;
		bench.people[i].home.session = &bench.people[i];
		buffer_init(&bench.heard[i], 0);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fanout_close(&bench.fanout);
	slab_pool_close(&bench.pool);
	for (unsigned i = 0; i < 8; i++) {
		assert_null(bench.people[i].home.channel);
		buffer_free(&bench.heard[i]);
	}
	return 0;
}

static void
join(unsigned i, const char *room)
{
	assert_true(fanout_join(&bench.fanout, &bench.people[i].home, text_of(room)));
}

static void
say(const char *room, const char *words)
{
	struct fanout_room *found = fanout_find(&bench.fanout, text_of(room));
	struct channel *channel = found == NULL ? NULL : fanout_channels(found);

	for (; channel != NULL; channel = channel->next)
		assert_true(fanout_say(channel, text_of(words), DELIVERY_PUBLIC));
}

static void
assert_heard(unsigned i, const char *words)
{
	buffer_append_byte(&bench.heard[i], 0);
	assert_string_equal(bench.heard[i].data, words);
	buffer_clear(&bench.heard[i]);
	bench.handed[i] = 0;
}

static void
everybody_hears_it_in_one_piece(void **state)
{
	(void)state;
	join(0, "lobby");
	join(1, "lobby");
	join(2, "cellar");
	say("lobby", "a");
	say("lobby", "b");
	assert_int_equal(bench.handed[0], 0);
	fanout_flush(&bench.fanout);
	assert_int_equal(bench.handed[0], 1);
	assert_heard(0, "a b ");
	assert_heard(1, "a b ");
	assert_heard(2, "");
	assert_int_equal(bench.pool.pinned, 0);
}

static void
who_joins_in_mid_turn_hears_the_rest(void **state)
{
	(void)state;
	join(0, "lobby");
	say("lobby", "before");
	join(1, "lobby");
	say("lobby", "after");
	fanout_flush(&bench.fanout);
	say("lobby", "next");
	fanout_flush(&bench.fanout);
	assert_heard(0, "before after next ");
	assert_heard(1, "after next ");
}

static void
who_leaves_hears_what_came_before(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		join(i, "lobby");
	say("lobby", "a");
	fanout_leave(&bench.people[1].home);
	fanout_leave(&bench.people[1].home);
	say("lobby", "b");
	fanout_leave(&bench.people[3].home);
	fanout_flush(&bench.fanout);
	assert_heard(0, "a b ");
	assert_heard(1, "a ");
	assert_heard(2, "a b ");
	assert_heard(3, "a b ");
	say("lobby", "c");
	fanout_flush(&bench.fanout);
	assert_heard(0, "c ");
	assert_heard(1, "");
	assert_heard(2, "c ");
	assert_heard(3, "");
}

static void
joining_again_changes_nothing(void **state)
{
	(void)state;
	join(0, "lobby");
	say("lobby", "a");
	join(0, "lobby");
	fanout_flush(&bench.fanout);
	assert_heard(0, "a ");
	join(0, "cellar");
	say("lobby", "b");
	say("cellar", "c");
	fanout_flush(&bench.fanout);
	assert_heard(0, "c ");
	assert_null(fanout_find(&bench.fanout, TEXT("lobby")));
}

static void
settling_hands_over_what_was_said(void **state)
{
	(void)state;
	join(0, "lobby");
	join(1, "lobby");
	say("lobby", "a");
	fanout_settle(&bench.people[0].home);
	fanout_settle(&bench.people[0].home);
	assert_int_equal(bench.handed[0], 1);
	say("lobby", "b");
	fanout_flush(&bench.fanout);
	assert_heard(0, "a b ");
	assert_heard(1, "a b ");
}

static void
each_dialect_has_its_channel(void **state)
{
	struct channel *channel;

	(void)state;
	bench.people[1].dialect = &loud;
	join(0, "lobby");
	join(1, "lobby");
	channel = fanout_channels(fanout_find(&bench.fanout, TEXT("lobby")));
	assert_non_null(channel->next);
	assert_null(channel->next->next);
	assert_ptr_equal(channel->dialect, &loud);
	assert_true(fanout_say(channel, TEXT("LOUD"), DELIVERY_PUBLIC));
	fanout_flush(&bench.fanout);
	assert_heard(0, "");
	assert_heard(1, "LOUD ");
}

static void
rooms_without_members_are_gone(void **state)
{
	(void)state;
	join(0, "lobby");
	say("lobby", "a");
	fanout_leave(&bench.people[0].home);
	say("lobby", "nobody");
	fanout_flush(&bench.fanout);
	assert_heard(0, "a ");
	assert_null(fanout_next_room(&bench.fanout, NULL));
	assert_int_equal(bench.pool.pinned, 0);
}

static void
a_full_slab_is_handed_out_early(void **state)
{
	char words[101];
	size_t said = 0;

	(void)state;
	memset(words, 'x', 100);
	words[100] = '\0';
	join(0, "lobby");
	while (bench.handed[0] == 0) {
		say("lobby", words);
		said += 102;
		assert_true(said < 2 * SLAB_FULL);
	}
	join(1, "lobby");
	say("lobby", "last");
	fanout_flush(&bench.fanout);
	assert_heard(1, "last ");
	assert_int_equal(bench.heard[0].length, said / 102 * 101 + 5);
}

/* Who may hear several rooms in a turn gets all of it in one write, which is not this one. */
static void
only_who_has_one_room_is_written_to_at_once(void **state)
{
	(void)state;
	bench.people[1].dialect = &busy;
	join(0, "lobby");
	join(1, "lobby");
	say("lobby", "a");
	fanout_flush(&bench.fanout);
	assert_heard(0, "a ");
	assert_heard(1, "a ");
	assert_int_equal(bench.directly, 1);
}

static void
nothing_to_say_is_no_frame(void **state)
{
	(void)state;
	join(0, "lobby");
	say("lobby", "");
	fanout_flush(&bench.fanout);
	assert_int_equal(bench.handed[0], 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everybody_hears_it_in_one_piece),
		TEST(who_joins_in_mid_turn_hears_the_rest),
		TEST(who_leaves_hears_what_came_before),
		TEST(joining_again_changes_nothing),
		TEST(settling_hands_over_what_was_said),
		TEST(each_dialect_has_its_channel),
		TEST(rooms_without_members_are_gone),
		TEST(a_full_slab_is_handed_out_early),
		TEST(only_who_has_one_room_is_written_to_at_once),
		TEST(nothing_to_say_is_no_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
