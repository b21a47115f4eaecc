/*
 * Reads settings from INI text. Owns inih: no other file includes it. What the
 * settings are is config_schema.c's, what their values may be config_value.c's.
 * A configuration comes from the operator, yet a wrong file may be named: any
 * bytes at all end in one sentence.
 */
#include "common/config.h"

#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_items.h"
#include "common/config_schema.h"
#include "common/config_value.h"
#include "common/text.h"

#define LINE_MAX_BYTES 1000
#define FILE_MAX_BYTES (1024 * 1024)

/* How much of a wrong word is repeated in a sentence. */
#define QUOTE "%.80s"

/* Where the sentence about a mistake goes. */
struct complaint {
	char *sentence;
	size_t size;
};

static bool complain(struct complaint to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
complain(struct complaint to, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to.sentence, to.size, format, arguments);
	va_end(arguments);
	return false;
}

/* Where a key stands: its section, and which of them if they have names. */
struct place {
	const struct config_section *section;
	void *item;
};

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

static bool
find_or_add_item(struct config *config, const struct config_section *section, const char *name,
    struct complaint to, struct place *place_out)
{
	*place_out = (struct place){ .section = section };
	if (!config_is_word(name, CONFIG_ITEM_NAME_MAX))
		return complain(to,
		    "'" QUOTE "' is no name for a %s: 1 to %d letters, digits, '_' and '-'", name,
		    section->name, CONFIG_ITEM_NAME_MAX);
	place_out->item = config_item_find(section, config, name);
	if (place_out->item != NULL)
		return true;
	if (config_items_count(section, config) == section->max)
		return complain(to, "[%s %s] is one too many: there can be %u of them",
		    section->name, name, section->max);
	place_out->item = config_item_add(section, config, name);
	return true;
}

static bool
find_section(const char *name, struct complaint to, struct place *place_out)
{
	const char *nearest;

	place_out->item = NULL;
	place_out->section = config_section_find(name);
	if (place_out->section != NULL && place_out->section->example == NULL)
		return true;
	if (place_out->section != NULL)
		return complain(to, "a %s needs a name, for example [%s %s]", name, name,
		    place_out->section->example);
	nearest = config_section_nearest(name);
	if (nearest == NULL)
		return complain(to, "there is no section [" QUOTE "]", name);
	return complain(to, "there is no section [" QUOTE "]; did you mean [%s]?", name, nearest);
}

/* The section that the first `word` bytes name, if such have names of their own; else NULL. */
static const struct config_section *
named_section(const char *name, size_t word)
{
	for (const struct config_section *at = config_sections; at->name != NULL; at++) {
		if (at->example != NULL && strlen(at->name) == word &&
		    memcmp(at->name, name, word) == 0)
			return at;
	}
	return NULL;
}

static const struct config_key *
find_key(const struct place *place, const char *name, struct complaint to)
{
	const struct config_key *key = config_key_find(place->section->name, name);
	const struct config_key *nearest;

	if (key != NULL)
		return key;
	nearest = config_key_nearest(place->section->name, name);
	if (nearest == NULL)
		complain(to, "%s." QUOTE " is not a setting", place->section->name, name);
	else
		complain(to, "%s." QUOTE " is not a setting; did you mean %s.%s?",
		    place->section->name, name, nearest->section, nearest->name);
	return NULL;
}

static bool
set_value(struct config *config, const struct place *place, const struct config_key *key,
    const char *value, struct complaint to)
{
	char allowed[CONFIG_ALLOWED_SIZE];

	if (config_value_set(key, config_key_value(key, config, place->item), value))
		return true;
	config_value_allowed(key, allowed);
	if (place->item != NULL)
		return complain(to, "%s.%s.%s: '" QUOTE "' is not %s", key->section,
		    config_item_name(place->item), key->name, value, allowed);
	return complain(
	    to, "%s.%s: '" QUOTE "' is not %s", key->section, key->name, value, allowed);
}

bool
config_set(
    struct config *config, const char *name, const char *value, char *error, size_t error_size)
{
	struct complaint to = { error, error_size };
	const struct config_section *named;
	const struct config_key *key;
	struct place place;
	char section[128];
	size_t word;
	char *dot;

