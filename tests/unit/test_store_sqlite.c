/* The SQLite store at work: what every store must do, restarts, epochs, ordinals, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite_rig.h"

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, sqlite_rig_set_up, sqlite_rig_tear_down)

static struct store *
open_new(void *context)
{
	struct sqlite_rig *rig = context;

	sqlite_rig_close(rig);
	sqlite_rig_remove(rig);
	return sqlite_rig_open(rig) ? rig->store : NULL;
}

static void
close_it(void *context, struct store **store)
{
	((struct sqlite_rig *)context)->store = NULL;
	store_close(store);
}

static void
does_what_every_store_does(void **state)
{
	struct store_suite suite = { .open = open_new, .close = close_it, .context = *state };

	for (suite.durability = STORE_MEMORY; suite.durability <= STORE_DISK; suite.durability++)
		store_suite(&suite);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(does_what_every_store_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
