/* Catching up: inboxes and rooms from a place on, one part at a time, whatever the link does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/catch_up.h"
#include "rig_dialects.h"

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static void
whisper(struct rig_peer *peer, uint64_t epoch, uint64_t seq, const char *content)
{
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
			  .whisper = { .conn = peer->conn,
			      .to = 1,
			      .epoch = epoch,
			      .seq = seq,
			      .content = text_of(content) } });
}

static void
who_is_level_hears_at_once(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);

	(void)state;
	rig_say(&rig, "lobby", 5, 11, "eleven");
	rig_say(&rig, "lobby", 5, 11, "eleven");
	rig_say(&rig, "lobby", 5, 10, "ten");
	rig_say(&rig, "lobby", 5, 12, "twelve");
	rig_turn(&rig);
	assert_hears(ana, "eleven");
	assert_hears(ana, "twelve");
	assert_hears_nothing(ana);
	rig_said_nothing(&rig);
}

static void
what_was_missed_comes_first(void **state)
{
	struct rig_peer *ana = rig_login_as(
	    &rig, &rig_many_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("u1") });
	uint64_t token;

	(void)state;
	rig_joined(ana, "lobby", 5, 10);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_send(ana, "#lobby 5 8");
	token = rig_fetch(&rig, "lobby", 5, 8);
	rig_say(&rig, "lobby", 5, 11, "eleven");
	rig_item(ana, token, "lobby", (struct position){ 5, 9 }, "nine");
	rig_item(ana, token, "lobby", (struct position){ 5, 10 }, "ten");
	rig_item(ana, token + 7, "lobby", (struct position){ 5, 66 }, "of another part");
	rig_fetched(ana, token, "lobby", (struct position){ 5, 10 });
	token = rig_fetch(&rig, "lobby", 5, 10);
	rig_item(ana, token, "lobby", (struct position){ 5, 11 }, "eleven");
	rig_fetched(ana, token, "lobby", (struct position){ 5, 11 });
	rig_say(&rig, "lobby", 5, 12, "twelve");
	rig_turn(&rig);
	assert_hears(ana, "item lobby 9 nine");
	assert_hears(ana, "item lobby 10 ten");
	assert_hears(ana, "item lobby 11 eleven");
	assert_hears(ana, "twelve");
	assert_hears_nothing(ana);
	rig_said_nothing(&rig);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_fetches_total"), 2);
}

static void
a_gap_is_named(void **state)
{
	struct rig_peer *ana = rig_login_as(
	    &rig, &rig_many_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("u1") });
	uint64_t token;

	(void)state;
	rig_joined(ana, "lobby", 5, 1);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_send(ana, "#lobby 4 20");
	token = rig_fetch(&rig, "lobby", 4, 20);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_FETCHED,
			  .fetched = { .token = token,
			      .conn = ana->conn,
			      .room = TEXT("lobby"),
			      .epoch = 5,
			      .after = 20,
			      .more = 1,
			      .gap_from = 21,
			      .gap_reason = GAP_EPOCH,
			      .gap_epoch = 4 } });
	token = rig_fetch(&rig, "lobby", 5, 0);
	rig_item(ana, token, "lobby", (struct position){ 5, 1 }, "one");
	rig_fetched(ana, token, "lobby", (struct position){ 5, 1 });
	rig_say(&rig, "lobby", 5, 2, "two");
	rig_turn(&rig);
	assert_hears(ana, "gap lobby 21-0 2");
	assert_hears(ana, "item lobby 1 one");
	assert_hears(ana, "two");
}

static void
a_place_that_never_was_is_the_end(void **state)
{
	struct rig_peer *ana = rig_login_as(
	    &rig, &rig_many_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("u1") });
	uint64_t token;

	(void)state;
	rig_joined(ana, "lobby", 5, 1);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_send(ana, "#lobby 5 9007199254740992");
	token = rig_fetch(&rig, "lobby", 5, 9007199254740992u);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_FETCHED,
			  .fetched = { .token = token,
			      .conn = ana->conn,
			      .room = TEXT("lobby"),
			      .code = OUTCOME_BAD_SEQ,
			      .epoch = 5,
			      .to = 1 } });
	rig_say(&rig, "lobby", 5, 2, "two");
	rig_turn(&rig);
	assert_hears(ana, "two");
	rig_said_nothing(&rig);
}

static void
the_link_may_break_in_the_middle(void **state)
{
	struct rig_peer *ana = rig_login_as(&rig, &rig_mail_dialect,
	    (struct envelope_opened){
		.client = 1, .user = TEXT("ana"), .epoch = 9, .seq = 3, .read = 1 });
	uint64_t token = rig_fetch(&rig, "", 9, 1);

	(void)state;
	rig_item(ana, token, "", (struct position){ 9, 2 }, "two");
	rig_again(&rig, ana,
	    (struct envelope_opened){ .user = TEXT("ana"), .epoch = 9, .seq = 3, .read = 1 });
	token = rig_fetch(&rig, "", 9, 2);
	rig_item(ana, token - 1, "", (struct position){ 9, 2 }, "late");
	rig_item(ana, token, "", (struct position){ 9, 3 }, "three");
	rig_fetched(ana, token, "", (struct position){ 9, 3 });
	rig_turn(&rig);
	assert_hears(ana, "mail 2 two");
	assert_true(strncmp(rig_next(ana), "2.", 2) == 0);
	assert_hears(ana, "mail 3 three");
	assert_hears_nothing(ana);
}

static void
an_inbox_takes_each_message_once(void **state)
{
	struct rig_peer *ana = rig_login_as(
	    &rig, &rig_mail_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("ana") });
	uint64_t token;

	(void)state;
	whisper(ana, 9, 1, "one");
	whisper(ana, 9, 1, "one");
	whisper(ana, 9, 4, "four");
	rig_turn(&rig);
	token = rig_fetch(&rig, "", 9, 1);
	rig_item(ana, token, "", (struct position){ 9, 2 }, "two");
	rig_item(ana, token, "", (struct position){ 9, 4 }, "four");
	rig_fetched(ana, token, "", (struct position){ 9, 4 });
	whisper(ana, 9, 5, "five");
	whisper(ana, 0, 0, "unnumbered");
	rig_turn(&rig);
	assert_hears(ana, "mail 1 one");
	assert_true(strncmp(rig_next(ana), "1.", 2) == 0);
	assert_hears(ana, "mail 2 two");
	assert_hears(ana, "mail 4 four");
	assert_hears(ana, "mail 5 five");
	assert_hears(ana, "mail 0 unnumbered");
	assert_hears_nothing(ana);
}

static void
an_inbox_that_began_anew_is_read_from_its_beginning(void **state)
{
	struct rig_peer *ana = rig_login_as(&rig, &rig_mail_dialect,
	    (struct envelope_opened){
		.client = 1, .user = TEXT("ana"), .epoch = 9, .seq = 3, .read = 3 });

	(void)state;
	rig_said_nothing(&rig);
	rig_again(
	    &rig, ana, (struct envelope_opened){ .user = TEXT("ana"), .epoch = 10, .seq = 1 });
	rig_fetch(&rig, "", 9, 3);
}

static void
the_next_part_waits_for_a_slow_reader(void **state)
{
	struct rig_peer *ana = rig_login_as(&rig, &rig_mail_dialect,
	    (struct envelope_opened){ .client = 1, .user = TEXT("ana"), .epoch = 9, .seq = 400 });
	uint64_t token = rig_fetch(&rig, "", 9, 0);
	char page[400];

	(void)state;
	memset(page, 'x', sizeof(page) - 1);
	page[sizeof(page) - 1] = '\0';
	ana->room = 0;
	for (uint64_t seq = 1; seq <= 200; seq++)
		rig_item(ana, token, "", (struct position){ 9, seq }, page);
	rig_hub(
	    &rig, (struct envelope){ .kind = ENVELOPE_FETCHED,
		      .fetched = {
			  .token = token, .conn = ana->conn, .epoch = 9, .to = 200, .more = 1 } });
	rig_turn(&rig);
	rig_said_nothing(&rig);
	ana->room = SIZE_MAX;
	gateway_core_client_writable(rig.core, ana->session, rig.now);
	rig_fetch(&rig, "", 9, 200);
}

/* A part is as long as what is stored of it; what is written of it may be six times as much. */
static void
short_queues(struct config_limits *limits)
{
	limits->queue_bytes = 8192;
}

