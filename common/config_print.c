/*
 * Shows the settings in force as a configuration file, commented from the table.
 */
#include <string.h>

#include "common/config.h"
#include "common/config_items.h"
#include "common/config_schema.h"
#include "common/config_value.h"

#define COMMENT_COLUMNS 100

/* A comment, broken into lines that an editor shows without turning them. */
static void
print_comment(const char *text, FILE *output)
{
	size_t column = 1;

	fputc('#', output);
	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column + 1 + word > COMMENT_COLUMNS) {
			fprintf(output, "\n#");
			column = 1;
		}
		fprintf(output, " %.*s", (int)word, text);
		column += 1 + word;
		text += word + strspn(text + word, " ");
	}
	fputc('\n', output);
}

static void
print_keys(const char *section, struct config *config, void *item, FILE *output)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		char allowed[CONFIG_ALLOWED_SIZE];
		char line[CONFIG_ALLOWED_SIZE + 64];

		if (strcmp(key->section, section) != 0)
			continue;
		config_value_describe(key, allowed);
		fprintf(output, "\n");
		print_comment(key->help, output);
		snprintf(line, sizeof(line), "%s. Default: %s", allowed,
		    key->fallback[0] != '\0' ? key->fallback : "empty");
		print_comment(line, output);
		fprintf(output, "%s =", key->name);
		config_value_print(key, config_key_value(key, config, item), output);
		fprintf(output, "\n");
	}
}

static void
print_items(const struct config_section *section, struct config *config, FILE *output)
{
	for (unsigned i = 0; i < config_items_count(section, config); i++) {
		void *item = config_item(section, config, i);

		fprintf(output, "%s[%s %s]\n", i > 0 ? "\n" : "", section->name,
		    config_item_name(item));
		print_keys(section->name, config, item, output);
	}
}

void
config_print(const struct config *config, FILE *output)
{
	/* Only read through; the table serves reading and writing alike. */
	struct config *readable = (struct config *)config;

	fprintf(output, "# Configuration of Hubbub, read by hubbub-hub and hubbub-gateway alike.\n"
			"# Comments stand on lines of their own.\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output, "\n");
		print_comment(at->help, output);
		if (at->example != NULL) {
			print_items(at, readable, output);
			continue;
		}
		fprintf(output, "[%s]\n", at->name);
		print_keys(at->name, readable, NULL, output);
	}
}
