/*
 * Presence: lookups, rooms, joining order, lost connections, and a long random life against plain
 * arrays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/random.h"
#include "hub/presence.h"
#include "hub/router.h"

static const struct table_key key = { { 11, 13 } };

static struct client *
come(struct presence *presence, uint32_t id, unsigned slot, uint64_t conn, const char *name)
{
	struct client facts = {
		.id = id,
		.slot = slot,
		.conn = conn,
		.since_wall_ms = 1,
		.name = text_of(name),
		.dialect = TEXT("room"),
		.realm = TEXT("open"),
		.address = TEXT("127.0.0.1"),
	};

	return presence_open(presence, &facts);
}

static struct member *
join(struct presence *presence, struct client *client, const char *room, uint64_t ordinal)
{
	return presence_join(presence, client, text_of(room), NULL, ordinal);
}

static void
clients_are_found_in_three_ways(void **state)
{
	struct presence *presence = presence_create(key);
	struct client *ana = come(presence, 0xaaaa, 1, 10, "ana");
	struct client *ben = come(presence, 0xbbbb, 2, 10, "ben");

	(void)state;
	assert_ptr_equal(presence_by_id(presence, 0xaaaa), ana);
	assert_ptr_equal(presence_by_conn(presence, 1, 10), ana);
	assert_ptr_equal(presence_by_conn(presence, 2, 10), ben);
	assert_null(presence_by_conn(presence, 3, 10));
	assert_ptr_equal(presence_by_name(presence, TEXT("ben")), ben);
	assert_string_equal(ana->address.data, "127.0.0.1");
	assert_int_equal(presence_clients(presence), 2);
	presence_close(presence, ana);
	assert_null(presence_by_id(presence, 0xaaaa));
	assert_null(presence_by_conn(presence, 1, 10));
	assert_null(presence_by_name(presence, TEXT("ana")));
	assert_null(presence_first_of(presence, 1));
	presence_destroy(&presence);
	assert_null(presence);
	presence_destroy(&presence);
}

static void
who_is_detached_is_found_by_its_life_and_connection(void **state)
{
	struct presence *presence = presence_create(key);
	struct client *ana = come(presence, 1, 4, 10, "ana");
	struct client *ben = come(presence, 2, 4, 11, "ben");
	struct client *cem = come(presence, 3, 5, 10, "cem");
	struct client *dan = come(presence, 4, 5, 11, "dan");
	const struct client back = { .slot = 6, .conn = 10, .address = TEXT("127.0.0.1") };

	(void)state;
	ben->left = true; /* its connection was lost before */
	presence_detach(presence, ana, 7);
	presence_detach(presence, ben, 7);
	presence_detach(presence, cem, 8);
	presence_detach(presence, dan, 8);
	assert_ptr_equal(presence_awaited(presence, 7, 10), ana);
	assert_null(presence_awaited(presence, 7, 11));
	assert_ptr_equal(presence_awaited(presence, 8, 10), cem);
	assert_null(presence_awaited(presence, 9, 10));
	assert_true(presence_rebind(presence, ana, &back));
	assert_null(presence_awaited(presence, 7, 10));
	presence_close(presence, cem);
	assert_null(presence_awaited(presence, 8, 10));
	presence_move(presence, dan, 6);
	assert_null(presence_awaited(presence, 8, 11));
	presence_destroy(&presence);
}

