/* Which process is it, and has it surely ended: asked of real ones. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/process_watch.h"

/* A child that does nothing until it is killed. */
static pid_t
begin_child(void)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		for (;;)
			(void)pause();
	}
	return child;
}

static void
one_that_lives_is_not_over(void **state)
{
	struct store_process process = process_identify(getpid());

	(void)state;
	assert_int_equal(process.pid, getpid());
	assert_true(process.started > 0);
	assert_true(process.space > 0);
	assert_false(process_is_over(&process));
}

static void
one_that_was_killed_is_over(void **state)
{
	pid_t child = begin_child();
	struct store_process process = process_identify(child);
	siginfo_t ended;

	(void)state;
	assert_false(process_is_over(&process));
	assert_int_equal(kill(child, SIGKILL), 0);
	/* Its parent has not taken notice yet: it has a pid, and is dead all the same. */
	assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
	assert_true(process_is_over(&process));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(process_is_over(&process));
}

static void
another_with_its_pid_does_not_stand_for_it(void **state)
{
	struct store_process earlier = process_identify(getpid());

	(void)state;
	earlier.started--;
	assert_true(process_is_over(&earlier));
}

static void
what_is_not_known_is_not_over(void **state)
{
	struct store_process process = process_identify(getpid());
	struct store_process other = process;

	(void)state;
	other.started = 0;
	assert_false(process_is_over(&other));
	/* Pids of another namespace say nothing here. */
	other = process;
	other.started--;
	other.space++;
	assert_false(process_is_over(&other));
	other.space = 0;
	assert_false(process_is_over(&other));
	other = process_identify(0);
	assert_int_equal(other.space, 0);
	assert_false(process_is_over(&other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_lives_is_not_over),
		cmocka_unit_test(one_that_was_killed_is_over),
		cmocka_unit_test(another_with_its_pid_does_not_stand_for_it),
		cmocka_unit_test(what_is_not_known_is_not_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
