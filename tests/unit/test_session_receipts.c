/* Receipts by PONG through the core: what counts, what does not, what else must not break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/ping.h"
#include "rig_dialects.h"

static struct rig rig;

static int
set_up(void **state)
{
	(void)state;
	rig_create(&rig, NULL);
	rig_attach(&rig);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

static struct rig_peer *
login(uint32_t client, const char *user)
{
	return rig_login_as(&rig, &rig_mail_dialect,
	    (struct envelope_opened){ .client = client, .user = text_of(user) });
}

static void
whisper(struct rig_peer *peer, uint32_t to, uint64_t seq)
{
	rig_hub(&rig, (struct envelope){ .kind = ENVELOPE_WHISPER,
			  .whisper = { .conn = peer->conn,
			      .to = to,
			      .epoch = 9,
			      .seq = seq,
			      .content = TEXT("hi") } });
}

static void
pong(struct rig_peer *peer, const char *payload)
{
	gateway_core_client_pong(rig.core, peer->session, rig.now, text_of(payload));
	rig_turn(&rig);
}

/* What the hub is told of a lot of receipts, once that is due. */
static struct envelope_read
told(void)
{
	rig_said_nothing(&rig);
	rig_after(&rig, 50);
	return rig_said(&rig, ENVELOPE_READ).read;
}

static void
hears_mail(struct rig_peer *peer, uint64_t from, uint64_t to)
{
	char line[32];

	for (; from <= to; from++) {
		snprintf(line, sizeof(line), "mail %llu hi", (unsigned long long)from);
		assert_hears(peer, line);
	}
}

/* One message and the PING behind it, whose token is kept. */
static void
gets_mail(struct rig_peer *ana, char token[64])
{
	whisper(ana, 1, 1);
	rig_turn(&rig);
	hears_mail(ana, 1, 1);
	snprintf(token, 64, "%s", rig_next(ana));
}

static void
it_says_so_itself(void **state)
{
	struct rig_peer *ana = rig_connect_as(&rig, &rig_mail_dialect);

	(void)state;
	rig_send(ana, "ana");
	rig_turn(&rig);
	assert_int_equal(
	    rig_said(&rig, ENVELOPE_OPEN).open.flags, OPEN_KEEPS_MAIL | OPEN_HAS_RECEIPTS);
}

static void
one_ping_stands_behind_what_a_turn_brought(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	struct envelope_read read;
	char token[64];

	(void)state;
	whisper(ana, 1, 1);
	whisper(ana, 1, 2);
	rig_turn(&rig);
	hears_mail(ana, 1, 2);
	snprintf(token, sizeof(token), "%s", rig_next(ana));
	assert_memory_equal(token, "2.", 2);
	rig_said_nothing(&rig);
	whisper(ana, 1, 3);
	rig_turn(&rig);
	hears_mail(ana, 3, 3);
	assert_hears_nothing(ana);
	pong(ana, token);
	read = told();
	assert_int_equal(read.conn, ana->conn);
	assert_int_equal(read.epoch, 9);
	assert_int_equal(read.seq, 2);
	assert_memory_equal(rig_next(ana), "3.", 2);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_receipts_total"), 1);
}

static void
no_other_pong_is_a_receipt(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	struct rig_peer *ben = login(2, "ben");
	char anas[64], bens[64];

	(void)state;
	whisper(ana, 1, 1);
	whisper(ben, 2, 1);
	rig_turn(&rig);
	hears_mail(ana, 1, 1);
	hears_mail(ben, 1, 1);
	snprintf(anas, sizeof(anas), "%s", rig_next(ana));
	snprintf(bens, sizeof(bens), "%s", rig_next(ben));
	pong(ana, bens);
	pong(ana, "1");
	pong(ana, "1.00000000");
	pong(ana, "");
	rig_said_nothing(&rig);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_stray_pongs_total"), 4);
	pong(ana, anas);
	assert_int_equal(told().conn, ana->conn);
	pong(ana, anas);
	rig_said_nothing(&rig);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_stray_pongs_total"), 5);
	for (unsigned i = 0; i < PING_STRAY_MAX; i++)
		pong(ana, anas);
	assert_int_equal(ana->close_code, CLOSE_POLICY);
	assert_int_equal(ben->closes, 0);
}

