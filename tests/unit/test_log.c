/* Log lines as a sink sees them, their rate on a virtual clock, and a blocked standard error. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

struct capture {
	struct log *log;
	uint64_t now_ms;
	unsigned lines;
	char last[4096];
};

static void
capture_write(void *context, enum log_level level, struct text line)
{
	struct capture *capture = context;

	(void)level;
	capture->lines++;
	assert_true(line.length < sizeof(capture->last));
	memcpy(capture->last, line.data, line.length);
	capture->last[line.length] = '\0';
	/* A sink that disturbs errno must not disturb the caller. */
	errno = EIO;
}

static uint64_t
capture_now(void *context)
{
	struct capture *capture = context;

	return capture->now_ms;
}

static int
open_log(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL)
		return -1;
	capture->now_ms = 5000;
	capture->log = log_create_sink("test", LOG_LEVEL_INFO,
	    (struct log_sink){
		.write = capture_write, .context = capture, .mono_ms = capture_now });
	*state = capture;
	return capture->log != NULL ? 0 : -1;
}

static int
close_log(void **state)
{
	struct capture *capture = *state;

	log_destroy(&capture->log);
	free(capture);
	return 0;
}

static void
test_line_and_context(void **state)
{
	struct capture *capture = *state;
	struct log *gateway = log_child(capture->log, "gateway", TEXT("gw-1"));
	struct log *client = log_child(gateway, "name", TEXT("a b"));

	log_info(client, "session joined", log_string("room", "lobby"), log_u64("members", 3),
	    log_i64("delta", -2), log_client("client", 0xab));
	assert_string_equal(capture->last,
	    "info gateway=gw-1 name=\"a b\" session joined room=lobby members=3 delta=-2 "
	    "client=000000ab");
	log_plain(capture->log, LOG_LEVEL_ERROR, "done");
	assert_string_equal(capture->last, "error done");
	log_destroy(&client);
	assert_null(client);
	log_destroy(&gateway);
	log_destroy(&gateway);
	assert_null(log_child(NULL, "a", TEXT("b")));
	log_info(NULL, "nothing happens", log_u64("n", 1));
	log_tick(NULL);
}

static void
assert_value(struct capture *capture, struct text value, const char *expected)
{
	char line[256];

	capture->now_ms += 1000;
	snprintf(line, sizeof(line), "warn m v=%s", expected);
	log_warn(capture->log, "m", log_text("v", value));
	assert_string_equal(capture->last, line);
}

static void
test_escaping(void **state)
{
	struct capture *capture = *state;

	assert_value(capture, TEXT("plain-1.2/x"), "plain-1.2/x");
	assert_value(capture, TEXT("\xe7\x94\xa8"), "\xe7\x94\xa8");
	assert_value(capture, TEXT(""), "\"\"");
	assert_value(capture, TEXT("a=b"), "\"a=b\"");
	assert_value(capture, TEXT("a\"b\\"), "\"a\\\"b\\\\\"");
	assert_value(capture, TEXT("a\nerror forged"), "\"a\\x0aerror forged\"");
	assert_value(capture, TEXT("\x1b[31m\x7f\0"), "\"\\x1b[31m\\x7f\\x00\"");
	assert_value(capture, TEXT("\xff\xe4\xbd"), "\"\\xff\\xe4\\xbd\"");
	assert_value(capture, TEXT("\xc2\x9b\xe2\x80\xae\xe2\x80\xac"),
	    "\"\\xc2\\x9b\\xe2\\x80\\xae\\xe2\\x80\\xac\"");
}

static void
test_long_lines_are_cut_visibly(void **state)
{
	struct capture *capture = *state;
	char huge[5000];

	memset(huge, 'x', sizeof(huge));
	log_info(capture->log, "m", log_text("v", (struct text){ huge, sizeof(huge) }),
	    log_u64("after", 1));
	assert_int_equal(strlen(capture->last), 2048);
	assert_string_equal(capture->last + 2048 - 6, " [cut]");
	memset(huge, '\n', sizeof(huge));
	capture->now_ms += 1000;
	log_info(capture->log, "m", log_text("v", (struct text){ huge, sizeof(huge) }));
	assert_true(strlen(capture->last) <= 2048);
	assert_non_null(strstr(capture->last, "\\x0a [cut]"));
}

