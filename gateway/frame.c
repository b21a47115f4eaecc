/*
 * Frame headers of the sending side. Knows nothing of what is framed; reading frames is the
 * WebSocket library's work.
 */
#include "gateway/frame.h"

#include <stdint.h>

#define FRAME_FINAL 0x80u
#define LENGTH_16_BITS 126
#define LENGTH_64_BITS 127

static void
write_big_endian(char *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (char)(value >> (8 * (bytes - 1 - i)));
}

size_t
frame_header_write(enum frame_opcode opcode, size_t length, char out[FRAME_HEADER_MAX])
{
	out[0] = (char)(FRAME_FINAL | (unsigned)opcode);
	if (length < LENGTH_16_BITS) {
		out[1] = (char)length;
		return 2;
	}
	if (length <= UINT16_MAX) {
		out[1] = LENGTH_16_BITS;
		write_big_endian(out + 2, length, 2);
		return 4;
	}
	out[1] = LENGTH_64_BITS;
	write_big_endian(out + 2, length, 8);
	return 10;
}