static void
without_a_pong_it_is_lost(void **state)
{
	struct rig_peer *ana = login(1, "ana");

	(void)state;
	whisper(ana, 1, 1);
	rig_turn(&rig);
	rig_forget_said(&rig);
	rig_after(&rig, 19000);
	rig_send(ana, "alive");
	rig_after(&rig, 999);
	assert_int_equal(ana->closes, 0);
	rig_after(&rig, 1);
	assert_int_equal(ana->closes, 1);
	assert_int_equal(ana->close_code, CLOSE_DROP);
}

static void
the_wheel_does_not_ask_a_second_time(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	char token[64];

	(void)state;
	rig_after(&rig, 15000);
	gets_mail(ana, token);
	rig_after(&rig, 10000);
	assert_hears_nothing(ana);
	pong(ana, token);
	rig_after(&rig, 19000);
	assert_hears_nothing(ana);
	rig_after(&rig, 1000);
	assert_hears(ana, "PING");
}

static void
who_reads_slowly_is_asked_when_it_has_read(void **state)
{
	struct rig_peer *ana = login(1, "ana");

	(void)state;
	ana->room = 0;
	whisper(ana, 1, 1);
	rig_turn(&rig);
	whisper(ana, 1, 2);
	rig_turn(&rig);
	assert_hears_nothing(ana);
	ana->room = SIZE_MAX;
	gateway_core_client_writable(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	hears_mail(ana, 1, 1);
	assert_memory_equal(rig_next(ana), "1.", 2);
	hears_mail(ana, 2, 2);
	assert_hears_nothing(ana);
}

static void
closing_is_no_receipt(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	struct rig_peer *ben = login(2, "ben");

	(void)state;
	whisper(ana, 1, 1);
	whisper(ben, 2, 1);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.conn, ana->conn);
	gateway_core_client_closed(rig.core, ben->session, rig.now);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_CLOSED);
	rig_after(&rig, 60000);
	assert_int_equal(rig_count(&rig, "hubbub_gateway_receipts_total"), 0);
}

static void
a_receipt_goes_before_its_client(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	char token[64];

	(void)state;
	gets_mail(ana, token);
	pong(ana, token);
	rig_said_nothing(&rig);
	gateway_core_client_closed(rig.core, ana->session, rig.now);
	rig_turn(&rig);
	assert_int_equal(rig_said(&rig, ENVELOPE_READ).read.seq, 1);
	assert_int_equal(rig_said(&rig, ENVELOPE_CLOSED).closed.conn, ana->conn);
	rig_said_nothing(&rig);
}

static void
a_receipt_goes_before_its_gateway(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	char token[64];

	(void)state;
	gets_mail(ana, token);
	pong(ana, token);
	gateway_core_stop(rig.core, rig.now);
	assert_int_equal(rig_said(&rig, ENVELOPE_READ).read.seq, 1);
	rig_said(&rig, ENVELOPE_GOODBYE);
}

static void
a_receipt_waits_for_the_hub(void **state)
{
	struct rig_peer *ana = login(1, "ana");
	char token[64];

	(void)state;
	gets_mail(ana, token);
	rig_lose(&rig);
	pong(ana, token);
	rig_after(&rig, 1000);
	rig_welcome(&rig, 78);
	rig_roster_end(&rig);
	rig_forget_said(&rig);
	rig_turn(&rig);
	rig_said(&rig, ENVELOPE_OPEN);
	rig_said(&rig, ENVELOPE_ROSTER_END);
	assert_int_equal(rig_said(&rig, ENVELOPE_READ).read.seq, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(it_says_so_itself),
		TEST(one_ping_stands_behind_what_a_turn_brought),
		TEST(no_other_pong_is_a_receipt),
		TEST(without_a_pong_it_is_lost),
		TEST(the_wheel_does_not_ask_a_second_time),
		TEST(who_reads_slowly_is_asked_when_it_has_read),
		TEST(closing_is_no_receipt),
		TEST(a_receipt_goes_before_its_client),
		TEST(a_receipt_goes_before_its_gateway),
		TEST(a_receipt_waits_for_the_hub),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