static void
test_long_context_leaves_room_for_the_message(void **state)
{
	struct capture *capture = *state;
	char huge[1500];
	struct log *child;

	memset(huge, 'x', sizeof(huge));
	child = log_child(capture->log, "k", (struct text){ huge, sizeof(huge) });
	log_plain(child, LOG_LEVEL_INFO, "message");
	assert_string_equal(capture->last, "info [cut] message");
	log_destroy(&child);
}

static void
test_levels(void **state)
{
	struct capture *capture = *state;
	enum log_level level = LOG_LEVEL_ERROR;

	log_debug(capture->log, "hidden", log_u64("n", 1));
	assert_int_equal(capture->lines, 0);
	assert_false(log_enabled(capture->log, LOG_LEVEL_DEBUG));
	log_set_level(capture->log, LOG_LEVEL_DEBUG);
	log_debug(capture->log, "shown", log_u64("n", 1));
	assert_string_equal(capture->last, "debug shown n=1");
	assert_true(log_level_of_name(TEXT("warn"), &level));
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_false(log_level_of_name(TEXT("loud"), &level));
	assert_false(log_enabled(NULL, LOG_LEVEL_ERROR));
}

static void
test_errno_is_kept(void **state)
{
	struct capture *capture = *state;

	errno = ENOENT;
	log_info(capture->log, "m", log_u64("n", 1));
	assert_int_equal(errno, ENOENT);
}

static void
test_always(void **state)
{
	struct capture *capture = *state;

	log_set_level(capture->log, LOG_LEVEL_ERROR);
	for (unsigned i = 0; i < 30; i++)
		log_always(capture->log, "audit", log_u64("n", i));
	assert_int_equal(capture->lines, 30);
	assert_string_equal(capture->last, "info audit n=29");
	log_always(NULL, "audit", log_u64("n", 1));
}

static void
test_suppression(void **state)
{
	struct capture *capture = *state;
	static const char flood[] = "flood";

	for (int i = 0; i < 25; i++)
		log_plain(capture->log, LOG_LEVEL_INFO, flood);
	assert_int_equal(capture->lines, 10);
	log_plain(capture->log, LOG_LEVEL_INFO, "another message");
	log_plain(capture->log, LOG_LEVEL_WARN, flood);
	assert_int_equal(capture->lines, 12);
	capture->now_ms += 999;
	log_plain(capture->log, LOG_LEVEL_INFO, flood);
	assert_int_equal(capture->lines, 12);
	capture->now_ms += 1;
	log_tick(capture->log);
	assert_int_equal(capture->lines, 13);
	assert_string_equal(capture->last, "info flood suppressed=16");
	log_plain(capture->log, LOG_LEVEL_INFO, flood);
	assert_string_equal(capture->last, "info flood");
	assert_int_equal(capture->lines, 14);
}

static void
test_suppressed_lines_are_told_at_the_end(void **state)
{
	struct capture *capture = *state;

	for (int i = 0; i < 12; i++)
		log_plain(capture->log, LOG_LEVEL_INFO, "flood");
	log_destroy(&capture->log);
	assert_string_equal(capture->last, "info flood suppressed=2");
}

static void
test_more_sites_than_remembered(void **state)
{
	struct capture *capture = *state;
	static char messages[600][8];

	for (size_t i = 0; i < 600; i++) {
		snprintf(messages[i], sizeof(messages[i]), "m%zu", i);
		log_plain(capture->log, LOG_LEVEL_INFO, messages[i]);
	}
	/* 256 sites of their own; the rest shares ten lines. */
	assert_int_equal(capture->lines, 266);
	log_destroy(&capture->log);
	assert_string_equal(capture->last, "info various messages suppressed=334");
}

