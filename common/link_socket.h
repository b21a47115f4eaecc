/*
 * A link over a connected Unix socket on libevent: reads, batches writes once
 * per turn of the loop, keeps the write interest, runs the link's timers.
 */
#ifndef HUBBUB_COMMON_LINK_SOCKET_H
#define HUBBUB_COMMON_LINK_SOCKET_H

#include <event2/event.h>

#include "common/link.h"

struct link_socket;

struct link_socket_owner {
	/* As link_receiver. Must not destroy the link_socket: return a reason instead. */
	enum link_loss (*envelope)(void *context, const struct envelope *envelope);
	/*
	 * The link is over, for every reason alike and exactly once, never from within a
	 * call of the owner's. The owner destroys the link_socket here or later.
	 */
	void (*lost)(void *context, enum link_loss why);
	/* All that was readable in this turn has been handed over; may be NULL. As `envelope`. */
	void (*drained)(void *context);
	void *context;
};

/* Takes over the connected non-blocking `fd` (closed on failure too). NULL without memory. */
struct link_socket *link_socket_create(struct event_base *base, int fd, enum link_side side,
    struct link_limits limits, struct link_socket_owner owner);

/* Closes the descriptor at once; queued bytes are lost. No callback follows. */
void link_socket_destroy(struct link_socket **socket);

bool link_socket_send(struct link_socket *socket, enum envelope_kind kind, const void *body);
bool link_socket_send_frames(struct link_socket *socket, const void *frames, size_t length);

/* Ends the link for a reason of ours: `lost` comes from the loop once what is queued was tried. */
void link_socket_end(struct link_socket *socket, enum link_loss why);

/* Bytes waiting to be taken by the kernel. */
size_t link_socket_queued(const struct link_socket *socket);

/* Monotonic: when the peer was last heard, or the link began. */
uint64_t link_socket_heard_ms(const struct link_socket *socket);

#endif
