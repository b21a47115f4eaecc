/*
 * libwebsockets' context, its log and its events; each connection from adoption
 * to its end. Every limit and refusal here closes a way in that Debian 12's
 * version of the library leaves open (docs/security.md). Must not know messages.
 */
#include "gateway/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "gateway/tls.h"
#include "gateway/websocket_private.h"

/*
 * The library reads in pieces of this size and keeps one buffer of it per connection, idle or not.
 * Most messages fit; longer ones cost a system call for each piece. loop_read_on() sees to it that
 * short pieces make no short turns.
 */
#define RECEIVE_BYTES 512

/* The most it gives to one send of its own. */
#define SEND_BYTES 65536

/* Its shared working memory, in which it also makes the answer to an upgrade. */
#define WORKING_BYTES 4096

/* What OpenSSL needs; as a client, for which it would trust others, nobody uses it. */
#define TLS_OPTIONS (LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS)

/* Connections beside the clients': page requests and handshakes. */
#define SPARE_CONNECTIONS 256

/*
 * The library logs through one function without a context, for all its contexts: with the memory in
 * websocket_memory.c the only global of the gateway. Set while the one struct websocket lives.
 */
static struct {
	struct log *log;
	bool starting; /* what goes wrong then is ours; later clients provoke errors at will */
} library;

static void
log_library_line(int level, const char *line)
{
	enum log_level as = LOG_LEVEL_DEBUG;
	size_t length = strcspn(line, "\n");

	if (level == LLL_ERR)
		as = library.starting ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
	log_write(library.log, as, "libwebsockets says",
	    LOG_FIELDS(log_text("line", (struct text){ line, length })), 1);
}

struct websocket *
websocket_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static int
on_created(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)peer;
	(void)in;
	(void)length;
	websocket_of(wsi)->connections++;
	return 0;
}

/* The library's connection is a WebSocket now, or gone: whence it came was only of use before. */
static void
forget_arrival(struct lws *wsi)
{
	struct arrival *arrival = lws_get_opaque_user_data(wsi);

	lws_set_opaque_user_data(wsi, NULL);
	if (arrival != NULL)
		admission_leave(websocket_of(wsi)->admission, &arrival->place);
	if (arrival == &websocket_of(wsi)->arrival)
		arrival->entrance = NULL;
	else
		free(arrival);
}

static int
on_destroyed(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)peer;
	(void)in;
	(void)length;
	websocket_tls_ended(wsi);
	forget_arrival(wsi);
	websocket_of(wsi)->connections--;
	return 0;
}

static int
on_established(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);

	(void)in;
	(void)length;
	*peer = (struct peer){
		.websocket = websocket,
		.wsi = wsi,
		.fd = lws_get_socket_fd(wsi),
		.is_tls = lws_get_ssl(wsi) != NULL,
	};
	peer->session = gateway_core_client_opened(
	    websocket->core, clock_now(), peer, &websocket->upgrade.request);
	if (peer->session == NULL) {
		lws_close_reason(wsi, (enum lws_close_status)CLOSE_TRY_LATER, NULL, 0);
		return -1;
	}
	/* It is the session's now. */
	if (lws_get_opaque_user_data(wsi) != NULL)
		((struct arrival *)lws_get_opaque_user_data(wsi))->place = NULL;
	forget_arrival(wsi);
	peer->is_open = true;
	websocket->open++;
	return 0;
}

static int
on_closed(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	struct websocket *websocket = websocket_of(wsi);

	(void)in;
	(void)length;
	if (peer == NULL || !peer->is_open)
		return 0;
	websocket_incoming_free(peer);
	websocket_farewell_free(peer);
	peer->is_open = false;
	websocket->open--;
	gateway_core_client_closed(websocket->core, peer->session, clock_now());
	return 0;
}

static int
refuse_silently(struct lws *wsi, struct peer *peer, void *in, size_t length)
{
	(void)wsi;
	(void)peer;
	(void)in;
	(void)length;
	return -1;
}

