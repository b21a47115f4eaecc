/* Connections that are gone while commands of theirs are to come. */
#include "common/outcomes.h"
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#define NATIVE (OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET | OPEN_HAS_RECEIPTS)

/* eve watches the lobby from the second gateway; ana is native, on the first. */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	uint64_t epoch;
	uint64_t number;
	uint32_t ana;
	char user[16];
	char resume[64];
};

static uint32_t
come(struct scene *scene, unsigned slot, uint64_t conn)
{
	struct rig *rig = &scene->rig;
	struct envelope_opened opened;

	rig_forget(rig);
	RIG_SAY(rig, slot, OPEN, open, .conn = conn, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = TEXT("ana"), .resume = text_of(scene->resume),
	    .flags = NATIVE);
	RIG_SAY(rig, slot, JOIN, join, .conn = conn, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	opened = rig_hear(rig, slot, ENVELOPE_OPENED).opened;
	snprintf(
	    scene->user, sizeof(scene->user), "%.*s", (int)opened.user.length, opened.user.data);
	snprintf(scene->resume, sizeof(scene->resume), "%.*s", (int)opened.resume.length,
	    opened.resume.data);
	(void)rig_hear(rig, slot, ENVELOPE_JOINED);
	return opened.client;
}

static void
begin(struct scene *scene, struct core_limits limits)
{
	rig_start(&scene->rig, limits);
	scene->here = rig_gateway(&scene->rig, "here");
	scene->epoch = 100 + scene->here;
	scene->there = rig_gateway(&scene->rig, "there");
	(void)rig_client(&scene->rig, scene->there, 1, "eve");
	scene->ana = come(scene, scene->here, 1);
	rig_forget(&scene->rig);
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	begin(scene, rig_limits());
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	rig_stop(&scene->rig);
	free(scene);
	return 0;
}

static void
closed(struct scene *scene, unsigned slot, uint64_t conn, uint32_t linger)
{
	RIG_SAY(&scene->rig, slot, CLOSED, closed, .conn = conn, .linger = linger);
	rig_turn(&scene->rig, 1);
}

/* A connection on the first gateway says something; what the hub makes of it. */
static uint32_t
say(struct scene *scene, uint64_t conn, const char *room)
{
	struct rig *rig = &scene->rig;
	uint32_t code;

	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = ++scene->number, .conn = conn,
	    .room = text_of(room), .content = TEXT("late"));
	rig_turn(rig, 1);
	code = rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.code;
	if (code == OUTCOME_OK && strcmp(room, "lobby") == 0)
		assert_int_equal(
		    rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.from, scene->ana);
	return code;
}

static void
leaves(struct scene *scene, const char *room)
{
	struct envelope_exited exited = rig_hear(&scene->rig, scene->there, ENVELOPE_EXITED).exited;

	assert_int_equal(exited.client, scene->ana);
	assert_text(exited.room, room);
	rig_silent(&scene->rig, scene->there);
	rig_forget(&scene->rig);
}

/* A new link tells of a connection that is gone. */
static struct envelope_opened
say_again(struct scene *scene, uint64_t conn)
{
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, OPEN, open, .conn = conn, .client = scene->ana,
	    .dialect = TEXT("native"), .realm = TEXT("open"), .name = TEXT("ana"),
	    .user = text_of(scene->user), .resume = text_of(scene->resume),
	    .flags = NATIVE | OPEN_CLOSING);
	RIG_SAY(rig, scene->here, JOIN, join, .conn = conn, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	return rig_hear(rig, scene->here, ENVELOPE_OPENED).opened;
}

static void
it_leaves_behind_its_words(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	rig_turn(rig, 30000);
	rig_silent(rig, scene->there);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	/* It hears nothing any more. */
	rig_silent(rig, scene->here);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "lobby");
	assert_int_equal(core_status(rig->core).clients, 1);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_NO_SUCH_ROOM);
}

static void
its_time_to_come_back_begins_with_its_end(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	rig_turn(rig, 5000);
	closed(scene, scene->here, 1, CLOSED_LOST);
	rig_turn(rig, 1998);
	rig_silent(rig, scene->there);
	rig_turn(rig, 1);
	leaves(scene, "lobby");
}

