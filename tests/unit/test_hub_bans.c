/* Bans: who is put out, who is not let in again, what survives the hub, what operators are told. */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#include "common/outcomes.h"
#include "hub/admin_actions.h"
#include "hub/core_operator.h"

#define MINUTE_MS 60000u

struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	struct buffer out;
};

static int
setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	rig_start(&scene->rig, rig_limits());
	scene->here = rig_gateway(&scene->rig, "here");
	scene->there = rig_gateway(&scene->rig, "there");
	*state = scene;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *scene = *state;

	rig_stop(&scene->rig);
	buffer_free(&scene->out);
	free(scene);
	return 0;
}

/* What an operator's command line is answered, once it has an end: lines without what is told. */
static const char *
ask(struct scene *scene, const char *line)
{
	struct rig *rig = &scene->rig;
	struct admin_action action;
	struct admin_request request;
	struct text words[ADMIN_WORDS_MAX];
	struct buffer scratch;
	unsigned count = 0;

	buffer_init(&scratch, 0);
	buffer_clear(&scene->out);
	for (const char *at = line; *at != '\0'; at += words[count++].length) {
		at += *at == ' ';
		words[count] = (struct text){ at, strcspn(at, " ") };
	}
	assert_true(admin_parse(words, count, &request, &scratch));
	request.made_by = TEXT("root");
	admin_action_begin(&action, rig->core, rig->now, &request, &scene->out);
	do
		rig_turn(rig, 0);
	while (admin_action_more(&action, rig->core, rig->now, 4096, &scene->out));
	admin_action_free(&action);
	buffer_free(&scratch);
	buffer_append_byte(&scene->out, '\0');
	return scene->out.data;
}

static void
assert_said(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, answer);
}

/* Somebody that its gateway vouches for, or by its secret; its client_id, or 0: it is closed. */
static uint32_t
opens(struct scene *scene, unsigned slot, struct envelope_open open)
{
	struct rig *rig = &scene->rig;
	struct envelope heard;

	rig_turn(rig, 0);
	rig_forget(rig);
	open.dialect = TEXT("native");
	if (open.realm.data == NULL)
		open.realm = TEXT("open");
	if (open.address.data == NULL)
		open.address = TEXT("192.0.2.1");
	assert_int_equal(
	    rig_say(rig, slot, ENVELOPE_OPEN, &(struct envelope){ .open = open }), LINK_ALIVE);
	rig_turn(rig, 1);
	assert_true(rig_next(rig, slot, &heard));
	if (heard.kind == ENVELOPE_OPENED)
		return heard.opened.client;
	assert_int_equal(heard.kind, ENVELOPE_CLOSE);
	assert_int_equal(heard.close.conn, open.conn);
	assert_int_equal(heard.close.client, open.client);
	assert_int_equal(heard.close.code, 1008);
	assert_text(heard.close.reason, "banned");
	rig_silent(rig, slot);
	/* As its gateway does with every OPEN that came to nothing. */
	RIG_SAY(rig, slot, CLOSED, closed, .conn = open.conn);
	return 0;
}

#define OPENS(scene, slot, ...) opens(scene, slot, (struct envelope_open){ __VA_ARGS__ })

static void
is_told_to_close(struct scene *scene, unsigned slot, uint64_t conn, uint32_t client)
{
	struct envelope heard = rig_hear(&scene->rig, slot, ENVELOPE_CLOSE);

	assert_int_equal(heard.close.conn, conn);
	assert_int_equal(heard.close.client, client);
	assert_int_equal(heard.close.code, 1008);
	assert_text(heard.close.reason, "banned");
}

static void
a_user_goes_from_all_gateways_and_stays_out_of_its_realm(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t first = OPENS(scene, scene->here, .conn = 1, .user = TEXT("ana"));
	uint32_t other = OPENS(scene, scene->there, .conn = 1, .user = TEXT("ana"));

	assert_true(OPENS(scene, scene->here, .conn = 2, .user = TEXT("ben")) != 0);
	assert_true(
	    OPENS(scene, scene->here, .conn = 3, .user = TEXT("ana"), .realm = TEXT("pair")) != 0);
	rig_forget(rig);
	assert_said(
	    ask(scene, "ban user ana --realm open"), "row\tuser\topen/ana\t\\N\tfalse\t2\n");
	is_told_to_close(scene, scene->here, 1, first);
	is_told_to_close(scene, scene->there, 1, other);
	rig_silent(rig, scene->here);
	rig_silent(rig, scene->there);
	RIG_SAY(rig, scene->here, CLOSED, closed, .conn = 1);
	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 1);
	assert_int_equal(OPENS(scene, scene->there, .conn = 4, .user = TEXT("ana")), 0);
	assert_int_equal(core_status(rig->core).clients, 2);
	/* Nobody of that name is left behind: another realm's user is the only one. */
	assert_true(core_meaning(rig->core, TEXT("ana")).is_id);
	assert_said(ask(scene, "unban user open/ana"), "row\tuser\topen/ana\ttrue\n");
	assert_true(OPENS(scene, scene->there, .conn = 5, .user = TEXT("ana")) != 0);
}

