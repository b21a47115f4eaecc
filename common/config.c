/*
 * Settings as a whole: their defaults, their end, and one of them set by its name. What they are is
 * config_schema.c's, what their values may be config_value.c's.
 */
#include "common/config.h"

#include <string.h>

#include "common/config_place.h"
#include "common/config_value.h"

void
config_defaults(struct config *config)
{
	*config = (struct config){ .listener_count = 0 };
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (config_section_find(key->section)->example == NULL)
			config_value_set(key, config_key_value(key, config, NULL), key->fallback);
	}
	config_item_add(config_section_find("listener"), config, "chat");
}

void
config_free(struct config *config)
{
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		if (at->example != NULL)
			config_items_free(at, config);
	}
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (config_section_find(key->section)->example == NULL)
			config_value_free(key, config_key_value(key, config, NULL));
	}
}

bool
config_set(
    struct config *config, const char *name, const char *value, struct config_mistakes *mistakes)
{
	const struct config_section *named;
	const struct config_key *key;
	struct config_place place;
	char section[CONFIG_NAME_SIZE];
	size_t word;
	char *dot;

	snprintf(section, sizeof(section), "%s", name);
	dot = strrchr(section, '.');
	if (dot == NULL)
		return config_mistake(mistakes,
		    "'" CONFIG_QUOTE "' is not a setting: it has the form SECTION.KEY", name);
	*dot = '\0';
	word = strcspn(section, ".");
	named = section[word] == '.' ? config_place_named(section, word) : NULL;
	if (named != NULL) {
		if (!config_place_item(config, named, section + word + 1, mistakes, &place))
			return false;
	} else if (!config_place_section(section, mistakes, &place)) {
		return false;
	}
	key = config_place_key(&place, dot + 1, mistakes);
	return key != NULL && config_place_set(config, &place, key, value, mistakes);
}
