/* What the hub remembers of clients, and what it asks gateways of themselves. */
#include "hub/core_asks.h"
#include "tests/unit/hub_rig.h"

#include <stdio.h>

/* The words of what was handed over, one behind the other. */
struct heard {
	char words[512];
	struct event last;
};

static void
hear(void *context, const struct event *event)
{
	struct heard *heard = context;
	size_t length = strlen(heard->words);

	(void)snprintf(
	    heard->words + length, sizeof(heard->words) - length, "%s ", event_word(event->kind));
	heard->last = *event;
}

static struct heard
why(struct rig *rig, const char *who)
{
	struct heard heard = { .words = "" };

	assert_int_equal(
	    events_of_user(core_events(rig->core), text_of(who), hear, &heard), EVENTS_FOUND);
	return heard;
}

static void
a_client_comes_says_and_goes(void **state)
{
	struct heard heard;
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	(void)rig_client(&rig, slot, 1, "Ana");
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("hello"));
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 2, .conn = 1, .room = TEXT("nowhere"),
	    .content = TEXT("hello"));
	RIG_SAY(&rig, slot, REPORT, report, .event = REPORT_CLOSED, .code = 1013, .conn = 1,
	    .reason = TEXT("slow reader"));
	RIG_SAY(&rig, slot, LEAVE, leave, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 1);
	heard = why(&rig, "Ana");
	assert_string_equal(heard.words, "connected joined refused closed left disconnected ");
	assert_text(heard.last.texts[EVENT_GATEWAY], "gw-1");
	assert_text(heard.last.texts[EVENT_NAME], "Ana");
	rig_stop(&rig);
}

static void
a_kick_and_a_gateways_end_are_told(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	(void)rig_client(&rig, slot, 1, "Ana");
	(void)rig_client(&rig, slot, 2, "Ben");
	assert_int_equal(core_kick(rig.core, rig.now, TEXT("Ana"), TEXT("enough")), 1);
	assert_text(why(&rig, "Ana").last.texts[EVENT_REASON], "enough");
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	RIG_SAY(&rig, slot, DRAINING, draining, .over_ms = 1000);
	core_gateway_lost(rig.core, slot, rig.now, LINK_CLOSED_BY_PEER);
	assert_string_equal(why(&rig, "Ana").words, "connected joined kicked disconnected ");
	assert_string_equal(
	    why(&rig, "Ben").words, "connected joined gateway_draining gateway_away gateway_died ");
	rig_stop(&rig);
}

static void
strangers_are_remembered_by_address(void **state)
{
	struct heard heard = { .words = "" };
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	RIG_SAY(&rig, slot, REPORT, report, .event = REPORT_REFUSED, .code = 404,
	    .address = TEXT("192.0.2.1"), .path = TEXT("/nowhere"), .missed = 5);
	/* Of a later kind: no reason to end the link. */
	RIG_SAY(&rig, slot, REPORT, report, .event = 99, .address = TEXT("192.0.2.1"));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, REPORT, report, .event = REPORT_REFUSED,
	    .address = TEXT("192.0.2.1\x1b"));
	assert_int_equal(
	    events_of_address(core_events(rig.core), TEXT("192.0.2.1"), 10, hear, &heard),
	    EVENTS_FOUND);
	assert_string_equal(heard.words, "turned_away ");
	assert_int_equal(heard.last.code, 404);
	assert_text(heard.last.texts[EVENT_TO], "/nowhere");
	rig_stop(&rig);
}

/* Where it is meanwhile is not where it was refused. */
static void
who_proved_nothing_is_remembered_as_the_user_it_surely_is(void **state)
{
	struct heard heard = { .words = "" };
	struct rig rig;
	unsigned slot;
	unsigned other;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	other = rig_gateway(&rig, "gw-2");
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .name = TEXT("Ana"), .user = TEXT("ana"),
	    .realm = TEXT("open"), .dialect = TEXT("room"), .address = TEXT("192.0.2.9"));
	RIG_SAY(&rig, other, REPORT, report, .event = REPORT_REFUSED, .code = 401,
	    .address = TEXT("192.0.2.1"), .user = TEXT("open/ana"), .reason = TEXT("expired"));
	RIG_SAY(&rig, other, REPORT, report, .event = REPORT_REFUSED, .code = 401,
	    .address = TEXT("192.0.2.1"), .reason = TEXT("signature"));
	core_gateway_lost(rig.core, other, rig.now, LINK_CLOSED_BY_PEER);
	assert_string_equal(why(&rig, "ana").words, "connected turned_away ");
	assert_string_equal(why(&rig, "open/ana").words, "connected turned_away ");
	assert_text(why(&rig, "ana").last.texts[EVENT_REASON], "expired");
	assert_int_equal(
	    events_of_address(core_events(rig.core), TEXT("192.0.2.1"), 10, hear, &heard),
	    EVENTS_FOUND);
	assert_string_equal(heard.words, "turned_away turned_away ");
	assert_text(heard.last.texts[EVENT_REASON], "signature");
	rig_stop(&rig);
}

