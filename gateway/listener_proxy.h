/*
 * Connections that are accepted and owe a PROXY header: each is read from exactly up to the end of
 * its header and then handed on with the client's address, or closed. Serves all listeners, and
 * outlives them: what they accepted last may still say who it is.
 */
#ifndef HUBBUB_GATEWAY_LISTENER_PROXY_H
#define HUBBUB_GATEWAY_LISTENER_PROXY_H

#include "common/address.h"
#include "common/log.h"
#include "common/metrics.h"

struct event_base;
struct listener_proxy;

struct listener_proxy_setup {
	struct event_base *base;
	unsigned seconds; /* from connection to complete header */
	struct log *log;
	struct metrics *metrics;
};

/* Who takes over the descriptor behind its header; outlives the struct listener_proxy. */
struct listener_proxy_taker {
	void (*accepted)(void *context, int fd, const struct address *client);
	void *context;
};

/* NULL without memory. */
struct listener_proxy *listener_proxy_create(const struct listener_proxy_setup *setup);

/* Closes all that wait. */
void listener_proxy_destroy(struct listener_proxy **proxy);

/*
 * Takes over a connected nonblocking descriptor. The taker is called at once if the header has come
 * along. A peer that is not in `trusted` is not read from.
 */
void listener_proxy_take(struct listener_proxy *proxy, int fd, const struct address *peer,
    const struct address_set *trusted, struct listener_proxy_taker taker);

/* Connections whose header is not complete. */
unsigned listener_proxy_waiting(const struct listener_proxy *proxy);

#endif
