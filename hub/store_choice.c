/*
 * From settings to an opened store. Knows every implementation, so that nothing else need.
 */
#include "hub/store_choice.h"

#include <stdio.h>
#include <string.h>

#include "common/random.h"
#include "hub/store_sqlite.h"

#define MEGABYTE ((uint64_t)1024 * 1024)
#define HOUR_MS ((uint64_t)3600 * 1000)

struct store *
store_choice_open(const struct config_store *config, struct log *log, struct metrics *metrics,
    char *error, size_t error_size)
{
	struct store_sqlite_setup setup = {
		.path = config->path,
		.bytes_max = config->megabytes_max * MEGABYTE,
		.read_keep_ms = config->read_hours * HOUR_MS,
		.log = log,
		.metrics = metrics,
	};
	struct store *store;

	if (strcmp(config->durability, "memory") == 0) {
		store = store_memory_open(random_u64(random_system()));
		if (store == NULL)
			snprintf(error, error_size, "there is not enough memory for the store");
		return store;
	}
	setup.durability = strcmp(config->durability, "disk") == 0 ? STORE_DISK : STORE_NORMAL;
	return store_sqlite_open(&setup, error, error_size);
}
