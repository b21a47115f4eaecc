/*
 * A fake client of the room dialect: the other end of the gateway's transport.
 * It takes bytes as a socket would - sometimes few, sometimes late - and parses
 * them as strictly as a browser.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_CLIENT_H
#define HUBBUB_TESTS_SIM_SIM_CLIENT_H

#include "common/buffer.h"
#include "common/random.h"
#include "gateway/gateway_core.h"
#include "sim_log.h"

enum sim_client_state { SIM_CLIENT_NEVER, SIM_CLIENT_CONNECTED, SIM_CLIENT_GONE };

struct sim_client {
	unsigned number; /* its name is "c<number>" */
	unsigned gateway;
	enum sim_client_state state;
	struct session *session;
	struct random_source random;

	bool named;
	bool slow;           /* takes bytes now and then only             */
	bool wants_writable; /* the transport owes the core a call        */
	bool close_asked;    /* by the core                               */
	enum close_code close_code;

	struct buffer socket; /* taken and not yet parsed                     */
	struct buffer pong;   /* payload of a PING to be answered; empty: none */
	char id[CLIENT_ID_TEXT_SIZE];
	struct sim_log heard;  /* "CONTENT" of public and system frames         */
	struct sim_log told;   /* "CONTENT" of private frames from others       */
	struct buffer members; /* blank-separated ids of the last list          */

	unsigned sent;      /* public and private messages so far            */
	unsigned answered;  /* echoes, copies and errors for them            */
	uint64_t bytes;     /* all that the transport took                   */
	const char *broken; /* the first protocol violation it saw           */
};

void sim_client_init(struct sim_client *client, unsigned number, struct random_source random);
void sim_client_free(struct sim_client *client);

/* The transport of every gateway core in the simulation; a peer is a struct sim_client. */
struct transport sim_client_transport(void);

/* Parses what has arrived. */
void sim_client_read(struct sim_client *client);

/* Its name, in a buffer of its own. */
const char *sim_client_name(const struct sim_client *client, char out[16]);

#endif
