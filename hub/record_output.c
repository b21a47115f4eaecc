/*
 * What stands for frames in a record: how many, how long, a check of their bytes. Recorder and
 * replay compare by this. Where contents are not recorded, texts are replaced first, on both sides.
 */
#include "hub/record_private.h"

/* Appends the frame as it would be had nobody said anything; false if it is none. */
static bool
rewrite(const char *frame, size_t length, struct envelope_decoder *decoder, struct buffer *texts,
    struct buffer *rewritten)
{
	struct envelope envelope;

	return envelope_decode(decoder, frame, length, &envelope) &&
	       redact_envelope(NULL, &envelope, texts) &&
	       envelope_encode(rewritten, envelope.kind, &envelope.hello);
}

struct record_frames
record_frames_check(const void *frames, size_t length, bool redacted,
    struct envelope_decoder *decoder, struct buffer *texts, struct buffer *rewritten)
{
	struct record_frames result = { .whole = true };
	const char *next = frames;
	size_t left = length;

	buffer_clear(rewritten);
	while (left >= ENVELOPE_HEADER_SIZE && result.whole) {
		size_t size = envelope_header_read(next);

		result.whole = size <= left - ENVELOPE_HEADER_SIZE;
		if (result.whole && redacted)
			result.whole =
			    rewrite(next + ENVELOPE_HEADER_SIZE, size, decoder, texts, rewritten);
		next += ENVELOPE_HEADER_SIZE + size;
		left -= ENVELOPE_HEADER_SIZE + size;
		result.count++;
	}
	result.whole = result.whole && left == 0;
	result.check =
	    record_check(redacted ? buffer_text(rewritten) : (struct text){ frames, length });
	return result;
}
