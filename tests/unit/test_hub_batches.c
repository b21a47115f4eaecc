/* What operators are told of a batch, however late they ask. */
#include "tests/unit/hub_rig.h"

#include "hub/core_operator.h"

static const struct store_ban wanted = {
	.kind = STORE_BAN_CLIENT,
	.realm = { "", 0 },
	.value = { "0000002a", 8 },
	.reason = { "", 0 },
	.made_by = { "", 0 },
};

static uint64_t
ban(struct rig *rig, bool is_kept)
{
	struct core_ban_deed deed = { 0 };

	rig->store.fails = !is_kept;
	assert_int_equal(core_ban(rig->core, rig->now, &wanted, &deed), CORE_BAN_DONE);
	rig_turn(rig, 0);
	return deed.deed.batch;
}

/* Not what became of the one behind it. */
static void
what_was_lost_stays_lost(void **state)
{
	uint64_t lost[3];
	uint64_t kept[3];
	struct rig rig;

	(void)state;
	rig_start(&rig, rig_limits());
	for (unsigned i = 0; i < 3; i++) {
		lost[i] = ban(&rig, false);
		kept[i] = ban(&rig, true);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(core_batch(rig.core, lost[i]), CORE_BATCH_LOST);
		assert_int_equal(core_batch(rig.core, kept[i]), CORE_BATCH_KEPT);
	}
	rig_stop(&rig);
}

/* It may be there again: a second wish to lift it is answered with the first. */
static void
a_ban_is_not_lifted_before_that_is_kept(void **state)
{
	struct core_ban_deed first = { 0 };
	struct core_ban_deed second = { 0 };
	struct rig rig;
	uint64_t cursor = 0;

	(void)state;
	rig_start(&rig, rig_limits());
	(void)ban(&rig, true);
	rig.store.slow = true;
	assert_int_equal(core_unban(rig.core, rig.now, &wanted, &first), CORE_BAN_DONE);
	rig_turn(&rig, 0);
	assert_int_equal(core_unban(rig.core, rig.now, &wanted, &second), CORE_BAN_DONE);
	assert_int_equal(core_batch(rig.core, second.deed.batch), CORE_BATCH_OPEN);
	rig_complete(&rig, false);
	assert_int_equal(core_batch(rig.core, second.deed.batch), CORE_BATCH_LOST);
	assert_non_null(core_next_ban(rig.core, rig.now, &cursor));
	rig_stop(&rig);
}

/* Nothing was asked of the store yet. */
static void
what_was_never_there_needs_no_batch(void **state)
{
	struct core_ban_deed deed = { 0 };
	struct rig rig;

	(void)state;
	rig_start(&rig, rig_limits());
	assert_int_equal(core_unban(rig.core, rig.now, &wanted, &deed), CORE_BAN_DONE);
	assert_int_equal(core_batch(rig.core, deed.deed.batch), CORE_BATCH_KEPT);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_lost_stays_lost),
		cmocka_unit_test(a_ban_is_not_lifted_before_that_is_kept),
		cmocka_unit_test(what_was_never_there_needs_no_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
