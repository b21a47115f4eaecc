/* What is said in rooms and to users: who hears it, in which order, and not before it is kept. */
#include "tests/unit/hub_rig.h"

#include "common/outcomes.h"

/* Two gateways; ana and eva on the first, ben on the second, all in the lobby. */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	uint32_t ana;
	uint32_t eva;
	uint32_t ben;
};

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	rig_start(&scene->rig, rig_limits());
	scene->here = rig_gateway(&scene->rig, "here");
	scene->there = rig_gateway(&scene->rig, "there");
	scene->ana = rig_client(&scene->rig, scene->here, 1, "ana");
	scene->eva = rig_client(&scene->rig, scene->here, 2, "eva");
	scene->ben = rig_client(&scene->rig, scene->there, 1, "ben");
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

static enum outcome_code
refusal(struct scene *scene, uint64_t number)
{
	struct envelope heard = rig_hear(&scene->rig, scene->here, ENVELOPE_OUTCOME);

	assert_int_equal(heard.outcome.number, number);
	assert_int_equal(heard.outcome.seq, 0);
	rig_silent(&scene->rig, scene->here);
	rig_silent(&scene->rig, scene->there);
	return (enum outcome_code)heard.outcome.code;
}

static void
a_room_hears_once_per_gateway_behind_the_outcome(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope heard;

	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .client = scene->ana,
	    .room = TEXT("lobby"), .content = TEXT("hello"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	assert_int_equal(heard.outcome.number, 1);
	assert_int_equal(heard.outcome.code, OUTCOME_OK);
	assert_int_equal(heard.outcome.seq, 1);
	assert_text(heard.outcome.room, "lobby");
	for (unsigned slot = scene->here; slot <= scene->there; slot++) {
		heard = rig_hear(rig, slot, ENVELOPE_DELIVER);
		assert_int_equal(heard.deliver.seq, 1);
		assert_int_equal(heard.deliver.from, scene->ana);
		assert_text(heard.deliver.from_name, "ana");
		assert_text(heard.deliver.content, "hello");
		rig_silent(rig, slot);
	}
	assert_int_equal(rig->bus_count, 1);
	assert_int_equal(rig->bus_seqs[0], 1);
	assert_int_equal(core_status(rig->core).messages_public, 1);
}

static void
a_gateway_without_members_hears_nothing(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 1);
	rig_turn(rig, 1);
	rig_forget(rig);
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	(void)rig_hear(rig, scene->here, ENVELOPE_DELIVER);
	rig_silent(rig, scene->there);
}

static void
senders_are_who_the_hub_knows(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .client = scene->ben,
	    .room = TEXT("lobby"));
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_DELIVER).deliver.from, scene->ana);
	rig_forget(rig);
	/* Conns are a gateway's own: 2 is eva here and nobody there. */
	RIG_SAY(rig, scene->there, PUBLISH, publish, .number = 1, .conn = 2, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome.code, OUTCOME_NO_SUCH_ROOM);
	rig_silent(rig, scene->here);
}

static void
what_cannot_be_said_is_refused(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char longer[101];

	memset(longer, 'x', sizeof(longer));
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("other"));
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 1), OUTCOME_NO_SUCH_ROOM);
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 2, .conn = 1, .room = TEXT("lobby"),
	    .content = { longer, 101 });
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 2), OUTCOME_TOO_LONG);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 3, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME, .content = { longer, 101 });
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 3), OUTCOME_TOO_LONG);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 4, .conn = 9, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 4), OUTCOME_NO_SUCH_USER);
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 5, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("\xc3\x28"));
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 5), OUTCOME_BAD_MESSAGE);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 6, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME, .content = TEXT("\xff"));
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 6), OUTCOME_BAD_MESSAGE);
	rig->store.full = true;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 7, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 7), OUTCOME_NOT_STORED);
	rig->store.full = false;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 8, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.seq, 1);
	assert_int_equal(core_status(rig->core).commands_refused, 7);
	assert_int_equal(rig->store.outcomes, 8);
}

