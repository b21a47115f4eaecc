/*
 * From names to settings, for a file, the environment and the command line alike. Knows none of
 * the three.
 */
#include "common/config_place.h"

#include <string.h>

#include "common/config_value.h"

static bool
can_be_added(const struct config *config, const struct config_section *section, const char *name,
    struct config_mistakes *mistakes)
{
	if (!config_is_word(name, CONFIG_ITEM_NAME_MAX))
		return config_mistake(mistakes,
		    "'" CONFIG_QUOTE "' is no name for a %s: 1 to %d letters, digits, '_' and '-'",
		    name, section->name, CONFIG_ITEM_NAME_MAX);
	if (config_items_count(section, config) == section->max)
		return config_mistake(mistakes, "[%s %s] is one too many: there can be %u of them",
		    section->name, name, section->max);
	return true;
}

bool
config_place_item(struct config *config, const struct config_section *section, const char *name,
    struct config_mistakes *mistakes, struct config_place *place_out)
{
	*place_out = (struct config_place){ section, config_item_find(section, config, name) };
	if (place_out->item != NULL)
		return true;
	if (!can_be_added(config, section, name, mistakes)) {
		config_doubt(mistakes, "%s", section->name);
		return false;
	}
	place_out->item = config_item_add(section, config, name);
	return true;
}

bool
config_place_section(
    const char *name, struct config_mistakes *mistakes, struct config_place *place_out)
{
	const char *nearest;

	*place_out = (struct config_place){ config_section_find(name), NULL };
	if (place_out->section != NULL && place_out->section->example == NULL)
		return true;
	if (place_out->section != NULL) {
		config_doubt(mistakes, "%s", name);
		return config_mistake(mistakes, "a %s needs a name, for example [%s %s]", name,
		    name, place_out->section->example);
	}
	nearest = config_section_nearest(name);
	if (nearest == NULL)
		return config_mistake(mistakes, "there is no section [" CONFIG_QUOTE "]", name);
	config_doubt(mistakes, "%s", nearest);
	return config_mistake(
	    mistakes, "there is no section [" CONFIG_QUOTE "]; did you mean [%s]?", name, nearest);
}

const struct config_section *
config_place_named(const char *name, size_t word)
{
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		if (at->example != NULL && strlen(at->name) == word &&
		    memcmp(at->name, name, word) == 0)
			return at;
	}
	return NULL;
}

void
config_place_name(
    const struct config_place *place, const struct config_key *key, char out[CONFIG_NAME_SIZE])
{
	const char *item = place->item != NULL ? config_item_name(place->item) : "";

	snprintf(out, CONFIG_NAME_SIZE, "%s%s%s.%s", key->section, item[0] != '\0' ? "." : "", item,
	    key->name);
}

/* The key that was probably meant has not the value that it was to have. */
static void
doubt_nearest(const struct config_place *place, const struct config_key *nearest,
    struct config_mistakes *mistakes)
{
	char name[CONFIG_NAME_SIZE];

	if (config_section_find(nearest->section) == place->section) {
		config_place_name(place, nearest, name);
		config_doubt(mistakes, "%s", name);
	} else if (config_section_find(nearest->section)->example != NULL) {
		config_doubt(mistakes, "%s", nearest->section);
	} else {
		config_doubt(mistakes, "%s.%s", nearest->section, nearest->name);
	}
}

void
config_place_doubt(const struct config_place *place, struct config_mistakes *mistakes)
{
	const char *item = place->item != NULL ? config_item_name(place->item) : "";

	config_doubt(mistakes, "%s%s%s", place->section->name, item[0] != '\0' ? "." : "", item);
}

const struct config_key *
config_place_key(
    const struct config_place *place, const char *name, struct config_mistakes *mistakes)
{
	const struct config_key *key = config_key_find(place->section->name, name);
	const struct config_key *nearest;

	if (key != NULL)
		return key;
	nearest = config_key_nearest(place->section->name, name);
	if (nearest == NULL) {
		config_place_doubt(place, mistakes);
		config_mistake(
		    mistakes, "%s." CONFIG_QUOTE " is not a setting", place->section->name, name);
		return NULL;
	}
	doubt_nearest(place, nearest, mistakes);
	config_mistake(mistakes, "%s." CONFIG_QUOTE " is not a setting; did you mean %s.%s?",
	    place->section->name, name, nearest->section, nearest->name);
	return NULL;
}

bool
config_place_set(struct config *config, const struct config_place *place,
    const struct config_key *key, const char *value, struct config_mistakes *mistakes)
{
	char allowed[CONFIG_ALLOWED_SIZE];
	char name[CONFIG_NAME_SIZE];

	if (config_value_set(key, config_key_value(key, config, place->item), value))
		return true;
	config_place_name(place, key, name);
	config_value_allowed(key, allowed);
	config_doubt(mistakes, "%s", name);
	return config_mistake(mistakes, "%s: '" CONFIG_QUOTE "' is not %s", name, value, allowed);
}
