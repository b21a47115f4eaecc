/* Coming again: by a secret, in time or not, after a restart; connections lost for a moment. */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#include "common/outcomes.h"

#define NATIVE (OPEN_KEEPS_MAIL | OPEN_WANTS_SECRET | OPEN_HAS_RECEIPTS)
#define HOUR_MS UINT64_C(3600000)

/* eve watches the lobby from the second gateway; ana is native, on the first. */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	uint32_t eve;
	struct envelope_opened ana;
	char user[16];
	char resume[64];
};

/* A native client comes and enters the lobby; what it is told. */
static struct envelope_opened
come(struct rig *rig, unsigned slot, uint64_t conn, const char *name, const char *resume)
{
	struct envelope_opened opened;

	RIG_SAY(rig, slot, OPEN, open, .conn = conn, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = text_of(name), .resume = text_of(resume),
	    .flags = NATIVE);
	RIG_SAY(rig, slot, JOIN, join, .conn = conn, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	opened = rig_hear(rig, slot, ENVELOPE_OPENED).opened;
	return opened;
}

static void
keep(struct scene *scene)
{
	snprintf(scene->user, sizeof(scene->user), "%.*s", (int)scene->ana.user.length,
	    scene->ana.user.data);
	snprintf(scene->resume, sizeof(scene->resume), "%.*s", (int)scene->ana.resume.length,
	    scene->ana.resume.data);
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	rig_start(&scene->rig, rig_limits());
	scene->here = rig_gateway(&scene->rig, "here");
	scene->there = rig_gateway(&scene->rig, "there");
	scene->eve = rig_client(&scene->rig, scene->there, 1, "eve");
	scene->ana = come(&scene->rig, scene->here, 1, "ana", "");
	keep(scene);
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
lose(struct scene *scene, uint64_t conn, bool linger)
{
	RIG_SAY(&scene->rig, scene->here, CLOSED, closed, .conn = conn, .linger = linger);
	rig_turn(&scene->rig, 1);
}

static void
a_secret_names_its_user_and_is_chance_otherwise(void **state)
{
	struct scene *scene = *state;
	char id[CLIENT_ID_TEXT_SIZE];
	struct envelope_opened other;

	text_client_id(scene->ana.client, id);
	assert_string_equal(scene->user, id);
	assert_int_equal(strlen(scene->resume), 40);
	assert_memory_equal(scene->resume, id, 8);
	assert_int_equal(strspn(scene->resume, "0123456789abcdef"), 40);
	other = come(&scene->rig, scene->here, 2, "ben", "");
	assert_memory_not_equal(other.resume.data + 8, scene->resume + 8, 32);
}

static void
who_comes_again_is_the_same_user(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_opened again;

	lose(scene, 1, false);
	rig_forget(rig);
	/* Through another gateway, under another name. */
	again = come(rig, scene->there, 5, "Ana", scene->resume);
	assert_int_equal(again.resumed, 1);
	assert_int_equal(again.client, scene->ana.client);
	assert_text(again.user, scene->user);
	assert_text(again.resume, scene->resume);
	assert_text(again.name, "Ana");
}

static void
a_second_device_is_another_client_of_the_user(void **state)
{
	struct scene *scene = *state;
	struct envelope_opened again = come(&scene->rig, scene->there, 5, "ana", scene->resume);

	assert_int_equal(again.resumed, 1);
	assert_int_not_equal(again.client, scene->ana.client);
	assert_text(again.user, scene->user);
	assert_text(again.resume, scene->resume);
}

static void
wrong_secrets_make_somebody_new(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char forged[64];
	const char *wrong[] = { forged, "x", "0000000000000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffffffffff" };

	memcpy(forged, scene->resume, sizeof(forged));
	forged[39] = forged[39] == '0' ? '1' : '0';
	lose(scene, 1, false);
	for (unsigned i = 0; i < 4; i++) {
		struct envelope_opened again;

		rig_forget(rig);
		again = come(rig, scene->here, 10 + i, "ana", wrong[i]);
		assert_int_equal(again.resumed, 0);
		assert_int_not_equal(again.client, scene->ana.client);
		assert_int_equal(again.resume.length, 40);
		assert_memory_not_equal(again.resume.data, wrong[i], 1 + (i != 1) * 7);
	}
}

static void
a_secret_is_good_in_its_realm_only(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->there, OPEN, open, .conn = 7, .dialect = TEXT("native"),
	    .realm = TEXT("other"), .name = TEXT("ana"), .resume = text_of(scene->resume),
	    .flags = NATIVE);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.resumed, 0);
}

