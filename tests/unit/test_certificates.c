/* Certificates of listeners: put in force, replaced while they are, and warned of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "gateway/certificates.h"
#include "pair_rig.h"

#define DAY_S INT64_C(86400)
#define NOW_S INT64_C(1800000000)
#define METRIC "hubbub_gateway_certificate_expiry_timestamp_seconds{listener=\"chat\"} "

/* Two listeners, the first of them with TLS, and what is logged of it. */
struct world {
	struct pair_rig *rig;
	struct config config;
	struct now now;
	struct log *log;
	struct metrics *metrics;
	struct certificates *certificates;
	struct buffer logged;
	char error[512];
};

static void
note_line(void *context, enum log_level level, struct text line)
{
	struct world *world = context;

	(void)level;
	buffer_append_text(&world->logged, line);
	buffer_append_string(&world->logged, "\n");
}

static void
set(struct world *world, const char *key, const char *value)
{
	struct config_mistakes mistakes = { .count = 0 };

	if (!config_set(&world->config, key, value, &mistakes))
		fail_msg("%s", mistakes.sentences[0]);
}

static void
choose(struct world *world, const char *certificate)
{
	set(world, "listener.chat.tls_certificate", pair_rig_path(world->rig, certificate));
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	void *rig;

	if (pair_rig_set_up(&rig) != 0) {
		free(world);
		return -1;
	}
	world->rig = rig;
	world->now = (struct now){ .mono_ms = 1000, .wall_ms = NOW_S * 1000 };
	buffer_init(&world->logged, 0);
	world->log = log_create_sink(
	    "test", LOG_LEVEL_DEBUG, (struct log_sink){ .write = note_line, .context = world });
	world->metrics = metrics_create();
	config_defaults(&world->config);
	pair_rig_certificate(world->rig, "long.pem", world->rig->key, NOW_S, NOW_S + 90 * DAY_S);
	pair_rig_certificate(world->rig, "next.pem", world->rig->key, NOW_S, NOW_S + 99 * DAY_S);
	pair_rig_certificate(world->rig, "short.pem", world->rig->key, NOW_S, NOW_S + 13 * DAY_S);
	pair_rig_certificate(world->rig, "old.pem", world->rig->key, 0, NOW_S - 1);
	pair_rig_key(world->rig, "good.key", world->rig->key, NULL, 0600);
	set(world, "listener.other.address", "127.0.0.1:8001");
	choose(world, "long.pem");
	set(world, "listener.chat.tls_key", pair_rig_path(world->rig, "good.key"));
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	void *rig = world->rig;

	certificates_destroy(&world->certificates);
	metrics_destroy(&world->metrics);
	log_destroy(&world->log);
	config_free(&world->config);
	buffer_free(&world->logged);
	free(world);
	return pair_rig_tear_down(&rig);
}

static void
put_in_force(struct world *world)
{
	const struct certificates_setup setup = {
		.config = &world->config,
		.log = world->log,
		.metrics = world->metrics,
		.now = world->now,
	};

	world->certificates = certificates_create(&setup, world->error, sizeof(world->error));
}

/* How often a text was logged since it was last asked. */
static unsigned
times_logged(struct world *world, const char *text)
{
	unsigned times = 0;
	const char *at;

	buffer_append_byte(&world->logged, 0);
	for (at = world->logged.data; (at = strstr(at, text)) != NULL; at++)
		times++;
	buffer_clear(&world->logged);
	return times;
}

static void
assert_expiry_shown(struct world *world, int64_t expected_s)
{
	char line[128];
	struct buffer page;

	buffer_init(&page, 0);
	metrics_render(world->metrics, &page);
	buffer_append_byte(&page, 0);
	snprintf(line, sizeof(line), METRIC "%lld\n", (long long)expected_s);
	assert_non_null(strstr(page.data, line));
	buffer_free(&page);
}

static bool
prepare(struct world *world)
{
	struct config_mistakes mistakes = { .count = 0 };
	bool good =
	    certificates_prepare(world->certificates, &world->config, world->now, &mistakes);

	assert_int_equal(good, mistakes.count == 0);
	config_mistakes_first(&mistakes, world->error, sizeof(world->error));
	return good;
}

static void
one_is_in_force_where_it_was_set(void **state)
{
	struct world *world = *state;

	put_in_force(world);
	assert_non_null(world->certificates);
	assert_true(certificates_are_there(world->certificates));
	assert_non_null(*certificates_place(world->certificates, 0));
	assert_null(certificates_place(world->certificates, 1));
	assert_expiry_shown(world, NOW_S + 90 * DAY_S);
	assert_int_equal(times_logged(world, "a certificate is in force listener=chat"), 1);
}

