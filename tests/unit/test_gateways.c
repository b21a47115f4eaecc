/* The hub's socket for gateways: who is let in, bounds, clean ends. */
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

#include "common/link_socket.h"
#include "common/unix_socket.h"
#include "hub/gateways.h"

#define NOBODY 65534

/* A core behind its gateways' socket, and one end of a gateway. */
struct place {
	char folder[64];
	char path[96];
	char group[1];
	char users[64];
	struct event_base *base;
	struct config_hub config;
	struct store *store;
	struct bus *bus;
	uint64_t seed;
	struct gateways *gateways;
	struct core *core;
	bool stopped;
	char error[256];
};

static void
on_changed(void *context)
{
	struct place *place = context;

	core_turn(place->core, clock_now());
}

static void
on_stopped(void *context)
{
	struct place *place = context;

	place->stopped = true;
}

static int
set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct gateways_setup setup = { .changed = on_changed, .stopped = on_stopped };
	struct core_setup core = { .limits = { .gateways_max = 2, .clients_max = 10 } };

	assert_non_null(place);
	strcpy(place->folder, "/tmp/hubbub-gateways-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	/* Strangers must reach the socket to be refused by it. */
	assert_int_equal(chmod(place->folder, 0755), 0);
	snprintf(place->path, sizeof(place->path), "%s/hub.sock", place->folder);
	place->base = event_base_new();
	place->config.socket = place->path;
	place->config.socket_mode = 0777;
	place->config.socket_group = place->group;
	place->config.allow_users = place->users;
	place->store = store_memory_open(1);
	place->bus = bus_local_open();
	setup.base = place->base;
	setup.queue_bytes = 1 << 20;
	setup.context = place;
	place->gateways = gateways_create(&setup);
	core.links = gateways_links(place->gateways);
	core.store = place->store;
	core.bus = place->bus;
	core.random = random_seeded(&place->seed);
	core.now = clock_now();
	place->core = core_create(&core);
	*state = place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;

	gateways_destroy(&place->gateways);
	core_destroy(&place->core);
	store_close(&place->store);
	bus_close(&place->bus);
	event_base_free(place->base);
	assert_int_equal(access(place->path, F_OK), -1);
	assert_int_equal(rmdir(place->folder), 0);
	free(place);
	return 0;
}

static bool
listen_at(struct place *place)
{
	return gateways_listen(
	    place->gateways, place->core, &place->config, place->error, sizeof(place->error));
}

