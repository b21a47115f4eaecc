/*
 * The client's end of the gateway's transport, whatever is spoken on it: takes bytes as a socket
 * would, sometimes few, sometimes late, and cuts them into frames as strictly as a browser.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_SOCKET_H
#define HUBBUB_TESTS_SIM_SIM_SOCKET_H

#include "common/buffer.h"
#include "common/random.h"
#include "gateway/gateway_core.h"

enum sim_socket_state { SIM_NEVER, SIM_CONNECTED, SIM_GONE };

struct sim_socket;
typedef void sim_message_fn(struct sim_socket *socket, struct text payload);
typedef bool sim_pinged_fn(struct sim_socket *socket, struct text payload);

/* The first member of every client: the owner is found by its address. */
struct sim_socket {
	sim_message_fn *message; /* one text message arrived; must not call the core */
	sim_pinged_fn *pinged;   /* whether to answer it instead of one before; may be NULL */
	void (*ponged)(struct sim_socket *socket); /* the answer was said; may be NULL */
	struct random_source random;
	enum sim_socket_state state;
	unsigned gateway;
	struct session *session;
	uint64_t conn; /* its number there, also when it is gone */

	bool slow;  /* takes bytes now and then only             */
	bool stuck; /* takes nothing for now                     */
	uint64_t stuck_until_ms;
	bool may_close;      /* it gave the server a reason to end this connection */
	bool may_ban;        /* a ban may have hit this connection       */
	uint64_t banned_ms;  /* when one may have last, on any of its connections */
	uint64_t since_turn; /* the first of the world's turns that sees it */
	bool wants_writable; /* the transport owes the core a call        */
	bool holds_pong;     /* leaves PINGs unanswered for now           */
	bool close_asked;    /* by the core                               */
	enum close_code close_code;

	struct buffer arrived; /* taken and not yet parsed                       */
	struct buffer pong;    /* payload of a PING to be answered; empty: none */
	uint64_t bytes;        /* all that the transport took                    */
	char broken[200];      /* the first violation it saw, or empty           */
};

void sim_socket_init(
    struct sim_socket *socket, sim_message_fn *message, struct random_source random);
void sim_socket_free(struct sim_socket *socket);

/* A new connection; what the last one had not parsed is lost with it. */
void sim_socket_open(struct sim_socket *socket, unsigned gateway, struct session *session);

/* The transport of every gateway core in the simulation; a peer is a struct sim_socket. */
struct transport sim_socket_transport(void);

/* Reads again as fast as anybody. */
void sim_socket_recovers(struct sim_socket *socket);

/* Parses what has arrived. */
void sim_socket_read(struct sim_socket *socket);

/* Keeps the first violation. */
void sim_socket_broken(struct sim_socket *socket, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