static void
pass(struct rig *rig, uint64_t ms)
{
	for (; ms > 60000; ms -= 60000)
		rig_turn(rig, 60000);
	rig_turn(rig, ms);
	rig_forget(rig);
}

static void
a_secret_expires_with_its_user_and_mail(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_opened again;

	lose(scene, 1, false);
	pass(rig, 23 * HOUR_MS);
	RIG_SAY(rig, scene->there, TELL, tell, .number = 1, .conn = 1, .to = text_of(scene->user),
	    .content = TEXT("psst"));
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome.flags, OUTCOME_WAS_ABSENT);
	again = come(rig, scene->here, 5, "ana", scene->resume);
	assert_int_equal(again.resumed, 1);
	assert_int_equal(again.seq, 1);
	/* It was seen now, so its time begins anew. */
	lose(scene, 5, false);
	pass(rig, 23 * HOUR_MS);
	again = come(rig, scene->here, 6, "ana", scene->resume);
	assert_int_equal(again.resumed, 1);
	lose(scene, 6, false);
	pass(rig, 24 * HOUR_MS + 120000);
	again = come(rig, scene->here, 7, "ana", scene->resume);
	assert_int_equal(again.resumed, 0);
	rig_forget(rig);
	RIG_SAY(rig, scene->there, TELL, tell, .number = 2, .conn = 1, .to = text_of(scene->user),
	    .content = TEXT("psst"));
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome.code, OUTCOME_NO_SUCH_USER);
}

static void
who_stays_does_not_expire(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	pass(rig, 50 * HOUR_MS);
	lose(scene, 1, false);
	pass(rig, 23 * HOUR_MS);
	assert_int_equal(come(rig, scene->here, 5, "ana", scene->resume).resumed, 1);
}

static void
a_moment_without_connection_is_not_noticed(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_opened again;
	struct envelope heard;

	lose(scene, 1, true);
	rig_turn(rig, 1900);
	rig_silent(rig, scene->there);
	/* The room goes on; no gateway hears for who is away. */
	RIG_SAY(rig, scene->there, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("hi"));
	rig_turn(rig, 1);
	rig_silent(rig, scene->here);
	(void)rig_hear(rig, scene->there, ENVELOPE_OUTCOME);
	(void)rig_hear(rig, scene->there, ENVELOPE_DELIVER);
	again = come(rig, scene->there, 5, "ana", scene->resume);
	assert_int_equal(again.resumed, 1);
	assert_int_equal(again.client, scene->ana.client);
	heard = rig_hear(rig, scene->there, ENVELOPE_JOINED);
	assert_int_equal(heard.joined.conn, 5);
	assert_int_equal(heard.joined.seq, 1);
	rig_turn(rig, 5000);
	rig_silent(rig, scene->here);
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 2);
}

static void
who_does_not_come_back_is_gone_in_time(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose(scene, 1, true);
	assert_int_equal(core_next_deadline(rig->core, rig->now), 2000 - 1);
	rig_turn(rig, 1998);
	rig_silent(rig, scene->there);
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_EXITED).exited.client, scene->ana.client);
	assert_int_equal(core_status(rig->core).clients, 1);
}