static void
an_address_is_banned_however_it_is_written(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t ana = OPENS(scene, scene->there, .conn = 1, .address = TEXT("::ffff:192.0.2.77"));

	assert_true(OPENS(scene, scene->here, .conn = 2, .address = TEXT("192.0.3.1")) != 0);
	rig_forget(rig);
	assert_said(ask(scene, "ban address ::ffff:192.0.2.0/120 --for 1h --reason spam"),
	    "row\taddress\t192.0.2.0/24\t");
	is_told_to_close(scene, scene->there, 1, ana);
	rig_silent(rig, scene->here);
	assert_int_equal(OPENS(scene, scene->here, .conn = 3, .address = TEXT("192.0.2.78")), 0);
	assert_true(OPENS(scene, scene->here, .conn = 4, .address = TEXT("unix")) != 0);
	assert_said(ask(scene, "bans"), "row\taddress\t192.0.2.0/24\t1700003600");
	assert_said(scene->out.data, "\tspam\troot\t1700000000");
	/* When the hour is over, before anybody has looked at the list. */
	rig->now.wall_ms += 60 * MINUTE_MS;
	assert_true(OPENS(scene, scene->here, .conn = 5, .address = TEXT("192.0.2.78")) != 0);
	assert_null(strstr(ask(scene, "bans"), "\nrow\t"));
}

static bool
count_ban(void *context, const struct store_ban *row)
{
	(void)row;
	++*(unsigned *)context;
	return true;
}

static unsigned
stored(struct scene *scene)
{
	struct store *store = &scene->rig.store.store;
	unsigned count = 0;

	assert_true(store->ops->read_bans(store, count_ban, &count));
	return count;
}

static void
what_is_over_leaves_the_store(void **state)
{
	struct scene *scene = *state;

	ask(scene, "ban address 192.0.2.1 --for 30s");
	ask(scene, "ban address 192.0.2.2 --for 3h");
	assert_int_equal(stored(scene), 2);
	rig_turn(&scene->rig, MINUTE_MS);
	rig_turn(&scene->rig, MINUTE_MS);
	assert_int_equal(stored(scene), 1);
}

/* Its gateway still has it, and says so to the hub's next life. */
static void
a_hub_that_starts_again_knows_them(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t ana = OPENS(scene, scene->here, .conn = 1, .user = TEXT("ana"));
	uint32_t ben = OPENS(scene, scene->here, .conn = 2, .user = TEXT("ben"));
	unsigned again;

	ask(scene, "ban user open/ana");
	rig_restart(rig, 0);
	again = rig_link(rig);
	rig_hello(rig, again, "here", 100 + scene->here, 1, 2);
	assert_int_equal(OPENS(scene, again, .conn = 1, .client = ana, .user = TEXT("ana")), 0);
	assert_true(OPENS(scene, again, .conn = 2, .client = ben, .user = TEXT("ben")) != 0);
}

static void
a_client_does_not_come_again_by_its_secret(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char line[64];
	char id[CLIENT_ID_TEXT_SIZE];
	char resume[64];
	struct envelope heard;
	uint32_t ana;

	RIG_SAY(rig, scene->here, OPEN, open, .conn = 1, .dialect = TEXT("native"),
	    .realm = TEXT("open"), .flags = OPEN_WANTS_SECRET);
	rig_turn(rig, 0);
	heard = rig_hear(rig, scene->here, ENVELOPE_OPENED);
	ana = heard.opened.client;
	snprintf(resume, sizeof(resume), "%.*s", (int)heard.opened.resume.length,
	    heard.opened.resume.data);
	text_client_id(ana, id);
	/* Somebody that is only called so stays. */
	assert_true(OPENS(scene, scene->there, .conn = 3, .user = text_of(id),
			.realm = TEXT("direct")) != 0);
	rig_forget(rig);
	snprintf(line, sizeof(line), "ban client %s", id);
	assert_said(ask(scene, line), "\tfalse\t1\n");
	is_told_to_close(scene, scene->here, 1, ana);
	rig_silent(rig, scene->there);
	RIG_SAY(rig, scene->here, CLOSED, closed, .conn = 1);
	assert_int_equal(OPENS(scene, scene->there, .conn = 2, .resume = text_of(resume),
			     .flags = OPEN_WANTS_SECRET),
	    0);
	snprintf(line, sizeof(line), "unban client %s", id);
	ask(scene, line);
	assert_true(OPENS(scene, scene->there, .conn = 4, .resume = text_of(resume),
			.flags = OPEN_WANTS_SECRET) == ana);
}

