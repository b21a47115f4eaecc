/* What is remembered of whom, for how long, and what who watches sees. */
#include "hub/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEARD_MAX 64u

/* Rows as they were handed over. */
struct heard {
	unsigned count;
	enum event_kind kinds[HEARD_MAX];
	int64_t times[HEARD_MAX];
};

static int
set_up(void **state)
{
	*state = events_create((struct table_key){ { 1, 2 } });
	return *state == NULL;
}

static int
tear_down(void **state)
{
	struct events *events = *state;

	events_destroy(&events);
	assert_null(events);
	events_destroy(&events);
	return 0;
}

static void
hear(void *context, const struct event *event)
{
	struct heard *heard = context;

	assert_true(heard->count < HEARD_MAX);
	heard->kinds[heard->count] = event->kind;
	heard->times[heard->count++] = event->wall_ms;
}

static struct event
made(enum event_kind kind, int64_t wall_ms, uint32_t client, const char *user, const char *name)
{
	return (struct event){
		.kind = kind,
		.wall_ms = wall_ms,
		.client = client,
		.texts = {
			[EVENT_USER] = text_of(user),
			[EVENT_REALM] = TEXT("open"),
			[EVENT_NAME] = text_of(name),
			[EVENT_GATEWAY] = TEXT("gw-1"),
			[EVENT_ADDRESS] = TEXT("192.0.2.1"),
		},
	};
}

static void
note(struct events *events, enum event_kind kind, int64_t wall_ms, uint32_t client,
    const char *user, const char *name)
{
	const struct event event = made(kind, wall_ms, client, user, name);

	events_note(events, &event);
}

static void
note_gateway(struct events *events, enum event_kind kind, int64_t wall_ms, const char *gateway)
{
	const struct event event = {
		.kind = kind,
		.wall_ms = wall_ms,
		.texts = { [EVENT_GATEWAY] = text_of(gateway) },
	};

	events_note(events, &event);
}

static struct heard
of_user(struct events *events, const char *who, enum events_found expected)
{
	struct heard heard = { 0 };

	assert_int_equal(events_of_user(events, text_of(who), hear, &heard), expected);
	return heard;
}

static void
a_user_is_found_by_all_that_it_is_called(void **state)
{
	static const char *const ways[] = { "0000000a", "open/ana-id", "ana-id", "Ana" };
	struct events *events = *state;
	struct heard heard;

	note(events, EVENT_CONNECTED, 1, 10, "ana-id", "Ana");
	note(events, EVENT_CONNECTED, 2, 11, "ben-id", "Ben");
	note(events, EVENT_JOINED, 3, 10, "ana-id", "Ana");
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		heard = of_user(events, ways[i], EVENTS_FOUND);
		assert_int_equal(heard.count, 2);
		assert_int_equal(heard.kinds[0], EVENT_CONNECTED);
		assert_int_equal(heard.kinds[1], EVENT_JOINED);
	}
	(void)of_user(events, "direct/ana-id", EVENTS_NOTHING);
	(void)of_user(events, "0000000c", EVENTS_NOTHING);
	(void)of_user(events, "", EVENTS_NOTHING);
}

static void
a_name_of_several_is_nobodys(void **state)
{
	struct events *events = *state;

	note(events, EVENT_CONNECTED, 1, 10, "a", "Twin");
	note(events, EVENT_CONNECTED, 2, 11, "b", "Twin");
	assert_int_equal(of_user(events, "Twin", EVENTS_SEVERAL).count, 0);
	assert_int_equal(of_user(events, "b", EVENTS_FOUND).count, 1);
}

static void
what_happens_to_a_gateway_happens_to_its_users(void **state)
{
	struct events *events = *state;
	struct heard heard;

	note_gateway(events, EVENT_LINKED, 1, "gw-1");
	note(events, EVENT_CONNECTED, 2, 10, "ana", "Ana");
	note_gateway(events, EVENT_AWAY, 3, "gw-2");
	note_gateway(events, EVENT_AWAY, 4, "gw-1");
	note_gateway(events, EVENT_MISSED, 5, "gw-1");
	note_gateway(events, EVENT_DIED, 6, "gw-1");
	note_gateway(events, EVENT_LINKED, 7, "gw-1");
	heard = of_user(events, "ana", EVENTS_FOUND);
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.times[1], 4);
	assert_int_equal(heard.times[2], 6);
	note(events, EVENT_CONNECTED, 8, 10, "ana", "Ana");
	note(events, EVENT_DISCONNECTED, 9, 10, "ana", "Ana");
	note_gateway(events, EVENT_DRAINING, 10, "gw-1");
	assert_int_equal(of_user(events, "ana", EVENTS_FOUND).count, 5);
}

static void
one_has_so_many_and_costs_others_none(void **state)
{
	struct events *events = *state;
	struct heard heard;

	note(events, EVENT_CONNECTED, 1, 10, "ana", "Ana");
	for (int64_t i = 0; i < 2 * (int64_t)EVENTS_MAX; i++)
		note(events, EVENT_REFUSED, 100 + i, 11, "noisy", "Noisy");
	assert_int_equal(of_user(events, "ana", EVENTS_FOUND).count, 1);
	heard = of_user(events, "noisy", EVENTS_FOUND);
	assert_int_equal(heard.count, EVENTS_OF_ONE_MAX);
	assert_int_equal(heard.times[EVENTS_OF_ONE_MAX - 1], 100 + 2 * (int64_t)EVENTS_MAX - 1);
	assert_int_equal(heard.times[0], 100 + 2 * (int64_t)EVENTS_MAX - EVENTS_OF_ONE_MAX);
}

