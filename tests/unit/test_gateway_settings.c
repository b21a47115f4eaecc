/*
 * Settings of a running gateway's core: after every change that a reload may make it is as one that
 * was made with the new value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config_schema.h"
#include "common/config_value.h"
#include "gateway/gateway_core_state.h"

static uint64_t seed = 1;

static void
do_nothing(void *context)
{
	(void)context;
}

static struct gateway_core *
make(const struct config *config)
{
	const struct gateway_core_setup setup = {
		.name = "gw-1",
		.limits = config->limits,
		.store = config->store,
		.drain_ms = config->gateway.drain_seconds * 1000,
		.uplink = { .connect = do_nothing },
		.random = random_seeded(&seed),
		.now = { 1000000, 1700000000000 },
	};
	struct gateway_core *core = gateway_core_create(&setup);

	assert_non_null(core);
	return core;
}

#define SAME(member) \
	(memcmp(&one->sessions.member, &other->sessions.member, sizeof(one->sessions.member)) == 0)

/* All that is made of settings. */
static bool
are_same(const struct gateway_core *one, const struct gateway_core *other)
{
	return SAME(limits) && SAME(store.inbox_messages) && SAME(store.inbox_kilobytes) &&
	       SAME(store.resume_hours) && SAME(presence) && SAME(message_rule) &&
	       SAME(offence_rule) && SAME(pings.ping_ms) && SAME(pings.pong_ms) &&
	       SAME(receipts.pong_ms) && SAME(receipts.gather_ms) &&
	       one->drain_ms == other->drain_ms;
}

static void
give_another_value(const struct config_key *key, struct config *config)
{
	char word[32];

	assert_int_equal(key->type, CONFIG_TYPE_NUMBER);
	snprintf(word, sizeof(word), "%u",
	    strtoul(key->fallback, NULL, 10) == key->max ? key->min : key->max);
	assert_true(config_value_set(key, config_key_value(key, config, NULL), word));
}

/* Those that the core has no part in; drain_accepts is for the listeners. */
static bool
is_of_others(const struct config_key *key)
{
	return strcmp(key->name, "drain_accepts") == 0 || strcmp(key->section, "log") == 0 ||
	       strcmp(key->section, "listener") == 0 || strcmp(key->section, "auth") == 0;
}

static void
test_reload_applied(void **state)
{
	unsigned changed = 0;

	(void)state;
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		struct gateway_core *running, *started;
		struct gateway_core_settings settings;
		struct config config;

		if (key->applied[CONFIG_ROLE_GATEWAY] != CONFIG_AT_RELOAD || is_of_others(key))
			continue;
		config_defaults(&config);
		running = make(&config);
		give_another_value(key, &config);
		started = make(&config);
		if (are_same(running, started))
			fail_msg("%s.%s makes no difference here", key->section, key->name);
		settings = (struct gateway_core_settings){
			.limits = &config.limits,
			.store = &config.store,
			.drain_ms = config.gateway.drain_seconds * 1000,
		};
		gateway_core_set(running, (struct now){ 1000001, 1700000000001 }, &settings);
		if (!are_same(running, started))
			fail_msg("%s.%s is not wholly applied", key->section, key->name);
		gateway_core_destroy(&running);
		gateway_core_destroy(&started);
		config_free(&config);
		changed++;
	}
	assert_true(changed > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload_applied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
