/*
 * The one place that asks the system what time it is. Only those who drive
 * others (main loops, logs, benchmarks) call it; state modules are handed the
 * answer.
 */
#include "common/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct timespec
read_clock(clockid_t id)
{
	struct timespec at = { 0, 0 };

	/* Cannot fail for the two clocks that we read. */
	(void)clock_gettime(id, &at);
	return at;
}

struct now
clock_now(void)
{
	struct timespec mono = read_clock(CLOCK_MONOTONIC);
	struct timespec wall = read_clock(CLOCK_REALTIME);

	return (struct now){
		.mono_ms = (uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000,
		.wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
	};
}

uint64_t
clock_mono_us(void)
{
	struct timespec mono = read_clock(CLOCK_MONOTONIC);

	return (uint64_t)mono.tv_sec * 1000000 + (uint64_t)mono.tv_nsec / 1000;
}

/* Division cuts towards zero; what is before the epoch belongs to the second that began. */
static time_t
whole_seconds(int64_t wall_ms)
{
	return (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0));
}

struct timeval
clock_timeval(uint64_t ms)
{
	return (struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
}

void
clock_local(int64_t wall_ms, char out[CLOCK_LOCAL_SIZE])
{
	time_t seconds = whole_seconds(wall_ms);
	struct tm local;

	if (localtime_r(&seconds, &local) == NULL ||
	    strftime(out, CLOCK_LOCAL_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
		memcpy(out, "0000-00-00 00:00:00", CLOCK_LOCAL_SIZE);
}

void
clock_utc(int64_t wall_ms, char out[CLOCK_UTC_SIZE])
{
	time_t seconds = whole_seconds(wall_ms);
	unsigned ms = (unsigned)(wall_ms - (int64_t)seconds * 1000);
	struct tm utc;
	size_t length = 0;

	if (gmtime_r(&seconds, &utc) != NULL)
		length = strftime(out, CLOCK_UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	/* A year of five digits has no place here. */
	if (length != CLOCK_UTC_SIZE - 6)
		memcpy(out, "0000-00-00T00:00:00", CLOCK_UTC_SIZE - 5);
	snprintf(out + CLOCK_UTC_SIZE - 6, 6, ".%03uZ", ms % 1000);
}
