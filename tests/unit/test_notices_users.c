/* Where clients have proved who they are, rooms are told of users and not of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"
#include "token_rig.h"

#define ROOM TEXT("lobby")

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	rig.mount.authentication = AUTHENTICATION_PROOF;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

/* Each connection of a user has a name of its own here, to be told apart in lists. */
static const char *
name_of(uint32_t client, const char *user, char name[16])
{
	snprintf(name, 16, "%s%u", user, client);
	return name;
}

static void
enter(uint32_t client, const char *user)
{
	char name[16];

	name_of(client, user, name);
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_ENTERED,
			  .entered = { ROOM, client, text_of(name), client, 1, text_of(user) } });
}

static void
forget(void)
{
	rig_forget_said(&rig);
	for (unsigned i = 0; i < rig.peer_count; i++)
		rig_forget_heard(&rig.peers[i]);
}

/* In the room, everybody told; what it heard itself is still to be looked at. */
static struct rig_peer *
log_in(uint32_t client, const char *user)
{
	struct rig_peer *peer;
	char name[16];

	name_of(client, user, name);
	rig.proof = (struct proof){ text_of(user), text_of(name), RIG_NOW + 100000 };
	peer = rig_connect(&rig);
	rig_open(peer, client, name);
	enter(client, user);
	rig_turn(&rig);
	return peer;
}

static void
a_second_tab_is_news_to_itself_alone(void **state)
{
	struct rig_peer *ana = log_in(1, "ana");
	struct rig_peer *ben = log_in(2, "ben");
	struct rig_peer *tab;

	(void)state;
	forget();
	tab = log_in(3, "ana");
	assert_hears_nothing(ana);
	assert_hears_nothing(ben);
	/* It stands in the last place of its own list, and not beside itself. */
	assert_hears(tab, "list ben2 ana3");
	assert_hears(tab, "+ana3");
	assert_hears_nothing(tab);
}

static void
whose_first_tab_goes_is_listed_by_the_next(void **state)
{
	struct rig_peer *ben;

	(void)state;
	log_in(1, "ana");
	ben = log_in(2, "ben");
	log_in(3, "ana");
	log_in(4, "ana");
	forget();
	rig_exited(&rig, 3);
	rig_turn(&rig);
	assert_hears_nothing(ben);
	rig_exited(&rig, 1);
	rig_turn(&rig);
	assert_hears(ben, "list ben2 ana4");
	assert_hears_nothing(ben);
	rig_exited(&rig, 4);
	rig_turn(&rig);
	assert_hears(ben, "list ben2");
	assert_hears(ben, "-ana4");
	assert_hears_nothing(ben);
}

static void
open_mounts_are_told_of_connections(void **state)
{
	struct rig_peer *ben;

	(void)state;
	rig.mount.authentication = AUTHENTICATION_NONE;
	ben = log_in(2, "ben");
	log_in(3, "ana");
	forget();
	log_in(4, "ana");
	assert_hears(ben, "list ben2 ana3 ana4");
	assert_hears(ben, "+ana4");
}

/* The hub comes back: connections that went meanwhile are no news of a user who is still there. */
static void
a_new_roster_is_told_by_user_too(void **state)
{
	struct rig_peer *ben = log_in(2, "ben");

	(void)state;
	log_in(3, "ana");
	enter(4, "ana");
	enter(5, "cleo");
	rig_turn(&rig);
	forget();
	rig_lose(&rig);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_turn(&rig);
	enter(2, "ben");
	enter(3, "ana");
	rig_roster_end(&rig);
	rig_turn(&rig);
	assert_hears(ben, "list ben2 ana3");
	assert_hears(ben, "-cleo5");
	assert_hears_nothing(ben);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_second_tab_is_news_to_itself_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    whose_first_tab_goes_is_listed_by_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    open_mounts_are_told_of_connections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_new_roster_is_told_by_user_too, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
