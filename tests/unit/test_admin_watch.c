/* Operators who watch, and those who ask the process itself, through a real socket. */
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
	struct metrics *metrics;
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
		.process = { stage->metrics, stage->log },
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
	stage->metrics = metrics_create();
	(void)metrics_counter(stage->metrics, "test_total", NULL, "For a test.");
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
	metrics_destroy(&stage->metrics);
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

/* Reads until so many bytes came; the loop turns meanwhile. */
static void
read_some(struct stage *stage, int fd, struct buffer *said, size_t enough)
{
	for (unsigned idle = 0; said->length < enough; idle++) {
		char *room = buffer_reserve(said, 65536);
		ssize_t got = recv(fd, room, 65536, MSG_DONTWAIT);

		assert_true(idle < 1000);
		if (got > 0)
			buffer_advance(said, (size_t)got);
		turn(stage);
	}
}

static void
note(struct stage *stage, const char *user)
{
	const struct event event = {
		.kind = EVENT_SAID,
		.wall_ms = 1700000000000,
		.texts = { [EVENT_USER] = text_of(user) },
	};

	events_note(core_events(&stage->core), &event);
	admin_socket_turned(stage->socket);
}

static void
test_who_watches_hears_at_once_and_holds_nobody_up(void **state)
{
	struct stage *stage = *state;
	struct buffer said;
	size_t columns;
	int fd = connect_to(stage);
	int stuck = connect_to(stage);

	buffer_init(&said, 0);
	say(stage, fd, TEXT("hubctl\t1\tx\ttail\n"));
	say(stage, stuck, TEXT("hubctl\t1\tx\ttail\n"));
	read_some(stage, fd, &said, 1);
	columns = said.length;
	note(stage, "ana");
	read_some(stage, fd, &said, columns + 1);
	assert_non_null(memmem(said.data, said.length, "\tsaid\tana\t", 10));
	/* One that does not read costs its places in the ring, the others nothing. */
	for (unsigned i = 0; i < 3 * EVENTS_WATCHED_MAX; i++) {
		note(stage, "ben");
		buffer_clear(&said);
		read_some(stage, fd, &said, 1);
	}
	buffer_clear(&said);
	read_some(stage, stuck, &said, 256 * 1024);
	note(stage, "eve");
	while (memmem(said.data, said.length, "\tskipped\t", 9) == NULL)
		read_some(stage, stuck, &said, said.length + 1);
	buffer_free(&said);
	close(fd);
	close(stuck);
	assert_string_equal(stage->audit, "");
}

static void
test_contents_leave_an_audit_line(void **state)
{
	struct stage *stage = *state;
	struct buffer said;
	int fd = connect_to(stage);

	buffer_init(&said, 0);
	say(stage, fd, TEXT("hubctl\t1\tx\ttail\t--contents\n"));
	read_some(stage, fd, &said, 1);
	assert_true(events_show_contents(core_events(&stage->core)));
	close(fd);
	/* Who has gone is noticed when something is written. */
	for (unsigned i = 0; i < 1000 && events_are_watched(core_events(&stage->core)); i++) {
		note(stage, "ana");
		turn(stage);
	}
	assert_false(events_are_watched(core_events(&stage->core)));
	assert_non_null(strstr(stage->audit, "command=tail arguments=--contents"));
	buffer_free(&said);
}

static void
test_some_places_are_kept_from_who_watches(void **state)
{
	struct stage *stage = *state;
	int fds[8];

	for (unsigned i = 0; i < 8; i++) {
		fds[i] = connect_to(stage);
		say(stage, fds[i], TEXT("hubctl\t1\tx\ttail\n"));
	}
	assert_int_equal(ask(stage, "hubctl\t1\tx\ttail\n"), ADMIN_END_REFUSED);
	assert_true(sentence_has(stage, "too many operators watch"));
	assert_int_equal(ask(stage, "hubctl\t1\tx\tstatus\n"), ADMIN_END_DONE);
	for (unsigned i = 0; i < 8; i++)
		close(fds[i]);
}

static void
test_the_process_answers_for_itself(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(ask(stage, "hubctl\t1\tx\tmetrics\n"), ADMIN_END_DONE);
	assert_true(stage->answer.row_count > 2);
	assert_int_equal(ask(stage, "hubctl\t1\tx\tlog-level\n"), ADMIN_END_DONE);
	assert_string_equal(stage->audit, "");
	assert_int_equal(log_level_of(stage->log), LOG_LEVEL_ERROR);
	assert_int_equal(ask(stage, "hubctl\t1\tx\tlog-level\twarn\n"), ADMIN_END_DONE);
	assert_int_equal(log_level_of(stage->log), LOG_LEVEL_WARN);
	assert_non_null(strstr(stage->audit, "command=log-level"));
	assert_int_equal(stage->changes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_watches_hears_at_once_and_holds_nobody_up),
		TEST(test_contents_leave_an_audit_line),
		TEST(test_some_places_are_kept_from_who_watches),
		TEST(test_the_process_answers_for_itself),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
