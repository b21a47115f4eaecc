/* Private messages: whose they are, where they wait, who hears them, what is received. */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#include "common/outcomes.h"

/* ana on the first gateway, ben on the first and the second: users of a realm that keeps mail. */
struct scene {
	struct rig rig;
	unsigned here;
	unsigned there;
	uint32_t ana;
	uint32_t ben;
	uint32_t ben_too;
	uint64_t number;
};

#define DIRECT (OPEN_KEEPS_MAIL | OPEN_HAS_RECEIPTS)

static struct envelope_opened
come(struct scene *scene, unsigned slot, uint64_t conn, const char *user, uint32_t flags)
{
	struct envelope_opened opened;

	rig_turn(&scene->rig, 0);
	rig_forget(&scene->rig);
	RIG_SAY(&scene->rig, slot, OPEN, open, .conn = conn, .dialect = TEXT("direct"),
	    .realm = TEXT("direct"), .name = text_of(user), .user = text_of(user), .flags = flags);
	rig_turn(&scene->rig, 1);
	opened = rig_hear(&scene->rig, slot, ENVELOPE_OPENED).opened;
	rig_forget(&scene->rig);
	return opened;
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct core_limits limits = rig_limits();

	limits.inbox_messages = 3;
	limits.inbox_bytes = 50;
	rig_start(&scene->rig, limits);
	scene->here = rig_gateway(&scene->rig, "here");
	scene->there = rig_gateway(&scene->rig, "there");
	scene->ana = come(scene, scene->here, 1, "ana", DIRECT).client;
	scene->ben = come(scene, scene->here, 2, "ben", DIRECT).client;
	scene->ben_too = come(scene, scene->there, 2, "ben", DIRECT).client;
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

/* ana says something to somebody; nothing is heard yet. */
static void
say(struct scene *scene, const char *to, const char *content, uint32_t flags)
{
	RIG_SAY(&scene->rig, scene->here, TELL, tell, .number = ++scene->number, .conn = 1,
	    .to = text_of(to), .content = text_of(content), .extra = TEXT("\"noon\""),
	    .flags = flags);
}

static struct envelope_outcome
outcome(struct scene *scene, unsigned slot, enum outcome_code code)
{
	struct envelope_outcome heard = rig_hear(&scene->rig, slot, ENVELOPE_OUTCOME).outcome;

	assert_string_equal(outcome_word(heard.code), outcome_word((uint32_t)code));
	return heard;
}

/* The same, all of it: nobody else hears anything. */
static struct envelope_outcome
tell(struct scene *scene, const char *to, const char *content, uint32_t flags,
    enum outcome_code code)
{
	struct envelope_outcome heard;

	say(scene, to, content, flags);
	rig_turn(&scene->rig, 1);
	heard = outcome(scene, scene->here, code);
	rig_silent(&scene->rig, scene->here);
	rig_silent(&scene->rig, scene->there);
	rig_forget(&scene->rig);
	return heard;
}

static enum outcome_code
read_up_to(struct scene *scene, unsigned slot, uint64_t conn, uint64_t epoch, uint64_t seq)
{
	uint32_t code;

	RIG_SAY(&scene->rig, slot, READ, read, .number = ++scene->number, .conn = conn,
	    .epoch = epoch, .seq = seq);
	rig_turn(&scene->rig, 1);
	code = rig_hear(&scene->rig, slot, ENVELOPE_OUTCOME).outcome.code;
	rig_silent(&scene->rig, slot);
	rig_forget(&scene->rig);
	return (enum outcome_code)code;
}

static void
every_connection_of_the_user_hears(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_outcome said;
	struct envelope heard;

	say(scene, "ben", "psst", TELL_USER);
	rig_turn(rig, 1);
	heard = rig_hear(rig, scene->here, ENVELOPE_WHISPER);
	assert_int_equal(heard.whisper.conn, 2);
	assert_int_equal(heard.whisper.to, scene->ben);
	assert_text(heard.whisper.from_user, "ana");
	assert_text(heard.whisper.content, "psst");
	assert_text(heard.whisper.extra, "\"noon\"");
	assert_int_equal(heard.whisper.seq, 1);
	heard = rig_hear(rig, scene->there, ENVELOPE_WHISPER);
	assert_int_equal(heard.whisper.to, scene->ben_too);
	assert_int_equal(heard.whisper.seq, 1);
	said = outcome(scene, scene->here, OUTCOME_OK);
	assert_text(said.user, "ben");
	assert_int_equal(said.seq, 1);
	assert_true(said.epoch == heard.whisper.epoch && said.epoch != 0);
	assert_int_equal(said.durability, rig->store.store.ops->durability);
	assert_int_equal(said.flags, 0);
	rig_silent(rig, scene->here);
	rig_silent(rig, scene->there);
}

static void
a_device_that_leaves_takes_nobody_with_it(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	RIG_SAY(rig, scene->here, CLOSED, closed, .conn = 2);
	rig_turn(rig, 1);
	rig_forget(rig);
	say(scene, "ben", "psst", 0);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_WHISPER).whisper.to, scene->ben_too);
	assert_int_equal(outcome(scene, scene->here, OUTCOME_OK).to, scene->ben_too);
	rig_silent(rig, scene->here);
}

