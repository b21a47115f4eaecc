/* The stored list of gateways: for whom a hub that starts again waits, and for whom not. */
#include "tests/unit/hub_rig.h"

#include <stdio.h>

#include "common/outcomes.h"

/* Longer than the core waits before it writes again what could not be stored. */
#define AGAIN_MS 10000u

static struct rig *
begin(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig_start(rig, rig_limits());
	return rig;
}

static void
end(struct rig *rig)
{
	rig_stop(rig);
	free(rig);
}

/* HELLO and everything, as the process of that pid. */
static unsigned
comes(struct rig *rig, const char *name, uint64_t epoch, int64_t pid)
{
	unsigned slot;

	rig->pid = pid;
	slot = rig_link(rig);
	rig_hello(rig, slot, name, epoch, 0, 0);
	RIG_SAY(rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	return slot;
}

static bool
add_row(void *context, const struct store_gateway *row)
{
	char *words = context;
	size_t length = strlen(words);

	snprintf(words + length, 2048 - length, "%s%.*s/%u", length > 0 ? " " : "",
	    (int)row->name.length, row->name.data, (unsigned)row->epoch);
	return true;
}

static void
assert_stored(struct rig *rig, const char *wanted)
{
	struct store *store = &rig->store.store;
	char words[2048] = "";

	assert_true(store->ops->read_gateways(store, add_row, words));
	assert_string_equal(words, wanted);
}

static void
assert_awaited(struct rig *rig, const char *names)
{
	struct core_status status = core_status(rig->core);

	assert_string_equal(status.awaited, names);
	assert_int_equal(status.settling, names[0] != '\0');
}

/* It hears that all is said, and nothing that is not about gateways. */
static void
hears_end(struct rig *rig, unsigned slot, unsigned gateways)
{
	struct envelope heard = { 0 };
	bool ended = false;

	while (rig_next(rig, slot, &heard)) {
		assert_true(heard.kind == ENVELOPE_WELCOME || heard.kind == ENVELOPE_ROSTER_END);
		if (heard.kind == ENVELOPE_ROSTER_END)
			assert_int_equal(heard.roster_end.gateways, gateways);
		ended = ended || heard.kind == ENVELOPE_ROSTER_END;
	}
	assert_true(ended);
}

static void
welcomed_only(struct rig *rig, unsigned slot)
{
	(void)rig_hear(rig, slot, ENVELOPE_WELCOME);
	rig_silent(rig, slot);
}

static void
all_of_the_list_are_waited_for(void **state)
{
	struct rig *rig = begin();
	unsigned slots[3];

	(void)state;
	(void)comes(rig, "one", 1, 11);
	(void)comes(rig, "two", 2, 12);
	assert_stored(rig, "one/1 two/2");
	rig_restart(rig, 0);
	assert_awaited(rig, "one two");
	/* Somebody who knew no hub gives no hint, and must not hear half of the truth either. */
	slots[0] = comes(rig, "new", 3, 13);
	slots[1] = comes(rig, "two", 2, 12);
	rig_turn(rig, 1000);
	welcomed_only(rig, slots[0]);
	welcomed_only(rig, slots[1]);
	assert_awaited(rig, "one");
	slots[2] = comes(rig, "one", 1, 11);
	assert_awaited(rig, "");
	for (unsigned i = 0; i < 3; i++)
		hears_end(rig, slots[i], 3);
	assert_stored(rig, "one/1 two/2 new/3");
	end(rig);
}

static void
nobody_is_known_any_more_who_said_goodbye_died_or_stayed_away(void **state)
{
	struct rig *rig = begin();
	unsigned slots[3];

	(void)state;
	slots[0] = comes(rig, "one", 1, 11);
	slots[1] = comes(rig, "two", 2, 12);
	slots[2] = comes(rig, "three", 3, 13);
	(void)core_gateway_detached(rig->core, slots[0], rig->now, LINK_SAID_GOODBYE);
	rig_turn(rig, 1);
	assert_stored(rig, "two/2 three/3");
	core_gateway_lost(rig->core, slots[1], rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	assert_stored(rig, "three/3");
	(void)core_gateway_detached(rig->core, slots[2], rig->now, LINK_SILENT);
	rig_turn(rig, 1);
	assert_int_equal(core_next_deadline(rig->core, rig->now), CORE_DETACH_MS - 1);
	rig_turn(rig, CORE_DETACH_MS - 2);
	assert_stored(rig, "three/3");
	rig_turn(rig, 1);
	assert_stored(rig, "");
	rig_restart(rig, 0);
	assert_awaited(rig, "");
	hears_end(rig, comes(rig, "new", 4, 14), 1);
	end(rig);
}

static void
a_broken_link_leaves_the_row(void **state)
{
	struct rig *rig = begin();
	unsigned slot = comes(rig, "one", 1, 11);
	uint64_t asked = rig->store.asked;
	uint32_t life;

	(void)state;
	life = core_gateway_detached(rig->core, slot, rig->now, LINK_CLOSED_BY_PEER);
	(void)comes(rig, "one", 1, 11);
	rig_turn(rig, CORE_DETACH_MS * 2);
	assert_int_equal(rig->store.asked, asked);
	/* What is heard late of the older link is not about the one that lives. */
	core_gateway_died(rig->core, life, rig->now);
	rig_turn(rig, 1);
	assert_stored(rig, "one/1");
	end(rig);
}

static void
the_dead_are_not_waited_for(void **state)
{
	struct rig *rig = begin();
	unsigned slot;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	(void)comes(rig, "two", 2, 12);
	(void)comes(rig, "three", 3, 13);
	rig->ended[0] = 12;
	rig_restart(rig, 0);
	assert_awaited(rig, "one three");
	rig->ended[1] = 13;
	rig_restart(rig, 0);
	assert_awaited(rig, "one");
	/* The others count it still: three knew the hub before. */
	slot = rig_link(rig);
	rig_hello(rig, slot, "one", 1, rig->hub_epoch + 1, 3);
	RIG_SAY(rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	hears_end(rig, slot, 1);
	assert_stored(rig, "one/1");
	rig->ended[2] = 11;
	rig_restart(rig, 0);
	assert_awaited(rig, "");
	rig_turn(rig, 1);
	assert_stored(rig, "");
	end(rig);
}

static void
who_dies_while_it_is_waited_for_is_waited_for_no_longer(void **state)
{
	struct rig *rig = begin();
	unsigned one;
	unsigned two;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	(void)comes(rig, "two", 2, 12);
	rig_restart(rig, 0);
	one = comes(rig, "one", 1, 11);
	rig->pid = 12;
	two = rig_link(rig);
	rig_hello(rig, two, "two", 2, 4242, 2);
	rig_turn(rig, 1);
	/* A broken link alone changes nothing: it may come again. */
	(void)core_gateway_detached(rig->core, two, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	assert_awaited(rig, "two");
	two = rig_link(rig);
	rig_hello(rig, two, "two", 2, 4242, 2);
	core_gateway_lost(rig->core, two, rig->now, LINK_CLOSED_BY_PEER);
	rig_turn(rig, 1);
	assert_awaited(rig, "");
	hears_end(rig, one, 1);
	assert_stored(rig, "one/1");
	end(rig);
}

static void
another_life_of_the_name_is_as_good(void **state)
{
	struct rig *rig = begin();
	unsigned slot;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	rig_restart(rig, 0);
	assert_awaited(rig, "one");
	slot = comes(rig, "one", 2, 21);
	assert_awaited(rig, "");
	hears_end(rig, slot, 1);
	assert_stored(rig, "one/2");
	/* Whose process it is is known as well. */
	rig->ended[0] = 11;
	rig_restart(rig, 0);
	assert_awaited(rig, "one");
	end(rig);
}

static void
who_never_comes_is_given_up_and_forgotten(void **state)
{
	struct rig *rig = begin();
	unsigned renamed;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	(void)comes(rig, "two", 2, 12);
	rig_restart(rig, 0);
	/* Time alone is enough: nobody needs to say anything. */
	assert_int_equal(core_next_deadline(rig->core, rig->now), 2000);
	renamed = comes(rig, "zwei", 2, 12);
	rig_turn(rig, 1998);
	welcomed_only(rig, renamed);
	assert_awaited(rig, "one two");
	rig_turn(rig, 1);
	assert_awaited(rig, "");
	hears_end(rig, renamed, 1);
	assert_stored(rig, "zwei/2");
	rig_restart(rig, 0);
	assert_awaited(rig, "zwei");
	end(rig);
}

static void
who_is_in_the_middle_of_coming_is_not_forgotten(void **state)
{
	struct rig *rig = begin();
	unsigned slot;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	rig_restart(rig, 0);
	slot = rig_link(rig);
	rig_hello(rig, slot, "one", 1, 4242, 1);
	rig_turn(rig, 2000);
	assert_awaited(rig, "");
	assert_stored(rig, "one/1");
	RIG_SAY(rig, slot, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	hears_end(rig, slot, 1);
	end(rig);
}

static void
a_hub_that_dies_before_the_commit_has_told_nobody(void **state)
{
	struct rig *rig = begin();
	unsigned one = rig_gateway(rig, "one");
	unsigned two;

	(void)state;
	rig->store.slow = true;
	two = rig_link(rig);
	rig_hello(rig, two, "two", 2, 0, 0);
	RIG_SAY(rig, two, OPEN, open, .conn = 1, .dialect = TEXT("room"), .realm = TEXT("open"),
	    .name = TEXT("ana"));
	RIG_SAY(rig, two, JOIN, join, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(rig, two, ROSTER_END, roster_end, 0);
	rig_turn(rig, 1);
	rig_silent(rig, one);
	rig_silent(rig, two);
	rig_restart(rig, 0);
	assert_awaited(rig, "one");
	rig->store.slow = false;
	rig_turn(rig, 1);
	assert_stored(rig, "one/100");
	end(rig);
}

static void
what_the_store_did_not_keep_is_written_again(void **state)
{
	struct rig *rig = begin();
	unsigned one = comes(rig, "one", 1, 11);

	(void)state;
	(void)comes(rig, "two", 2, 12);
	rig->store.fails = true;
	(void)core_gateway_detached(rig->core, one, rig->now, LINK_SAID_GOODBYE);
	(void)comes(rig, "three", 3, 13);
	rig_turn(rig, 1);
	/* Who was let in is told all the same. */
	assert_stored(rig, "one/1 two/2");
	assert_int_equal(core_status(rig->core).gateways, 2);
	rig_turn(rig, AGAIN_MS);
	assert_stored(rig, "one/1 two/2");
	rig->store.fails = false;
	rig->store.full = true;
	rig_turn(rig, 1);
	assert_in_range(core_next_deadline(rig->core, rig->now), AGAIN_MS - 1000, AGAIN_MS);
	rig_turn(rig, AGAIN_MS);
	rig->store.full = false;
	rig_turn(rig, 1);
	assert_stored(rig, "one/1 two/2");
	rig_turn(rig, AGAIN_MS);
	assert_stored(rig, "three/3 two/2");
	assert_true(core_next_deadline(rig->core, rig->now) > AGAIN_MS);
	end(rig);
}

static bool
count_row(void *context, const struct store_gateway *row)
{
	assert_true(row->name.length > 0);
	++*(unsigned *)context;
	return true;
}

static void
the_list_is_bounded(void **state)
{
	struct rig *rig = begin();
	struct store *store = &rig->store.store;
	unsigned count = 0;
	char name[16];

	(void)state;
	(void)comes(rig, "stays", 1, 11);
	/* Each may come again for a while. */
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX * 2; i++) {
		snprintf(name, sizeof(name), "gw-%u", i);
		(void)core_gateway_detached(
		    rig->core, comes(rig, name, 2 + i, 12), rig->now, LINK_SILENT);
	}
	rig_turn(rig, 1);
	assert_true(store->ops->read_gateways(store, count_row, &count));
	assert_int_equal(count, CORE_GATEWAYS_MAX);
	rig_turn(rig, CORE_DETACH_MS);
	assert_stored(rig, "stays/1");
	/* A file may hold more than fit. */
	for (unsigned i = 0; i < CORE_GATEWAYS_MAX * 2; i++) {
		snprintf(name, sizeof(name), "old-%u", i);
		assert_true(store->ops->put_gateway(
		    store, &(struct store_gateway){ .name = text_of(name) }));
	}
	assert_true(store->ops->put_gateway(store,
	    &(struct store_gateway){ .name = TEXT("longer than any gateway may be called") }));
	store->ops->commit(store, rig->store.asked + 1);
	rig_restart(rig, 1);
	assert_true(core_status(rig->core).settling);
	rig_turn(rig, 1);
	count = 0;
	assert_true(store->ops->read_gateways(store, count_row, &count));
	assert_int_equal(count, CORE_GATEWAYS_MAX);
	rig_turn(rig, 2000);
	assert_awaited(rig, "");
	assert_stored(rig, "");
	end(rig);
}

static void
rooms_are_listed_once_it_is_known_who_is_in_them(void **state)
{
	struct rig *rig = begin();
	struct envelope heard = { 0 };
	unsigned one;

	(void)state;
	(void)comes(rig, "one", 1, 11);
	(void)comes(rig, "two", 2, 12);
	rig_restart(rig, 0);
	one = comes(rig, "one", 1, 11);
	RIG_SAY(rig, one, OPEN, open, .conn = 1, .dialect = TEXT("room"), .realm = TEXT("open"),
	    .name = TEXT("ana"));
	rig_turn(rig, 1);
	rig_forget(rig);
	RIG_SAY(rig, one, FETCH, fetch, .token = 1, .conn = 1, .room = TEXT("lobby"));
	RIG_SAY(rig, one, LIST, list, .token = 2, .conn = 1);
	rig_turn(rig, 1);
	assert_int_equal(rig_hear(rig, one, ENVELOPE_FETCHED).fetched.token, 1);
	rig_silent(rig, one);
	/* Nor is the hub kept busy by it. */
	assert_true(core_next_deadline(rig->core, rig->now) > 1000);
	(void)comes(rig, "two", 2, 12);
	while (heard.kind != ENVELOPE_LIST_END)
		assert_true(rig_next(rig, one, &heard));
	assert_int_equal(heard.list_end.token, 2);
	end(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_the_list_are_waited_for),
		cmocka_unit_test(nobody_is_known_any_more_who_said_goodbye_died_or_stayed_away),
		cmocka_unit_test(a_broken_link_leaves_the_row),
		cmocka_unit_test(the_dead_are_not_waited_for),
		cmocka_unit_test(who_dies_while_it_is_waited_for_is_waited_for_no_longer),
		cmocka_unit_test(another_life_of_the_name_is_as_good),
		cmocka_unit_test(who_never_comes_is_given_up_and_forgotten),
		cmocka_unit_test(who_is_in_the_middle_of_coming_is_not_forgotten),
		cmocka_unit_test(a_hub_that_dies_before_the_commit_has_told_nobody),
		cmocka_unit_test(what_the_store_did_not_keep_is_written_again),
		cmocka_unit_test(the_list_is_bounded),
		cmocka_unit_test(rooms_are_listed_once_it_is_known_who_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
