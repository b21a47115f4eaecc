/* Is a process well: on a virtual clock, with what it did and what it has to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/watchdog.h"

/* The service manager's; half of it is the bound. */
#define PATIENCE_MS 8000u

struct scene {
	struct watchdog watchdog;
	uint64_t now_ms;
	struct watchdog_sign signs[2];
};

static struct scene
begin(void)
{
	struct scene scene = {
		.now_ms = 1000000,
		.signs = { { "the disk", true, 7, 0 }, { "the link", false, 3, 0 } },
	};

	watchdog_init(&scene.watchdog, PATIENCE_MS);
	return scene;
}

static const char *
look_after(struct scene *scene, uint64_t ms)
{
	scene->now_ms += ms;
	return watchdog_look(&scene->watchdog, scene->now_ms, scene->signs, 2);
}

/* Looks as often as it is asked to, for so long; the last look's answer. */
static const char *
look_for(struct scene *scene, uint64_t ms)
{
	uint64_t every = watchdog_every_ms(&scene->watchdog);
	const char *stuck = NULL;

	for (uint64_t passed = 0; passed < ms; passed += every)
		stuck = look_after(scene, every);
	return stuck;
}

static void
what_gets_on_is_well_for_ever(void **state)
{
	struct scene scene = begin();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		scene.signs[0].progress++;
		assert_null(look_after(&scene, PATIENCE_MS / 2));
	}
}

static void
what_has_nothing_to_do_is_well_for_ever(void **state)
{
	struct scene scene = begin();

	(void)state;
	scene.signs[0].waits = false;
	assert_null(look_for(&scene, 100 * PATIENCE_MS));
}

static void
what_waits_too_long_is_named_until_it_gets_on(void **state)
{
	struct scene scene = begin();

	(void)state;
	assert_null(look_after(&scene, 0));
	assert_null(look_for(&scene, PATIENCE_MS / 2));
	assert_string_equal(look_for(&scene, PATIENCE_MS / 4), "the disk");
	assert_string_equal(look_for(&scene, 10 * PATIENCE_MS), "the disk");
	/* Back again, by whatever number: a counter may be of another connection. */
	scene.signs[0].progress = 2;
	assert_null(look_after(&scene, 1));
	assert_null(look_for(&scene, PATIENCE_MS / 2));
	assert_string_equal(look_for(&scene, PATIENCE_MS / 4), "the disk");
	scene.signs[0].waits = false;
	assert_null(look_after(&scene, 1));
}

/* Also in time to be ended before the patience is over twice. */
static void
it_is_noticed_before_the_patience_is_over(void **state)
{
	struct scene scene = begin();
	uint64_t began_ms = scene.now_ms;

	(void)state;
	while (look_after(&scene, watchdog_every_ms(&scene.watchdog)) == NULL)
		assert_true(scene.now_ms - began_ms < PATIENCE_MS);
	assert_true(scene.now_ms - began_ms > PATIENCE_MS / 2);
}

static void
a_sign_may_have_a_longer_bound_of_its_own(void **state)
{
	struct scene scene = begin();

	(void)state;
	scene.signs[0].least_ms = 3 * PATIENCE_MS;
	assert_null(look_for(&scene, 3 * PATIENCE_MS));
	assert_string_equal(look_for(&scene, PATIENCE_MS), "the disk");
	/* A shorter one changes nothing: the patience is what was asked for. */
	scene = begin();
	scene.signs[0].least_ms = 1;
	assert_null(look_for(&scene, PATIENCE_MS / 2));
}

/* Everybody else got on while we did not: that must not look like their standstill. */
static void
time_in_which_we_were_stopped_is_not_held_against_others(void **state)
{
	struct scene scene = begin();

	(void)state;
	assert_null(look_after(&scene, 0));
	assert_null(look_after(&scene, 1000 * PATIENCE_MS));
	assert_string_equal(look_for(&scene, PATIENCE_MS), "the disk");
}

static void
each_sign_has_a_time_of_its_own(void **state)
{
	struct scene scene = begin();

	(void)state;
	scene.signs[1].waits = true;
	for (int i = 0; i < 3; i++) {
		scene.signs[0].progress++;
		assert_null(look_after(&scene, PATIENCE_MS / 4));
	}
	scene.signs[0].progress++;
	assert_string_equal(look_after(&scene, PATIENCE_MS / 4), "the link");
	scene.signs[1].progress++;
	assert_null(look_after(&scene, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_gets_on_is_well_for_ever),
		cmocka_unit_test(what_has_nothing_to_do_is_well_for_ever),
		cmocka_unit_test(what_waits_too_long_is_named_until_it_gets_on),
		cmocka_unit_test(it_is_noticed_before_the_patience_is_over),
		cmocka_unit_test(a_sign_may_have_a_longer_bound_of_its_own),
		cmocka_unit_test(time_in_which_we_were_stopped_is_not_held_against_others),
		cmocka_unit_test(each_sign_has_a_time_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
