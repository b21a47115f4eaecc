/*
 * What the gateway's core asks of the side that holds a client's socket:
 * websocket.c in the daemon, a fake client in tests and the simulator. A `peer` is
 * the transport's own object for one client, as given to gateway_core_client_opened.
 * No function calls back into the core.
 */
#ifndef HUBBUB_GATEWAY_TRANSPORT_H
#define HUBBUB_GATEWAY_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "common/text.h"

/* WebSocket opcodes (RFC 6455 section 5.2) as far as the core sees them. */
enum frame_opcode {
	FRAME_TEXT = 0x1,
	FRAME_BINARY = 0x2,
	FRAME_PING = 0x9,
	FRAME_PONG = 0xA,
};

/* Close codes (RFC 6455 section 7.4, IANA registry). */
enum close_code {
	CLOSE_DROP = 0, /* end the connection without a CLOSE frame */
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_BAD_DATA = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL = 1011,
	CLOSE_RESTART = 1012,
	CLOSE_TRY_LATER = 1013,
};

struct transport {
	/*
	 * Offers runs of whole, ready WebSocket frames, in order, in one system call if
	 * it can. Returns the bytes it took charge of, always up to a frame boundary. Less than
	 * offered: gateway_core_client_writable follows once there is room.
	 */
	size_t (*write)(void *peer, const struct iovec *runs, int count);

	/*
	 * Ends the connection: CLOSE with `code` and `reason` (at most 123 bytes of UTF-8)
	 * behind what was taken, or at once for CLOSE_DROP. gateway_core_client_closed
	 * follows later, once.
	 */
	void (*close)(void *peer, enum close_code code, struct text reason);

	/* Pauses (false) or resumes (true) reading from this client. */
	void (*read_more)(void *peer, bool wanted);
};

#endif
