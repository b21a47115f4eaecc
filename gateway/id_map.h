/*
 * A hash table from numbers (never 0) - client ids, conns - to pointers (never NULL): open
 * addressing, 16 bytes a place.
 */
#ifndef HUBBUB_GATEWAY_ID_MAP_H
#define HUBBUB_GATEWAY_ID_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct id_map_place {
	void *value;
	uint64_t key;
};

struct id_map {
	struct id_map_place *places;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
};

/* All zero is an empty one. */
void id_map_init(struct id_map *map);
void id_map_free(struct id_map *map);

void *id_map_get(const struct id_map *map, uint64_t key);

/* Replaces what was there; false, with nothing changed, without memory. */
bool id_map_put(struct id_map *map, uint64_t key, void *value);

/* What was there, or NULL. */
void *id_map_remove(struct id_map *map, uint64_t key);

#endif
