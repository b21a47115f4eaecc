/*
 * Reads settings from INI text, and goes on behind each mistake. Owns inih: no other file includes
 * it. A configuration comes from the operator, yet a wrong file may be named: any bytes at all end
 * in sentences.
 */
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/config_place.h"
#include "common/text.h"

#define LINE_MAX_BYTES 1000

/* What the lines that come next belong to. */
enum whose {
	NOBODYS, /* no section has begun yet                            */
	PLACES,  /* `place`                                             */
	UNKNOWN, /* a section that is none: nothing can be said of them */
};

/* One text on its way through inih, which gets a line at a time and hands back a key. */
struct reading {
	struct config *config;
	struct config_mistakes *mistakes;
	const char *name;
	unsigned line;
	enum whose whose;
	bool listener_named; /* the default listener has made room for the file's */
	struct config_place place;
	unsigned *seen; /* line on which each key was set, 0: not yet */
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
	const struct config_place *place = &reading->place;
	size_t row = 0;

	if (place->item != NULL) {
		const char *first = config_item(place->section, reading->config, 0);

		row = 1 + (size_t)((const char *)place->item - first) / place->section->item_size;
		for (const struct config_section *at = config_sections; at != place->section; at++)
			row += at->max;
	}
	return &reading->seen[row * config_keys_count() + config_key_index(key)];
}

static void
doubt_all(struct reading *reading)
{
	config_doubt(reading->mistakes, "%s", "");
}

