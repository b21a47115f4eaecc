/* Turns held until kept: order, audiences, forgetting, undoing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/outbox.h"

#define BIT(slot) (UINT64_C(1) << (slot))

/* What each gateway got: the tokens of its PROBED envelopes. */
struct heard {
	struct envelope_decoder *decoder;
	uint64_t tokens[3][64];
	unsigned counts[3];
	unsigned runs;
	uint64_t message_seq;
};

static void
leave(void *context, const struct outbox_run *run, const char *frames)
{
	struct heard *heard = context;
	struct envelope envelope;

	heard->runs++;
	if (run->stream != NULL)
		heard->message_seq = run->seq;
	for (size_t at = 0; at < run->length;) {
		size_t length = envelope_header_read(frames + at);

		assert_true(envelope_decode(
		    heard->decoder, frames + at + ENVELOPE_HEADER_SIZE, length, &envelope));
		for (unsigned slot = 0; slot < 3; slot++) {
			if ((run->slots & BIT(slot)) != 0)
				heard->tokens[slot][heard->counts[slot]++] =
				    envelope.kind == ENVELOPE_PROBED ? envelope.probed.token
								     : 1000 + envelope.deliver.seq;
		}
		at += ENVELOPE_HEADER_SIZE + length;
	}
}

static struct heard *
heard_create(void)
{
	struct heard *heard = calloc(1, sizeof(*heard));

	assert_non_null(heard);
	heard->decoder = envelope_decoder_create();
	return heard;
}

static void
heard_destroy(struct heard *heard)
{
	envelope_decoder_destroy(&heard->decoder);
	free(heard);
}

static void
put(struct outbox *outbox, uint64_t slots, uint64_t token)
{
	struct envelope_probed probed = { .token = token };

	assert_true(outbox_put(outbox, slots, ENVELOPE_PROBED, &probed));
}

static void
says_in_order_to_whom_it_concerns(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };

	(void)state;
	put(outbox, BIT(0), 1);
	put(outbox, BIT(0), 2);
	put(outbox, BIT(0) | BIT(1), 3);
	put(outbox, 0, 4);
	put(outbox, BIT(0), 5);
	assert_true(outbox_open_length(outbox) > 0);
	outbox_release(outbox, 100, sink);
	assert_int_equal(heard->counts[0], 0);
	outbox_seal(outbox, 0);
	outbox_release(outbox, 0, sink);
	assert_int_equal(heard->runs, 3);
	assert_int_equal(heard->counts[0], 4);
	assert_memory_equal(heard->tokens[0], ((uint64_t[]){ 1, 2, 3, 5 }), 32);
	assert_int_equal(heard->counts[1], 1);
	assert_int_equal(heard->tokens[1][0], 3);
	outbox_destroy(&outbox);
	assert_null(outbox);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

static void
waits_for_what_it_depends_on(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };

	(void)state;
	put(outbox, BIT(0), 1);
	outbox_seal(outbox, 1);
	put(outbox, BIT(0), 2);
	outbox_seal(outbox, 2);
	put(outbox, BIT(0), 3);
	outbox_seal(outbox, 0);
	outbox_release(outbox, 0, sink);
	assert_int_equal(heard->counts[0], 0);
	outbox_release(outbox, 1, sink);
	assert_int_equal(heard->counts[0], 1);
	/* The third waits for nothing but must not overtake. */
	outbox_release(outbox, 2, sink);
	assert_memory_equal(heard->tokens[0], ((uint64_t[]){ 1, 2, 3 }), 24);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

static void
forgets_a_slot_everywhere(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };

	(void)state;
	put(outbox, BIT(0) | BIT(1), 1);
	outbox_seal(outbox, 1);
	put(outbox, BIT(0) | BIT(1), 2);
	outbox_forget(outbox, 1);
	put(outbox, BIT(1), 3);
	outbox_seal(outbox, 1);
	outbox_release(outbox, 1, sink);
	assert_int_equal(heard->counts[0], 2);
	assert_int_equal(heard->counts[1], 1);
	assert_int_equal(heard->tokens[1][0], 3);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

