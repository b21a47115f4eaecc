/*
 * Time as values. Modules that keep state never ask for the time: they are
 * given a struct now by whoever drives them (a daemon's loop, a test, the
 * simulator).
 */
#ifndef HUBBUB_COMMON_CLOCK_H
#define HUBBUB_COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

struct now {
	uint64_t mono_ms; /* monotonic milliseconds: for timers and durations  */
	int64_t wall_ms;  /* milliseconds since the Unix epoch: for people only */
};

/* "YYYY-MM-DD HH:MM:SS" and a NUL. */
#define CLOCK_LOCAL_SIZE 20

/* "YYYY-MM-DDTHH:MM:SS.mmmZ" and a NUL. */
#define CLOCK_UTC_SIZE 25

/* Reads the system's clocks. */
struct now clock_now(void);

/* Monotonic microseconds, for measuring how long something took. */
uint64_t clock_mono_us(void);

/* A duration as timers of libevent take it. */
struct timeval clock_timeval(uint64_t ms);

/* Writes the local time of this machine's zone as YYYY-MM-DD HH:MM:SS. */
void clock_local(int64_t wall_ms, char out[CLOCK_LOCAL_SIZE]);

/* Writes UTC as ISO 8601 with milliseconds. */
void clock_utc(int64_t wall_ms, char out[CLOCK_UTC_SIZE]);

#endif
