/* A gateway's link is lost: its process may live and come back, or not. */
#include "common/outcomes.h"
#include "tests/unit/hub_rig.h"

/* ana and ben are on the gateway whose link is lost, eve watches from another. */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	uint64_t epoch;
	uint32_t ana;
	uint32_t ben;
	uint32_t eve;
	uint32_t life;
};

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	rig_start(&scene->rig, rig_limits());
	scene->here = rig_gateway(&scene->rig, "here");
	scene->epoch = 100 + scene->here;
	scene->there = rig_gateway(&scene->rig, "there");
	scene->ana = rig_client(&scene->rig, scene->here, 1, "ana");
	scene->ben = rig_client(&scene->rig, scene->here, 2, "ben");
	scene->eve = rig_client(&scene->rig, scene->there, 1, "eve");
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

/* The number of gateways is all that the others hear of a break. */
static void
lose_link(struct scene *scene, enum link_loss why)
{
	struct rig *rig = &scene->rig;

	scene->life = core_gateway_detached(rig->core, scene->here, rig->now, why);
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
}

static void
say_again(struct scene *scene, uint64_t conn, uint32_t client, const char *name)
{
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, OPEN, open, .conn = conn, .client = client,
	    .dialect = TEXT("room"), .realm = TEXT("open"), .name = text_of(name));
	RIG_SAY(rig, scene->here, JOIN, join, .conn = conn, .room = TEXT("lobby"));
}

static void
link_again(struct scene *scene, uint64_t epoch)
{
	struct rig *rig = &scene->rig;

	scene->here = rig_link(rig);
	rig_hello(rig, scene->here, "here", epoch, 0, 0);
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->here, ENVELOPE_WELCOME);
}

static void
all_said(struct scene *scene)
{
	RIG_SAY(&scene->rig, scene->here, ROSTER_END, roster_end, 0);
	rig_turn(&scene->rig, 1);
}

static void
leaves(struct scene *scene, uint32_t client)
{
	assert_int_equal(
	    rig_hear(&scene->rig, scene->there, ENVELOPE_EXITED).exited.client, client);
}

static void
nobody_hears_of_a_break(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	assert_int_not_equal(scene->life, 0);
	rig_turn(rig, 3000);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 3);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, scene->ben, "ben");
	all_said(scene);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ana);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_JOINED).joined.members, 3);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ben);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 3);
}

/* What the hub answered on the link that broke was never heard: the connection asks once more. */
static void
who_asks_again_is_who_it_was(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, 0, "ben");
	all_said(scene);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ana);
	(void)rig_hear(rig, scene->here, ENVELOPE_JOINED);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ben);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 3);
}

/* The same name is no proof. */
static void
another_connection_is_somebody_else(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 3, 0, "ben");
	all_said(scene);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ana);
	(void)rig_hear(rig, scene->here, ENVELOPE_JOINED);
	assert_int_not_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ben);
}

static void
who_is_not_said_again_is_gone(void **state)
{
	struct scene *scene = *state;

	lose_link(scene, LINK_SILENT);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	rig_turn(&scene->rig, 1);
	rig_silent(&scene->rig, scene->there);
	all_said(scene);
	leaves(scene, scene->ben);
	(void)rig_hear(&scene->rig, scene->there, ENVELOPE_ROSTER_END);
	rig_turn(&scene->rig, 10000);
	rig_silent(&scene->rig, scene->there);
}

static void
who_comes_back_but_not_to_the_room_leaves_it(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_BAD_FRAME);
	link_again(scene, scene->epoch);
	RIG_SAY(rig, scene->here, OPEN, open, .conn = 1, .client = scene->ana,
	    .dialect = TEXT("room"), .realm = TEXT("open"), .name = TEXT("ana"));
	say_again(scene, 2, scene->ben, "ben");
	all_said(scene);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_silent(rig, scene->there);
	rig_turn(rig, CORE_LINGER_MS);
	leaves(scene, scene->ana);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
}

static void
nobody_waits_for_ever(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	assert_int_equal(core_next_deadline(rig->core, rig->now), CORE_DETACH_MS - 1);
	rig_turn(rig, CORE_DETACH_MS - 2);
	rig_silent(rig, scene->there);
	rig_turn(rig, 1);
	leaves(scene, scene->ben);
	leaves(scene, scene->ana);
	assert_int_equal(core_status(rig->core).clients, 1);
}

static void
a_dead_process_leaves_nobody(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	core_gateway_died(rig->core, scene->life + 1, rig->now);
	rig_turn(rig, 1);
	rig_silent(rig, scene->there);
	core_gateway_died(rig->core, scene->life, rig->now);
	rig_turn(rig, 1);
	leaves(scene, scene->ana);
	leaves(scene, scene->ben);
	/* It is said once more, late: there is nobody left. */
	core_gateway_died(rig->core, scene->life, rig->now);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
}

static void
a_goodbye_leaves_nobody(void **state)
{
	struct scene *scene = *state;

	lose_link(scene, LINK_SAID_GOODBYE);
	leaves(scene, scene->ana);
	leaves(scene, scene->ben);
	rig_silent(&scene->rig, scene->there);
}

static void
another_life_of_the_gateway_leaves_nobody(void **state)
{
	struct scene *scene = *state;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	link_again(scene, scene->epoch + 1);
	leaves(scene, scene->ana);
	leaves(scene, scene->ben);
	rig_silent(&scene->rig, scene->there);
}

static void
another_gateway_may_get_the_slot(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	unsigned third;
	uint32_t cleo;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	third = rig_gateway(rig, "third");
	assert_int_equal(third, scene->here);
	cleo = rig_client(rig, third, 1, "cleo");
	rig_forget(rig);
	core_gateway_lost(rig->core, third, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	leaves(scene, cleo);
	rig_silent(rig, scene->there);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, scene->ben, "ben");
	all_said(scene);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_silent(rig, scene->there);
}

