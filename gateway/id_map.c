/*
 * Linear probing with removal by moving later places up, so that no tombstones pile up. Knows
 * nothing of what the pointers mean and never frees them.
 */
#include "gateway/id_map.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16u

void
id_map_init(struct id_map *map)
{
	*map = (struct id_map){ 0 };
}

void
id_map_free(struct id_map *map)
{
	free(map->places);
	id_map_init(map);
}

static uint32_t
place_of(const struct id_map *map, uint64_t key)
{
	/* Numbers may come in sequence; the upper bits of the product are well mixed. */
	uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);

	return (uint32_t)(mixed >> 32) & (map->capacity - 1);
}

/* The place that holds `key`, or the empty one where it belongs. */
static uint32_t
find(const struct id_map *map, uint64_t key)
{
	uint32_t at = place_of(map, key);

	while (map->places[at].value != NULL && map->places[at].key != key)
		at = (at + 1) & (map->capacity - 1);
	return at;
}

void *
id_map_get(const struct id_map *map, uint64_t key)
{
	return map->capacity == 0 ? NULL : map->places[find(map, key)].value;
}

static bool
grow(struct id_map *map)
{
	struct id_map bigger = {
		.capacity = map->capacity == 0 ? FIRST_CAPACITY : map->capacity * 2,
		.count = map->count,
	};

	if (bigger.capacity == 0)
		return false;
	bigger.places = calloc(bigger.capacity, sizeof(*bigger.places));
	if (bigger.places == NULL)
		return false;
	for (uint32_t i = 0; i < map->capacity; i++) {
		if (map->places[i].value != NULL)
			bigger.places[find(&bigger, map->places[i].key)] = map->places[i];
	}
	free(map->places);
	*map = bigger;
	return true;
}

bool
id_map_put(struct id_map *map, uint64_t key, void *value)
{
	uint32_t at;

	assert(key != 0 && value != NULL);
	if (map->count + 1 > map->capacity - map->capacity / 4 && !grow(map))
		return false;
	at = find(map, key);
	if (map->places[at].value == NULL)
		map->count++;
	map->places[at] = (struct id_map_place){ .value = value, .key = key };
	return true;
}

void *
id_map_remove(struct id_map *map, uint64_t key)
{
	uint32_t mask = map->capacity - 1;
	uint32_t hole, at;
	void *value;

	if (map->capacity == 0)
		return NULL;
	hole = find(map, key);
	value = map->places[hole].value;
	if (value == NULL)
		return NULL;
	for (at = (hole + 1) & mask; map->places[at].value != NULL; at = (at + 1) & mask) {
		uint32_t home = place_of(map, map->places[at].key);

		/* It may move into the hole unless its search would begin behind the hole. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		map->places[hole] = map->places[at];
		hole = at;
	}
	map->places[hole].value = NULL;
	map->count--;
	return value;
}
