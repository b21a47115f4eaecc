/*
 * TLS as the library brings it: which certificate a handshake shows, how it ended, and writing. The
 * way out differs from the one in the clear: what is encrypted must be sent, so nothing may bypass
 * the library. Must not know what frames say.
 */
#include "gateway/frame_walk.h"
#include "gateway/tls.h"
#include "gateway/websocket_private.h"

/* What one record holds (RFC 8446 section 5.1): with more there are more system calls anyway. */
#define RECORD_BYTES 16384

bool
websocket_tls_prepare(struct websocket *websocket, struct metrics *metrics)
{
	websocket->handshakes = metrics_counter(metrics, "hubbub_gateway_tls_handshakes_total",
	    NULL, "TLS handshakes that were completed.");
	websocket->handshakes_failed =
	    metrics_counter(metrics, "hubbub_gateway_tls_handshakes_failed_total", NULL,
		"Connections to a listener with TLS that ended before their handshake did.");
	buffer_init(&websocket->record, 0);
	return buffer_reserve(&websocket->record, RECORD_BYTES) != NULL;
}

/* The library has made its SSL_CTX, which comes in the place of the peer. */
int
websocket_on_tls_library(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)wsi;
	(void)in;
	(void)length;
	return tls_settle(peer) ? 0 : -1;
}

/*
 * The library has begun while it adopts, and will remember a connection that fails at once until
 * later: what is known of it needs a place of its own from here on.
 */
static int
begin_handshake(struct lws *wsi)
{
	struct arrival *arrival;

	/*
	 * OpenSSL also says so of a handshake that the client begins anew, which TLS 1.2 knows,
	 * and refuses it afterwards: nobody is being adopted then.
	 */
	if (websocket_of(wsi)->arrival.entrance == NULL)
		return -1;
	arrival = websocket_keep_arrival(websocket_of(wsi), wsi);
	if (arrival == NULL)
		return -1;
	arrival->is_shaking_hands = true;
	return tls_begin(*arrival->entrance->tls, lws_get_ssl(wsi)) ? 0 : -1;
}

static void
tell_refusal(struct lws *wsi, const struct arrival *arrival, const char *why)
{
	char address[ADDRESS_TEXT_SIZE];

	address_print(&arrival->peer, address);
	log_info(websocket_of(wsi)->log, "a TLS handshake is given up",
	    log_string("address", address), log_string("alert", why));
}

int
websocket_on_tls_step(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	const struct lws_ssl_info *info = in;
	struct arrival *arrival = lws_get_opaque_user_data(wsi);
	const char *why = "";
	enum tls_step step = tls_step(info->where, info->ret, &why);

	(void)peer;
	(void)length;
	if (step == TLS_STEP_BEGINS)
		return begin_handshake(wsi);
	if (arrival == NULL || !arrival->is_shaking_hands)
		return 0;
	if (step == TLS_STEP_DONE) {
		metric_increment(websocket_of(wsi)->handshakes);
		arrival->is_shaking_hands = false;
	} else if (step == TLS_STEP_REFUSED) {
		tell_refusal(wsi, arrival, why);
	}
	return 0;
}

void
websocket_tls_ended(struct lws *wsi)
{
	const struct arrival *arrival = lws_get_opaque_user_data(wsi);

	if (arrival != NULL && arrival->is_shaking_hands)
		metric_increment(websocket_of(wsi)->handshakes_failed);
}

/*
 * What is sent next of runs whose first `at` bytes are gone: whole frames for one record, where
 * they lie if they are of one run, else put together. A frame that is longer goes alone.
 */
static struct iovec
next_piece(struct buffer *record, const struct iovec *runs, int count, size_t at)
{
	const struct iovec first = { (char *)runs->iov_base + at, runs->iov_len - at };
	size_t fit = frame_walk_fit(&first, RECORD_BYTES);

	if (count == 1 || fit < first.iov_len || fit >= RECORD_BYTES)
		return (struct iovec){ first.iov_base, fit };
	buffer_clear(record);
	buffer_append(record, first.iov_base, fit);
	for (int i = 1; i < count; i++) {
		size_t room = RECORD_BYTES - record->length;

		fit = frame_walk_fit(&runs[i], room);
		if (fit > room)
			break;
		buffer_append(record, runs[i].iov_base, fit);
		if (fit < runs[i].iov_len)
			break;
	}
	return (struct iovec){ record->data, record->length };
}

size_t
websocket_tls_write(struct peer *peer, const struct iovec *runs, int count, size_t offered)
{
	size_t taken = 0;
	size_t at = 0;

	while (taken < offered) {
		struct iovec piece = next_piece(&peer->websocket->record, runs, count, at);

		if (lws_write(peer->wsi, piece.iov_base, piece.iov_len, LWS_WRITE_RAW) < 0) {
			websocket_drop(peer);
			return offered;
		}
		taken += piece.iov_len;
		/* The library keeps what did not fit into the socket, and sends that first. */
		if (lws_partial_buffered(peer->wsi)) {
			websocket_await_room(peer);
			return taken;
		}
		at += piece.iov_len;
		while (count > 0 && at >= runs->iov_len) {
			at -= runs->iov_len;
			runs++;
			count--;
		}
	}
	return taken;
}
