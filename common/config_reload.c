/*
 * Compares two sets of settings and takes over what may change in a running program. Which that is
 * stands in the table; knows no single setting.
 */
#include "common/config_reload.h"

#include <stdlib.h>
#include <string.h>

#include "common/config_items.h"
#include "common/config_schema.h"
#include "common/config_value.h"

/* Longest name of a setting: that of a section, of an item and of a key. */
#define NAME_SIZE (CONFIG_ITEM_NAME_MAX + 96)

/* Whom to tell of what differs. */
struct telling {
	enum config_role role;
	config_change_told *told;
	void *context;
};

/* What was written to a stream in memory, without the blank that begins a value. */
struct written {
	char *text;
	size_t length;
	FILE *stream;
};

static FILE *
begin_text(struct written *written)
{
	written->stream = open_memstream(&written->text, &written->length);
	if (written->stream == NULL)
		abort();
	return written->stream;
}

static const char *
end_text(struct written *written)
{
	if (fclose(written->stream) != 0)
		abort();
	return written->text[0] == ' ' ? written->text + 1 : written->text;
}

static void
tell(const struct telling *telling, const char *name, struct written values[2],
    enum config_applied applied)
{
	const struct config_change change = {
		.name = name,
		.before = end_text(&values[0]),
		.after = end_text(&values[1]),
		.at_reload = applied == CONFIG_AT_RELOAD,
	};

	telling->told(telling->context, &change);
	free(values[0].text);
	free(values[1].text);
}

static void
compare_key(const struct telling *telling, const struct config_key *key, const char *item_name,
    const void *before, const void *after)
{
	struct written values[2];
	char name[NAME_SIZE];

	if (key->applied[telling->role] == CONFIG_UNREAD || config_value_equal(key, before, after))
		return;
	snprintf(name, sizeof(name), "%s%s%s.%s", key->section, item_name[0] != '\0' ? "." : "",
	    item_name, key->name);
	config_value_print(key, before, begin_text(&values[0]));
	config_value_print(key, after, begin_text(&values[1]));
	tell(telling, name, values, key->applied[telling->role]);
}

static bool
have_same_names(const struct config_section *section, struct config *one, struct config *other)
{
	unsigned count = config_items_count(section, one);

	if (config_items_count(section, other) != count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(config_item_name(config_item(section, one, i)),
			config_item_name(config_item(section, other, i))) != 0)
			return false;
	}
	return true;
}

static void
print_names(const struct config_section *section, struct config *config, FILE *output)
{
	for (unsigned i = 0; i < config_items_count(section, config); i++)
		fprintf(output, " %s", config_item_name(config_item(section, config, i)));
}

/* Their names as a whole, then what differs between those that are in both. */
static void
compare_items(const struct telling *telling, const struct config_section *section,
    struct config *before, struct config *after)
{
	struct written values[2];

	if (section->applied[telling->role] == CONFIG_UNREAD)
		return;
	if (!have_same_names(section, before, after)) {
		print_names(section, before, begin_text(&values[0]));
		print_names(section, after, begin_text(&values[1]));
		tell(telling, section->name, values, section->applied[telling->role]);
	}
	for (unsigned i = 0; i < config_items_count(section, before); i++) {
		void *one = config_item(section, before, i);
		void *other = config_item_find(section, after, config_item_name(one));

		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (other != NULL && strcmp(key->section, section->name) == 0)
				compare_key(telling, key, config_item_name(one),
				    config_key_value(key, before, one),
				    config_key_value(key, after, other));
		}
	}
}

static void
compare_section(const struct telling *telling, const struct config_section *section,
    struct config *before, struct config *after)
{
	if (section->example != NULL) {
		compare_items(telling, section, before, after);
		return;
	}
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (strcmp(key->section, section->name) == 0)
			compare_key(telling, key, "", config_key_value(key, before, NULL),
			    config_key_value(key, after, NULL));
	}
}

void
config_diff(const struct config *before, const struct config *after, enum config_role role,
    config_change_told *told, void *context)
{
	const struct telling telling = { role, told, context };

	/* Only read through; the table serves reading and writing alike. */
	for (const struct config_section *at = config_sections; at->name != NULL; at++)
		compare_section(&telling, at, (struct config *)before, (struct config *)after);
}

void
config_copy(const struct config *from, struct config *copy_out)
{
	struct config *source = (struct config *)from;

	*copy_out = (struct config){ .listener_count = 0 };
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		for (unsigned i = 0; at->example != NULL && i < config_items_count(at, source); i++)
			config_item_add(at, copy_out, config_item_name(config_item(at, source, i)));
	}
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		const struct config_section *section = config_section_find(key->section);
		unsigned count = section->example == NULL ? 1 : config_items_count(section, source);

		for (unsigned i = 0; i < count; i++) {
			void *to = config_item(section, copy_out, i);
			void *item = config_item(section, source, i);

			config_value_copy(key, config_key_value(key, copy_out, to),
			    config_key_value(key, source, item));
		}
	}
}

/* Of those that both have, what can only change at a start goes back to where it was. */
static void
give_back(const struct config_section *section, struct config *config, struct config *fresh,
    enum config_role role)
{
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		void *item = config_item(section, config, i);
		void *old = config_item_find(section, fresh, config_item_name(item));

		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (old != NULL && strcmp(key->section, section->name) == 0 &&
			    key->applied[role] != CONFIG_AT_RELOAD)
				config_value_swap(key, config_key_value(key, config, item),
				    config_key_value(key, fresh, old));
		}
	}
}

/* All of them at once: their number or order is another. */
static void
swap_items(const struct config_section *section, struct config *one, struct config *other)
{
	size_t size = section->max * section->item_size;
	char *items = (char *)one + section->items;
	char *others = (char *)other + section->items;
	unsigned *count = (unsigned *)((char *)one + section->count);
	unsigned *other_count = (unsigned *)((char *)other + section->count);
	unsigned between = *count;

	*count = *other_count;
	*other_count = between;
	for (size_t i = 0; i < size; i++) {
		char byte = items[i];

		items[i] = others[i];
		others[i] = byte;
	}
}

static void
take_key(const struct config_key *key, struct config *config, void *item, struct config *fresh,
    void *fresh_item)
{
	void *value = config_key_value(key, config, item);
	void *other = config_key_value(key, fresh, fresh_item);

	if (!config_value_equal(key, value, other))
		config_value_swap(key, value, other);
}

static void
take_section_key(const struct config_section *section, const struct config_key *key,
    struct config *config, struct config *fresh)
{
	if (section->example == NULL) {
		take_key(key, config, NULL, fresh, NULL);
		return;
	}
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		void *item = config_item(section, config, i);
		void *other = config_item_find(section, fresh, config_item_name(item));

		if (other != NULL)
			take_key(key, config, item, fresh, other);
	}
}

static void
take_section(const struct config_section *section, struct config *config, struct config *fresh,
    enum config_role role)
{
	if (section->example != NULL && section->applied[role] == CONFIG_AT_RELOAD &&
	    !have_same_names(section, config, fresh)) {
		swap_items(section, config, fresh);
		give_back(section, config, fresh, role);
		return;
	}
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		if (strcmp(key->section, section->name) == 0 &&
		    key->applied[role] == CONFIG_AT_RELOAD)
			take_section_key(section, key, config, fresh);
	}
}

void
config_take(struct config *config, struct config *fresh, enum config_role role)
{
	for (const struct config_section *at = config_sections; at->name != NULL; at++)
		take_section(at, config, fresh, role);
}
