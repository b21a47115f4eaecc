/*
 * A fake native client and its user: keeps its secret and its positions over its connections, says
 * again what was not answered, and holds every frame against docs/dialects/native.md.
 */
#ifndef HUBBUB_TESTS_SIM_SIM_NATIVE_H
#define HUBBUB_TESTS_SIM_SIM_NATIVE_H

#include "sim_book.h"
#include "sim_log.h"
#include "sim_socket.h"

/* The last that was heard of a stream; epoch 0: nothing of it yet. */
struct sim_place {
	bool known;
	uint64_t epoch;
	uint64_t seq;
};

struct sim_native_room {
	bool wanted;  /* said in hello, joined or about to be */
	bool member;  /* as the server said                   */
	bool leaving; /* leave was said                       */
	struct sim_place place;
	uint32_t came_at;     /* when it asked to be in it without a place */
	struct sim_log users; /* by presence, in any order */
	unsigned count;
};

struct sim_native {
	struct sim_socket socket;
	unsigned number;
	struct sim_book *book;
	const struct sim_native *all; /* in the order of their numbers */
	char user[16];
	char client_id[16];
	char resume[64];
	bool said_inbox; /* in this connection's hello */
	bool welcomed;   /* on this connection         */
	bool again;      /* owes the messages that were not answered */
	/* The store refused while it came, so that it may not be known when it comes again. */
	bool risky;
	bool weighed;
	uint64_t in_ms;     /* since when it is in                 */
	bool is_lost;       /* it came as another and gave up      */
	bool stays_away;    /* for good                   */
	unsigned forgotten; /* ids up to this may not be known any more */
	unsigned reused;    /* number of the id that it said for something else */
	struct sim_native_room rooms[SIM_ROOMS];
	struct sim_place inbox;
	uint64_t read_said; /* highest that was said to be received, in inbox.epoch */
	uint64_t read_told; /* highest that was answered                            */
	struct sim_log heard;
};

void sim_native_init(
    struct sim_native *native, unsigned number, struct sim_book *book, struct random_source random);
void sim_native_free(struct sim_native *native);

/* What it says first on a new connection. `inbox`: with its position, else from what was read. */
void sim_native_hello(struct sim_native *native, bool inbox, struct buffer *out);

/* It asks to be in a room now. */
void sim_native_enters(const struct sim_native *native, struct sim_native_room *room);

/* One message as a frame, with its id; it is then to be answered on this connection. */
void sim_native_say(const struct sim_native *native, struct sim_message *message, const char *to,
    struct buffer *out);

/* The connection is over: nothing is answered on it any more. */
void sim_native_gone(struct sim_native *native);

/* Welcomed and on a connection. */
bool sim_native_is_in(const struct sim_native *native);

#endif
