/*
 * Many WebSocket clients of the `room` dialect in one thread: connect, upgrade,
 * give a name, hear one's id, then frames out and frames in.
 */
#ifndef HUBBUB_TESTS_BENCH_LOAD_CLIENT_H
#define HUBBUB_TESTS_BENCH_LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum load_state {
	LOAD_UNUSED,
	LOAD_CONNECTING,
	LOAD_UPGRADING,
	LOAD_JOINING,
	LOAD_IN,
	LOAD_GONE,
};

#define LOAD_ID_SIZE 9

struct load_client {
	int fd;
	enum load_state state;
	unsigned index;
	char id[LOAD_ID_SIZE]; /* as the server calls it, once it is in */
	char *rest;            /* the beginning of a frame whose end is still to come */
	size_t rest_size;
	char *unsent;
	size_t unsent_size;
};

/* What the owner of the clients is told. `now_ns` is when the bytes were read. */
struct load_events {
	void *context;
	void (*joined)(void *context, struct load_client *client);
	void (*heard)(void *context, struct load_client *client, const char *text, size_t size,
	    uint64_t now_ns);
	void (*gone)(void *context, struct load_client *client, const char *why);
};

struct load_net {
	struct load_events events;
	struct load_client *clients;
	unsigned count;
	int epoll;
	int port;
	const char *address; /* numeric, IPv4 */
	const char *path;
	char *buffer;
	uint64_t bytes_in; /* grows with everything that is heard */
};

/* Monotonic nanoseconds. */
uint64_t load_now_ns(void);

/* Fills a net whose address, port, path and events are set; false, said on stderr, if it cannot. */
bool load_net_open(struct load_net *net, unsigned count);

/* Drops all clients without a closing handshake. */
void load_net_close(struct load_net *net);

/* Begins to connect client `index`; false without descriptors. */
bool load_net_connect(struct load_net *net, unsigned index);

/* Handles what has happened, waiting for it until `until_ns` at most. */
void load_net_turn(struct load_net *net, uint64_t until_ns);

/* Sends one text frame; what the socket does not take is sent later. */
void load_client_say(
    struct load_net *net, struct load_client *client, const char *text, size_t size);

#endif