/* Nobody can come back as it: it is gone with the ban, not two seconds later. */
static void
who_lingers_is_gone_at_once(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	(void)OPENS(scene, scene->here, .conn = 1, .user = TEXT("ana"), .flags = OPEN_KEEPS_MAIL);
	RIG_SAY(rig, scene->here, CLOSED, closed, .conn = 1, .linger = CLOSED_LOST);
	rig_turn(rig, 1);
	assert_int_equal(core_status(rig->core).clients, 1);
	ask(scene, "ban user open/ana");
	assert_int_equal(core_status(rig->core).clients, 0);
}

static void
mail_waits_as_for_anybody_who_is_away(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint32_t ben = OPENS(scene, scene->here, .conn = 1, .user = TEXT("ben"));
	struct envelope heard;

	ask(scene, "ban user open/ana");
	rig_forget(rig);
	RIG_SAY(rig, scene->here, TELL, tell, .number = 1, .conn = 1, .client = ben,
	    .to = TEXT("ana"), .content = TEXT("hello"), .flags = TELL_KEEP);
	rig_turn(rig, 0);
	heard = rig_hear(rig, scene->here, ENVELOPE_OUTCOME);
	assert_int_equal(heard.outcome.code, OUTCOME_OK);
	assert_int_equal(heard.outcome.flags, OUTCOME_WAS_ABSENT);
}

static void
what_the_store_does_not_keep_bans_nobody(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.full = true;
	assert_said(ask(scene, "ban user open/ana"), "refused\tthe store does not take it now");
	rig->store.full = false;
	rig->store.fails = true;
	assert_said(ask(scene, "ban user open/ana"), "refused\tthe store could not keep it");
	rig->store.fails = false;
	assert_true(OPENS(scene, scene->here, .conn = 1, .user = TEXT("ana")) != 0);
	ask(scene, "ban user open/ben");
	rig->store.fails = true;
	assert_said(ask(scene, "unban user open/ben"), "refused\tthe store could not keep it");
	rig->store.fails = false;
	assert_int_equal(OPENS(scene, scene->here, .conn = 2, .user = TEXT("ben")), 0);
}

static bool
cannot_read(struct store *store, store_ban_fn *row, void *context)
{
	(void)store;
	(void)row;
	(void)context;
	return false;
}

/* Nobody is let in because the store could not say for a moment who is banned. */
static void
bans_that_cannot_be_read_again_stay(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	const struct store_ops *able = rig->store.store.ops;
	struct store_ops unable = *able;

	unable.read_bans = cannot_read;
	ask(scene, "ban user open/ben");
	rig->store.store.ops = &unable;
	rig->store.fails = true;
	assert_said(ask(scene, "ban user open/ana"), "refused\tthe store could not keep it");
	rig->store.fails = false;
	assert_int_equal(OPENS(scene, scene->here, .conn = 1, .user = TEXT("ben")), 0);
	rig->store.store.ops = able;
	rig_turn(rig, 2000);
	assert_int_equal(OPENS(scene, scene->here, .conn = 2, .user = TEXT("ben")), 0);
	assert_true(OPENS(scene, scene->here, .conn = 3, .user = TEXT("ana")) != 0);
}

static void
an_answer_waits_for_the_store(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct admin_request request = { .command = ADMIN_BAN_CLIENT, .client = TEXT("0000002a") };
	struct admin_action action;

	rig->store.slow = true;
	admin_action_begin(&action, rig->core, rig->now, &request, &scene->out);
	rig_turn(rig, 0);
	assert_true(admin_action_more(&action, rig->core, rig->now, 4096, &scene->out));
	assert_int_equal(scene->out.length, 0);
	rig_complete(rig, true);
	assert_false(admin_action_more(&action, rig->core, rig->now, 4096, &scene->out));
	assert_true(scene->out.length > 0);
	admin_action_free(&action);
}

