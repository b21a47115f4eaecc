/* Presence by user: what is gathered, what cancels out, who is told when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define GATHER_MS 100

static struct rig rig;

/* What one hears: who came and left, and the count. */
static void
users_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	(void)opcode;
	if (session_is_open(session))
		session_hear(session, session_room(session), 5, 0);
	else
		session_open(session, message, session_room(session));
}

static void
users_render(struct buffer *payload, const struct presence_change *change)
{
	for (size_t i = 0; i < change->joined_count; i++)
		buffer_printf(payload, "+%.*s/%.*s ", (int)change->joined[i].user.length,
		    change->joined[i].user.data, (int)change->joined[i].name.length,
		    change->joined[i].name.data);
	for (size_t i = 0; i < change->left_count; i++)
		buffer_printf(payload, "-%.*s/%.*s ", (int)change->left[i].user.length,
		    change->left[i].user.data, (int)change->left[i].name.length,
		    change->left[i].name.data);
	buffer_printf(payload, "=%u", change->count);
}

static void
say_count(struct session *session, const char *word, struct text room)
{
	const struct roster_room *roster = session_roster(session, room);
	char line[64];

	snprintf(line, sizeof(line), "%s %.*s of %u", word, (int)room.length, room.data,
	    roster == NULL ? 0 : (unsigned)roster_room_users(roster));
	session_reply(session, FRAME_TEXT, text_of(line));
}

static void
users_joined(struct session *session, const struct envelope_joined *joined)
{
	say_count(session, "joined", joined->room);
}

static void
users_missed(struct session *session, struct text room)
{
	say_count(session, "missed", room);
}

static void
users_departed(struct session *session, struct text room, struct text user)
{
	char line[64];

	snprintf(line, sizeof(line), "gone %.*s from %.*s", (int)user.length, user.data,
	    (int)room.length, room.data);
	session_reply(session, FRAME_TEXT, text_of(line));
}

static const struct dialect users_dialect = {
	.name = "users",
	.reaches_hub = true,
	.many_rooms = true,
	.received = users_received,
	.joined = users_joined,
	.presence_missed = users_missed,
	.render_presence = users_render,
};

static const struct dialect partners_dialect = {
	.name = "partners",
	.reaches_hub = true,
	.received = users_received,
	.departed = users_departed,
};

static void
few_listed(struct config_limits *limits)
{
	limits->list_members = 3;
}

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
enter(uint32_t client, const char *user, const char *name)
{
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_ENTERED,
			  .entered = { TEXT("lobby"), client, text_of(name), ++rig.ordinal, 1,
			      text_of(user) } });
}

/* A client that is in the room and known to be; it has nothing to hear. */
static struct rig_peer *
come(const struct dialect *dialect, uint32_t client, const char *user)
{
	struct rig_peer *peer = rig_connect_as(&rig, dialect);

	rig_open(peer, client, user);
	if (dialect->many_rooms)
		rig_send(peer, "hear");
	enter(client, user, user);
	rig_after(&rig, GATHER_MS);
	rig_forget_heard(peer);
	return peer;
}

static void
assert_hears_only(struct rig_peer *peer, const char *message)
{
	assert_hears(peer, message);
	assert_hears_nothing(peer);
}

static void
differences_gather_and_are_said_once(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");
	struct rig_peer *ben = come(&users_dialect, 2, "ben");

	(void)state;
	rig_forget_heard(ana);
	enter(3, "eve", "Eve");
	rig_after(&rig, GATHER_MS - 1);
	enter(4, "max", "Max");
	enter(5, "eve", "Eve too");
	rig_exited(&rig, 2);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	assert_true(gateway_core_next_deadline(rig.core, rig.now) <= 1);
	rig_after(&rig, 1);
	assert_hears_only(ana, "+eve/Eve +max/Max -ben/ben =3");
	/* Who left hears nothing of it. */
	assert_hears_nothing(ben);
	rig_exited(&rig, 3);
	rig_after(&rig, GATHER_MS);
	assert_hears_nothing(ana);
	rig_exited(&rig, 5);
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "-eve/Eve too =2");
	rig_after(&rig, 10 * GATHER_MS);
	assert_int_equal(rig_unheard(ana), 0);
}

static void
who_comes_and_goes_at_once_is_not_spoken_of(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");

	(void)state;
	come(&users_dialect, 2, "ben");
	rig_forget_heard(ana);
	/* Came and left; left and came again; left, came and left. */
	enter(3, "eve", "Eve");
	rig_exited(&rig, 3);
	rig_exited(&rig, 2);
	enter(4, "ben", "ben");
	enter(5, "max", "Max");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+max/Max =3");
	rig_exited(&rig, 4);
	enter(6, "ben", "ben");
	rig_exited(&rig, 6);
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "-ben/ben =2");
	enter(7, "eve", "Eve");
	rig_exited(&rig, 7);
	rig_after(&rig, GATHER_MS);
	assert_hears_nothing(ana);
}

