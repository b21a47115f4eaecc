/*
 * Links over real socket pairs on a real loop: what is sent arrives, every end is told once, from
 * the loop, and no peer can stop us by not reading or by going away.
 */
#include "common/link_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One end of a link, and what happened to it. */
struct peer {
	struct link_socket *socket;
	struct event_base *base;
	unsigned heard;
	uint64_t last_token;
	size_t bytes;
	unsigned drained;
	unsigned lost;
	enum link_loss why;
	bool in_a_call; /* the test is inside a call of link_socket_*() */
	bool keeps;     /* is not destroyed in `lost` */
	bool answers;   /* PROBE with PROBED */
};

static enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct peer *peer = context;

	assert_false(peer->in_a_call);
	assert_int_equal(peer->lost, 0);
	peer->heard++;
	if (envelope->kind == ENVELOPE_PROBE) {
		assert_true(envelope->probe.token > peer->last_token);
		peer->last_token = envelope->probe.token;
		if (peer->answers)
			(void)link_socket_send(peer->socket, ENVELOPE_PROBED, &envelope->probe);
	}
	if (envelope->kind == ENVELOPE_PUBLISH)
		peer->bytes += envelope->publish.content.length;
	return envelope->kind == ENVELOPE_CLOSED ? LINK_BAD_CONTENT : LINK_ALIVE;
}

static void
on_lost(void *context, enum link_loss why)
{
	struct peer *peer = context;

	assert_false(peer->in_a_call);
	peer->lost++;
	peer->why = why;
	if (!peer->keeps)
		link_socket_destroy(&peer->socket);
}

static void
on_drained(void *context)
{
	struct peer *peer = context;

	peer->drained++;
}

static void
begin(struct peer *peer, struct event_base *base, int fd, enum link_side side,
    struct link_limits limits)
{
	struct link_socket_owner owner = { on_envelope, on_lost, on_drained, peer };

	*peer = (struct peer){ .base = base };
	peer->socket = link_socket_create(base, fd, side, limits, owner);
	assert_non_null(peer->socket);
}

static void
make_pair(int pair[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
}

static bool
send_probe(struct peer *peer, uint64_t token)
{
	struct envelope_probe probe = { token };
	bool sent;

	peer->in_a_call = true;
	sent = link_socket_send(peer->socket, ENVELOPE_PROBE, &probe);
	peer->in_a_call = false;
	return sent;
}

static void
send_hello(struct peer *peer)
{
	struct envelope_hello hello = { .link_version = LINK_VERSION, .gateway = TEXT("gw-1") };

	assert_true(link_socket_send(peer->socket, ENVELOPE_HELLO, &hello));
}

static void
send_welcome(struct peer *peer)
{
	struct envelope_welcome welcome = { .link_version = LINK_VERSION };

	assert_true(link_socket_send(peer->socket, ENVELOPE_WELCOME, &welcome));
}

static void
end_link(struct peer *peer, enum link_loss why)
{
	peer->in_a_call = true;
	link_socket_end(peer->socket, why);
	peer->in_a_call = false;
	assert_int_equal(peer->lost, 0);
}

static void
give_up(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	*(bool *)context = true;
}

/* Turns the loop until *counter is `least`; fails after ten seconds. */
static void
turn_until(struct event_base *base, const unsigned *counter, unsigned least)
{
	const struct timeval patience = { 10, 0 };
	bool gave_up = false;
	struct event *timer = event_new(base, -1, 0, give_up, &gave_up);

	assert_non_null(timer);
	assert_int_equal(event_add(timer, &patience), 0);
	while (*counter < least && !gave_up)
		(void)event_base_loop(base, EVLOOP_ONCE);
	event_free(timer);
	assert_false(gave_up);
}

/* Both ends of one link, opened. */
static void
open_pair(struct event_base *base, struct peer *gateway, struct peer *hub)
{
	int pair[2];

	make_pair(pair);
	begin(gateway, base, pair[0], LINK_SIDE_GATEWAY, link_limits_default());
	begin(hub, base, pair[1], LINK_SIDE_HUB, link_limits_default());
	send_hello(gateway);
	turn_until(base, &hub->heard, 1);
	send_welcome(hub);
	turn_until(base, &gateway->heard, 1);
}

static int
set_up(void **state)
{
	*state = event_base_new();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	event_base_free(*state);
	return 0;
}

static void
envelopes_go_both_ways_in_order(void **state)
{
	struct peer gateway;
	struct peer hub;

	open_pair(*state, &gateway, &hub);
	hub.answers = true;
	for (uint64_t token = 1; token <= 5000; token++)
		assert_true(send_probe(&gateway, token));
	/* Nothing is written before the loop turns. */
	assert_true(link_socket_queued(gateway.socket) > 5000);
	turn_until(*state, &gateway.heard, 5001);
	assert_int_equal(hub.last_token, 5000);
	assert_int_equal(link_socket_queued(gateway.socket), 0);
	assert_true(hub.drained < 100);
	link_socket_destroy(&gateway.socket);
	assert_null(gateway.socket);
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_CLOSED_BY_PEER);
	assert_int_equal(gateway.lost, 0);
}

