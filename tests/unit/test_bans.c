/* Who is banned, by what and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/bans.h"

static const struct table_key key = { { 1, 2 } };

static int
setup(void **state)
{
	*state = bans_create(key);
	return *state == NULL;
}

static int
teardown(void **state)
{
	bans_destroy((struct bans **)state);
	assert_null(*state);
	bans_destroy((struct bans **)state);
	return 0;
}

static bool
put(struct bans *bans, enum store_ban_kind kind, const char *value, int64_t until_ms)
{
	return bans_put(bans, &(struct store_ban){ .kind = kind,
				  .realm = kind == STORE_BAN_USER ? TEXT("open") : TEXT(""),
				  .value = text_of(value),
				  .reason = TEXT("why"),
				  .made_by = TEXT("root"),
				  .since_ms = 1,
				  .until_ms = until_ms });
}

/* What bans an address at that time; "-": nothing. */
static const char *
banned_by(const struct bans *bans, const char *text, int64_t wall_ms)
{
	const struct ban *ban;
	struct address address;

	assert_true(address_parse(text_of(text), &address));
	ban = bans_address(bans, &address, wall_ms);
	return ban == NULL ? "-" : ban->row.value.data;
}

static void
the_longest_prefix_in_force_bans(void **state)
{
	struct bans *bans = *state;

	assert_string_equal(banned_by(bans, "10.1.2.3", 5), "-");
	assert_true(put(bans, STORE_BAN_ADDRESS, "10.0.0.0/8", 0));
	assert_true(put(bans, STORE_BAN_ADDRESS, "10.1.0.0/16", 10));
	assert_true(put(bans, STORE_BAN_ADDRESS, "10.1.2.3", 7));
	assert_true(put(bans, STORE_BAN_ADDRESS, "2001:db8::/32", 0));
	assert_string_equal(banned_by(bans, "10.1.2.3", 6), "10.1.2.3");
	assert_string_equal(banned_by(bans, "10.1.2.3", 7), "10.1.0.0/16");
	assert_string_equal(banned_by(bans, "10.1.2.3", 10), "10.0.0.0/8");
	assert_string_equal(banned_by(bans, "::ffff:10.9.9.9", 6), "10.0.0.0/8");
	assert_string_equal(banned_by(bans, "11.1.2.3", 6), "-");
	assert_string_equal(banned_by(bans, "2001:db8:1::9", 6), "2001:db8::/32");
	/* The same bits in the other family. */
	assert_string_equal(banned_by(bans, "a00::1", 6), "-");
	assert_string_equal(banned_by(bans, "32.1.13.184", 6), "-");
	assert_true(bans_remove(bans, STORE_BAN_ADDRESS, TEXT(""), TEXT("10.0.0.0/8")));
	assert_string_equal(banned_by(bans, "10.1.2.3", 10), "-");
	assert_null(bans_address(bans, &(struct address){ 0 }, 6));
}

static void
all_of_a_family_may_be_banned(void **state)
{
	struct bans *bans = *state;

	assert_true(put(bans, STORE_BAN_ADDRESS, "::/0", 0));
	assert_string_equal(banned_by(bans, "::1", 1), "::/0");
	assert_string_equal(banned_by(bans, "127.0.0.1", 1), "-");
	assert_true(put(bans, STORE_BAN_ADDRESS, "0.0.0.0/0", 0));
	assert_string_equal(banned_by(bans, "127.0.0.1", 1), "0.0.0.0/0");
}

static void
users_are_banned_in_their_realm(void **state)
{
	struct bans *bans = *state;

	assert_null(bans_user(bans, TEXT("open"), TEXT("ana"), 1));
	assert_true(put(bans, STORE_BAN_USER, "ana", 5));
	assert_non_null(bans_user(bans, TEXT("open"), TEXT("ana"), 4));
	assert_null(bans_user(bans, TEXT("open"), TEXT("ana"), 5));
	assert_null(bans_user(bans, TEXT("pair"), TEXT("ana"), 4));
	assert_null(bans_user(bans, TEXT("open"), TEXT("an"), 4));
	assert_true(put(bans, STORE_BAN_CLIENT, "0000002a", 0));
	assert_non_null(bans_client(bans, 42, 4));
	assert_null(bans_client(bans, 43, 4));
	assert_null(bans_user(bans, TEXT("open"), TEXT("0000002a"), 4));
}

static void
what_is_none_is_refused(void **state)
{
	struct bans *bans = *state;

	assert_false(put(bans, STORE_BAN_CLIENT, "2a", 0));
	assert_false(put(bans, STORE_BAN_CLIENT, "0000002A", 0));
	assert_false(put(bans, STORE_BAN_ADDRESS, "10.0.0.1/8", 0));
	assert_false(put(bans, STORE_BAN_ADDRESS, "10.0.0.1/32", 0));
	assert_false(put(bans, STORE_BAN_ADDRESS, "2001:DB8::", 0));
	assert_false(put(bans, STORE_BAN_USER, "", 0));
	assert_false(put(bans, (enum store_ban_kind)0, "ana", 0));
	assert_false(put(bans, (enum store_ban_kind)4, "ana", 0));
	assert_false(bans_put(
	    bans, &(struct store_ban){
		      .kind = STORE_BAN_CLIENT, .realm = TEXT("x"), .value = TEXT("0000002a") }));
	assert_int_equal(bans_count(bans), 0);
}

