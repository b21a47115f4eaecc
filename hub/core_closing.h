/*
 * How clients end: at once, after a while, or when all is said that connections of theirs had to
 * say when they were lost.
 */
#ifndef HUBBUB_HUB_CORE_CLOSING_H
#define HUBBUB_HUB_CORE_CLOSING_H

#include "hub/core_state.h"

/* core_clients.c: takes a client out of the roster, telling the others. */
void core_client_gone(struct core *core, struct client *client, struct now now);

/*
 * It has no connection any more: it stays for what is to come of it, or, if that was lost without a
 * word, for a while, or it is gone.
 */
void core_client_left(struct core *core, struct client *client, struct now now, bool lost);

#define CLOSE_POLICY 1008u

/*
 * core_operator.c: closes its connections with CLOSE_POLICY. It stays online for everybody until
 * its gateway reports it closed, unless it has none.
 */
void core_close_client(
    struct core *core, struct now now, struct client *client, struct text reason);

/* Whoever a conn is, or was and still says something for. NULL if nobody. */
struct client *core_sender(const struct core *core, unsigned slot, uint64_t conn);

/*
 * Its connection is gone, commands of it are to come; or commands of one that it had before. False,
 * with nothing changed, without memory or past the bound.
 */
bool core_closing_begin(struct core *core, struct client *client);
bool core_closing_for(struct core *core, struct client *client, unsigned slot, uint64_t conn);

/* All have come. `lost`: without a word. */
void core_closing_end(struct core *core, struct old_conn *old, struct now now, bool lost);

/* The link of that slot is lost. */
void core_closing_lost(struct core *core, unsigned slot, struct now now);

/* Nothing is to come of it any more: it is about to be gone, or was kicked, like `order` says. */
void core_closing_forget(struct core *core, struct client *client);
void core_closing_kick(
    struct core *core, struct client *client, const struct envelope_close *order);

#endif
