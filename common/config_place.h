/* Where a setting stands, found by the names that people give. For the config_*.c files only. */
#ifndef HUBBUB_COMMON_CONFIG_PLACE_H
#define HUBBUB_COMMON_CONFIG_PLACE_H

#include "common/config_items.h"
#include "common/config_mistakes.h"

/* How much of a wrong word is repeated in a sentence. */
#define CONFIG_QUOTE "%.80s"

/* A section, and which of them if they have names. */
struct config_place {
	const struct config_section *section;
	void *item;
};

/* All that take mistakes add one when they fail, and doubt what was probably meant. */

/* A section without a name. */
bool config_place_section(
    const char *name, struct config_mistakes *mistakes, struct config_place *place_out);

/* The section whose items have names that the first `word` bytes name; NULL if there is none. */
const struct config_section *config_place_named(const char *name, size_t word);

/* The item of that name, or a new one. */
bool config_place_item(struct config *config, const struct config_section *section,
    const char *name, struct config_mistakes *mistakes, struct config_place *place_out);

/* Doubts all that stands there: any of it may have been meant. */
void config_place_doubt(const struct config_place *place, struct config_mistakes *mistakes);

/* NULL if it has no such key. */
const struct config_key *config_place_key(
    const struct config_place *place, const char *name, struct config_mistakes *mistakes);

bool config_place_set(struct config *config, const struct config_place *place,
    const struct config_key *key, const char *value, struct config_mistakes *mistakes);

/* "limits.clients", "listener.chat.address". */
void config_place_name(
    const struct config_place *place, const struct config_key *key, char out[CONFIG_NAME_SIZE]);

#endif