static void
rooms_that_are_not_entered_again_are_left(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, JOIN, join, .conn = 1, .room = TEXT("hall"));
	rig_turn(rig, 1);
	rig_forget(rig);
	lose(scene, 1, true);
	(void)come(rig, scene->there, 5, "ana", scene->resume);
	(void)rig_hear(rig, scene->there, ENVELOPE_JOINED);
	rig_turn(rig, 1000);
	rig_silent(rig, scene->there);
	rig_turn(rig, 1000);
	assert_text(rig_hear(rig, scene->there, ENVELOPE_EXITED).exited.room, "hall");
	rig_silent(rig, scene->there);
}

static void
mail_for_who_is_away_for_a_moment_is_kept(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_opened again;

	lose(scene, 1, true);
	RIG_SAY(rig, scene->there, TELL, tell, .number = 1, .conn = 1, .to = text_of(scene->user),
	    .content = TEXT("psst"));
	rig_turn(rig, 1);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_OUTCOME).outcome.flags, OUTCOME_WAS_ABSENT);
	rig_silent(rig, scene->here);
	again = come(rig, scene->there, 5, "ana", scene->resume);
	assert_int_equal(again.seq, 1);
	assert_int_equal(again.read, 0);
}

static void
another_name_is_a_leave_and_a_join(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope heard;

	lose(scene, 1, true);
	RIG_SAY(rig, scene->here, OPEN, open, .conn = 5, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = TEXT("Anna"), .resume = text_of(scene->resume),
	    .flags = NATIVE);
	RIG_SAY(rig, scene->here, JOIN, join, .conn = 5, .room = TEXT("lobby"));
	rig_turn(rig, 1);
	heard = rig_hear(rig, scene->there, ENVELOPE_EXITED);
	assert_int_equal(heard.exited.client, scene->ana.client);
	heard = rig_hear(rig, scene->there, ENVELOPE_ENTERED);
	assert_int_equal(heard.entered.client, scene->ana.client);
	assert_text(heard.entered.name, "Anna");
	assert_text(heard.entered.user, scene->user);
	rig_turn(rig, 5000);
	rig_silent(rig, scene->there);
}

static void
a_gateways_death_ends_the_wait(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	lose(scene, 1, true);
	core_gateway_lost(rig->core, scene->here, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	(void)rig_hear(rig, scene->there, ENVELOPE_ROSTER_END);
	assert_int_equal(
	    rig_hear(rig, scene->there, ENVELOPE_EXITED).exited.client, scene->ana.client);
	assert_int_equal(core_status(rig->core).clients, 1);
	rig_turn(rig, 5000);
}

static void
a_kick_takes_every_connection_of_a_user(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	(void)come(rig, scene->there, 5, "Ana", scene->resume);
	rig_forget(rig);
	(void)come(rig, scene->there, 6, "ana", scene->resume);
	rig_forget(rig);
	lose(scene, 1, true);
	assert_int_equal(core_kick(rig->core, rig->now, text_of(scene->user), TEXT("enough")), 3);
	rig_turn(rig, 1);
	/* Who lingers has nothing to be closed: it is gone. */
	(void)rig_hear(rig, scene->here, ENVELOPE_EXITED);
	rig_silent(rig, scene->here);
	for (unsigned i = 0; i < 3; i++) {
		struct envelope heard = { 0 };

		assert_true(rig_next(rig, scene->there, &heard));
		if (heard.kind == ENVELOPE_EXITED)
			assert_int_equal(heard.exited.client, scene->ana.client);
		else
			assert_int_equal(heard.kind, ENVELOPE_CLOSE);
	}
	rig_silent(rig, scene->there);
	assert_int_equal(core_status(rig->core).clients, 3);
}

static void
a_passing_client_does_not_linger(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 1, .linger = 1);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_EXITED).exited.client, scene->eve);
}

