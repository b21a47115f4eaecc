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
	char error[512] = "";
	struct config again;
	size_t first_length;
	size_t second_length;
	char *first = printed(config, &first_length);
	char *second;

	config_defaults(&again);
	demand(config_read(&again, "printed", first, first_length, error, sizeof(error)));
	second = printed(&again, &second_length);
	demand(first_length == second_length && memcmp(first, second, first_length) == 0);
	free(first);
	free(second);
	config_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char error[512] = "";
	struct config config;

	config_defaults(&config);
	if (config_read(&config, "input", (const char *)bytes, length, error, sizeof(error)))
		check_round_trip(&config);
	else
		demand(error[0] != '\0');
	error[0] = '\0';
	if (!config_check(&config, error, sizeof(error)))
		demand(error[0] != '\0');
	config_free(&config);
	return 0;
}