	snprintf(section, sizeof(section), "%s", name);
	dot = strrchr(section, '.');
	if (dot == NULL)
		return complain(
		    to, "'" QUOTE "' is not a setting: it has the form SECTION.KEY", name);
	*dot = '\0';
	word = strcspn(section, ".");
	named = section[word] == '.' ? named_section(section, word) : NULL;
	if (named != NULL) {
		if (!find_or_add_item(config, named, section + word + 1, to, &place))
			return false;
	} else if (!find_section(section, to, &place)) {
		return false;
	}
	key = find_key(&place, dot + 1, to);
	return key != NULL && set_value(config, &place, key, value, to);
}

/* One text on its way through inih, which asks for lines and hands back keys. */
struct reading {
	struct config *config;
	struct complaint to;
	struct text rest;    /* lines not yet handed out                          */
	unsigned line;       /* number of the line handed out last                */
	bool failed;         /* a sentence was written                            */
	bool in_section;     /* `place` is set                                    */
	bool listener_named; /* the default listener has made room for the file's */
	struct place place;
	unsigned *seen; /* line on which each key was set, 0: not yet        */
};

/* How many sections there can be: those without a name count as one. */
static size_t
places_max(void)
{
	size_t count = 1;

	for (const struct config_section *at = config_sections; at->name != NULL; at++)
		count += at->max;
	return count;
}

/* Where it was noted that the key was set. Plain keys come first, then each item's. */
static unsigned *
seen_at(struct reading *reading, const struct config_key *key)
{
	const struct place *place = &reading->place;
	size_t row = 0;

	if (place->item != NULL) {
		const char *first = config_item(place->section, reading->config, 0);

		row = 1 + (size_t)((const char *)place->item - first) / place->section->item_size;
		for (const struct config_section *at = config_sections; at != place->section; at++)
			row += at->max;
	}
	return &reading->seen[row * config_keys_count() + config_key_index(key)];
}

/* The content of a "[...]" line, as a string of its own; false if the line is not of that form. */
static bool
section_of_line(struct text line, char *out, size_t size)
{
	const char *open = memchr(line.data, '[', line.length);
	const char *close = memchr(line.data, ']', line.length);
	size_t length;

	if (open == NULL || close == NULL || close < open)
		return false;
	for (const char *at = close + 1; at < line.data + line.length; at++) {
		if (strchr(";#", *at) != NULL)
			break;
		if (strchr(" \t\r", *at) == NULL)
			return false;
	}
	for (open++; open < close && (*open == ' ' || *open == '\t');)
		open++;
	while (close > open && (close[-1] == ' ' || close[-1] == '\t'))
		close--;
	length = (size_t)(close - open);
	if (length >= size)
		return false;
	memcpy(out, open, length);
	out[length] = '\0';
	return true;
}

static bool
enter_section(struct reading *reading, struct text line)
{
	const struct config_section *named;
	char name[64];
	size_t word;

	if (!section_of_line(line, name, sizeof(name)))
		return complain(reading->to, "a section is written [name] or [listener name], "
					     "alone on its line");
	word = strcspn(name, " \t");
	if (name[word] == '\0')
		return find_section(name, reading->to, &reading->place);
	named = named_section(name, word);
	if (named == NULL)
		return complain(reading->to,
		    "there is no section [%s]; only listeners and classes have names", name);
	/* The listener that is there without any makes room for the file's. */
	if (strcmp(named->name, "listener") == 0 && !reading->listener_named) {
		reading->listener_named = true;
		config_items_free(named, reading->config);
	}
	return find_or_add_item(reading->config, named, name + word + strspn(name + word, " \t"),
	    reading->to, &reading->place);
}

/* Hands the next line to inih; the sections are ours, for inih cuts their names short. */
static char *
next_line(char *out, int size, void *context)
{
	struct reading *reading = context;
	struct text line = reading->rest;
	const char *end;
	size_t blanks = 0;

	if (reading->failed || line.length == 0)
		return NULL;
	end = memchr(line.data, '\n', line.length);
	if (end != NULL)
		line.length = (size_t)(end - line.data) + 1;
	reading->rest.data += line.length;
	reading->rest.length -= line.length;
	reading->line++;
	if (end != NULL)
		line.length--;
	while (blanks < line.length && strchr(" \t", line.data[blanks]) != NULL)
		blanks++;
	line.data += blanks;
	line.length -= blanks;
	if (line.length > 0 && line.data[0] == '[') {
		reading->in_section = enter_section(reading, line);
		reading->failed = !reading->in_section;
	}
	/* Lines were measured before, see check_bytes. */
	snprintf(out, (size_t)size, "%.*s", (int)line.length, line.data);
	return reading->failed ? NULL : out;
}