static void
what_is_said_is_seen_by_who_watches(void **state)
{
	struct events *events;
	struct event seen;
	struct rig rig;
	uint64_t skipped = 0;
	uint64_t next;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	(void)rig_client(&rig, slot, 1, "Ana");
	events = core_events(rig.core);
	assert_true(events_watch(events, true, &next));
	RIG_SAY(&rig, slot, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("hello"));
	assert_true(events_take(events, &next, &skipped, &seen));
	assert_int_equal(seen.kind, EVENT_SAID);
	assert_int_equal(seen.count, 5);
	assert_text(seen.content, "hello");
	assert_text(seen.texts[EVENT_ROOM], "lobby");
	events_unwatch(events, true);
	/* Not remembered. */
	assert_string_equal(why(&rig, "Ana").words, "connected joined ");
	rig_stop(&rig);
}

static void
gateways_are_asked_how_they_are(void **state)
{
	struct core_answer answer;
	struct rig rig;
	uint64_t token;
	unsigned cursor = 0;
	unsigned slot;
	unsigned old;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	old = rig_link(&rig);
	RIG_SAY(&rig, old, HELLO, hello, .link_version = LINK_VERSION - 1, .gateway = TEXT("old"),
	    .epoch = 7, .software = TEXT("rig"));
	RIG_SAY(&rig, old, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	rig_forget(&rig);
	assert_int_equal(core_ask(rig.core, CORE_ASK_LOAD, TEXT("old"), 0), 0);
	token = core_ask(rig.core, CORE_ASK_LOAD, TEXT(""), 0);
	assert_int_not_equal(token, 0);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_LOAD).load.token, token);
	rig_silent(&rig, old);
	assert_false(core_all_answered(rig.core, CORE_ASK_LOAD, token));
	RIG_SAY(&rig, slot, LOAD, load, .token = token, .delivered = 9);
	assert_true(core_all_answered(rig.core, CORE_ASK_LOAD, token));
	assert_true(core_next_answer(rig.core, CORE_ASK_LOAD, token, &cursor, &answer));
	assert_string_equal(answer.name, "gw-1");
	assert_true(answer.answered);
	assert_int_equal(answer.load.delivered, 9);
	assert_true(core_next_answer(rig.core, CORE_ASK_LOAD, token, &cursor, &answer));
	assert_string_equal(answer.name, "old");
	assert_false(answer.answered);
	assert_false(core_next_answer(rig.core, CORE_ASK_LOAD, token, &cursor, &answer));
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, LOAD, load, .token = token + 1);
	rig_stop(&rig);
}

static void
a_gateways_level_is_set(void **state)
{
	struct core_answer answer;
	struct rig rig;
	uint64_t token;
	unsigned cursor = 0;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	assert_int_equal(core_ask(rig.core, CORE_ASK_LEVEL, TEXT("nobody"), 4), 0);
	token = core_ask(rig.core, CORE_ASK_LEVEL, TEXT("gw-1"), 4);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_LOG_LEVEL).log_level.level, 4);
	RIG_SAY(&rig, slot, LOG_LEVEL, log_level, .token = token, .level = 4);
	assert_true(core_next_answer(rig.core, CORE_ASK_LEVEL, token, &cursor, &answer));
	assert_true(answer.answered);
	assert_int_equal(answer.level, 4);
	RIG_REFUSED(&rig, slot, LINK_BAD_CONTENT, LOG_LEVEL, log_level, .token = token + 1);
	rig_stop(&rig);
}

static void
the_biggest_rooms_come_first(void **state)
{
	struct core_big_room rooms[2];
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw-1");
	for (uint64_t conn = 1; conn <= 3; conn++)
		(void)rig_client(&rig, slot, conn, "Ana");
	RIG_SAY(&rig, slot, JOIN, join, .conn = 1, .room = TEXT("one"));
	for (uint64_t conn = 1; conn <= 2; conn++)
		RIG_SAY(&rig, slot, JOIN, join, .conn = conn, .room = TEXT("two"));
	assert_int_equal(core_big_rooms(rig.core, rooms, 2), 2);
	assert_string_equal(rooms[0].name, "lobby");
	assert_int_equal(rooms[0].members, 3);
	assert_string_equal(rooms[1].name, "two");
	assert_int_equal(core_joins(rig.core), 6);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_comes_says_and_goes),
		cmocka_unit_test(a_kick_and_a_gateways_end_are_told),
		cmocka_unit_test(strangers_are_remembered_by_address),
		cmocka_unit_test(who_proved_nothing_is_remembered_as_the_user_it_surely_is),
		cmocka_unit_test(what_is_said_is_seen_by_who_watches),
		cmocka_unit_test(gateways_are_asked_how_they_are),
		cmocka_unit_test(a_gateways_level_is_set),
		cmocka_unit_test(the_biggest_rooms_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