static void
a_ban_again_takes_the_place_of_the_first(void **state)
{
	struct bans *bans = *state;
	const struct ban *ban;

	assert_true(put(bans, STORE_BAN_USER, "ana", 5));
	assert_true(put(bans, STORE_BAN_ADDRESS, "10.0.0.0/8", 5));
	assert_true(put(bans, STORE_BAN_ADDRESS, "10.0.0.0/8", 0));
	assert_int_equal(bans_count(bans), 2);
	assert_int_equal(bans_count_of(bans, STORE_BAN_ADDRESS), 1);
	assert_string_equal(banned_by(bans, "10.0.0.1", 9), "10.0.0.0/8");
	ban = bans_find(bans, STORE_BAN_USER, TEXT("open"), TEXT("ana"));
	assert_non_null(ban);
	assert_string_equal(ban->row.reason.data, "why");
	assert_true(bans_put(bans, &ban->row));
	assert_int_equal(bans_count(bans), 2);
	assert_true(bans_remove(bans, STORE_BAN_ADDRESS, TEXT(""), TEXT("10.0.0.0/8")));
	assert_false(bans_remove(bans, STORE_BAN_ADDRESS, TEXT(""), TEXT("10.0.0.0/8")));
	assert_string_equal(banned_by(bans, "10.0.0.1", 9), "-");
}

static void
they_are_gone_through_in_order_while_they_change(void **state)
{
	struct bans *bans = *state;
	const struct ban *ban;
	uint64_t serial;

	assert_null(bans_next(bans, 0));
	for (unsigned i = 0; i < 50; i++)
		assert_true(put(bans, STORE_BAN_USER, (char[]){ (char)('a' + i % 26), 0 }, 0));
	assert_int_equal(bans_count(bans), 26);
	ban = bans_next(bans, 0);
	/* Letters that came again stand behind the others. */
	assert_string_equal(ban->row.value.data, "y");
	ban = bans_next(bans, ban->serial);
	assert_string_equal(ban->row.value.data, "z");
	serial = ban->serial;
	assert_true(bans_remove(bans, STORE_BAN_USER, TEXT("open"), TEXT("z")));
	assert_string_equal(bans_next(bans, serial)->row.value.data, "a");
	assert_true(bans_remove(bans, STORE_BAN_USER, TEXT("open"), TEXT("x")));
	assert_null(bans_next(bans, bans_next(bans, serial + 22)->serial));
}

struct ended {
	char words[64];
	unsigned may;
};

static bool
on_over(void *context, const struct store_ban *row)
{
	struct ended *ended = context;

	if (ended->may == 0)
		return false;
	ended->may--;
	snprintf(ended->words + strlen(ended->words), 8, "%s ", row->value.data);
	return true;
}

static void
what_is_over_goes_a_part_at_a_time(void **state)
{
	struct bans *bans = *state;
	struct ended ended = { .may = 9 };

	assert_true(put(bans, STORE_BAN_USER, "a", 10));
	assert_true(put(bans, STORE_BAN_USER, "b", 0));
	assert_true(put(bans, STORE_BAN_USER, "c", 20));
	assert_true(put(bans, STORE_BAN_USER, "d", 10));
	bans_end(bans, 9, 9, on_over, &ended);
	assert_string_equal(ended.words, "");
	bans_end(bans, 10, 1, on_over, &ended);
	assert_string_equal(ended.words, "a ");
	ended.may = 0;
	bans_end(bans, 10, 9, on_over, &ended);
	assert_int_equal(bans_count(bans), 3);
	ended.may = 9;
	bans_end(bans, 10, 9, on_over, &ended);
	assert_string_equal(ended.words, "a d ");
	bans_end(bans, 19, 9, on_over, &ended);
	bans_end(bans, 20, 9, on_over, &ended);
	assert_string_equal(ended.words, "a d c ");
	assert_int_equal(bans_count(bans), 1);
}

/* Whoever goes through them behind a serial meets no other with the same. */
static void
the_next_set_goes_on_with_serials(void **state)
{
	struct bans *bans = *state;
	struct bans *next;

	assert_true(put(bans, STORE_BAN_USER, "a", 0));
	assert_true(put(bans, STORE_BAN_USER, "b", 0));
	next = bans_create_anew(bans);
	assert_non_null(next);
	assert_int_equal(bans_count(next), 0);
	assert_true(put(next, STORE_BAN_USER, "a", 0));
	assert_int_equal(bans_next(next, 0)->serial, 3);
	bans_destroy(&next);
}

#define WITH_BANS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BANS(the_longest_prefix_in_force_bans),
		WITH_BANS(all_of_a_family_may_be_banned),
		WITH_BANS(the_next_set_goes_on_with_serials),
		WITH_BANS(users_are_banned_in_their_realm),
		WITH_BANS(what_is_none_is_refused),
		WITH_BANS(a_ban_again_takes_the_place_of_the_first),
		WITH_BANS(they_are_gone_through_in_order_while_they_change),
		WITH_BANS(what_is_over_goes_a_part_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
