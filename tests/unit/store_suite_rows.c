/* What every store must do with rows that are no messages; see store_suite.h. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct outcomes {
	unsigned count;
	uint64_t sum;
};

static bool
on_outcome(void *context, const struct store_outcome *outcome)
{
	struct outcomes *outcomes = context;

	outcomes->count++;
	outcomes->sum += outcome->number;
	assert_int_equal(outcome->code, 3);
	assert_int_equal(outcome->to, 4);
	assert_int_equal(outcome->durability, 2);
	assert_int_equal(outcome->flags, 1);
	assert_true(text_equal(outcome->room, TEXT("lobby")));
	assert_true(text_equal(outcome->user, TEXT("ben")));
	assert_int_equal(outcome->epoch, 5);
	assert_int_equal(outcome->seq, 6);
	assert_int_equal(outcome->wall_ms, 7);
	return true;
}

static void
put_outcome(struct store *store, uint64_t gateway_epoch, uint64_t number)
{
	struct store_outcome outcome = {
		.gateway = TEXT("gw-1"),
		.gateway_epoch = gateway_epoch,
		.number = number,
		.code = 3,
		.to = 4,
		.durability = 2,
		.flags = 1,
		.room = TEXT("lobby"),
		.user = TEXT("ben"),
		.epoch = 5,
		.seq = 6,
		.wall_ms = 7,
	};

	assert_true(store->ops->put_outcome(store, &outcome));
}

static void
expect_outcomes(struct store *store, uint64_t epoch, uint64_t above, unsigned count, uint64_t sum)
{
	struct outcomes outcomes = { 0 };

	assert_true(
	    store->ops->read_outcomes(store, TEXT("gw-1"), epoch, above, on_outcome, &outcomes));
	assert_int_equal(outcomes.count, count);
	assert_int_equal(outcomes.sum, sum);
}

void
store_check_outcomes(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	uint64_t last = 99;

	(void)suite;
	for (uint64_t number = 1; number <= 6; number++) {
		put_outcome(store, UINT64_MAX, number);
		if (number % 2 == 0)
			assert_true(store_commit_wait(store, ends, number / 2));
	}
	expect_outcomes(store, UINT64_MAX, 0, 6, 21);
	expect_outcomes(store, UINT64_MAX, 3, 3, 15);
	expect_outcomes(store, 1, 0, 0, 0);
	assert_true(store->ops->last_outcome(store, TEXT("gw-1"), UINT64_MAX, &last));
	assert_int_equal(last, 6);
	assert_true(store->ops->last_outcome(store, TEXT("gw-2"), UINT64_MAX, &last));
	assert_int_equal(last, 0);
	assert_true(store->ops->prune_outcomes(store, TEXT("gw-1"), UINT64_MAX, 6));
	assert_true(store_commit_wait(store, ends, 4));
	expect_outcomes(store, UINT64_MAX, 0, 0, 0);
	assert_true(store->ops->last_outcome(store, TEXT("gw-1"), UINT64_MAX, &last));
	assert_int_equal(last, 6);
}

static bool
on_id(void *context, const struct store_id *id)
{
	*(struct store_id *)context = *id;
	((struct store_id *)context)->room = TEXT("");
	assert_true(text_equal(id->room, TEXT("lobby")));
	return true;
}

void
store_check_ids(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_id id = {
		.sender = TEXT("open/ana"),
		.id = TEXT("m-1"),
		.digest = { 1, 2, 3 },
		.to = 9,
		.room = TEXT("lobby"),
		.epoch = 5,
		.seq = 6,
		.wall_ms = 7,
	};
	struct store_id found = { 0 };

	(void)suite;
	assert_true(store->ops->put_id(store, &id));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store->ops->find_id(store, TEXT("open/ana"), TEXT("m-1"), on_id, &found));
	assert_memory_equal(found.digest, id.digest, sizeof(id.digest));
	assert_int_equal(found.seq, 6);
	assert_int_equal(found.to, 9);
	found.seq = 0;
	assert_true(store->ops->find_id(store, TEXT("open/ana"), TEXT("m-2"), on_id, &found));
	assert_true(store->ops->find_id(store, TEXT("open/ben"), TEXT("m-1"), on_id, &found));
	assert_int_equal(found.seq, 0);
}

struct names {
	char words[256];
};

static void
add_word(struct names *names, struct text word)
{
	size_t length = strlen(names->words);

	snprintf(names->words + length, sizeof(names->words) - length, "%s%.*s",
	    length > 0 ? " " : "", (int)word.length, word.data);
}

static bool
on_user(void *context, const struct store_user *user)
{
	add_word(context, user->name);
	if (user->has_secret)
		assert_int_equal(user->secret[31], 8);
	return true;
}

static bool
on_room(void *context, const struct store_room *room)
{
	add_word(context, room->name);
	add_word(context, room->write);
	return true;
}

void
store_check_users(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_user user = {
		.realm = TEXT("open"),
		.id = TEXT("ana"),
		.name = TEXT("Ana"),
		.has_secret = true,
		.secret = { [31] = 8 },
		.seen_ms = 100,
	};
	struct names names = { 0 };

	(void)suite;
	assert_true(store->ops->put_user(store, &user));
	user.id = TEXT("ben");
	user.name = TEXT("Ben");
	user.seen_ms = 50;
	assert_true(store->ops->put_user(store, &user));
	user.id = TEXT("cem");
	user.has_secret = false;
	assert_true(store->ops->put_user(store, &user));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store->ops->find_user(store, TEXT("open"), TEXT("ana"), on_user, &names));
	assert_true(store->ops->find_user(store, TEXT("pair"), TEXT("ana"), on_user, &names));
	assert_string_equal(names.words, "Ana");
	names.words[0] = '\0';
	assert_true(store->ops->stale_users(store, 200, 10, on_user, &names));
	assert_string_equal(names.words, "Ben Ana");
	names.words[0] = '\0';
	assert_true(store->ops->stale_users(store, 100, 10, on_user, &names));
	assert_string_equal(names.words, "Ben");
	assert_true(store->ops->remove_user(store, TEXT("open"), TEXT("ben")));
	assert_true(store_commit_wait(store, ends, 2));
	names.words[0] = '\0';
	assert_true(store->ops->stale_users(store, 200, 10, on_user, &names));
	assert_string_equal(names.words, "Ana");
}

void
store_check_rooms(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_room room = { .name = TEXT("b"), .write = TEXT("ana ben") };
	struct names names = { 0 };

	(void)suite;
	assert_true(store->ops->put_room(store, &room));
	room.name = TEXT("a");
	room.write = TEXT("");
	assert_true(store->ops->put_room(store, &room));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store->ops->read_rooms(store, TEXT(""), 10, on_room, &names));
	assert_string_equal(names.words, "a  b ana ben");
	assert_true(store->ops->remove_room(store, TEXT("a")));
	assert_true(store_commit_wait(store, ends, 2));
	names.words[0] = '\0';
	assert_true(store->ops->read_rooms(store, TEXT(""), 10, on_room, &names));
	assert_string_equal(names.words, "b ana ben");
	names.words[0] = '\0';
	assert_true(store->ops->read_rooms(store, TEXT("b"), 10, on_room, &names));
	assert_string_equal(names.words, "");
}

static bool
on_gateway(void *context, const struct store_gateway *gateway)
{
	assert_int_equal(gateway->process.started, 8);
	assert_int_equal(gateway->process.space, 9);
	add_word(context, gateway->name);
	add_word(context, gateway->epoch == UINT64_MAX ? TEXT("last") : TEXT("first"));
	add_word(context, gateway->process.pid == 7 ? TEXT("7") : TEXT("-"));
	return true;
}

void
store_check_gateways(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_gateway gateway = { .name = TEXT("a"), .epoch = 1, .process = { 7, 8, 9 } };
	struct names names = { 0 };

	(void)suite;
	assert_true(store->ops->put_gateway(store, &gateway));
	gateway.name = TEXT("b");
	assert_true(store->ops->put_gateway(store, &gateway));
	assert_true(store_commit_wait(store, ends, 1));
	assert_true(store->ops->read_gateways(store, on_gateway, &names));
	assert_string_equal(names.words, "a first 7 b first 7");
	/* One life of each name. */
	gateway.epoch = UINT64_MAX;
	gateway.process.pid = 0;
	assert_true(store->ops->put_gateway(store, &gateway));
	assert_true(store->ops->remove_gateway(store, TEXT("a")));
	assert_true(store->ops->remove_gateway(store, TEXT("never there")));
	assert_true(store_commit_wait(store, ends, 2));
	names.words[0] = '\0';
	assert_true(store->ops->read_gateways(store, on_gateway, &names));
	assert_string_equal(names.words, "b last -");
	gateway.name = TEXT("c");
	assert_true(store->ops->put_gateway(store, &gateway));
	store->ops->spoil(store);
	assert_false(store_commit_wait(store, ends, 3));
	names.words[0] = '\0';
	assert_true(store->ops->read_gateways(store, on_gateway, &names));
	assert_string_equal(names.words, "b last -");
	ends->failed = 0;
}

