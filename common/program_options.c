/* Takes options apart and keeps their values. Knows no single one. */
#include "common/program_options.h"

#include <string.h>

#include "common/terminal_text.h"

/* The option that a word is; *value_out is what stands behind "=", or NULL. */
static const struct program_option *
find(const struct program_option *table, const char *word, const char **value_out)
{
	size_t length = strcspn(word, "=");

	for (; table->name != NULL; table++) {
		if (strlen(table->name) != length || memcmp(table->name, word, length) != 0)
			continue;
		*value_out = word[length] == '=' ? word + length + 1 : NULL;
		return table;
	}
	return NULL;
}

static bool
keep_number(const struct program_option *option, unsigned *place, const char *value)
{
	uint64_t number;

	if (!text_to_u64(text_of(value), &number) || number < option->min || number > option->max)
		return false;
	*place = (unsigned)number;
	return true;
}

static bool
keep_choice(const struct program_option *option, unsigned *place, const char *value)
{
	for (unsigned i = 0; option->choices[i] != NULL; i++) {
		if (strcmp(option->choices[i], value) == 0) {
			*place = i;
			return true;
		}
	}
	return false;
}

static bool
is_good(const struct program_option *option, const char *value)
{
	return option->is_good != NULL ? option->is_good(text_of(value)) : value[0] != '\0';
}

static bool
keep_value(const struct program_option *option, void *place, const char *value)
{
	struct program_texts *texts = place;

	switch (option->type) {
	case PROGRAM_OPTION_FLAG:
	case PROGRAM_OPTION_SET:
		break;
	case PROGRAM_OPTION_NUMBER:
		return keep_number(option, place, value);
	case PROGRAM_OPTION_CHOICE:
		return keep_choice(option, place, value);
	case PROGRAM_OPTION_TEXT:
		*(const char **)place = value;
		return is_good(option, value);
	case PROGRAM_OPTION_TEXTS:
		texts->items[texts->count++] = value;
		return is_good(option, value);
	}
	return false;
}

static void
refuse_value(const struct program_option *option, const char *value, struct buffer *sentence)
{
	buffer_printf(sentence, "%s does not take ", option->name);
	terminal_text_quote(sentence, text_of(value));
	if (option->type == PROGRAM_OPTION_NUMBER)
		buffer_printf(
		    sentence, ": it must be a number from %u to %u", option->min, option->max);
	for (unsigned i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
		buffer_printf(
		    sentence, "%s%s", i == 0 ? ": it must be one of " : ", ", option->choices[i]);
}

static enum program_option_result
wrong(const struct program_option *option, const char *why, struct buffer *sentence)
{
	buffer_printf(sentence, "%s %s", option->name, why);
	return PROGRAM_OPTION_WRONG;
}

/* `value` is what stands behind "=", or NULL. */
static enum program_option_result
take_flag(
    const struct program_option *option, void *place, const char *value, struct buffer *sentence)
{
	if (value != NULL)
		return wrong(option, "takes no value", sentence);
	if (option->type == PROGRAM_OPTION_FLAG)
		*(bool *)place = true;
	else
		*(unsigned *)place = option->min;
	return PROGRAM_OPTION_TAKEN;
}

static enum program_option_result
take_value(
    const struct program_option *option, void *place, const char *value, struct buffer *sentence)
{
	if (value == NULL)
		return wrong(option, "needs a value", sentence);
	if (keep_value(option, place, value))
		return PROGRAM_OPTION_TAKEN;
	refuse_value(option, value, sentence);
	return PROGRAM_OPTION_WRONG;
}

enum program_option_result
program_option_take(const struct program_option *table, void *options, char **argv, int *at,
    struct buffer *sentence)
{
	const char *value = NULL;
	const struct program_option *option = find(table, argv[*at], &value);
	void *place;

	if (option == NULL)
		return PROGRAM_OPTION_UNKNOWN;
	(*at)++;
	place = (char *)options + option->offset;
	if (option->value == NULL)
		return take_flag(option, place, value, sentence);
	if (value == NULL && argv[*at] != NULL)
		value = argv[(*at)++];
	return take_value(option, place, value, sentence);
}

bool
program_option_refuse(struct buffer *sentence, const char *word)
{
	buffer_append_string(sentence, "no such option: ");
	terminal_text_quote(sentence, text_of(word));
	buffer_append_string(sentence, "; see --help");
	return false;
}

void
program_options_usage(struct buffer *out, const struct program_option *table, unsigned column)
{
	for (; table->name != NULL; table++) {
		const char *value = table->value != NULL ? table->value : "";
		int used = (int)(strlen(table->name) + strlen(value)) + 3;

		buffer_printf(out, "  %s %s%*s%s\n", table->name, value,
		    used < (int)column ? (int)column - used : 1, "", table->help);
	}
}
