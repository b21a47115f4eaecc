/*
 * A record is a file that anybody may send: whatever is in it, a replay ends with a result, and the
 * same one each time. What people read of it has no control bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/replay.h"
#include "tests/fuzz/fuzz.h"

static void
demand(bool kept)
{
	if (!kept)
		abort();
}

static void
on_line(void *context, struct text line)
{
	(void)context;
	for (size_t i = 0; i < line.length; i++)
		demand((unsigned char)line.data[i] >= 0x20);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct replay_setup setup = {
		.record = { (const char *)bytes, length },
		.any_version = true,
	};
	struct replay_result quiet = replay_run(&setup);
	struct replay_result printed;

	setup.line = on_line;
	printed = replay_run(&setup);
	demand(quiet.end == printed.end && quiet.turns == printed.turns);
	demand(strcmp(quiet.said, printed.said) == 0);
	demand((quiet.said[0] == '\0') == (quiet.end == REPLAY_IDENTICAL));
	return 0;
}