static void
who_comes_again_meanwhile_goes_on(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	assert_int_equal(come(scene, scene->there, 5), scene->ana);
	rig_turn(rig, 5000);
	/* What the old connection said is said by who it was. */
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_LOST);
	rig_turn(rig, 5000);
	rig_silent(rig, scene->here);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 2);
}

static void
rooms_of_the_old_connection_are_left_behind_its_words(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, JOIN, join, .conn = 1, .room = TEXT("hall"));
	rig_turn(rig, 1);
	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	(void)come(scene, scene->there, 5);
	rig_turn(rig, 5000);
	rig_forget(rig);
	assert_int_equal(say(scene, 1, "hall"), OUTCOME_OK);
	rig_silent(rig, scene->there);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "hall");
}

static void
who_went_again_stays_for_what_it_said_before(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	(void)come(scene, scene->there, 5);
	closed(scene, scene->there, 5, CLOSED_GONE);
	rig_turn(rig, 5000);
	rig_silent(rig, scene->there);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "lobby");
}

static void
it_stays_when_the_other_gateway_dies(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	unsigned third = rig_gateway(rig, "third");

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	(void)come(scene, third, 5);
	core_gateway_lost(rig->core, third, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	rig_forget(rig);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "lobby");
	assert_int_equal(core_status(rig->core).clients, 1);
}

static void
link_again(struct scene *scene)
{
	struct rig *rig = &scene->rig;

	(void)core_gateway_detached(rig->core, scene->here, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1000);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	scene->here = rig_link(rig);
	rig_hello(rig, scene->here, "here", scene->epoch, 0, 0);
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->here, ENVELOPE_WELCOME);
}

static void
all_said(struct scene *scene)
{
	RIG_SAY(&scene->rig, scene->here, ROSTER_END, roster_end, 0);
	rig_turn(&scene->rig, 1);
	(void)rig_hear(&scene->rig, scene->there, ENVELOPE_ROSTER_END);
	rig_silent(&scene->rig, scene->there);
	rig_forget(&scene->rig);
}

static void
a_new_link_goes_on_with_it(void **state)
{
	struct scene *scene = *state;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	link_again(scene);
	rig_silent(&scene->rig, scene->there);
	assert_int_equal(say_again(scene, 1).client, scene->ana);
	assert_int_equal(rig_hear(&scene->rig, scene->here, ENVELOPE_JOINED).joined.conn, 1);
	all_said(scene);
	rig_turn(&scene->rig, 30000);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "lobby");
}

static void
a_new_link_that_says_nothing_of_it_ends_it(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	link_again(scene);
	RIG_SAY(rig, scene->here, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_EXITED).exited.client, scene->ana);
	assert_int_equal(core_status(rig->core).clients, 1);
}

static void
a_lost_link_takes_nothing_from_who_came_again(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	(void)come(scene, scene->there, 5);
	link_again(scene);
	/* The old connection is told of with a newer one behind it. */
	assert_int_equal(say_again(scene, 1).client, scene->ana);
	all_said(scene);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_GONE);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 2);
}

/* After a restart of the hub the newcomer may be the first to be told of. */
static void
it_speaks_through_who_came_before_it(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_GONE);
	assert_int_equal(come(scene, scene->there, 5), scene->ana);
	rig_turn(rig, 5000);
	rig_forget(rig);
	assert_int_equal(say_again(scene, 9).conn, 9);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_JOINED).joined.conn, 9);
	RIG_SAY(rig, scene->here, JOIN, join, .conn = 9, .room = TEXT("hall"));
	rig_turn(rig, 5000);
	assert_text(rig_hear(rig, scene->there, ENVELOPE_ENTERED).entered.room, "hall");
	rig_forget(rig);
	assert_int_equal(say(scene, 9, "hall"), OUTCOME_OK);
	rig_silent(rig, scene->there);
	assert_int_equal(say(scene, 9, "lobby"), OUTCOME_OK);
	rig_silent(rig, scene->here);
	closed(scene, scene->here, 9, CLOSED_LOST);
	leaves(scene, "hall");
	rig_turn(rig, 5000);
	rig_silent(rig, scene->there);
}

