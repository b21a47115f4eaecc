/*
 * One configured listener at work: accepts connections in batches and hands them on. Without free
 * descriptors it turns connections away and pauses; it never spins.
 */
#ifndef HUBBUB_GATEWAY_LISTENER_H
#define HUBBUB_GATEWAY_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/address.h"
#include "common/config.h"
#include "common/log.h"
#include "common/metrics.h"
#include "gateway/listener_socket.h"

struct event_base;
struct listener;
struct listener_proxy;

struct listener_setup {
	struct event_base *base;
	const struct config_listener *config; /* borrowed for the time of the call */
	struct service_sockets *inherited;    /* likewise                          */
	struct listener_proxy *proxy;         /* for those that owe a PROXY header */
	bool open_mode;                       /* anybody may come in */
	struct log *log;
	struct metrics *metrics;
	/* True if no more connections are wanted: they are closed as soon as they are accepted. */
	bool (*full)(void *context);
	/*
	 * Takes over a connected, nonblocking, close-on-exec descriptor with its peer's address, or
	 * that of the client behind the peer. Outlives `proxy`.
	 */
	void (*accepted)(void *context, int fd, const struct address *peer);
	void *context;
};

/* Listens from now on; logs where. NULL with a sentence for the operator. */
struct listener *listener_create(
    const struct listener_setup *setup, char *error, size_t error_size);

/*
 * Before the end: accepts what the kernel has completed, for with the socket that would be reset.
 * An inherited socket outlives us, so there it is left to whoever listens on.
 */
void listener_take_waiting(struct listener *listener);

/* Whether its sockets were handed over, and so stay open without us. */
bool listener_is_inherited(const struct listener *listener);

/* Whom it believes from now on; good for address_set_parse. */
void listener_set_trusted(struct listener *listener, const char *trusted_proxies);

/* Stops listening and closes the descriptors; connections handed on are not touched. */
void listener_destroy(struct listener **listener);

#endif