typedef int handler(struct lws *wsi, struct peer *peer, void *in, size_t length);

static handler *const handlers[] = {
	[LWS_CALLBACK_WSI_CREATE] = on_created,
	[LWS_CALLBACK_WSI_DESTROY] = on_destroyed,
	[LWS_CALLBACK_FILTER_HTTP_CONNECTION] = websocket_on_request,
	[LWS_CALLBACK_HTTP] = websocket_on_page,
	[LWS_CALLBACK_HTTP_BODY] = refuse_silently,
	[LWS_CALLBACK_HTTP_CONFIRM_UPGRADE] = websocket_on_upgrade,
	[LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION] = websocket_on_bound,
	[LWS_CALLBACK_ESTABLISHED] = on_established,
	[LWS_CALLBACK_RECEIVE] = websocket_on_received,
	[LWS_CALLBACK_RECEIVE_PONG] = websocket_on_pong,
	[LWS_CALLBACK_SERVER_WRITEABLE] = websocket_on_writable,
	[LWS_CALLBACK_WS_PEER_INITIATED_CLOSE] = websocket_on_peer_closing,
	[LWS_CALLBACK_CLOSED] = on_closed,
	[LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS] = websocket_on_tls_library,
	[LWS_CALLBACK_SSL_INFO] = websocket_on_tls_step,
	/* CONNECT makes a raw connection, which has no timeout and no meaning here. */
	[LWS_CALLBACK_RAW_ADOPT] = refuse_silently,
	[LWS_CALLBACK_RAW_CONNECTED] = refuse_silently,
	[LWS_CALLBACK_RAW_RX] = refuse_silently,
};

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	if ((size_t)reason >= sizeof(handlers) / sizeof(handlers[0]) || handlers[reason] == NULL)
		return 0;
	return handlers[reason](wsi, user, in, length);
}

/*
 * A request's Host moves its connection to another vhost with the same number for a port, if not of
 * the same name. So there is one vhost for each number that means no listening, and no more: this
 * one serves all listeners with TLS, whose certificates websocket_tls.c tells apart.
 */
static void
create_secure_vhost(struct websocket *websocket, struct lws_context_creation_info *info)
{
	info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info->vhost_name = "hubbub-tls";
	info->options |= TLS_OPTIONS | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	info->ssl_info_event_mask = tls_step_mask();
	websocket->secure_vhost = lws_create_vhost(websocket->context, info);
}

static bool
create_context(struct websocket *websocket, bool with_tls)
{
	/* Zero turns its own pings off, which search a list for each connection: we have ours. */
	static const lws_retry_bo_t no_pings = { .secs_since_valid_ping = 0 };
	const struct lws_protocols protocols[] = {
		{
		    .name = websocket->subprotocol,
		    .callback = on_event,
		    .per_session_data_size = sizeof(struct peer),
		    .rx_buffer_size = RECEIVE_BYTES,
		    .tx_packet_size = SEND_BYTES,
		},
		{ .name = NULL },
	};
	void *loops[] = { loop_nested(websocket->loop) };
	struct lws_context_creation_info whole, info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.extensions = NULL,
		.alpn = "http/1.1",
		.foreign_loops = loops,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
			   LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.max_http_header_data2 = websocket->limits.header_bytes,
		.pt_serv_buf_size = WORKING_BYTES,
		.timeout_secs_ah_idle = websocket->limits.handshake_seconds,
		.timeout_secs = websocket->limits.handshake_seconds,
		.retry_and_idle_policy = &no_pings,
		.vhost_name = "hubbub",
		.user = websocket,
		.pcontext = &websocket->context, /* NULL again when all of it is freed */
	};

	whole = info;
	if (with_tls)
		whole.options |= TLS_OPTIONS;
	websocket->context = lws_create_context(&whole);
	if (websocket->context == NULL)
		return false;
	websocket->vhost = lws_create_vhost(websocket->context, &info);
	if (with_tls)
		create_secure_vhost(websocket, &info);
	return websocket->vhost != NULL && (websocket->secure_vhost != NULL || !with_tls);
}