/* Drops 2, says 30 for 3, fails at 5, leaves the rest. */
static bool
undo(void *context, const char *frame, size_t length, struct buffer *out)
{
	struct heard *heard = context;
	struct envelope envelope;

	assert_true(envelope_decode(heard->decoder, frame + ENVELOPE_HEADER_SIZE,
	    length - ENVELOPE_HEADER_SIZE, &envelope));
	if (envelope.probed.token == 2)
		return true;
	if (envelope.probed.token == 5)
		return false;
	if (envelope.probed.token == 3)
		envelope.probed.token = 30;
	return envelope_encode(out, ENVELOPE_PROBED, &envelope.probed);
}

static void
rewrites_what_was_not_kept(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };

	(void)state;
	put(outbox, BIT(0), 3);
	outbox_seal(outbox, 1);
	put(outbox, BIT(0), 2);
	put(outbox, BIT(1), 2);
	put(outbox, BIT(0), 3);
	put(outbox, BIT(0), 4);
	outbox_seal(outbox, 2);
	put(outbox, BIT(0), 3);
	outbox_seal(outbox, 3);
	assert_int_equal(outbox_undo(outbox, 2, undo, heard), 0);
	outbox_release(outbox, 1, sink);
	assert_memory_equal(heard->tokens[0], ((uint64_t[]){ 3, 30, 4, 30 }), 32);
	assert_int_equal(heard->counts[0], 4);
	assert_int_equal(heard->counts[1], 0);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

static void
names_who_misses_a_frame(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };

	(void)state;
	put(outbox, BIT(0), 1);
	put(outbox, BIT(1) | BIT(2), 5);
	outbox_seal(outbox, 1);
	assert_int_equal(outbox_undo(outbox, 1, undo, heard), BIT(1) | BIT(2));
	outbox_release(outbox, 0, sink);
	assert_int_equal(heard->counts[0], 1);
	assert_int_equal(heard->counts[1], 0);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

static void
refuses_what_passes_its_bound(void **state)
{
	struct outbox *outbox = outbox_create(90);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };
	struct envelope_notice notice = { .content = {
					      "........................................", 40 } };
	unsigned taken = 0;

	(void)state;
	while (outbox_put(outbox, BIT(0), ENVELOPE_NOTICE, &notice))
		taken++;
	assert_int_equal(taken, 1);
	put(outbox, BIT(0), 1);
	outbox_seal(outbox, 0);
	outbox_release(outbox, 0, sink);
	assert_int_equal(heard->counts[0], 2);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

static void
messages_carry_their_place(void **state)
{
	struct outbox *outbox = outbox_create(1 << 20);
	struct heard *heard = heard_create();
	struct outbox_sink sink = { leave, heard };
	struct envelope_deliver deliver = { .room = TEXT("lobby"), .seq = 7 };
	struct stream *stream = (struct stream *)heard; /* only carried */

	(void)state;
	put(outbox, BIT(0), 1);
	assert_true(outbox_put_message(outbox, BIT(0), ENVELOPE_DELIVER, &deliver, stream, 7));
	put(outbox, BIT(0), 2);
	outbox_seal(outbox, 0);
	outbox_release(outbox, 0, sink);
	assert_int_equal(heard->runs, 3);
	assert_int_equal(heard->message_seq, 7);
	assert_memory_equal(heard->tokens[0], ((uint64_t[]){ 1, 1007, 2 }), 24);
	outbox_destroy(&outbox);
	heard_destroy(heard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_in_order_to_whom_it_concerns),
		cmocka_unit_test(waits_for_what_it_depends_on),
		cmocka_unit_test(forgets_a_slot_everywhere),
		cmocka_unit_test(rewrites_what_was_not_kept),
		cmocka_unit_test(names_who_misses_a_frame),
		cmocka_unit_test(refuses_what_passes_its_bound),
		cmocka_unit_test(messages_carry_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