static void
turn(struct place *place)
{
	(void)event_base_loop(place->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static int
connect_as(struct place *place, uid_t uid)
{
	uid_t own = geteuid();
	int fd;

	if (uid != own)
		assert_int_equal(seteuid(uid), 0);
	fd = unix_socket_connect(place->path, place->error, sizeof(place->error));
	if (uid != own)
		assert_int_equal(seteuid(own), 0);
	assert_true(fd >= 0);
	turn(place);
	return fd;
}

/* True if the hub has ended the connection; it says nothing before HELLO. */
static bool
is_cut(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void
say_hello(int fd, const char *name)
{
	struct envelope_hello hello = {
		.link_version = LINK_VERSION,
		.gateway = text_of(name),
		.epoch = 1,
	};
	struct buffer frame;

	buffer_init(&frame, 0);
	assert_true(envelope_encode(&frame, ENVELOPE_HELLO, &hello));
	assert_int_equal(send(fd, frame.data, frame.length, MSG_NOSIGNAL), frame.length);
	buffer_free(&frame);
}

/* Waits for one whole frame and gives its kind. */
static enum envelope_kind
hear(struct place *place, int fd)
{
	struct envelope_decoder *decoder = envelope_decoder_create();
	struct envelope envelope = { 0 };
	char bytes[512];
	size_t length;

	while (recv(fd, bytes, ENVELOPE_HEADER_SIZE, MSG_DONTWAIT | MSG_PEEK) !=
	       (ssize_t)ENVELOPE_HEADER_SIZE)
		turn(place);
	length = ENVELOPE_HEADER_SIZE + envelope_header_read(bytes);
	assert_in_range(length, ENVELOPE_HEADER_SIZE + 1, sizeof(bytes));
	assert_int_equal(recv(fd, bytes, length, MSG_WAITALL), length);
	assert_true(envelope_decode(
	    decoder, bytes + ENVELOPE_HEADER_SIZE, length - ENVELOPE_HEADER_SIZE, &envelope));
	envelope_decoder_destroy(&decoder);
	return envelope.kind;
}

static void
carries_envelopes_both_ways(void **state)
{
	struct place *place = *state;
	int fd;

	assert_true(listen_at(place));
	fd = connect_as(place, geteuid());
	say_hello(fd, "gw-1");
	assert_int_equal(hear(place, fd), ENVELOPE_WELCOME);
	close(fd);
	while (core_gateway_connected(place->core, clock_now(), &(struct store_process){ 0 }) != 0)
		turn(place);
}

static void
strangers_are_refused(void **state)
{
	struct place *place = *state;
	int fd;

	if (geteuid() != 0)
		skip();
	assert_true(listen_at(place));
	fd = connect_as(place, NOBODY);
	assert_true(is_cut(fd));
	close(fd);
}

static void
users_of_the_list_are_let_in(void **state)
{
	struct place *place = *state;
	int fd;

	if (geteuid() != 0)
		skip();
	strcpy(place->users, "root 65534\t1");
	assert_true(listen_at(place));
	fd = connect_as(place, NOBODY);
	say_hello(fd, "gw-1");
	assert_int_equal(hear(place, fd), ENVELOPE_WELCOME);
	close(fd);
}

static void
unknown_users_of_the_list_are_named(void **state)
{
	struct place *place = *state;

	strcpy(place->users, "root no-such-user-here");
	assert_false(listen_at(place));
	assert_non_null(strstr(place->error, "hub.allow_users"));
	assert_non_null(strstr(place->error, "no-such-user-here"));
}

static void
more_than_may_be_are_refused(void **state)
{
	struct place *place = *state;
	int fds[3];

	assert_true(listen_at(place));
	for (unsigned i = 0; i < 3; i++)
		fds[i] = connect_as(place, geteuid());
	assert_false(is_cut(fds[0]));
	assert_false(is_cut(fds[1]));
	assert_true(is_cut(fds[2]));
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
}

static void
a_living_hub_keeps_its_socket(void **state)
{
	struct place *place = *state;
	struct gateways_setup setup = { .base = place->base };
	struct gateways *second = gateways_create(&setup);

	assert_true(listen_at(place));
	assert_false(gateways_listen(
	    second, place->core, &place->config, place->error, sizeof(place->error)));
	assert_non_null(strstr(place->error, place->path));
	gateways_destroy(&second);
	assert_int_equal(access(place->path, F_OK), 0);
}

static void
a_stop_says_goodbye(void **state)
{
	struct place *place = *state;
	int fd;

	assert_true(listen_at(place));
	fd = connect_as(place, geteuid());
	say_hello(fd, "gw-1");
	assert_int_equal(hear(place, fd), ENVELOPE_WELCOME);
	gateways_stop(place->gateways);
	assert_int_equal(access(place->path, F_OK), -1);
	assert_false(place->stopped);
	assert_int_equal(hear(place, fd), ENVELOPE_GOODBYE);
	while (!place->stopped)
		turn(place);
	assert_true(is_cut(fd));
	close(fd);
}

static void
a_stop_without_gateways_is_at_once(void **state)
{
	struct place *place = *state;

	assert_true(listen_at(place));
	gateways_stop(place->gateways);
	assert_true(place->stopped);
}

int
main(void)
{
#define PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		PLACE(carries_envelopes_both_ways),
		PLACE(strangers_are_refused),
		PLACE(users_of_the_list_are_let_in),
		PLACE(unknown_users_of_the_list_are_named),
		PLACE(more_than_may_be_are_refused),
		PLACE(a_living_hub_keeps_its_socket),
		PLACE(a_stop_says_goodbye),
		PLACE(a_stop_without_gateways_is_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
