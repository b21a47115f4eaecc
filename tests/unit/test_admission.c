/* Limits of addresses, users and newcomers: whom they hit, whom not, and what is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/admission.h"

struct rig {
	struct admission *admission;
	uint64_t now_ms;
};

/* Outlives the rigs, which are handed about by value. */
static uint64_t seed;

static struct rig
begin(const struct config_limits *limits, unsigned idle_max)
{
	struct rig rig = { .now_ms = 100000 };

	seed = 3;
	rig.admission = admission_create(&(struct admission_setup){
	    .limits = limits,
	    .idle_max = idle_max,
	    .random = random_seeded(&seed),
	});
	assert_non_null(rig.admission);
	return rig;
}

static enum admission_verdict
arrive(struct rig *rig, const char *from, struct admission_place **place_out)
{
	struct address address;

	assert_true(address_parse(text_of(from), &address));
	return admission_arrive(rig->admission, &address, rig->now_ms, place_out);
}

static void
one_address_has_so_many_connections(void **state)
{
	const struct config_limits limits = { .connections_per_address = 2 };
	struct admission_place *places[3];
	struct admission_place *other;
	struct rig rig = begin(&limits, 10);

	(void)state;
	assert_int_equal(arrive(&rig, "192.0.2.1", &places[0]), ADMISSION_GRANTED);
	assert_int_equal(arrive(&rig, "::ffff:192.0.2.1", &places[1]), ADMISSION_GRANTED);
	assert_ptr_equal(places[0], places[1]);
	assert_int_equal(arrive(&rig, "192.0.2.1", &places[2]), ADMISSION_ADDRESS_CONNECTIONS);
	assert_null(places[2]);
	assert_int_equal(arrive(&rig, "192.0.2.2", &other), ADMISSION_GRANTED);
	admission_leave(rig.admission, &places[0]);
	assert_null(places[0]);
	admission_leave(rig.admission, &places[0]);
	assert_int_equal(arrive(&rig, "192.0.2.1", &places[0]), ADMISSION_GRANTED);
	assert_int_equal(arrive(&rig, "192.0.2.1", &places[2]), ADMISSION_ADDRESS_CONNECTIONS);
	admission_destroy(&rig.admission);
	assert_null(rig.admission);
	admission_destroy(&rig.admission);
}

static void
ipv6_is_counted_by_64_bits(void **state)
{
	const struct config_limits limits = { .connections_per_address = 1 };
	struct admission_place *place;
	struct rig rig = begin(&limits, 10);

	(void)state;
	assert_int_equal(arrive(&rig, "2001:db8:1:2::1", &place), ADMISSION_GRANTED);
	assert_int_equal(
	    arrive(&rig, "2001:db8:1:2:ffff::1", &place), ADMISSION_ADDRESS_CONNECTIONS);
	assert_int_equal(arrive(&rig, "2001:db8:1:3::1", &place), ADMISSION_GRANTED);
	admission_destroy(&rig.admission);
}

static void
this_machine_is_not_counted(void **state)
{
	const struct config_limits limits = { .connections_per_address = 1,
		.accepts_per_second_per_address = 1,
		.accepts_burst_per_address = 1 };
	struct rig rig = begin(&limits, 10);
	struct address unix_peer = { .kind = ADDRESS_UNIX };
	struct admission_place *place;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(arrive(&rig, "127.3.2.1", &place), ADMISSION_GRANTED);
		assert_null(place);
		assert_int_equal(arrive(&rig, "::1", &place), ADMISSION_GRANTED);
		assert_null(place);
		assert_int_equal(
		    admission_arrive(rig.admission, &unix_peer, 1, &place), ADMISSION_GRANTED);
		assert_null(place);
	}
	admission_destroy(&rig.admission);
}

static void
without_limits_nothing_is_remembered(void **state)
{
	const struct config_limits limits = { .messages_burst_per_address = 5 };
	struct admission_place *place;
	struct rig rig = begin(&limits, 10);

	(void)state;
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	assert_null(place);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(admission_login(rig.admission, 1), ADMISSION_GRANTED);
		assert_int_equal(
		    admission_message(rig.admission, place, TEXT("open"), TEXT("ana"), 1),
		    ADMISSION_GRANTED);
	}
	admission_destroy(&rig.admission);
}

static void
connections_may_come_so_fast(void **state)
{
	const struct config_limits limits = { .accepts_per_second_per_address = 10,
		.accepts_burst_per_address = 3 };
	struct admission_place *place;
	struct rig rig = begin(&limits, 10);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
		/* What it has used is remembered while nobody is there. */
		admission_leave(rig.admission, &place);
	}
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_ADDRESS_ACCEPTS);
	assert_int_equal(arrive(&rig, "192.0.2.2", &place), ADMISSION_GRANTED);
	rig.now_ms += 100;
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_ADDRESS_ACCEPTS);
	admission_destroy(&rig.admission);
}

static void
of_idle_addresses_the_oldest_makes_room(void **state)
{
	const struct config_limits limits = { .accepts_per_second_per_address = 1,
		.accepts_burst_per_address = 1 };
	struct admission_place *busy;
	struct admission_place *place;
	struct rig rig = begin(&limits, 2);
	char from[32];

	(void)state;
	assert_int_equal(arrive(&rig, "192.0.2.1", &busy), ADMISSION_GRANTED);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(from, sizeof(from), "10.0.%u.%u", i / 100, i % 100);
		assert_int_equal(arrive(&rig, from, &place), ADMISSION_GRANTED);
		admission_leave(rig.admission, &place);
	}
	/* The last two are known, those before are not; who is there always is. */
	assert_int_equal(arrive(&rig, "10.0.2.99", &place), ADMISSION_ADDRESS_ACCEPTS);
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_ADDRESS_ACCEPTS);
	assert_int_equal(arrive(&rig, "10.0.2.97", &place), ADMISSION_GRANTED);
	admission_destroy(&rig.admission);
}

