/* Outcomes: said again after a cut link, once for each number; ids: said again, stored once. */
#include "tests/unit/hub_rig.h"

#include "common/outcomes.h"

/* ana on the gateway "here", which lives its life number 5; eve hears on "there". */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
};

static void
link_here(struct scene *scene, uint64_t epoch, uint64_t answered)
{
	scene->here = rig_link(&scene->rig);
	RIG_SAY(&scene->rig, scene->here, HELLO, hello, .link_version = LINK_VERSION,
	    .gateway = TEXT("here"), .epoch = epoch, .software = TEXT("rig"), .answered = answered);
}

static void
ana_is_here(struct scene *scene, uint32_t client)
{
	RIG_SAY(&scene->rig, scene->here, OPEN, open, .conn = 1, .client = client,
	    .dialect = TEXT("room"), .realm = TEXT("open"), .name = TEXT("ana"));
	RIG_SAY(&scene->rig, scene->here, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(&scene->rig, scene->here, ROSTER_END, roster_end, 0);
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	rig_start(&scene->rig, rig_limits());
	scene->there = rig_gateway(&scene->rig, "there");
	(void)rig_client(&scene->rig, scene->there, 1, "eve");
	link_here(scene, 5, 0);
	ana_is_here(scene, 0xa);
	rig_turn(&scene->rig, 1);
	rig_forget(&scene->rig);
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
publish(struct scene *scene, uint64_t number, const char *content, const char *id)
{
	RIG_SAY(&scene->rig, scene->here, PUBLISH, publish, .number = number, .conn = 1,
	    .room = TEXT("lobby"), .content = text_of(content), .id = text_of(id));
}

static void
tell(struct scene *scene, uint64_t number, const char *to, const char *content, const char *id)
{
	RIG_SAY(&scene->rig, scene->here, TELL, tell, .number = number, .conn = 1,
	    .to = text_of(to), .content = text_of(content), .id = text_of(id),
	    .flags = TELL_BY_NAME);
}

/* The next that ana's gateway hears, DELIVERs aside, is this outcome. */
static struct envelope_outcome
hear(struct scene *scene, uint64_t number, enum outcome_code code)
{
	struct envelope heard = { 0 };

	do
		assert_true(rig_next(&scene->rig, scene->here, &heard));
	while (heard.kind == ENVELOPE_DELIVER);
	assert_int_equal(heard.kind, ENVELOPE_OUTCOME);
	assert_int_equal(heard.outcome.number, number);
	assert_string_equal(outcome_word(heard.outcome.code), outcome_word((uint32_t)code));
	return heard.outcome;
}

static unsigned
deliveries(struct scene *scene)
{
	struct envelope heard;
	unsigned count = 0;

	while (rig_next(&scene->rig, scene->there, &heard))
		count += heard.kind == ENVELOPE_DELIVER || heard.kind == ENVELOPE_WHISPER;
	return count;
}

static void
cut(struct scene *scene)
{
	core_gateway_lost(scene->rig.core, scene->here, scene->rig.now, LINK_CLOSED_BY_PEER);
	rig_turn(&scene->rig, 1);
	rig_forget(&scene->rig);
}

static uint64_t
committed(struct scene *scene)
{
	return rig_hear(&scene->rig, scene->here, ENVELOPE_WELCOME).welcome.committed;
}

static void
what_a_cut_link_missed_is_said_again(void **state)
{
	struct scene *scene = *state;

	publish(scene, 1, "one", "");
	publish(scene, 2, "two", "");
	tell(scene, 4, "nobody", "psst", "");
	tell(scene, 5, "eve", "psst", "");
	rig_turn(&scene->rig, 1);
	cut(scene);
	link_here(scene, 5, 1);
	rig_turn(&scene->rig, 1);
	assert_int_equal(committed(scene), 5);
	assert_int_equal(hear(scene, 2, OUTCOME_OK).seq, 2);
	(void)hear(scene, 4, OUTCOME_NO_SUCH_USER);
	assert_int_equal(hear(scene, 5, OUTCOME_OK).seq, 1);
	rig_silent(&scene->rig, scene->here);
	/* Sent again nevertheless: taken already. */
	ana_is_here(scene, 0xa);
	rig_turn(&scene->rig, 1);
	rig_forget(&scene->rig);
	publish(scene, 5, "five", "");
	rig_turn(&scene->rig, 1);
	rig_silent(&scene->rig, scene->here);
	publish(scene, 6, "six", "");
	rig_turn(&scene->rig, 1);
	assert_int_equal(hear(scene, 6, OUTCOME_OK).seq, 3);
}

static void
what_was_confirmed_is_forgotten(void **state)
{
	struct scene *scene = *state;

	publish(scene, 1, "one", "");
	publish(scene, 2, "two", "");
	rig_turn(&scene->rig, 1);
	RIG_SAY(&scene->rig, scene->here, ANSWERED, answered, .number = 1);
	rig_turn(&scene->rig, 1);
	cut(scene);
	/* A gateway that says less than it confirmed is told what there is. */
	link_here(scene, 5, 0);
	rig_turn(&scene->rig, 1);
	assert_int_equal(committed(scene), 2);
	assert_int_equal(hear(scene, 2, OUTCOME_OK).seq, 2);
	rig_silent(&scene->rig, scene->here);
	/* Confirming what was never said is no harm. */
	RIG_SAY(&scene->rig, scene->here, ANSWERED, answered, .number = UINT64_MAX);
	rig_turn(&scene->rig, 1);
}

static void
another_life_has_other_numbers(void **state)
{
	struct scene *scene = *state;

	publish(scene, 1, "one", "");
	rig_turn(&scene->rig, 1);
	cut(scene);
	link_here(scene, 6, 0);
	rig_turn(&scene->rig, 1);
	assert_int_equal(committed(scene), 0);
	rig_silent(&scene->rig, scene->here);
	/* And the one before will ask for nothing any more. */
	cut(scene);
	link_here(scene, 5, 0);
	rig_turn(&scene->rig, 1);
	assert_int_equal(committed(scene), 1);
	rig_silent(&scene->rig, scene->here);
}

static void
a_welcome_waits_for_what_is_under_way(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	publish(scene, 1, "one", "");
	rig_turn(rig, 1);
	publish(scene, 2, "two", "");
	rig_turn(rig, 1);
	cut(scene);
	link_here(scene, 5, 0);
	rig_turn(rig, 1);
	rig_silent(rig, scene->here);
	rig_complete_one(rig, true);
	rig_turn(rig, 1);
	rig_silent(rig, scene->here);
	rig_complete_one(rig, false);
	rig_turn(rig, 1);
	/* The first was kept, the second was not: it is to be sent again, and taken. */
	assert_int_equal(committed(scene), 1);
	assert_int_equal(hear(scene, 1, OUTCOME_OK).seq, 1);
	rig_silent(rig, scene->here);
	rig->store.slow = false;
	ana_is_here(scene, 0xa);
	publish(scene, 2, "two", "");
	rig_turn(rig, 1);
	for (struct envelope heard; rig_next(rig, scene->here, &heard);) {
		if (heard.kind != ENVELOPE_OUTCOME)
			continue;
		assert_int_equal(heard.outcome.number, 2);
		assert_int_equal(heard.outcome.code, OUTCOME_OK);
		assert_int_equal(heard.outcome.seq, 2);
	}
}

static void
who_does_not_wait_for_the_welcome_is_answered_once(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	publish(scene, 1, "one", "");
	rig_turn(rig, 1);
	cut(scene);
	link_here(scene, 5, 0);
	tell(scene, 2, "eve", "psst", "");
	rig_turn(rig, 1);
	assert_int_equal(committed(scene), 1);
	(void)hear(scene, 1, OUTCOME_OK);
	(void)hear(scene, 2, OUTCOME_NO_SUCH_USER);
	rig_silent(rig, scene->here);
}

static void
what_was_held_for_a_cut_link_may_be_sent_again(void **state)
{
	struct scene scene = { 0 };
	struct rig *rig = &scene.rig;

	(void)state;
	rig_start(rig, rig_limits());
	scene.here = rig_link(rig);
	rig_hello(rig, scene.here, "here", 5, 4242, 2);
	ana_is_here(&scene, 0xa);
	publish(&scene, 7, "seven", "");
	rig_turn(rig, 1);
	cut(&scene);
	link_here(&scene, 5, 0);
	ana_is_here(&scene, 0xa);
	rig_turn(rig, 2000);
	assert_int_equal(committed(&scene), 0);
	rig_forget(rig);
	publish(&scene, 7, "seven", "");
	rig_turn(rig, 1);
	assert_int_equal(hear(&scene, 7, OUTCOME_OK).seq, 1);
	rig_stop(rig);
}

static void
the_same_id_is_the_same_message(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_outcome first;
	struct envelope_outcome again;

	publish(scene, 1, "hello", "m-1");
	rig_turn(rig, 1);
	first = hear(scene, 1, OUTCOME_OK);
	assert_int_equal(first.flags, 0);
	rig_turn(rig, 5000);
	publish(scene, 2, "hello", "m-1");
	rig_turn(rig, 1);
	again = hear(scene, 2, OUTCOME_OK);
	assert_int_equal(again.flags, OUTCOME_REPEATED);
	assert_true(again.epoch == first.epoch && again.seq == first.seq);
	assert_true(again.time == first.time);
	assert_text(again.room, "lobby");
	assert_int_equal(again.durability, first.durability);
	assert_int_equal(deliveries(scene), 1);
	/* Under another id it is another message. */
	publish(scene, 3, "hello", "m-2");
	rig_turn(rig, 1);
	assert_int_equal(hear(scene, 3, OUTCOME_OK).seq, 2);
}

static void
an_id_for_something_else_is_refused(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	publish(scene, 1, "hello", "m-1");
	publish(scene, 2, "other", "m-1");
	tell(scene, 3, "eve", "hello", "m-1");
	rig_turn(rig, 1);
	(void)hear(scene, 1, OUTCOME_OK);
	(void)hear(scene, 2, OUTCOME_ID_REUSED);
	(void)hear(scene, 3, OUTCOME_ID_REUSED);
	assert_int_equal(deliveries(scene), 1);
	/* It is its sender's: eve may call hers so. */
	RIG_SAY(rig, scene->there, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("mine"), .id = TEXT("m-1"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome.code, OUTCOME_OK);
}

static void
an_id_under_way_waits_for_the_first(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	tell(scene, 1, "eve", "psst", "m-1");
	rig_turn(rig, 1);
	tell(scene, 2, "eve", "psst", "m-1");
	rig_turn(rig, 1);
	rig_silent(rig, scene->here);
	rig_complete(rig, true);
	assert_int_equal(hear(scene, 1, OUTCOME_OK).seq, 1);
	assert_int_equal(hear(scene, 2, OUTCOME_OK).seq, 1);
	assert_int_equal(deliveries(scene), 1);
}

static void
an_id_that_was_not_kept_may_be_tried_again(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	tell(scene, 1, "eve", "psst", "m-1");
	rig_turn(rig, 1);
	tell(scene, 2, "eve", "psst", "m-1");
	rig_turn(rig, 1);
	rig_complete(rig, false);
	rig->store.slow = false;
	(void)hear(scene, 1, OUTCOME_NOT_STORED);
	(void)hear(scene, 2, OUTCOME_NOT_STORED);
	assert_int_equal(deliveries(scene), 0);
	tell(scene, 3, "eve", "psst", "m-1");
	rig_turn(rig, 1);
	assert_int_equal(hear(scene, 3, OUTCOME_OK).flags, 0);
	assert_int_equal(deliveries(scene), 1);
}

static void
a_refused_command_may_be_tried_again(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	tell(scene, 1, "max", "psst", "m-1");
	rig_turn(rig, 1);
	(void)hear(scene, 1, OUTCOME_NO_SUCH_USER);
	(void)rig_client(rig, scene->there, 2, "max");
	tell(scene, 2, "max", "psst", "m-1");
	rig_turn(rig, 1);
	assert_int_equal(hear(scene, 2, OUTCOME_OK).flags, 0);
}

static void
ids_have_a_length(void **state)
{
	struct scene *scene = *state;
	static const char longest[] =
	    "0123456789012345678901234567890123456789012345678901234567890123";
	char longer[66];

	memset(longer, 'x', 65);
	longer[65] = '\0';
	publish(scene, 1, "hello", longest);
	publish(scene, 2, "hello", longer);
	publish(scene, 3, "hello", "\xff");
	rig_turn(&scene->rig, 1);
	(void)hear(scene, 1, OUTCOME_OK);
	(void)hear(scene, 2, OUTCOME_BAD_MESSAGE);
	(void)hear(scene, 3, OUTCOME_BAD_MESSAGE);
}

/* The store remembers what a hub that begins anew has not at hand. */
static void
a_new_hub_asks_its_store(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct store *store = &rig->store.store;
	struct store_id row = {
		.sender = TEXT("open/0000000a"),
		.id = TEXT("m-9"),
		.room = TEXT("lobby"),
		.epoch = 3,
		.seq = 77,
		.wall_ms = rig->now.wall_ms,
	};

	/* Of another message: that is all the digest of zeros says. */
	assert_true(store->ops->put_id(store, &row));
	publish(scene, 1, "hello", "m-8");
	rig_turn(rig, 1);
	(void)hear(scene, 1, OUTCOME_OK);
	publish(scene, 2, "hello", "m-9");
	rig_turn(rig, 1);
	(void)hear(scene, 2, OUTCOME_ID_REUSED);
}

/* A message without its id could be stored twice, one without its outcome told otherwise later. */
static void
what_cannot_be_remembered_is_not_stored(void **state)
{
	struct scene *scene = *state;
	struct envelope_outcome outcome;

	scene->rig.store.no_ids = true;
	publish(scene, 1, "one", "m");
	rig_turn(&scene->rig, 1);
	(void)hear(scene, 1, OUTCOME_NOT_STORED);
	assert_int_equal(deliveries(scene), 0);
	scene->rig.store.no_ids = false;
	scene->rig.store.no_outcomes = true;
	publish(scene, 2, "one", "m");
	rig_turn(&scene->rig, 1);
	(void)hear(scene, 2, OUTCOME_NOT_STORED);
	assert_int_equal(deliveries(scene), 0);
	scene->rig.store.no_outcomes = false;
	publish(scene, 3, "one", "m");
	rig_turn(&scene->rig, 1);
	outcome = hear(scene, 3, OUTCOME_OK);
	assert_int_equal(outcome.seq, 1);
	assert_int_equal(outcome.flags & OUTCOME_REPEATED, 0);
	assert_int_equal(deliveries(scene), 1);
}

static bool
cannot_say(struct store *store, struct text sender, struct text id, store_id_fn *row, void *context)
{
	(void)store;
	(void)sender;
	(void)id;
	(void)row;
	(void)context;
	return false;
}

/* Better refused than said twice. Only time that passed makes a hub know without asking. */
static void
an_id_that_cannot_be_looked_up_is_not_taken(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	const struct store_ops *ops = rig->store.store.ops;
	struct store_ops blind = *ops;

	blind.find_id = cannot_say;
	rig->store.store.ops = &blind;
	publish(scene, 1, "hello", "m-1");
	rig_turn(rig, 1);
	(void)hear(scene, 1, OUTCOME_NOT_STORED);
	assert_int_equal(deliveries(scene), 0);
	rig->now.wall_ms += INT64_C(86400000);
	publish(scene, 2, "hello", "m-1");
	rig_turn(rig, 1);
	(void)hear(scene, 2, OUTCOME_NOT_STORED);
	rig_turn(rig, 600000);
	rig_forget(rig);
	publish(scene, 3, "hello", "m-1");
	rig_turn(rig, 1);
	(void)hear(scene, 3, OUTCOME_OK);
	rig->store.store.ops = ops;
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SCENE(what_a_cut_link_missed_is_said_again),
		SCENE(what_was_confirmed_is_forgotten),
		SCENE(another_life_has_other_numbers),
		SCENE(a_welcome_waits_for_what_is_under_way),
		SCENE(who_does_not_wait_for_the_welcome_is_answered_once),
		cmocka_unit_test(what_was_held_for_a_cut_link_may_be_sent_again),
		SCENE(the_same_id_is_the_same_message),
		SCENE(an_id_for_something_else_is_refused),
		SCENE(an_id_under_way_waits_for_the_first),
		SCENE(an_id_that_was_not_kept_may_be_tried_again),
		SCENE(a_refused_command_may_be_tried_again),
		SCENE(what_cannot_be_remembered_is_not_stored),
		SCENE(ids_have_a_length),
		SCENE(a_new_hub_asks_its_store),
		SCENE(an_id_that_cannot_be_looked_up_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
