/*
 * Connections that are gone while commands of theirs are to come: each is of a client, that speaks
 * for them and may have a connection by now that is another. Pure state.
 */
#ifndef HUBBUB_HUB_OLD_CONNS_H
#define HUBBUB_HUB_OLD_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/presence.h"

struct old_conn {
	unsigned slot; /* of its gateway     */
	uint64_t conn; /* as it was there    */
	struct client *client;
	struct old_conn *next;
	struct old_conn *before;
};

struct old_conns {
	struct table_key key;
	struct table by_conn;
	struct old_conn *first;
};

void old_conns_init(struct old_conns *old_conns, struct table_key key);
void old_conns_free(struct old_conns *old_conns);

/* NULL without memory. The conn must be new to the slot. */
struct old_conn *old_conns_add(
    struct old_conns *old_conns, unsigned slot, uint64_t conn, struct client *client);
void old_conns_remove(struct old_conns *old_conns, struct old_conn *old);

struct old_conn *old_conns_find(const struct old_conns *old_conns, unsigned slot, uint64_t conn);

/* Any of a client that has one. */
struct old_conn *old_conns_of(const struct old_conns *old_conns, const struct client *client);

size_t old_conns_count(const struct old_conns *old_conns);

#endif