/* Of a line that cannot be read: any key of its section may have been meant. */
static bool
refuse_line(struct reading *reading, struct text line, const char *why)
{
	bool is_section = line.length > 0 && line.data[0] == '[';

	if (is_section || reading->whose == NOBODYS)
		doubt_all(reading);
	else if (reading->whose == PLACES)
		config_place_doubt(&reading->place, reading->mistakes);
	if (is_section)
		reading->whose = UNKNOWN;
	return config_mistake(reading->mistakes, "%s", why);
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

/* "[listner own]": a section with a name is meant, and which one can perhaps be told. */
static bool
refuse_named(struct reading *reading, const char *name, size_t word)
{
	char first[CONFIG_NAME_SIZE];
	const char *meant;

	snprintf(first, sizeof(first), "%.*s", (int)word, name);
	meant = config_section_find(first) != NULL ? first : config_section_nearest(first);
	if (meant != NULL)
		config_doubt(reading->mistakes, "%s", meant);
	return config_mistake(reading->mistakes,
	    "there is no section [%s]; only listeners and classes have names", name);
}

/* Sections are ours, for inih cuts their names short. */
static bool
enter_section(struct reading *reading, struct text line)
{
	const struct config_section *named;
	char name[64];
	size_t word;

	if (!section_of_line(line, name, sizeof(name))) {
		doubt_all(reading);
		return config_mistake(reading->mistakes,
		    "a section is written [name] or [listener name], alone on its line");
	}
	word = strcspn(name, " \t");
	if (name[word] == '\0')
		return config_place_section(name, reading->mistakes, &reading->place);
	named = config_place_named(name, word);
	if (named == NULL)
		return refuse_named(reading, name, word);
	/* The listener that is there without any makes room for the file's. */
	if (strcmp(named->name, "listener") == 0 && !reading->listener_named) {
		reading->listener_named = true;
		config_items_free(named, reading->config);
	}
	return config_place_item(reading->config, named, name + word + strspn(name + word, " \t"),
	    reading->mistakes, &reading->place);
}

static void
take_key(struct reading *reading, const char *key_name, const char *value)
{
	const struct config_key *key =
	    config_place_key(&reading->place, key_name, reading->mistakes);
	char name[CONFIG_NAME_SIZE];
	unsigned *seen;

	if (key == NULL)
		return;
	seen = seen_at(reading, key);
	if (*seen == 0) {
		*seen = reading->line;
		config_place_set(reading->config, &reading->place, key, value, reading->mistakes);
		return;
	}
	config_place_name(&reading->place, key, name);
	config_doubt(reading->mistakes, "%s", name);
	config_mistake(reading->mistakes, "%s was already set on line %u", name, *seen);
}

static int
on_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	(void)section;
	if (reading->whose == PLACES)
		take_key(reading, name, value);
	if (reading->whose != NOBODYS)
		return 1;
	config_mistake(
	    reading->mistakes, "'" CONFIG_QUOTE "' stands before the first [section]", name);
	/* So do those behind it. */
	reading->whose = UNKNOWN;
	doubt_all(reading);
	return 1;
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

static void
read_line(struct reading *reading, struct text line)
{
	char string[LINE_MAX_BYTES + 1];
	bool is_too_long = line.length > LINE_MAX_BYTES;

	line = text_trimmed(line);
	if (is_too_long) {
		refuse_line(reading, line, "the line is too long");
	} else if (!text_is_utf8(line)) {
		refuse_line(reading, line, "the line is not UTF-8; is this a text file?");
	} else if (line.length > 0 && line.data[0] == '[') {
		reading->whose = enter_section(reading, line) ? PLACES : UNKNOWN;
	} else {
		snprintf(string, sizeof(string), "%.*s", (int)line.length, line.data);
		if (ini_parse_string(string, on_key, reading) != 0)
			refuse_line(reading, line,
			    "the line is no [section], no key = value and no # comment");
	}
}

/* True if there is another line; it has no line end then. */
static bool
next_line(struct reading *reading, struct text *rest, struct text *line_out)
{
	const char *end;

	if (rest->length == 0)
		return false;
	end = memchr(rest->data, '\n', rest->length);
	*line_out =
	    (struct text){ rest->data, end == NULL ? rest->length : (size_t)(end - rest->data) };
	rest->data += line_out->length + (end != NULL);
	rest->length -= line_out->length + (end != NULL);
	config_mistakes_at(reading->mistakes, "%.200s:%u", reading->name, ++reading->line);
	return true;
}

static bool
has_control_byte(struct text line)
{
	for (size_t i = 0; i < line.length; i++) {
		unsigned char byte = (unsigned char)line.data[i];
		bool line_end = byte == '\r' && i + 1 == line.length;

		if ((byte < ' ' && byte != '\t' && !line_end) || byte == 0x7f)
			return true;
	}
	return false;
}

/* What is no text is looked at no further: each of its lines would be a mistake. */
static bool
check_bytes(struct reading *reading, struct text rest)
{
	struct text line;

	config_mistakes_at(reading->mistakes, "%.200s", reading->name);
	if (rest.length > CONFIG_FILE_MAX)
		return config_mistake(reading->mistakes,
		    "the file is too long: it can have %u bytes", CONFIG_FILE_MAX);
	while (next_line(reading, &rest, &line)) {
		if (has_control_byte(line))
			return config_mistake(reading->mistakes,
			    "the line has a control byte in it; is this a text file?");
	}
	reading->line = 0;
	return true;
}

static void
read_lines(struct reading *reading, struct text rest)
{
	struct text line;

	if (!check_bytes(reading, rest)) {
		doubt_all(reading);
		return;
	}
	reading->seen = calloc(places_max() * config_keys_count(), sizeof(unsigned));
	if (reading->seen == NULL) {
		config_mistake(reading->mistakes, "no memory");
		return;
	}
	set_up_inih();
	while (next_line(reading, &rest, &line))
		read_line(reading, line);
	free(reading->seen);
}

bool
config_read(struct config *config, const char *name, const char *text, size_t length,
    struct config_mistakes *mistakes)
{
	struct reading reading = { .config = config, .mistakes = mistakes, .name = name };
	struct text rest = { text, length };
	unsigned before = mistakes->count;

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rest = (struct text){ text + 3, length - 3 };
	read_lines(&reading, rest);
	config_mistakes_at(mistakes, "%s", "");
	return mistakes->count == before;
}
