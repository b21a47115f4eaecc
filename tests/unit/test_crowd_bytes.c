/*
 * What presence costs a room of the `room` dialect in simulated time: never more than its budget,
 * however many come and go, and everybody finds itself in its first list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_rig.h"

#define LIMIT 500u
#define BUDGET 8388608u
#define STEP_MS 10u

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	rig.keeps_first = true;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static int64_t
presence_bytes(void)
{
	static const char *const kinds[] = { "list", "newcomer_list", "notice", "summary",
		"difference", "snapshot" };
	char series[96];
	int64_t bytes = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(series, sizeof(series), "hubbub_gateway_presence_bytes_total{kind=\"%s\"}",
		    kinds[i]);
		bytes += rig_count(&rig, series);
	}
	return bytes;
}

static void
join(uint32_t client)
{
	struct rig_peer *peer = rig_connect_as(&rig, dialect_find(TEXT("room")));
	char name[32];

	snprintf(name, sizeof(name), "{\"username\": \"user-%05u\"}", client);
	rig_forget_said(&rig);
	rig_open(peer, client, name);
	snprintf(name, sizeof(name), "user-%05u", client);
	rig_entered(&rig, client, name, rig.ordinal);
}

static void
leave(struct rig_peer *peer, uint32_t client)
{
	gateway_core_client_closed(rig.core, peer->session, rig.now);
	rig_exited(&rig, client);
}

/* Its own list and its own notice; the socket took them first. */
static void
assert_found_itself(struct rig_peer *peer, uint32_t client)
{
	char last[80];
	const char *list = rig_next(peer);
	size_t length;

	snprintf(last, sizeof(last), "{\"client_id\": \"%08x\", \"username\": \"user-%05u\"}",
	    client, client);
	assert_int_equal(strncmp(list, "{\"type\": \"user_list\"", 20), 0);
	assert_non_null(strstr(list, last));
	length = (size_t)(strstr(list, last) - list) + strlen(last);
	assert_int_equal(list[length], ']');
	snprintf(last, sizeof(last), "\"content\": \"user-%05u \\u8fdb", client);
	assert_non_null(strstr(rig_next(peer), last));
}

struct watch {
	uint64_t since_ms;
	int64_t before;
};

static void
assert_within_budget(const struct watch *watch)
{
	uint64_t ms = rig.now.mono_ms - watch->since_ms;

	assert_true((uint64_t)(presence_bytes() - watch->before) <= BUDGET + BUDGET * ms / 1000);
}

/*
 * `total` come within a second, then for some seconds one after the other leaves and another one
 * comes; at last all but one are gone at once.
 */
static void
come_and_go(uint32_t total, uint32_t seconds, uint32_t churn)
{
	struct watch watch = { 0, 0 };
	uint32_t client = 0;
	uint32_t oldest = 0;

	while (client < total) {
		for (uint32_t i = 0; i < total * STEP_MS / 1000 && client < total; i++) {
			join(++client);
			if (client == LIMIT)
				watch = (struct watch){ rig.now.mono_ms, presence_bytes() };
		}
		rig_after(&rig, STEP_MS);
		if (client > LIMIT)
			assert_within_budget(&watch);
	}
	for (uint32_t step = 0; step < seconds * 1000 / STEP_MS; step++) {
		for (uint32_t i = 0; i < churn && client < RIG_PEERS_MAX; i++) {
			leave(&rig.peers[oldest], oldest + 1);
			oldest++;
			join(++client);
		}
		rig_after(&rig, STEP_MS);
		assert_within_budget(&watch);
	}
	for (uint32_t i = 0; i < client; i++)
		assert_found_itself(&rig.peers[i], i + 1);
	while (client - oldest > LIMIT + 1) {
		leave(&rig.peers[oldest], oldest + 1);
		oldest++;
	}
	rig_after(&rig, STEP_MS);
	assert_within_budget(&watch);
	/* The counters say what the sockets took, but for the frames' headers. */
	assert_true(rig.frame_bytes >= (uint64_t)presence_bytes());
	assert_true(rig.frame_bytes < (uint64_t)presence_bytes() * 104 / 100);
}

static void
six_hundred(void **state)
{
	(void)state;
	come_and_go(600, 3, 1);
}

static void
two_thousand(void **state)
{
	(void)state;
	come_and_go(2000, 3, 1);
}

static void
ten_thousand(void **state)
{
	(void)state;
	come_and_go(10000, 3, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(six_hundred),
		TEST(two_thousand),
		TEST(ten_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
