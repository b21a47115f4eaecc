/*
 * Walks the headers of unmasked WebSocket frames (RFC 6455 section 5.2). The
 * frames are ours, so their headers are trusted as far as they go; nothing
 * outside of a run is ever touched.
 */
#include "gateway/frame_walk.h"

#include <stdint.h>

/* Bytes of the frame that begins at `frame`, header included; at most `length`. */
static size_t
frame_size(const uint8_t *frame, size_t length)
{
	size_t extra = 0;
	uint64_t payload;

	if (length < 2)
		return length;
	payload = frame[1] & 0x7f;
	if (payload == 126)
		extra = 2;
	else if (payload == 127)
		extra = 8;
	if (length < 2 + extra)
		return length;
	if (extra > 0)
		payload = 0;
	for (size_t i = 0; i < extra; i++)
		payload = payload << 8 | frame[2 + i];
	return payload > length - 2 - extra ? length : 2 + extra + (size_t)payload;
}

size_t
frame_walk_fit(const struct iovec *run, size_t max)
{
	const uint8_t *bytes = run->iov_base;
	size_t fit = 0;

	if (run->iov_len <= max)
		return run->iov_len;
	for (;;) {
		size_t next = fit + frame_size(bytes + fit, run->iov_len - fit);

		if (fit > 0 && next > max)
			return fit;
		fit = next;
		if (fit == run->iov_len)
			return fit;
	}
}

struct iovec
frame_walk_rest(const struct iovec *runs, int count, size_t sent)
{
	const struct iovec nothing = { NULL, 0 };
	uint8_t *bytes;
	size_t length;
	size_t frame = 0;
	int i = 0;

	while (i < count && sent >= runs[i].iov_len) {
		sent -= runs[i].iov_len;
		i++;
	}
	if (i == count)
		return nothing;
	bytes = runs[i].iov_base;
	length = runs[i].iov_len;
	while (frame < sent)
		frame += frame_size(bytes + frame, length - frame);
	if (frame == sent)
		return nothing;
	return (struct iovec){ bytes + sent, frame - sent };
}