static bool
take_key(struct reading *reading, const char *name, const char *value)
{
	const struct config_key *key;
	unsigned *seen;

	if (!reading->in_section)
		return complain(reading->to, "'" QUOTE "' stands before the first [section]", name);
	key = find_key(&reading->place, name, reading->to);
	if (key == NULL)
		return false;
	seen = seen_at(reading, key);
	if (*seen > 0)
		return complain(reading->to, "%s.%s was already set on line %u", key->section,
		    key->name, *seen);
	*seen = reading->line;
	return set_value(reading->config, &reading->place, key, value, reading->to);
}

static int
on_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	(void)section;
	if (!reading->failed)
		reading->failed = !take_key(reading, name, value);
	return reading->failed ? 0 : 1;
}

/* What makes a file no text file, or a line no line of ours. */
static const char *
fault_of_line(struct text line)
{
	if (line.length > LINE_MAX_BYTES)
		return "the line is too long";
	for (size_t i = 0; i < line.length; i++) {
		unsigned char byte = (unsigned char)line.data[i];
		bool line_end = byte == '\r' && i + 1 == line.length;

		if ((byte < ' ' && byte != '\t' && !line_end) || byte == 0x7f)
			return "the line has a control byte in it; is this a text file?";
	}
	return text_is_utf8(line) ? NULL : "the line is not UTF-8; is this a text file?";
}

static bool
check_bytes(struct reading *reading)
{
	struct text rest = reading->rest;

	if (rest.length > FILE_MAX_BYTES)
		return complain(
		    reading->to, "the file is too long: it can have %d bytes", FILE_MAX_BYTES);
	while (rest.length > 0) {
		const char *end = memchr(rest.data, '\n', rest.length);
		size_t length = end == NULL ? rest.length : (size_t)(end - rest.data);
		const char *fault = fault_of_line((struct text){ rest.data, length });

		reading->line++;
		if (fault != NULL)
			return complain(reading->to, "%s", fault);
		length += end == NULL ? 0 : 1;
		rest.data += length;
		rest.length -= length;
	}
	reading->line = 0;
	return true;
}

/* inih is set up by variables of the library; these are ours whatever others may have set. */
static void
set_up_inih(void)
{
	ini_use_stack = false;
	ini_max_line = LINE_MAX_BYTES + 3;
	ini_initial_alloc = LINE_MAX_BYTES + 3;
	ini_allow_realloc = false;
	ini_allow_multiline = false;
	ini_allow_bom = false;
	/* A ';' in a value is part of it; comments stand on lines of their own. */
	ini_allow_inline_comments = false;
	ini_stop_on_first_error = true;
	ini_allow_no_value = false;
}

static bool
read_lines(struct reading *reading)
{
	int result;

	if (!check_bytes(reading))
		return false;
	set_up_inih();
	result = ini_parse_stream(next_line, reading, on_key, reading);
	if (reading->failed)
		return false;
	if (result != 0)
		return complain(
		    reading->to, "the line is no [section], no key = value and no # comment");
	return true;
}

bool
config_read(struct config *config, const char *name, const char *text, size_t length, char *error,
    size_t error_size)
{
	struct reading reading = {
		.config = config,
		.to = { error, error_size },
		.rest = { text, length },
	};
	size_t used;
	bool good;

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reading.rest = (struct text){ text + 3, length - 3 };
	reading.seen = calloc(places_max() * config_keys_count(), sizeof(unsigned));
	if (reading.seen == NULL)
		return complain(reading.to, "no memory to read %s", name);
	good = read_lines(&reading);
	free(reading.seen);
	if (good)
		return true;
	used = strlen(error);
	if (reading.line == 0)
		snprintf(error + used, error_size - used, " (%.200s)", name);
	else
		snprintf(error + used, error_size - used, " (%.200s:%u)", name, reading.line);
	return false;
}
