/*
 * Shows the settings: as a configuration file, as a page of the documentation,
 * as a manual page. All three follow the table and none is written by hand.
 */
#include <ctype.h>
#include <string.h>

#include "common/config.h"
#include "common/config_schema.h"
#include "common/config_value.h"

/* "A whole number from 1 to 600 (seconds)": begins a sentence. */
static void
print_allowed(const struct config_key *key, FILE *output)
{
	char allowed[CONFIG_ALLOWED_SIZE];

	config_value_allowed(key, allowed);
	allowed[0] = (char)toupper((unsigned char)allowed[0]);
	fprintf(output, "%s", allowed);
	if (key->unit[0] != '\0')
		fprintf(output, " (%s)", key->unit);
}

static void
print_keys(const char *section, const struct config *config, const struct config_listener *listener,
    FILE *output)
{
	for (const struct config_key *key = config_keys; key->name != NULL; key++) {
		const void *place;

		if (strcmp(key->section, section) != 0)
			continue;
		/* Only read through; the table serves reading and writing alike. */
		place = config_key_value(
		    key, (struct config *)config, (struct config_listener *)listener);
		fprintf(output, "\n# %s\n# ", key->help);
		print_allowed(key, output);
		fprintf(output,
		    ". Default: %s\n%s =", key->fallback[0] != '\0' ? key->fallback : "empty",
		    key->name);
		config_value_print(key, place, output);
		fprintf(output, "\n");
	}
}

static void
print_listeners(const struct config *config, FILE *output)
{
	for (unsigned i = 0; i < config->listener_count; i++) {
		fprintf(output, "%s[listener %s]\n", i > 0 ? "\n" : "", config->listeners[i].name);
		print_keys("listener", config, &config->listeners[i], output);
	}
}

void
config_print(const struct config *config, FILE *output)
{
	fprintf(output, "# Configuration of Hubbub, read by hubbub-hub and hubbub-gateway alike.\n"
			"# Comments stand on lines of their own.\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output, "\n# %s\n", at->help);
		if (strcmp(at->name, "listener") == 0) {
			print_listeners(config, output);
			continue;
		}
		fprintf(output, "[%s]\n", at->name);
		print_keys(at->name, config, NULL, output);
	}
}

static const char *
heading(const struct config_section *section)
{
	return strcmp(section->name, "listener") == 0 ? "listener NAME" : section->name;
}

void
config_print_reference(FILE *output)
{
	fprintf(output,
	    "# Configuration\n\n"
	    "One file serves the hub and all gateways: `hubbub-hub --config FILE`, "
	    "`hubbub-gateway --config FILE`. It consists of sections, `key = value` lines and "
	    "comments, which stand on lines of their own and begin with `#` or `;`. Every key "
	    "has a default, so the file may be empty or absent.\n\n"
	    "`--set SECTION.KEY=VALUE` on the command line wins over the file "
	    "(`--set listener.NAME.KEY=VALUE` for a listener; a new name makes a new listener). "
	    "`--check-config` says whether all is well, `--print-config` prints a complete file "
	    "with the values in force. An unknown key, one that is set twice or a value that is "
	    "not allowed is named with its file and line, and nothing is started.\n\n"
	    "This page is printed by `hubbub-hub --print-reference`.\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output,
		    "\n## [%s]\n\n%s\n\n| key | default | allowed | meaning |\n"
		    "|---|---|---|---|\n",
		    heading(at), at->help);
		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (strcmp(key->section, at->name) != 0)
				continue;
			fprintf(output, "| `%s` | ", key->name);
			if (key->fallback[0] != '\0')
				fprintf(output, "`%s`", key->fallback);
			fprintf(output, " | ");
			print_allowed(key, output);
			fprintf(output, " | %s |\n", key->help);
		}
	}
	fprintf(output,
	    "\nSome settings are held against each other: `content_bytes` is at most "
	    "`message_bytes`, that at most `queue_bytes`, that at most `pinned_bytes`; "
	    "`messages_burst` is at least `messages_per_second`; no socket or address is given "
	    "to two listeners.\n");
}

/* Text for a manual page: a '-' stays a '-', and no line begins with a control character. */
static void
print_roff(const char *text, FILE *output)
{
	if (text[0] == '.' || text[0] == '\'')
		fprintf(output, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '-')
			fprintf(output, "\\-");
		else if (*text == '\\')
			fprintf(output, "\\e");
		else
			fputc(*text, output);
	}
}

static void
print_manual_key(const struct config_key *key, FILE *output)
{
	fprintf(output, ".TP\n.B %s\n", key->name);
	print_roff(key->help, output);
	fprintf(output, "\n");
	print_allowed(key, output);
	fprintf(output, ".\nDefault: ");
	if (key->fallback[0] != '\0')
		fprintf(output, "\\fB");
	print_roff(key->fallback[0] != '\0' ? key->fallback : "empty", output);
	fprintf(output, key->fallback[0] != '\0' ? "\\fR.\n" : ".\n");
}

void
config_print_manual(FILE *output)
{
	fprintf(output, ".TH HUBBUB.CONF 5 \"\" \"Hubbub " HUBBUB_VERSION "\" \"Hubbub manual\"\n"
			".SH NAME\nhubbub.conf \\- settings of hubbub\\-hub and hubbub\\-gateway\n"
			".SH DESCRIPTION\n"
			"One file serves the hub and all gateways.\n"
			"It consists of sections, lines of the form\n.IR key \" = \" value\n"
			"and comments, which stand on lines of their own and begin with # or ;.\n"
			"Every key has a default.\n"
			"An unknown key, one that is set twice or a value that is not allowed is "
			"an error.\n"
			".PP\nBoth programs check a file with\n.B \\-\\-check\\-config\n"
			"and print a complete one with\n.BR \\-\\-print\\-config .\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output, ".SH [%s]\n%s\n", heading(at), at->help);
		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (strcmp(key->section, at->name) == 0)
				print_manual_key(key, output);
		}
	}
	fprintf(output, ".SH SEE ALSO\n.BR hubbub\\-hub (8),\n.BR hubbub\\-gateway (8),\n"
			".BR hubctl (1)\n");
}
