/* Operators' connections against a fake core, in one event loop with the operators themselves. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <cmocka.h>

#include "common/unix_socket.h"
#include "hub/admin_answer.h"
#include "hub/admin_socket.h"
#include "tests/unit/fake_core.h"

#define CONNECTIONS_MAX 16

struct stage {
	char folder[64];
	char path[80];
	char group[1]; /* empty: our own */
	struct event_base *base;
	struct core core;
	struct log *log;
	char audit[512]; /* the last audit line */
	unsigned changes;
	struct admin_socket *socket;
	struct admin_answer answer;
};

static void
on_line(void *context, enum log_level level, struct text line)
{
	struct stage *stage = context;

	(void)level;
	if (memmem(line.data, line.length, "audit", 5) != NULL)
		snprintf(stage->audit, sizeof(stage->audit), "%.*s", (int)line.length, line.data);
}

static void
on_changed(void *context)
{
	struct stage *stage = context;

	stage->changes++;
}

static void
open_socket(struct stage *stage)
{
	struct config_hub config = {
		.admin_socket = stage->path,
		.admin_mode = 0660,
		.admin_group = stage->group,
	};
	const struct admin_socket_setup setup = {
		.base = stage->base,
		.config = &config,
		.core = &stage->core,
		.log = stage->log,
		.changed = on_changed,
		.context = stage,
	};
	char error[256] = "";

	stage->socket = admin_socket_create(&setup, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(stage->socket);
}

static int
set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (stage == NULL)
		return -1;
	*state = stage;
	snprintf(stage->folder, sizeof(stage->folder), "/tmp/hubbub-admin-XXXXXX");
	if (mkdtemp(stage->folder) == NULL)
		return -1;
	snprintf(stage->path, sizeof(stage->path), "%s/admin.sock", stage->folder);
	stage->base = event_base_new();
	stage->core.gateways = 1;
	fake_core_fill(&stage->core, 2);
	stage->log = log_create_sink(
	    "test", LOG_LEVEL_ERROR, (struct log_sink){ .write = on_line, .context = stage });
	admin_answer_init(&stage->answer);
	open_socket(stage);
	return 0;
}

static int
tear_down(void **state)
{
	struct stage *stage = *state;

	admin_socket_destroy(&stage->socket);
	admin_socket_destroy(&stage->socket);
	event_base_free(stage->base);
	log_destroy(&stage->log);
	fake_core_free(&stage->core);
	admin_answer_free(&stage->answer);
	if (rmdir(stage->folder) != 0)
		return -1;
	free(stage);
	return 0;
}

static void
turn(struct stage *stage)
{
	event_base_loop(stage->base, EVLOOP_NONBLOCK);
}

static int
connect_to(struct stage *stage)
{
	char error[256];
	int fd = unix_socket_connect(stage->path, error, sizeof(error));

	assert_true(fd >= 0);
	turn(stage);
	return fd;
}

/* Sends all bytes, with turns of the hub's loop whenever they do not fit. */
static void
say(struct stage *stage, int fd, struct text bytes)
{
	while (bytes.length > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.length, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		if (sent > 0) {
			bytes.data += sent;
			bytes.length -= (size_t)sent;
		}
		turn(stage);
	}
}

/* Reads until the hub closes, `step` bytes at a time; false if it never does. */
static bool
read_to_end(struct stage *stage, int fd, size_t step, struct buffer *said)
{
	for (unsigned idle = 0; idle < 1000;) {
		char *room = buffer_reserve(said, step);
		ssize_t got;

		assert_non_null(room);
		got = recv(fd, room, step, MSG_DONTWAIT);
		if (got > 0)
			buffer_advance(said, (size_t)got);
		else if (got == 0 || errno == ECONNRESET)
			return true;
		idle = got > 0 ? 0 : idle + 1;
		turn(stage);
	}
	return false;
}

