/*
 * What the generator must know of a protocol to speak it: one const struct each, in a file of its
 * own. Pure: bytes come in, frames go out through a small table, so that tests feed them anything.
 */
#ifndef HUBBUB_TESTS_BENCH_PEER_H
#define HUBBUB_TESTS_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/bench/marker.h"

#define PEER_ID_SIZE 9
#define PEER_PATH_MAX 256
/* What one say() needs at most beside the content. */
#define PEER_FRAMING_MAX 256

/* One client, as far as its protocol is concerned. */
struct peer_client {
	unsigned index;
	bool private;          /* messages go to the client beside it, see peer_partner()    */
	bool in;               /* set by the peer when it calls joined()                     */
	char id[PEER_ID_SIZE]; /* as the server calls it, where it does                      */
	char *kept;            /* of a message whose end comes with another frame            */
	size_t kept_size;
};

enum peer_kind {
	PEER_DELIVERY, /* what somebody said         */
	PEER_ANSWER,   /* what tells the sender that it was taken */
};

/* What a peer makes happen. `heard` gets bytes that have the marker somewhere. */
struct peer_events {
	void *context;
	void (*send)(void *context, unsigned opcode, const char *bytes, size_t size);
	void (*joined)(void *context);
	void (*heard)(void *context, enum peer_kind kind, const char *bytes, size_t size);
	/* Who is there, what was refused, and the like; NULL: nobody wants to know. */
	void (*other)(void *context, const char *bytes, size_t size);
};

struct peer_message {
	const char *mark;    /* MARKER_SIZE bytes, with which the content begins too */
	const char *content; /* fit to stand in JSON as it is                         */
	size_t size;
	unsigned to;       /* index of the recipient of a private message, */
	const char *to_id; /* and what the server calls it              */
	bool private;
};

struct peer {
	const char *name;
	const char *path;        /* what is asked for unless the command line says otherwise */
	const char *subprotocol; /* NULL: none                                               */
	unsigned opcode;         /* of what is said                                          */
	bool answers_public;     /* the sender hears an answer as well                       */
	bool answers_private;
	/* The target of the upgrade request; NULL: the path as it is. */
	void (*target)(const struct peer_client *client, const char *path, char out[PEER_PATH_MAX]);
	/* The upgrade is done. */
	void (*opened)(struct peer_client *client, const struct peer_events *events);
	/* One data frame; false if it is not what such a server says. */
	bool (*received)(struct peer_client *client, const struct peer_events *events,
	    const char *bytes, size_t size);
	/* Writes one frame's payload; `room` is at least the content and PEER_FRAMING_MAX. */
	size_t (*say)(const struct peer_client *from, const struct peer_message *message, char *out,
	    size_t room);
};

extern const struct peer peer_room;
extern const struct peer peer_direct;
extern const struct peer peer_pair;
extern const struct peer peer_native;
extern const struct peer peer_native_ids;
extern const struct peer peer_nats;
extern const struct peer peer_jetstream;
extern const struct peer peer_nchan;
extern const struct peer peer_node;

/* NULL if there is none of that name. */
const struct peer *peer_find(const char *name);

/* The other one of a pair: 2i says things to 2i + 1. */
unsigned peer_partner(const struct peer_client *client);

/* Frees what the client has kept; it can be opened again afterwards. */
void peer_client_reset(struct peer_client *client);

/*
 * Finds `key` in JSON as servers write it and gives the text behind it, up to the next quotation
 * mark; false if it is not there. No parser: what is looked for was written by a program that
 * always writes it the same way.
 */
bool peer_text_after(
    const char *bytes, size_t size, const char *key, const char **text_out, size_t *size_out);

#endif
