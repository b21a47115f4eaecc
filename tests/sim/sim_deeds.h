/* What may happen in a world, and the pieces of the world that such deeds need. */
#ifndef HUBBUB_TESTS_SIM_SIM_DEEDS_H
#define HUBBUB_TESTS_SIM_SIM_DEEDS_H

#include "sim_world.h"

/* At most one deed. */
void sim_something_happens(struct sim_world *world);

/* A new client of a gateway that runs; the first one says its name at once. */
void sim_client_connects(struct sim_world *world);

/* A connection ends, whoever wanted it. */
void sim_gone(struct sim_world *world, struct sim_socket *socket);

/* A new connection of a socket that has none; false while the gateway is away. */
bool sim_come(struct sim_world *world, struct sim_socket *socket, unsigned gateway,
    const struct client_request *request);

/* One message of a client. */
void sim_say(struct sim_world *world, struct sim_socket *socket, struct text message);

/* sim_deeds_kept.c: those whose mail is kept, native and direct clients. */
void sim_kept_create(struct sim_world *world);
void sim_kept_destroy(struct sim_world *world);

/* One thing that one of them does. */
void sim_kept_happens(struct sim_world *world);

/* What they do without anybody's wish: what is owed to a new connection, ends of old ones. */
void sim_kept_turn(struct sim_world *world);

/* Nothing broke for a while and nobody did anything: receipts have arrived. */
void sim_kept_quiet(struct sim_world *world);

/* Everybody who means to is on a connection; PONGs are held back no more. */
void sim_kept_all_come(struct sim_world *world);

/* Direct clients begin anew, and must not hear again what was acknowledged. */
void sim_kept_again(struct sim_world *world);

/* sim_watch.c: what must hold after every turn. */
void sim_watch(struct sim_world *world);

/* Will a command of that gateway be taken, and go to the hub in time? Receipts are commands too. */
bool sim_watch_takes(const struct sim_world *world, unsigned gateway);

/* Would private mail for that user of the native clients be refused, or nearly? */
bool sim_watch_inbox_is_full(const struct sim_world *world, const char *user);

/* What may have been refused by an error that names nothing, or that nobody was there to hear. */
void sim_watch_doubts(struct sim_world *world);

/* A gateway's process has just ended, and the hub knows. */
void sim_watch_death(struct sim_world *world, const struct sim_gateway *gateway);

/* The hub says that to a gateway. */
void sim_watch_said(
    struct sim_world *world, struct sim_gateway *to, const void *frames, size_t length);

/* The hub is about to die: whom it knows, as its store tells the next one. */
void sim_watch_hub_death(struct sim_world *world);

/* sim_faults.c: in runs with faults something breaks, or is mended. */
void sim_something_breaks(struct sim_world *world);

/* Somebody's socket is full for a while, or all clients of a gateway come again at once. */
void sim_crowd_happens(struct sim_world *world);

/* The clock was set: what was said before is not said again, for its ids may be forgotten. */
void sim_kept_forgets(struct sim_world *world);

/* A new connection for the native or direct client of that socket; false for any other. */
bool sim_kept_comes(struct sim_world *world, struct sim_socket *socket);

/* Pieces of sim_world.c. */
/* Keeps the first that was found while it ran. */
void sim_wrong(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A deed, for whoever reads the trace. */
void sim_trace(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The simulator itself cannot go on. */
_Noreturn void sim_give_up(const char *why);

static inline void
sim_must(bool holds, const char *what)
{
	if (!holds)
		sim_give_up(what);
}

/* sim_hub.c: with SQLite it may not start, and is started again later. */
void sim_hub_start(struct sim_world *world);
void sim_hub_turn(struct sim_world *world, bool all);
/* Dies, alone or with the machine; stops in order, and perhaps the machine behind it. */
void sim_hub_ends(struct sim_world *world, bool machine);
void sim_hub_stops(struct sim_world *world, bool machine);

void sim_gateway_start(struct sim_gateway *gateway);
void sim_link_lost(
    struct sim_gateway *gateway, enum link_loss at_gateway_side, enum link_loss at_hub_side);

#endif
