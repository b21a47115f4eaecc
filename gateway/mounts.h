/*
 * Which path of which listener speaks which dialect.
 */
#ifndef HUBBUB_GATEWAY_MOUNTS_H
#define HUBBUB_GATEWAY_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "gateway/dialect.h"

#define MOUNTS_MAX 16
#define MOUNT_PATTERN_MAX 64

/*
 * A row: the pattern's segments are literal, except one that may be "{name}" and takes any
 * segment.
 */
struct mount {
	char pattern[MOUNT_PATTERN_MAX];
	const struct dialect *dialect;
	const char *room;  /* that the dialect's clients enter   */
	const char *realm; /* of the users that come in by here  */
};

struct mount_table {
	struct mount rows[MOUNTS_MAX];
	size_t count;
	bool page; /* "/" and the page's files are served */
};

/*
 * The table of a listener: its own `mounts` if set, else its profile's. False with a
 * sentence naming the listener and what is wrong (unknown dialect or profile, malformed
 * pattern, conflict).
 */
bool mounts_build(const struct config_listener *listener, struct mount_table *table_out,
    char *error, size_t error_size);

/*
 * Resolves a request's decoded path. 0: granted, and `request` (whose other fields are set
 * by the caller) has mount and segment, the latter borrowed from `path`. Else the HTTP
 * status to refuse with: 404 for no such path, 400 for a segment that is no UTF-8, or what
 * the dialect's admit says.
 */
unsigned mounts_resolve(
    const struct mount_table *table, struct text path, struct client_request *request);

#endif
