/* Connections that owe a PROXY header, on real sockets: what is read of them, what they cost. */
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/listener_proxy.h"
#include "gateway/proxy_header.h"

#define HEADER "PROXY TCP4 203.0.113.5 192.0.2.1 51234 443\r\n"

struct rig {
	struct event_base *base;
	struct metrics *metrics;
	struct listener_proxy *proxy;
	struct address_set trusted;
	int ours;   /* to be taken over */
	int theirs; /* the balancer's   */
	int taken;  /* what was handed on, or -1 */
	char client[ADDRESS_TEXT_SIZE];
};

static void
on_accepted(void *context, int fd, const struct address *client)
{
	struct rig *rig = context;

	assert_int_equal(rig->taken, -1);
	rig->taken = fd;
	address_print(client, rig->client);
}

static void
begin(struct rig *rig, unsigned seconds)
{
	struct listener_proxy_setup setup = { .seconds = seconds };
	int pair[2];

	*rig = (struct rig){ .taken = -1 };
	rig->base = event_base_new();
	rig->metrics = metrics_create();
	assert_non_null(rig->base);
	assert_true(address_set_parse(TEXT("unix"), &rig->trusted));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	rig->ours = pair[0];
	rig->theirs = pair[1];
	setup.base = rig->base;
	setup.metrics = rig->metrics;
	rig->proxy = listener_proxy_create(&setup);
	assert_non_null(rig->proxy);
}

static void
end(struct rig *rig)
{
	listener_proxy_destroy(&rig->proxy);
	assert_null(rig->proxy);
	if (rig->taken >= 0)
		close(rig->taken);
	if (rig->theirs >= 0)
		close(rig->theirs);
	metrics_destroy(&rig->metrics);
	event_base_free(rig->base);
}

static void
take(struct rig *rig, enum address_kind peer)
{
	const struct listener_proxy_taker taker = { on_accepted, rig };
	const struct address address = { .kind = (uint8_t)peer };

	listener_proxy_take(rig->proxy, rig->ours, &address, &rig->trusted, taker);
}