static void
tell_by_id_and_by_unique_name(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];
	struct text ways[2] = { TEXT("ben") };

	text_client_id(scene->ben, id);
	ways[1] = text_of(id);
	for (unsigned i = 0; i < 2; i++) {
		struct envelope heard;

		RIG_SAY(rig, scene->here, TELL, tell, .number = i + 1, .conn = 1, .to = ways[i],
		    .flags = TELL_BY_NAME, .content = TEXT("psst"));
		rig_turn(rig, 1);
		heard = rig_hear(rig, scene->there, ENVELOPE_WHISPER);
		assert_int_equal(heard.whisper.conn, 1);
		assert_int_equal(heard.whisper.to, scene->ben);
		assert_int_equal(heard.whisper.from, scene->ana);
		assert_text(heard.whisper.from_name, "ana");
		assert_text(heard.whisper.content, "psst");
		heard = rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
		assert_int_equal(heard.outcome.code, OUTCOME_OK);
		assert_int_equal(heard.outcome.to, scene->ben);
		rig_silent(rig, scene->here);
		rig_silent(rig, scene->there);
	}
	assert_int_equal(core_status(rig->core).messages_private, 2);
	assert_int_equal(rig->store.appended, 2);
}

static void
a_neighbour_hears_before_the_sender(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("eva"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_WHISPER).whisper.to, scene->eva);
	(void)rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	rig_silent(rig, scene->here);
}

static void
to_oneself_is_heard_once_behind_the_outcome(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope heard;

	RIG_SAY(rig, scene->here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ana"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	heard = rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	assert_int_equal(heard.outcome.code, OUTCOME_OK);
	assert_int_equal(heard.outcome.to, scene->ana);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_WHISPER).whisper.to, scene->ana);
	rig_silent(rig, scene->here);
}

static void
nobody_and_anybody_are_the_same_refusal(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(scene->ben, id);
	(void)rig_client(rig, scene->there, 2, "ben");
	/* An impostor calls himself by ben's id: it still means ben, and later nobody. */
	(void)rig_client(rig, scene->there, 3, id);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 1), OUTCOME_NO_SUCH_USER);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 2, .conn = 1, .to = TEXT("nobody"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 2), OUTCOME_NO_SUCH_USER);
	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 1);
	rig_turn(rig, 1);
	rig_forget(rig);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 3, .conn = 1, .to = text_of(id),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	assert_int_equal(refusal(scene, 3), OUTCOME_NO_SUCH_USER);
}

static void
nothing_is_seen_before_it_is_kept(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(rig, scene->here, TELL, tell, .number = 2, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME);
	RIG_SAY(rig, scene->there, PROBE, probe, .token = 1);
	rig_turn(rig, 1);
	rig_turn(rig, 1);
	rig_silent(rig, scene->here);
	rig_silent(rig, scene->there);
	/* A turn that wrote nothing must not overtake. */
	RIG_SAY(rig, scene->there, PROBE, probe, .token = 2);
	rig_turn(rig, 1);
	rig_silent(rig, scene->there);
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 3, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(rig->store.asked, 2 + rig->store.told);
	rig_complete(rig, true);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.seq, 1);
	(void)rig_hear(rig, scene->there, ENVELOPE_WHISPER);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_PROBED).probed.token, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_PROBED).probed.token, 2);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.seq, 2);
	rig_silent(rig, scene->there);
	assert_int_equal(rig->bus_count, 2);
}

static void
what_was_not_kept_was_never_said(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope heard;

	rig->store.slow = true;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(rig, scene->here, TELL, tell, .number = 2, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 3, .conn = 2, .room = TEXT("lobby"));
	RIG_SAY(rig, scene->here, TELL, tell, .number = 4, .conn = 1, .to = TEXT("nobody"),
	    .flags = TELL_BY_NAME);
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 2, .name = TEXT("zoe"));
	RIG_SAY(rig, scene->there, JOIN, join, .conn = 2, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	rig_complete(rig, false);
	for (uint64_t number = 1; number <= 4; number++) {
		heard = rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
		assert_int_equal(heard.outcome.number, number);
		assert_int_equal(
		    heard.outcome.code, number < 4 ? OUTCOME_NOT_STORED : OUTCOME_NO_SUCH_USER);
		assert_int_equal(heard.outcome.seq, 0);
	}
	(void)rig_hear(rig, scene->here, ENVELOPE_ENTERED);
	rig_silent(rig, scene->here);
	(void)rig_hear(rig, scene->there, ENVELOPE_OPENED);
	/* Who joined behind the lost messages does not wait for their numbers. */
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_JOINED).joined.seq, 0);
	(void)rig_hear(rig, scene->there, ENVELOPE_ENTERED);
	rig_silent(rig, scene->there);
	assert_int_equal(rig->bus_count, 0);
	/* And life goes on with the next number. */
	rig->store.slow = false;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 5, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.seq, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.seq, 1);
}

