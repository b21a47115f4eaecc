/* Drives one side of a link for the tests of link.h: the peer's bytes, the receiver, time. */
#include "tests/unit/link_side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Adds a name and a blank to a list of them. */
static void
add_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	assert_true((size_t)snprintf(list + used, size - used, "%s ", name) < size - used);
}

enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct side *side = context;
	struct envelope_probed probed = { 1 };

	add_name(side->heard, sizeof(side->heard), envelope_kind_name(envelope->kind));
	while (side->floods && link_send(side->link, ENVELOPE_PROBED, &probed))
		continue;
	return side->verdict;
}

struct link_limits
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

void
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

void
end(struct side *side)
{
	link_destroy(&side->link);
	assert_null(side->link);
	link_destroy(&side->link);
	envelope_decoder_destroy(&side->decoder);
	buffer_free(&side->wire);
}

void
write_hello(struct side *side, uint32_t version)
{
	struct envelope_hello hello = { .link_version = version, .gateway = TEXT("gw-1") };

	assert_true(envelope_encode(&side->wire, ENVELOPE_HELLO, &hello));
}

void
write_welcome(struct side *side, uint32_t version)
{
	struct envelope_welcome welcome = { .link_version = version };

	assert_true(envelope_encode(&side->wire, ENVELOPE_WELCOME, &welcome));
}

void
write_probe(struct side *side)
{
	struct envelope_probe probe = { 1 };

	assert_true(envelope_encode(&side->wire, ENVELOPE_PROBE, &probe));
}

void
write_heartbeat(struct side *side)
{
	struct envelope_heartbeat heartbeat = { 1 };

	assert_true(envelope_encode(&side->wire, ENVELOPE_HEARTBEAT, &heartbeat));
}

void
write_goodbye(struct side *side)
{
	struct envelope_goodbye goodbye = { TEXT("done") };

	assert_true(envelope_encode(&side->wire, ENVELOPE_GOODBYE, &goodbye));
}

enum link_loss
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

enum link_loss
deliver(struct side *side)
{
	return deliver_in(side, SIZE_MAX / 2);
}

enum link_loss
tick_after(struct side *side, uint64_t ms)
{
	side->now.mono_ms += ms;
	return link_tick(side->link, side->now);
}

void
open_hub(struct side *side)
{
	begin(side, LINK_SIDE_HUB);
	write_hello(side, LINK_VERSION);
	assert_int_equal(deliver(side), LINK_ALIVE);
	assert_string_equal(side->heard, "HELLO ");
	side->heard[0] = '\0';
}

void
welcome_gateway(struct side *side)
{
	struct envelope_welcome welcome = { .link_version = LINK_VERSION };

	assert_true(link_send(side->link, ENVELOPE_WELCOME, &welcome));
	link_sent(side->link, link_output(side->link).length, side->now);
}

void
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
