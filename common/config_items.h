/*
 * Sections that have names, and so may be there more than once: [listener NAME], [class NAME]. What
 * holds for all of them alike. For the config_*.c files only.
 */
#ifndef HUBBUB_COMMON_CONFIG_ITEMS_H
#define HUBBUB_COMMON_CONFIG_ITEMS_H

#include "common/config_schema.h"

#define CONFIG_ITEM_NAME_MAX 32

unsigned config_items_count(const struct config_section *section, const struct config *config);
void *config_item(const struct config_section *section, struct config *config, unsigned index);
const char *config_item_name(const void *item);

/* NULL if there is none. */
void *config_item_find(
    const struct config_section *section, struct config *config, const char *name);

/* One more with every default; there must be room. Ends the process without memory. */
void *config_item_add(
    const struct config_section *section, struct config *config, const char *name);

void config_items_free(const struct config_section *section, struct config *config);

#endif