static void
who_comes_again_under_another_name_is_spoken_of(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");

	(void)state;
	enter(2, "ben", "Ben");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+ben/Ben =2");
	rig_exited(&rig, 2);
	enter(3, "ben", "Benjamin");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+ben/Benjamin =2");
	rig_exited(&rig, 3);
	enter(4, "ben", "Ben");
	rig_exited(&rig, 4);
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "-ben/Ben =1");
}

/* A client that is told who is there, and hears differences from then on. */
static struct rig_peer *
appear(uint32_t client, const char *user)
{
	struct rig_peer *peer = rig_connect_as(&rig, &users_dialect);

	rig_open(peer, client, user);
	rig_send(peer, "hear");
	return peer;
}

static void
what_a_newcomer_was_told_does_not_cancel_out(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");
	struct rig_peer *ben;

	(void)state;
	enter(3, "eve", "Eve");
	enter(4, "max", "Max");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+eve/Eve +max/Max =3");
	enter(5, "kim", "Kim");
	rig_exited(&rig, 3);
	ben = appear(2, "ben");
	rig_turn(&rig);
	/* It has Kim in its list and not Eve; both come to be as they were before. */
	assert_hears(ben, "joined lobby of 3");
	rig_exited(&rig, 5);
	enter(6, "eve", "Eve");
	/* Of Max it was told the same as everybody. */
	rig_exited(&rig, 4);
	enter(7, "max", "Max");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+eve/Eve -kim/Kim =3");
	assert_hears(ben, "+eve/Eve -kim/Kim =3");
	rig_after(&rig, GATHER_MS);
	assert_hears_nothing(ana);
	assert_hears_nothing(ben);
}

/* Else the next one would hear the first half of what went on. */
static void
what_nobody_heard_is_no_news_later(void **state)
{
	struct rig_peer *ben;

	(void)state;
	come(&users_dialect, 1, "ana");
	enter(3, "eve", "Eve");
	rig_after(&rig, GATHER_MS);
	rig_exited(&rig, 3);
	rig_exited(&rig, 1);
	enter(3, "eve", "Eve");
	ben = appear(2, "ben");
	rig_turn(&rig);
	assert_hears(ben, "joined lobby of 1");
	rig_after(&rig, GATHER_MS);
	assert_hears_nothing(ben);
}

/* Else a burst of them would cost its square. */
static void
newcomers_hasten_nothing(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");
	char id[16];

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "u%u", i);
		appear(10 + i, id);
		enter(10 + i, id, "x");
		rig_turn(&rig);
	}
	assert_hears_nothing(ana);
	rig_after(&rig, GATHER_MS);
	assert_int_equal(strncmp(rig_next(ana), "+u0/x +u1/x ", 12), 0);
	assert_hears_nothing(ana);
}

/* Between its snapshot and the differences it had to catch up. */
static void
who_comes_to_hear_late_is_told_what_it_missed(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");
	struct rig_peer *ben = rig_connect_as(&rig, &users_dialect);

	(void)state;
	rig_open(ben, 2, "ben");
	enter(2, "ben", "ben");
	enter(3, "eve", "Eve");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, "+ben/ben +eve/Eve =3");
	assert_hears_only(ben, "joined lobby of 1");
	rig_send(ben, "hear");
	rig_turn(&rig);
	assert_hears_only(ben, "missed lobby of 3");
	rig_send(ben, "hear");
	rig_exited(&rig, 3);
	rig_after(&rig, GATHER_MS);
	assert_hears_only(ben, "-eve/Eve =2");
}

/* That it came itself is no news to it. */
static void
who_missed_nothing_is_told_nothing(void **state)
{
	struct rig_peer *ben = rig_connect_as(&rig, &users_dialect);

	(void)state;
	come(&users_dialect, 1, "ana");
	rig_open(ben, 2, "ben");
	enter(2, "ben", "ben");
	enter(3, "ana", "ana too");
	rig_send(ben, "hear");
	rig_turn(&rig);
	assert_hears_only(ben, "joined lobby of 1");
}