static void
mail_waits_for_the_absent(void **state)
{
	struct scene *scene = *state;
	struct envelope_outcome said;
	struct envelope_opened opened;

	(void)tell(scene, "zoe", "first", TELL_USER, OUTCOME_NO_SUCH_USER);
	said = tell(scene, "zoe", "first", TELL_USER | TELL_KEEP, OUTCOME_OK);
	assert_int_equal(said.flags, OUTCOME_WAS_ABSENT);
	assert_int_equal(said.to, 0);
	assert_text(said.user, "zoe");
	assert_int_equal(said.seq, 1);
	(void)tell(scene, "zoe", "second", TELL_USER | TELL_KEEP, OUTCOME_OK);
	opened = come(scene, scene->there, 9, "zoe", DIRECT);
	assert_true(opened.epoch == said.epoch);
	assert_int_equal(opened.seq, 2);
	assert_int_equal(opened.read, 0);
	assert_int_equal(read_up_to(scene, scene->there, 9, opened.epoch, 1), OUTCOME_OK);
	RIG_SAY(&scene->rig, scene->there, CLOSED, closed, .conn = 9);
	/* Known now, so mail is kept without being asked to. */
	said = tell(scene, "zoe", "third", 0, OUTCOME_OK);
	assert_int_equal(said.seq, 3);
	opened = come(scene, scene->here, 9, "zoe", DIRECT);
	assert_int_equal(opened.seq, 3);
	assert_int_equal(opened.read, 1);
}

static void
nobody_was_ever_told_anything_at_first(void **state)
{
	struct scene *scene = *state;
	struct envelope_opened opened = come(scene, scene->there, 9, "zoe", DIRECT);

	assert_true(opened.epoch == 0);
	assert_int_equal(opened.seq, 0);
	assert_int_equal(opened.resumed, 0);
	assert_true(text_is_empty(opened.resume));
}

static void
a_client_id_means_its_user_unless_only_users_are_meant(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(scene->ben_too, id);
	(void)tell(scene, id, "psst", TELL_USER, OUTCOME_NO_SUCH_USER);
	say(scene, id, "psst", 0);
	rig_turn(rig, 1);
	/* Private mail is the user's, whichever of its connections was named. */
	(void)rig_hear(rig, scene->here, ENVELOPE_WHISPER);
	(void)rig_hear(rig, scene->there, ENVELOPE_WHISPER);
	assert_int_equal(outcome(scene, scene->here, OUTCOME_OK).to, scene->ben_too);
	rig_forget(rig);
	/* Other realms are other worlds: their ids, users and names are nobody here. */
	text_client_id(rig_client(rig, scene->there, 5, "eve"), id);
	(void)tell(scene, id, "psst", TELL_BY_NAME, OUTCOME_NO_SUCH_USER);
	(void)tell(scene, "eve", "psst", TELL_BY_NAME, OUTCOME_NO_SUCH_USER);
}

static void
one_user_of_a_name_is_meant_however_many_connections(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct envelope_outcome said;

	RIG_SAY(rig, scene->there, OPEN, open, .conn = 7, .dialect = TEXT("direct"),
	    .realm = TEXT("direct"), .name = TEXT("Zoe"), .user = TEXT("z"));
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 8, .dialect = TEXT("direct"),
	    .realm = TEXT("direct"), .name = TEXT("Zoe"), .user = TEXT("z"));
	rig_turn(rig, 1);
	rig_forget(rig);
	say(scene, "Zoe", "psst", TELL_BY_NAME);
	rig_turn(rig, 1);
	said = outcome(scene, scene->here, OUTCOME_OK);
	assert_text(said.user, "z");
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 9, .dialect = TEXT("direct"),
	    .realm = TEXT("direct"), .name = TEXT("Zoe"), .user = TEXT("other"));
	rig_turn(rig, 1);
	rig_forget(rig);
	(void)tell(scene, "Zoe", "psst", TELL_BY_NAME, OUTCOME_NO_SUCH_USER);
}

static void
to_oneself_is_heard_behind_the_outcome_by_all_devices(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	(void)come(scene, scene->there, 1, "ana", DIRECT);
	say(scene, "ana", "note", 0);
	rig_turn(rig, 1);
	(void)outcome(scene, scene->here, OUTCOME_OK);
	assert_int_equal(rig_hear(rig, scene->here, ENVELOPE_WHISPER).whisper.to, scene->ana);
	rig_silent(rig, scene->here);
	(void)rig_hear(rig, scene->there, ENVELOPE_WHISPER);
	rig_silent(rig, scene->there);
}

