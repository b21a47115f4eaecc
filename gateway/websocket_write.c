/*
 * The way out to clients: the core's transport. Owns the order of our direct
 * writes and of what the library still buffers. Must not know what frames say.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/frame_walk.h"
#include "gateway/websocket_private.h"

/* From the wish to close until the CLOSE frame fits into the socket. */
#define CLOSE_MS 5000

#define REASON_MAX 123

#define RUNS_MAX IOV_MAX

void
websocket_await_room(struct peer *peer)
{
	lws_callback_on_writable(peer->wsi);
	loop_again(peer->websocket->loop);
}

/* One run is the rule, for which the kernel has the cheaper call. */
static ssize_t
send_runs(int fd, const struct iovec *runs, int count)
{
	/* sendmsg only reads. */
	const struct msghdr message = { .msg_iov = (struct iovec *)runs,
		.msg_iovlen = (size_t)count };
	ssize_t sent;

	do {
		if (count == 1)
			sent = send(fd, runs->iov_base, runs->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

static size_t
length_of(const struct iovec *runs, int count)
{
	size_t length = 0;

	for (int i = 0; i < count; i++)
		length += runs[i].iov_len;
	return length;
}

/*
 * A frame was cut by the full socket. The library must have its rest, and nothing but its rest: it
 * sends what it has before any frame of its own, but puts those between any two writes of ours.
 */
static size_t
leave_rest(struct peer *peer, const struct iovec *runs, int count, size_t sent)
{
	struct iovec rest = frame_walk_rest(runs, count, sent);

	if (rest.iov_len > 0 &&
	    lws_write(peer->wsi, rest.iov_base, rest.iov_len, LWS_WRITE_RAW) < 0)
		websocket_drop(peer);
	else
		websocket_await_room(peer);
	return sent + rest.iov_len;
}

static size_t
transport_write(void *context, const struct iovec *runs, int count)
{
	struct peer *peer = context;
	size_t offered = length_of(runs, count);
	int given = count < RUNS_MAX ? count : RUNS_MAX;
	size_t length = given == count ? offered : length_of(runs, given);
	ssize_t sent;

	/* What is said to one who leaves, or whom the library shows out, is taken and forgotten. */
	if (peer->closing || lws_get_close_length(peer->wsi) > 0)
		return offered;
	/* A part of a frame, ours or the library's own, waits to be sent first. */
	if (lws_partial_buffered(peer->wsi)) {
		websocket_await_room(peer);
		return 0;
	}
	if (peer->is_tls)
		return websocket_tls_write(peer, runs, count, offered);
	sent = send_runs(peer->fd, runs, given);
	if (sent < 0) {
		if (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM) {
			websocket_drop(peer);
			return offered;
		}
		websocket_await_room(peer);
		return 0;
	}
	if ((size_t)sent < length)
		return leave_rest(peer, runs, given, (size_t)sent);
	if (given < count)
		websocket_await_room(peer);
	return (size_t)sent;
}

static void
transport_close(void *context, enum close_code code, struct text reason)
{
	websocket_close(context, code, reason);
}

static void
transport_read_more(void *context, bool wanted)
{
	struct peer *peer = context;

	lws_rx_flow_control(peer->wsi, wanted);
	loop_again(peer->websocket->loop);
}

struct transport
websocket_transport(void)
{
	return (struct transport){ transport_write, transport_close, transport_read_more };
}

void
websocket_drop(struct peer *peer)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	websocket_incoming_free(peer);
	peer->closing = true;
	peer->dropped = true;
	/*
	 * From here every write fails, even that of bytes the library still keeps, so its way ends
	 * in the next turn whatever it was about to do. A slow reader's bytes leave the kernel too.
	 */
	setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	shutdown(peer->fd, SHUT_RDWR);
	websocket_await_room(peer);
}

/* Notes until when the connection must have ended. */
static void
begin_farewell(struct peer *peer, enum close_code code, struct text reason)
{
	struct websocket *websocket = peer->websocket;
	size_t length = reason.length < REASON_MAX ? reason.length : REASON_MAX;
	struct farewell *farewell = malloc(sizeof(*farewell) + length);

	websocket_incoming_free(peer);
	if (farewell == NULL) {
		websocket_drop(peer);
		return;
	}
	*farewell = (struct farewell){
		.peer = peer,
		.deadline_ms = clock_now().mono_ms + CLOSE_MS,
		.code = (uint16_t)code,
		.length = (uint8_t)length,
	};
	if (length > 0)
		memcpy(farewell->reason, reason.data, length);
	peer->farewell = farewell;
	TAILQ_INSERT_TAIL(&websocket->farewells, farewell, link);
}

void
websocket_close(struct peer *peer, enum close_code code, struct text reason)
{
	if (code == CLOSE_DROP) {
		websocket_drop(peer);
		return;
	}
	if (peer->closing || peer->farewell != NULL)
		return;
	peer->closing = true;
	begin_farewell(peer, code, reason);
	websocket_await_room(peer);
}

int
websocket_on_peer_closing(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)wsi;
	(void)in;
	(void)length;
	/*
	 * The library answers by itself when there is room, but would wait for that for ever. What
	 * the client said just before is answered first, so the turn may have to end early.
	 */
	if (!peer->is_open || peer->closing || peer->farewell != NULL)
		return 0;
	begin_farewell(peer, CLOSE_DROP, TEXT(""));
	if (peer->heard_turn == peer->websocket->turn)
		gateway_core_turn(peer->websocket->core, clock_now());
	return 0;
}

void
websocket_farewell_free(struct peer *peer)
{
	if (peer->farewell == NULL)
		return;
	TAILQ_REMOVE(&peer->websocket->farewells, peer->farewell, link);
	free(peer->farewell);
	peer->farewell = NULL;
}

/*
 * The CLOSE frame is given to the library only when it can leave next: its buffer for it is the one
 * of PONGs, and on a connection with buffered bytes it would be skipped. Returning -1 to close, as
 * the library documents it, would send no frame: Debian builds it for debugging, where that path
 * closes twice on libuv, the second time at once.
 */
static void
say_farewell(struct lws *wsi, struct peer *peer)
{
	struct farewell *farewell = peer->farewell;

	lws_close_reason(wsi, (enum lws_close_status)farewell->code,
	    (unsigned char *)farewell->reason, farewell->length);
	websocket_farewell_free(peer);
	/* With a reason set this begins the closing handshake, for which the library has 5 s. */
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

int
websocket_on_writable(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)in;
	(void)length;
	if (!peer->is_open)
		return 0;
	if (lws_partial_buffered(wsi)) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	if (peer->farewell != NULL && peer->farewell->code != CLOSE_DROP &&
	    lws_get_close_length(wsi) == 0)
		say_farewell(wsi, peer);
	else if (!peer->closing)
		gateway_core_client_writable(peer->websocket->core, peer->session, clock_now());
	return peer->dropped ? -1 : 0;
}
