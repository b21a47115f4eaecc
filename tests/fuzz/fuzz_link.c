/*
 * A peer's bytes on either side of a link. The first byte says which side, the second how the rest
 * is cut. However it is cut, the same envelopes must be handed over and the same end be found.
 */
#include <stdlib.h>
#include <string.h>

#include "common/link.h"
#include "tests/fuzz/fuzz.h"

/* One delivery: the link, and a digest of what it handed over. */
struct run {
	struct link *link;
	struct now now;
	struct buffer heard;
};

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static enum link_loss
on_envelope(void *context, const struct envelope *envelope)
{
	struct run *run = context;
	struct envelope_goodbye answer = { TEXT("an answer") };

	demand(link_version(run->link) != 0);
	demand(link_state(run->link) == LINK_ALIVE);
	demand(envelope->kind != ENVELOPE_HEARTBEAT);
	demand(envelope_encode(&run->heard, envelope->kind, &envelope->hello));
	if (envelope->kind == ENVELOPE_CLOSED || envelope->kind == ENVELOPE_EXITED)
		return LINK_BAD_CONTENT;
	demand(link_send(run->link, ENVELOPE_GOODBYE, &answer));
	link_sent(run->link, link_output(run->link).length, run->now);
	return LINK_ALIVE;
}

static void
begin(struct run *run, enum link_side side)
{
	struct link_limits limits = link_limits_default();

	limits.frame_max = 4096;
	*run = (struct run){ .now = { 1000, 1000 } };
	buffer_init(&run->heard, 0);
	run->link = link_create(side, limits, (struct link_receiver){ on_envelope, run }, run->now);
	demand(run->link != NULL);
}

static void
end(struct run *run)
{
	enum link_loss state = link_state(run->link);

	demand(link_receive(run->link, run->now, "", 0) == state);
	run->now.mono_ms += 100000;
	state = link_tick(run->link, run->now);
	demand(state != LINK_ALIVE);
	demand(link_receive(run->link, run->now, "\0\0\0\1", 4) == state);
	link_destroy(&run->link);
	buffer_free(&run->heard);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	enum link_side side;
	struct run whole;
	struct run cut;
	uint32_t seed;

	if (length < 2)
		return 0;
	side = bytes[0] & 1 ? LINK_SIDE_HUB : LINK_SIDE_GATEWAY;
	seed = bytes[1];
	bytes += 2;
	length -= 2;
	begin(&whole, side);
	begin(&cut, side);
	(void)link_receive(whole.link, whole.now, bytes, length);
	while (length > 0) {
		size_t piece = 1 + (seed >> 8) % 16 * ((seed >> 4) % 4);

		if (piece > length)
			piece = length;
		(void)link_receive(cut.link, cut.now, bytes, piece);
		(void)link_tick(cut.link, cut.now);
		bytes += piece;
		length -= piece;
		seed = seed * 1664525 + 1013904223;
	}
	demand(link_state(whole.link) == link_state(cut.link));
	demand(link_version(whole.link) == link_version(cut.link));
	demand(text_equal(buffer_text(&whole.heard), buffer_text(&cut.heard)));
	end(&whole);
	end(&cut);
	return 0;
}