static void
a_user_has_so_many_connections(void **state)
{
	struct core_limits limits = rig_limits();
	struct rig rig;
	struct envelope_opened first;
	char resume[64];
	unsigned slot;

	(void)state;
	limits.connections_max = 2;
	rig_start(&rig, limits);
	slot = rig_gateway(&rig, "here");
	first = come(&rig, slot, 1, "ana", "");
	snprintf(resume, sizeof(resume), "%.*s", (int)first.resume.length, first.resume.data);
	rig_forget(&rig);
	assert_int_equal(come(&rig, slot, 2, "ana", resume).resumed, 1);
	rig_forget(&rig);
	RIG_SAY(&rig, slot, OPEN, open, .conn = 3, .dialect = TEXT("native"), .realm = TEXT("open"),
	    .name = TEXT("ana"), .resume = text_of(resume), .flags = NATIVE);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, slot, ENVELOPE_REFUSED).refused.code, OUTCOME_FULL);
	rig_stop(&rig);
}

/* The hub died and its store forgot; the gateway says who was there. */
static void
who_is_announced_is_who_it_was(void **state)
{
	struct scene *scene = *state;
	struct rig rig;
	struct envelope_opened opened;
	unsigned slot;

	rig_start(&rig, rig_limits());
	slot = rig_link(&rig);
	rig_hello(&rig, slot, "here", 9, 4242, 1);
	RIG_SAY(&rig, slot, OPEN, open, .conn = 1, .client = scene->ana.client,
	    .dialect = TEXT("native"), .realm = TEXT("open"), .name = TEXT("ana"),
	    .user = text_of(scene->user), .resume = text_of(scene->resume), .flags = NATIVE);
	RIG_SAY(&rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	(void)rig_hear(&rig, slot, ENVELOPE_WELCOME);
	opened = rig_hear(&rig, slot, ENVELOPE_OPENED).opened;
	assert_int_equal(opened.client, scene->ana.client);
	assert_text(opened.user, scene->user);
	assert_text(opened.resume, scene->resume);
	RIG_SAY(&rig, slot, CLOSED, closed, .conn = 1);
	rig_turn(&rig, 1);
	rig_forget(&rig);
	opened = come(&rig, slot, 2, "ana", scene->resume);
	assert_int_equal(opened.resumed, 1);
	assert_int_equal(opened.client, scene->ana.client);
	rig_stop(&rig);
}

static bool
note(void *context, const struct store_user *row)
{
	*(bool *)context = row->has_secret;
	return true;
}

static bool
is_recorded(struct rig *rig, const char *user)
{
	struct store *store = &rig->store.store;
	bool found = false;

	assert_true(store->ops->find_user(store, TEXT("open"), text_of(user), note, &found));
	return found;
}

static void
a_record_that_was_not_kept_is_made_again(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_opened ben;
	char user[16];

	rig->store.slow = true;
	RIG_SAY(rig, scene->here, OPEN, open, .conn = 2, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .name = TEXT("ben"), .flags = NATIVE);
	rig_turn(rig, 1);
	rig_complete(rig, false);
	rig->store.slow = false;
	ben = rig_hear(rig, scene->here, ENVELOPE_OPENED).opened;
	snprintf(user, sizeof(user), "%.*s", (int)ben.user.length, ben.user.data);
	assert_false(is_recorded(rig, user));
	pass(rig, 61000);
	assert_true(is_recorded(rig, user));
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SCENE(a_secret_names_its_user_and_is_chance_otherwise),
		SCENE(who_comes_again_is_the_same_user),
		SCENE(a_second_device_is_another_client_of_the_user),
		SCENE(wrong_secrets_make_somebody_new),
		SCENE(a_secret_is_good_in_its_realm_only),
		SCENE(a_secret_expires_with_its_user_and_mail),
		SCENE(who_stays_does_not_expire),
		SCENE(a_moment_without_connection_is_not_noticed),
		SCENE(who_does_not_come_back_is_gone_in_time),
		SCENE(rooms_that_are_not_entered_again_are_left),
		SCENE(mail_for_who_is_away_for_a_moment_is_kept),
		SCENE(another_name_is_a_leave_and_a_join),
		SCENE(a_gateways_death_ends_the_wait),
		SCENE(a_kick_takes_every_connection_of_a_user),
		SCENE(a_passing_client_does_not_linger),
		cmocka_unit_test(a_user_has_so_many_connections),
		SCENE(who_is_announced_is_who_it_was),
		SCENE(a_record_that_was_not_kept_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
