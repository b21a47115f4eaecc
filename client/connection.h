/*
 * The loop of the program: one WebSocket, and descriptors beside it. The only
 * file that knows libwebsockets is connection.c.
 */
#ifndef HUBBUB_CLIENT_CONNECTION_H
#define HUBBUB_CLIENT_CONNECTION_H

#include "client/session.h"
#include "client/url.h"

/* Called from connection_turn only, never from within another call. */
struct connection_handlers {
	void (*opened)(void *context, bool is_native);
	void (*received)(void *context, struct text message);
	void (*lost)(void *context, const struct loss *loss);
};

struct connection_settings {
	struct url url;
	struct text token;   /* for the server, in the request; empty: none. Borrowed */
	const char *ca_file; /* NULL: what the system trusts */
	size_t message_bytes_max;
	unsigned ping_seconds; /* of silence, before the server is asked whether it is there */
	unsigned pong_seconds; /* within which it has to answer */
	int watched_fd;        /* a turn ends when it can be read; -1: none. Is closed in the end */
};

struct connection;

/* NULL with a sentence for people. */
struct connection *connection_create(const struct connection_settings *settings,
    const struct connection_handlers *handlers, void *context, struct buffer *sentence);
void connection_destroy(struct connection **connection);

/* Begins; the next turns tell how it went. */
void connection_open(struct connection *connection, bool offer_native);

/* Forgets the present connection, of which nothing is told any more. */
void connection_drop(struct connection *connection);

/* Sends what is queued, then closes with 1000; connection_is_open is false once that is done. */
void connection_close(struct connection *connection);
bool connection_is_open(const struct connection *connection);

/* Queues one text message. */
void connection_send(struct connection *connection, struct text message);

/* Waits for the network, the watched descriptor or `timeout_ms`, and tells what happened. */
void connection_turn(struct connection *connection, uint64_t timeout_ms);

#endif