static void
who_lingers_is_heard_for_by_nobody(void **state)
{
	struct presence *presence = presence_create(key);
	struct client *ana = come(presence, 1, 4, 10, "ana");
	struct client *ben = come(presence, 2, 4, 11, "ben");
	struct member *member = join(presence, ana, "lobby", 1);
	struct client facts = { .slot = 5, .conn = 7, .address = TEXT("::1") };

	(void)state;
	assert_non_null(join(presence, ben, "hall", 2));
	presence_linger(presence, ana);
	assert_null(presence_by_conn(presence, 4, 10));
	assert_ptr_equal(presence_by_id(presence, 1), ana);
	assert_ptr_equal(presence_by_name(presence, TEXT("ana")), ana);
	assert_int_equal(presence_room(presence, TEXT("lobby"))->slots, 0);
	assert_int_equal(presence_room(presence, TEXT("lobby"))->count, 1);
	assert_true(presence_rebind(presence, ana, &facts));
	assert_ptr_equal(presence_by_conn(presence, 5, 7), ana);
	assert_ptr_equal(presence_first_of(presence, 5), ana);
	assert_ptr_equal(presence_first_of(presence, 4), ben);
	assert_null(ben->neighbour);
	assert_string_equal(ana->address.data, "::1");
	assert_int_equal(presence_room(presence, TEXT("lobby"))->slots, 0);
	presence_hear(member);
	presence_hear(member);
	assert_int_equal(presence_room(presence, TEXT("lobby"))->slots, UINT64_C(1) << 5);
	presence_linger(presence, ana);
	presence_close(presence, ana);
	assert_null(presence_room(presence, TEXT("lobby")));
	assert_null(presence_by_id(presence, 1));
	assert_int_equal(presence_clients(presence), 1);
	presence_destroy(&presence);
}

static void
rooms_live_as_long_as_their_members(void **state)
{
	struct presence *presence = presence_create(key);
	struct client *ana = come(presence, 1, 0, 1, "ana");
	struct client *ben = come(presence, 2, 63, 1, "ben");
	struct room *room;
	uint64_t serial;

	(void)state;
	assert_null(presence_room(presence, TEXT("lobby")));
	room = join(presence, ana, "lobby", 10)->room;
	serial = room->serial;
	assert_ptr_equal(presence_room(presence, TEXT("lobby")), room);
	join(presence, ben, "lobby", 11);
	join(presence, ben, "other", 12);
	assert_int_equal(presence_rooms(presence), 2);
	assert_true(router_room(room) == (UINT64_C(1) | UINT64_C(1) << 63));
	assert_non_null(presence_member(ben, TEXT("other")));
	assert_null(presence_member(ana, TEXT("other")));
	presence_leave(presence, presence_member(ana, TEXT("lobby")));
	assert_true(router_room(room) == UINT64_C(1) << 63);
	assert_int_equal(room->count, 1);
	presence_close(presence, ben);
	assert_int_equal(presence_rooms(presence), 0);
	assert_null(presence_room_from(presence, 0));
	/* A room that comes again is a new one: a walk that passed the old one must meet it. */
	assert_true(join(presence, ana, "lobby", 13)->room->serial > serial);
	presence_destroy(&presence);
}

static void
walks_rooms_in_order_of_serials(void **state)
{
	struct presence *presence = presence_create(key);
	struct client *ana = come(presence, 1, 0, 1, "ana");
	struct room *a = join(presence, ana, "a", 1)->room;
	struct room *b = join(presence, ana, "b", 2)->room;
	struct room *c = join(presence, ana, "c", 3)->room;
	uint64_t gone = b->serial;

	(void)state;
	assert_ptr_equal(presence_room_from(presence, 0), a);
	assert_ptr_equal(presence_room_from(presence, b->serial), b);
	presence_leave(presence, presence_member(ana, TEXT("b")));
	assert_ptr_equal(presence_room_from(presence, gone), c);
	assert_ptr_equal(a->next, c);
	assert_ptr_equal(c->previous, a);
	assert_null(presence_room_from(presence, c->serial + 1));
	presence_destroy(&presence);
}

static void
late_comers_with_early_ordinals_are_put_in_order(void **state)
{
	struct presence *presence = presence_create(key);
	uint64_t ordinals[] = { 50, 10, 40, 20, 30 };
	struct room *room = NULL;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct client *client = come(presence, i + 1, i, 1, "x");

		room = join(presence, client, "lobby", ordinals[i])->room;
	}
	presence_leave(presence, presence_by_id(presence, 3)->memberships);
	presence_order(room);
	assert_int_equal(room->used, 4);
	for (unsigned i = 0; i + 1 < room->used; i++)
		assert_true(room->members[i]->ordinal < room->members[i + 1]->ordinal);
	assert_int_equal(presence_compare(room->members[0], 10, 2), 0);
	assert_int_equal(presence_compare(room->members[0], 10, 3), -1);
	assert_int_equal(presence_compare(room->members[0], 9, 9), 1);
	presence_destroy(&presence);
}