static void
much_goes_through_a_small_socket(void **state)
{
	static char letters[1000];
	struct envelope_publish publish = { .content = { letters, sizeof(letters) } };
	struct peer gateway;
	struct peer hub;

	open_pair(*state, &gateway, &hub);
	for (unsigned i = 0; i < 8000; i++)
		assert_true(link_socket_send(gateway.socket, ENVELOPE_PUBLISH, &publish));
	turn_until(*state, &hub.heard, 8001);
	assert_int_equal(hub.bytes, 8000 * sizeof(letters));
	/* A socket's worth at a time, so that other links have their turn. */
	assert_true(hub.drained >= 8);
	end_link(&gateway, LINK_STOPPED);
	turn_until(*state, &gateway.lost, 1);
	turn_until(*state, &hub.lost, 1);
}

static void
an_end_of_ours_is_told_from_the_loop(void **state)
{
	struct envelope_goodbye goodbye = { TEXT("stopping") };
	struct peer gateway;
	struct peer hub;

	open_pair(*state, &gateway, &hub);
	assert_true(link_socket_send(gateway.socket, ENVELOPE_GOODBYE, &goodbye));
	end_link(&gateway, LINK_STOPPED);
	end_link(&gateway, LINK_REFUSED);
	assert_false(send_probe(&gateway, 1));
	turn_until(*state, &gateway.lost, 1);
	assert_int_equal(gateway.why, LINK_STOPPED);
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_SAID_GOODBYE);
	assert_int_equal(hub.heard, 2);
}

static void
what_the_owner_refuses_ends_the_link(void **state)
{
	struct envelope_closed closed = { .conn = 1 };
	struct peer gateway;
	struct peer hub;

	open_pair(*state, &gateway, &hub);
	assert_true(link_socket_send(gateway.socket, ENVELOPE_CLOSED, &closed));
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_BAD_CONTENT);
	turn_until(*state, &gateway.lost, 1);
	assert_int_equal(gateway.why, LINK_CLOSED_BY_PEER);
}

static void
a_lost_link_may_be_kept_for_a_while(void **state)
{
	struct peer gateway;
	struct peer hub;

	open_pair(*state, &gateway, &hub);
	hub.keeps = true;
	link_socket_destroy(&gateway.socket);
	turn_until(*state, &hub.lost, 1);
	assert_false(link_socket_send_frames(hub.socket, "x", 1));
	link_socket_end(hub.socket, LINK_STOPPED);
	(void)event_base_loop(*state, EVLOOP_NONBLOCK);
	assert_int_equal(hub.lost, 1);
	assert_int_equal(hub.why, LINK_CLOSED_BY_PEER);
	link_socket_destroy(&hub.socket);
}

static void
a_peer_that_does_not_read_is_cut_off(void **state)
{
	struct link_limits limits = link_limits_default();
	struct peer gateway;
	int pair[2];

	make_pair(pair);
	limits.queue_max = 100000;
	begin(&gateway, *state, pair[0], LINK_SIDE_GATEWAY, limits);
	send_hello(&gateway);
	for (uint64_t token = 1; gateway.lost == 0; token++) {
		(void)send_probe(&gateway, token);
		if (token % 1000 == 0)
			(void)event_base_loop(*state, EVLOOP_NONBLOCK);
		assert_true(token < 1000000);
	}
	assert_int_equal(gateway.lost, 1);
	assert_int_equal(gateway.why, LINK_TOO_SLOW);
	(void)close(pair[1]);
}