/* Room for all values of a request and a terminator for each. */
static bool
prepare_upgrade(struct websocket *websocket)
{
	struct upgrade *upgrade = &websocket->upgrade;

	buffer_init(&upgrade->values, 0);
	buffer_init(&websocket->response, 0);
	return buffer_reserve(&upgrade->values, 2 * (size_t)websocket->limits.header_bytes) != NULL;
}

static void
register_metrics(struct websocket *websocket, struct metrics *metrics)
{
	websocket->refused = metrics_counter(metrics, "hubbub_gateway_requests_refused_total", NULL,
	    "HTTP requests, upgrades among them, that were refused.");
	websocket->messages_refused =
	    metrics_counter(metrics, "hubbub_gateway_messages_refused_total", NULL,
		"Messages that closed their client: too big, too slow, too many parts, no UTF-8.");
	websocket->sent_elsewhere =
	    metrics_counter(metrics, "hubbub_gateway_sent_elsewhere_total", NULL,
		"Requests of proxies that ended without an answer in a drain, so that they ask "
		"another gateway.");
	websocket->page_requests = metrics_counter(metrics, "hubbub_gateway_page_requests_total",
	    NULL, "Requests for files of the chat page.");
}

struct websocket *
websocket_create(const struct websocket_setup *setup, char *error, size_t error_size)
{
	struct websocket *websocket = calloc(1, sizeof(*websocket));

	if (websocket == NULL) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	websocket->loop = setup->loop;
	websocket->limits = setup->limits;
	websocket->auth = setup->auth;
	websocket->log = setup->log;
	TAILQ_INIT(&websocket->incoming);
	TAILQ_INIT(&websocket->farewells);
	register_metrics(websocket, setup->metrics);
	library.log = setup->log;
	library.starting = true;
	lws_set_log_level(LLL_ERR | LLL_WARN, log_library_line);
	websocket_memory_begin(websocket->limits.header_bytes);
	websocket->admission = websocket_admission_create(setup);
	if (websocket->admission == NULL || !prepare_upgrade(websocket) ||
	    !websocket_tls_prepare(websocket, setup->metrics) ||
	    !create_context(websocket, setup->tls)) {
		snprintf(error, error_size,
		    "cannot start libwebsockets on libuv; install the package "
		    "libwebsockets-evlib-uv of the same version as libwebsockets17");
		websocket_destroy(&websocket);
		return NULL;
	}
	library.starting = false;
	return websocket;
}

void
websocket_destroy(struct websocket **websocket)
{
	struct websocket *doomed = *websocket;

	if (doomed == NULL)
		return;
	*websocket = NULL;
	if (doomed->context != NULL) {
		lws_context_destroy(doomed->context);
		/* libuv closes its handles in turns; only then can the rest be freed. */
		loop_settle(doomed->loop);
		if (doomed->context != NULL)
			lws_context_destroy(doomed->context);
	}
	lws_set_log_level(0, NULL);
	websocket_memory_end();
	library.log = NULL;
	buffer_free(&doomed->upgrade.values);
	buffer_free(&doomed->response);
	buffer_free(&doomed->record);
	admission_destroy(&doomed->admission);
	free(doomed);
}

void
websocket_set_core(struct websocket *websocket, struct gateway_core *core)
{
	websocket->core = core;
}

void
websocket_set_limits(struct websocket *websocket, const struct config_limits *limits)
{
	/* Their list is one by time, and stays so if all get as much more or less of it. */
	uint64_t later_ms =
	    ((uint64_t)limits->message_seconds - websocket->limits.message_seconds) * 1000;
	struct incoming *incoming;

	TAILQ_FOREACH (incoming, &websocket->incoming, link) {
		incoming->deadline_ms += later_ms;
		incoming->bytes.limit = limits->message_bytes;
	}
	websocket->limits = *limits;
	admission_set(websocket->admission, limits);
}