#define LIVES 300u
#define ROOMS 4u

/* What a random life should have come to. */
struct model {
	struct client *clients[LIVES];
	uint64_t ordinals[LIVES][ROOMS]; /* 0: not in */
};

static const char *const room_names[ROOMS] = { "a", "b", "c", "d" };

static void
check_room(struct presence *presence, const struct model *model, unsigned r)
{
	struct room *room = presence_room(presence, text_of(room_names[r]));
	unsigned expected = 0;
	uint64_t slots = 0;

	for (unsigned i = 0; i < LIVES; i++) {
		if (model->clients[i] == NULL || model->ordinals[i][r] == 0)
			continue;
		expected++;
		slots |= UINT64_C(1) << model->clients[i]->slot;
	}
	if (expected == 0) {
		assert_null(room);
		return;
	}
	assert_int_equal(room->count, expected);
	assert_true(room->slots == slots);
	presence_order(room);
	assert_int_equal(room->used, expected);
	for (size_t i = 0; i < room->used; i++) {
		const struct member *member = room->members[i];

		assert_int_equal(member->place, i);
		assert_int_equal(member->ordinal, model->ordinals[member->client->id - 1][r]);
		if (i > 0)
			assert_int_equal(presence_compare(room->members[i - 1], member->ordinal,
					     member->client->id),
			    -1);
	}
}

static void
step(struct presence *presence, struct model *model, struct random_source random)
{
	unsigned i = (unsigned)random_below(random, LIVES);
	unsigned r = (unsigned)random_below(random, ROOMS);
	uint64_t *ordinal = &model->ordinals[i][r];
	char name[8];

	if (model->clients[i] == NULL) {
		snprintf(name, sizeof(name), "n%u", i % 7);
		model->clients[i] =
		    come(presence, i + 1, (unsigned)random_below(random, 5), i, name);
		assert_non_null(model->clients[i]);
	} else if (random_below(random, 4) == 0) {
		presence_close(presence, model->clients[i]);
		model->clients[i] = NULL;
		memset(model->ordinals[i], 0, sizeof(model->ordinals[i]));
	} else if (*ordinal == 0) {
		*ordinal = 1 + random_below(random, 1000);
		assert_non_null(join(presence, model->clients[i], room_names[r], *ordinal));
	} else {
		*ordinal = 0;
		presence_leave(
		    presence, presence_member(model->clients[i], text_of(room_names[r])));
	}
}

static void
a_long_random_life_leaves_a_true_picture(void **state)
{
	static struct model model;
	struct presence *presence = presence_create(key);
	uint64_t seed = 99;
	struct random_source random = random_seeded(&seed);

	(void)state;
	for (unsigned n = 0; n < 30000; n++) {
		step(presence, &model, random);
		if (n % 100 != 0)
			continue;
		for (unsigned r = 0; r < ROOMS; r++)
			check_room(presence, &model, r);
		for (unsigned i = 0; i < LIVES; i++)
			assert_ptr_equal(presence_by_id(presence, i + 1), model.clients[i]);
	}
	presence_destroy(&presence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_found_in_three_ways),
		cmocka_unit_test(who_is_detached_is_found_by_its_life_and_connection),
		cmocka_unit_test(who_lingers_is_heard_for_by_nobody),
		cmocka_unit_test(rooms_live_as_long_as_their_members),
		cmocka_unit_test(walks_rooms_in_order_of_serials),
		cmocka_unit_test(late_comers_with_early_ordinals_are_put_in_order),
		cmocka_unit_test(a_long_random_life_leaves_a_true_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