static void
what_a_queue_cannot_hold_is_asked_for_again(void **state)
{
	struct rig_peer *ana;
	uint64_t token;
	char page[400];

	(void)state;
	rig_destroy(&rig);
	rig_create(&rig, short_queues);
	rig_attach(&rig);
	ana = rig_login_as(&rig, &rig_mail_dialect,
	    (struct envelope_opened){ .client = 1, .user = TEXT("ana"), .epoch = 9, .seq = 30 });
	token = rig_fetch(&rig, "", 9, 0);
	memset(page, 'x', sizeof(page) - 1);
	page[sizeof(page) - 1] = '\0';
	ana->room = 0;
	for (uint64_t seq = 1; seq <= 30; seq++)
		rig_item(ana, token, "", (struct position){ 9, seq }, seq < 30 ? page : "short");
	rig_fetched(ana, token, "", (struct position){ 9, 30 });
	rig_turn(&rig);
	assert_int_equal(ana->closes, 0);
	rig_said_nothing(&rig);
	ana->room = 4000;
	gateway_core_client_writable(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	rig_said_nothing(&rig);
	ana->room = SIZE_MAX;
	gateway_core_client_writable(rig.core, ana->session, rig.now);
	token = rig_fetch(&rig, "", 9, 12);
	rig_item(ana, token, "", (struct position){ 9, 13 }, "thirteen");
	rig_fetched(ana, token, "", (struct position){ 9, 13 });
	rig_turn(&rig);
	rig_said_nothing(&rig);
}

static struct envelope
unanswered(const struct rig_peer *peer, uint64_t token, const char *room, uint32_t code)
{
	return (struct envelope){ .kind = ENVELOPE_FETCHED,
		.fetched = {
		    .token = token, .conn = peer->conn, .room = text_of(room), .code = code } };
}

static void
what_the_hub_cannot_answer_is_asked_again_later(void **state)
{
	static const uint32_t codes[] = { OUTCOME_UNAVAILABLE, OUTCOME_RATE_LIMITED };
	struct rig_peer *ana = rig_login_as(
	    &rig, &rig_many_dialect, (struct envelope_opened){ .client = 1, .user = TEXT("u1") });
	uint64_t token;

	(void)state;
	rig_joined(ana, "lobby", 5, 2);
	rig_turn(&rig);
	rig_forget_heard(ana);
	rig_send(ana, "#lobby 5 1");
	for (unsigned i = 0; i < 2; i++) {
		token = rig_fetch(&rig, "lobby", 5, 1);
		rig_forget_said(&rig);
		rig_hub(&rig, unanswered(ana, token, "lobby", codes[i]));
		rig_turn(&rig);
		rig_said_nothing(&rig);
		assert_true(gateway_core_next_deadline(rig.core, rig.now) <= CATCH_UP_REST_MS);
		rig.now.mono_ms += CATCH_UP_REST_MS;
	}
	token = rig_fetch(&rig, "lobby", 5, 1);
	rig_item(ana, token, "lobby", (struct position){ 5, 2 }, "two");
	rig_fetched(ana, token, "lobby", (struct position){ 5, 2 });
	rig_say(&rig, "lobby", 5, 3, "three");
	rig_turn(&rig);
	assert_hears(ana, "item lobby 2 two");
	assert_hears(ana, "three");
}

/* Who goes while it rests leaves nothing behind, and another reads on. */
static void
who_rests_may_go(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);
	struct rig_peer *ben = rig_login(&rig, 2, "ben");
	uint64_t token;

	(void)state;
	rig_joined(ben, "lobby", 5, 10);
	rig_again(&rig, ana, (struct envelope_opened){ .user = TEXT("u1") });
	rig_joined(ana, "lobby", 5, 11);
	token = rig_fetch(&rig, "lobby", 5, 10);
	rig_joined(ben, "lobby", 5, 11);
	rig_hub(&rig, unanswered(ana, token, "lobby", OUTCOME_UNAVAILABLE));
	rig_turn(&rig);
	rig_forget_said(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	rig_forget_said(&rig);
	rig_after(&rig, CATCH_UP_REST_MS);
	rig_turn(&rig);
}

static void
history_goes_beside(void **state)
{
	struct rig_peer *ana = rig_member_of_lobby(&rig);
	struct envelope_fetch fetch;

	(void)state;
	rig_send(ana, "?lobby 0");
	rig_send(ana, "?lobby 5");
	rig_turn(&rig);
	fetch = rig_said(&rig, ENVELOPE_FETCH).fetch;
	assert_int_equal(fetch.before, UINT64_MAX);
	assert_int_equal(fetch.limit, 3);
	assert_int_equal(fetch.epoch, 5);
	rig_say(&rig, "lobby", 5, 11, "eleven");
	rig_item(ana, fetch.token, "lobby", (struct position){ 5, 10 }, "ten");
	rig_fetched(ana, fetch.token, "lobby", (struct position){ 5, 10 });
	rig_turn(&rig);
	assert_hears(ana, "busy");
	assert_hears(ana, "eleven");
	assert_hears(ana, "past lobby 10 ten");
	assert_hears(ana, "end lobby ok 0");
	rig_send(ana, "?lobby 4");
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_FETCH).fetch.before, 4);
	rig_lose(&rig);
	assert_hears(ana, "end lobby unavailable 0");
	rig_send(ana, "?lobby 4");
	rig_turn(&rig);
	assert_hears(ana, "busy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(who_is_level_hears_at_once),
		TEST(what_was_missed_comes_first),
		TEST(a_gap_is_named),
		TEST(a_place_that_never_was_is_the_end),
		TEST(the_link_may_break_in_the_middle),
		TEST(an_inbox_takes_each_message_once),
		TEST(an_inbox_that_began_anew_is_read_from_its_beginning),
		TEST(the_next_part_waits_for_a_slow_reader),
		TEST(what_a_queue_cannot_hold_is_asked_for_again),
		TEST(what_the_hub_cannot_answer_is_asked_again_later),
		TEST(who_rests_may_go),
		TEST(history_goes_beside),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
