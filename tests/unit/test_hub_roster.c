/* The roster as gateways learn it: in parts, with life going on meanwhile, and after a restart. */
#include "tests/unit/hub_rig.h"

/* A hub that has nothing to do wakes once a minute. */
#define IDLE_MS 50000u

#include <stdio.h>

#include "common/outcomes.h"

#define PART 65536u
#define CROWD 5000u

/* Where everybody is: places in joining order by room and client; 0: not there. */
struct picture {
	uint64_t ordinals[3][CROWD];
	unsigned ends; /* ROSTER_ENDs heard */
};

static const char *const rooms[3] = { "lobby", "second", "third" };

static uint64_t *
place_in(struct picture *picture, struct text room, uint32_t client)
{
	unsigned r = 0;

	while (r < 3 && !text_equal(room, text_of(rooms[r])))
		r++;
	assert_in_range(r, 0, 2);
	assert_in_range(client, 1, CROWD);
	return &picture->ordinals[r][client - 1];
}

/* Takes in what a gateway was told; every line must make sense where it stands. */
static void
believe(struct rig *rig, unsigned slot, struct picture *belief)
{
	struct envelope heard = { 0 };
	uint64_t *place;

	while (rig_next(rig, slot, &heard)) {
		if (heard.kind == ENVELOPE_ENTERED) {
			place = place_in(belief, heard.entered.room, heard.entered.client);
			assert_int_equal(*place, 0);
			*place = heard.entered.ordinal;
		} else if (heard.kind == ENVELOPE_EXITED) {
			place = place_in(belief, heard.exited.room, heard.exited.client);
			assert_int_not_equal(*place, 0);
			*place = 0;
		} else {
			belief->ends += heard.kind == ENVELOPE_ROSTER_END;
		}
	}
}

static void
enter(struct rig *rig, unsigned slot, struct picture *truth, uint32_t client,
    struct random_source random)
{
	unsigned room = (unsigned)random_below(random, 3);
	uint64_t ordinal = 1 + random_below(random, 1u << 30);
	char name[41];

	snprintf(name, sizeof(name), "somebody with a long name, number %u", client);
	RIG_SAY(rig, slot, OPEN, open, .conn = client, .client = client, .name = text_of(name));
	RIG_SAY(rig, slot, JOIN, join, .conn = client, .room = text_of(rooms[room]),
	    .ordinal = ordinal);
	truth->ordinals[room][client - 1] = ordinal;
}

/* Some leave and come back elsewhere: on both sides of what was said so far. */
static void
live_on(struct rig *rig, unsigned slot, struct picture *truth, struct random_source random)
{
	for (unsigned n = 0; n < 30; n++) {
		uint32_t client = 1 + (uint32_t)random_below(random, CROWD);

		RIG_SAY(rig, slot, CLOSED, closed, .conn = client);
		for (unsigned room = 0; room < 3; room++)
			truth->ordinals[room][client - 1] = 0;
		if (random_below(random, 3) != 0)
			enter(rig, slot, truth, client, random);
	}
}

static void
a_crowd_is_told_in_parts_while_life_goes_on(void **state)
{
	struct rig rig;
	struct core_limits limits = rig_limits();
	struct picture *truth = calloc(1, sizeof(*truth));
	struct picture *belief = calloc(1, sizeof(*belief));
	uint64_t seed = 3;
	struct random_source random = random_seeded(&seed);
	unsigned crowd;
	unsigned newcomer;
	unsigned parts = 0;

	(void)state;
	limits.clients_max = CROWD * 2;
	rig_start(&rig, limits);
	crowd = rig_gateway(&rig, "crowd");
	for (uint32_t client = 1; client <= CROWD; client++)
		enter(&rig, crowd, truth, client, random);
	rig_turn(&rig, 1);
	rig_forget(&rig);
	newcomer = rig_link(&rig);
	rig_hello(&rig, newcomer, "newcomer", 1, 0, 0);
	RIG_SAY(&rig, newcomer, ROSTER_END, roster_end, 0);
	do {
		rig_turn(&rig, 1);
		/* A turn's differences come on top of its part. */
		assert_in_range(rig_unheard(&rig, newcomer), 1, PART + 8192);
		believe(&rig, newcomer, belief);
		live_on(&rig, crowd, truth, random);
		assert_in_range(++parts, 1, 100);
		assert_int_equal(core_next_deadline(rig.core, rig.now), 0);
	} while (belief->ends == 0);
	assert_in_range(parts, 4, 100);
	rig_turn(&rig, 1);
	believe(&rig, newcomer, belief);
	assert_memory_equal(belief->ordinals, truth->ordinals, sizeof(truth->ordinals));
	assert_true(core_next_deadline(rig.core, rig.now) > IDLE_MS);
	free(truth);
	free(belief);
	rig_stop(&rig);
}

