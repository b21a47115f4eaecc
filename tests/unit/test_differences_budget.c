/* Presence by user in large rooms: what differences and snapshots may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define GATHER_MS 100

static struct rig rig;

static void
users_received(struct session *session, enum frame_opcode opcode, struct text message)
{
	(void)opcode;
	if (session_is_open(session))
		session_hear(session, session_room(session), 5, 0);
	else
		session_open(session, message, session_room(session));
}

/* Who came, and how many there are. */
static void
users_render(struct buffer *payload, const struct presence_change *change)
{
	for (size_t i = 0; i < change->joined_count; i++)
		buffer_printf(payload, "+%.*s/%.*s ", (int)change->joined[i].user.length,
		    change->joined[i].user.data, (int)change->joined[i].name.length,
		    change->joined[i].name.data);
	buffer_printf(payload, "=%u", change->count);
}

static const struct dialect users_dialect = {
	.name = "users",
	.reaches_hub = true,
	.many_rooms = true,
	.received = users_received,
	.render_presence = users_render,
};

static void
little_budget(struct config_limits *limits)
{
	limits->list_members = 3;
	limits->presence_bytes_per_second = 400;
}

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, little_budget);
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

/* A client that hears differences from now on. */
static struct rig_peer *
appear(const struct dialect *dialect, uint32_t client, const char *user)
{
	struct rig_peer *peer = rig_connect_as(&rig, dialect);

	rig_forget_said(&rig);
	rig_open(peer, client, user);
	rig_send(peer, "hear");
	rig_turn(&rig);
	return peer;
}

static struct rig_peer *
come(uint32_t client, const char *user)
{
	struct rig_peer *peer = appear(&users_dialect, client, user);

	enter(client, user, user);
	rig_after(&rig, GATHER_MS);
	return peer;
}

static void
assert_hears_only(struct rig_peer *peer, const char *message)
{
	assert_hears(peer, message);
	assert_hears_nothing(peer);
}

/* 200 bytes at most for each: three names to four, of whom one is far away. */
static void
in_large_rooms_differences_come_out_of_the_budget(void **state)
{
	struct rig_peer *ana;
	char id[16];
	unsigned waited = 0;

	(void)state;
	ana = come(1, "ana");
	come(2, "ben");
	come(3, "eve");
	rig_after(&rig, 10000);
	rig_forget_heard(ana);
	for (unsigned i = 0; i < 30; i++) {
		snprintf(id, sizeof(id), "u%u", i);
		enter(10 + i, id, "12345678");
	}
	rig_after(&rig, GATHER_MS);
	/* 20, 10 and 5 names would be too dear; two are 30 bytes, to three. */
	assert_hears_only(ana, "+u0/12345678 +u1/12345678 =33");
	/* 400 - 3 * 29: four times that cost is what the next one takes. */
	enter(50, "kim", "kim");
	rig_after(&rig, 869);
	assert_hears_nothing(ana);
	rig_after(&rig, 1);
	assert_hears_only(ana, "+kim/kim =34");
	/* With too little left it waits longer than any interval. */
	for (unsigned i = 0; i < 40; i++) {
		rig_exited(&rig, 10 + i % 30);
		enter(100 + i, "max", "a name that costs as much as possible, as it is so long");
		while (rig_unheard(ana) == 0 && waited < 100000) {
			rig_after(&rig, 10);
			waited += 10;
		}
		rig_forget_heard(ana);
		rig_exited(&rig, 100 + i);
		enter(10 + i % 30, "u0", "x");
	}
	assert_true(rig_count(&rig, "hubbub_gateway_presence_bytes_total{kind=\"difference\"}") <
		    400 + 400 * (waited + 20000) / 1000);
}

static void
say_share(struct session *session, struct text room)
{
	char line[64];
	size_t share = session_snapshot_share(session, room);

	if (share == SIZE_MAX)
		snprintf(line, sizeof(line), "all");
	else
		snprintf(line, sizeof(line), "share %zu", share);
	session_reply(session, FRAME_TEXT, text_of(line));
	session_snapshot_said(session, room, 64, share < 64);
}

static void
share_joined(struct session *session, const struct envelope_joined *joined)
{
	say_share(session, joined->room);
}

static const struct dialect share_dialect = {
	.name = "share",
	.reaches_hub = true,
	.many_rooms = true,
	.received = users_received,
	.joined = share_joined,
	.render_presence = users_render,
};

static void
snapshots_come_out_of_the_same(void **state)
{
	struct rig_peer *peers[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		peers[i] = appear(&share_dialect, 1 + i, "x");
		assert_hears(peers[i], "all");
	}
	for (uint32_t i = 0; i < 4; i++)
		enter(50 + i, "", "x");
	rig_after(&rig, GATHER_MS);
	rig_after(&rig, 10000);
	/* 200 / 32, and (200 - 64) / 32. */
	for (uint32_t i = 0; i < 2; i++) {
		peers[i] = appear(&share_dialect, 10 + i, "x");
		assert_hears(peers[i], i == 0 ? "share 6" : "share 4");
	}
	assert_int_equal(
	    rig_count(&rig, "hubbub_gateway_presence_bytes_total{kind=\"snapshot\"}"), 5 * 64);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_lists_shortened_total"), 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_large_rooms_differences_come_out_of_the_budget),
		TEST(snapshots_come_out_of_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