static void
saying_it_again_changes_what_is_said(void **state)
{
	struct scene *scene = *state;

	assert_said(ask(scene, "unban client 0000002a"), "row\tclient\t0000002a\tfalse\ndone");
	assert_said(ask(scene, "unban user eve"), "row\tuser\teve\tfalse\ndone");
	ask(scene, "ban client 0000002a --for 1h");
	assert_said(ask(scene, "ban client 0000002a"), "row\tclient\t0000002a\t\\N\ttrue\t0\ndone");
	assert_said(ask(scene, "bans"), "row\tclient\t0000002a\t\\N\t\troot\t");
	assert_int_equal(stored(scene), 1);
}

static void
a_user_is_named_by_its_id(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];
	char line[64];

	text_client_id(rig_client(rig, scene->here, 1, "ana"), id);
	assert_said(ask(scene, "ban user ana"), "that is no user's id; the user it belongs to is");
	assert_said(scene->out.data, id);
	assert_said(ask(scene, "ban user nobody"), "refused\tno user with that id");
	(void)OPENS(scene, scene->here, .conn = 2, .user = TEXT("eve"));
	(void)OPENS(scene, scene->here, .conn = 3, .user = TEXT("eve"), .realm = TEXT("pair"));
	assert_said(ask(scene, "ban user eve"), "refused\tseveral users may be meant");
	snprintf(line, sizeof(line), "ban user %s", id);
	assert_said(ask(scene, line), "\tfalse\t1\n");
	ask(scene, "ban user eve --realm open");
	assert_said(ask(scene, "unban user eve"), "row\tuser\topen/eve\ttrue\n");
	ask(scene, "ban user open/eve");
	ask(scene, "ban user pair/eve");
	assert_said(ask(scene, "unban user eve"), "refused\tusers with that id are banned");
}

static void
there_is_a_bound(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->limits.bans_max = 2;
	rig_restart(rig, 0);
	ask(scene, "ban address 10.0.0.0/8");
	ask(scene, "ban address 11.0.0.0/8");
	assert_said(ask(scene, "ban address 12.0.0.0/8"), "refused\tthere are as many bans");
	assert_said(ask(scene, "ban address 10.0.0.0/8"), "\ttrue\t0\ndone");
	/* One that is lowered lets nobody in. */
	rig->limits.bans_max = 1;
	rig_restart(rig, 0);
	scene->here = rig_gateway(rig, "here");
	assert_int_equal(OPENS(scene, scene->here, .conn = 1, .address = TEXT("10.0.0.1")), 0);
	assert_int_equal(OPENS(scene, scene->here, .conn = 2, .address = TEXT("11.0.0.1")), 0);
}

static void
an_id_that_is_also_a_name_is_asked_about(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];
	char line[64];
	uint32_t ana = rig_client(rig, scene->here, 1, "ana");

	text_client_id(ana, id);
	(void)rig_client(rig, scene->here, 2, id);
	snprintf(line, sizeof(line), "kick %s", id);
	assert_said(
	    ask(scene, line), "refused\tthat is the id of one user and the name of another");
	rig_silent(rig, scene->here);
	snprintf(line, sizeof(line), "kick --id %s", id);
	assert_said(ask(scene, line), "\t1\ndone");
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_CLOSE).close.client, ana);
	rig_silent(rig, scene->here);
	assert_said(ask(scene, "kick --id ana"), "refused\tnobody is online with the id");
	assert_said(ask(scene, "kick ana"), "\t1\ndone");
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(a_user_goes_from_all_gateways_and_stays_out_of_its_realm),
		WITH_SCENE(an_address_is_banned_however_it_is_written),
		WITH_SCENE(what_is_over_leaves_the_store),
		WITH_SCENE(a_hub_that_starts_again_knows_them),
		WITH_SCENE(a_client_does_not_come_again_by_its_secret),
		WITH_SCENE(who_lingers_is_gone_at_once),
		WITH_SCENE(mail_waits_as_for_anybody_who_is_away),
		WITH_SCENE(what_the_store_does_not_keep_bans_nobody),
		WITH_SCENE(bans_that_cannot_be_read_again_stay),
		WITH_SCENE(an_answer_waits_for_the_store),
		WITH_SCENE(saying_it_again_changes_what_is_said),
		WITH_SCENE(a_user_is_named_by_its_id),
		WITH_SCENE(there_is_a_bound),
		WITH_SCENE(an_id_that_is_also_a_name_is_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