static void
writing_to_one_that_is_gone_is_no_signal(void **state)
{
	struct peer gateway;
	int pair[2];

	make_pair(pair);
	begin(&gateway, *state, pair[0], LINK_SIDE_GATEWAY, link_limits_default());
	(void)close(pair[1]);
	send_hello(&gateway);
	turn_until(*state, &gateway.lost, 1);
	assert_int_equal(gateway.why, LINK_CLOSED_BY_PEER);
}

/* A failed write must not hide why the peer went. */
static void
last_words_are_heard(void **state)
{
	struct envelope_hello hello = { .link_version = LINK_VERSION };
	struct envelope_goodbye goodbye = { TEXT("done") };
	struct buffer words;
	struct peer hub;
	int pair[2];

	make_pair(pair);
	buffer_init(&words, 0);
	assert_true(envelope_encode(&words, ENVELOPE_HELLO, &hello));
	assert_true(envelope_encode(&words, ENVELOPE_GOODBYE, &goodbye));
	assert_int_equal(write(pair[1], words.data, words.length), words.length);
	(void)close(pair[1]);
	begin(&hub, *state, pair[0], LINK_SIDE_HUB, link_limits_default());
	send_welcome(&hub);
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_SAID_GOODBYE);
	buffer_free(&words);
}

static void
foreign_bytes_end_the_link(void **state)
{
	struct peer hub;
	int pair[2];

	make_pair(pair);
	begin(&hub, *state, pair[0], LINK_SIDE_HUB, link_limits_default());
	assert_int_equal(write(pair[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_BAD_FRAME);
	(void)close(pair[1]);
}

static void
a_peer_that_says_nothing_is_lost(void **state)
{
	struct link_limits limits = link_limits_default();
	struct peer hub;
	int pair[2];

	make_pair(pair);
	limits.opening_ms = 20;
	begin(&hub, *state, pair[0], LINK_SIDE_HUB, limits);
	turn_until(*state, &hub.lost, 1);
	assert_int_equal(hub.why, LINK_SILENT);
	(void)close(pair[1]);
}

static void
heartbeats_keep_an_idle_link(void **state)
{
	const struct timeval a_while = { 0, 700000 };
	struct link_limits limits = link_limits_default();
	struct peer gateway;
	struct peer hub;
	int pair[2];

	make_pair(pair);
	limits.heartbeat_ms = 20;
	limits.silent_ms = 400;
	begin(&gateway, *state, pair[0], LINK_SIDE_GATEWAY, limits);
	begin(&hub, *state, pair[1], LINK_SIDE_HUB, limits);
	send_hello(&gateway);
	send_welcome(&hub);
	assert_int_equal(event_base_loopexit(*state, &a_while), 0);
	(void)event_base_dispatch(*state);
	assert_int_equal(gateway.lost, 0);
	assert_int_equal(hub.lost, 0);
	/* The owner hears nothing of it. */
	assert_int_equal(gateway.heard, 1);
	assert_int_equal(hub.heard, 1);
	link_socket_destroy(&gateway.socket);
	link_socket_destroy(&hub.socket);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_go_both_ways_in_order),
		cmocka_unit_test(much_goes_through_a_small_socket),
		cmocka_unit_test(an_end_of_ours_is_told_from_the_loop),
		cmocka_unit_test(what_the_owner_refuses_ends_the_link),
		cmocka_unit_test(a_lost_link_may_be_kept_for_a_while),
		cmocka_unit_test(a_peer_that_does_not_read_is_cut_off),
		cmocka_unit_test(writing_to_one_that_is_gone_is_no_signal),
		cmocka_unit_test(last_words_are_heard),
		cmocka_unit_test(foreign_bytes_end_the_link),
		cmocka_unit_test(a_peer_that_says_nothing_is_lost),
		cmocka_unit_test(heartbeats_keep_an_idle_link),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