/* Runs `body` with standard error being the writing end of a pipe; returns the reading end. */
static int
with_pipe_as_stderr(void (*body)(struct log *log), bool journal)
{
	int saved = dup(STDERR_FILENO);
	struct log *log;
	int ends[2];

	assert_true(saved >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	if (journal)
		setenv("JOURNAL_STREAM", "1:1", 1);
	log = log_create("prog", LOG_LEVEL_INFO);
	assert_non_null(log);
	body(log);
	/* The pipe is shared with whoever else writes there: it must still be a blocking one. */
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	log_destroy(&log);
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
	return ends[0];
}

static void
write_one(struct log *log)
{
	log_info(log, "hello", log_string("to", "you"));
}

static void
test_stderr_line(void **state)
{
	char line[256] = "";
	char expected[64];
	int fd = with_pipe_as_stderr(write_one, true);

	(void)state;
	assert_true(read(fd, line, sizeof(line) - 1) > 0);
	close(fd);
	/* The variable names another file, so this is no journal: time, program and pid lead. */
	snprintf(expected, sizeof(expected), " prog[%ld] info hello to=you\n", (long)getpid());
	assert_string_equal(line + 19, expected);
	assert_int_equal(line[4], '-');
	assert_int_equal(line[13], ':');
}

static void
fill_the_pipe(struct log *log)
{
	static char messages[200][16];
	char big[1900];

	memset(big, 'y', sizeof(big));
	for (size_t i = 0; i < 200; i++) {
		snprintf(messages[i], sizeof(messages[i]), "m%zu", i);
		log_info(log, messages[i], log_text("v", (struct text){ big, sizeof(big) }));
	}
}

static void
test_blocked_stderr_blocks_nobody(void **state)
{
	char bytes[4096];
	int fd = with_pipe_as_stderr(fill_the_pipe, false);
	size_t total = 0;
	ssize_t got;

	(void)state;
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		total += (size_t)got;
	close(fd);
	/* A pipe holds 64 KiB; what did not fit was dropped, and we are still here. */
	assert_true(total > 30000 && total <= 65536);
}

/* Under the journal the descriptor is a socket, and the variable names it. */
static void
test_journal_line(void **state)
{
	int saved = dup(STDERR_FILENO);
	char line[256] = "";
	char variable[64];
	struct stat status;
	struct log *log;
	int ends[2];

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fstat(ends[1], &status), 0);
	snprintf(variable, sizeof(variable), "%llu:%llu", (unsigned long long)status.st_dev,
	    (unsigned long long)status.st_ino);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	setenv("JOURNAL_STREAM", variable, 1);
	log = log_create("prog", LOG_LEVEL_INFO);
	write_one(log);
	log_plain(log, LOG_LEVEL_ERROR, "bad");
	log_destroy(&log);
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
	assert_string_equal(line, "<6>info hello to=you\n<3>error bad\n");
	close(ends[0]);
}

/* What the pipe had no room for is told once it has. */
static void
test_lost_lines_are_told(void **state)
{
	int saved = dup(STDERR_FILENO);
	static char bytes[70000];
	struct log *log;
	ssize_t got;
	int ends[2];

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	log = log_create("prog", LOG_LEVEL_INFO);
	fill_the_pipe(log);
	while ((got = read(ends[0], bytes, sizeof(bytes))) == (ssize_t)sizeof(bytes))
		;
	assert_true(got > 0);
	log_tick(log);
	got = read(ends[0], bytes, sizeof(bytes) - 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(got > 0);
	bytes[got] = '\0';
	assert_non_null(strstr(bytes, " warn log lines lost lost="));
	log_destroy(&log);
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line_and_context, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_escaping, open_log, close_log),
		cmocka_unit_test_setup_teardown(
		    test_long_lines_are_cut_visibly, open_log, close_log),
		cmocka_unit_test_setup_teardown(
		    test_long_context_leaves_room_for_the_message, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_levels, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_errno_is_kept, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_always, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_suppression, open_log, close_log),
		cmocka_unit_test_setup_teardown(
		    test_suppressed_lines_are_told_at_the_end, open_log, close_log),
		cmocka_unit_test_setup_teardown(
		    test_more_sites_than_remembered, open_log, close_log),
		cmocka_unit_test(test_stderr_line),
		cmocka_unit_test(test_blocked_stderr_blocks_nobody),
		cmocka_unit_test(test_journal_line),
		cmocka_unit_test(test_lost_lines_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