/* The whole answer to what was said; closes. */
static enum admin_end
hear(struct stage *stage, int fd, size_t step)
{
	struct buffer said;

	buffer_init(&said, 0);
	assert_true(read_to_end(stage, fd, step, &said));
	admin_answer_free(&stage->answer);
	assert_true(admin_answer_read(&stage->answer, buffer_text(&said)));
	buffer_free(&said);
	close(fd);
	turn(stage);
	return stage->answer.end;
}

static enum admin_end
ask(struct stage *stage, const char *request)
{
	int fd = connect_to(stage);

	say(stage, fd, text_of(request));
	return hear(stage, fd, 65536);
}

static bool
sentence_has(const struct stage *stage, const char *part)
{
	const struct buffer *sentence = &stage->answer.sentence;

	return sentence->length > 0 &&
	       memmem(sentence->data, sentence->length, part, strlen(part)) != NULL;
}

static void
test_reading_leaves_no_trace(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask(stage, "hubctl\t1\tx\tstatus\n"), ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 1);
	assert_int_equal(ask(stage, "hubctl\t1\tx\tus\t--room=lobby\n"), ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 2);
	assert_int_equal(stage->changes, 0);
	assert_string_equal(stage->audit, "");
}

static void
test_changing_is_audited(void **state)
{
	struct stage *stage = *state;
	char uid[32];
	char pid[32];

	snprintf(uid, sizeof(uid), "audit uid=%u ", (unsigned)getuid());
	snprintf(pid, sizeof(pid), "pid=%d user=", (int)getpid());
	assert_int_equal(
	    ask(stage, "hubctl\t1\tx\tkick\tuser 1\t--reason\tno\\x0a\n"), ADMIN_END_USAGE);
	assert_int_equal(stage->changes, 0);
	assert_int_equal(
	    ask(stage, "hubctl\t1\tx\tkick\tuser 1\t--reason\tspam\n"), ADMIN_END_DONE);
	assert_int_equal(stage->changes, 1);
	assert_string_equal(stage->core.who, "user 1");
	assert_non_null(strstr(stage->audit, uid));
	assert_non_null(strstr(stage->audit, pid));
	assert_non_null(strstr(stage->audit,
	    "command=kick arguments=\"--reason spam -- user 1\" result=done affected=1"));
	assert_int_equal(ask(stage, "hubctl\t1\tx\tkick\tnobody\n"), ADMIN_END_REFUSED);
	assert_non_null(strstr(stage->audit, "result=refused affected=0"));
}

static void
test_hostile_requests(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask(stage, "\n"), ADMIN_END_USAGE);
	assert_int_equal(ask(stage, "GET / HTTP/1.1\r\n\r\n"), ADMIN_END_USAGE);
	assert_true(sentence_has(stage, "no request of hubctl"));
	assert_int_equal(ask(stage, "hubctl\t2\tx\tstatus\n"), ADMIN_END_VERSION);
	assert_int_equal(ask(stage, "hubctl\t1\tx\tfrobnicate\n"), ADMIN_END_USAGE);
	assert_true(sentence_has(stage, "possibilities are:"));
	assert_int_equal(ask(stage, "hubctl\t1\tx\n"), ADMIN_END_USAGE);
	/* One request is all that is taken. */
	assert_int_equal(
	    ask(stage, "hubctl\t1\tx\tkick\tuser 1\nhubctl\t1\tx\tkick\tuser 2\n"), ADMIN_END_DONE);
	assert_int_equal(stage->changes, 1);
}

static void
test_request_without_end(void **state)
{
	struct stage *stage = *state;
	char *much = malloc(200000);
	int fd = connect_to(stage);

	assert_non_null(much);
	memset(much, 'x', 200000);
	say(stage, fd, (struct text){ much, 200000 });
	assert_int_equal(hear(stage, fd, 65536), ADMIN_END_USAGE);
	assert_true(sentence_has(stage, "too long"));
	free(much);
}

