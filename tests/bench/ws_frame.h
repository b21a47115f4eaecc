/* WebSocket frames as a load generator needs them: whole messages, both directions. Pure. */
#ifndef HUBBUB_TESTS_BENCH_WS_FRAME_H
#define HUBBUB_TESTS_BENCH_WS_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Longest header: two bytes, a 64-bit length and a mask. */
#define WS_HEADER_MAX 14
/* Longest payload that is taken from the other side. */
#define WS_PAYLOAD_MAX (4u << 20)

/* The example of RFC 6455: both ends know the answer, so neither needs SHA-1. */
#define WS_EXAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_EXAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum ws_opcode {
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

struct ws_frame {
	unsigned opcode;
	char *payload; /* inside the bytes that were parsed, unmasked there */
	size_t size;
};

/*
 * Reads one frame from the beginning of `bytes`: its length with header, 0 if
 * it is not all there, -1 if it is fragmented, reserved or too long.
 */
long ws_frame_parse(char *bytes, size_t size, struct ws_frame *frame_out);

/* Writes a header, masked with `mask` unless that is NULL; returns its length. */
size_t ws_frame_header(
    char out[WS_HEADER_MAX], unsigned opcode, size_t size, const uint8_t mask[4]);

/* Masks or unmasks in place. */
void ws_frame_mask(char *bytes, size_t size, const uint8_t mask[4]);

#endif
