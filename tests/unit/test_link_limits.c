/* A link's deadlines, its heartbeats and the bound of its queue. */
#include "common/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/link_side.h"

static void
the_opening_has_a_deadline(void **state)
{
	struct side side;

	(void)state;
	begin(&side, LINK_SIDE_GATEWAY);
	assert_int_equal(tick_after(&side, 999), LINK_ALIVE);
	assert_int_equal(tick_after(&side, 1), LINK_SILENT);
	end(&side);
}

static void
silence_ends_the_link(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	assert_int_equal(tick_after(&side, 3999), LINK_ALIVE);
	write_heartbeat(&side);
	assert_int_equal(deliver(&side), LINK_ALIVE);
	assert_int_equal(tick_after(&side, 3999), LINK_ALIVE);
	assert_int_equal(tick_after(&side, 1), LINK_SILENT);
	end(&side);
}

static void
half_a_frame_has_a_deadline(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	for (int second = 0; second < 5; second++) {
		assert_int_equal(tick_after(&side, 0), LINK_ALIVE);
		assert_int_equal(
		    link_receive(side.link, side.now, &"\x00\x00\x03\x00\x01"[second], 1),
		    LINK_ALIVE);
		side.now.mono_ms += 1000;
	}
	assert_int_equal(link_receive(side.link, side.now, "x", 1), LINK_SILENT);
	end(&side);
}

static void
a_frame_that_is_whole_starts_the_deadline_anew(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	write_probe(&side);
	for (int second = 0; second < 20; second++) {
		/* Always in the middle of a frame, but never of the same one for long. */
		assert_int_equal(
		    link_receive(side.link, side.now, side.wire.data + (second > 0 ? 3 : 0),
			side.wire.length - (second > 0 ? 3 : 0)),
		    LINK_ALIVE);
		assert_int_equal(link_receive(side.link, side.now, side.wire.data, 3), LINK_ALIVE);
		assert_int_equal(tick_after(&side, 1000), LINK_ALIVE);
	}
	assert_int_equal(strlen(side.heard), 20 * strlen("PROBE "));
	end(&side);
}

static void
heartbeats_fill_what_is_not_said(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	side.now.mono_ms += 1000;
	write_heartbeat(&side);
	deliver(&side);
	link_tick(side.link, side.now);
	/* Not before the WELCOME: that is the first thing a gateway may hear. */
	assert_output(&side, "");
	welcome_gateway(&side);
	tick_after(&side, 999);
	assert_output(&side, "");
	tick_after(&side, 1);
	assert_output(&side, "HEARTBEAT ");
	write_heartbeat(&side);
	deliver(&side);
	tick_after(&side, 2000);
	assert_output(&side, "HEARTBEAT ");
	link_sent(side.link, link_output(side.link).length, side.now);
	tick_after(&side, 999);
	assert_output(&side, "");
	end(&side);
}

/* Whoever drives a link sleeps until the deadline: nothing may be due before. */
static void
the_next_deadline_is_known(void **state)
{
	struct side side;

	(void)state;
	begin(&side, LINK_SIDE_GATEWAY);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 1000);
	end(&side);
	open_hub(&side);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 4000);
	welcome_gateway(&side);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 1000);
	tick_after(&side, 1000);
	/* The heartbeat waits to be sent: the next thing is the peer's silence. */
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 3000);
	link_sent(side.link, link_output(side.link).length, side.now);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 1000);
	link_receive(side.link, side.now, "", 1);
	link_send(side.link, ENVELOPE_HEARTBEAT, &(struct envelope_heartbeat){ 1 });
	side.now.mono_ms += 1500;
	write_heartbeat(&side);
	link_receive(side.link, side.now, side.wire.data + 1, side.wire.length - 1);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 4000);
	link_receive(side.link, side.now, "", 1);
	side.now.mono_ms += 3000;
	assert_int_equal(link_receive(side.link, side.now, "\0\0\x03", 2), LINK_ALIVE);
	assert_int_equal(link_deadline_ms(side.link), side.now.mono_ms + 2000);
	end(&side);
}