static void
an_address_and_a_user_say_so_much(void **state)
{
	const struct config_limits limits = { .messages_per_second_per_address = 1,
		.messages_burst_per_address = 4,
		.messages_per_second_per_user = 1,
		.messages_burst_per_user = 2 };
	const struct text open = TEXT("open");
	struct admission_place *place;
	struct admission_place *other;
	struct rig rig = begin(&limits, 10);
	struct admission *admission = rig.admission;

	(void)state;
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	assert_int_equal(arrive(&rig, "192.0.2.2", &other), ADMISSION_GRANTED);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(admission_message(admission, place, open, TEXT("ana"), 100000),
		    ADMISSION_GRANTED);
	/* From wherever; another realm's user is another. */
	assert_int_equal(admission_message(admission, other, open, TEXT("ana"), 100000),
	    ADMISSION_USER_MESSAGES);
	assert_int_equal(admission_message(admission, NULL, TEXT("pair"), TEXT("ana"), 100000),
	    ADMISSION_GRANTED);
	/* Nobody yet. */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    admission_message(admission, place, open, TEXT(""), 100000), ADMISSION_GRANTED);
	assert_int_equal(admission_message(admission, place, open, TEXT("ben"), 100000),
	    ADMISSION_ADDRESS_MESSAGES);
	assert_int_equal(
	    admission_message(admission, place, open, TEXT("ben"), 101000), ADMISSION_GRANTED);
	admission_destroy(&rig.admission);
}

/* Each of those told to wait is told a time at which there is a place for it. */
static void
a_storm_is_spread(void **state)
{
	const struct config_limits limits = { .logins_per_second = 10, .logins_burst = 20 };
	unsigned at[80] = { 0 };
	struct rig rig = begin(&limits, 1);
	unsigned seconds;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(admission_login(rig.admission, rig.now_ms), ADMISSION_GRANTED);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(admission_login(rig.admission, rig.now_ms), ADMISSION_LOGINS);
		seconds = admission_retry_seconds(rig.admission, ADMISSION_LOGINS, rig.now_ms);
		assert_in_range(seconds, 1, 65);
		at[seconds]++;
	}
	/* The burst may come first; from then on about as many as are let in. */
	for (unsigned i = 8; i < 80; i++)
		assert_in_range(at[i], 0, 30);
	for (unsigned i = 0; i < 2000; i++)
		seconds = admission_retry_seconds(rig.admission, ADMISSION_LOGINS, rig.now_ms);
	assert_in_range(seconds, 61, 65);
	rig.now_ms += 1000;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(admission_login(rig.admission, rig.now_ms), ADMISSION_GRANTED);
	assert_int_equal(admission_login(rig.admission, rig.now_ms), ADMISSION_LOGINS);
	assert_in_range(
	    admission_retry_seconds(rig.admission, ADMISSION_CLIENTS, rig.now_ms), 1, 5);
	admission_destroy(&rig.admission);
}

static void
limits_may_change(void **state)
{
	const struct config_limits none = { .connections_per_address = 0 };
	const struct config_limits some = { .connections_per_address = 1 };
	struct admission_place *place;
	struct rig rig = begin(&none, 1);

	(void)state;
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	admission_set(rig.admission, &some);
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_ADDRESS_CONNECTIONS);
	admission_set(rig.admission, &none);
	assert_int_equal(arrive(&rig, "192.0.2.1", &place), ADMISSION_GRANTED);
	admission_destroy(&rig.admission);
}

static void
refusals_are_counted_by_reason(void **state)
{
	const struct config_limits limits = { .connections_per_address = 1 };
	struct metrics *metrics = metrics_create();
	struct admission *admission;
	struct buffer page;

	(void)state;
	admission = admission_create(&(struct admission_setup){
	    .limits = &limits, .idle_max = 1, .random = random_seeded(&seed), .metrics = metrics });
	assert_non_null(admission);
	admission_refused(admission, ADMISSION_LOGINS, TEXT("192.0.2.1"));
	buffer_init(&page, 0);
	metrics_render(metrics, &page);
	buffer_append_byte(&page, '\0');
	assert_non_null(strstr(page.data, "hubbub_gateway_refusals_total{reason=\"logins\"} 1"));
	assert_non_null(
	    strstr(page.data, "hubbub_gateway_refusals_total{reason=\"address_accepts\"} 0"));
	assert_string_equal(admission_word(ADMISSION_HUB_FULL), "hub_full");
	buffer_free(&page);
	admission_destroy(&admission);
	metrics_destroy(&metrics);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_has_so_many_connections),
		cmocka_unit_test(ipv6_is_counted_by_64_bits),
		cmocka_unit_test(this_machine_is_not_counted),
		cmocka_unit_test(without_limits_nothing_is_remembered),
		cmocka_unit_test(connections_may_come_so_fast),
		cmocka_unit_test(of_idle_addresses_the_oldest_makes_room),
		cmocka_unit_test(an_address_and_a_user_say_so_much),
		cmocka_unit_test(a_storm_is_spread),
		cmocka_unit_test(limits_may_change),
		cmocka_unit_test(refusals_are_counted_by_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