static void
test_one_byte_at_a_time(void **state)
{
	struct stage *stage = *state;
	struct text request = TEXT("hubctl\t1\tx\tstatus\n");
	int fd = connect_to(stage);

	for (size_t i = 0; i < request.length; i++)
		say(stage, fd, (struct text){ request.data + i, 1 });
	assert_int_equal(hear(stage, fd, 1), ADMIN_END_DONE);
}

static void
test_operators_who_leave(void **state)
{
	struct stage *stage = *state;
	int fd;

	for (unsigned i = 0; i < 3 * CONNECTIONS_MAX; i++) {
		fd = connect_to(stage);
		if (i % 3 > 0)
			say(stage, fd,
			    i % 3 == 1 ? TEXT("hubctl\t1") : TEXT("hubctl\t1\tx\tusers\n"));
		close(fd);
		turn(stage);
		turn(stage);
	}
	assert_int_equal(ask(stage, "hubctl\t1\tx\tstatus\n"), ADMIN_END_DONE);
}

static void
test_too_many_operators(void **state)
{
	struct stage *stage = *state;
	int fds[CONNECTIONS_MAX];

	for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
		fds[i] = connect_to(stage);
	assert_int_equal(hear(stage, connect_to(stage), 65536), ADMIN_END_REFUSED);
	assert_true(sentence_has(stage, "too many operators"));
	close(fds[0]);
	turn(stage);
	assert_int_equal(ask(stage, "hubctl\t1\tx\tstatus\n"), ADMIN_END_DONE);
	for (unsigned i = 1; i < CONNECTIONS_MAX; i++)
		close(fds[i]);
}

/* Nobody's memory: the answer is far longer than what may wait for one operator. */
static void
test_slow_reader_of_a_long_list(void **state)
{
	struct stage *stage = *state;
	int fd;

	fake_core_free(&stage->core);
	fake_core_fill(&stage->core, 20000);
	fd = connect_to(stage);
	say(stage, fd, TEXT("hubctl\t1\tx\tusers\n"));
	for (unsigned i = 0; i < 50; i++)
		turn(stage);
	/* Had it all been written already, these would still be in the list. */
	for (size_t i = 19000; i < 20000; i++)
		stage->core.clients[i].client = 0;
	assert_int_equal(hear(stage, fd, 4096), ADMIN_END_DONE);
	assert_int_equal(stage->answer.row_count, 19000);
}

static void
test_file_and_second_hub(void **state)
{
	struct stage *stage = *state;
	struct config_hub config = {
		.admin_socket = stage->path,
		.admin_mode = 0660,
		.admin_group = stage->group,
	};
	const struct admin_socket_setup setup = {
		.base = stage->base,
		.config = &config,
		.core = &stage->core,
		.changed = on_changed,
	};
	char error[256] = "";
	struct stat file;

	assert_int_equal(stat(stage->path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0660);
	assert_null(admin_socket_create(&setup, error, sizeof(error)));
	assert_non_null(strstr(error, stage->path));
	assert_int_equal(ask(stage, "hubctl\t1\tx\tversion\n"), ADMIN_END_DONE);
	admin_socket_destroy(&stage->socket);
	assert_int_equal(stat(stage->path, &file), -1);
}

static void
test_stop_with_operators_in_the_house(void **state)
{
	struct stage *stage = *state;
	int idle = connect_to(stage);
	int busy = connect_to(stage);

	say(stage, busy, TEXT("hubctl\t1\tx\tusers\n"));
	admin_socket_destroy(&stage->socket);
	turn(stage);
	close(idle);
	close(busy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reading_leaves_no_trace),
		TEST(test_changing_is_audited),
		TEST(test_hostile_requests),
		TEST(test_request_without_end),
		TEST(test_one_byte_at_a_time),
		TEST(test_operators_who_leave),
		TEST(test_too_many_operators),
		TEST(test_slow_reader_of_a_long_list),
		TEST(test_file_and_second_hub),
		TEST(test_stop_with_operators_in_the_house),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
