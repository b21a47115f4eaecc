/*
 * Settings from the environment: HUBBUB_SET__SECTION__KEY, HUBBUB_SET__SECTION__NAME__KEY. Owns the
 * form of these names; what they set is config_set's to know.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_env.h"
#include "common/config_items.h"
#include "common/config_schema.h"

#define PREFIX "HUBBUB_SET"
#define BETWEEN "__"

/* Longest name of a setting, as config_set takes it. */
#define KEY_SIZE 128

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* Capitals are small letters, and '_' may stand for '-', which a shell does not take in a name. */
static bool
is_same_name(const char *name, const char *wanted)
{
	for (; *name != '\0' && *wanted != '\0'; name++, wanted++) {
		int letter = *name == '-' ? '_' : tolower((unsigned char)*name);

		if (letter != *wanted)
			return false;
	}
	return *name == *wanted;
}

/*
 * The [SECTION NAME] that is there under that name, or a new one of just that name; NULL if two are
 * there that it can mean.
 */
static const char *
resolve_name(struct config *config, const char *section_name, const char *wanted)
{
	const struct config_section *section = config_section_find(section_name);
	const char *found = NULL;

	if (section == NULL || section->example == NULL)
		return wanted;
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		const char *name = config_item_name(config_item(section, config, i));

		if (!is_same_name(name, wanted))
			continue;
		if (found != NULL)
			return NULL;
		found = name;
	}
	return found != NULL ? found : wanted;
}

/* What stands behind the last "__", which is cut off; NULL if there is none. */
static char *
cut_last(char *text)
{
	char *last = NULL;

	for (char *at = strstr(text, BETWEEN); at != NULL; at = strstr(at + 1, BETWEEN))
		last = at;
	if (last == NULL)
		return NULL;
	*last = '\0';
	return last + strlen(BETWEEN);
}

static bool
set_one(struct config *config, const char *name, size_t length, const char *value,
    struct config_mistakes *mistakes)
{
	char parts[KEY_SIZE];
	char key[2 * KEY_SIZE];
	const char *item;
	char *section;
	char *behind;
	char *last;

	if (length >= sizeof(parts))
		return config_mistake(mistakes, "the name is too long for a setting");
	snprintf(parts, sizeof(parts), "%.*s", (int)length, name);
	lower(parts);
	section = parts + strlen(PREFIX BETWEEN);
	if (strncmp(name, PREFIX BETWEEN, strlen(PREFIX BETWEEN)) != 0 ||
	    (last = cut_last(section)) == NULL)
		return config_mistake(mistakes,
		    "it has the form " PREFIX "__SECTION__KEY or " PREFIX "__SECTION__NAME__KEY");
	behind = strstr(section, BETWEEN);
	if (behind == NULL) {
		snprintf(key, sizeof(key), "%s.%s", section, last);
		return config_set(config, key, value, mistakes);
	}
	*behind = '\0';
	behind += strlen(BETWEEN);
	item = resolve_name(config, section, behind);
	if (item == NULL)
		return config_mistake(mistakes,
		    "two sections [%s ...] have a name like %s; use --set for them", section,
		    behind);
	snprintf(key, sizeof(key), "%s.%s.%s", section, item, last);
	return config_set(config, key, value, mistakes);
}

static int
compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* In the order of names: that of an environment is anybody's guess, and sections have one. */
static void
set_sorted(
    struct config *config, const char **variables, size_t count, struct config_mistakes *mistakes)
{
	qsort(variables, count, sizeof(*variables), compare_names);
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(variables[i], "=");
		const char *value = variables[i] + length;

		config_mistakes_at(mistakes, "%.*s in the environment",
		    (int)(length < KEY_SIZE ? length : KEY_SIZE), variables[i]);
		set_one(config, variables[i], length, *value == '=' ? value + 1 : value, mistakes);
	}
	config_mistakes_at(mistakes, "%s", "");
}

void
config_set_environment(
    struct config *config, char *const *environment, struct config_mistakes *mistakes)
{
	const char **variables;
	size_t count = 0;
	size_t all = 0;

	while (environment[all] != NULL)
		all++;
	variables = calloc(all + 1, sizeof(*variables));
	if (variables == NULL) {
		config_mistake(mistakes, "no memory");
		return;
	}
	for (size_t i = 0; i < all; i++) {
		if (strncmp(environment[i], PREFIX, strlen(PREFIX)) == 0)
			variables[count++] = environment[i];
	}
	set_sorted(config, variables, count, mistakes);
	free(variables);
}
