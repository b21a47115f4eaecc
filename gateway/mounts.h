/*
 * Which path of which listener speaks which dialect, and where its clients enter.
 */
#ifndef HUBBUB_GATEWAY_MOUNTS_H
#define HUBBUB_GATEWAY_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "gateway/dialect.h"

#define MOUNTS_MAX 16
#define MOUNT_PATTERN_MAX 64
#define MOUNT_NAME_MAX 64

/* A row: "PATTERN DIALECT [room=NAME] [realm=NAME]". */
struct mount {
	char pattern[MOUNT_PATTERN_MAX];
	const struct dialect *dialect;
	char room[MOUNT_NAME_MAX + 1];      /* that its clients enter by themselves, or empty */
	enum authentication authentication; /* the dialect's, or proof */
	char realm[MOUNT_NAME_MAX + 1];     /* of the users that come in by here, or empty    */
};

struct mount_table {
	struct mount rows[MOUNTS_MAX];
	size_t count;
	bool page; /* "/" and the page's files are served */
};

/*
 * The table of a listener: its own `mounts` if set, else its profile's. `known` is the list of
 * dialects, ended by NULL. False with a sentence naming the listener and what is wrong (unknown
 * dialect, profile or option, malformed pattern or name, two rows for the same requests).
 */
bool mounts_build(const struct config_listener *listener, const struct dialect *const *known,
    struct mount_table *table_out, char *error, size_t error_size);

/* Clients of all rows that reach the hub have to prove who they are. */
void mounts_demand_proof(struct mount_table *table);

/* True if a listener's clients have to. */
bool mounts_need_proof(const struct config *config, const struct config_listener *listener);

/*
 * Every listener's table, and what they must have in common: mounts share a realm only if they
 * demand the same authentication, for else one could be in the weaker who another is in the
 * stronger; users who bring their ids share a room only within one realm. One mistake of each
 * listener is told.
 */
void mounts_check(const struct config *config, const struct dialect *const *known,
    struct config_mistakes *mistakes);

/*
 * Resolves a request's decoded path. Of the rows that fit: those whose subprotocol is offered, if
 * there are any, else those without one; among these, with a non-empty `token` argument those that
 * take tokens, else the others (one that takes tokens may refuse its absence itself, if nothing
 * else fits); among these the closest, and of two equally close ones the first.
 * 0: granted, and `request` (whose other fields are set by the caller) has mount and segment, the
 * latter borrowed from `path`. Else the HTTP status to refuse with: 404 for no such path, 400 for
 * one that is only there with a subprotocol or for a segment that is no UTF-8, or what the
 * dialect's admit says.
 */
unsigned mounts_resolve(
    const struct mount_table *table, struct text path, struct client_request *request);

#endif
