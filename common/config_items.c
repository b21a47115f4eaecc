/*
 * The arrays behind sections with names. Knows where they stand from the table
 * alone, and no single one of them.
 */
#include "common/config_items.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_value.h"

static_assert(offsetof(struct config_listener, name) == 0, "the name of an item comes first");
static_assert(offsetof(struct config_class, name) == 0, "the name of an item comes first");

unsigned
config_items_count(const struct config_section *section, const struct config *config)
{
	return *(const unsigned *)((const char *)config + section->count);
}

static void
set_count(const struct config_section *section, struct config *config, unsigned count)
{
	*(unsigned *)((char *)config + section->count) = count;
}

void *
config_item(const struct config_section *section, struct config *config, unsigned index)
{
	return (char *)config + section->items + index * section->item_size;
}

const char *
config_item_name(const void *item)
{
	return *(char *const *)item;
}

void *
config_item_find(const struct config_section *section, struct config *config, const char *name)
{
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		void *item = config_item(section, config, i);

		if (strcmp(config_item_name(item), name) == 0)
			return item;
	}
	return NULL;
}

void *
config_item_add(const struct config_section *section, struct config *config, const char *name)
{
	unsigned count = config_items_count(section, config);
	void *item = config_item(section, config, count);
	char *copy = strdup(name);

	if (copy == NULL)
		abort();
	memset(item, 0, section->item_size);
	*(char **)item = copy;
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (strcmp(key->section, section->name) == 0)
			config_value_set(key, config_key_value(key, config, item), key->fallback);
	}
	set_count(section, config, count + 1);
	return item;
}

void
config_items_free(const struct config_section *section, struct config *config)
{
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		void *item = config_item(section, config, i);

		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (strcmp(key->section, section->name) == 0)
				config_value_free(key, config_key_value(key, config, item));
		}
		free(*(char **)item);
	}
	set_count(section, config, 0);
}