/* As long as a newcomer's own: the hub is told of both by new links. */
static void
a_newcomer_finds_its_place_behind_it(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_GONE);
	rig_forget(rig);
	(void)say_again(scene, 9);
	rig_forget(rig);
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 5, .client = scene->ana,
	    .dialect = TEXT("native"), .realm = TEXT("open"), .name = TEXT("ana"),
	    .user = text_of(scene->user), .resume = text_of(scene->resume), .flags = NATIVE);
	RIG_SAY(rig, scene->there, JOIN, join, .conn = 5, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.client, scene->ana);
	(void)rig_hear(rig, scene->there, ENVELOPE_JOINED);
	assert_int_equal(say(scene, 9, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 9, CLOSED_GONE);
	rig_turn(rig, 5000);
	rig_silent(rig, scene->there);
}

static void
another_name_is_another_place(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 5, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = TEXT("Ann"), .resume = text_of(scene->resume),
	    .flags = NATIVE);
	rig_turn(rig, 1);
	assert_int_not_equal(
	    rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.client, scene->ana);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	closed(scene, scene->here, 1, CLOSED_GONE);
	leaves(scene, "lobby");
}

static void
a_kick_ends_it_with_what_is_to_come(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_close order;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	assert_int_equal(core_kick(rig->core, rig->now, text_of(scene->user), TEXT("enough")), 1);
	rig_turn(rig, 1);
	order = rig_hear(rig, scene->here, ENVELOPE_CLOSE).close;
	assert_int_equal(order.conn, 1);
	assert_int_equal(order.client, scene->ana);
	leaves(scene, "lobby");
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_NO_SUCH_ROOM);
	closed(scene, scene->here, 1, CLOSED_GONE);
	rig_silent(rig, scene->there);
}

static void
a_kick_of_who_came_again_ends_both(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	(void)come(scene, scene->there, 5);
	assert_int_equal(core_kick(rig->core, rig->now, text_of(scene->user), TEXT("enough")), 1);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_CLOSE).close.conn, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_CLOSE).close.conn, 5);
	closed(scene, scene->there, 5, CLOSED_GONE);
	leaves(scene, "lobby");
}

static void
its_conn_is_not_free(void **state)
{
	struct scene *scene = *state;

	closed(scene, scene->here, 1, CLOSED_UNANSWERED);
	RIG_REFUSED(&scene->rig, scene->here, LINK_BAD_CONTENT, OPEN, open, .conn = 1,
	    .dialect = TEXT("room"), .realm = TEXT("open"), .name = TEXT("ben"));
}

static void
there_are_at_most_as_many_as_clients(void **state)
{
	struct scene *scene = *state;
	struct core_limits limits = rig_limits();

	rig_stop(&scene->rig);
	limits.clients_max = 2;
	*scene = (struct scene){ 0 };
	begin(scene, limits);
	for (uint64_t conn = 1; conn <= 3; conn++) {
		closed(scene, scene->here, conn, CLOSED_UNANSWERED);
		assert_int_equal(come(scene, scene->here, conn + 1), scene->ana);
	}
	rig_forget(&scene->rig);
	assert_int_equal(say(scene, 1, "lobby"), OUTCOME_OK);
	rig_forget(&scene->rig);
	assert_int_equal(say(scene, 2, "lobby"), OUTCOME_OK);
	rig_forget(&scene->rig);
	assert_int_equal(say(scene, 3, "lobby"), OUTCOME_NO_SUCH_ROOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(it_leaves_behind_its_words),
		TEST(its_time_to_come_back_begins_with_its_end),
		TEST(who_comes_again_meanwhile_goes_on),
		TEST(rooms_of_the_old_connection_are_left_behind_its_words),
		TEST(who_went_again_stays_for_what_it_said_before),
		TEST(it_stays_when_the_other_gateway_dies),
		TEST(a_new_link_goes_on_with_it),
		TEST(a_new_link_that_says_nothing_of_it_ends_it),
		TEST(a_lost_link_takes_nothing_from_who_came_again),
		TEST(it_speaks_through_who_came_before_it),
		TEST(a_newcomer_finds_its_place_behind_it),
		TEST(another_name_is_another_place),
		TEST(a_kick_ends_it_with_what_is_to_come),
		TEST(a_kick_of_who_came_again_ends_both),
		TEST(its_conn_is_not_free),
		TEST(there_are_at_most_as_many_as_clients),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