static void
say(const struct rig *rig, const char *bytes, size_t length)
{
	assert_int_equal(send(rig->theirs, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Handles all that is ready. */
static void
turn(struct rig *rig)
{
	assert_int_not_equal(event_base_loop(rig->base, EVLOOP_NONBLOCK), -1);
}

static void
assert_refused(struct rig *rig, enum proxy_outcome why)
{
	char labels[64];
	char byte;

	assert_int_equal(rig->taken, -1);
	assert_int_equal(listener_proxy_waiting(rig->proxy), 0);
	assert_int_equal(fcntl(rig->ours, F_GETFD), -1);
	if (rig->theirs >= 0)
		assert_int_not_equal(recv(rig->theirs, &byte, 1, MSG_DONTWAIT), 1);
	snprintf(labels, sizeof(labels), "reason=\"%s\"", proxy_outcome_name(why));
	assert_int_equal(metric_value(metrics_counter(rig->metrics,
			     "hubbub_gateway_proxy_headers_refused_total", labels,
			     "Connections closed for a PROXY header that is missing or cannot be "
			     "believed.")),
	    1);
}

static void
assert_taken(const struct rig *rig, const char *client, const char *rest)
{
	char bytes[64];
	ssize_t length = recv(rig->taken, bytes, sizeof(bytes), MSG_DONTWAIT);

	assert_int_equal(rig->taken, rig->ours);
	assert_string_equal(rig->client, client);
	assert_int_equal(length, (ssize_t)strlen(rest));
	assert_memory_equal(bytes, rest, strlen(rest));
	assert_int_equal(listener_proxy_waiting(rig->proxy), 0);
}

static void
test_a_header_that_came_along(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	say(&rig, HEADER "hello", sizeof(HEADER "hello") - 1);
	take(&rig, ADDRESS_UNIX);
	assert_taken(&rig, "203.0.113.5", "hello");
	end(&rig);
}

static void
test_byte_by_byte(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	take(&rig, ADDRESS_UNIX);
	for (size_t i = 0; i < sizeof(HEADER) - 1; i++) {
		assert_int_equal(rig.taken, -1);
		assert_int_equal(listener_proxy_waiting(rig.proxy), 1);
		say(&rig, &HEADER[i], 1);
		turn(&rig);
	}
	say(&rig, "hello", 5);
	assert_taken(&rig, "203.0.113.5", "hello");
	end(&rig);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	*(bool *)context = true;
}

/* Bytes that stay in the socket do not wake the loop again: it sleeps until the timer. */
static void
test_half_a_header_costs_nothing(void **state)
{
	const struct timeval soon = { 0, 10000 };
	struct event *timer;
	struct rig rig;
	bool rang = false;

	(void)state;
	begin(&rig, 10);
	say(&rig, HEADER, 10);
	take(&rig, ADDRESS_UNIX);
	turn(&rig);
	timer = evtimer_new(rig.base, on_timer, &rang);
	assert_non_null(timer);
	evtimer_add(timer, &soon);
	event_base_loop(rig.base, EVLOOP_ONCE);
	assert_true(rang);
	assert_int_equal(listener_proxy_waiting(rig.proxy), 1);
	event_free(timer);
	end(&rig);
}

static void
test_its_own_peer(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	say(&rig, "PROXY UNKNOWN\r\n", 15);
	take(&rig, ADDRESS_UNIX);
	say(&rig, "hello", 5);
	assert_taken(&rig, "unix", "hello");
	end(&rig);
}

static void
test_whom_nobody_trusts(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	say(&rig, HEADER, sizeof(HEADER) - 1);
	take(&rig, ADDRESS_UNKNOWN);
	assert_refused(&rig, PROXY_UNTRUSTED);
	end(&rig);
}

static void
test_what_is_no_header(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	take(&rig, ADDRESS_UNIX);
	say(&rig, "PROXX", 5);
	turn(&rig);
	assert_refused(&rig, PROXY_MISSING);
	end(&rig);
}

static void
test_an_end_in_the_middle(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	say(&rig, HEADER, 10);
	take(&rig, ADDRESS_UNIX);
	turn(&rig);
	close(rig.theirs);
	rig.theirs = -1;
	turn(&rig);
	assert_refused(&rig, PROXY_ENDED);
	end(&rig);
}

static void
test_an_end_without_a_word(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 10);
	close(rig.theirs);
	rig.theirs = -1;
	take(&rig, ADDRESS_UNIX);
	assert_refused(&rig, PROXY_ENDED);
	end(&rig);
}

static void
test_who_is_late(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, 0);
	say(&rig, HEADER, 10);
	take(&rig, ADDRESS_UNIX);
	while (listener_proxy_waiting(rig.proxy) > 0)
		assert_int_not_equal(event_base_loop(rig.base, EVLOOP_ONCE), -1);
	assert_refused(&rig, PROXY_LATE);
	end(&rig);
}

static void
test_who_waits_at_the_end_is_closed(void **state)
{
	struct rig rig;
	char byte;

	(void)state;
	begin(&rig, 10);
	take(&rig, ADDRESS_UNIX);
	assert_int_equal(listener_proxy_waiting(rig.proxy), 1);
	listener_proxy_destroy(&rig.proxy);
	assert_int_equal(recv(rig.theirs, &byte, 1, MSG_DONTWAIT), 0);
	end(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_that_came_along),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_half_a_header_costs_nothing),
		cmocka_unit_test(test_its_own_peer),
		cmocka_unit_test(test_whom_nobody_trusts),
		cmocka_unit_test(test_what_is_no_header),
		cmocka_unit_test(test_an_end_in_the_middle),
		cmocka_unit_test(test_an_end_without_a_word),
		cmocka_unit_test(test_who_is_late),
		cmocka_unit_test(test_who_waits_at_the_end_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