static void
a_full_mailbox_is_freed_by_reading(void **state)
{
	struct scene *scene = *state;
	uint64_t epoch = 0;

	for (unsigned i = 0; i < 3; i++)
		epoch = tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK).epoch;
	(void)tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_MAILBOX_FULL);
	(void)come(scene, scene->there, 9, "zoe", DIRECT);
	(void)tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_MAILBOX_FULL);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, 2), OUTCOME_OK);
	RIG_SAY(&scene->rig, scene->there, CLOSED, closed, .conn = 9);
	assert_int_equal(tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK).seq, 4);
	assert_int_equal(tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK).seq, 5);
	(void)tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_MAILBOX_FULL);
}

static void
bytes_fill_a_mailbox_too(void **state)
{
	struct scene *scene = *state;

	(void)tell(scene, "zoe", "0123456789012345678901234567890123456789", TELL_KEEP, OUTCOME_OK);
	(void)tell(scene, "zoe", "01234567890", TELL_KEEP, OUTCOME_MAILBOX_FULL);
	(void)tell(scene, "zoe", "0123456789", TELL_KEEP, OUTCOME_OK);
}

static void
who_gives_no_receipts_has_received_what_was_told(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	(void)come(scene, scene->there, 9, "zoe", 0);
	for (unsigned i = 1; i <= 10; i++) {
		say(scene, "zoe", "hi", 0);
		rig_turn(rig, 1);
		assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_WHISPER).whisper.seq, i);
		(void)outcome(scene, scene->here, OUTCOME_OK);
	}
}

static void
what_cannot_be_read_is_refused(void **state)
{
	struct scene *scene = *state;
	uint64_t epoch = tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK).epoch;

	(void)come(scene, scene->there, 9, "zoe", DIRECT);
	assert_int_equal(read_up_to(scene, scene->there, 9, 0, 0), OUTCOME_OK);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, 2), OUTCOME_BAD_SEQ);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, UINT64_MAX), OUTCOME_BAD_SEQ);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch + 1, 1), OUTCOME_BAD_SEQ);
	assert_int_equal(read_up_to(scene, scene->there, 8, epoch, 1), OUTCOME_BAD_SEQ);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, 1), OUTCOME_OK);
	/* Again and lower: nothing happens. */
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, 1), OUTCOME_OK);
	assert_int_equal(read_up_to(scene, scene->there, 9, epoch, 0), OUTCOME_OK);
}

static void
too_much_beside_the_content_is_refused(void **state)
{
	struct scene *scene = *state;
	static const char longer[101];

	RIG_SAY(&scene->rig, scene->here, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ben"),
	    .extra = { longer, 101 });
	RIG_SAY(&scene->rig, scene->here, TELL, tell, .number = 2, .conn = 1, .to = { longer, 100 },
	    .flags = TELL_KEEP);
	rig_turn(&scene->rig, 1);
	(void)outcome(scene, scene->here, OUTCOME_TOO_LONG);
	(void)outcome(scene, scene->here, OUTCOME_NO_SUCH_USER);
}

static void
what_was_not_kept_was_never_in_the_inbox(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;

	rig->store.slow = true;
	say(scene, "ben", "lost", 0);
	say(scene, "zoe", "lost", TELL_KEEP);
	rig_turn(rig, 1);
	RIG_SAY(rig, scene->there, OPEN, open, .conn = 9, .dialect = TEXT("direct"),
	    .realm = TEXT("direct"), .name = TEXT("zoe"), .user = TEXT("zoe"), .flags = DIRECT);
	rig_turn(rig, 1);
	rig_complete(rig, false);
	rig->store.slow = false;
	(void)outcome(scene, scene->here, OUTCOME_NOT_STORED);
	(void)outcome(scene, scene->here, OUTCOME_NOT_STORED);
	rig_silent(rig, scene->here);
	/* Who came meanwhile does not wait for what never was. */
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_OPENED).opened.seq, 0);
	rig_silent(rig, scene->there);
	say(scene, "ben", "kept", 0);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_WHISPER).whisper.seq, 1);
}

static void
a_mark_that_was_not_kept_stands_where_it_stood(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	uint64_t epoch = tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK).epoch;
	struct envelope_opened opened;

	(void)come(scene, scene->there, 9, "zoe", DIRECT);
	rig->store.slow = true;
	RIG_SAY(rig, scene->there, READ, read, .number = 1, .conn = 9, .epoch = epoch, .seq = 1);
	rig_turn(rig, 1);
	rig_complete(rig, false);
	rig->store.slow = false;
	(void)outcome(scene, scene->there, OUTCOME_NOT_STORED);
	opened = come(scene, scene->here, 9, "zoe", DIRECT);
	assert_int_equal(opened.seq, 1);
	assert_int_equal(opened.read, 0);
}

