/*
 * What a link hands over, in which order, and which bytes end it: each rule by a conversation with
 * one side of it.
 */
#include "common/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/link_side.h"

static void
words_are_distinct(void **state)
{
	(void)state;
	for (unsigned loss = 0; loss < LINK_LOSS_COUNT; loss++) {
		assert_non_null(link_loss_word(loss));
		for (unsigned other = 0; other < loss; other++)
			assert_string_not_equal(link_loss_word(loss), link_loss_word(other));
	}
	assert_string_equal(link_loss_word(LINK_TOO_SLOW), "too_slow");
	assert_string_equal(link_loss_word(LINK_LOSS_COUNT), "unknown");
}

static void
envelopes_come_in_order_however_they_are_cut(void **state)
{
	struct side side;

	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		begin(&side, LINK_SIDE_HUB);
		write_hello(&side, LINK_VERSION);
		write_probe(&side);
		write_heartbeat(&side);
		write_probe(&side);
		assert_int_equal(deliver_in(&side, piece), LINK_ALIVE);
		assert_string_equal(side.heard, "HELLO PROBE PROBE ");
		write_goodbye(&side);
		write_probe(&side);
		assert_int_equal(deliver_in(&side, piece), LINK_SAID_GOODBYE);
		assert_string_equal(side.heard, "HELLO PROBE PROBE GOODBYE ");
		end(&side);
	}
}

static void
versions_meet_at_the_lower(void **state)
{
	static const struct {
		enum link_side side;
		uint32_t offered;
		enum link_loss loss;
		unsigned version;
	} cases[] = {
		{ LINK_SIDE_HUB, LINK_VERSION, LINK_ALIVE, LINK_VERSION },
		{ LINK_SIDE_HUB, LINK_VERSION_OLDEST, LINK_ALIVE, LINK_VERSION_OLDEST },
		{ LINK_SIDE_HUB, LINK_VERSION + 1, LINK_ALIVE, LINK_VERSION },
		{ LINK_SIDE_HUB, UINT32_MAX, LINK_ALIVE, LINK_VERSION },
		{ LINK_SIDE_HUB, LINK_VERSION_OLDEST - 1, LINK_BAD_VERSION, 0 },
		{ LINK_SIDE_GATEWAY, LINK_VERSION, LINK_ALIVE, LINK_VERSION },
		{ LINK_SIDE_GATEWAY, LINK_VERSION_OLDEST, LINK_ALIVE, LINK_VERSION_OLDEST },
		{ LINK_SIDE_GATEWAY, LINK_VERSION + 1, LINK_BAD_VERSION, 0 },
		{ LINK_SIDE_GATEWAY, LINK_VERSION_OLDEST - 1, LINK_BAD_VERSION, 0 },
	};
	struct side side;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&side, cases[i].side);
		assert_int_equal(link_version(side.link), 0);
		if (cases[i].side == LINK_SIDE_HUB)
			write_hello(&side, cases[i].offered);
		else
			write_welcome(&side, cases[i].offered);
		assert_int_equal(deliver(&side), cases[i].loss);
		assert_int_equal(link_version(side.link), cases[i].version);
		if (cases[i].loss != LINK_ALIVE)
			assert_string_equal(side.heard, "");
		end(&side);
	}
}

static void
the_opening_comes_first_and_once(void **state)
{
	struct side side;

	(void)state;
	begin(&side, LINK_SIDE_HUB);
	write_probe(&side);
	assert_int_equal(deliver(&side), LINK_OUT_OF_ORDER);
	end(&side);

	begin(&side, LINK_SIDE_GATEWAY);
	write_heartbeat(&side);
	assert_int_equal(deliver(&side), LINK_OUT_OF_ORDER);
	end(&side);

	open_hub(&side);
	write_hello(&side, LINK_VERSION);
	assert_int_equal(deliver(&side), LINK_OUT_OF_ORDER);
	assert_string_equal(side.heard, "");
	end(&side);
}

