/*
 * A Feistel network over two halves of 16 bits: whatever the round function is, it is a
 * bijection, so different ordinals give different client_ids. It hides the order of arrival from
 * users; it is no secret worth attacking. Must not know who gets the ids.
 */
#include "hub/client_ids.h"

#define ROUNDS 6u

void
client_ids_init(struct client_ids *ids, struct store *store)
{
	*ids = (struct client_ids){ .store = store };
}

static uint16_t
mixed(uint64_t key, unsigned round, uint16_t half)
{
	uint64_t value = key + 0x9e3779b97f4a7c15u * (round + 1) + half;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	return (uint16_t)(value >> 48);
}

uint32_t
client_ids_permute(uint64_t key, uint32_t ordinal)
{
	uint16_t left = (uint16_t)(ordinal >> 16);
	uint16_t right = (uint16_t)ordinal;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t next = (uint16_t)(left ^ mixed(key, round, right));

		left = right;
		right = next;
	}
	return (uint32_t)left << 16 | right;
}

bool
client_ids_next(struct client_ids *ids, uint32_t *id_out)
{
	uint32_t id;

	/* One ordinal in 2^32 stands for 0, which means "none" on the link. */
	do {
		if (ids->left == 0) {
			if (!ids->store->ops->reserve_clients(
				ids->store, CLIENT_IDS_BLOCK, &ids->next, &ids->key))
				return false;
			ids->left = CLIENT_IDS_BLOCK;
		}
		id = client_ids_permute(ids->key, ids->next);
		ids->next++;
		ids->left--;
	} while (id == 0);
	*id_out = id;
	return true;
}