static void
the_oldest_are_forgotten(void **state)
{
	struct events *events = *state;
	char user[16];

	for (unsigned i = 0; i <= EVENTS_MAX; i++) {
		(void)snprintf(user, sizeof(user), "user-%u", i);
		note(events, EVENT_CONNECTED, i, i + 1, user, "Somebody");
	}
	(void)of_user(events, "user-0", EVENTS_NOTHING);
	(void)of_user(events, "user-1", EVENTS_FOUND);
	(void)snprintf(user, sizeof(user), "user-%u", EVENTS_MAX);
	(void)of_user(events, user, EVENTS_FOUND);
}

static void
who_is_nobody_is_found_by_address(void **state)
{
	struct events *events = *state;
	struct event event = made(EVENT_TURNED_AWAY, 0, 0, "", "");
	struct heard heard = { 0 };

	for (int64_t i = 0; i < 5; i++) {
		event.wall_ms = i;
		events_note(events, &event);
	}
	assert_int_equal(
	    events_of_address(events, TEXT("192.0.2.1"), 3, hear, &heard), EVENTS_FOUND);
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.times[0], 2);
	assert_int_equal(heard.times[2], 4);
	assert_int_equal(
	    events_of_address(events, TEXT("192.0.2.2"), 3, hear, &heard), EVENTS_NOTHING);
}

static void
texts_are_cut_between_characters(void **state)
{
	struct events *events = *state;
	struct event event = made(EVENT_KICKED, 1, 10, "ana", "Ana");
	char reason[200];
	struct event seen;
	uint64_t next;
	uint64_t skipped = 0;

	for (size_t i = 0; i < sizeof(reason); i++)
		reason[i] = i % 2 == 0 ? '\xc3' : '\xa9';
	event.texts[EVENT_REASON] = (struct text){ reason, sizeof(reason) };
	assert_true(events_watch(events, false, &next));
	events_note(events, &event);
	assert_true(events_take(events, &next, &skipped, &seen));
	assert_true(seen.texts[EVENT_REASON].length > 60);
	assert_true(text_is_utf8(seen.texts[EVENT_REASON]));
	assert_true(text_equal(seen.texts[EVENT_USER], TEXT("ana")));
	assert_null(seen.texts[EVENT_ROOM].data);
	events_unwatch(events, false);
}

static void
who_watches_sees_what_is_not_remembered(void **state)
{
	struct events *events = *state;
	struct event event = made(EVENT_SAID, 1, 10, "ana", "Ana");
	struct event seen;
	uint64_t next;
	uint64_t skipped = 0;

	assert_false(events_are_watched(events));
	assert_true(events_watch(events, true, &next));
	assert_true(events_are_watched(events) && events_show_contents(events));
	assert_false(events_are_new(events, next));
	event.content = TEXT("hello");
	events_note(events, &event);
	assert_true(events_are_new(events, next));
	assert_true(events_take(events, &next, &skipped, &seen));
	assert_int_equal(seen.kind, EVENT_SAID);
	assert_true(text_equal(seen.content, TEXT("hello")));
	assert_false(events_take(events, &next, &skipped, &seen));
	assert_int_equal(skipped, 0);
	events_unwatch(events, true);
	assert_false(events_are_watched(events) || events_show_contents(events));
	(void)of_user(events, "ana", EVENTS_NOTHING);
}

static void
who_is_too_slow_hears_how_much_it_missed(void **state)
{
	struct events *events = *state;
	struct event seen;
	uint64_t slow;
	uint64_t fast;
	uint64_t skipped = 0;
	unsigned taken = 0;

	assert_true(events_watch(events, false, &slow));
	assert_true(events_watch(events, false, &fast));
	for (unsigned i = 0; i < EVENTS_WATCHED_MAX + 10; i++) {
		note(events, EVENT_CONNECTED, i, 10, "ana", "Ana");
		assert_true(events_take(events, &fast, &skipped, &seen));
		assert_int_equal(seen.wall_ms, i);
	}
	assert_int_equal(skipped, 0);
	assert_true(events_take(events, &slow, &skipped, &seen));
	assert_int_equal(skipped, 10);
	assert_int_equal(seen.wall_ms, 10);
	while (events_take(events, &slow, &skipped, &seen))
		taken++;
	assert_int_equal(taken, EVENTS_WATCHED_MAX - 1);
	events_unwatch(events, false);
	events_unwatch(events, false);
}

static void
an_event_is_of_both_who_says_and_who_is_told(void **state)
{
	struct event event = made(EVENT_TOLD, 1, 10, "ana", "Ana");

	(void)state;
	event.texts[EVENT_TO] = TEXT("ben");
	assert_true(event_is_of(&event, TEXT("ana")));
	assert_true(event_is_of(&event, TEXT("ben")));
	assert_true(event_is_of(&event, TEXT("0000000a")));
	assert_false(event_is_of(&event, TEXT("eve")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_is_found_by_all_that_it_is_called),
		TEST(a_name_of_several_is_nobodys),
		TEST(what_happens_to_a_gateway_happens_to_its_users),
		TEST(one_has_so_many_and_costs_others_none),
		TEST(the_oldest_are_forgotten),
		TEST(who_is_nobody_is_found_by_address),
		TEST(texts_are_cut_between_characters),
		TEST(who_watches_sees_what_is_not_remembered),
		TEST(who_is_too_slow_hears_how_much_it_missed),
		TEST(an_event_is_of_both_who_says_and_who_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
