/*
 * Public names of clients: 32-bit numbers that never come twice and whose order tells
 * nothing. A counter reserved from the store in blocks, behind a keyed permutation.
 */
#ifndef HUBBUB_HUB_CLIENT_IDS_H
#define HUBBUB_HUB_CLIENT_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "hub/store.h"

/* Ordinals reserved at once: what a crash of the hub may waste. */
#define CLIENT_IDS_BLOCK 1024u

struct client_ids {
	struct store *store; /* borrowed */
	uint64_t key;
	uint32_t next;
	uint32_t left; /* of the reserved block */
};

/* Reserves nothing yet. */
void client_ids_init(struct client_ids *ids, struct store *store);

/* The next client_id, never 0. False when the store reserves no more. */
bool client_ids_next(struct client_ids *ids, uint32_t *id_out);

/* The bijection of all 32-bit numbers that belongs to `key`. */
uint32_t client_ids_permute(uint64_t key, uint32_t ordinal);

#endif
