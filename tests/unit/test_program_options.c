/* Options by table: full names, values in both forms, and a sentence for what is not taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/program_options.h"

enum colour { RED, GREEN };
enum form { PLAIN, JSON };

struct options {
	bool loud;
	enum form form;
	unsigned count;
	enum colour colour;
	const char *name;
	const char *any;
	struct program_texts words;
	const char *items[8];
};

static const char *const colours[] = { "red", "green", NULL };

static bool
is_short(struct text value)
{
	return value.length < 3;
}

static const struct program_option table[] = {
	PROGRAM_FLAG("--loud", offsetof(struct options, loud), "says it loudly"),
	PROGRAM_SET("--json", offsetof(struct options, form), JSON, "prints JSON"),
	PROGRAM_NUMBER("--count", "N", offsetof(struct options, count), 2, 9, "how many"),
	PROGRAM_CHOICE("--colour", "WORD", offsetof(struct options, colour), colours, "which"),
	PROGRAM_TEXT("--name", "NAME", offsetof(struct options, name), is_short, "who"),
	PROGRAM_TEXT("--any-name", "A-LONGER-NAME", offsetof(struct options, any), NULL, "what"),
	PROGRAM_TEXTS("--word", "WORD", offsetof(struct options, words), NULL, "and more"),
	PROGRAM_OPTIONS_END,
};

/* Reads up to the first word that is not taken; what is said of it is compared, "" for nothing. */
static enum program_option_result
read_words(struct options *options, const char *const *words, int *at, const char *expected)
{
	enum program_option_result result = PROGRAM_OPTION_TAKEN;
	struct buffer sentence;

	*options = (struct options){ .words.items = options->items };
	buffer_init(&sentence, 0);
	*at = 0;
	while (result == PROGRAM_OPTION_TAKEN && words[*at] != NULL)
		result = program_option_take(table, options, (char **)words, at, &sentence);
	buffer_append_byte(&sentence, '\0');
	assert_string_equal(sentence.data, expected);
	buffer_free(&sentence);
	return result;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_all_types(void **state)
{
	struct options options;
	int at;

	(void)state;
	assert_int_equal(read_words(&options,
			     WORDS("--loud", "--json", "--count", "2", "--colour=green", "--name=",
				 "--any-name", "--loud", "--word", "a", "--word=b=c", "--count=9"),
			     &at, ""),
	    PROGRAM_OPTION_TAKEN);
	assert_true(options.loud);
	assert_int_equal(options.form, JSON);
	assert_int_equal(options.count, 9);
	assert_int_equal(options.colour, GREEN);
	assert_string_equal(options.name, "");
	assert_string_equal(options.any, "--loud");
	assert_int_equal(options.words.count, 2);
	assert_string_equal(options.words.items[0], "a");
	assert_string_equal(options.words.items[1], "b=c");
}

/* Nobody's: neither a beginning of a name nor what only looks like one. */
static void
test_other_words_are_left(void **state)
{
	static const char *const words[] = { "--nam", "--names", "-loud", "--", "", "loud", "-",
		"--lou=d", "--nam=e" };
	struct options options;
	int at;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(read_words(&options, WORDS("--loud", words[i]), &at, ""),
		    PROGRAM_OPTION_UNKNOWN);
		assert_int_equal(at, 1);
	}
}

static void
test_what_is_wrong(void **state)
{
	static const struct {
		const char *words[3];
		const char *says;
	} rows[] = {
		{ { "--loud=yes" }, "--loud takes no value" },
		{ { "--loud=" }, "--loud takes no value" },
		{ { "--name" }, "--name needs a value" },
		{ { "--name", "abc" }, "--name does not take \"abc\"" },
		{ { "--any-name=" }, "--any-name does not take \"\"" },
		{ { "--word", "" }, "--word does not take \"\"" },
		{ { "--count", "1" },
		    "--count does not take \"1\": it must be a number from 2 to 9" },
		{ { "--count=99999999999999999999999" },
		    "--count does not take \"99999999999999999999999\": it must be a number from "
		    "2 to 9" },
		{ { "--count", "+3" },
		    "--count does not take \"+3\": it must be a number from 2 to 9" },
		{ { "--count=" }, "--count does not take \"\": it must be a number from 2 to 9" },
		{ { "--colour", "re" },
		    "--colour does not take \"re\": it must be one of red, green" },
		{ { "--colour", "\xff\033[2J" },
		    "--colour does not take \"\\xff\\x1b[2J\": it must be one of red, green" },
	};
	struct options options;
	int at;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    read_words(&options, rows[i].words, &at, rows[i].says), PROGRAM_OPTION_WRONG);
}

static void
test_words_for_people(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 0);
	assert_false(program_option_refuse(&out, "--n\tx"));
	buffer_append_byte(&out, '\n');
	program_options_usage(&out, table, 20);
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data, "no such option: \"--n\\tx\"; see --help\n"
				      "  --loud            says it loudly\n"
				      "  --json            prints JSON\n"
				      "  --count N         how many\n"
				      "  --colour WORD     which\n"
				      "  --name NAME       who\n"
				      "  --any-name A-LONGER-NAME what\n"
				      "  --word WORD       and more\n");
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_types),
		cmocka_unit_test(test_other_words_are_left),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_words_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
