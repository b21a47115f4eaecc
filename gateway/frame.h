/*
 * The header of a WebSocket frame as a server sends it (RFC 6455 section 5.2): one final frame
 * per message, never masked, the length in its shortest form.
 */
#ifndef HUBBUB_GATEWAY_FRAME_H
#define HUBBUB_GATEWAY_FRAME_H

#include <stddef.h>

#include "gateway/transport.h"

#define FRAME_HEADER_MAX 10u

/* Writes the header before `length` bytes of payload; returns its size, 2 to FRAME_HEADER_MAX. */
size_t frame_header_write(enum frame_opcode opcode, size_t length, char out[FRAME_HEADER_MAX]);

#endif