static void
mail_waits_for_who_is_detached(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_outcome outcome;
	struct envelope_opened opened;
	char ana[CLIENT_ID_TEXT_SIZE];

	text_client_id(scene->ana, ana);
	lose_link(scene, LINK_CLOSED_BY_PEER);
	RIG_SAY(rig, scene->there, TELL, tell, .number = 1, .conn = 1, .to = text_of(ana),
	    .content = TEXT("are you there"));
	rig_turn(rig, 1);
	outcome = rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome;
	assert_int_equal(outcome.code, OUTCOME_OK);
	assert_int_equal(outcome.flags, OUTCOME_WAS_ABSENT);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	rig_turn(rig, 1);
	opened = rig_hear(rig, scene->here, ENVELOPE_OPENED).opened;
	assert_int_equal(opened.client, scene->ana);
	assert_int_equal(opened.seq, 1);
	assert_int_equal(opened.read, 0);
}

static void
an_operator_may_kick_who_is_detached(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct core_client_info info;
	char ana[CLIENT_ID_TEXT_SIZE];
	void *cursor = NULL;
	unsigned seen = 0;

	text_client_id(scene->ana, ana);
	lose_link(scene, LINK_CLOSED_BY_PEER);
	while (core_next_client(rig->core, TEXT(""), &cursor, &info)) {
		seen++;
		assert_string_equal(info.gateway, info.client == scene->eve ? "there" : "here");
	}
	assert_int_equal(seen, 3);
	assert_int_equal(core_kick(rig->core, rig->now, text_of(ana), TEXT("enough")), 1);
	rig_turn(rig, 1);
	leaves(scene, scene->ana);
	rig_silent(rig, scene->there);
}

/* cleo, whom the gateway vouches for, in the lobby; the conn is her tab. */
static void
cleo_comes(struct scene *scene, unsigned slot, uint64_t conn, uint32_t client)
{
	RIG_SAY(&scene->rig, slot, OPEN, open, .conn = conn, .client = client,
	    .dialect = TEXT("native"), .realm = TEXT("open"), .name = TEXT("cleo"),
	    .user = TEXT("cleo"), .flags = OPEN_KEEPS_MAIL);
	RIG_SAY(&scene->rig, slot, JOIN, join, .conn = conn, .room = TEXT("lobby"));
	rig_turn(&scene->rig, 1);
}

static void
nobody_else_takes_the_place_of_who_is_detached(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t first;
	uint32_t second;

	cleo_comes(scene, scene->here, 3, 0);
	first = rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client;
	rig_forget(rig);
	lose_link(scene, LINK_CLOSED_BY_PEER);
	cleo_comes(scene, scene->there, 9, 0);
	second = rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.client;
	assert_int_not_equal(second, first);
	rig_forget(rig);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, scene->ben, "ben");
	cleo_comes(scene, scene->here, 3, first);
	all_said(scene);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 5);
}

static void
who_lingered_before_the_break_has_its_time(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t cleo;

	cleo_comes(scene, scene->here, 3, 0);
	cleo = rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client;
	rig_forget(rig);
	RIG_SAY(rig, scene->here, CLOSED, closed, .conn = 3, .linger = 1);
	rig_turn(rig, 10);
	lose_link(scene, LINK_CLOSED_BY_PEER);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, scene->ben, "ben");
	all_said(scene);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	rig_turn(rig, CORE_LINGER_MS - 100);
	rig_silent(rig, scene->there);
	rig_forget(rig);
	cleo_comes(scene, scene->there, 9, 0);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.client, cleo);
	rig_forget(rig);
	rig_turn(rig, 10000);
	rig_silent(rig, scene->there);
}

static void
restarts_of_others_do_not_make_a_life_forgotten(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose_link(scene, LINK_CLOSED_BY_PEER);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	say_again(scene, 2, scene->ben, "ben");
	all_said(scene);
	for (uint64_t life = 1; life <= 300; life++) {
		unsigned other = rig_link(rig);

		rig_hello(rig, other, "other", 5000 + life, 0, 0);
		rig_turn(rig, 1);
		core_gateway_lost(rig->core, other, rig->now, LINK_CLOSED_BY_PEER);
		rig_turn(rig, 1);
		if (life == 200) {
			rig_forget(rig);
			lose_link(scene, LINK_CLOSED_BY_PEER);
		}
	}
	rig_forget(rig);
	link_again(scene, scene->epoch);
	say_again(scene, 1, scene->ana, "ana");
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OPENED).opened.client, scene->ana);
	assert_int_equal(core_status(rig->core).clients, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define SCENE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		SCENE(nobody_hears_of_a_break),
		SCENE(who_asks_again_is_who_it_was),
		SCENE(another_connection_is_somebody_else),
		SCENE(who_is_not_said_again_is_gone),
		SCENE(who_comes_back_but_not_to_the_room_leaves_it),
		SCENE(nobody_waits_for_ever),
		SCENE(a_dead_process_leaves_nobody),
		SCENE(a_goodbye_leaves_nobody),
		SCENE(another_life_of_the_gateway_leaves_nobody),
		SCENE(another_gateway_may_get_the_slot),
		SCENE(mail_waits_for_who_is_detached),
		SCENE(an_operator_may_kick_who_is_detached),
		SCENE(nobody_else_takes_the_place_of_who_is_detached),
		SCENE(who_lingered_before_the_break_has_its_time),
		SCENE(restarts_of_others_do_not_make_a_life_forgotten),
#undef SCENE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
