/*
 * Writes what can be set as a page of the documentation and as a manual page.
 * Both follow the table, and a test holds the committed pages against them.
 */
#include <string.h>

#include "common/config.h"
#include "common/config_schema.h"
#include "common/config_value.h"

/* What stands behind the word in a section's heading. */
static const char *
name_of(const struct config_section *section)
{
	return section->example != NULL ? " NAME" : "";
}

/* When a change is applied: one word if all who read the setting agree. */
#define APPLIED_SIZE 48

static const char *
applied_word(enum config_applied applied)
{
	return applied == CONFIG_AT_RELOAD ? "reload" : "restart";
}

static void
describe_applied(const enum config_applied applied[CONFIG_ROLES], char out[APPLIED_SIZE])
{
	enum config_applied hub = applied[CONFIG_ROLE_HUB];
	enum config_applied gateway = applied[CONFIG_ROLE_GATEWAY];

	if (hub == CONFIG_UNREAD || gateway == CONFIG_UNREAD || hub == gateway)
		snprintf(
		    out, APPLIED_SIZE, "%s", applied_word(hub == CONFIG_UNREAD ? gateway : hub));
	else
		snprintf(out, APPLIED_SIZE, "hub: %s, gateway: %s", applied_word(hub),
		    applied_word(gateway));
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
	    "(`--set listener.NAME.KEY=VALUE` for a listener, `--set class.NAME.KEY=VALUE` for a "
	    "class; a new name makes a new one). Over the file, but not over `--set`, win "
	    "variables of the environment: `HUBBUB_SET__LIMITS__CLIENTS=500`, "
	    "`HUBBUB_SET__LISTENER__CHAT__ADDRESS=0.0.0.0:8000`. The parts stand between two "
	    "underscores each and in capitals; in the name of a section that is in the file `_` "
	    "also stands for `-`, and capitals for small letters. A variable that begins with "
	    "`HUBBUB_SET` and sets nothing is an error. "
	    "`--check-config` says whether all is well, `--print-config` prints a complete file "
	    "with the values in force. An unknown key, one that is set twice or a value that is "
	    "not allowed is named with its file and line, its variable or option, and nothing is "
	    "started. All mistakes are told at once, 20 of them at most and then how many more "
	    "there are; what only follows from another is not told.\n\n"
	    "SIGHUP makes a running hub or gateway read its file again, with the command line of "
	    "its start. If all is well it applies what the tables below call `reload`, for "
	    "clients that are connected as well; nobody is disconnected, and each change is "
	    "logged with the old and the new value. What they call `restart` is logged too, and "
	    "stays as it was until the next start; so do sections `[listener NAME]` that "
	    "are new or gone. Rules of `[class NAME]` bear at once, and whoever may no longer read "
	    "a room leaves it; what is kept of a room changes with the next start. If anything at "
	    "all is wrong, the log says what and where, and everything stays as it was. "
	    "`hubbub_hub_reloads_total{result=\"applied\"}` and `{result=\"refused\"}`, "
	    "`hubbub_gateway_reloads_total` and the `..._settings_timestamp_seconds` of both tell "
	    "monitoring the same. Clients learn limits when they connect: who was told another one "
	    "is held to the new one all the same.\n\n"
	    "This page is printed by `hubbub-hub --print-reference`.\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output,
		    "\n## [%s%s]\n\n%s\n\n| key | default | allowed | applied at | meaning |\n"
		    "|---|---|---|---|---|\n",
		    at->name, name_of(at), at->help);
		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			char allowed[CONFIG_ALLOWED_SIZE];
			char applied[APPLIED_SIZE];

			if (strcmp(key->section, at->name) != 0)
				continue;
			config_value_describe(key, allowed);
			describe_applied(key->applied, applied);
			fprintf(output, "| `%s` | ", key->name);
			if (key->fallback[0] != '\0')
				fprintf(output, "`%s`", key->fallback);
			fprintf(output, " | %s | %s | %s |\n", allowed, applied, key->help);
		}
	}
	fprintf(output,
	    "\nSome settings are held against each other: `content_bytes` is at most "
	    "`message_bytes`, that at most `queue_bytes`, that at most `pinned_bytes`; "
	    "`messages_burst` is at least `messages_per_second`; no socket or address is given "
	    "to two listeners; `path` of the store is only empty if its `durability` is `memory`, "
	    "and then no class asks for more.\n");
}