/*
 * In a storm the request is there as soon as the connection. Answered at once, it needs its memory
 * for headers and its place in the library's list of timeouts, which is searched from one end, only
 * for a moment. If nothing is there yet the library waits for it as ever.
 */
static void
serve_at_once(struct websocket *websocket, int fd)
{
	struct lws_pollfd ready = { .fd = fd, .events = POLLIN, .revents = POLLIN };

	lws_service_fd(websocket->context, &ready);
}

struct arrival *
websocket_keep_arrival(struct websocket *websocket, struct lws *wsi)
{
	struct arrival *arrival = malloc(sizeof(*arrival));

	if (arrival != NULL)
		*arrival = websocket->arrival;
	else
		admission_leave(websocket->admission, &websocket->arrival.place);
	websocket->arrival.entrance = NULL;
	websocket->arrival.place = NULL;
	lws_set_opaque_user_data(wsi, arrival);
	return arrival;
}

void
websocket_adopt(struct websocket *websocket, int fd, const struct address *peer,
    const struct entrance *entrance)
{
	bool is_tls = entrance->tls != NULL;
	struct admission_place *place;
	struct lws *wsi;
	const lws_adopt_desc_t connection = {
		.vh = is_tls ? websocket->secure_vhost : websocket->vhost,
		.type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | (is_tls ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd = { .sockfd = fd },
		.opaque = &websocket->arrival,
	};

	if (!websocket_may_come(websocket, peer, entrance, &place)) {
		close(fd);
		return;
	}
	loop_turn_begins(websocket->loop);
	websocket->arrival =
	    (struct arrival){ .entrance = entrance, .peer = *peer, .place = place };
	wsi = lws_adopt_descriptor_vhost_via_info(&connection);
	/* With TLS the library has begun the handshake, which the client answers first. */
	if (wsi != NULL && !is_tls)
		serve_at_once(websocket, fd);
	/* Forgotten: `wsi` may be gone. */
	if (wsi != NULL && websocket->arrival.entrance != NULL &&
	    websocket_keep_arrival(websocket, wsi) == NULL)
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	admission_leave(websocket->admission, &websocket->arrival.place);
	websocket->arrival.entrance = NULL;
	loop_again(websocket->loop);
}

bool
websocket_is_full(const struct websocket *websocket, unsigned waiting)
{
	return websocket->connections + waiting >= websocket->limits.clients + SPARE_CONNECTIONS;
}

void
websocket_refuse_upgrades(struct websocket *websocket)
{
	websocket->refusing = true;
}

void
websocket_send_proxies_elsewhere(struct websocket *websocket)
{
	websocket->sends_elsewhere = true;
}

unsigned
websocket_connections(const struct websocket *websocket)
{
	return websocket->connections;
}

unsigned
websocket_open(const struct websocket *websocket)
{
	return websocket->open;
}

void
websocket_turn(struct websocket *websocket, uint64_t mono_ms)
{
	struct incoming *incoming;
	struct farewell *farewell;

	websocket->turn++;
	while ((incoming = TAILQ_FIRST(&websocket->incoming)) != NULL &&
	       incoming->deadline_ms <= mono_ms)
		websocket_incoming_expire(incoming->peer);
	while ((farewell = TAILQ_FIRST(&websocket->farewells)) != NULL &&
	       farewell->deadline_ms <= mono_ms) {
		struct peer *peer = farewell->peer;

		websocket_farewell_free(peer);
		websocket_drop(peer);
	}
}

uint64_t
websocket_next_deadline(const struct websocket *websocket, uint64_t mono_ms)
{
	const struct incoming *incoming = TAILQ_FIRST(&websocket->incoming);
	const struct farewell *farewell = TAILQ_FIRST(&websocket->farewells);
	uint64_t due = UINT64_MAX;

	if (incoming != NULL)
		due = incoming->deadline_ms;
	if (farewell != NULL && farewell->deadline_ms < due)
		due = farewell->deadline_ms;
	if (due == UINT64_MAX)
		return due;
	return due > mono_ms ? due - mono_ms : 0;
}
