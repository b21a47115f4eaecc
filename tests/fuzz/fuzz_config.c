/*
 * Configuration files of any bytes. A refusal is a sentence; what is taken must be printed, read
 * back and printed the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static char *
printed(const struct config *config, size_t *length_out)
{
	char *text = NULL;
	FILE *output = open_memstream(&text, length_out);

	demand(output != NULL);
	config_print(config, output);
	demand(fclose(output) == 0);
	return text;
}

static void
check_round_trip(const struct config *config)
{
	struct config_mistakes mistakes = { .count = 0 };
	struct config again;
	size_t first_length;
	size_t second_length;
	char *first = printed(config, &first_length);
	char *second;

	config_defaults(&again);
	demand(config_read(&again, "printed", first, first_length, &mistakes));
	second = printed(&again, &second_length);
	demand(first_length == second_length && memcmp(first, second, first_length) == 0);
	free(first);
	free(second);
	config_free(&again);
}

/* Each that is told has a sentence of one line. */
static void
check_sentences(const struct config_mistakes *mistakes)
{
	for (unsigned i = 0; i < config_mistakes_told(mistakes); i++) {
		demand(mistakes->sentences[i][0] != '\0');
		demand(strchr(mistakes->sentences[i], '\n') == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct config_mistakes mistakes = { .count = 0 };
	struct config config;
	bool good;

	config_defaults(&config);
	good = config_read(&config, "input", (const char *)bytes, length, &mistakes);
	demand(good == (mistakes.count == 0));
	if (good)
		check_round_trip(&config);
	config_check(&config, &mistakes);
	check_sentences(&mistakes);
	config_free(&config);
	return 0;
}