static void
a_full_queue_ends_the_link(void **state)
{
	static char letters[88];
	struct envelope_goodbye goodbye = { { letters, sizeof(letters) } };
	struct side side;

	(void)state;
	open_hub(&side);
	assert_true(link_send(side.link, ENVELOPE_GOODBYE, &goodbye));
	assert_int_equal(link_output(side.link).length, 96);
	assert_true(link_send_frames(side.link, "four", 4));
	assert_int_equal(link_state(side.link), LINK_ALIVE);
	assert_false(link_send_frames(side.link, "x", 1));
	assert_int_equal(link_state(side.link), LINK_TOO_SLOW);
	/* What was queued before may still be written. */
	assert_int_equal(link_output(side.link).length, 100);
	end(&side);
}

static void
what_was_taken_makes_room(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	for (int turn = 0; turn < 1000; turn++) {
		assert_true(link_send_frames(side.link, "0123456789", 10));
		if (turn >= 9) {
			assert_memory_equal(link_output(side.link).data, "0123456789", 10);
			link_sent(side.link, 10, side.now);
		}
	}
	assert_int_equal(link_output(side.link).length, 90);
	end(&side);
}

/* With a queue large enough that what was taken is moved out and memory given back. */
static void
a_long_queue_keeps_its_order(void **state)
{
	struct link_limits wide = limits();
	struct side side;
	uint32_t written = 0;
	uint32_t read = 0;

	(void)state;
	begin(&side, LINK_SIDE_HUB);
	link_destroy(&side.link);
	wide.queue_max = (size_t)4 * 1024 * 1024;
	side.link = link_create(
	    LINK_SIDE_HUB, wide, (struct link_receiver){ on_envelope, &side }, side.now);
	while (link_send_frames(side.link, &written, sizeof(written)) && written < 800000)
		written++;
	assert_int_equal(link_state(side.link), LINK_ALIVE);
	while (link_output(side.link).length > 0) {
		struct text output = link_output(side.link);
		size_t chunk = output.length < 100000 ? output.length : 100000;

		for (size_t at = 0; at < chunk; at += sizeof(read)) {
			assert_memory_equal(output.data + at, &read, sizeof(read));
			read++;
		}
		link_sent(side.link, chunk, side.now);
	}
	assert_int_equal(read, written + 1);
	assert_true(link_send_frames(side.link, "x", 1));
	end(&side);
}

static void
an_answer_from_the_receiver_may_fill_the_queue(void **state)
{
	struct side side;

	(void)state;
	open_hub(&side);
	side.floods = true;
	write_probe(&side);
	write_probe(&side);
	assert_int_equal(deliver(&side), LINK_TOO_SLOW);
	assert_string_equal(side.heard, "PROBE ");
	end(&side);
}

static void
an_envelope_too_large_is_our_own_affair(void **state)
{
	static char letters[2000];
	struct envelope_goodbye goodbye = { { letters, sizeof(letters) } };
	struct side side;

	(void)state;
	open_hub(&side);
	assert_false(link_send(side.link, ENVELOPE_GOODBYE, &goodbye));
	assert_int_equal(link_state(side.link), LINK_ALIVE);
	assert_output(&side, "");
	end(&side);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_opening_has_a_deadline),
		cmocka_unit_test(silence_ends_the_link),
		cmocka_unit_test(half_a_frame_has_a_deadline),
		cmocka_unit_test(a_frame_that_is_whole_starts_the_deadline_anew),
		cmocka_unit_test(heartbeats_fill_what_is_not_said),
		cmocka_unit_test(the_next_deadline_is_known),
		cmocka_unit_test(a_full_queue_ends_the_link),
		cmocka_unit_test(what_was_taken_makes_room),
		cmocka_unit_test(a_long_queue_keeps_its_order),
		cmocka_unit_test(an_answer_from_the_receiver_may_fill_the_queue),
		cmocka_unit_test(an_envelope_too_large_is_our_own_affair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