static void
without_any_there_is_none(void **state)
{
	struct world *world = *state;

	set(world, "listener.chat.tls_certificate", "");
	put_in_force(world);
	assert_non_null(world->certificates);
	assert_false(certificates_are_there(world->certificates));
	assert_null(certificates_place(world->certificates, 0));
	certificates_turn(world->certificates, world->now);
}

static void
an_expired_one_is_refused_at_the_start(void **state)
{
	struct config_mistakes mistakes = { .count = 0 };
	struct world *world = *state;

	certificates_check(&world->config, world->now, &mistakes);
	assert_int_equal(mistakes.count, 0);
	choose(world, "old.pem");
	config_doubt(&mistakes, "listener.chat.tls_key");
	certificates_check(&world->config, world->now, &mistakes);
	assert_int_equal(mistakes.count, 0);
	mistakes.doubt_count = 0;
	certificates_check(&world->config, world->now, &mistakes);
	assert_int_equal(mistakes.count, 1);
	assert_non_null(
	    strstr(mistakes.sentences[0], "old.pem has expired at 2027-01-15T07:59:59.000Z"));
	put_in_force(world);
	assert_null(world->certificates);
}

static void
another_one_takes_its_place(void **state)
{
	struct world *world = *state;
	const struct tls *const *place;

	put_in_force(world);
	place = certificates_place(world->certificates, 0);
	choose(world, "next.pem");
	assert_true(prepare(world));
	assert_int_equal(tls_expires_s(*place), NOW_S + 90 * DAY_S);
	certificates_abandon(world->certificates);
	certificates_commit(world->certificates, world->now);
	assert_int_equal(tls_expires_s(*place), NOW_S + 90 * DAY_S);
	assert_true(prepare(world));
	certificates_commit(world->certificates, world->now);
	assert_int_equal(tls_expires_s(*place), NOW_S + 99 * DAY_S);
	assert_expiry_shown(world, NOW_S + 99 * DAY_S);
	assert_int_equal(times_logged(world, "a certificate is in force"), 2);
}

static void
a_bad_one_changes_nothing(void **state)
{
	struct world *world = *state;

	put_in_force(world);
	choose(world, "old.pem");
	assert_false(prepare(world));
	assert_non_null(strstr(world->error, "has expired"));
	choose(world, "none.pem");
	assert_false(prepare(world));
	assert_non_null(strstr(world->error, "none.pem cannot be read"));
	set(world, "listener.chat.tls_certificate", "");
	assert_false(prepare(world));
	assert_non_null(strstr(world->error, "is empty now: TLS begins and ends with a restart"));
	choose(world, "next.pem");
	set(world, "listener.other.tls_certificate", pair_rig_path(world->rig, "next.pem"));
	assert_false(prepare(world));
	assert_non_null(strstr(world->error, "listener.other.tls_certificate is set now"));
	certificates_commit(world->certificates, world->now);
	assert_expiry_shown(world, NOW_S + 90 * DAY_S);
}

/* A reload for another reason must still be possible. */
static void
the_one_in_force_may_expire(void **state)
{
	struct world *world = *state;

	put_in_force(world);
	world->now.wall_ms += 91 * DAY_S * 1000;
	assert_true(prepare(world));
	certificates_commit(world->certificates, world->now);
	assert_int_equal(times_logged(world, "A CERTIFICATE HAS EXPIRED"), 1);
}

static void
it_warns_once_a_day(void **state)
{
	struct world *world = *state;

	choose(world, "short.pem");
	put_in_force(world);
	assert_int_equal(
	    times_logged(world, "a certificate expires soon listener=chat days=13"), 1);
	for (int hour = 0; hour < 48; hour++) {
		world->now.mono_ms += UINT64_C(3600000);
		world->now.wall_ms += 3600000;
		certificates_turn(world->certificates, world->now);
	}
	assert_int_equal(times_logged(world, "a certificate expires soon listener=chat days=1"), 2);
	choose(world, "long.pem");
	assert_true(prepare(world));
	certificates_commit(world->certificates, world->now);
	world->now.mono_ms += UINT64_C(86400000);
	certificates_turn(world->certificates, world->now);
	assert_int_equal(times_logged(world, "expires soon"), 0);
}

static void
one_from_the_future_is_told_of(void **state)
{
	struct world *world = *state;

	world->now.wall_ms -= DAY_S * 1000;
	put_in_force(world);
	assert_int_equal(times_logged(world, "a certificate is not good yet"), 1);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(one_is_in_force_where_it_was_set),
		WITH_WORLD(without_any_there_is_none),
		WITH_WORLD(an_expired_one_is_refused_at_the_start),
		WITH_WORLD(another_one_takes_its_place),
		WITH_WORLD(a_bad_one_changes_nothing),
		WITH_WORLD(the_one_in_force_may_expire),
		WITH_WORLD(it_warns_once_a_day),
		WITH_WORLD(one_from_the_future_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
