/* Every outcome has a word and a sentence of its own, and a foreign number gets an answer too. */
#include "common/outcomes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LAST (OUTCOME_CODES - 1)

static void
words_are_distinct_and_fit_for_protocols(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= LAST; code++) {
		const char *word = outcome_word(code);

		assert_true(strlen(word) > 0);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz_"), strlen(word));
		for (uint32_t other = 0; other < code; other++)
			assert_string_not_equal(word, outcome_word(other));
	}
	assert_string_equal(outcome_word(OUTCOME_NO_SUCH_USER), "no_such_user");
	assert_string_equal(outcome_word(OUTCOME_UNAVAILABLE), "unavailable");
}

static void
sentences_are_sentences(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= LAST; code++) {
		const char *sentence = outcome_sentence(code);

		assert_true(strlen(sentence) > 1);
		assert_int_equal(sentence[strlen(sentence) - 1], '.');
	}
}

static void
unknown_numbers_have_an_answer(void **state)
{
	(void)state;
	assert_string_equal(outcome_word(LAST + 1), "unknown");
	assert_string_equal(outcome_word(UINT32_MAX), "unknown");
	assert_non_null(outcome_sentence(UINT32_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_distinct_and_fit_for_protocols),
		cmocka_unit_test(sentences_are_sentences),
		cmocka_unit_test(unknown_numbers_have_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
