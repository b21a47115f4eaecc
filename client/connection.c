/*
 * libwebsockets as a client: TLS, the handshake, whole messages in and out, the
 * one wait of the program. Its callbacks only take notes; the owner hears of
 * them when the library is done, so that it may drop and open as it likes.
 */
#include "client/connection.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "client/close_code.h"

/* The library copies and masks what it sends in pieces of this size. */
#define PIECE_BYTES 4096

#define CLOSE_WISHED 1000
#define CLOSE_ABNORMAL 1006

struct connection {
	struct connection_settings settings;
	const struct connection_handlers *handlers;
	void *context;
	struct lws_context *library;
	struct lws_vhost *vhost;
	lws_sorted_usec_list_t alarm;
	char *host;
	char *path;
	char *host_header;

	struct lws *wsi;
	uintptr_t attempt; /* which connection the library speaks of; old ones are not heard */
	bool closing;
	bool tried; /* an attempt is under way or open */

	/* Notes of the present turn. */
	bool opened;
	bool is_native;
	bool lost;
	struct loss loss;
	struct buffer reason;
	struct buffer partial; /* of a message */
	struct buffer arrived; /* whole messages, each behind its size_t length */

	struct buffer queue; /* to be sent, likewise */
};

static bool
is_present(const struct connection *connection, struct lws *wsi)
{
	return (uintptr_t)lws_get_opaque_user_data(wsi) == connection->attempt && connection->tried;
}

static void
note_message(struct buffer *queue, struct text message)
{
	size_t start = queue->length;

	buffer_append(queue, &message.length, sizeof(message.length));
	buffer_append_text(queue, message);
	if (queue->failed)
		buffer_truncate(queue, start);
}

/* Takes the first message off; false if there is none. */
static bool
first_message(const struct buffer *queue, size_t at, struct text *message_out)
{
	size_t length;

	if (queue->length - at < sizeof(length))
		return false;
	memcpy(&length, queue->data + at, sizeof(length));
	*message_out = (struct text){ queue->data + at + sizeof(length), length };
	return true;
}

static void
note_loss(struct connection *connection, enum loss_kind kind, unsigned code, struct text reason)
{
	if (connection->lost)
		return;
	connection->lost = true;
	connection->tried = false;
	connection->wsi = NULL;
	buffer_clear(&connection->reason);
	buffer_append_text(&connection->reason, reason);
	connection->loss = (struct loss){ .kind = kind, .code = code };
}

static int
on_failed(struct connection *connection, struct lws *wsi, void *in, size_t length)
{
	unsigned status = lws_http_client_http_response(wsi);
	struct text why = { in, in != NULL ? length : 0 };
	bool has_status = status >= 300;

	if (has_status)
		why = TEXT("the server answers the handshake with an HTTP status");
	/* Of all that may be wrong with a certificate the library says only that something is. */
	else if (why.length > 0 && memmem(why.data, why.length, "SSL", 3) != NULL)
		why = TEXT("no TLS; is the certificate for this host, and signed by who is "
			   "trusted (--ca)?");
	note_loss(
	    connection, has_status ? LOSS_STATUS : LOSS_UNREACHABLE, has_status ? status : 0, why);
	return 0;
}

/* For servers that want it before they answer the request, as for every dialect but the native. */
static int
add_token(const struct connection *connection, struct lws *wsi, void *in, size_t length)
{
	unsigned char **place = in;
	struct buffer value;
	int failed = 0;

	if (text_is_empty(connection->settings.token))
		return 0;
	buffer_init(&value, 0);
	buffer_append_string(&value, "Bearer ");
	buffer_append_text(&value, connection->settings.token);
	if (value.failed ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
		(const unsigned char *)value.data, (int)value.length, place, *place + length) != 0)
		failed = -1;
	buffer_free(&value);
	return failed;
}

static int
on_handshake(struct connection *connection, struct lws *wsi)
{
	char protocol[64] = "";

	connection->is_native =
	    lws_hdr_copy(wsi, protocol, sizeof(protocol), WSI_TOKEN_PROTOCOL) > 0 &&
	    strcmp(protocol, SUBPROTOCOL_NATIVE) == 0;
	return 0;
}

/*
 * Must not end the connection by its return value: the library would put what still comes behind
 * what it has, beyond the end of its buffer.
 */
static int
on_received(struct connection *connection, struct lws *wsi, const void *in, size_t length)
{
	struct buffer *partial = &connection->partial;

	if (lws_is_first_fragment(wsi))
		buffer_clear(partial);
	buffer_append(partial, in, length);
	if (partial->failed || partial->length + lws_remaining_packet_payload(wsi) >
				   connection->settings.message_bytes_max) {
		note_loss(connection, LOSS_CLOSED, 0,
		    TEXT("the server sent a message larger than this client takes"));
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		return 0;
	}
	if (lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi)) {
		note_message(&connection->arrived, buffer_text(partial));
		buffer_clear(partial);
	}
	return 0;
}

