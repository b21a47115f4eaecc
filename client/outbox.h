/*
 * What was written and is not yet known to be stored: kept in order, said
 * again under the same id after an interruption, and paced.
 */
#ifndef HUBBUB_CLIENT_OUTBOX_H
#define HUBBUB_CLIENT_OUTBOX_H

#include "client/frame.h"

#define OUTBOX_ID_SIZE 40

struct outbox_entry {
	char id[OUTBOX_ID_SIZE];
	struct text room; /* of a public message; empty where the protocol names none */
	struct text to;   /* of a private one, else without data */
	struct text content;
	uint64_t at_ms; /* when it was first said to a server; 0: never */
	bool said;      /* on this connection */
	struct outbox_entry *prev;
	struct outbox_entry *next;
};

struct outbox_limits {
	size_t messages_max; /* waiting, said or not */
	size_t window;       /* said and not answered */
};

struct outbox {
	struct outbox_entry *entries;
	struct outbox_limits limits;
	size_t count;
	size_t waiting_for; /* said on this connection, not answered */
	uint64_t interval_us;
	uint64_t burst_us;
	uint64_t free_at_us; /* when the pace would have forgotten all that was said */
};

void outbox_init(struct outbox *outbox, struct outbox_limits limits);
void outbox_free(struct outbox *outbox);

/* As fast as the server takes messages, less a reserve. */
void outbox_pace(struct outbox *outbox, uint64_t per_second, uint64_t burst);

/* NULL if it is full, and without memory. `to` without data: public. Copies all texts. */
struct outbox_entry *outbox_add(
    struct outbox *outbox, struct text id, struct text room, struct text to, struct text content);

/*
 * The next that may be said now, which then counts as said; NULL if there is none. *due_out is then
 * when there will be one by itself, or UINT64_MAX.
 */
struct outbox_entry *outbox_next(struct outbox *outbox, uint64_t now_ms, uint64_t *due_out);

struct outbox_entry *outbox_find(const struct outbox *outbox, struct text id);

/* Of a protocol without ids: the first that was said and is the same. */
struct outbox_entry *outbox_match(
    const struct outbox *outbox, bool is_private, struct text content);

/* Likewise: the one that an error most likely speaks of, or NULL. */
struct outbox_entry *outbox_culprit(const struct outbox *outbox, struct text code);

/* It was answered; the entry is gone. */
void outbox_remove(struct outbox *outbox, struct outbox_entry *entry);

/* It was refused for being too fast: it is said again, not before `until_ms`. */
void outbox_retry(struct outbox *outbox, struct outbox_entry *entry, uint64_t until_ms);

/* The connection is gone: nothing counts as said any more. */
void outbox_lost(struct outbox *outbox);

#endif