static void
large_rooms_hear_few_names_and_the_right_count(void **state)
{
	struct rig_peer *ana;
	char expected[512] = "";
	char id[16];

	(void)state;
	rig_create(&rig, few_listed);
	rig_attach(&rig);
	ana = come(&users_dialect, 1, "ana");
	for (unsigned i = 0; i < 30; i++) {
		snprintf(id, sizeof(id), "u%u", i);
		enter(10 + i, id, "x");
		if (i < 20)
			snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			    "+u%u/x ", i);
	}
	snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "=31");
	rig_after(&rig, GATHER_MS);
	assert_hears(ana, expected);
	for (unsigned i = 0; i < 28; i++)
		rig_exited(&rig, 10 + i);
	rig_after(&rig, GATHER_MS);
	/* Small again: all are named. */
	assert_non_null(strstr(rig_next(ana), "-u27/x =3"));
	assert_hears_nothing(ana);
}

static void
a_restarted_hub_makes_differences_and_no_noise(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");
	struct rig_peer *ben = come(&partners_dialect, 2, "ben");

	(void)state;
	enter(3, "eve", "Eve");
	enter(4, "max", "Max");
	rig_after(&rig, GATHER_MS);
	rig_forget_heard(ana);
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 77);
	enter(1, "ana", "ana");
	enter(2, "ben", "ben");
	enter(4, "max", "Max");
	enter(5, "kim", "Kim");
	rig_after(&rig, 2 * GATHER_MS);
	assert_hears_nothing(ana);
	rig_roster_end(&rig);
	rig_after(&rig, GATHER_MS);
	assert_hears_only(ana, "+kim/Kim -eve/Eve =4");
	assert_hears_only(ben, "gone eve from lobby");
}

/* Its snapshot was made of nothing. */
static void
who_came_before_the_first_roster_is_told_of_all(void **state)
{
	struct rig_peer *ana;

	(void)state;
	rig_create(&rig, NULL);
	rig_welcome(&rig, 77);
	rig_turn(&rig);
	rig_forget_said(&rig);
	ana = appear(1, "ana");
	rig_turn(&rig);
	assert_hears(ana, "joined lobby of 0");
	enter(2, "ben", "Ben");
	enter(1, "ana", "ana");
	rig_roster_end(&rig);
	rig_after(&rig, GATHER_MS);
	assert_hears_only(ana, "+ben/Ben +ana/ana =2");
}

/* That it came itself with a new roster does not hide what else is new in that. */
static void
who_comes_with_a_new_roster_is_told_what_it_missed(void **state)
{
	struct rig_peer *ben = rig_connect_as(&rig, &users_dialect);

	(void)state;
	enter(3, "eve", "Eve");
	enter(4, "max", "Max");
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 77);
	rig_turn(&rig);
	rig_forget_said(&rig);
	rig_open(ben, 2, "ben");
	rig_turn(&rig);
	assert_hears(ben, "joined lobby of 2");
	enter(4, "max", "Max");
	enter(2, "ben", "ben");
	rig_roster_end(&rig);
	rig_send(ben, "hear");
	rig_turn(&rig);
	assert_hears_only(ben, "missed lobby of 2");
}

static void
partners_hear_of_the_last_connection_at_once(void **state)
{
	struct rig_peer *ana = come(&partners_dialect, 1, "ana");
	struct rig_peer *ben = come(&partners_dialect, 2, "ben");

	(void)state;
	enter(3, "ben", "ben");
	rig_exited(&rig, 3);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	rig_exited(&rig, 2);
	rig_turn(&rig);
	assert_hears_only(ana, "gone ben from lobby");
	assert_hears_nothing(ben);
}

/* Whatever is gathered is freed with the rest, also in the middle of it. */
static void
nobody_is_left_to_be_told(void **state)
{
	struct rig_peer *ana = come(&users_dialect, 1, "ana");

	(void)state;
	enter(2, "ben", "ben");
	rig_exited(&rig, 1);
	rig_after(&rig, 2 * GATHER_MS);
	assert_hears_nothing(ana);
	enter(3, "eve", "eve");
	come(&users_dialect, 4, "max");
	enter(5, "kim", "kim");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(differences_gather_and_are_said_once),
		TEST(who_comes_and_goes_at_once_is_not_spoken_of),
		TEST(who_comes_again_under_another_name_is_spoken_of),
		TEST(what_a_newcomer_was_told_does_not_cancel_out),
		TEST(what_nobody_heard_is_no_news_later),
		TEST(newcomers_hasten_nothing),
		TEST(who_comes_to_hear_late_is_told_what_it_missed),
		TEST(who_missed_nothing_is_told_nothing),
		cmocka_unit_test_teardown(
		    large_rooms_hear_few_names_and_the_right_count, tear_down),
		TEST(a_restarted_hub_makes_differences_and_no_noise),
		cmocka_unit_test_teardown(
		    who_came_before_the_first_roster_is_told_of_all, tear_down),
		TEST(who_comes_with_a_new_roster_is_told_what_it_missed),
		TEST(partners_hear_of_the_last_connection_at_once),
		TEST(nobody_is_left_to_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
