/*
 * Many WebSocket clients in one thread: connect, upgrade, come in as their
 * protocol wants it, then frames out and frames in.
 */
#ifndef HUBBUB_TESTS_BENCH_LOAD_CLIENT_H
#define HUBBUB_TESTS_BENCH_LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/peer.h"

#define LOAD_PORTS_MAX 16

enum load_state {
	LOAD_UNUSED,
	LOAD_CONNECTING,
	LOAD_UPGRADING,
	LOAD_OPEN, /* upgraded; whether it is in, its protocol knows */
	LOAD_GONE,
};

struct load_client {
	int fd;
	enum load_state state;
	struct peer_client peer;
	char *rest; /* the beginning of a frame whose end is still to come */
	size_t rest_size;
	char *unsent;
	size_t unsent_size;
};

/* What the owner of the clients is told. `now_ns` is when the bytes were read. */
struct load_events {
	void *context;
	void (*joined)(void *context, struct load_client *client);
	void (*heard)(void *context, struct load_client *client, enum peer_kind kind,
	    const char *bytes, size_t size, uint64_t now_ns);
	/* As a peer's; may be NULL. */
	void (*other)(void *context, struct load_client *client, const char *bytes, size_t size);
	void (*gone)(void *context, struct load_client *client, const char *why);
};

struct load_net {
	struct load_events events;
	struct load_client *clients;
	unsigned count;
	int epoll;
	const int *ports; /* clients take turns with them */
	unsigned port_count;
	const char *address; /* numeric, IPv4 */
	const char *path;
	const struct peer *peer;
	bool private; /* messages go from one client to another */
	char *buffer;
	char *frame;       /* the one that is being written */
	uint64_t bytes_in; /* grows with everything that is heard but pings */
};

/* Monotonic nanoseconds. */
uint64_t load_now_ns(void);

/*
 * Fills a net whose address, ports, path, peer and events are set; false, said
 * on stderr, if it cannot.
 */
bool load_net_open(struct load_net *net, unsigned count);

/* Drops all clients without a closing handshake. */
void load_net_close(struct load_net *net);

/* Begins to connect client `index`; false without descriptors. */
bool load_net_connect(struct load_net *net, unsigned index);

/* Drops client `index` without a word to the events; it can be connected again. */
void load_net_leave(struct load_net *net, unsigned index);

/* Handles what has happened, waiting for it until `until_ns` at most. */
void load_net_turn(struct load_net *net, uint64_t until_ns);

/* Says a message; what the socket does not take is sent later. */
void load_client_say(
    struct load_net *net, struct load_client *from, const struct peer_message *message);

#endif
