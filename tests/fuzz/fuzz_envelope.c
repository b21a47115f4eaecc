/*
 * The msgpack part of a frame. What is taken must come back the same from its own encoding, and
 * that encoding must be stable.
 */
#include <stdlib.h>
#include <string.h>

#include "common/envelope.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static void
encode(struct buffer *frame, const struct envelope *envelope)
{
	buffer_init(frame, 0);
	demand(envelope_encode(frame, envelope->kind, &envelope->hello));
	demand(frame->length == envelope_frame_size(envelope->kind, &envelope->hello));
	demand(envelope_header_read(frame->data) == frame->length - ENVELOPE_HEADER_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct envelope_decoder *decoder = envelope_decoder_create();
	struct envelope first;
	struct envelope second;
	struct buffer frame;
	struct buffer again;

	demand(decoder != NULL);
	if (envelope_decode(decoder, bytes, length, &first)) {
		demand(envelope_kind_name(first.kind) != NULL);
		encode(&frame, &first);
		demand(frame.length - ENVELOPE_HEADER_SIZE <= length);
		demand(envelope_decode(decoder, frame.data + ENVELOPE_HEADER_SIZE,
		    frame.length - ENVELOPE_HEADER_SIZE, &second));
		demand(first.kind == second.kind);
		encode(&again, &second);
		demand(text_equal(buffer_text(&frame), buffer_text(&again)));
		buffer_free(&frame);
		buffer_free(&again);
	} else {
		demand(first.kind == ENVELOPE_NONE);
	}
	envelope_decoder_destroy(&decoder);
	return 0;
}
