/* See watchdog.h. Must not know what the signs are of, nor who is told. */
#include "common/watchdog.h"

#include <string.h>

void
watchdog_init(struct watchdog *watchdog, uint64_t patience_ms)
{
	memset(watchdog, 0, sizeof(*watchdog));
	/* The other half is for the loop itself, which may stand still as well. */
	watchdog->limit_ms = patience_ms / 2;
}

uint64_t
watchdog_every_ms(const struct watchdog *watchdog)
{
	uint64_t every = watchdog->limit_ms / 2;

	return every > 0 ? every : 1;
}

/*
 * A process that was stopped, or had no processor, has not seen what others did meanwhile: such
 * time counts as one look.
 */
static uint64_t
time_seen(const struct watchdog *watchdog, uint64_t now_ms)
{
	uint64_t passed = watchdog->looked ? now_ms - watchdog->looked_ms : 0;
	uint64_t most = 2 * watchdog_every_ms(watchdog);

	return passed < most ? passed : most;
}

const char *
watchdog_look(
    struct watchdog *watchdog, uint64_t now_ms, const struct watchdog_sign *signs, size_t count)
{
	uint64_t passed = time_seen(watchdog, now_ms);
	const char *stuck = NULL;

	for (size_t i = 0; i < count && i < WATCHDOG_SIGNS_MAX; i++) {
		const struct watchdog_sign *sign = &signs[i];
		uint64_t limit = watchdog->limit_ms;

		if (limit < sign->least_ms)
			limit = sign->least_ms;
		if (!watchdog->looked || !sign->waits ||
		    sign->progress != watchdog->seen[i].progress)
			watchdog->seen[i].still_ms = 0;
		else
			watchdog->seen[i].still_ms += passed;
		watchdog->seen[i].progress = sign->progress;
		if (stuck == NULL && watchdog->seen[i].still_ms > limit)
			stuck = sign->name;
	}
	watchdog->looked = true;
	watchdog->looked_ms = now_ms;
	return stuck;
}
