/*
 * The numbers of clients in this gateway: a conn is never given twice and leads to its session at
 * once, for as long as that is there.
 */
#ifndef HUBBUB_GATEWAY_CONNS_H
#define HUBBUB_GATEWAY_CONNS_H

#include <stdint.h>

struct session;
struct conn_slot;

struct conns {
	struct conn_slot *slots;
	uint32_t used; /* slots that ever had a session */
	uint32_t capacity;
	uint32_t free; /* slot + 1, 0 for none          */
};

/* All zero is an empty one. */
void conns_init(struct conns *conns);
void conns_free(struct conns *conns);

/* A new conn; 0 without memory. */
uint64_t conns_add(struct conns *conns, struct session *session);

/* Ends a conn that conns_add gave. */
void conns_remove(struct conns *conns, uint64_t conn);

/* NULL for a conn that never was or is no more. */
struct session *conns_find(const struct conns *conns, uint64_t conn);

/* Every session once; `cursor` begins as 0, NULL ends. Sessions may be removed in between. */
struct session *conns_next(const struct conns *conns, uint32_t *cursor);

#endif