static int
on_writeable(struct connection *connection, struct lws *wsi)
{
	struct text message;
	unsigned char *bytes;
	int written;

	if (!first_message(&connection->queue, 0, &message)) {
		if (!connection->closing)
			return 0;
		lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return -1;
	}
	bytes = malloc(LWS_PRE + message.length);
	if (bytes == NULL)
		return -1;
	memcpy(bytes + LWS_PRE, message.data, message.length);
	written = lws_write(wsi, bytes + LWS_PRE, message.length, LWS_WRITE_TEXT);
	free(bytes);
	buffer_consume(&connection->queue, sizeof(size_t) + message.length);
	if (written < 0)
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

/* The server's CLOSE: two bytes of code, then the reason. */
static int
on_close_frame(struct connection *connection, const void *in, size_t length)
{
	const unsigned char *bytes = in;
	struct text reason = { (const char *)bytes + 2, length - 2 };

	if (length < 2)
		return 0;
	note_loss(connection, LOSS_CLOSED,
	    close_code_meant((unsigned)bytes[0] << 8 | bytes[1], reason), reason);
	return 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct connection *connection = lws_context_user(lws_get_context(wsi));

	(void)user;
	/* Reading the watched descriptor is the owner's. */
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	if (connection == NULL || !is_present(connection, wsi)) {
		if (reason == LWS_CALLBACK_CLIENT_RECEIVE)
			return 0;
		if (reason == LWS_CALLBACK_CLIENT_WRITEABLE ||
		    reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
			return -1;
		return lws_callback_http_dummy(wsi, reason, user, in, length);
	}
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		return on_failed(connection, wsi, in, length);
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_token(connection, wsi, in, length);
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
		return on_handshake(connection, wsi);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		connection->opened = true;
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return on_received(connection, wsi, in, length);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return on_writeable(connection, wsi);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return on_close_frame(connection, in, length);
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY:
		note_loss(connection, LOSS_CLOSED,
		    connection->closing ? CLOSE_WISHED : CLOSE_ABNORMAL, TEXT(""));
		return 0;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, length);
	}
}

/* The library finds the handler by the subprotocol's name; the first is for everything else. */
static const struct lws_protocols protocols[] = {
	{ .name = "hubbub-chat", .callback = on_event, .rx_buffer_size = PIECE_BYTES },
	{ .name = SUBPROTOCOL_NATIVE, .callback = on_event, .rx_buffer_size = PIECE_BYTES },
	{ .name = NULL },
};

/* What it has to say is told by its callbacks, too. */
static void
say_nothing(int level, const char *line)
{
	(void)level;
	(void)line;
}

static void
on_alarm(lws_sorted_usec_list_t *alarm)
{
	(void)alarm;
}

static bool
copy_address(struct connection *connection)
{
	const struct url *url = &connection->settings.url;
	bool is_v6 = memchr(url->host.data, ':', url->host.length) != NULL;
	struct buffer header;

	buffer_init(&header, 0);
	buffer_append_string(&header, is_v6 ? "[" : "");
	buffer_append_text(&header, url->host);
	buffer_printf(&header, "%s:%u", is_v6 ? "]" : "", url->port);
	connection->host = text_duplicate(url->host);
	connection->path = text_duplicate(url->path);
	connection->host_header = text_duplicate(buffer_text(&header));
	buffer_free(&header);
	return connection->host != NULL && connection->path != NULL &&
	       connection->host_header != NULL;
}

static bool
start_library(struct connection *connection)
{
	lws_retry_bo_t policy = {
		.secs_since_valid_ping = (uint16_t)connection->settings.ping_seconds,
		.secs_since_valid_hangup = (uint16_t)(connection->settings.ping_seconds +
						      connection->settings.pong_seconds),
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.user = connection,
		.gid = -1,
		.uid = -1,
		.retry_and_idle_policy = &policy,
		.client_ssl_ca_filepath = connection->settings.ca_file,
	};

	if (connection->settings.url.tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (connection->settings.ca_file != NULL)
		info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	lws_set_log_level(LLL_ERR, say_nothing);
	connection->library = lws_create_context(&info);
	if (connection->library == NULL)
		return false;
	connection->vhost = lws_get_vhost_by_name(connection->library, "default");
	return connection->vhost != NULL;
}

static bool
watch(struct connection *connection)
{
	lws_sock_file_fd_type fd = { .filefd = connection->settings.watched_fd };

	return connection->settings.watched_fd < 0 ||
	       lws_adopt_descriptor_vhost(
		   connection->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, protocols[0].name, NULL) != NULL;
}

struct connection *
connection_create(const struct connection_settings *settings,
    const struct connection_handlers *handlers, void *context, struct buffer *sentence)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL) {
		buffer_append_string(sentence, "out of memory");
		return NULL;
	}
	connection->settings = *settings;
	connection->handlers = handlers;
	connection->context = context;
	buffer_init(&connection->reason, 0);
	buffer_init(&connection->partial, settings->message_bytes_max);
	buffer_init(&connection->arrived, 0);
	buffer_init(&connection->queue, 0);
	if (copy_address(connection) && start_library(connection) && watch(connection))
		return connection;
	buffer_append_string(sentence, "the WebSocket library cannot start");
	if (settings->ca_file != NULL)
		buffer_append_string(sentence, "; are there certificates in the file of --ca?");
	connection_destroy(&connection);
	return NULL;
}

