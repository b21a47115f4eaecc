/*
 * Inboxes: one stream of private messages for each user, bounded in what waits to be read. Whose
 * they are and who hears of them is decided elsewhere.
 */
#ifndef HUBBUB_HUB_INBOXES_H
#define HUBBUB_HUB_INBOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "hub/store.h"
#include "hub/streams.h"

struct inboxes {
	struct store *store;     /* borrowed */
	struct streams *streams; /* borrowed */
	uint64_t messages_max;   /* not yet received, of one user */
	uint64_t bytes_max;      /* of their content */
	uint64_t read_keep_ms;   /* what was received stays for so long */
	uint64_t batch;          /* that what is written now becomes part of */
	struct buffer name;      /* scratch */
};

/* Gives the scratch memory back; the streams are not ours. */
void inboxes_clear(struct inboxes *inboxes);

/*
 * A user's stream, in use until it is said to rest. NULL without memory, if the store refuses, or
 * while its removal is under way.
 */
struct stream *inboxes_open(struct inboxes *inboxes, struct text realm, struct text user);

/*
 * Where the stream of that name stands, at hand or else in the store, of which nothing is changed.
 * False without memory or if the store cannot say.
 */
bool inboxes_position(
    const struct inboxes *inboxes, struct text name, struct store_position *position_out);

/* Is there too much in it, or would be with so many bytes more? */
bool inboxes_is_full(const struct inboxes *inboxes, const struct stream *inbox, size_t bytes);

/* The next message, in the store's open batch: stream, epoch and seq are set. False: refused. */
bool inboxes_append(
    struct inboxes *inboxes, struct stream *inbox, const struct store_message *message);

/*
 * Everything up to `seq`, which was given out, has been received: moves the mark, in the store's
 * open batch. Nothing happens if it stands there already. False if the store cannot take it.
 */
bool inboxes_mark(struct inboxes *inboxes, struct stream *inbox, uint64_t seq);

#endif
