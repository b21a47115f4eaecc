/* Gateways that let their clients go: who is told, who says so, and what is left of them. */
#include "tests/unit/hub_rig.h"

#include "hub/core_operator.h"

static struct core_gateway_info
first(struct rig *rig)
{
	struct core_gateway_info info = { 0 };
	unsigned cursor = 0;

	assert_true(core_next_gateway(rig->core, &cursor, &info));
	return info;
}

static void
a_gateway_is_told_and_says_so(void **state)
{
	struct core_drained drained;
	struct rig rig;
	uint32_t over_ms;
	unsigned here;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	(void)rig_client(&rig, here, 1, "ana");
	assert_int_equal(core_drain(rig.core, TEXT("here"), 60000, &drained), CORE_DRAIN_TOLD);
	assert_int_equal(drained.clients, 1);
	rig_turn(&rig, 1);
	assert_int_equal(rig_hear(&rig, here, ENVELOPE_DRAIN).drain.over_ms, 60000);
	rig_silent(&rig, here);
	assert_false(core_drain_begun(rig.core, &drained, &over_ms));
	assert_false(first(&rig).draining);
	RIG_SAY(&rig, here, DRAINING, draining, .over_ms = 59000);
	assert_true(core_drain_begun(rig.core, &drained, &over_ms));
	assert_int_equal(over_ms, 59000);
	assert_true(first(&rig).draining && first(&rig).attached);

	/* Told again, it is to say so again; one that has ended needs not. */
	assert_int_equal(core_drain(rig.core, TEXT("here"), 0, &drained), CORE_DRAIN_TOLD);
	assert_false(core_drain_begun(rig.core, &drained, &over_ms));
	core_gateway_lost(rig.core, here, rig.now, LINK_SAID_GOODBYE);
	assert_true(core_drain_begun(rig.core, &drained, &over_ms));
	rig_stop(&rig);
}

static void
who_cannot_be_told_is_not(void **state)
{
	struct core_drained drained;
	struct rig rig;

	(void)state;
	rig_start(&rig, rig_limits());
	assert_int_equal(core_drain(rig.core, TEXT("nobody"), 1000, &drained), CORE_DRAIN_UNKNOWN);
	rig_hello(&rig, rig_link(&rig), "new", 8, 0, 0);
	assert_int_equal(core_drain(rig.core, TEXT("new"), 1000, &drained), CORE_DRAIN_SETTLING);
	rig_stop(&rig);
}

static bool
count(void *context, const struct store_outcome *stored)
{
	(void)stored;
	++*(unsigned *)context;
	return true;
}

/* Of the life that rig_gateway gives a gateway. */
static unsigned
outcomes_kept(struct rig *rig, unsigned slot)
{
	struct store *store = &rig->store.store;
	unsigned kept = 0;

	assert_true(store->ops->read_outcomes(store, TEXT("here"), 100 + slot, 0, count, &kept));
	return kept;
}

/* Its successor may have another name: nobody comes who could ask for its outcomes. */
static void
a_goodbye_takes_its_outcomes_along(void **state)
{
	struct rig rig;
	unsigned here;

	(void)state;
	rig_start(&rig, rig_limits());
	here = rig_gateway(&rig, "here");
	(void)rig_client(&rig, here, 1, "ana");
	RIG_SAY(&rig, here, PUBLISH, publish, .number = 1, .conn = 1, .room = TEXT("lobby"),
	    .content = TEXT("hello"));
	rig_turn(&rig, 1);
	assert_int_equal(outcomes_kept(&rig, here), 1);
	RIG_REFUSED(&rig, here, LINK_SAID_GOODBYE, GOODBYE, goodbye, .reason = TEXT("stop"));
	rig_turn(&rig, 1);
	assert_int_equal(outcomes_kept(&rig, here), 0);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_is_told_and_says_so),
		cmocka_unit_test(who_cannot_be_told_is_not),
		cmocka_unit_test(a_goodbye_takes_its_outcomes_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