static bool
on_ban(void *context, const struct store_ban *ban)
{
	char kind[] = { (char)('0' + (int)ban->kind), '\0' };

	assert_int_equal(ban->until_ms, 9);
	add_word(context, text_of(kind));
	add_word(context, ban->realm);
	add_word(context, ban->value);
	add_word(context, ban->reason);
	add_word(context, ban->made_by);
	return true;
}

static const char *
bans_of(struct store *store, struct names *names)
{
	names->words[0] = '\0';
	assert_true(store->ops->read_bans(store, on_ban, names));
	return names->words;
}

void
store_check_bans(const struct store_suite *suite, struct store *store, struct store_ends *ends)
{
	struct store_ban ban = { .kind = STORE_BAN_USER,
		.realm = TEXT("open"),
		.value = TEXT("ana"),
		.reason = TEXT("spam"),
		.made_by = TEXT("root"),
		.since_ms = 5,
		.until_ms = 9 };
	struct names names = { 0 };

	(void)suite;
	assert_true(store->ops->put_ban(store, &ban));
	ban.realm = TEXT("pair");
	ban.since_ms = 6;
	assert_true(store->ops->put_ban(store, &ban));
	ban = (struct store_ban){
		.kind = STORE_BAN_ADDRESS, .value = TEXT("10.0.0.0/8"), .since_ms = 7, .until_ms = 9
	};
	assert_true(store->ops->put_ban(store, &ban));
	assert_string_equal(bans_of(store, &names), "");
	assert_true(store_commit_wait(store, ends, 1));
	assert_string_equal(
	    bans_of(store, &names), "1 open ana spam root 1 pair ana spam root 3  10.0.0.0/8  ");
	/* Again is in its place; by its kind, realm and value it goes. */
	ban.reason = TEXT("why");
	assert_true(store->ops->put_ban(store, &ban));
	ban.kind = STORE_BAN_CLIENT;
	assert_true(store->ops->remove_ban(store, &ban));
	ban = (struct store_ban){
		.kind = STORE_BAN_USER, .realm = TEXT("open"), .value = TEXT("ana")
	};
	assert_true(store->ops->remove_ban(store, &ban));
	assert_true(store_commit_wait(store, ends, 2));
	assert_string_equal(bans_of(store, &names), "1 pair ana spam root 3  10.0.0.0/8 why ");
	ban.realm = TEXT("pair");
	assert_true(store->ops->remove_ban(store, &ban));
	store->ops->spoil(store);
	assert_false(store_commit_wait(store, ends, 3));
	assert_string_equal(bans_of(store, &names), "1 pair ana spam root 3  10.0.0.0/8 why ");
	ends->failed = 0;
}