static void
others_hear_nothing_of_it(void **state)
{
	struct rig rig;
	unsigned first;
	unsigned second;

	(void)state;
	rig_start(&rig, rig_limits());
	first = rig_gateway(&rig, "first");
	(void)rig_client(&rig, first, 1, "ana");
	second = rig_link(&rig);
	rig_hello(&rig, second, "second", 1, 0, 0);
	RIG_SAY(&rig, second, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	(void)rig_hear(&rig, second, ENVELOPE_WELCOME);
	assert_text(rig_hear(&rig, second, ENVELOPE_ENTERED).entered.name, "ana");
	assert_int_equal(rig_hear(&rig, second, ENVELOPE_ROSTER_END).roster_end.gateways, 2);
	rig_silent(&rig, second);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ROSTER_END).roster_end.gateways, 2);
	rig_silent(&rig, first);
	rig_stop(&rig);
}

/* A gateway that knew the hub before comes with one client. */
static unsigned
come_again(struct rig *rig, const char *name, uint32_t client, uint64_t ordinal, unsigned known)
{
	unsigned slot = rig_link(rig);

	rig_hello(rig, slot, name, 1, 4242, known);
	RIG_SAY(rig, slot, OPEN, open, .conn = 1, .client = client, .name = text_of(name));
	RIG_SAY(rig, slot, JOIN, join, .conn = 1, .room = TEXT("lobby"), .ordinal = ordinal);
	RIG_SAY(rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	(void)rig_hear(rig, slot, ENVELOPE_WELCOME);
	(void)rig_hear(rig, slot, ENVELOPE_OPENED);
	(void)rig_hear(rig, slot, ENVELOPE_JOINED);
	return slot;
}

static void
hear_both(struct rig *rig, unsigned slot)
{
	assert_int_equal(rig_hear(rig, slot, ENVELOPE_ENTERED).entered.client, 0xa);
	assert_int_equal(rig_hear(rig, slot, ENVELOPE_ENTERED).entered.client, 0xb);
	assert_int_equal(rig_hear(rig, slot, ENVELOPE_ROSTER_END).roster_end.gateways, 2);
}

static void
after_a_restart_nothing_is_said_until_all_are_back(void **state)
{
	struct rig rig;
	unsigned first;
	unsigned second;

	(void)state;
	rig_start(&rig, rig_limits());
	first = come_again(&rig, "ben", 0xb, 2000, 2);
	assert_true(core_status(rig.core).settling);
	RIG_SAY(&rig, first, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ana"),
	    .flags = TELL_BY_NAME);
	RIG_SAY(&rig, first, PUBLISH, publish, .number = 2, .conn = 1, .room = TEXT("lobby"));
	rig_turn(&rig, 1000);
	rig_silent(&rig, first);
	assert_int_equal(core_next_deadline(rig.core, rig.now), 999);
	second = come_again(&rig, "ana", 0xa, 1000, 2);
	assert_false(core_status(rig.core).settling);
	/* In joining order, whoever was back first, and then what had waited. */
	hear_both(&rig, first);
	hear_both(&rig, second);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_OUTCOME).outcome.code, OUTCOME_OK);
	assert_int_equal(rig_hear(&rig, second, ENVELOPE_WHISPER).whisper.from, 0xb);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_OUTCOME).outcome.number, 2);
	(void)rig_hear(&rig, first, ENVELOPE_DELIVER);
	(void)rig_hear(&rig, second, ENVELOPE_DELIVER);
	rig_silent(&rig, first);
	rig_silent(&rig, second);
	rig_stop(&rig);
}

static void
who_does_not_come_back_is_waited_for_only_so_long(void **state)
{
	struct rig rig;
	unsigned first;

	(void)state;
	rig_start(&rig, rig_limits());
	first = come_again(&rig, "ben", 0xb, 2000, 3);
	RIG_SAY(&rig, first, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ana"),
	    .flags = TELL_BY_NAME);
	rig_turn(&rig, 1998);
	rig_silent(&rig, first);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ENTERED).entered.client, 0xb);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ROSTER_END).roster_end.gateways, 1);
	assert_int_equal(
	    rig_hear(&rig, first, ENVELOPE_OUTCOME).outcome.code, OUTCOME_NO_SUCH_USER);
	/* Once in a life: a late one is told at once. */
	(void)come_again(&rig, "ana", 0xa, 1000, 3);
	assert_false(core_status(rig.core).settling);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_ENTERED).entered.client, 0xa);
	rig_stop(&rig);
}

