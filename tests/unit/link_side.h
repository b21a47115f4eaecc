/*
 * One side of a link under test and what its peer sends, for the tests of link.h. Time is a value
 * that the test moves.
 */
#ifndef HUBBUB_TESTS_UNIT_LINK_SIDE_H
#define HUBBUB_TESTS_UNIT_LINK_SIDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/link.h"

/* One side under test, what it handed over, and the bytes its peer is about to send. */
struct side {
	struct link *link;
	struct now now;
	char heard[512];        /* names of the envelopes handed over, each with a blank behind */
	enum link_loss verdict; /* what the receiver says to the next ones */
	bool floods;            /* the receiver answers until its queue is full */
	struct buffer wire;
	struct envelope_decoder *decoder;
};

/* Adds a name and a blank to a list of them. */
static inline void
add_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	assert_true((size_t)snprintf(list + used, size - used, "%s ", name) < size - used);
}

static inline enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct side *side = context;
	struct envelope_probed probed = { 1 };

	add_name(side->heard, sizeof(side->heard), envelope_kind_name(envelope->kind));
	while (side->floods && link_send(side->link, ENVELOPE_PROBED, &probed))
		continue;
	return side->verdict;
}

static inline struct link_limits
limits(void)
{
	return (struct link_limits){
		.frame_max = 1000,
		.queue_max = 100,
		.opening_ms = 1000,
		.partial_ms = 5000,
		.heartbeat_ms = 1000,
		.silent_ms = 4000,
	};
}

static inline void
begin(struct side *side, enum link_side which)
{
	*side = (struct side){ .now = { 50000, 1700000000000 } };
	side->decoder = envelope_decoder_create();
	side->link =
	    link_create(which, limits(), (struct link_receiver){ on_envelope, side }, side->now);
	assert_non_null(side->decoder);
	assert_non_null(side->link);
	buffer_init(&side->wire, 0);
}

static inline void
end(struct side *side)
{
	link_destroy(&side->link);
	assert_null(side->link);
	link_destroy(&side->link);
	envelope_decoder_destroy(&side->decoder);
	buffer_free(&side->wire);
}

static inline void
write_hello(struct side *side, uint32_t version)
{
	struct envelope_hello hello = { .link_version = version, .gateway = TEXT("gw-1") };

	assert_true(envelope_encode(&side->wire, ENVELOPE_HELLO, &hello));
}

static inline void
write_welcome(struct side *side, uint32_t version)
{
	struct envelope_welcome welcome = { .link_version = version };

	assert_true(envelope_encode(&side->wire, ENVELOPE_WELCOME, &welcome));
}

static inline void
write_probe(struct side *side)
{
	struct envelope_probe probe = { 1 };

	assert_true(envelope_encode(&side->wire, ENVELOPE_PROBE, &probe));
}

static inline void
write_heartbeat(struct side *side)
{
	struct envelope_heartbeat heartbeat = { 1 };

	assert_true(envelope_encode(&side->wire, ENVELOPE_HEARTBEAT, &heartbeat));
}

static inline void
write_goodbye(struct side *side)
{
	struct envelope_goodbye goodbye = { TEXT("done") };

	assert_true(envelope_encode(&side->wire, ENVELOPE_GOODBYE, &goodbye));
}

/* The peer's bytes arrive in pieces of at most `piece`. */
static inline enum link_loss
deliver_in(struct side *side, size_t piece)
{
	enum link_loss state = link_state(side->link);

	for (size_t at = 0; at < side->wire.length; at += piece) {
		size_t left = side->wire.length - at;

		state = link_receive(
		    side->link, side->now, side->wire.data + at, left < piece ? left : piece);
	}
	buffer_clear(&side->wire);
	return state;
}

static inline enum link_loss
deliver(struct side *side)
{
	return deliver_in(side, SIZE_MAX / 2);
}

static inline enum link_loss
tick_after(struct side *side, uint64_t ms)
{
	side->now.mono_ms += ms;
	return link_tick(side->link, side->now);
}

static inline void
open_hub(struct side *side)
{
	begin(side, LINK_SIDE_HUB);
	write_hello(side, LINK_VERSION);
	assert_int_equal(deliver(side), LINK_ALIVE);
	assert_string_equal(side->heard, "HELLO ");
	side->heard[0] = '\0';
}

static inline void
welcome_gateway(struct side *side)
{
	struct envelope_welcome welcome = { .link_version = LINK_VERSION };

	assert_true(link_send(side->link, ENVELOPE_WELCOME, &welcome));
	link_sent(side->link, link_output(side->link).length, side->now);
}

/* The names of what waits in the queue. */
static inline void
assert_output(struct side *side, const char *names)
{
	struct text output = link_output(side->link);
	char said[256] = "";

	while (output.length > 0) {
		size_t length = envelope_header_read(output.data);
		struct envelope envelope;

		assert_true(envelope_decode(
		    side->decoder, output.data + ENVELOPE_HEADER_SIZE, length, &envelope));
		add_name(said, sizeof(said), envelope_kind_name(envelope.kind));
		output.data += ENVELOPE_HEADER_SIZE + length;
		output.length -= ENVELOPE_HEADER_SIZE + length;
	}
	assert_string_equal(said, names);
}

#endif
