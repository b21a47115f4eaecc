/* What a hub's settings name, and that a check leaves it alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/hub_check.h"

struct world {
	char folder[32];
	char path[64];
	struct config config;
	struct config_mistakes mistakes;
};

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	strcpy(world->folder, "/tmp/hubbub-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/file", world->folder);
	config_defaults(&world->config);
	assert_true(config_set(&world->config, "store.path", world->path, &world->mistakes));
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	config_free(&world->config);
	unlink(world->path);
	rmdir(world->path);
	assert_int_equal(rmdir(world->folder), 0);
	free(world);
	return 0;
}

static void
set(struct world *world, const char *key, const char *value)
{
	assert_true(config_set(&world->config, key, value, &world->mistakes));
}

/* The sentences, each with a line end. */
static void
assert_says(struct world *world, const char *expected)
{
	char said[4096] = "";

	world->mistakes.count = 0;
	hub_check(&world->config, false, &world->mistakes);
	for (unsigned i = 0; i < config_mistakes_told(&world->mistakes); i++)
		sprintf(said + strlen(said), "%s\n", world->mistakes.sentences[i]);
	assert_string_equal(said, expected);
}

static void
put(struct world *world, const char *content)
{
	FILE *file = fopen(world->path, "we");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
users_and_groups_are_known(void **state)
{
	struct world *world = *state;

	assert_says(world, "");
	set(world, "hub.allow_users", "root no-such-user 4000000 nor-this");
	set(world, "hub.socket_group", "no-such-group");
	set(world, "hub.admin_group", "root");
	assert_says(world,
	    "hub.allow_users: there is no user no-such-user; give names that getent passwd knows\n"
	    "hub.allow_users: there is no user nor-this; give names that getent passwd knows\n"
	    "hub.socket_group: there is no group 'no-such-group' on this system\n");
	/* What was wrong before is not looked at; a start finds out by itself. */
	config_doubt(&world->mistakes, "hub");
	assert_says(world, "");
	world->mistakes.doubt_count = 0;
	hub_check(&world->config, true, &world->mistakes);
	assert_int_equal(world->mistakes.count, 0);
}

static void
a_store_is_a_store(void **state)
{
	struct world *world = *state;
	char expected[128];
	struct stat status;

	assert_says(world, "");
	assert_int_equal(lstat(world->path, &status), -1);
	put(world, "");
	assert_says(world, "");
	put(world, "#!/bin/sh\necho this is no store\n");
	snprintf(expected, sizeof(expected), "the store %s is not a Hubbub store\n", world->path);
	assert_says(world, expected);
	put(world, "SQLite");
	assert_says(world, expected);
	set(world, "store.durability", "memory");
	assert_says(world, "");
}

static void
files_are_files(void **state)
{
	struct world *world = *state;
	char expected[256];

	set(world, "hub.record", world->path);
	snprintf(expected, sizeof(expected),
	    "hub.record: %s is no file\nstore.path: %s is no file\n", world->path, world->path);
	assert_int_equal(mkfifo(world->path, 0600), 0);
	assert_says(world, expected);
	assert_int_equal(unlink(world->path), 0);
	assert_int_equal(mkdir(world->path, 0700), 0);
	assert_says(world, expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(users_and_groups_are_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_is_a_store, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_are_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