static bool
count_user(void *context, const struct store_user *row)
{
	(void)row;
	++*(unsigned *)context;
	return true;
}

static bool
count_message(void *context, const struct store_message *message)
{
	(void)message;
	++*(unsigned *)context;
	return true;
}

/* What the store has of a user's, records and messages. */
static unsigned
traces(struct rig *rig, const char *realm, const char *id)
{
	struct store *store = &rig->store.store;
	struct store_position position;
	struct store_range range = { .until = STORE_NUMBER_MAX, .limit = 10 };
	char name[64];
	unsigned found = 0;

	snprintf(name, sizeof(name), "inbox/%s/%s", realm, id);
	range.stream = text_of(name);
	assert_true(store->ops->find_user(store, text_of(realm), text_of(id), count_user, &found));
	assert_true(store->ops->open_stream(
	    store, &(struct store_stream){ .name = range.stream, .inbox = true }, &position));
	range.epoch = position.epoch;
	assert_true(store->ops->read(store, &range, count_message, &found));
	return found;
}

static void
a_passing_user_leaves_nothing_behind(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	char id[CLIENT_ID_TEXT_SIZE];

	text_client_id(rig_client(rig, scene->there, 5, "eve"), id);
	(void)rig_client(rig, scene->there, 6, "max");
	RIG_SAY(rig, scene->there, TELL, tell, .number = 1, .conn = 6, .to = text_of(id),
	    .content = TEXT("psst"));
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, scene->there, ENVELOPE_WHISPER).whisper.seq, 1);
	(void)outcome(scene, scene->there, OUTCOME_OK);
	assert_int_equal(traces(rig, "open", id), 2);
	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 5);
	rig_turn(rig, 1);
	assert_int_equal(traces(rig, "open", id), 0);
	rig_forget(rig);
	RIG_SAY(rig, scene->there, TELL, tell, .number = 2, .conn = 6, .to = text_of(id));
	rig_turn(rig, 1);
	(void)outcome(scene, scene->there, OUTCOME_NO_SUCH_USER);
}

/* A hub died with a passing user's inbox in its store. */
static void
what_a_dead_hub_left_of_a_passing_user_is_found(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct store *store = &rig->store.store;
	struct store_position position;
	const struct store_user row = {
		.realm = TEXT("direct"), .id = TEXT("7"), .has_secret = true, .seen_ms = 1
	};
	struct store_message message = { .stream = TEXT("inbox/direct/7"),
		.seq = 1,
		.from_user = TEXT("ana"),
		.content = TEXT("old") };
	struct envelope_opened opened;

	assert_true(store->ops->put_user(store, &row));
	assert_true(store->ops->open_stream(
	    store, &(struct store_stream){ .name = message.stream, .inbox = true }, &position));
	message.epoch = position.epoch;
	assert_true(store->ops->append(store, &message));
	/* Becomes part of the core's next batch; nobody is told of mail for who is not kept. */
	(void)tell(scene, "zoe", "hi", TELL_KEEP, OUTCOME_OK);
	(void)tell(scene, "7", "hi", 0, OUTCOME_NO_SUCH_USER);
	opened = come(scene, scene->there, 9, "7", 0);
	assert_int_equal(opened.seq, 1);
	RIG_SAY(rig, scene->there, CLOSED, closed, .conn = 9);
	rig_turn(rig, 1);
	assert_int_equal(traces(rig, "direct", "7"), 0);
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SCENE(every_connection_of_the_user_hears),
		SCENE(a_device_that_leaves_takes_nobody_with_it),
		SCENE(mail_waits_for_the_absent),
		SCENE(nobody_was_ever_told_anything_at_first),
		SCENE(a_client_id_means_its_user_unless_only_users_are_meant),
		SCENE(one_user_of_a_name_is_meant_however_many_connections),
		SCENE(to_oneself_is_heard_behind_the_outcome_by_all_devices),
		SCENE(a_full_mailbox_is_freed_by_reading),
		SCENE(bytes_fill_a_mailbox_too),
		SCENE(who_gives_no_receipts_has_received_what_was_told),
		SCENE(what_cannot_be_read_is_refused),
		SCENE(too_much_beside_the_content_is_refused),
		SCENE(what_was_not_kept_was_never_in_the_inbox),
		SCENE(a_mark_that_was_not_kept_stands_where_it_stood),
		SCENE(a_passing_user_leaves_nothing_behind),
		SCENE(what_a_dead_hub_left_of_a_passing_user_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