static void
what_was_kept_before_stays_when_the_next_is_lost(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	for (uint64_t number = 1; number <= 2; number++) {
		RIG_SAY(rig, scene->here, PUBLISH, publish, .number = number, .conn = 1,
		    .room = TEXT("lobby"));
		rig_turn(rig, 1);
	}
	/* Both ends are told in one go, as by a store that was long at work. */
	rig_complete_one(rig, true);
	rig_complete(rig, false);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.seq, 1);
	rig_silent(rig, scene->there);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.code, OUTCOME_OK);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_DELIVER).deliver.seq, 1);
	assert_int_equal(
	    rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.code, OUTCOME_NOT_STORED);
	/* Number 1 is taken for ever, number 2 never was. */
	rig->store.slow = false;
	RIG_SAY(rig, scene->here, PUBLISH, publish, .number = 3, .conn = 1, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_DELIVER).deliver.seq, 2);
}

static void
what_waits_for_a_lost_link_reaches_nobody_else(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	unsigned newer;

	rig->store.slow = true;
	RIG_SAY(rig, scene->here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ben"),
	    .flags = TELL_BY_NAME);
	rig_turn(rig, 1);
	core_gateway_lost(rig->core, scene->there, rig->now, LINK_CLOSED_BY_PEER);
	newer = rig_link(rig);
	assert_int_equal(newer, scene->there);
	rig_hello(rig, newer, "newer", 1, 0, 0);
	rig_turn(rig, 1);
	rig_complete(rig, true);
	(void)rig_hear(rig, newer, ENVELOPE_WELCOME);
	rig_silent(rig, newer);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_OUTCOME).outcome.code, OUTCOME_OK);
}

static bool
note_user(void *context, const struct store_user *row)
{
	(void)row;
	*(bool *)context = true;
	return false;
}

static bool
is_recorded(struct rig *rig, const char *user)
{
	struct store *store = &rig->store.store;
	bool found = false;

	assert_true(store->ops->find_user(store, TEXT("direct"), text_of(user), note_user, &found));
	return found;
}

/* Anybody may come under any name: names alone must not fill the store. */
static void
who_has_neither_mail_nor_secret_leaves_no_record(void **state)
{
	struct rig rig;
	unsigned slot;

	(void)state;
	rig_start(&rig, rig_limits());
	slot = rig_gateway(&rig, "gw");
	for (unsigned conn = 1; conn <= 2; conn++)
		RIG_SAY(&rig, slot, OPEN, open, .conn = conn, .realm = TEXT("direct"),
		    .user = text_of(conn == 1 ? "ana" : "ben"), .flags = OPEN_KEEPS_MAIL);
	RIG_SAY(&rig, slot, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ben"),
	    .content = TEXT("psst"));
	rig_turn(&rig, 1);
	assert_true(is_recorded(&rig, "ana"));
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 2);
	rig_turn(&rig, 1);
	assert_false(is_recorded(&rig, "ana"));
	assert_true(is_recorded(&rig, "ben"));
	rig_stop(&rig);
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SCENE(a_room_hears_once_per_gateway_behind_the_outcome),
		SCENE(a_gateway_without_members_hears_nothing),
		SCENE(senders_are_who_the_hub_knows),
		SCENE(what_cannot_be_said_is_refused),
		SCENE(tell_by_id_and_by_unique_name),
		SCENE(a_neighbour_hears_before_the_sender),
		SCENE(to_oneself_is_heard_once_behind_the_outcome),
		SCENE(nobody_and_anybody_are_the_same_refusal),
		SCENE(nothing_is_seen_before_it_is_kept),
		SCENE(what_was_not_kept_was_never_said),
		SCENE(what_was_kept_before_stays_when_the_next_is_lost),
		SCENE(what_waits_for_a_lost_link_reaches_nobody_else),
		cmocka_unit_test(who_has_neither_mail_nor_secret_leaves_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
