/*
 * The frame layout of RFC 6455, section 5.2, for unfragmented messages. It knows bytes, not
 * sockets.
 */
#include "tests/bench/ws_frame.h"

#include <stdbool.h>

static size_t
read_length(const uint8_t *bytes, size_t width)
{
	uint64_t length = 0;

	for (size_t i = 0; i < width; i++)
		length = length << 8 | bytes[i];
	return length > WS_PAYLOAD_MAX ? (size_t)WS_PAYLOAD_MAX + 1 : (size_t)length;
}

long
ws_frame_parse(char *bytes, size_t size, struct ws_frame *frame_out)
{
	const uint8_t *header = (const uint8_t *)bytes;
	size_t at = 2, length;
	bool masked;

	if (size < 2)
		return 0;
	if ((header[0] & 0xf0) != 0x80)
		return -1;
	masked = (header[1] & 0x80) != 0;
	length = header[1] & 0x7f;
	if (length >= 126) {
		size_t width = length == 126 ? 2 : 8;

		if (size < at + width)
			return 0;
		length = read_length(header + at, width);
		at += width;
	}
	if (length > WS_PAYLOAD_MAX)
		return -1;
	if (size < at + (masked ? 4 : 0) + length)
		return 0;
	if (masked) {
		at += 4;
		ws_frame_mask(bytes + at, length, header + at - 4);
	}
	frame_out->opcode = header[0] & 0x0f;
	frame_out->payload = bytes + at;
	frame_out->size = length;
	return (long)(at + length);
}

size_t
ws_frame_header(char out[WS_HEADER_MAX], unsigned opcode, size_t size, const uint8_t mask[4])
{
	unsigned mask_bit = mask == NULL ? 0 : 0x80;
	size_t at = 0, width = size < 126 ? 0 : size < 65536 ? 2 : 8;

	out[at++] = (char)(0x80 | opcode);
	out[at++] = (char)(mask_bit | (width == 0 ? size : width == 2 ? 126 : 127));
	for (size_t i = width; i > 0; i--)
		out[at++] = (char)((uint64_t)size >> (8 * (i - 1)));
	for (size_t i = 0; mask != NULL && i < 4; i++)
		out[at++] = (char)mask[i];
	return at;
}

void
ws_frame_mask(char *bytes, size_t size, const uint8_t mask[4])
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)((uint8_t)bytes[i] ^ mask[i % 4]);
}