/* A kind that came later is no kind for an older link. */
static void
kinds_belong_to_versions(void **state)
{
	struct side side;

	(void)state;
	assert_int_equal(envelope_kind_version(ENVELOPE_PROBE), LINK_VERSION_OLDEST);
	assert_int_equal(envelope_kind_version(ENVELOPE_DRAIN), LINK_VERSION_OLDEST);
	assert_int_equal(envelope_kind_version(ENVELOPE_REPORT), 4);
	assert_int_equal(envelope_kind_version(ENVELOPE_LOG_LEVEL), 4);
	assert_int_equal(envelope_kind_version(ENVELOPE_LOAD), 4);
	for (uint32_t version = LINK_VERSION_OLDEST; version <= LINK_VERSION; version++) {
		struct envelope_load load = { .token = 1 };

		begin(&side, LINK_SIDE_GATEWAY);
		write_welcome(&side, version);
		assert_true(envelope_encode(&side.wire, ENVELOPE_LOAD, &load));
		assert_int_equal(deliver(&side), version < 4 ? LINK_BAD_FRAME : LINK_ALIVE);
		assert_string_equal(side.heard, version < 4 ? "WELCOME " : "WELCOME LOAD ");
		end(&side);
	}
}

static void
each_side_has_its_own_envelopes(void **state)
{
	struct side side;

	(void)state;
	begin(&side, LINK_SIDE_HUB);
	write_welcome(&side, LINK_VERSION);
	assert_int_equal(deliver(&side), LINK_WRONG_SENDER);
	end(&side);

	begin(&side, LINK_SIDE_GATEWAY);
	write_welcome(&side, LINK_VERSION);
	write_probe(&side);
	assert_int_equal(deliver(&side), LINK_WRONG_SENDER);
	assert_string_equal(side.heard, "WELCOME ");
	end(&side);
}

static void
bad_frames_end_the_link(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} bad[] = {
		{ "\x00\x00\x00\x00", 4 },
		{ "\x00\x00\x03\xe9", 4 },
		{ "\xff\xff\xff\xff", 4 },
		{ "\x00\x00\x00\x01\xc0", 5 },
		{ "\x00\x00\x00\x02\x06\x05", 6 },
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
	};
	struct side side;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (size_t piece = 1; piece < 8; piece++) {
			open_hub(&side);
			buffer_append(&side.wire, bad[i].bytes, bad[i].length);
			write_probe(&side);
			assert_int_equal(deliver_in(&side, piece), LINK_BAD_FRAME);
			assert_string_equal(side.heard, "");
			end(&side);
		}
	}
}

static void
the_receiver_may_end_it_and_the_first_reason_stays(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	side.verdict = LINK_BAD_CONTENT;
	write_probe(&side);
	write_probe(&side);
	assert_int_equal(deliver(&side), LINK_BAD_CONTENT);
	assert_string_equal(side.heard, "PROBE ");
	link_end(side.link, LINK_STOPPED);
	assert_int_equal(link_state(side.link), LINK_BAD_CONTENT);
	assert_int_equal(tick_after(&side, 100000), LINK_BAD_CONTENT);
	write_probe(&side);
	assert_int_equal(deliver(&side), LINK_BAD_CONTENT);
	assert_false(link_send(side.link, ENVELOPE_PROBED, &(struct envelope_probed){ 1 }));
	assert_false(link_send_frames(side.link, "x", 1));
	assert_false(link_send_frames(side.link, "", 0));
	assert_string_equal(side.heard, "PROBE ");
	end(&side);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_distinct),
		cmocka_unit_test(envelopes_come_in_order_however_they_are_cut),
		cmocka_unit_test(versions_meet_at_the_lower),
		cmocka_unit_test(the_opening_comes_first_and_once),
		cmocka_unit_test(kinds_belong_to_versions),
		cmocka_unit_test(each_side_has_its_own_envelopes),
		cmocka_unit_test(bad_frames_end_the_link),
		cmocka_unit_test(the_receiver_may_end_it_and_the_first_reason_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
