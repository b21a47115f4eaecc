/*
 * The way in from clients: pieces of frames become whole messages. A message
 * that comes in one piece is handed over where it lies; others are put
 * together within the limits. Must not know what messages say.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "gateway/websocket_private.h"

void
websocket_incoming_free(struct peer *peer)
{
	if (peer->incoming == NULL)
		return;
	TAILQ_REMOVE(&peer->websocket->incoming, peer->incoming, link);
	buffer_free(&peer->incoming->bytes);
	free(peer->incoming);
	peer->incoming = NULL;
}

static void
refuse(struct peer *peer, enum close_code code, struct text reason)
{
	metric_increment(peer->websocket->messages_refused);
	gateway_core_client_broke(
	    peer->websocket->core, peer->session, clock_now(), code, reason.data);
	websocket_close(peer, code, reason);
}

void
websocket_incoming_expire(struct peer *peer)
{
	refuse(peer, CLOSE_POLICY, TEXT("the message took too long"));
}

static void
hand_over(struct peer *peer, bool is_binary, struct text message)
{
	gateway_core_client_received(peer->websocket->core, peer->session, clock_now(),
	    is_binary ? FRAME_BINARY : FRAME_TEXT, message);
}

static struct incoming *
begin(struct peer *peer, bool is_binary)
{
	const struct config_limits *limits = &peer->websocket->limits;
	struct incoming *incoming = calloc(1, sizeof(*incoming));

	if (incoming == NULL)
		return NULL;
	incoming->peer = peer;
	incoming->is_binary = is_binary;
	incoming->deadline_ms = clock_now().mono_ms + limits->message_seconds * UINT64_C(1000);
	buffer_init(&incoming->bytes, limits->message_bytes);
	TAILQ_INSERT_TAIL(&peer->websocket->incoming, incoming, link);
	peer->incoming = incoming;
	return incoming;
}

static void
finish(struct peer *peer)
{
	struct incoming *incoming = peer->incoming;
	struct text message = buffer_text(&incoming->bytes);

	/* The library misses a character that an empty last fragment leaves unfinished. */
	if (!incoming->is_binary && !text_is_utf8(message)) {
		refuse(peer, CLOSE_BAD_DATA, TEXT("the text is not UTF-8"));
		return;
	}
	/* The core may close this client meanwhile, which frees what is still the peer's. */
	TAILQ_REMOVE(&peer->websocket->incoming, incoming, link);
	peer->incoming = NULL;
	hand_over(peer, incoming->is_binary, message);
	buffer_free(&incoming->bytes);
	free(incoming);
}

/* One more piece of a message that does not come in one. */
static void
collect(struct peer *peer, struct lws *wsi, struct text piece, bool is_first)
{
	struct incoming *incoming = peer->incoming;

	if (is_first)
		incoming = begin(peer, lws_frame_is_binary(wsi));
	if (incoming == NULL) {
		refuse(peer, CLOSE_TRY_LATER, TEXT("no memory"));
		return;
	}
	if (!incoming->within_frame)
		incoming->frames++;
	incoming->within_frame = lws_remaining_packet_payload(wsi) > 0;
	if (incoming->frames > peer->websocket->limits.fragments) {
		refuse(peer, CLOSE_POLICY, TEXT("too many fragments"));
		return;
	}
	buffer_append_text(&incoming->bytes, piece);
	if (incoming->bytes.failed)
		refuse(peer, CLOSE_TRY_LATER, TEXT("no memory"));
	else if (lws_is_final_fragment(wsi))
		finish(peer);
}

int
websocket_on_received(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct text piece = { in, length };
	bool is_first = lws_is_first_fragment(wsi) != 0;
	uint64_t sum;

	if (!peer->is_open || peer->closing || peer->farewell != NULL)
		return 0;
	/* Who says more than fits into a piece goes on: all of it belongs into one turn. */
	if (peer->heard_turn == peer->websocket->turn || lws_remaining_packet_payload(wsi) > 0)
		loop_read_on(peer->websocket->loop);
	peer->heard_turn = peer->websocket->turn;
	sum = (uint64_t)length + lws_remaining_packet_payload(wsi);
	if (!is_first && peer->incoming != NULL)
		sum += peer->incoming->bytes.length;
	if (sum > peer->websocket->limits.message_bytes)
		refuse(peer, CLOSE_TOO_BIG, TEXT("the message is too big"));
	else if (is_first && lws_is_final_fragment(wsi))
		hand_over(peer, lws_frame_is_binary(wsi) != 0, piece);
	else
		collect(peer, wsi, piece, is_first);
	return 0;
}

int
websocket_on_pong(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)wsi;
	if (peer->is_open && !peer->closing)
		gateway_core_client_pong(
		    peer->websocket->core, peer->session, clock_now(), (struct text){ in, length });
	return 0;
}
