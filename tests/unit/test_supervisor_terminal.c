/* SIGHUP means the end if the terminal is gone; if it is there, or there is none, new settings. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "deploy/supervisor_terminal.h"

/* A pseudoterminal: its other end. */
static int
open_pair(struct terminal *terminal_out)
{
	int other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(other >= 0);
	assert_int_equal(grantpt(other), 0);
	assert_int_equal(unlockpt(other), 0);
	terminal_use(
	    terminal_out, open(ptsname(other), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
	assert_true(terminal_out->fd >= 0);
	return other;
}

static void
without_a_terminal_it_is_never_its_end(void **state)
{
	struct terminal terminal;

	(void)state;
	terminal_use(&terminal, -1);
	assert_false(terminal_hung_up(&terminal, 1000));
	assert_int_equal(terminal_watch_fd(&terminal, 1001), -1);
	terminal_close(&terminal);
}

static void
a_terminal_that_is_gone_is_the_end(void **state)
{
	struct terminal terminal;
	int other = open_pair(&terminal);

	(void)state;
	assert_false(terminal_hung_up(&terminal, 1000));
	close(other);
	assert_true(terminal_hung_up(&terminal, 1001));
	terminal_close(&terminal);
	assert_int_equal(terminal.fd, -1);
	assert_false(terminal_hung_up(&terminal, 1002));
}

static void
what_was_typed_is_no_end(void **state)
{
	struct terminal terminal;
	int other = open_pair(&terminal);

	(void)state;
	assert_int_equal(write(other, "typed\n", 6), 6);
	assert_false(terminal_hung_up(&terminal, 1000));
	close(other);
	terminal_close(&terminal);
}

/* A shell's SIGHUP comes before the terminal's end, one for new settings long before it. */
static void
it_is_watched_for_a_moment(void **state)
{
	struct terminal terminal;
	int other = open_pair(&terminal);

	(void)state;
	assert_int_equal(terminal_watch_fd(&terminal, 1000), -1);
	assert_false(terminal_hung_up(&terminal, 1000));
	assert_int_equal(terminal_watch_fd(&terminal, 1000), terminal.fd);
	assert_int_equal(terminal_watch_fd(&terminal, 2999), terminal.fd);
	assert_int_equal(terminal_watch_fd(&terminal, 3000), -1);
	close(other);
	terminal_close(&terminal);
	assert_int_equal(terminal_watch_fd(&terminal, 1500), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_terminal_it_is_never_its_end),
		cmocka_unit_test(a_terminal_that_is_gone_is_the_end),
		cmocka_unit_test(what_was_typed_is_no_end),
		cmocka_unit_test(it_is_watched_for_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