/* Longest line of text in a manual page's source. */
#define ROFF_COLUMNS 76

/*
 * Text for a manual page: a sentence begins on a line of its own, long lines are broken, a '-'
 * stays a '-', and no line begins with what would be a macro.
 */
static void
print_roff(const char *text, FILE *output)
{
	size_t column = 0;

	for (const char *at = text; *at != '\0'; at++, column++) {
		size_t word = strcspn(at + 1, " ");

		if (*at == ' ' && at > text && (at[-1] == '.' || column + word > ROFF_COLUMNS)) {
			fputc('\n', output);
			column = 0;
			continue;
		}
		if (column == 0 && (*at == '.' || *at == '\''))
			fputs("\\&", output);
		if (*at == '-' || *at == '\\')
			fputs(*at == '-' ? "\\-" : "\\e", output);
		else
			fputc(*at, output);
	}
	fputc('\n', output);
}

static void
print_manual_key(const struct config_key *key, FILE *output)
{
	char sentence[CONFIG_ALLOWED_SIZE + 1];
	char allowed[CONFIG_ALLOWED_SIZE];
	char applied[APPLIED_SIZE];

	fprintf(output, ".It Cm %s\n", key->name);
	print_roff(key->help, output);
	config_value_describe(key, allowed);
	snprintf(sentence, sizeof(sentence), "%s.", allowed);
	print_roff(sentence, output);
	fprintf(output, "Default: ");
	snprintf(
	    sentence, sizeof(sentence), "%s.", key->fallback[0] != '\0' ? key->fallback : "empty");
	print_roff(sentence, output);
	describe_applied(key->applied, applied);
	fprintf(output, "Applied at: ");
	snprintf(sentence, sizeof(sentence), "%s.", applied);
	print_roff(sentence, output);
}

void
config_print_manual(FILE *output)
{
	fprintf(output,
	    ".Dd November 21, 2026\n.Dt HUBBUB.CONF 5\n.Os Hubbub\n"
	    ".Sh NAME\n.Nm hubbub.conf\n.Nd settings of the hub and the gateways\n"
	    ".Sh DESCRIPTION\n"
	    "One file serves the hub and all gateways; both are told of it by\n"
	    ".Fl -config .\n"
	    "It consists of sections, of lines of the form\n"
	    ".Dl key = value\n"
	    "and of comments, which stand on lines of their own and begin with # or ;.\n"
	    "Every key has a default.\n"
	    "An unknown key, one that is set twice and a value that is not allowed are\n"
	    "errors, named with file and line.\n"
	    ".Pp\nVariables of the environment win over the file, and\n.Fl -set\nover these:\n"
	    ".Ev HUBBUB_SET__SECTION__KEY\nor\n.Ev HUBBUB_SET__SECTION__NAME__KEY ,\n"
	    "in capitals, where _ also stands for \\- in the name of a section of the file.\n"
	    "One that begins so and sets nothing is an error.\n"
	    ".Pp\nThe option\n.Fl -check-config\nof both programs says whether a file is good,\n"
	    "and what is wrong with it,\n"
	    ".Fl -print-config\nprints a complete one.\n"
	    ".Pp\n"
	    "A running program reads its file again on\n.Dv SIGHUP ,\n"
	    "and applies what is said below to be applied at a reload.\n"
	    "If anything in the file is wrong, it says so in its log and goes on as before.\n");
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		fprintf(output, ".Ss Section [%s%s]\n", at->name, name_of(at));
		print_roff(at->help, output);
		fprintf(output, ".Bl -tag -width Ds\n");
		for (const struct config_key *key = config_keys; key->name != NULL; key++) {
			if (strcmp(key->section, at->name) == 0)
				print_manual_key(key, output);
		}
		fprintf(output, ".El\n");
	}
	fprintf(output, ".Sh SEE ALSO\n.Xr hubctl 1 ,\n.Xr hubbub-gateway 8 ,\n.Xr hubbub-hub 8\n");
}
