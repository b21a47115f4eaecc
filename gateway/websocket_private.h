/*
 * What the files of the websocket module share. Nobody else includes this.
 */
#ifndef HUBBUB_GATEWAY_WEBSOCKET_PRIVATE_H
#define HUBBUB_GATEWAY_WEBSOCKET_PRIVATE_H

#include <libwebsockets.h>
#include <sys/queue.h>

#include "common/buffer.h"
#include "gateway/admission.h"
#include "gateway/websocket.h"

/* Longest Sec-WebSocket-Protocol token and list; the library reads no longer ones. */
#define SUBPROTOCOL_MAX 64
#define SUBPROTOCOLS_MAX 127

/* Query arguments of one request. */
#define ARGS_MAX 64

/* A message that arrives in more than one piece. */
struct incoming {
	TAILQ_ENTRY(incoming) link;
	struct peer *peer;
	uint64_t deadline_ms;
	struct buffer bytes;
	unsigned frames;
	bool is_binary;
	bool within_frame; /* more of the present frame is to come */
};

/* A close under way: what to say, and until when. */
struct farewell {
	TAILQ_ENTRY(farewell) link;
	struct peer *peer;
	uint64_t deadline_ms;
	uint16_t code;
	uint8_t length;
	char reason[];
};

TAILQ_HEAD(incoming_list, incoming);
TAILQ_HEAD(farewell_list, farewell);

/* One client, in the memory that the library keeps for each connection: an idle one has no more. */
struct peer {
	struct websocket *websocket;
	struct lws *wsi;
	struct session *session;
	struct incoming *incoming; /* NULL while no message is unfinished */
	struct farewell *farewell;
	int fd;
	uint32_t heard_turn; /* in which it last said something */
	bool is_open;
	bool is_tls;
	bool closing; /* by us: nothing more is read for it or written to it */
	bool dropped; /* and no CLOSE frame either                    */
};

/*
 * The upgrade request under way. The library calls for each of its steps within one call of its
 * parser, so there is never more than one.
 */
struct upgrade {
	struct peer *peer;
	const struct arrival *arrival;
	struct client_request request;
	struct buffer values; /* header values behind each other, the memory for all of them */
	struct text path;
	struct text args[ARGS_MAX];
	char address[ADDRESS_TEXT_SIZE];
	unsigned retry_seconds; /* of a refusal that is not for ever */
	bool answers_subprotocol;
};

/*
 * A connection that has not become a WebSocket: the library keeps a pointer to it for us. While the
 * connection is adopted it is a member of struct websocket, so that a request that has come along
 * needs no memory for it; on the heap if the request is to come.
 */
struct arrival {
	const struct entrance *entrance;
	struct address peer;
	bool is_shaking_hands;         /* by TLS: no request can have come yet */
	struct admission_place *place; /* until a session takes it; may be NULL */
};

struct websocket {
	struct loop *loop;
	struct gateway_core *core;
	struct admission *admission;
	struct auth *auth;
	struct log *log;
	struct config_limits limits;
	struct lws_context *context;
	struct lws_vhost *vhost;        /* in the clear */
	struct lws_vhost *secure_vhost; /* by TLS, or NULL */
	struct arrival arrival;         /* the one that is being adopted */
	struct upgrade upgrade;
	struct buffer response;
	struct buffer record;          /* frames that are to be sent together by TLS */
	struct incoming_list incoming; /* by deadline: all have the same time to finish */
	struct farewell_list farewells;
	uint32_t turn;
	unsigned connections;
	unsigned open;
	bool refusing;
	bool sends_elsewhere; /* websocket_send_proxies_elsewhere */
	/* The name of the library's one protocol points here: websocket_request.c says why. */
	char subprotocol[SUBPROTOCOL_MAX];
	struct metric *refused;
	struct metric *sent_elsewhere;
	struct metric *page_requests;
	struct metric *messages_refused;
	struct metric *handshakes;
	struct metric *handshakes_failed;
};

struct websocket *websocket_of(struct lws *wsi);

/* The library's memory: blocks of that size are kept between handshakes / all are given back. */
void websocket_memory_begin(size_t header_bytes);
void websocket_memory_end(void);

/* The library's events, as lws_callback_function: non-zero ends the connection. */
int websocket_on_request(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_page(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_upgrade(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_bound(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_received(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_pong(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_peer_closing(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_writable(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_tls_library(struct lws *wsi, struct peer *peer, void *in, size_t length);
int websocket_on_tls_step(struct lws *wsi, struct peer *peer, void *in, size_t length);

/* Its request is to come; until then what is known of the connection needs a place. Or NULL. */
struct arrival *websocket_keep_arrival(struct websocket *websocket, struct lws *wsi);

/* The connection ends: if within its TLS handshake, that has failed. */
void websocket_tls_ended(struct lws *wsi);

/* Registers what is counted; makes the room that writing needs. */
bool websocket_tls_prepare(struct websocket *websocket, struct metrics *metrics);

/*
 * As transport.write, for one who is connected by TLS, is not on the way out and for whom the
 * library has nothing that waits. `offered` is the sum of the runs.
 */
size_t websocket_tls_write(struct peer *peer, const struct iovec *runs, int count, size_t offered);

/* Asks to hear when there is room. */
void websocket_await_room(struct peer *peer);

/*
 * websocket_admission.c: who may connect; the status to refuse a sound request with, 0 if it may
 * enter, and upgrade.retry_seconds.
 */
struct admission *websocket_admission_create(const struct websocket_setup *setup);
bool websocket_may_come(struct websocket *websocket, const struct address *peer,
    const struct entrance *entrance, struct admission_place **place_out);
unsigned websocket_may_enter(
    struct websocket *websocket, struct lws *wsi, const struct address *client);

void websocket_incoming_free(struct peer *peer);
void websocket_incoming_expire(struct peer *peer);
void websocket_farewell_free(struct peer *peer);

/* Begins to close; `reason` at most 123 bytes. CLOSE_DROP ends it without a word. */
void websocket_close(struct peer *peer, enum close_code code, struct text reason);

/* Ends the connection in the next turn without a CLOSE frame. */
void websocket_drop(struct peer *peer);

#endif