static void
the_most_that_any_gateway_knew_are_waited_for(void **state)
{
	struct rig rig;
	unsigned first;

	(void)state;
	rig_start(&rig, rig_limits());
	first = rig_link(&rig);
	rig_hello(&rig, first, "one", 1, 4242, 1);
	(void)come_again(&rig, "two", 0xb, 2000, 3);
	RIG_SAY(&rig, first, ROSTER_END, roster_end, 0);
	rig_turn(&rig, 1);
	assert_true(core_status(rig.core).settling);
	(void)come_again(&rig, "three", 0xc, 3000, 3);
	assert_false(core_status(rig.core).settling);
	rig_stop(&rig);
}

static void
held_commands_of_a_lost_gateway_are_dropped(void **state)
{
	struct rig rig;
	unsigned first;

	(void)state;
	rig_start(&rig, rig_limits());
	first = come_again(&rig, "ben", 0xb, 2000, 2);
	RIG_SAY(&rig, first, TELL, tell, .number = 1, .conn = 1, .to = TEXT("ana"),
	    .flags = TELL_BY_NAME);
	core_gateway_lost(rig.core, first, rig.now, LINK_CLOSED_BY_PEER);
	rig_forget(&rig);
	rig_turn(&rig, 3000);
	assert_false(core_status(rig.core).settling);
	rig_silent(&rig, first);
	rig_stop(&rig);
}

static void
held_commands_are_taken_up_in_parts_and_in_order(void **state)
{
	struct core_limits limits = rig_limits();
	struct rig rig;
	char *content = calloc(1, 100000);
	unsigned first;
	unsigned turns = 0;
	uint64_t number = 0;

	(void)state;
	limits.content_bytes = 100000;
	memset(content, 'x', 100000);
	rig_start(&rig, limits);
	first = come_again(&rig, "ben", 0xb, 2000, 2);
	for (unsigned i = 1; i <= 30; i++)
		RIG_SAY(&rig, first, PUBLISH, publish, .number = i, .conn = 1,
		    .room = TEXT("lobby"), .content = { content, 100000 });
	rig_turn(&rig, 2000);
	RIG_SAY(&rig, first, PUBLISH, publish, .number = 31, .conn = 1, .room = TEXT("lobby"));
	while (core_next_deadline(rig.core, rig.now) <= IDLE_MS) {
		assert_in_range(rig_unheard(&rig, first), 1, 1300000);
		for (struct envelope heard; rig_next(&rig, first, &heard);) {
			if (heard.kind == ENVELOPE_OUTCOME)
				assert_int_equal(heard.outcome.number, ++number);
		}
		rig_forget(&rig);
		rig_turn(&rig, 1);
		turns++;
	}
	while (number < 31) {
		struct envelope heard = { 0 };

		assert_true(rig_next(&rig, first, &heard));
		if (heard.kind == ENVELOPE_OUTCOME)
			assert_int_equal(heard.outcome.number, ++number);
	}
	assert_in_range(turns, 2, 4);
	free(content);
	rig_stop(&rig);
}

static void
too_many_held_commands_are_refused(void **state)
{
	struct core_limits limits = rig_limits();
	struct rig rig;
	unsigned first;

	(void)state;
	limits.commands_max = 2;
	rig_start(&rig, limits);
	first = come_again(&rig, "ben", 0xb, 2000, 2);
	for (uint64_t number = 1; number <= 3; number++)
		RIG_SAY(&rig, first, TELL, tell, .number = number, .conn = 1, .to = TEXT("ana"),
		    .flags = TELL_BY_NAME);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, first, ENVELOPE_OUTCOME).outcome.number, 3);
	rig_silent(&rig, first);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crowd_is_told_in_parts_while_life_goes_on),
		cmocka_unit_test(others_hear_nothing_of_it),
		cmocka_unit_test(after_a_restart_nothing_is_said_until_all_are_back),
		cmocka_unit_test(who_does_not_come_back_is_waited_for_only_so_long),
		cmocka_unit_test(the_most_that_any_gateway_knew_are_waited_for),
		cmocka_unit_test(held_commands_of_a_lost_gateway_are_dropped),
		cmocka_unit_test(held_commands_are_taken_up_in_parts_and_in_order),
		cmocka_unit_test(too_many_held_commands_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