void
connection_destroy(struct connection **connection)
{
	struct connection *doomed = *connection;

	if (doomed == NULL)
		return;
	*connection = NULL;
	doomed->tried = false;
	if (doomed->library != NULL)
		lws_context_destroy(doomed->library);
	buffer_free(&doomed->queue);
	buffer_free(&doomed->arrived);
	buffer_free(&doomed->partial);
	buffer_free(&doomed->reason);
	free(doomed->host_header);
	free(doomed->path);
	free(doomed->host);
	free(doomed);
}

static void
forget_notes(struct connection *connection)
{
	connection->opened = false;
	connection->lost = false;
	buffer_clear(&connection->partial);
	buffer_clear(&connection->arrived);
	buffer_clear(&connection->queue);
}

void
connection_open(struct connection *connection, bool offer_native)
{
	struct lws_client_connect_info info = {
		.context = connection->library,
		.vhost = connection->vhost,
		.address = connection->host,
		.port = connection->settings.url.port,
		.path = connection->path,
		.host = connection->host_header,
		.protocol = offer_native ? SUBPROTOCOL_NATIVE : NULL,
		.local_protocol_name = protocols[0].name,
		.alpn = "http/1.1",
		.ietf_version_or_minus_one = -1,
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
		.pwsi = &connection->wsi,
		.opaque_user_data = (void *)++connection->attempt,
	};

	if (connection->settings.url.tls)
		info.ssl_connection |= LCCSCF_USE_SSL;
	forget_notes(connection);
	connection->closing = false;
	connection->tried = true;
	if (lws_client_connect_via_info(&info) == NULL)
		note_loss(connection, LOSS_UNREACHABLE, 0, TEXT("the connection cannot be made"));
}

void
connection_drop(struct connection *connection)
{
	if (connection->tried && connection->wsi != NULL)
		lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	connection->wsi = NULL;
	connection->tried = false;
	forget_notes(connection);
}

void
connection_close(struct connection *connection)
{
	connection->closing = true;
	if (connection->wsi != NULL)
		lws_callback_on_writable(connection->wsi);
}

bool
connection_is_open(const struct connection *connection)
{
	return connection->tried;
}

void
connection_send(struct connection *connection, struct text message)
{
	if (!connection->tried || connection->wsi == NULL)
		return;
	note_message(&connection->queue, message);
	lws_callback_on_writable(connection->wsi);
}

/* A handler may drop what it hears of: then the other notes are gone, too. */
static void
tell(struct connection *connection)
{
	uintptr_t attempt = connection->attempt;
	struct buffer arrived = connection->arrived;
	struct text message;
	size_t at = 0;

	buffer_init(&connection->arrived, 0);
	if (connection->opened) {
		connection->opened = false;
		connection->handlers->opened(connection->context, connection->is_native);
	}
	while (first_message(&arrived, at, &message) && connection->attempt == attempt &&
	       (connection->tried || connection->lost)) {
		connection->handlers->received(connection->context, message);
		at += sizeof(size_t) + message.length;
	}
	buffer_free(&arrived);
	if (connection->lost && connection->attempt == attempt) {
		struct loss loss = connection->loss;
		struct buffer reason = connection->reason;

		buffer_init(&connection->reason, 0);
		connection->lost = false;
		loss.reason = buffer_text(&reason);
		connection->handlers->lost(connection->context, &loss);
		buffer_free(&reason);
	}
}

void
connection_turn(struct connection *connection, uint64_t timeout_ms)
{
	/* What came of an attempt at once is not waited for. */
	if (connection->lost || connection->opened)
		timeout_ms = 0;
	lws_sul_schedule(connection->library, 0, &connection->alarm, on_alarm,
	    (lws_usec_t)(timeout_ms * LWS_US_PER_MS) + 1);
	lws_service(connection->library, 0);
	lws_sul_cancel(&connection->alarm);
	tell(connection);
}
