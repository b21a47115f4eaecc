/* The status server on a real loop, over a Unix socket in a temporary folder. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/status_http.h"
#include "common/unix_socket.h"

struct fixture {
	char folder[32];
	char path[64];
	char address[80];
	struct event_base *base;
	struct metrics *metrics;
	struct metric *gauge;
	struct status_http *http;
	bool ready;
	char answer[32768];
};

static void
refresh(void *context)
{
	struct fixture *fixture = context;

	metric_set(fixture->gauge, metric_value(fixture->gauge) + 1);
}

static bool
ready(void *context, const char **reason_out)
{
	struct fixture *fixture = context;

	*reason_out = "no hub";
	return fixture->ready;
}

static struct status_source
source_of(struct fixture *fixture)
{
	return (struct status_source){ fixture->metrics, refresh, ready, fixture };
}

static int
open_server(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char error[256] = "";

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/hubbub-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/status.sock", fixture->folder);
	snprintf(fixture->address, sizeof(fixture->address), "unix:%s", fixture->path);
	fixture->base = event_base_new();
	fixture->metrics = metrics_create();
	fixture->gauge = metrics_gauge(fixture->metrics, "refreshed", NULL, "How often.");
	fixture->http = status_http_create(
	    fixture->base, fixture->address, source_of(fixture), NULL, error, sizeof(error));
	assert_string_equal(fixture->http == NULL ? error : "", "");
	*state = fixture;
	return 0;
}

static int
close_server(void **state)
{
	struct fixture *fixture = *state;

	status_http_destroy(&fixture->http);
	assert_null(fixture->http);
	assert_int_equal(access(fixture->path, F_OK), -1);
	metrics_destroy(&fixture->metrics);
	event_base_free(fixture->base);
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

/* Sends the bytes and turns the loop until the server has closed the connection. */
static const char *
ask(struct fixture *fixture, const char *request)
{
	char error[256];
	int fd = unix_socket_connect(fixture->path, error, sizeof(error));
	size_t length = 0;
	ssize_t got = -1;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while (got != 0 && length < sizeof(fixture->answer) - 1) {
		struct pollfd readable = { .fd = fd, .events = POLLIN };

		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
		poll(&readable, 1, 1);
		got = read(fd, fixture->answer + length, sizeof(fixture->answer) - 1 - length);
		if (got > 0)
			length += (size_t)got;
	}
	close(fd);
	fixture->answer[length] = '\0';
	return fixture->answer;
}

static void
assert_begins(const char *text, const char *start)
{
	char head[64];

	snprintf(head, sizeof(head), "%.*s", (int)strlen(start), text);
	assert_string_equal(head, start);
}

static void
test_health_and_readiness(void **state)
{
	struct fixture *fixture = *state;
	const char *answer;

	answer = ask(fixture, "GET /healthz HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 200 OK\r\n");
	assert_non_null(strstr(answer, "\r\n\r\nalive\n"));
	assert_non_null(strstr(answer, "nosniff"));
	answer = ask(fixture, "GET /readyz HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 503 ");
	assert_non_null(strstr(answer, "\r\n\r\nno hub\n"));
	fixture->ready = true;
	answer = ask(fixture, "GET /readyz?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
}

static void
test_metrics_are_refreshed(void **state)
{
	struct fixture *fixture = *state;
	const char *answer = ask(fixture, "GET /metrics HTTP/1.0\r\n\r\n");

	assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
	assert_non_null(strstr(answer, "\nrefreshed 1\n"));
	answer = ask(fixture, "GET /metrics HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(answer, "\nrefreshed 2\n"));
}

static void
test_head_has_no_body(void **state)
{
	struct fixture *fixture = *state;
	const char *answer = ask(fixture, "HEAD /healthz HTTP/1.0\r\n\r\n");

	assert_begins(answer, "HTTP/1.0 200 OK\r\n");
	assert_non_null(strstr(answer, "Content-Length: 6\r\n"));
	assert_null(strstr(answer, "alive"));
}

static void
test_wrong_requests(void **state)
{
	struct fixture *fixture = *state;
	static char big[9000];
	const char *answer;

	answer = ask(fixture, "GET /nothing HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 404 Not Found\r\n");
	answer = ask(fixture, "GET /healthz/../metrics HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 404 ");
	answer = ask(fixture, "DELETE /healthz HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 405 ");
	assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
	answer = ask(fixture, "POST /healthz HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
	assert_begins(answer, "HTTP/1.1 413 ");
	assert_null(strstr(answer, "alive"));
	answer = ask(fixture, "rubbish\r\n\r\n");
	assert_null(strstr(answer, "alive"));
	snprintf(big, sizeof(big), "GET /healthz HTTP/1.0\r\nA: %08900d\r\n\r\n", 0);
	answer = ask(fixture, big);
	assert_null(strstr(answer, "alive"));
	answer = ask(fixture, "GET /healthz HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.0 200 OK\r\n");
}

static void
test_address_is_taken_or_wrong(void **state)
{
	struct fixture *fixture = *state;
	struct status_source source = source_of(fixture);
	char error[256] = "";

	assert_null(status_http_create(
	    fixture->base, fixture->address, source, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "already listens"));
	assert_null(
	    status_http_create(fixture->base, "0.0.0.0:9100", source, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "loopback"));
	assert_null(
	    status_http_create(fixture->base, "localhost", source, NULL, error, sizeof(error)));
	assert_null(
	    status_http_create(fixture->base, "[::]:1", source, NULL, error, sizeof(error)));
}

static void
test_loopback_port(void **state)
{
	struct fixture *fixture = *state;
	char error[256] = "";
	struct status_http *http = status_http_create(
	    fixture->base, "127.0.0.1:0", source_of(fixture), NULL, error, sizeof(error));

	assert_non_null(http);
	status_http_destroy(&http);
}

static void
test_mode(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
}

static unsigned lines_of_libevent;

static void
count_line(int severity, const char *line)
{
	(void)severity;
	(void)line;
	lines_of_libevent++;
}

static bool
is_answered(struct fixture *fixture, int fd)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };

	for (unsigned ms = 0; ms < 5000; ms++) {
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
		if (poll(&answer, 1, 1) == 1)
			return true;
	}
	return false;
}

/* Who waits is served when there are descriptors again; until then nothing spins. */
static void
test_out_of_descriptors(void **state)
{
	static const char question[] = "GET /healthz HTTP/1.0\r\n\r\n";
	struct fixture *fixture = *state;
	char error[256];
	struct rlimit before, none;
	int fd = unix_socket_connect(fixture->path, error, sizeof(error));

	assert_true(fd >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)fd + 1;
	event_set_log_callback(count_line);
	assert_int_equal(write(fd, question, sizeof(question) - 1), sizeof(question) - 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (unsigned i = 0; i < 100; i++)
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	event_set_log_callback(NULL);
	assert_int_equal(lines_of_libevent, 0);
	assert_true(is_answered(fixture, fd));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_health_and_readiness, open_server, close_server),
		cmocka_unit_test_setup_teardown(
		    test_metrics_are_refreshed, open_server, close_server),
		cmocka_unit_test_setup_teardown(test_head_has_no_body, open_server, close_server),
		cmocka_unit_test_setup_teardown(test_wrong_requests, open_server, close_server),
		cmocka_unit_test_setup_teardown(
		    test_address_is_taken_or_wrong, open_server, close_server),
		cmocka_unit_test_setup_teardown(test_loopback_port, open_server, close_server),
		cmocka_unit_test_setup_teardown(test_mode, open_server, close_server),
		cmocka_unit_test_setup_teardown(test_out_of_descriptors, open_server, close_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
