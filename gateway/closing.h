/*
 * Clients that are gone while commands of theirs have no outcome yet. What the hub needs to know of
 * their senders is kept here, and nothing else: no socket, no session. Each has at least one
 * command that waits, so that the bounds of commands.h bound their number, and their memory counts
 * with that of the commands.
 */
#ifndef HUBBUB_GATEWAY_CLOSING_H
#define HUBBUB_GATEWAY_CLOSING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/text.h"
#include "gateway/commands.h"
#include "gateway/id_map.h"

struct session;
struct envelope_opened;
struct envelope_joined;

/* A room that it was in, or asked to be in. */
struct closing_room {
	uint64_t ordinal;
	struct text name;
};

struct closing {
	TAILQ_ENTRY(closing) place;
	uint64_t conn;
	int64_t since_ms;
	const char *dialect; /* lives for ever */
	const char *realm;   /* likewise */
	struct text address; /* with the other texts behind the rooms */
	struct text name;
	struct text user;
	struct text resume;
	char *told; /* user and secret, if the hub said them when it was gone already; else NULL */
	size_t bytes;       /* as counted with the commands */
	uint32_t client;    /* 0: the hub has not said it yet */
	uint32_t announced; /* the attachment to the hub on which OPEN was sent */
	unsigned waiting;   /* its commands without an outcome */
	uint8_t open_flags;
	bool lingers; /* as its CLOSED will say */
	unsigned room_count;
	struct closing_room rooms[];
};

TAILQ_HEAD(closing_list, closing);

struct closings {
	struct closing_list list; /* in the order of their going */
	struct id_map by_conn;
	struct commands *commands; /* borrowed */
	unsigned count;
};

void closings_init(struct closings *closings, struct commands *commands);
void closings_free(struct closings *closings);

/*
 * Takes over what is known of a session, with its count of commands. NULL, and its commands are
 * given up, without memory or where that of all commands is used up.
 */
struct closing *closings_add(struct closings *closings, const struct session *session);
void closings_remove(struct closings *closings, struct closing *closing);

/* NULL if there is none. */
struct closing *closings_find(const struct closings *closings, uint64_t conn);

/* What the hub says of it, so that a new link can be told. */
void closing_opened(struct closing *closing, const struct envelope_opened *opened);
void closing_joined(struct closing *closing, const struct envelope_joined *joined);

#endif
